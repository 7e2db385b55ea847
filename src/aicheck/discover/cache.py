"""What files gave in an earlier scan, so that an unchanged file is not parsed again.

Two kinds of keys in one SQLite file. A *place* (path, size, times, inode) leads to what stood there without
opening the file; *contents* (path and bytes) lead to it after reading alone: a fresh checkout, the other side of a
comparison. Both keys hold a digest of the code and knowledge that looked, so that another version or another
setting never meets a stranger's answer. Rows are JSON with a checksum, rebuilt value by value and never
unpickled; whatever is wrong with them, or with the file, makes the scan slower and never different.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import struct
import sys
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from aicheck._version import __version__
from aicheck.core import target as targets
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Occurrence, Reference, Use
from aicheck.discover.detector import Link
from aicheck.discover.settings import DiscoverSettings
from aicheck.knowledge.catalog import cache_dir

__all__ = ["MEMORY", "DetectionCache", "Found", "decode", "encode", "open_cache", "stamp"]

MEMORY: Final = ":memory:"
"""Instead of a path: kept for this process alone."""
_SCHEMA: Final = "create table if not exists seen(key blob primary key, value blob not null) without rowid"
_KEY: Final = 16
_CHUNK: Final = 256
_FLUSH: Final = 4096
_MAX_BYTES: Final = 512 << 20
_SETTLED: Final = 2_000_000_000
"""Nanoseconds: a file touched this recently may change again without a sign in its times."""
_STAT: Final = struct.Struct("<qqqQQ")
_SUM: Final = struct.Struct("<I")

Found = tuple[list[Reference], list[Gap], list[Link], list[tuple[str, int, str]], int]
"""References, gaps, links, excerpts of one file, and the bytes read for them."""

_TARGETS: Final = (
    targets.HubModel, targets.HubDataset, targets.HostedModel, targets.Endpoint, targets.RegistryModel,
    targets.WeightsFile, targets.Adapter, targets.Library, targets.ToolServer, targets.Unresolvable,
)  # fmt: skip
_FIELDS: Final = {
    kind: (number, tuple(each.name for each in fields(kind))) for number, kind in enumerate(_TARGETS)
}
_USES: Final = {use.value: use for use in Use}
_REASONS: Final = {reason.value: reason for reason in GapReason}


_SEAL: Final = 4
"""Bytes of a checksum behind each row."""


def _reference(value: Reference, own: str) -> list[Any]:
    number, names = _FIELDS[type(value.target)]
    place = value.occurrence
    path = None if place.path == own else place.path
    return [
        number, [getattr(value.target, name) for name in names], path, place.line, place.column, place.end,
        place.raw, place.symbol, place.detector, place.use.value, value.confidence, value.attributes,
    ]  # fmt: skip


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(value)
    return value


def _rebuilt(row: list[Any], own: str) -> Reference:
    number, values, path, line, column, end, raw, symbol, detector, use, confidence, attributes = row
    place = Occurrence(own if path is None else path, line, column, end, raw, symbol, detector, _USES[use])
    pairs = tuple([(str(key), str(value)) for key, value in attributes])
    make: Any = _TARGETS[number]
    return Reference(make(*map(_text, values)), place, float(confidence), pairs)


def encode(path: str, found: Found) -> bytes | None:
    """Return a file's detections as bytes; None where they cannot be kept (odd bytes in names)."""
    references, gaps, links, excerpts, read = found
    try:
        data = orjson.dumps([
            read,
            [_reference(value, path) for value in references],
            [[gap.subject, gap.reason.value, gap.detail, gap.path, gap.line, gap.column] for gap in gaps],
            [
                [link.kind, link.name, link.value, link.scope, link.reference and _reference(link.reference, path)]
                for link in links
            ],
            [[line, text] for own, line, text in excerpts if own == path],
        ])  # fmt: skip
    except (TypeError, ValueError, KeyError):
        return None
    if any(own != path for own, _, _ in excerpts):
        return None
    return _SUM.pack(zlib.crc32(data)) + data


