"""Choice of an operating point on a development split, with one pass of the model."""
