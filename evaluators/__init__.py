"""Compares two streams of documents."""
