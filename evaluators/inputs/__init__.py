"""Forms of gold and predictions beside files."""
