"""BOMs and JSON reports → the inventory: idempotent, in any order, each document all or nothing.

A component's facts are stored once for all BOMs that say the same; a repository's state once for all scans that
found it so. Rows go in by batches; memory holds the digests of components and nothing else that grows.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import orjson

from aicheck.errors import ConfigError
from aicheck.inventory.documents import Problem, as_report, moment, read_document
from aicheck.inventory.rows import COMPONENT_COLUMNS, component_digest, component_rows

__all__ = ["Inventory", "MergeResult", "merge_files"]

Value = dict[str, Any]

_BATCH: Final = 250
_TEXT: Final = 2000
_COMPONENT: Final = (
    f"INSERT INTO component ({', '.join(COMPONENT_COLUMNS)}) "  # noqa: S608 - our own names of columns
    f"VALUES ({', '.join('?' * len(COMPONENT_COLUMNS))})"
)
_CLAIM: Final = "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_EDGE: Final = "INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ORIGIN: Final = "INSERT INTO origin VALUES (?, ?, ?, ?)"
_TERM: Final = "INSERT INTO license_term VALUES (?, ?)"
_MEMBER: Final = "INSERT OR IGNORE INTO member VALUES (?, ?, ?, ?, ?)"
_REFERENCE: Final = "INSERT INTO reference VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FINDING: Final = "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GAP: Final = "INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?)"
_PRESENCE: Final = "INSERT OR REPLACE INTO presence VALUES (?, ?, ?, ?, ?, ?, ?)"

_DAMAGED: Final = (KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError, RecursionError)
"""What reading a document of the wrong shape raises; `sqlite3.Error` besides, where a value is no scalar."""


@dataclass(slots=True)
class MergeResult:
    """What a merge did."""

    documents: int = 0
    """Documents that were read and stand in the inventory now."""
    new: int = 0
    """Of them, those that said something that the inventory did not have."""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class Inventory:
    """An open inventory file; use it as a context manager, which commits or, on an error, rolls the batch back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._known: dict[bytes, int] = {}
        self._pending = 0

    def __enter__(self) -> Self:
        self._db.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._db.in_transaction:
            # What was merged before an interruption stands; after a defect the batch does not.
            keep = error is None or isinstance(error, KeyboardInterrupt)
            self._db.execute("COMMIT" if keep else "ROLLBACK")
        self._db.close()

    def commit(self) -> None:
        """Make everything so far lasting."""
        self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")
        self._pending = 0

    def add(self, report: Value, name: str | None = None, source: str | None = None, document: str = "") -> bool:
        """Put one document (in the shape of the JSON report) in; returns whether it said anything new.

        `name` stands for the report's project where given. Raises `ConfigError` where the document is damaged, and
        then nothing of it is kept.
        """
        self._db.execute("SAVEPOINT document")
        before = len(self._known)
        try:
            new = self._add(report, name, source, document)
        except (*_DAMAGED, sqlite3.Error) as error:
            self._db.execute("ROLLBACK TO document")
            self._db.execute("RELEASE document")
            if len(self._known) != before:
                self._known.clear()  # ids of rows that are gone again
            if isinstance(error, sqlite3.OperationalError):
                raise
            raise ConfigError(f"damaged document: {type(error).__name__}: {error}") from error
        self._db.execute("RELEASE document")
        self._pending += 1
        if self._pending >= _BATCH:
            self.commit()
        return new

    def add_gap(self, name: str, source: str | None, reason: str, detail: str, seen: str) -> None:
        """Say that a repository could not be scanned: a gap of the inventory until a scan of it comes in."""
        repository = self._repository(name, source, seen)
        self._db.execute("DELETE FROM gap WHERE repository_id = ? AND snapshot_id IS NULL", (repository,))
        self._db.execute(_GAP, (None, repository, name, reason, detail[:_TEXT], None, None))

    def confirm(self, name: str, created: str) -> bool:
        """Say that a repository is now as its latest scan found it; False where there is no such scan."""
        row = self._one(
            "SELECT r.id, s.id, s.snapshot_id, s.created FROM repository r JOIN scan s ON s.id = r.latest_scan"
            " WHERE r.name = ?",
            (name,),
        )
        if row is None:
            return False
        repository, scan, snapshot, latest = row
        self._db.execute("DELETE FROM gap WHERE repository_id = ? AND snapshot_id IS NULL", (repository,))
        if created > latest:
            self._db.execute(
                "INSERT INTO scan (repository_id, snapshot_id, created, version, verdict, policy, policy_sha256,"
                " tool, tool_version, catalog_date, document)"
                " SELECT repository_id, snapshot_id, ?, version, verdict, policy, policy_sha256, tool,"
                " tool_version, catalog_date, document FROM scan WHERE id = ?",
                (created, scan),
            )
            self._repository(name, None, created)
            self._history(repository, created, snapshot)
        return True

    # -- one document -------------------------------------------------------------------------------------------

    def _add(self, report: Value, name: str | None, source: str | None, document: str) -> bool:
        created = moment(report["created"])
        label = name or report["project"]
        if not isinstance(label, str) or not label:
            raise ValueError("no project name")
        repository = self._repository(label, source, created)
        parts = report["components"]
        digests = [component_digest(part) for part in parts]
        ids = [self._component(part, digest) for part, digest in zip(parts, digests, strict=True)]
        snapshot, fresh = self._snapshot(repository, report, ids, digests)
        policy = report.get("policy") or {}
        tool = report["tool"]
        row = (
            repository, snapshot, created, report.get("project_version"), report.get("verdict"),
            policy.get("name"), policy.get("sha256"), tool["name"], tool["version"],
            (report.get("sources") or {}).get("catalog_date"), document,
        )  # fmt: skip
        done = self._db.execute(
            "INSERT OR IGNORE INTO scan (repository_id, snapshot_id, created, version, verdict, policy,"
            " policy_sha256, tool, tool_version, catalog_date, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        # A scan is an answer: the repository is no longer a gap.
        self._db.execute("DELETE FROM gap WHERE repository_id = ? AND snapshot_id IS NULL", (repository,))
        if not done.rowcount:
            return fresh
        self._history(repository, created, snapshot)
        return True

    def _one(self, sql: str, values: tuple[Any, ...]) -> Any:
        return self._db.execute(sql, values).fetchone()

    def _repository(self, name: str, source: str | None, seen: str) -> int:
        row = self._one("SELECT id, first_seen, last_seen FROM repository WHERE name = ?", (name,))
        if row is None:
            found = self._db.execute(
                "INSERT INTO repository (name, source, first_seen, last_seen) VALUES (?, ?, ?, ?)",
                (name, source, seen, seen),
            )
            return int(found.lastrowid or 0)
        if seen < row[1] or seen > row[2] or source is not None:
            self._db.execute(
                "UPDATE repository SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?),"
                " source = coalesce(?, source) WHERE id = ?",
                (seen, seen, source, row[0]),
            )
        return int(row[0])

    def _component(self, part: Value, digest: bytes) -> int:
        known = self._known.get(digest)
        if known is not None:
            return known
        row = self._one("SELECT id FROM component WHERE digest = ?", (digest,))
        if row is not None:
            self._known[digest] = row[0]
            return int(row[0])
        rows = component_rows(part)
        identifier = int(self._db.execute(_COMPONENT, rows.component).lastrowid or 0)
        self._db.executemany(_CLAIM, [(identifier, *one) for one in rows.claims])
        self._db.executemany(_EDGE, [(identifier, *one) for one in rows.edges])
        self._db.executemany(_ORIGIN, [(identifier, *one) for one in rows.origins])
        self._db.executemany(_TERM, [(identifier, one) for one in rows.terms])
        self._known[digest] = identifier
        return identifier

    def _snapshot(self, repository: int, report: Value, ids: list[int], digests: list[bytes]) -> tuple[int, bool]:
        parts: list[Value] = report["components"]
        references, findings, gaps = report["references"], report["findings"], report["gaps"]
        said = [
            [
                (digest.hex(), part["pinned"], part["requested_revisions"])
                for part, digest in zip(parts, digests, strict=True)
            ],
            references, findings, gaps, report.get("verdict"),
        ]  # fmt: skip
        digest = hashlib.blake2b(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
        row = self._one("SELECT id FROM snapshot WHERE repository_id = ? AND digest = ?", (repository, digest))
        if row is not None:
            return int(row[0]), False
        found = self._db.execute(
            "INSERT INTO snapshot (repository_id, digest, components, findings, gaps) VALUES (?, ?, ?, ?, ?)",
            (repository, digest, len(parts), len(findings), len(gaps)),
        )
        snapshot = int(found.lastrowid or 0)
        by_ref = {part["ref"]: identifier for part, identifier in zip(parts, ids, strict=True)}
        owner: dict[int, int] = {}
        for part, identifier in zip(parts, ids, strict=True):
            owner.update(dict.fromkeys(part["references"], identifier))
        self._db.executemany(
            _MEMBER,
            [
                (
                    snapshot,
                    identifier,
                    int(bool(part["pinned"])),
                    " ".join(one or "(none)" for one in part["requested_revisions"]),
                    len(part["references"]),
                )
                for part, identifier in zip(parts, ids, strict=True)
            ],
        )
        self._db.executemany(
            _REFERENCE,
            [
                (
                    snapshot, owner.get(number), one["path"], one["line"], one["column"], one["use"],
                    one["confidence"], one["raw"], one["symbol"], one["detector"],
                )
                for number, one in enumerate(references)
            ],
        )  # fmt: skip
        self._db.executemany(_FINDING, [_finding(snapshot, one, by_ref) for one in findings])
        self._db.executemany(
            _GAP,
            [
                (
                    snapshot, repository, one["subject"][:_TEXT], one["reason"], one["detail"][:_TEXT],
                    one["path"], one["line"],
                )
                for one in gaps
            ],
        )  # fmt: skip
        return snapshot, True

    # -- history ------------------------------------------------------------------------------------------------

    def _history(self, repository: int, created: str, snapshot: int) -> None:
        """Work out when each target entered and left: a step for the newest scan, else all over again."""
        latest = self._one(
            "SELECT s.created, s.snapshot_id FROM repository r JOIN scan s ON s.id = r.latest_scan WHERE r.id = ?",
            (repository,),
        )
        if latest is None or self._order(created, snapshot) > self._order(*latest):
            rows = self._db.execute(
                "SELECT target, first_seen, last_seen, left_on, component_id, snapshot_id FROM presence"
                " WHERE repository_id = ? AND left_on IS NULL",
                (repository,),
            )
            history = _History({row[0]: list(row) for row in rows})
            history.step(created, snapshot, self._targets(snapshot))
        else:
            self._db.execute("DELETE FROM presence WHERE repository_id = ?", (repository,))
            history = _History({})
            scans = self._db.execute(
                "SELECT s.created, s.snapshot_id FROM scan s JOIN snapshot n ON n.id = s.snapshot_id"
                " WHERE s.repository_id = ? ORDER BY s.created, n.digest",
                (repository,),
            ).fetchall()
            for when, number in scans:
                history.step(when, number, self._targets(number))
        self._db.executemany(_PRESENCE, [(repository, *row) for row in history.rows()])
        self._db.execute(
            "UPDATE repository SET latest_scan = (SELECT s.id FROM scan s JOIN snapshot n ON n.id = s.snapshot_id"
            " WHERE s.repository_id = ?1 ORDER BY s.created DESC, n.digest DESC LIMIT 1) WHERE id = ?1",
            (repository,),
        )

    def _order(self, created: str, snapshot: int) -> tuple[str, bytes]:
        return created, self._one("SELECT digest FROM snapshot WHERE id = ?", (snapshot,))[0]

    def _targets(self, snapshot: int) -> dict[str, int]:
        rows = self._db.execute(
            "SELECT c.target, c.id FROM member m JOIN component c ON c.id = m.component_id"
            " WHERE m.snapshot_id = ? ORDER BY c.digest",
            (snapshot,),
        )
        return dict(rows.fetchall())


class _History:
    """When each target of one repository entered and left; fed with scans in the order of time."""

    def __init__(self, present: dict[str, list[Any]]) -> None:
        self._open = present
        self._closed: list[list[Any]] = []

    def step(self, created: str, snapshot: int, targets: dict[str, int]) -> None:
        for target in [one for one in self._open if one not in targets]:
            row = self._open.pop(target)
            row[3] = created
            self._closed.append(row)
        for target, component in targets.items():
            row = self._open.setdefault(target, [target, created, created, None, component, snapshot])
            row[2], row[4], row[5] = created, component, snapshot

    def rows(self) -> Iterator[list[Any]]:
        yield from self._closed
        yield from self._open.values()


def _finding(snapshot: int, finding: Value, by_ref: dict[str, int]) -> tuple[Any, ...]:
    place = finding["occurrences"][0] if finding["occurrences"] else {}
    return (
        snapshot, by_ref.get(finding["component"]), finding["rule"], finding["level"], finding["status"],
        finding["message"][:_TEXT], finding["subject"][:_TEXT], place.get("path"), place.get("line"),
        int(finding["waiver"] is not None), finding["effect"], finding["fingerprint"],
    )  # fmt: skip


def merge_files(
    inventory: Inventory,
    files: Iterable[Path],
    *,
    name_of: Callable[[Path, Value], str | None] = lambda path, report: None,  # noqa: ARG005 - the default asks nothing
    on_done: Callable[[MergeResult], None] | None = None,
) -> MergeResult:
    """Merge documents one after the other; one that cannot be read is a problem of the result, not the end.

    `name_of` gives the repository's name where it is not the report's project; `on_done` is called after each.
    """
    result = MergeResult()
    seen: dict[tuple[str, str], str] = {}
    for path in files:
        document = read_document(path)
        if isinstance(document, Problem):
            result.problems.append(document)
        else:
            try:
                report = as_report(document)
                name = name_of(path, report)
                key = (name or str(report.get("project")), str(report.get("created")))
                new = inventory.add(report, name, None, path.name)
                result.documents += 1
                result.new += new
                if new and seen.setdefault(key, str(path)) != str(path):
                    result.warnings.append(
                        Problem(str(path), f"says another thing of '{key[0]}' at the same time than {seen[key]}")
                    )
            except ConfigError as error:
                result.problems.append(Problem(str(path), str(error)))
        if on_done is not None:
            on_done(result)
    return result
