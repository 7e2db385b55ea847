"""What is known of every repository between two runs: its last state, its inventory, what was evaluated.

One SQLite file beside the reports. An interrupted run goes on where it stood; a repository whose commit and
settings are the same is not scanned again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import orjson

from aicheck.core.frozen import dataclass
from aicheck.errors import ConfigError
from aicheck.fleet.tasks import Discovered

__all__ = ["Held", "State"]

_APPLICATION: Final = 0x41494653
_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS repository (
  name TEXT PRIMARY KEY,
  location TEXT NOT NULL,
  scan_key TEXT NOT NULL,
  state TEXT NOT NULL,
  commit_id TEXT,
  data BLOB NOT NULL,
  wanted TEXT NOT NULL,
  files INTEGER NOT NULL,
  evaluated_key TEXT,
  verdict TEXT,
  components INTEGER,
  findings INTEGER
) WITHOUT ROWID;
"""
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Held:
    """One repository on record."""

    name: str
    location: str
    scan_key: str
    state: str
    commit: str | None
    evaluated_key: str | None
    verdict: str | None
    components: int
    findings: int


class State:
    """The open file; writes are batched, `flush` makes them lasting."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=1.0)
            application = self._db.execute("PRAGMA application_id").fetchone()[0]
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if (application, version) not in {(0, 0), (_APPLICATION, _VERSION)}:
                raise ConfigError("is not a state of this aicheck", path=str(path), hint="name another directory")
            # One run at a time writes a directory: the lock is held from here to the end.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(
                f"BEGIN EXCLUSIVE;{_SCHEMA}PRAGMA user_version = {_VERSION};"
                f"PRAGMA application_id = {_APPLICATION};COMMIT;BEGIN EXCLUSIVE;"
            )
        except sqlite3.OperationalError as error:
            busy = "locked" in str(error)
            message = "another fleet scan is writing here" if busy else f"cannot be opened: {error}"
            raise ConfigError(message, path=str(path)) from None
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"cannot be opened: {error}", path=str(path)) from None
        self._pending = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")
        self._db.close()

    def flush(self) -> None:
        """Commit what was written so far."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN EXCLUSIVE")
        self._pending = 0

    def _written(self) -> None:
        self._pending += 1
        if self._pending >= _BATCH:
            self.flush()

    def held(self) -> dict[str, Held]:
        """Everything on record, by name, without the inventories."""
        rows = self._db.execute(
            "SELECT name, location, scan_key, state, commit_id, evaluated_key, verdict, coalesce(components, 0),"
            " coalesce(findings, 0) FROM repository"
        )
        return {row[0]: Held(*row) for row in rows}

    def discovered(self, found: Discovered, location: str, scan_key: str) -> None:
        """Record what a worker found; what was evaluated of it before no longer holds."""
        self._db.execute(
            "INSERT INTO repository (name, location, scan_key, state, commit_id, data, wanted, files)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET location = excluded.location,"
            " scan_key = excluded.scan_key, state = excluded.state, commit_id = excluded.commit_id,"
            " data = excluded.data, wanted = excluded.wanted, files = excluded.files, evaluated_key = NULL",
            (
                found.name, location, scan_key, found.state, found.commit, found.data,
                orjson.dumps(found.wanted).decode(), found.files,
            ),
        )  # fmt: skip
        self._written()

    def evaluated(self, name: str, key: str, verdict: str, components: int, findings: int) -> None:
        """Record that the reports of a repository stand."""
        self._db.execute(
            "UPDATE repository SET evaluated_key = ?, verdict = ?, components = ?, findings = ? WHERE name = ?",
            (key, verdict, components, findings, name),
        )
        self._written()

    def wanted(self, names: Iterable[str]) -> set[tuple[str, str | None]]:
        """Union of what the Hub is to be asked for these repositories."""
        result: set[tuple[str, str | None]] = set()
        for name in names:
            row = self._db.execute("SELECT wanted FROM repository WHERE name = ?", (name,)).fetchone()
            result.update((repo, revision) for repo, revision in orjson.loads(row[0]))
        return result

    def inventories(self, names: Iterable[str]) -> Iterator[tuple[str, str | None, bytes]]:
        """Yield (name, commit, compressed inventory), one at a time."""
        for name in names:
            yield self._db.execute(
                "SELECT name, commit_id, data FROM repository WHERE name = ?", (name,)
            ).fetchone()
