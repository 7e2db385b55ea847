"""A small Hub on loopback for tests."""
