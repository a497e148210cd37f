"""Agreement of two annotations of the same documents."""
