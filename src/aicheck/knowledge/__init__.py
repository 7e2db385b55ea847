"""What the world is like: data with sources and dates, and its loaders."""
