"""Entities given as strings or loose objects: their keys, their places in the text."""
