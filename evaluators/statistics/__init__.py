"""Bootstrap intervals, randomisation tests, and corrections for many of them."""
