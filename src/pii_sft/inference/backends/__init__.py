"""Backends: what generates text."""
