"""The checks of an audit, one or a few related ones a file."""
