"""Questions to the inventory: ready ones by name, and read-only SQL.

Every ready question says beside its rows what it could not tell: models whose lineage, origin or licence is not
known are no answer "no".
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from aicheck.core.frozen import dataclass
from aicheck.errors import ConfigError

__all__ = ["QUESTIONS", "Answer", "Database", "Question", "ask", "run_sql"]

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?")
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")
_STEPS: Final = 20_000
"""Instructions of SQLite's machine between two looks at the clock."""
_ALLOWED: Final = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_REFUSED: Final = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "randomblob",
                             "zeroblob"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of an answer, and what it does not cover."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    unseen: str = ""
    """One sentence on what could not be told; '' where nothing was left open."""
    more: bool = False
    """There are more rows than the limit."""


@dataclass(frozen=True, slots=True)
class Question:
    """A ready question."""

    summary: str
    argument: str | None
    sql: str
    """One parameter `:value` where there is an argument."""
    unseen: str | None = None
    """Counts the uses about which the question cannot be answered."""
    unseen_text: str = ""
    read: Callable[[str], str] = str
    """Checks and normalises the argument; raises `ConfigError`."""


def _pattern(text: str) -> str:
    """`Qwen/*` as it is; `Qwen` alone stands for everything of that namespace, `Qwen/Qwen3-8B` for itself."""
    key = text.strip().lower().removeprefix("hf:")
    if not key:
        raise ConfigError("derived-from needs a model or a pattern", hint="for example: derived-from 'Qwen/*'")
    return key if "/" in key or any(char in key for char in "*?[") else f"{key}/*"


def _country(text: str) -> str:
    if _COUNTRY.fullmatch(text) is None:
        raise ConfigError(f"'{text}' is not a country code", hint="two letters of ISO 3166-1, for example: CN")
    return text.upper()


def _date(text: str) -> str:
    if _DATE.fullmatch(text) is None:
        raise ConfigError(f"'{text}' is not a date", hint="for example: 2026-11-01")
    return text


def _lower(text: str) -> str:
    return text.strip().lower()


def _host(text: str) -> str:
    name = _lower(text).partition("://")[2] or _lower(text)
    return name.partition("/")[0]


