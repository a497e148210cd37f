"""From events counted in documents to rates, averages and breakdowns."""
