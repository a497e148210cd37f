"""Two systems compared on the same documents."""
