"""NumPy's .npy: a magic, a version, a length and the text of a dictionary. Object arrays are pickles behind it.

Source: `numpy.lib.format` (documentation of the format, versions 1.0 to 3.0).
"""

from __future__ import annotations

import re
from typing import Final

from aicheck.core.component import Safety
from aicheck.discover.formats import pickles
from aicheck.discover.formats.base import Facts, Window, clean
from aicheck.errors import SourceError

__all__ = ["data_offset", "holds_objects", "looks_like", "read"]

_MAX_HEADER: Final = 1 << 20
_DESCR: Final = re.compile(rb"""['"]descr['"]\s*:\s*(?:['"]([^'"]{1,40})['"]|(\[))""")
_SHAPE: Final = re.compile(rb"""['"]shape['"]\s*:\s*\(([\d,\s]{0,200})\)""")
_OBJECT_FIELD: Final = re.compile(rb"""['"]\|?O\d{0,2}['"]""")


def looks_like(head: bytes) -> bool:
    """Whether the first bytes are an array file."""
    return head[:6] == b"\x93NUMPY"


def _header(data: bytes) -> tuple[bytes, int]:
    """(text of the header, offset of the data)."""
    if not looks_like(data) or len(data) < 12:
        raise SourceError("not a .npy file")
    start = 10 if data[6] == 1 else 12
    length = int.from_bytes(data[8:start], "little")
    if length > _MAX_HEADER or start + length > len(data):
        raise SourceError(f"the .npy header claims {length} bytes, more than the file holds")
    return data[start : start + length], start + length


def holds_objects(data: bytes) -> bool:
    """Whether the array's elements are Python objects, so that loading it unpickles."""
    text, _ = _header(data)
    match = _DESCR.search(text)
    if match is None:
        raise SourceError("the .npy header names no element type")
    if match[1] is not None:
        return match[1].lstrip(b"|<>=").startswith(b"O")
    return _OBJECT_FIELD.search(text) is not None


def data_offset(data: bytes) -> int:
    """Offset of the first byte behind the header."""
    return _header(data)[1]


def read(window: Window) -> Facts:
    """Facts of one array file."""
    head = window.read_at(0, min(window.size, _MAX_HEADER + 12))
    text, offset = _header(head)
    attributes: dict[str, str] = {}
    shape = _SHAPE.search(text)
    if shape is not None:
        attributes["shape"] = clean(shape[1].decode("ascii").replace(" ", "").strip(","), 80)
    if holds_objects(head):
        found = pickles.scan(window.read_at(offset, 32 << 20))
        return pickles.facts_of("npy", found, attributes)
    return Facts("npy", Safety.SAFE, attributes)
