"""Reading Python by statements: only what a hit stands in is parsed, and what must be followed from there."""
