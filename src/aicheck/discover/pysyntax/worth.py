"""Which hits are worth reading the statement around them: decided from the bytes beside a hit, before any parsing.

In code about models most needles stand where nothing can be named: in the name of a class or a module, in a
definition, in a message. A hit is passed over only where no rule could read anything from it; whatever else
names a model in the same statement has a needle of its own.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from aicheck.discover.detector import Hit
from aicheck.discover.judge import is_class_name, judge
from aicheck.discover.pysyntax.enums import ENUM_CLASS, NOT_ENUM
from aicheck.discover.pysyntax.needles import ENUM_SHAPES
from aicheck.discover.pysyntax.places import Place, keyed
from aicheck.knowledge.calls import call_names
from aicheck.knowledge.names import TORCHAUDIO_BUNDLES, WHISPER_SIZES

__all__ = ["SILENT", "worth"]

SILENT: Final = re.compile(rb"[ \t]*(?:from[ \t]+[\w.]+[ \t]+import|import|raise|del|global|nonlocal)\b")
"""Statements that name modules, whose names only look like models, or that nothing is read from."""
_NAME: Final = re.compile(rb"[A-Za-z_]\w*\Z")
_STRING: Final = re.compile(rb"\"([^\"\\\n]{1,400})\"|'([^'\\\n]{1,400})'")
_MESSAGE: Final = re.compile(r"[^-=,;/:\\{}|]*\Z")
"""Text without anything that an option, an address, a list or a repository needs."""
_GIVEN: Final = re.compile(rb"(?:(?:\n|\A)[ \t]*(?:self\.|cls\.)?(\w+)[ \t]*=|(\w+)[ \t]*[!=]=)[ \t]*\Z")
_PLAIN: Final = re.compile(r"[\w.-]+\Z")
_ENDS: Final = re.compile(rb"[ \t]*\r?\n\s*(?!(?:if|else|for|and|or|in|is|not|async)\b)[\w@]|[ \t]*:[ \t]*\r?\n")
"""After a value: the next statement, or the body of a condition."""
_BEFORE: Final = 80
_MEMBERS: Final = frozenset(shape.encode() for shape in ENUM_SHAPES)
_BUNDLES: Final = tuple(name.lower().encode() for name in TORCHAUDIO_BUNDLES)
_MIN_CONFIDENCE: Final = 0.5


@cache
def _lower_names() -> frozenset[str]:
    return frozenset(name.lower() for name in call_names())


@lru_cache(maxsize=8192)
def _sort(needle: bytes) -> str:
    name = needle.rstrip(b"\"'")
    if name.endswith(b"(") and name[:-1].rpartition(b".")[2].decode() in _lower_names():
        return "call"
    if needle.startswith((b'"', b"'")):
        return "text"
    if needle.startswith(_BUNDLES):
        return "bundle"
    return "member" if needle in _MEMBERS else ""


def worth(hit: Hit, data: bytes) -> bool:
    """Tell whether the statement around a hit is to be read on its account."""
    sort = _sort(hit.needle)
    if sort == "text":
        return _text(hit.start, data)
    if sort == "call":
        if data[hit.end : hit.end + 1] == b")" and hit.needle.endswith(b"("):
            return False  # without arguments
        end = data.rfind(b"(", hit.start, hit.end)
        found = _NAME.search(data, max(0, end - _BEFORE), end)
        return found is None or (
            found.group().decode("utf-8", "replace") in call_names()
            and not data[max(0, found.start() - 6) : found.start()].endswith((b"def ", b"class "))
        )
    if sort == "member":
        dot = data.rfind(b".", hit.start, hit.end)
        owner = _NAME.search(data, max(0, dot - _BEFORE), dot)
        if owner is None:
            return False
        name = owner.group().decode("utf-8", "replace")
        return name == "pipelines" or (ENUM_CLASS.match(name) is not None and not NOT_ENUM.search(name))
    return sort != "bundle" or data[hit.start : hit.end].isupper()


def _text(start: int, data: bytes) -> bool:
    found = _STRING.match(data, start)
    if found is None:
        return True
    text = (found.group(1) or found.group(2)).decode("utf-8", "replace")
    if is_class_name(text):
        return data[found.end() : found.end() + 1] in {b".", b"%"}
    if " " in text:
        return _MESSAGE.match(text) is None
    if not _PLAIN.match(text) or text.lower() in WHISPER_SIZES or _ENDS.match(data, found.end()) is None:
        return True
    given = _GIVEN.search(data, max(0, start - _BEFORE), start)
    if given is None:
        return True
    judged = judge(text, keyed((given.group(1) or given.group(2)).decode("utf-8", "replace"), Place()).context)
    return judged is not None and judged.confidence >= _MIN_CONFIDENCE
