"""Recipes, their checks, and training runs."""
