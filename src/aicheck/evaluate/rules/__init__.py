"""One rule each, with its page beside it; independent of each other."""
