"""TOML of strangers: the standard library's parser behind a guard, with one kind of error.

That parser takes quadratic time and memory over long dotted keys, and recurses over nested brackets.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

__all__ = ["loads"]

_MAX_PARTS: Final = 64
# Begins only where no part of a chain stands before, and never goes back: linear in the text.
_CHAIN: Final = re.compile(rf"(?<![\w\"'.\- \t\[])(?:[ \t\[]*+[\w\"'\-]++[ \t]*+\.){{{_MAX_PARTS}}}")
_QUOTED: Final = re.compile(r"[\"'][ \t]*+\.")


def _long_key(text: str) -> int | None:
    """Return the 1-based line of a key with too many parts, or None."""
    found = _CHAIN.search(text)
    if found is not None:
        return text.count("\n", 0, found.start()) + 1
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _MAX_PARTS * 3 and len(_QUOTED.findall(line)) > _MAX_PARTS // 2:
            return number
    return None


def loads(text: str) -> dict[str, Any]:
    """Read a document.

    Raises `tomllib.TOMLDecodeError` (a `ValueError`) where it is none, or is nested deeper than people write.
    """
    line = _long_key(text)
    if line is not None:
        raise tomllib.TOMLDecodeError(f"a key has more than {_MAX_PARTS} parts (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("values are nested too deep") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:
        # Not a fault of the form: a date that no calendar has, or an integer of more digits than Python reads.
        raise tomllib.TOMLDecodeError(f"a value cannot be read ({str(error)[:80]})") from error
