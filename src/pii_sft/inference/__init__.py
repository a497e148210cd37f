"""From a trained model to predicted documents."""
