"""`python -I -m aicheck`: the same as the command, for places where no script is on the path."""

from __future__ import annotations

from aicheck.cli import main

if __name__ == "__main__":
    main()
