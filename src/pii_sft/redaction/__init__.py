"""Personal data in texts replaced."""
