"""Synthetic documents from templates and invented values."""
