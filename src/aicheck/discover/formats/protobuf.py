"""A minimal protobuf reader: walks fields over a window without a schema, skipping what nobody asked for.

Source: the wire format (varint, 64-bit, length-delimited, 32-bit; groups are refused).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from aicheck.discover.formats.base import Cursor, Window
from aicheck.errors import SourceError

__all__ = ["Field", "fields", "text"]

_MAX_VARINT: Final = 10
_MAX_FIELD: Final = 1 << 29
_MAX_BYTES: Final = 1 << 20


class Field(NamedTuple):
    """One field: a number for varints and fixed widths, or where the bytes of a length-delimited one lie."""

    number: int
    value: int
    """Of varint and fixed fields; 0 for length-delimited ones."""
    start: int
    end: int
    """Equal to `start` unless length-delimited."""
    delimited: bool


def _varint(cursor: Cursor) -> int:
    value = 0
    for shift in range(_MAX_VARINT):
        byte = cursor.u8()
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF
    raise SourceError("a protobuf varint does not end")


def fields(window: Window, start: int = 0, end: int | None = None, limit: int = 500_000) -> Iterator[Field]:
    """The fields of the message at [start, end). Raises `SourceError` on lying lengths and unknown wire types."""
    cursor = Cursor(window, start, end)
    for _ in range(limit):
        if cursor.position >= cursor.end:
            return
        key = _varint(cursor)
        number, wire = key >> 3, key & 7
        if not 0 < number < _MAX_FIELD:
            raise SourceError("a protobuf field number is out of range")
        if wire == 0:
            yield Field(number, _varint(cursor), cursor.position, cursor.position, delimited=False)
        elif wire == 1:
            yield Field(number, cursor.u64(), cursor.position, cursor.position, delimited=False)
        elif wire == 5:
            yield Field(number, cursor.u32(), cursor.position, cursor.position, delimited=False)
        elif wire == 2:
            length = _varint(cursor)
            begin = cursor.position
            cursor.skip(length)
            yield Field(number, 0, begin, begin + length, delimited=True)
        else:
            raise SourceError(f"protobuf wire type {wire} is not in use")
    raise SourceError(f"a message of more than {limit} fields is not read")


def text(window: Window, field: Field, limit: int = 4096) -> str:
    """Text of a length-delimited field, at most `limit` bytes of it."""
    length = min(field.end - field.start, limit, _MAX_BYTES)
    return window.read_at(field.start, length).decode("utf-8", "replace")
