"""One pass over a file's bytes that finds the needles of all detectors with their positions.

Two engines give the same hits: hyperscan's literal API (about 1 GB/s), and the standard library's `re` over a
trie (tens of MB/s) where hyperscan is missing. Needles are shapes, not words (`"qwen`, `meta-llama/`,
`from_pretrained(`): a word like `model` would keep nearly every file of an AI project.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from aicheck.discover.detector import Detector, Hit

__all__ = [
    "Finder",
    "Matcher",
    "NeedleTable",
    "hyperscan_available",
    "make_matcher",
    "naive_hits",
    "naive_positions",
]

_MIN_NEEDLE: Final = 2


class NeedleTable:
    """The distinct needles of some detectors; `owners[i]` is a bit mask of the detectors that list needle i."""

    __slots__ = ("needles", "owners")

    def __init__(self, detectors: Sequence[Detector]) -> None:
        owners: dict[bytes, int] = {}
        for index, detector in enumerate(detectors):
            bit = 1 << index
            for needle in detector.needles:
                known = owners.get(needle)
                if known is None:
                    if len(needle) < _MIN_NEEDLE or needle != needle.lower() or not needle.isascii():
                        message = (
                            f"needle {needle!r} of {detector.id} is not lower-case ASCII of two bytes or more"
                        )
                        raise ValueError(message)
                    known = 0
                owners[needle] = known | bit
        self.needles = tuple(sorted(owners))
        self.owners = tuple(map(owners.__getitem__, self.needles))

    def of(self, mask: int) -> NeedleTable:
        """The part of the table that the detectors in `mask` list; owners outside of it are left out."""
        table = NeedleTable(())
        kept = [(needle, who & mask) for needle, who in zip(self.needles, self.owners, strict=True) if who & mask]
        table.needles = tuple(needle for needle, _ in kept)
        table.owners = tuple(who for _, who in kept)
        return table


class Matcher(Protocol):
    """Finds needles; hits are (index in the table, end offset), in no particular order."""

    def scan(self, data: bytes) -> list[tuple[int, int]]:
        """Return every occurrence of every needle, ASCII case-insensitively."""


class _Hyperscan:
    def __init__(self, needles: Sequence[bytes], folder: str | None = None) -> None:
        from aicheck.discover.compiled import database  # noqa: PLC0415 - not for the fallback engine

        self._database: Any = database(needles, folder)

    def scan(self, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        append = found.append

        def note(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append((index, end))

        if data:
            self._database.scan(data, match_event_handler=note)
        return found


def _trie_pattern(needles: Sequence[bytes]) -> bytes:
    trie: dict[int, Any] = {}
    for needle in needles:
        node = trie
        for byte in needle:
            node = node.setdefault(byte, {})
        node[-1] = True

    def build(node: dict[int, Any]) -> bytes:
        branches = [re.escape(bytes([byte])) + build(child) for byte, child in sorted(node.items()) if byte >= 0]
        if not branches:
            return b""
        inner = branches[0] if len(branches) == 1 else b"(?:" + b"|".join(branches) + b")"
        if -1 in node:  # greedy: the longest needle at a position wins, the shorter ones are its prefixes
            return (b"(?:" + inner + b")?") if len(branches) == 1 else inner + b"?"
        return inner

    return build(trie)


def _prefixes_of(needle: bytes) -> list[bytes]:
    return [needle[:size] for size in range(1, len(needle) + 1)]


class _Plain:
    def __init__(self, needles: Sequence[bytes]) -> None:
        self._pattern = re.compile(_trie_pattern(needles)) if needles else None
        index = {needle: number for number, needle in enumerate(needles)}
        self._prefixes = {
            needle: tuple(
                (index[needle[:size]], size) for size in range(1, len(needle) + 1) if needle[:size] in index
            )
            for needle in needles
        }

    def scan(self, data: bytes) -> list[tuple[int, int]]:
        if self._pattern is None:
            return []
        low = data.lower()
        found: list[tuple[int, int]] = []
        search = self._pattern.search
        prefixes = self._prefixes
        match = search(low)
        while match is not None:
            start = match.start()
            for number, size in prefixes[match.group()]:
                found.append((number, start + size))
            match = search(low, start + 1)
        return found


def hyperscan_available() -> bool:
    """Tell whether the fast engine can be imported here."""
    try:
        import hyperscan  # noqa: F401, PLC0415 - asked only when an engine is chosen
    except ImportError:
        return False
    return True


def make_matcher(table: NeedleTable, engine: str = "auto", folder: str | None = None) -> Matcher:
    """Return the engine `hyperscan` or `python`; `auto` takes the first where it can be imported.

    `folder` keeps what hyperscan compiled for the next process; None = nothing is kept.
    """
    fast = engine == "hyperscan" or (engine == "auto" and hyperscan_available())
    return _matcher(table.needles, folder if fast else None, fast=fast)


@lru_cache(maxsize=64)
def _matcher(needles: tuple[bytes, ...], folder: str | None, *, fast: bool) -> Matcher:
    # Compiling costs milliseconds; several scans in one process share what it gives.
    return _Hyperscan(needles, folder) if fast and needles else _Plain(needles)


def naive_hits(detector: Detector, data: bytes) -> list[Hit]:
    """Find one detector's needles one after the other: the plain meaning of what the engines do."""
    return naive_positions(detector.needles, data)


def naive_positions(needles: Sequence[bytes], data: bytes) -> list[Hit]:
    """Find needles one after the other; costs one pass per needle."""
    low = data.lower()
    hits: list[Hit] = []
    for needle in set(needles):
        start = low.find(needle)
        while start >= 0:
            hits.append(Hit(needle, start, start + len(needle)))
            start = low.find(needle, start + 1)
    hits.sort(key=lambda hit: (hit.start, hit.end))
    return hits


class Finder:
    """Finds needles in text that detectors take out of files: cells of notebooks, code in scripts.

    Compiling costs what a few kilobytes cost needle by needle, so that only the first ones are searched so.
    """

    __slots__ = ("_matcher", "_naive", "needles")
    _FREE: Final = 4096

    def __init__(self, needles: Sequence[bytes]) -> None:
        self.needles = tuple(sorted(set(needles)))
        self._naive = self._FREE
        self._matcher: Matcher | None = None

    def hits(self, data: bytes) -> list[Hit]:
        """Every occurrence of every needle, in order."""
        if self._matcher is None:
            if len(data) <= self._naive:
                self._naive -= len(data)
                return naive_positions(self.needles, data)
            self._matcher = _matcher(self.needles, None, fast=hyperscan_available())
        needles = self.needles
        found = [Hit(needles[number], end - len(needles[number]), end) for number, end in self._matcher.scan(data)]
        found.sort(key=lambda hit: (hit.start, hit.end))
        return found
