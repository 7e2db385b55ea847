from __future__ import annotations

import json
import random
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicheck.core.report import Report
from aicheck.errors import ConfigError
from aicheck.inventory.documents import as_report, expand, moment
from aicheck.inventory.merge import Inventory, merge_files
from aicheck.inventory.schema import APPLICATION_ID, SCHEMA_VERSION, TABLES, VIEWS, open_inventory, open_read_only
from aicheck.report import render
from aicheck.report.json_ import report_dict
from tests.builders import ancestor, endpoint, finding, hosted, lineage, model, report

QWEN = model("acme/assistant", lineage=lineage(ancestor("Qwen/Qwen2.5-7B")))


def _report(project: str, *parts: Any, created: str = "2026-11-01T00:00:00Z", **fields: Any) -> dict[str, Any]:
    return report_dict(replace(report(*parts, **fields), project=project, created=created))


def _dump(path: Path) -> list[Any]:
    """The whole content, without the row ids that depend on the order of insertion."""
    database = sqlite3.connect(path)
    try:
        rows = {
            "presence": "SELECT r.name, p.target, p.first_seen, p.last_seen, p.left_on, c.digest FROM presence p"
            " JOIN repository r ON r.id = p.repository_id JOIN component c ON c.id = p.component_id",
            "scan": "SELECT r.name, s.created, n.digest, s.verdict FROM scan s"
            " JOIN repository r ON r.id = s.repository_id JOIN snapshot n ON n.id = s.snapshot_id",
            "latest": "SELECT r.name, r.first_seen, r.last_seen, s.created FROM repository r"
            " JOIN scan s ON s.id = r.latest_scan",
            "component": "SELECT digest FROM component",
        }
        counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
        return [counts, *(sorted(database.execute(sql).fetchall()) for sql in rows.values())]
    finally:
        database.close()


def _merge(path: Path, *documents: dict[str, Any]) -> list[bool]:
    with Inventory(open_inventory(path)) as inventory:
        return [inventory.add(document) for document in documents]


def test_the_same_document_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite"
    document = _report("shop", QWEN, hosted(), findings=[finding()])
    assert _merge(path, document) == [True]
    first = _dump(path)
    assert _merge(path, document, document) == [False, False]
    assert _dump(path) == first


def test_equal_components_of_many_repositories_are_one_row(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite"
    _merge(path, *(_report(f"r{number}", QWEN) for number in range(50)))
    database = sqlite3.connect(path)
    assert database.execute("SELECT count(*) FROM component").fetchone() == (1,)
    assert database.execute("SELECT count(*) FROM claim GROUP BY component_id").fetchall() != []
    assert database.execute("SELECT count(*) FROM current_component").fetchone() == (50,)
    database.close()


def test_history_says_when_a_model_came_and_went(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite"
    days = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]
    content = [(QWEN,), (QWEN, endpoint()), (endpoint(),), (QWEN, endpoint())]
    for day, parts in zip(days, content, strict=True):
        _merge(path, _report("shop", *parts, created=f"{day}T00:00:00Z"))
    database = sqlite3.connect(path)
    rows = database.execute(
        "SELECT substr(first_seen, 1, 10), substr(last_seen, 1, 10), substr(left_on, 1, 10) FROM presence"
        " WHERE target = 'hf:acme/assistant' ORDER BY first_seen"
    ).fetchall()
    database.close()
    assert rows == [("2026-01-01", "2026-02-01", "2026-03-01"), ("2026-04-01", "2026-04-01", None)]


PARTS = [QWEN, endpoint(), hosted(), model("acme/other")]
SCANS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 5), st.sets(st.integers(0, 3))), min_size=1, max_size=8
)


@settings(max_examples=15)
@given(SCANS, st.randoms(use_true_random=False))
def test_the_order_of_merging_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, scans: list[tuple[str, int, set[int]]], shuffle: random.Random
) -> None:
    documents = [
        _report(name, *(PARTS[one] for one in sorted(chosen)), created=f"2026-01-0{day}T00:00:00Z")
        for name, day, chosen in scans
    ]
    folder = tmp_path_factory.mktemp("order")
    _merge(folder / "one.sqlite", *documents)
    shuffle.shuffle(documents)
    for document in documents:
        _merge(folder / "two.sqlite", document)
    assert _dump(folder / "one.sqlite") == _dump(folder / "two.sqlite")


