"""Readers of weights formats: pure functions over bounded windows of bytes, no third-party code, no execution."""
