"""Training runs by a recipe, through LLaMA-Factory."""
