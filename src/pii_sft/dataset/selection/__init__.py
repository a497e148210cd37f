"""Selection of rows: duplicates, splits, balance and augmentation."""
