"""Blocks of input records, which several processes can encode independently."""
