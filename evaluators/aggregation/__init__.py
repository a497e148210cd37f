"""Aggregation of counted events into rates, averages and breakdowns."""
