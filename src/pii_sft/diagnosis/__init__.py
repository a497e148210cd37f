"""What went wrong in a training run, from its log, its settings, its data and its scores."""
