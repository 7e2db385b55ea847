"""Which detectors look at a file, decided by its name before anything is read."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

from aicheck.discover.detector import Detector

__all__ = ["Gate"]

_SIMPLE = re.compile(r"\*(\.[a-z0-9_+-]+)\Z")
_EXACT = re.compile(r"[^*?\[\]/]+\Z")


_WILD = re.compile(r"[*?\[\]]+")


class Gate:
    """Answers with a bit mask over the detectors; look-ups in two dictionaries for nearly every name.

    Other patterns are tried only where a piece that each of them needs stands in the name or in the folder.
    """

    __slots__ = (
        "_any",
        "_ends",
        "_extensions",
        "_folder",
        "_folders",
        "_globs",
        "_inner",
        "_likely",
        "_names",
        "_patterns",
        "_starts",
    )

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._any = 0
        self._names: dict[str, int] = {}
        self._extensions: dict[str, int] = {}
        patterns: dict[str, int] = {}
        for index, detector in enumerate(detectors):
            bit = 1 << index
            if not detector.globs:
                self._any |= bit
            for glob in detector.globs:
                low = glob.lower()
                simple = _SIMPLE.match(low)
                if simple:
                    self._extensions[simple.group(1)] = self._extensions.get(simple.group(1), 0) | bit
                elif _EXACT.match(low):
                    self._names[low] = self._names.get(low, 0) | bit
                else:
                    patterns[low] = patterns.get(low, 0) | bit
        self._globs = [(glob, bits, *_needed(glob)) for glob, bits in patterns.items()]
        self._patterns: dict[str, re.Pattern[str]] = {}  # compiled for the first name that holds its piece
        needed = [(where, piece) for _, _, where, piece in self._globs]
        self._starts = tuple(sorted({piece for kind, piece in needed if kind == "start"}))
        self._ends = tuple(sorted({piece for kind, piece in needed if kind == "end"}))
        self._inner = tuple(sorted({piece for kind, piece in needed if kind == "inner"}))
        self._folders = tuple(sorted({piece for kind, piece in needed if kind == "folder"}))
        self._folder, self._likely = "", "" in self._folders

    def mask(self, path: str) -> int:
        """Return the bits of the detectors whose globs match the path."""
        low = path.lower()
        slash = low.rfind("/") + 1
        name = low[slash:]
        mask = self._any | self._names.get(name, 0)
        dot = name.rfind(".")
        if dot >= 0:
            mask |= self._extensions.get(name[dot:], 0)
        folder = low[:slash]
        if folder != self._folder:
            # Files come folder by folder: what a folder needs is looked for once.
            self._folder, self._likely = folder, _holds(folder, self._folders)
        if (
            self._likely
            or name.startswith(self._starts)
            or name.endswith(self._ends)
            or (self._inner and _holds(name, self._inner))
        ):
            for glob, bits, where, piece in self._globs:
                if where == "start":
                    likely = name.startswith(piece)
                elif where == "end":
                    likely = name.endswith(piece)
                else:
                    likely = piece in (folder if where == "folder" else name)
                if likely:
                    pattern = self._patterns.get(glob)
                    if pattern is None:
                        pattern = self._patterns[glob] = re.compile(_expression(glob))
                    if pattern.match(low):
                        mask |= bits
        return mask


def _holds(text: str, pieces: tuple[str, ...]) -> bool:
    for piece in pieces:  # noqa: SIM110 - a generator costs more than the search
        if piece in text:
            return True
    return False


def _needed(glob: str) -> tuple[str, str]:
    """Return (where, piece): what stands at the start, at the end or inside of every name that a glob matches.

    `folder`: in the folder, which ends with a slash.
    """
    if "[" in glob:
        return "inner", ""  # a set of characters is no piece: tried on every name
    head, slash, _ = glob.rpartition("/")
    if slash:
        return "folder", max(_WILD.split(head + slash), key=len)
    pieces = _WILD.split(glob)
    piece = max(pieces, key=len)
    if piece == pieces[0]:
        return "start", piece
    return ("end" if piece == pieces[-1] else "inner"), piece


def _expression(glob: str) -> str:
    # A glob without a slash speaks of the name, one with a slash of the end of the path.
    body = fnmatch.translate(glob)
    if "/" not in glob:
        body = body.replace(".*", "[^/]*")
    return rf"(?s:.*/)?{body}"
