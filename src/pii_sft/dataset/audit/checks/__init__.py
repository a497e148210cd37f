"""The checks of an audit; each file has one check, or a few related ones."""
