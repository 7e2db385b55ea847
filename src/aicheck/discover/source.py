"""A file of the scanned tree: read once, and parsed at most once for all detectors."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Final, TypeVar, cast

__all__ = ["SourceFile"]

T = TypeVar("T")

_NEWLINE: Final = 0x0A
_BLOCK: Final = 1 << 20
_LONG_LINE: Final = 4096
_COUNTS: Final = 6
"""Times the size of a file that are counted before a table of its lines costs less."""
_FEW_LINES: Final = 16
"""Lines behind a known place that are found by their breaks."""
_CONTINUATION: Final = 0x80
"""High bits of the second and later bytes of a UTF-8 character."""


class SourceFile:
    """Bytes of one file with its path; text, line table and parse results are made on demand and kept.

    Detectors get this and never a path to open. `data` may be a prefix of a large file for formats that are
    read by header; `size` is the whole file's size in bytes. `window(offset, length)` reads further bytes of
    such a file (at most `length`, fewer at its end) and is the engine's to give; `hashing` allows `sha256` to
    read the whole file through it; without `documentation` nobody asks for comments and prose.
    """

    __slots__ = (
        "_anchor",
        "_counted",
        "_digest",
        "_line_text",
        "_lines",
        "_mark",
        "_parsed",
        "_text",
        "_unread",
        "_window",
        "data",
        "documentation",
        "hashing",
        "path",
        "size",
    )

    def __init__(
        self,
        path: str,
        data: bytes,
        size: int | None = None,
        window: Callable[[int, int], bytes] | None = None,
        *,
        hashing: bool = False,
        documentation: bool = True,
    ) -> None:
        self.path = path
        self.data = data
        self.size = len(data) if size is None else size
        self.hashing = hashing
        self.documentation = documentation
        self._window = window
        self._digest: str | None = None
        self._anchor = (-1, 0)
        self._counted = 0
        self._mark = (0, 1)
        self._text: str | None = None
        self._unread: list[str] = []
        self._lines: list[int] | None = None
        self._line_text = (0, "")
        self._parsed: dict[str, object] = {}

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def text(self) -> str:
        """The content decoded as UTF-8 (a BOM is dropped by none: offsets stay true), bad bytes replaced."""
        if self._text is None:
            self._text = self.data.decode("utf-8", "replace")
        return self._text

    @property
    def whole(self) -> bool:
        """Whether `data` is the whole file."""
        return len(self.data) >= self.size

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes at an offset, also beyond `data`; fewer than `length` where the file ends or cannot be read."""
        if offset < 0 or length <= 0:
            return b""
        if offset + length <= len(self.data) or self.whole or self._window is None:
            return self.data[offset : offset + length]
        return self._window(offset, length)

    @property
    def sha256(self) -> str | None:
        """Hex SHA-256 of the content: of a whole file always, of a larger one only where `hashing` allows it."""
        if self._digest is None:
            if self.whole:
                self._digest = hashlib.sha256(self.data).hexdigest()
            elif self.hashing and self._window is not None:
                self._digest = self._stream_digest(self._window)
        return self._digest

    def _stream_digest(self, window: Callable[[int, int], bytes]) -> str | None:
        digest = hashlib.sha256()
        offset = 0
        while offset < self.size:
            block = window(offset, min(_BLOCK, self.size - offset))
            if not block:
                return None  # shrank or vanished meanwhile: no digest rather than a wrong one
            digest.update(block)
            offset += len(block)
        return digest.hexdigest()

    def parsed(self, key: str, parse: Callable[[SourceFile], T]) -> T:
        """Return `parse(self)`, computed once per file and key; what it raises is raised again each time."""
        if key not in self._parsed:
            try:
                self._parsed[key] = parse(self)
            except Exception as error:  # noqa: BLE001 - kept, so that a broken file is parsed (and reported) once
                self._parsed[key] = error
        value = self._parsed[key]
        if isinstance(value, Exception):
            raise value
        return cast("T", value)

    @property
    def unread(self) -> tuple[str, ...]:
        """What readers left out of this file for its size, each said once."""
        return tuple(dict.fromkeys(self._unread))

    def leave(self, what: str) -> None:
        """Note a part that is not read, for people: the engine makes a gap of it, so that it is never a pass."""
        self._unread.append(what)

    def forget(self) -> None:
        """Drop what was parsed: results know their file, and only the collector would free such a circle."""
        self._parsed.clear()

    def _starts(self) -> list[int]:
        if self._lines is None:
            # Running sums in C: three times as fast as finding one line break after the other.
            lengths = accumulate(map(len, self.data.split(b"\n")), initial=0)
            starts = [length + number for number, length in enumerate(lengths)]
            starts.pop()
            self._lines = starts
        return self._lines

    def line_of(self, offset: int) -> int:
        """1-based line of a byte offset."""
        if self._lines is None and 0 <= offset <= len(self.data) and self._counted <= _COUNTS * len(self.data):
            # Counting breaks up to a place costs a tenth of a table of all lines, and many files are asked once.
            known, line = self._mark
            if offset < known:
                known, line = 0, 1
            line += self.data.count(b"\n", known, offset)
            self._counted += offset - known
            self._mark = (offset, line)
            return line
        return bisect_right(self._starts(), offset)

    def position(self, offset: int) -> tuple[int, int]:
        """1-based (line, column) of a byte offset; the column counts code points."""
        line = self.line_of(offset)
        if self._lines is None:
            begin = self.data.rfind(b"\n", 0, offset) + 1
            self._counted += offset - begin
        else:
            begin = self._lines[line - 1]
        before = 0
        if offset - begin > _LONG_LINE:
            # Minified files are one line: go on from the last place on it instead of from its start.
            known, column = self._anchor
            if begin <= known <= offset:
                begin, before = known, column
            before += len(self.data[begin:offset].decode("utf-8", "replace"))
            if offset >= len(self.data) or self.data[offset] & 0xC0 != _CONTINUATION:
                self._anchor = (offset, before)
            return line, before + 1
        return line, len(self.data[begin:offset].decode("utf-8", "replace")) + 1

    def line_bounds(self, line: int) -> tuple[int, int]:
        """Byte offsets (start, end without the line break) of a 1-based line; the last one for any beyond.

        Parsers count other breaks as well (a lone CR, U+2028): a place that is a little off beats none.
        """
        near = self._near(line)
        if near is not None:
            start, end = near
        else:
            starts = self._starts()
            line = min(line, len(starts))
            start = starts[line - 1]
            end = starts[line] - 1 if line < len(starts) else len(self.data)
        if end > start and self.data[end - 1 : end] == b"\r":
            end -= 1
        return start, end

    def _near(self, line: int) -> tuple[int, int] | None:
        """Bounds of a line a few lines after the last place that was asked for; None for others."""
        known, at = self._mark
        if self._lines is not None or not 0 <= line - at <= _FEW_LINES or self._counted > _COUNTS * len(self.data):
            return None
        start = first = self.data.rfind(b"\n", 0, known) + 1
        end = self.data.find(b"\n", start)
        for _ in range(line - at):
            if end < 0:
                break
            start = end + 1
            end = self.data.find(b"\n", start)
        end = end if end >= 0 else len(self.data)
        self._counted += end - first
        return start, end

    def line_text(self, line: int) -> str:
        """Text of a 1-based line without its line break."""
        if self._line_text[0] != line:
            start, end = self.line_bounds(line)
            self._line_text = (line, self.data[start:end].decode("utf-8", "replace"))
        return self._line_text[1]
