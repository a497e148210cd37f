"""What gold and predictions can be given as, beside files."""
