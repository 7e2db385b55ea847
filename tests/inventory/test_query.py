from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aicheck.core.evidence import Claim, ClaimSource, Disputed
from aicheck.errors import ConfigError
from aicheck.inventory.export import export
from aicheck.inventory.merge import Inventory
from aicheck.inventory.page import answer_page, dashboard
from aicheck.inventory.query import QUESTIONS, Answer, ask, run_sql
from aicheck.inventory.schema import open_inventory, open_read_only
from aicheck.inventory.show import as_csv, as_json, as_table
from aicheck.report.json_ import report_dict
from tests.builders import (
    ancestor,
    at,
    endpoint,
    host_facts,
    hosted,
    known,
    licence,
    lineage,
    model,
    not_seen,
    org,
    reference,
    report,
)

HOSTILE = "evil/<script>alert(1)</script>\u202e"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    qwen = known(org("Alibaba Cloud (Qwen)", "CN"))
    tuned = model("acme/assistant", lineage=lineage(ancestor("Qwen/Qwen2.5-7B", developer=org("Alibaba", "CN"))))
    sides = Disputed(
        tuple(Claim(org(name, place), ClaimSource.CARD, 1.0) for name, place in (("A", "US"), ("B", "FR")))
    )
    rows = {
        "shop": [tuned, endpoint("api.deepseek.com", hosting=known(host_facts("deepseek", operator_country="CN")))],
        "bank": [model("Qwen/Qwen3-8B", developer=qwen, license=known(licence("CC-BY-NC-4.0", category="non-commercial")))],
        "lab": [
            model("x/unknown", developer=not_seen("developer"), lineage=lineage(complete=not_seen("lineage"))),
            model("x/both", developer=sides),
        ],
        HOSTILE: [hosted(name="=cmd|' /C calc'!A0")],
    }  # fmt: skip
    loose = model("acme/loose")
    loose = at(replace(loose, revision=replace(loose.revision, pinned=False)), reference(loose.target))
    rows["loose"] = [loose]
    with Inventory(open_inventory(tmp_path / "i.sqlite")) as inventory:
        for name, parts in rows.items():
            inventory.add(report_dict(replace(report(*parts), project=name, created="2026-11-01T00:00:00Z")))
        inventory.add_gap("broken", "https://git.example/x", "unreachable", "no answer", "2026-11-01T00:00:00Z")
    opened = open_read_only(tmp_path / "i.sqlite")
    yield opened
    opened.close()


def _names(answer: Answer) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in answer.rows]


@pytest.mark.parametrize("value", ["Qwen", "qwen/*", "Qwen/Qwen*", "hf:Qwen/*"])
def test_derived_from_finds_the_model_itself_and_its_descendants(database: sqlite3.Connection, value: str) -> None:
    answer = ask(database, "derived-from", value)
    assert _names(answer) == [("bank", "Qwen/Qwen3-8B"), ("shop", "acme/assistant")]
    assert "cannot tell" in answer.unseen
    assert "1 repository could not be scanned" in answer.unseen


def test_derived_from_one_model_is_not_its_siblings(database: sqlite3.Connection) -> None:
    assert _names(ask(database, "derived-from", "Qwen/Qwen2.5-7B")) == [("shop", "acme/assistant")]


def test_developed_in_counts_ancestors_and_every_side_of_a_dispute(database: sqlite3.Connection) -> None:
    assert _names(ask(database, "developed-in", "cn")) == [("bank", "Qwen/Qwen3-8B"), ("shop", "acme/assistant")]
    assert _names(ask(database, "developed-in", "FR")) == [("lab", "x/both")]