def decode(path: str, data: bytes) -> Found | None:
    """Return what `encode` was given; None for anything else."""
    body = data[_SUM.size :]
    try:
        if _SUM.unpack_from(data)[0] != zlib.crc32(body):
            return None
        read, references, gaps, links, excerpts = orjson.loads(body)
        return (
            [_rebuilt(row, path) for row in references],
            [Gap(row[0], _REASONS[row[1]], *row[2:]) for row in gaps],
            [Link(row[0], row[1], row[2], row[4] and _rebuilt(row[4], path), row[3]) for row in links],
            [(path, line, text) for line, text in excerpts],
            read,
        )
    except (ValueError, TypeError, KeyError, IndexError, struct.error):
        return None


@cache
def _code() -> bytes:
    """Digest of the code and data that decide what is seen, by size and time: an edited checkout is another."""
    digest = hashlib.blake2b(f"{__version__} {sys.version_info[:3]}".encode(), digest_size=_KEY)
    root = Path(__file__).parent.parent
    for folder in ("core", "discover", "knowledge"):
        for base, folders, names in os.walk(root / folder):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(names):
                info = os.stat(f"{base}/{name}")  # noqa: PTH116 - 150 files on every start
                digest.update(f"{base}/{name} {info.st_size} {info.st_mtime_ns}\n".encode("utf-8", "replace"))
    return digest.digest()


def stamp(settings: DiscoverSettings) -> bytes:
    """Digest of everything but the file that decides what is seen in it."""
    try:
        info = (cache_dir() / "catalog.bin").stat()
        catalog = (info.st_size, info.st_mtime_ns)  # the user's newer catalog, which judges names as well
    except OSError:
        catalog = (0, 0)
    chosen = (settings.include_docs, settings.max_file_size, settings.hash_weights, settings.prefilter, catalog)
    return hashlib.blake2b(repr(chosen).encode(), key=_code(), digest_size=_KEY).digest()


def _seal(key: bytes, data: bytes) -> bytes:
    # SQLite has no sums of its own: a flipped bit must not become another model's name, or no model at all.
    return zlib.crc32(data, zlib.crc32(key)).to_bytes(_SEAL, "little")


def _whole(key: bytes, value: object) -> bool:
    return isinstance(value, bytes) and value[-_SEAL:] == _seal(key, value[:-_SEAL])


