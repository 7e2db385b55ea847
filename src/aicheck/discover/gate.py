"""Which detectors look at a file, decided by its name before anything is read."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

from aicheck.discover.detector import Detector

__all__ = ["Gate"]

_SIMPLE = re.compile(r"\*(\.[a-z0-9_+-]+)\Z")
_EXACT = re.compile(r"[^*?\[\]/]+\Z")


class Gate:
    """Answers with a bit mask over the detectors; look-ups in two dictionaries for nearly every name."""

    __slots__ = ("_any", "_extensions", "_names", "_patterns", "_quick")

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
        self._patterns = [(re.compile(_expression(glob)), mask) for glob, mask in patterns.items()]
        every = "|".join(_expression(glob) for glob in patterns)
        self._quick = re.compile(every) if every else None

    def mask(self, path: str) -> int:
        """Return the bits of the detectors whose globs match the path."""
        low = path.lower()
        name = low[low.rfind("/") + 1 :]
        mask = self._any | self._names.get(name, 0)
        dot = name.rfind(".")
        if dot >= 0:
            mask |= self._extensions.get(name[dot:], 0)
        if self._quick is not None and self._quick.match(low):
            for pattern, bits in self._patterns:
                if pattern.match(low):
                    mask |= bits
        return mask


def _expression(glob: str) -> str:
    # A glob without a slash speaks of the name, one with a slash of the end of the path.
    body = fnmatch.translate(glob)
    if "/" not in glob:
        body = body.replace(".*", "[^/]*")
    return rf"(?:.*/)?{body}"
