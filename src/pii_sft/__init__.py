"""From annotated personal data to a fine-tuned small model, and honestly scored."""

__version__ = "0.1.0"
