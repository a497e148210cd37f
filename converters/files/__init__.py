"""Files that readers share: JSON records, CSV and Arrow tables, values written as strings."""
