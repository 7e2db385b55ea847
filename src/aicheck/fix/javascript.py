"""Pins in JavaScript and TypeScript: `{ revision: "<commit>" }` as the option of the call that loads the model."""

from __future__ import annotations

import re
from typing import Final

from aicheck.fix.edits import Edit, Place, Refused, Text

__all__ = ["pins"]

_CALLS: Final = re.compile(r"(?:^|\.)(?:from_pretrained|pipeline)$")
_HUB_CALLS: Final = re.compile(
    r"(?:^|\.)(?:snapshotDownload|downloadFile|downloadFileToCacheDir|fileDownloadInfo)\.repo(?:\.name)?$"
)
_CONSTANT: Final = re.compile(r"\bconst\s+([\w$]+)\s*(?::\s*string\s*)?=\s*$")
_BLANK: Final = re.compile(r"\s*")
_REVISION: Final = re.compile(r"""\brevision\s*:\s*(["'`])([^"'`\n]*)\1""")
_BEFORE: Final = 200


def pins(source: Text, place: Place) -> list[Edit]:
    """Edits that pin the model at a place. Raises `Refused` where that is not safe."""
    text = source.text
    quote = text[place.start - 1 : place.start]
    if quote not in {'"', "'", "`"} or text[place.end : place.end + 1] != quote:
        raise Refused("the name is put together")
    head = _CONSTANT.search(text, max(0, place.start - 1 - _BEFORE), place.start - 1)
    if head is not None and re.match(r"\s*(?:;|\n|$)", text[place.end + 1 : place.end + 40]):
        return _through(text, head[1], place, quote)
    if _HUB_CALLS.search(place.symbol):
        return _hub_call(text, place, quote)
    if not _CALLS.search(place.symbol):
        raise Refused("the call is not known to take a revision")
    before = text[: place.start - 1].rstrip()
    if not before.endswith(("(", ",")):
        raise Refused("the name is not an argument of the call")
    return _options(text, place.end + 1, place, quote)


def _through(text: str, name: str, place: Place, quote: str) -> list[Edit]:
    """`const MODEL = "…"`: every call of this file that loads it is pinned, or none."""
    uses = list(re.finditer(rf"(?<![\w$.]){re.escape(name)}(?![\w$])", text))
    if re.search(rf"\bexport\s+(?:const\s+{re.escape(name)}\b|default\s+{re.escape(name)}\b)", text) or re.search(
        rf"\bexport\s*\{{[^}}]*\b{re.escape(name)}\b", text
    ):
        raise Refused(f"'{name}' is exported: other files may load it")
    edits: list[Edit] = []
    for use in uses:
        if use.start() < place.start < use.start() + len(name) + _BEFORE and re.match(
            r"\s*(?::\s*string\s*)?=[^=>]", text[use.end() :]
        ):
            continue  # its own declaration
        call = re.search(r"([\w$.]+)\s*\(([^(){};]*)$", text[: use.start()][-300:])
        if call and re.fullmatch(r"console\.\w+|log|print", call[1]):
            continue
        after = text[_skip(text, use.end()) :][:1]
        if (
            not call
            or not _CALLS.search(call[1])
            or after not in {",", ")"}
            or not re.search(r"(?:^|,)\s*$", call[2])
        ):
            line = text.count("\n", 0, use.start()) + 1
            raise Refused(f"'{name}' is used where no revision can be given (line {line})")
        edits += _options(text, use.end(), place, quote)
    if not edits:
        raise Refused(f"'{name}' is loaded elsewhere")
    return edits


def _hub_call(text: str, place: Place, quote: str) -> list[Edit]:
    """`downloadFile({ repo: "…", path: "…" })`: a property beside `repo`."""
    end = place.end + 1
    if place.symbol.endswith(".name"):
        end = _closing(text, text.rindex("{", 0, place.start)) + 1
    opened = re.search(r"\(\s*(\{)(?:[^{}]|\{[^{}]*\}?)*$", text[: place.start][-1000:])
    if opened is None:
        raise Refused("the options are not written in the call")
    at = max(0, place.start - 1000) + opened.start(1)
    options = text[at + 1 : _closing(text, at)]
    if "..." in options:
        raise Refused("the options are spread from elsewhere and may hold a revision")
    return _replaced(options, at + 1, place) or [Edit(end, end, f", revision: {quote}{place.commit}{quote}")]


def _replaced(options: str, start: int, place: Place) -> list[Edit]:
    """The revision that the options hold, replaced; empty where they hold none. Raises `Refused`."""
    held = _REVISION.search(options)
    if held is None:
        if re.search(r"\brevision\b", options):
            raise Refused("the revision is not written as a string")
        return []
    if held[2] not in {place.commit, place.revision or ""}:
        raise Refused(f"the revision there is {held[2]!r}")
    return [Edit(start + held.start(2), start + held.end(2), place.commit)]


def _options(text: str, end: int, place: Place, quote: str) -> list[Edit]:
    """Edits of the options of a call whose argument ends at `end`."""
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
    if replaced := _replaced(options, at + 1, place):
        return replaced
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
