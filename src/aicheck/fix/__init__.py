"""Minimal edits that write pins and safer options into the code that names models."""
