"""Integrations of the model into other tools, one file a tool."""
