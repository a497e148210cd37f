"""Offsets as files count them, verified and turned into code points."""