class DetectionCache:
    """Keyed detections; no method raises for the disk's sake."""

    def __init__(self, path: str, settings: DiscoverSettings) -> None:
        self._path = path
        self._stamp = stamp(settings)
        self._pending: dict[bytes, bytes] = {}
        self._inherited: list[sqlite3.Connection] = []
        self._process = os.getpid()
        self._connection = self._open()
        self._blank = self._empty()
        self._now = time.time_ns()

    def _open(self) -> sqlite3.Connection | None:
        for attempt in range(2):
            connection = None
            try:
                if self._path != MEMORY:
                    self._make_room()
                connection = sqlite3.connect(self._path, timeout=1.0, isolation_level=None)
                connection.execute("pragma journal_mode=wal")
                connection.execute("pragma synchronous=off")
                connection.execute(_SCHEMA)
                connection.execute("select key, value from seen limit 1").fetchone()
            except (sqlite3.Error, OSError) as error:
                if connection is not None:
                    connection.close()
                damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
                    error, sqlite3.OperationalError
                )
                if attempt or not damaged:
                    return None
                self._discard()
            else:
                return connection
        return None

    def _make_room(self) -> None:
        file = Path(self._path)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if file.exists() and file.stat().st_size > _MAX_BYTES:
            self._discard()

    def _discard(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                Path(self._path + suffix).unlink()

    def _empty(self) -> bool:
        if self._connection is None:
            return True
        try:
            return self._connection.execute("select 1 from seen limit 1").fetchone() is None
        except sqlite3.Error:
            return True

    def _reader(self) -> sqlite3.Connection | None:
        if self._process != os.getpid():
            # A forked worker opens its own; closing the parent's here would break the parent's locks.
            self._process = os.getpid()
            if self._connection is not None and self._path != MEMORY:
                self._inherited.append(self._connection)
                self._connection = self._open()
            self._pending.clear()
        return self._connection

    def place(self, path: str, info: os.stat_result) -> bytes:
        """Key of a file by its place and times; b"" where it changed too recently to trust them."""
        if max(info.st_mtime_ns, info.st_ctime_ns) + _SETTLED > self._now:
            return b""
        numbers = _STAT.pack(info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_dev)
        text = numbers + path.encode("utf-8", "surrogateescape")
        return hashlib.blake2b(text, key=self._stamp, digest_size=_KEY).digest()

    def contents(self, path: str, data: bytes) -> bytes:
        """Key of a file by its path and bytes."""
        name = path.encode("utf-8", "surrogateescape")
        digest = hashlib.blake2b(struct.pack("<qQ", -1, len(name)) + name, key=self._stamp, digest_size=_KEY)
        digest.update(data)
        return digest.digest()

    def get(self, key: bytes) -> bytes | None:
        """Return what is kept under a key of contents."""
        found = self._pending.get(key)
        if found is None and not self._blank:
            found = self._rows([key]).get(key)
        return found

    def get_places(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return what is kept for keys of places, in one or two queries; keys without an answer are left out."""
        if self._blank:
            return {}
        rows = self._rows(keys)
        onward = {key: value for key, value in rows.items() if len(value) == _KEY}
        if onward:
            behind = self._rows(list(set(onward.values())))
            for key, value in onward.items():
                if value in behind:
                    rows[key] = behind[value]
                else:
                    del rows[key]
        return rows

    def _rows(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        connection = self._reader()
        found: dict[bytes, bytes] = {}
        if connection is None:
            return found
        try:
            for start in range(0, len(keys), _CHUNK):
                part = keys[start : start + _CHUNK]
                marks = ",".join("?" * len(part))
                query = f"select key, value from seen where key in ({marks})"  # noqa: S608 - marks alone
                found.update(connection.execute(query, part))
        except sqlite3.Error:
            self._connection = None
        return {key: value[:-_SEAL] for key, value in found.items() if _whole(key, value)}

    def put(self, key: bytes, data: bytes) -> None:
        """Keep detections under a key of contents."""
        self._pending[key] = data
        if len(self._pending) >= _FLUSH:
            self.flush()

    def put_place(self, key: bytes, contents: bytes) -> None:
        """Let a place lead to contents."""
        if key and contents:
            self.put(key, contents)

    def take(self) -> list[tuple[bytes, bytes]]:
        """Hand over what is not yet written (a worker's, to its parent)."""
        rows = list(self._pending.items())
        self._pending.clear()
        return rows

    def put_all(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep what a worker handed over."""
        for key, data in rows:
            self.put(key, data)

    def flush(self) -> None:
        """Write what is pending; a full disk or a locked file loses it and nothing else."""
        if self._process != os.getpid():
            return
        connection, rows = self._connection, self.take()
        if connection is None or not rows:
            return
        try:
            connection.execute("begin immediate")
            connection.executemany(
                "insert or replace into seen values(?, ?)", [(key, data + _seal(key, data)) for key, data in rows]
            )
            connection.execute("commit")
            self._blank = False
        except sqlite3.Error:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("rollback")

    def close(self) -> None:
        """Write what is pending and close the file."""
        self.flush()
        if self._connection is not None and self._path != MEMORY:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def open_cache(settings: DiscoverSettings) -> DetectionCache:
    """Open what the settings name; the one in memory is shared by all scans of this process."""
    assert settings.cache is not None
    return _in_memory(settings) if settings.cache == MEMORY else DetectionCache(settings.cache, settings)


@cache
def _in_memory(settings: DiscoverSettings) -> DetectionCache:
    return DetectionCache(MEMORY, settings)