QUESTIONS: Final[dict[str, Question]] = {
    "derived-from": Question(
        "every use of a model, or of anything whose weights descend from it",
        "MODEL|GLOB",
        """WITH hit(component_id, via, relation, declared) AS (
              SELECT id, name, 'itself', 1 FROM component
              WHERE name_key GLOB :value AND is_model = 1
              UNION ALL
              SELECT component_id, parent, relation, declared FROM edge WHERE parent_key GLOB :value
            ), found AS MATERIALIZED (
              SELECT component_id, group_concat(DISTINCT via) AS via, group_concat(DISTINCT relation) AS relation,
                max(declared) AS declared
              FROM hit GROUP BY component_id
            )
            SELECT r.name AS repository, c.name, c.kind, h.via AS descends_from, h.relation,
              CASE h.declared WHEN 1 THEN 'declared' ELSE 'inferred' END AS basis, c.license, p.first_seen
            FROM found h CROSS JOIN component c ON c.id = h.component_id
            CROSS JOIN presence p ON p.component_id = c.id AND p.left_on IS NULL
            CROSS JOIN repository r ON r.id = p.repository_id ORDER BY r.name, c.name""",
        """SELECT count(*) FROM component c CROSS JOIN presence p ON p.component_id = c.id
            WHERE p.left_on IS NULL AND c.lineage_complete = 0 AND c.is_model = 1""",
        "uses of models whose lineage is not known to its end",
        _pattern,
    ),
    "developed-in": Question(
        "every use of a model developed in a country, or whose weights descend from one",
        "COUNTRY",
        """WITH found AS MATERIALIZED (
              SELECT component_id, group_concat(DISTINCT organization) AS organization,
                group_concat(DISTINCT role) AS role
              FROM origin WHERE country = :value AND role IN ('developer', 'ancestor') GROUP BY component_id
            )
            SELECT r.name AS repository, c.name, c.kind, o.organization, o.role, c.license, p.first_seen
            FROM found o CROSS JOIN component c ON c.id = o.component_id AND c.is_model = 1
            CROSS JOIN presence p ON p.component_id = c.id AND p.left_on IS NULL
            CROSS JOIN repository r ON r.id = p.repository_id ORDER BY r.name, c.name""",
        """SELECT count(*) FROM component c CROSS JOIN presence p ON p.component_id = c.id
            WHERE p.left_on IS NULL AND c.is_model = 1
              AND (c.lineage_complete = 0 OR c.developer_country IS NULL)""",
        "uses of models whose origin is not known to its end",
        _country,
    ),
    "licensed": Question(
        "every use under a licence: an identifier, a pattern, a category, or commercial-use:no",
        "LICENCE|CATEGORY",
        """SELECT DISTINCT r.name AS repository, c.name, c.kind, c.license, c.license_category AS category,
             c.commercial_use, c.license_state AS state, p.first_seen
           FROM license_term t JOIN component c ON c.id = t.component_id
           JOIN presence p ON p.component_id = c.id AND p.left_on IS NULL
           JOIN repository r ON r.id = p.repository_id
           WHERE t.term GLOB :value ORDER BY r.name, c.name""",
        """SELECT count(*) FROM component c CROSS JOIN presence p ON p.component_id = c.id
            WHERE p.left_on IS NULL AND c.license_state = 'unseen' AND c.is_model = 1""",
        "uses of models whose licence is not known",
        _lower,
    ),
    "calls-host": Question(
        "every use of a hosted model or endpoint at a host or provider",
        "HOST|GLOB",
        """WITH hit(id) AS (
             SELECT id FROM component WHERE host GLOB :value UNION SELECT id FROM component WHERE provider = :value
           )
           SELECT r.name AS repository, c.name, c.kind, c.host, c.provider, c.operator, c.operator_country,
             p.first_seen
           FROM hit h JOIN component c ON c.id = h.id
           JOIN presence p ON p.component_id = c.id AND p.left_on IS NULL
           JOIN repository r ON r.id = p.repository_id ORDER BY r.name, c.name""",
        """SELECT count(*) FROM component c CROSS JOIN presence p ON p.component_id = c.id
           WHERE p.left_on IS NULL AND c.kind = 'hosted-model' AND c.host IS NULL""",
        "uses of hosted models whose host the code does not name",
        _host,
    ),
    "unpinned": Question(
        "every use of a model of the Hub that names no full commit",
        None,
        """SELECT repository, name, requested, uses, revision AS commit_today, first_seen FROM current_component
           WHERE kind = 'model' AND pinned = 0 AND uses > 0 ORDER BY repository, name""",
    ),
    "new-since": Question(
        "what came in since a date, and in which repository",
        "DATE",
        """SELECT r.name AS repository, c.name, c.kind, p.first_seen, p.left_on, c.developer,
             c.developer_country, c.license
           FROM presence p JOIN component c ON c.id = p.component_id JOIN repository r ON r.id = p.repository_id
           WHERE p.first_seen >= :value ORDER BY p.first_seen, r.name, c.name""",
        read=_date,
    ),
    "left-since": Question(
        "what went out since a date",
        "DATE",
        """SELECT r.name AS repository, c.name, c.kind, p.first_seen, p.left_on
           FROM presence p JOIN component c ON c.id = p.component_id JOIN repository r ON r.id = p.repository_id
           WHERE p.left_on >= :value ORDER BY p.left_on, r.name, c.name""",
        read=_date,
    ),
    "failing": Question(
        "repositories whose latest verdict is not a pass, and those that could not be scanned",
        None,
        """SELECT r.name AS repository, coalesce(s.verdict, 'not evaluated') AS verdict, s.policy,
             (SELECT count(*) FROM finding f WHERE f.snapshot_id = s.snapshot_id AND f.effect = s.verdict)
               AS findings, s.created, NULL AS problem
           FROM repository r JOIN scan s ON s.id = r.latest_scan WHERE s.verdict IS NOT 'pass'
           UNION ALL
           SELECT r.name, 'not scanned', NULL, 0, r.last_seen, g.detail FROM gap g
           JOIN repository r ON r.id = g.repository_id WHERE g.snapshot_id IS NULL ORDER BY 2, 1""",
    ),
    "repositories": Question(
        "every repository with its latest verdict",
        None,
        """SELECT r.name AS repository, coalesce(s.verdict, 'not evaluated') AS verdict, n.components, n.findings,
             n.gaps, s.version, s.created, r.first_seen, r.source
           FROM repository r LEFT JOIN scan s ON s.id = r.latest_scan
           LEFT JOIN snapshot n ON n.id = s.snapshot_id ORDER BY r.name""",
    ),
}