def test_the_other_questions(database: sqlite3.Connection) -> None:
    for term in ("cc-by-nc-4.0", "CC-BY-NC-*", "non-commercial"):
        assert _names(ask(database, "licensed", term)) == [("bank", "Qwen/Qwen3-8B")]
    for host in ("api.deepseek.com", "https://api.deepseek.com/v1", "*.deepseek.com", "deepseek"):
        assert _names(ask(database, "calls-host", host)) == [("shop", "api.deepseek.com")]
    assert _names(ask(database, "unpinned", None)) == [("loose", "acme/loose")]
    assert len(ask(database, "new-since", "2026-11-01").rows) == 7
    assert ask(database, "new-since", "2026-11-02").rows == ()
    assert [row[:2] for row in ask(database, "failing", None).rows][-1] == ("broken", "not scanned")
    assert len(ask(database, "repositories", None).rows) == 6
    assert ask(database, "repositories", None, limit=2).more


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("derived-form", "x", "did you mean 'derived-from'"),
        ("derived-from", None, "needs MODEL"),
        ("unpinned", "x", "takes no argument"),
        ("developed-in", "China", "not a country code"),
        ("new-since", "yesterday", "not a date"),
        ("derived-from", " ", "needs a model"),
    ],
)
def test_wrong_questions_are_explained(
    database: sqlite3.Connection, name: str, value: str | None, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        ask(database, name, value)


def test_ready_questions_use_indexes(database: sqlite3.Connection) -> None:
    for name in ("derived-from", "developed-in", "licensed"):
        plan = database.execute(f"EXPLAIN QUERY PLAN {QUESTIONS[name].sql}", {"value": "qwen/*"}).fetchall()
        text = " ".join(row[3] for row in plan)
        assert re.search(r"SEARCH (p|presence)", text), text
        assert "SCAN p" not in text, text


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM scan",
        "ATTACH '/tmp/x' AS y",
        "PRAGMA query_only = 0",
        "SELECT load_extension('x')",
        "SELECT 1; DROP TABLE scan",
        "CREATE TEMP TABLE x (y)",
        "SELECT randomblob(1000000000)",
        "SELECT nonsense",
        "",
        "VACUUM INTO '/tmp/copy'",
    ],
)
def test_sql_only_reads(database: sqlite3.Connection, sql: str) -> None:
    with pytest.raises(ConfigError, match="--sql"):
        run_sql(database, sql)


def test_sql_has_a_time_limit_and_leaves_the_connection_usable(database: sqlite3.Connection) -> None:
    endless = "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a) SELECT count(*) FROM a"
    start = time.monotonic()
    with pytest.raises(ConfigError, match="longer than"):
        run_sql(database, endless, seconds=0.2)
    assert time.monotonic() - start < 10
    answer = run_sql(database, "SELECT kind, count(*) AS n FROM current_component GROUP BY 1 ORDER BY 1")
    assert answer.columns == ("kind", "n")
    assert ("model", 5) in answer.rows


def test_what_is_written_is_inert(database: sqlite3.Connection) -> None:
    answer = ask(database, "new-since", "2026-11-01")
    table = as_table(answer)
    assert "\u202e" not in table
    assert "\u202e" not in as_csv(answer).decode()
    assert as_csv(Answer("t", ("=a",), (("=1+1",), ("@x",), (-1,)))) == b"'=a\r\n'=1+1\r\n'@x\r\n'-1\r\n"
    assert b'"more": false' in as_json(answer)
    for page in (dashboard(database).decode(), answer_page(answer, "x").decode()):
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert page.count("<script>") == 1
        assert not re.search(r"(src|href)=[\"'](?!#)", page)
        assert "Content-Security-Policy" in page


def test_the_page_matches_its_own_policy(database: sqlite3.Connection) -> None:
    import base64
    import hashlib

    page = dashboard(database).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    for tag in ("style", "script"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert " style=" not in page
    assert " onclick" not in page


def test_an_empty_inventory_has_a_dashboard(tmp_path: Path) -> None:
    open_inventory(tmp_path / "e.sqlite").close()
    opened = open_read_only(tmp_path / "e.sqlite")
    assert b"nothing was merged yet" in dashboard(opened)
    opened.close()


def test_export_keeps_every_row(database: sqlite3.Connection, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    for target in (tmp_path / "parquet", tmp_path / "estate.duckdb"):
        for table in export(database, target):
            expected = database.execute(f"SELECT count(*) FROM {table}").fetchone()
            if target.suffix:
                with duckdb.connect(str(target), read_only=True) as engine:
                    assert engine.execute(f"SELECT count(*) FROM {table}").fetchone() == expected
            else:
                rows = duckdb.connect().execute(f"SELECT count(*) FROM '{target / table}.parquet'").fetchall()
                assert rows == [expected]
    with duckdb.connect(str(tmp_path / "estate.duckdb"), read_only=True) as engine:
        names = engine.execute("SELECT name, source FROM repository ORDER BY 1").fetchall()
    assert sorted(names) == sorted(database.execute("SELECT name, source FROM repository").fetchall())
