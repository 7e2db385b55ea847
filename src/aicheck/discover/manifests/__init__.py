"""Readers of manifests and lock files: pure functions from a source to packages, linear in its size."""
