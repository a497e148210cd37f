"""Model folders: the embedded one, text parts, merged adapters."""
