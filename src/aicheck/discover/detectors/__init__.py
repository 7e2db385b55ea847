"""One kind of source each; independent of each other."""
