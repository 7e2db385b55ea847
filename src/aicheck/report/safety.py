"""Foreign text made inert. Names, cards and source lines come from strangers."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

__all__ = ["clip", "escape_json", "percent", "scrub", "visible", "visible_lines"]

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_LATIN1_END: Final = 0xFF
_BMP_END: Final = 0xFFFF
# PEP 383: an undecodable byte 0xNN travels as U+DCNN.
_ESCAPED_BYTE: Final = range(0xDC80, 0xDD00)


def _show(char: str) -> str:
    code = ord(char)
    if code in _ESCAPED_BYTE:
        return f"\\x{code - 0xDC00:02x}"
    if code <= _LATIN1_END:
        return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= _BMP_END else f"\\U{code:08x}"


def visible(text: str, limit: int = 0) -> str:
    """One line of `text`: every control, bidirectional or zero-width character as a visible escape.

    `limit` > 0 clips to that many characters with an ellipsis.
    """
    if limit > 0 and len(text) > limit:
        text = clip(text, limit)
    # Not printable: controls, bidirectional and zero-width marks, separators, tags, unassigned and private code
    # points, surrogates; of the blanks all but the plain one.
    return text if text.isprintable() else "".join(char if char.isprintable() else _show(char) for char in text)


def visible_lines(text: str) -> str:
    """As `visible`, but line breaks and tabs stay."""
    return "".join(char if char.isprintable() or char in "\n\t" else _show(char) for char in text)


def clip(text: str, limit: int) -> str:
    """`text`, or its beginning and an ellipsis, in at most `limit` characters."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def percent(text: str, safe: str = "") -> str:
    """`text` percent-encoded for a URL: an undecodable byte as itself, another lone surrogate as three bytes."""
    try:
        return quote(text, safe=safe, errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(text, safe=safe, errors="surrogatepass")


def scrub(value: object) -> object:
    """A JSON value without lone surrogates (undecodable file names), which no strict parser reads."""
    if isinstance(value, str):
        return _SURROGATES.sub(lambda match: _show(match.group()), value)
    if isinstance(value, dict):
        return {scrub(key): scrub(item) for key, item in value.items()}
    if isinstance(value, list):
        return [scrub(item) for item in value]
    return value


def _escape(match: re.Match[bytes]) -> bytes:
    code = ord(match.group().decode())
    if code <= _BMP_END:
        return f"\\u{code:04x}".encode()
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}".encode()


# The same characters as above as UTF-8 (C0 controls never stand raw in JSON): matching the bytes saves decoding
# a document of hundreds of megabytes.
_NOT_SHOWN_RAW: Final = re.compile(
    rb"\x7f|\xc2[\x80-\x9f\xad]|\xd8\x9c|\xe1\xa0\x8e|\xe2(?:\x80[\x8b-\x8f\xa8-\xae]|\x81[\xa0-\xaf])"
    rb"|\xef(?:\xbb\xbf|\xbf[\xb9-\xbb])|\xf3\xa0[\x80\x81][\x80-\xbf]"
)


_PIECE: Final = 1 << 16


def escape_json(data: bytes) -> bytes:
    r"""A JSON document in which invisible characters stand as `\uXXXX`: the same value, nothing hidden."""
    if data.isascii() and b"\x7f" not in data:
        return data
    # Line by line in pieces: the regular expression is slow, and nearly no piece needs it.
    start = 0
    done = 0
    clean: list[bytes] = []
    while start < len(data):
        end = data.find(b"\n", start + _PIECE) + 1 or len(data)
        piece = data[start:end]
        if piece.isascii():
            hidden = b"\x7f" in piece
        else:
            hidden = not piece.decode(errors="replace").replace("\n", "").isprintable()
        if hidden:
            clean += [data[done:start], _NOT_SHOWN_RAW.sub(_escape, piece)]
            done = end
        start = end
    return b"".join([*clean, data[done:]]) if clean else data
