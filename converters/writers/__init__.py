"""One trainer's data set format a file."""
