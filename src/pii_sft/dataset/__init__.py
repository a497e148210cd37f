"""Datasets: how documents are split, balanced, enriched, synthesised and audited."""
