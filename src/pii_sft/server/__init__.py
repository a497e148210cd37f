"""A trained model over HTTP: Presidio's routes, and a page to try texts on."""