def test_a_corrected_fact_does_not_make_a_model_leave(tmp_path: Path) -> None:
    path = tmp_path / "i.sqlite"
    _merge(path, _report("shop", model("acme/x"), created="2026-01-01T00:00:00Z"))
    _merge(path, _report("shop", model("acme/x", availability="gated"), created="2026-02-01T00:00:00Z"))
    database = sqlite3.connect(path)
    rows = database.execute(
        "SELECT p.first_seen, p.left_on, c.availability FROM presence p JOIN component c ON c.id = p.component_id"
    ).fetchall()
    database.close()
    assert rows == [("2026-01-01T00:00:00Z", None, "gated")]


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.pop("components"),
        lambda d: d["components"][0].pop("lineage"),
        lambda d: d["components"][0].update(name={"a": 1}),
        lambda d: d["components"][0].update(target=["hf:x"]),
        lambda d: d["components"][1]["card"].update(parameters=2**70),
        lambda d: d.update(project=7),
        lambda d: d.update(references="x"),
        lambda d: d["references"][0].update(line={}),
    ],
)
def test_of_a_damaged_document_nothing_is_kept(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "i.sqlite"
    _merge(path, _report("good", endpoint()))
    before = _dump(path)
    bad = json.loads(json.dumps(_report("bad", QWEN, hosted(), model("acme/other"))))
    damage(bad)
    with Inventory(open_inventory(path)) as inventory:
        with pytest.raises(ConfigError, match="damaged document"):
            inventory.add(bad)
        assert inventory.add(_report("good", endpoint())) is False
    assert _dump(path) == before


def test_files_that_cannot_be_read_do_not_end_the_merge(tmp_path: Path) -> None:
    folder = tmp_path / "boms"
    folder.mkdir()
    good: Report = replace(report(QWEN), project="shop")
    (folder / "a.json").write_text("{")
    (folder / "b.json").write_bytes(render(good, "json"))
    (folder / "b.cdx.json").write_bytes(render(good, "cyclonedx"))  # beside its report: not counted twice
    (folder / "c.cdx.json").write_bytes(render(replace(good, project="other"), "cyclonedx"))
    (folder / "d.json").write_text("[]")
    (folder / "e.json").write_text('{"spdxVersion": "SPDX-2.3"}')
    with Inventory(open_inventory(tmp_path / "i.sqlite")) as inventory:
        result = merge_files(inventory, expand([str(folder)]))
    assert (result.documents, result.new) == (2, 2)
    assert sorted(Path(one.path).name for one in result.problems) == ["a.json", "d.json", "e.json"]
    database = open_read_only(tmp_path / "i.sqlite")
    names = database.execute("SELECT name FROM repository ORDER BY 1").fetchall()
    edges = database.execute("SELECT parent, relation FROM edge").fetchall()
    database.close()
    assert names == [("other",), ("shop",)]
    assert set(edges) == {("Qwen/Qwen2.5-7B", "finetune")}


def test_two_documents_of_one_name_and_time_are_pointed_out(tmp_path: Path) -> None:
    for name, part in (("a", QWEN), ("b", endpoint())):
        (tmp_path / f"{name}.json").write_bytes(render(replace(report(part), project="app"), "json"))
    with Inventory(open_inventory(tmp_path / "i.sqlite")) as inventory:
        result = merge_files(inventory, expand([str(tmp_path / "a.json"), str(tmp_path / "b.json")]))
    assert len(result.warnings) == 1


def test_bom_and_report_give_the_same_lineage_and_origin() -> None:
    held = report(QWEN)
    bom = as_report(json.loads(render(held, "cyclonedx")))
    own = report_dict(held)
    assert bom["components"][0]["target"] == own["components"][0]["target"]
    assert bom["components"][0]["lineage"]["roots"] == own["components"][0]["lineage"]["roots"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01T10:00:00+02:00", "2026-11-01T08:00:00Z"),
        ("2026-11-01T10:00:00.5Z", "2026-11-01T10:00:00Z"),
        ("yesterday", "1970-01-01T00:00:00Z"),
        (None, "1970-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+23:59", "1970-01-01T00:00:00Z"),
    ],
)
def test_times_are_comparable_as_text(text: object, expected: str) -> None:
    assert moment(text) == expected


def test_foreign_and_newer_files_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE mine (x)")
    database.close()
    with pytest.raises(ConfigError, match="not an inventory"):
        open_inventory(other)
    (tmp_path / "text").write_text("hello, this is no database at all" * 50)
    with pytest.raises(ConfigError, match="not an inventory"):
        open_inventory(tmp_path / "text")
    newer = tmp_path / "newer.sqlite"
    database = open_inventory(newer)
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()
    for opened in (open_inventory, open_read_only):
        with pytest.raises(ConfigError, match="newer aicheck"):
            opened(newer)
    with pytest.raises(ConfigError, match="no inventory"):
        open_read_only(tmp_path / "missing")


def test_every_table_and_view_is_documented(tmp_path: Path) -> None:
    database = open_inventory(tmp_path / "i.sqlite")
    found = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    assert found == {*TABLES, *VIEWS}
    assert database.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    text = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text()
    for table in found:
        for row in database.execute(f"PRAGMA table_info({table})"):
            assert table in VIEWS or f"`{row[1]}`" in text, (table, row[1])
        assert f"`{table}`" in text, table
    database.close()
