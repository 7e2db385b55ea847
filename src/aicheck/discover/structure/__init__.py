"""Configuration files as flat lists of values with their key paths, and what those values name."""
