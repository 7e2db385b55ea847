"""How much one file may say: a file of megabytes can name a million models, and is read all the same.

What a detector sees is taken one by one. Of one and the same thing the first places are listed and the others
counted; of different things the first are listed; a detector that goes on after that is stopped. Each is said by a
gap: further places of what is listed as `skipped`, things that nobody looked at as `too-large`, never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference
from aicheck.discover.detector import Detection, Link
from aicheck.discover.source import SourceFile

__all__ = ["DRAWN", "GAPS", "LISTED", "PLACES", "Taken"]

PLACES: Final = 2_000
"""Places of one target in one use with the same attributes that a file's report lists."""
LISTED: Final = 20_000
"""References and links of one file that are listed."""
DRAWN: Final = 100_000
"""What one detector may see in one file before it is stopped."""
GAPS: Final = 2_000
"""Gaps of one file that are listed."""


class Taken:
    """What is taken from the detectors of one file."""

    __slots__ = ("_counts", "_gaps", "_left", "_places", "_source", "_stopped", "gaps", "links", "references")

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self.references: list[Reference] = []
        self.links: list[Link] = []
        self.gaps: list[Gap] = []
        self._counts: dict[object, int] = {}
        self._places = 0
        self._left = 0
        self._gaps = 0
        self._stopped = False

    def take(self, detections: Iterable[Detection]) -> None:
        """Take what one detector yields, up to the bounds; where it raises, what it gave before is kept."""
        for drawn, found in enumerate(detections):
            if drawn >= DRAWN:
                self._stopped = True
                break
            if isinstance(found, Gap):
                self._gap(found)
            elif self._first(found):
                if isinstance(found, Reference):
                    self.references.append(found)
                else:
                    self.links.append(found)

    def _gap(self, gap: Gap) -> None:
        if len(self.gaps) < GAPS:
            self.gaps.append(gap)
        else:
            self._gaps += 1

    def _first(self, found: Reference | Link) -> bool:
        if isinstance(found, Reference):
            key: object = (found.target, found.occurrence.use, found.attributes)
        else:
            key = (found.kind, found.name, found.value, found.scope)
        count = self._counts.get(key, 0)
        if count >= PLACES:
            self._counts[key] = count + 1
            self._places += 1
            return False
        if len(self.references) + len(self.links) >= LISTED:
            # Not remembered either: a million different names are a million keys.
            self._left += 1
            return False
        self._counts[key] = count + 1
        return True

    def left_out(self) -> list[Gap]:
        """Return what is to be said of what is not listed."""
        path = self._source.path
        told: list[Gap] = []
        if self._places:
            what = f"{self._places} further places of what is listed are not listed ({PLACES} of each are)"
            told.append(Gap(path, GapReason.SKIPPED, what, path))
        parts = list(self._source.unread)
        if self._left:
            parts.append(f"{self._left} references beyond the first {LISTED} are not listed")
        if self._gaps:
            parts.append(f"{self._gaps} more that cannot be told are not listed")
        if self._stopped:
            parts.append(f"more than {DRAWN} references: the rest was not looked at")
        if parts:
            told.append(Gap(path, GapReason.TOO_LARGE, "; ".join(parts), path))
        return told
