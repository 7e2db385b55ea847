"""The ready questions over a DuckDB file and over Parquet say what they say over SQLite; SQL reads and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aicheck.cli.app import app
from aicheck.errors import ConfigError
from aicheck.inventory.duck import Analytics
from aicheck.inventory.export import export
from aicheck.inventory.query import QUESTIONS, ask
from tests.inventory.test_query import database

pytest.importorskip("duckdb", reason="the extra 'analytics' is not installed")
__all__ = ["database"]

ARGUMENTS = {
    "derived-from": ("Qwen", "qwen/*", "acme/assistant", "nobody/*"),
    "developed-in": ("CN", "FR", "DE"),
    "licensed": ("non-commercial", "cc-by-*", "mit"),
    "calls-host": ("api.deepseek.com", "*", "deepseek"),
    "new-since": ("2020-01-01", "2030-01-01"),
    "left-since": ("2020-01-01",),
}
ASKED = [(name, value) for name in QUESTIONS for value in ARGUMENTS.get(name, (None,))]


@pytest.fixture(params=["estate.duckdb", "it's parquet"])
def place(request: pytest.FixtureRequest, database: sqlite3.Connection, tmp_path: Path) -> Path:
    target = tmp_path / request.param
    export(database, target)
    return target


@pytest.fixture
def analytics(place: Path) -> Iterator[Analytics]:
    held = Analytics(place)
    yield held
    held.close()


def _row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    # SQLite joins the sides of a group in the order in which it meets them.
    return tuple(",".join(sorted(each.split(","))) if isinstance(each, str) else each for each in row)


@pytest.mark.parametrize(("question", "value"), ASKED)
def test_every_ready_question_is_answered_alike(
    analytics: Analytics, database: sqlite3.Connection, question: str, value: str | None
) -> None:
    here, there = ask(analytics, question, value), ask(database, question, value)
    assert here.columns == there.columns
    assert sorted(map(_row, here.rows), key=str) == sorted(map(_row, there.rows), key=str)
    assert here.unseen == there.unseen


def test_the_questions_have_answers(database: sqlite3.Connection) -> None:
    filled = {question for question, value in ASKED if ask(database, question, value).rows}
    assert {"derived-from", "developed-in", "licensed", "calls-host", "repositories"} <= filled


def test_sql_reads_the_views(analytics: Analytics) -> None:
    answer = analytics.run_sql("SELECT kind, count(*) AS uses FROM current_component GROUP BY 1 ORDER BY 1")
    assert answer.columns == ("kind", "uses")
    assert dict(answer.rows)["model"] > 1
    assert analytics.run_sql("SELECT * FROM range(10)", limit=3).more


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE x(a int)",
        "DELETE FROM component",
        "SELECT 1; SELECT 2",
        "ATTACH 'x.duckdb'",
        "COPY component TO 'x.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SELECT nonsense",
        "",
    ],
)
def test_sql_does_nothing_but_read_the_inventory(analytics: Analytics, sql: str, tmp_path: Path) -> None:
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with pytest.raises(ConfigError):
        analytics.run_sql(sql)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_sql_ends_in_time(analytics: Analytics) -> None:
    with pytest.raises(ConfigError, match="longer than"):
        analytics.run_sql(
            "SELECT count(*) FROM range(100000000) a, range(1000000) b WHERE a.range % 7 = b.range % 5",
            seconds=0.3,
        )


def test_the_verb_takes_an_export(place: Path) -> None:
    done = CliRunner().invoke(app, ["bom", "query", "-d", str(place), "derived-from", "Qwen", "-f", "csv"])
    assert done.exit_code == 0
    assert "acme/assistant" in done.stdout
    refused = CliRunner().invoke(app, ["bom", "query", "-d", str(place), "dashboard"])
    assert isinstance(refused.exception, ConfigError)


def test_what_is_no_export_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="missing"):
        Analytics(tmp_path)
    with pytest.raises(ConfigError, match="no such file"):
        Analytics(tmp_path / "x.duckdb")
    (tmp_path / "x.duckdb").write_bytes(b"nonsense" * 2000)
    with pytest.raises(ConfigError, match="no export"):
        Analytics(tmp_path / "x.duckdb")
