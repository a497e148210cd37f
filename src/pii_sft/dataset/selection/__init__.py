"""Rows selected: duplicates, splits, balance, augmentation."""
