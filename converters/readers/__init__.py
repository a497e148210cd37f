"""One annotation format a file."""
