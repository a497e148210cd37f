"""Inference: a trained model finds the entities of documents."""
