"""Inputs of scores: prediction files, Python objects, tags, and the pairing with the gold."""
