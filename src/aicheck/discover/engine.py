"""From one file to what the detectors see in it: gate by name, read once, match once, detect.

An `Examiner` holds what all files share (gate, needle table, matching engine) and is made once per process.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference
from aicheck.discover.bounds import Taken
from aicheck.discover.detector import Detector, Hit, Link
from aicheck.discover.gate import Gate
from aicheck.discover.prefilter import Matcher, NeedleTable, make_matcher, naive_hits
from aicheck.discover.results import finished, gap_as_reported
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

if TYPE_CHECKING:
    from aicheck.discover.cache import DetectionCache

__all__ = ["Examined", "Examiner"]

_CHUNK: Final = 128 << 10
_HEADER: Final = 1 << 20
_STRAY: Final = 16
"""NUL bytes in the first ones of a file up to which it may still be meant as text."""
_SNIFF: Final = 8192
_SMALL: Final = 40
"""Bytes that are kept beside the place itself: more than a key, and what nearly every file gives."""
_FEW: Final = 300
"""Files that are matched against the needles of all detectors before tables of their own pay."""
_RARE: Final = 48
"""Files of a kind up to which it is matched against all needles too: compiling is what 100 of them cost."""
_OFTEN: Final = 8
"""Files of a kind among the first ones, from which on every worker is likely to meet it."""
_OWN_FAILURE: Final = "detector failed ("
_OPEN: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a pipe put in place of the file must not hang the scan
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # nor a link lead out of the tree
    | getattr(os, "O_BINARY", 0)
)
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


class Examined(NamedTuple):
    """What one file gave."""

    references: list[Reference]
    gaps: list[Gap]
    links: list[Link]
    excerpts: list[tuple[str, int, str]]
    read: int
    """Bytes read; 0 where the file was skipped by its name."""
    skipped: bool
    kept: bytes = b""
    """What the cache knows it by: the key of its contents, or the little there was to keep; b"" = not kept."""


_NOTHING: Final = Examined([], [], [], [], 0, skipped=True)


class Examiner:
    """Examines files one after the other."""

    def __init__(self, detectors: Sequence[Detector], settings: DiscoverSettings) -> None:
        self._detectors = tuple(detectors)
        self._settings = settings
        self.cache: DetectionCache | None = None
        """Where detections of the same contents are looked up and kept; None = nowhere."""
        self._gate = Gate(self._detectors)
        self._table = NeedleTable(self._detectors)
        self._matchers: dict[int, tuple[NeedleTable, Matcher]] = {}
        self._matched = 0
        self._met: dict[int, int] = {}
        """How often the needles of a kind of file were looked for."""
        self._binary = sum(1 << i for i, detector in enumerate(self._detectors) if detector.binary)
        self._blind = sum(1 << i for i, detector in enumerate(self._detectors) if not detector.needles)

    def _matcher(self, mask: int) -> tuple[NeedleTable, Matcher]:
        """The needles of the detectors in `mask` alone: hits that nobody wants cost as much as others."""
        known = self._matchers.get(mask)
        if known is None:
            table = self._table.of(mask)
            matcher = make_matcher(table, self._settings.engine, self._settings.compiled)
            known = self._matchers[mask] = (table, matcher)
        return known

    def prepare(self) -> None:
        """Build the matching engines now for the kinds of files met so far (before a fork: workers share them)."""
        for mask, times in self._met.items():
            if times >= _OFTEN:
                self._matcher(mask)

    def wanted(self, path: str, size: int = 0) -> bool:
        """Tell whether any detector looks at a file of that name."""
        del size
        return self._gate.mask(path) != 0

    def examine_path(self, root: str, path: str) -> Examined:
        """Read and examine one file of a directory; nothing that the file system does raises."""
        mask = self._gate.mask(path)
        if not mask:
            return _NOTHING
        limit = self._settings.max_file_size
        try:
            handle = os.open(f"{root}/{path}", _OPEN)
        except (OSError, ValueError) as error:
            return _failed(path, error)
        try:
            data = os.read(handle, _CHUNK)
            size = len(data)
            if size == _CHUNK:
                info = os.fstat(handle)
                size = info.st_size
                if not mask & ~self._binary:
                    limit = _HEADER
                if size <= max(limit, _HEADER):
                    data += _rest(handle, max(limit, _HEADER) - len(data))
                    size = max(size, len(data)) if size > limit else len(data)
                    if len(data) >= limit:
                        size = max(size, os.fstat(handle).st_size)  # it grew while it was read
                elif limit == _HEADER or mask & self._binary:
                    data += _rest(handle, _HEADER - len(data))
            elif not data and not stat.S_ISREG(os.fstat(handle).st_mode):
                return _failed(path, None)

            def window(offset: int, length: int) -> bytes:
                try:
                    return os.pread(handle, length, offset)
                except (OSError, ValueError, AttributeError, OverflowError):
                    return b""

            return self.examine(self._source(path, data, size, window))
        except OSError as error:
            return _failed(path, error)
        finally:
            os.close(handle)

    def examine(self, source: SourceFile) -> Examined:
        """Examine one file that is already read, or say again what the same contents gave before."""
        if self.cache is None or not source.whole:
            return self._examine(source)
        from aicheck.discover.cache import decode, encode  # noqa: PLC0415 - only where something is kept

        key = self.cache.contents(source.path, source.data)
        known = self.cache.get(key)
        if known is not None and (found := decode(source.path, known)) is not None:
            return Examined(*found, skipped=False, kept=known if len(known) <= _SMALL else key)
        result = self._examine(source)
        if result.skipped or any(_OWN_FAILURE in gap.detail for gap in result.gaps):
            return result
        data = encode(source.path, result[:5])
        if data is None:
            return result
        self.cache.put(key, data)
        return result._replace(kept=data if len(data) <= _SMALL else key)

    def _examine(self, source: SourceFile) -> Examined:
        mask = self._gate.mask(source.path) or self._gate.mask(source.path.rpartition("/")[2])
        if not mask:
            return _NOTHING
        gaps: list[Gap] = []
        data = source.data
        if data[:2] in _UTF16 or (b"\0" in data[:_SNIFF]):
            asked = mask & ~self._binary
            source, mask = self._binary_source(source, mask)
            if asked and not mask & asked and 0 < data[:_SNIFF].count(0) <= _STRAY:
                gaps.extend(self._stray(source, asked))
            data = source.data
        if source.size > len(data) and mask & ~self._binary:
            if source.size > self._settings.max_file_size:
                gaps.append(
                    Gap(
                        source.path,
                        GapReason.TOO_LARGE,
                        f"{source.size} bytes; the limit is {self._settings.max_file_size} (--max-file-size)",
                        source.path,
                    )
                )
            mask &= self._binary
        taken = Taken(source)
        for index, hits in self._hits(data, mask):
            self._detect(self._detectors[index], source, hits, taken, gaps)
        gaps.extend(taken.gaps)
        gaps.extend(taken.left_out())
        gaps = [gap_as_reported(gap) for gap in gaps]
        if not taken.references and not taken.links and not gaps:
            source.forget()
            return Examined([], [], [], [], len(data), skipped=False)
        kept, excerpts = finished(source, taken.references, include_docs=self._settings.include_docs)
        source.forget()
        return Examined(kept, gaps, taken.links, excerpts, len(data), skipped=False)

    def _source(self, path: str, data: bytes, size: int, window: Callable[[int, int], bytes]) -> SourceFile:
        settings = self._settings
        return SourceFile(
            path, data, size, window, hashing=settings.hash_weights, documentation=settings.include_docs
        )

    def _binary_source(self, source: SourceFile, mask: int) -> tuple[SourceFile, int]:
        """Turn UTF-16 text into UTF-8; leave binary data to the detectors that ask for it."""
        data = source.data
        encoding = "utf-16" if data[:2] in _UTF16 else _guess_utf16(data[:_SNIFF])
        if encoding and mask & ~self._binary and source.size <= len(data):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                return source, mask & self._binary
            return SourceFile(source.path, text.encode("utf-8", "replace")), mask
        return source, mask & self._binary

    def _stray(self, source: SourceFile, mask: int) -> Iterator[Gap]:
        """Say text that a few NUL bytes keep from being read: shells and browsers read on where we do not."""
        if any(hits for _, hits in self._hits(source.data, mask)):
            detail = "NUL bytes in what should be text; not read"
            yield Gap(source.path, GapReason.UNPARSABLE, detail, source.path)

    def _hits(self, data: bytes, mask: int) -> list[tuple[int, Sequence[Hit]]]:
        """Return the detectors that run, each with its hits."""
        indexes = [index for index in range(mask.bit_length()) if mask >> index & 1]
        if not self._settings.prefilter:
            return [
                (index, naive_hits(self._detectors[index], data) if self._detectors[index].needles else ())
                for index in indexes
            ]
        result: list[tuple[int, Sequence[Hit]]] = [(index, ()) for index in indexes if self._blind >> index & 1]
        if not mask & ~self._blind:
            return result
        self._matched += 1
        times = self._met[mask & ~self._blind] = self._met.get(mask & ~self._blind, 0) + 1
        # Compiling costs tens of milliseconds a table: few files share one, many get one for their kind.
        narrow = (self._matched > _FEW and times > _RARE) or (mask & ~self._blind) in self._matchers
        table, matcher = self._matcher((mask if narrow else (1 << len(self._detectors)) - 1) & ~self._blind)
        raw = matcher.scan(data)
        if not raw:
            return result
        needles, owners = table.needles, table.owners
        per: dict[int, list[Hit]] = {}
        for number, end in raw:
            who = owners[number] & mask
            if who:
                needle = needles[number]
                hit = Hit(needle, end - len(needle), end)
                while who:
                    low = who & -who
                    per.setdefault(low.bit_length() - 1, []).append(hit)
                    who ^= low
        for index, hits in sorted(per.items()):
            hits.sort(key=_by_place)
            result.append((index, hits))
        return result

    def _detect(
        self, detector: Detector, source: SourceFile, hits: Sequence[Hit], taken: Taken, gaps: list[Gap]
    ) -> None:
        try:
            taken.take(detector.detect(source, hits))
        except SourceError as error:
            gaps.append(Gap(source.path, GapReason.UNPARSABLE, str(error), source.path))
        except (Exception, RecursionError) as error:  # noqa: BLE001 - one odd file must not end the run, and is said
            detail = (
                f"the {detector.id} {_OWN_FAILURE}{type(error).__name__}: {str(error)[:120]}); please report it"
            )
            gaps.append(Gap(source.path, GapReason.UNPARSABLE, detail, source.path))


def _by_place(hit: Hit) -> tuple[int, int]:
    return hit.start, hit.end


def _rest(handle: int, limit: int) -> bytes:
    parts: list[bytes] = []
    while limit > 0:
        part = os.read(handle, min(limit, 1 << 20))
        if not part:
            break
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def _failed(path: str, error: Exception | None) -> Examined:
    reason = (error.strerror if isinstance(error, OSError) else str(error)) if error else "not a regular file"
    return Examined(
        [], [Gap(path, GapReason.UNREADABLE, reason or "cannot be read", path)], [], [], 0, skipped=True
    )


def _guess_utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte of Western text is NUL."""
    if len(head) < 16:
        return None
    odd, even = head[1::2].count(0), head[::2].count(0)
    half = len(head) // 2
    if odd > half * 0.7 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.05:
        return "utf-16-be"
    return None
