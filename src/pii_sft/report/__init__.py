"""Reports for people: tables and files."""
