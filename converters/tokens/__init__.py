"""Tokens and their tags: schemes, column files, and the text they stand for."""
