"""Pins in JavaScript and TypeScript: `{ revision: "<commit>" }` as the option of the call that loads the model."""

from __future__ import annotations

import re
from typing import Final

from aicheck.fix.edits import Edit, Place, Refused, Text

__all__ = ["pins"]

_CALLS: Final = re.compile(r"(?:^|\.)(?:from_pretrained|pipeline|snapshotDownload|downloadFile)$")
_BLANK: Final = re.compile(r"\s*")
_REVISION: Final = re.compile(r"""\brevision\s*:\s*(["'`])([^"'`\n]*)\1""")


def pins(source: Text, place: Place) -> list[Edit]:
    """Edits that pin the model at a place. Raises `Refused` where that is not safe."""
    text = source.text
    if not _CALLS.search(place.symbol):
        raise Refused("the call is not known to take a revision")
    quote = text[place.start - 1 : place.start]
    if quote not in {'"', "'", "`"} or text[place.end : place.end + 1] != quote:
        raise Refused("the name is put together")
    before = text[: place.start - 1].rstrip()
    if not before.endswith(("(", ",")):
        raise Refused("the name is not an argument of the call")
    end = place.end + 1
    at = _skip(text, end)
    said = f"revision: {quote}{place.commit}{quote}"
    follows = text[at : at + 1]
    if follows == ")":
        return [Edit(end, end, f", {{ {said} }}")]
    if follows != ",":
        raise Refused("the name is part of an expression")
    at = _skip(text, at + 1)
    follows = text[at : at + 1]
    if follows == ")":
        return [Edit(end, end, f", {{ {said} }}")]
    if follows != "{":
        raise Refused("the options are not written in the call")
    close = _closing(text, at)
    options = text[at + 1 : close]
    if "..." in options:
        raise Refused("the options are spread from elsewhere and may hold a revision")
    held = _REVISION.search(options)
    if held is not None:
        if held[2] == place.commit:
            return []
        if held[2] != (place.revision or ""):
            raise Refused(f"the revision there is {held[2]!r}")
        return [Edit(at + 1 + held.start(2), at + 1 + held.end(2), place.commit)]
    if re.search(r"\brevision\b", options):
        raise Refused("the revision is not written as a string")
    if not options.strip():
        return [Edit(at, close + 1, f"{{ {said} }}")]
    blank = options[: len(options) - len(options.lstrip())]
    if "\n" in blank:
        return [Edit(at + 1, at + 1, f"{blank}{said},")]
    return [Edit(at + 1, at + 1 + len(blank), f" {said}, ")]


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _closing(text: str, at: int) -> int:
    """Offset of the brace that closes the one at `at`. Raises `Refused` where strings or comments hide it."""
    depth = 0
    index = at
    quote = ""
    while index < len(text):
        char = text[index]
        if quote:
            if char == "\\":
                index += 1
            elif char == quote:
                quote = ""
        elif char in "\"'`":
            quote = char
        elif text.startswith(("//", "/*"), index):
            end = text.find("\n" if text[index + 1] == "/" else "*/", index)
            if end < 0:
                break
            index = end
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if not depth:
                return index
        index += 1
    raise Refused("the options do not end")
