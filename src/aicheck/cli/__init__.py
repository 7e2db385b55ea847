"""The command line."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        # The fast path: hooks and installers ask for the version and nothing else.
        from aicheck._version import __version__

        sys.stdout.write(f"aicheck {__version__}\n")
        return
    from aicheck.cli.app import run

    run()
