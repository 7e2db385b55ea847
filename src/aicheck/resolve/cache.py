"""Answers of the Hub on disk, so that a second run asks nothing again.

One SQLite file in WAL mode: parallel processes share it, a damaged file is set aside and begun anew, and where
nothing can be written (full disk, read-only home) the cache is silently only in memory: it may make a run slower,
never different and never impossible.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aicheck.core.frozen import dataclass

__all__ = ["Answer", "AnswerCache"]

_SCHEMA: Final = """
create table if not exists answers(
  key text primary key, status integer not null, etag text, answered text, body blob, stored real not null
) without rowid"""
_VERSION: Final = 1
_CHUNK: Final = 400
_KEEP_SECONDS: Final = 90 * 86400.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as stored."""

    status: int
    """HTTP status; 404 for "no such repository"."""
    body: bytes
    etag: str | None
    answered: str
    """URL path that answered, after redirects."""
    stored: float
    """Seconds since the epoch."""


class AnswerCache:
    """Keyed answers; every method is safe to call from many threads and never raises for the disk's sake."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._memory: dict[str, Answer] = {}
        self._pending: dict[str, Answer] = {}
        self._connection = self._open() if path is not None else None

    def _open(self) -> sqlite3.Connection | None:
        assert self._path is not None
        for attempt in range(2):
            connection = None
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                connection = sqlite3.connect(self._path, timeout=5, check_same_thread=False, isolation_level=None)
                connection.execute("pragma journal_mode=wal")
                connection.execute("pragma synchronous=off")
                (version,) = connection.execute("pragma user_version").fetchone()
                if version not in (0, _VERSION):
                    connection.execute("drop table if exists answers")
                connection.execute(_SCHEMA)
                connection.execute(f"pragma user_version={_VERSION}")
                connection.execute(
                    "select key, status, etag, answered, body, stored from answers limit 1"
                ).fetchone()
            except (sqlite3.DatabaseError, OSError) as error:
                if connection is not None:
                    connection.close()
                if (
                    attempt
                    or not isinstance(error, sqlite3.DatabaseError)
                    or isinstance(error, sqlite3.OperationalError)
                ):
                    return None
                self._set_aside()
            else:
                return connection
        return None

    def _set_aside(self) -> None:
        assert self._path is not None
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink()
        with contextlib.suppress(OSError):
            self._path.replace(self._path.with_name(self._path.name + ".damaged"))

    def get(self, key: str) -> Answer | None:
        """Return one stored answer."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[str]) -> dict[str, Answer]:
        """Return the stored answers among `keys`."""
        wanted = list(dict.fromkeys(keys))
        with self._lock:
            found = {key: self._memory[key] for key in wanted if key in self._memory}
            missing = [key for key in wanted if key not in found]
            if self._connection is None or not missing:
                return found
            for start in range(0, len(missing), _CHUNK):
                part = missing[start : start + _CHUNK]
                marks = ",".join("?" * len(part))
                query = f"select key, status, etag, answered, body, stored from answers where key in ({marks})"  # noqa: S608 - marks only
                try:
                    rows = self._connection.execute(query, part).fetchall()
                except sqlite3.OperationalError:
                    break
                except sqlite3.DatabaseError:
                    self._restart()
                    break
                for key, status, etag, answered, body, stored in rows:
                    try:
                        answer = Answer(int(status), zlib.decompress(body), etag, str(answered), float(stored))
                    except (zlib.error, TypeError, ValueError):
                        continue
                    found[key] = self._memory[key] = answer
        return found

    def _restart(self) -> None:
        """Begin anew after damage; called with the lock held."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._set_aside()
        self._connection = self._open()

    def put(self, key: str, answer: Answer) -> None:
        """Remember an answer; it reaches the disk with the next `flush`."""
        with self._lock:
            self._memory[key] = self._pending[key] = answer

    def flush(self) -> None:
        """Write what `put` collected, in one transaction."""
        with self._lock:
            pending, self._pending = self._pending, {}
            if self._connection is None or not pending:
                return
            rows = [
                (key, answer.status, answer.etag, answer.answered, zlib.compress(answer.body, 1), answer.stored)
                for key, answer in pending.items()
            ]
            newest = max(row[5] for row in rows)
            try:
                self._connection.execute("begin immediate")
                self._connection.executemany("insert or replace into answers values(?,?,?,?,?,?)", rows)
                self._connection.execute("delete from answers where stored < ?", (newest - _KEEP_SECONDS,))
                self._connection.execute("commit")
            except sqlite3.OperationalError:
                # Full disk, lock not got in time: the answers stay in memory.
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("rollback")
            except sqlite3.DatabaseError:
                self._restart()

    def close(self) -> None:
        """Write and close."""
        self.flush()
        with self._lock:
            if self._connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None
