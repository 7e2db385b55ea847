"""Which globals a pickle may and should not name; the rows are data (`data/pickle_globals.json`)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from aicheck.core.frozen import dataclass

__all__ = ["PickleGlobals", "pickle_globals"]

_FILE: Final = Path(__file__).parent / "data" / "pickle_globals.json"


@dataclass(frozen=True, slots=True)
class PickleGlobals:
    """The rows; a name is `module.attribute`."""

    dangerous_modules: frozenset[str]
    """Top-level modules that no weights file has a reason to name."""
    dangerous_parts: frozenset[str]
    """Modules that are dangerous also where they are reached through another (`torch.serialization.os`)."""
    dangerous_names: frozenset[str]
    expected_prefixes: tuple[str, ...]
    expected_names: frozenset[str]


@cache
def pickle_globals() -> PickleGlobals:
    """Load the rows once."""
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return PickleGlobals(
        frozenset(rows["dangerous_modules"]),
        frozenset(rows["dangerous_parts"]),
        frozenset(rows["dangerous_names"]),
        tuple(rows["expected_prefixes"]),
        frozenset(rows["expected_names"]),
    )
