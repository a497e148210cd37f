"""Blocks of input records, and the work on them that several processes share."""
