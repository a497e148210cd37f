"""The model inside other tools: one tool a file, imported only where that tool is."""
