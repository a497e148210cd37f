"""Redaction: replacement of personal data in texts."""