class Database(Protocol):
    """What a ready question needs: SQLite's connection, or an export's."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any:
        """Run one statement; the cursor has `description` and the `fetch` methods."""
        ...


def ask(database: Database, name: str, value: str | None, *, limit: int = 0) -> Answer:
    """Answer a ready question. Raises `ConfigError` for an unknown one or a wrong argument."""
    question = QUESTIONS.get(name)
    if question is None:
        from difflib import get_close_matches  # noqa: PLC0415 - only for a misspelling

        close = get_close_matches(name, QUESTIONS, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"one of {', '.join(QUESTIONS)}; or --sql"
        raise ConfigError(f"unknown question '{name}'", hint=hint)
    if (value is None) != (question.argument is None):
        wanted = f"needs {question.argument}" if question.argument else "takes no argument"
        raise ConfigError(f"{name} {wanted}")
    parameters = {} if value is None else {"value": question.read(value)}
    cursor = database.execute(question.sql, parameters)
    columns = tuple(item[0] for item in cursor.description)
    rows = cursor.fetchmany(limit + 1) if limit else cursor.fetchall()
    unseen = ""
    if question.unseen is not None:
        count = database.execute(question.unseen).fetchone()[0]
        unseen = f"{count:,} {question.unseen_text}: about those this answer cannot tell" if count else ""
    missing = database.execute(
        "SELECT count(DISTINCT repository_id) FROM gap WHERE snapshot_id IS NULL"
    ).fetchone()[0]
    if missing:
        noun = "repository" if missing == 1 else "repositories"
        unseen = "; ".join(part for part in (unseen, f"{missing:,} {noun} could not be scanned") if part)
    more = bool(limit) and len(rows) > limit
    title = f"{name} {value}" if value is not None else name
    return Answer(title, columns, tuple(rows[:limit] if limit else rows), unseen, more)


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (second or first or "").lower() in _REFUSED:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def run_sql(database: sqlite3.Connection, sql: str, *, seconds: float = 30.0, limit: int = 0) -> Answer:
    """Run one SELECT, reading only, for at most `seconds`. Raises `ConfigError` with SQLite's words.

    The file is opened read-only; besides, nothing but reading is authorised: no ATTACH, no PRAGMA, no extension.
    """
    end = time.monotonic() + seconds
    # Text, rows and intermediate values have a bound: a query must not eat the machine's memory.
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 64 << 20)
    database.set_authorizer(_authorize)
    database.set_progress_handler(lambda: int(time.monotonic() > end), _STEPS)
    try:
        cursor = database.execute(sql)
        rows = cursor.fetchmany(limit + 1) if limit else cursor.fetchall()
        if cursor.description is None:
            raise ConfigError("--sql takes one SELECT")
        columns = tuple(item[0] for item in cursor.description)
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise ConfigError(f"the query took longer than {seconds:g} s", hint="--timeout allows more") from None
        raise ConfigError(f"--sql: {error}") from None
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        hint = "reading is all that is allowed: one SELECT" if "not authorized" in str(error) else None
        raise ConfigError(f"--sql: {error}", hint=hint) from None
    finally:
        database.set_progress_handler(None, 0)
        database.set_authorizer(None)
    more = bool(limit) and len(rows) > limit
    return Answer("SQL", columns, tuple(rows[:limit] if limit else rows), "", more)
