from __future__ import annotations

import os
import signal
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from aicheck.discover import discover
from aicheck.discover.git import GitTree
from aicheck.errors import ConfigError
from aicheck.evaluate import load_policy
from aicheck.fleet.pool import LocalEngine
from aicheck.fleet.tasks import warm_up
from aicheck.knowledge.catalog import open_catalog
from aicheck.lock.file import render_lock
from aicheck.lock.make import lock_inventory
from aicheck.report import render
from aicheck.resolve import Sources
from aicheck.resolve.cache import AnswerCache
from aicheck.resolve.hub import Hub, HubSettings
from aicheck.scan import Clock
from aicheck.scan import scan as scan_one
from tests.fleet.estate import DAY, MODELS, build, code, commit, scan
from tests.hub.server import FakeHub, serve


def _files(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((output / "reports").iterdir())}


def _rows(output: Path, sql: str) -> list[Any]:
    database = sqlite3.connect(output / "inventory.sqlite")
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def _content(output: Path) -> list[Any]:
    return _rows(
        output,
        "SELECT r.name, c.target, p.first_seen, p.left_on FROM presence p JOIN repository r ON r.id = p.repository_id"
        " JOIN component c ON c.id = p.component_id ORDER BY 1, 2, 3",
    ) + _rows(output, "SELECT count(*), count(DISTINCT repository_id) FROM scan")


def test_a_second_run_scans_only_what_changed(tmp_path: Path) -> None:
    locations = build(tmp_path, 6)
    output = tmp_path / "out"
    first = scan(locations, output)
    assert (first.scanned, first.unchanged, first.evaluated, first.failures) == (6, 0, 6, [])
    assert len(_files(output)) == 12
    before = _files(output)
    later = Clock(DAY + timedelta(days=1))
    second = scan(locations, output, clock=later)
    assert (second.scanned, second.unchanged, second.evaluated) == (0, 6, 0)
    assert second.verdicts == first.verdicts
    assert _files(output) == before
    assert _rows(output, "SELECT DISTINCT last_seen FROM repository") == [("2026-11-24T00:00:00Z",)]
    commit(tmp_path / "estate" / "repo-001", code("Qwen/Qwen3-0.6B"))
    (tmp_path / "estate" / "repo-003" / "more.py").write_text(code("openai-community/gpt2"))
    third = scan(locations, output, clock=Clock(DAY + timedelta(days=2)))
    assert (third.scanned, third.unchanged, third.evaluated) == (2, 4, 2)
    left = _rows(output, "SELECT target, left_on FROM presence WHERE left_on IS NOT NULL ORDER BY 1")
    assert left == [
        ("hf:acme/model-1", "2026-11-25T00:00:00Z"),
        ("hf:deepseek-ai/DeepSeek-R1", "2026-11-25T00:00:00Z"),
    ]
    refreshed = scan(locations, output, clock=Clock(DAY + timedelta(days=2)), refresh=True)
    assert (refreshed.scanned, refreshed.unchanged) == (6, 0)


def test_another_policy_evaluates_again_without_scanning(tmp_path: Path) -> None:
    locations = build(tmp_path, 3)
    scan(locations, tmp_path / "out")
    again = scan(locations, tmp_path / "out", policy="strict")
    assert (again.scanned, again.evaluated) == (0, 3)
    assert orjson.loads((tmp_path / "out/reports/repo-000.json").read_bytes())["policy"]["name"] == "strict"


def test_a_lost_report_is_written_again(tmp_path: Path) -> None:
    locations = build(tmp_path, 2)
    scan(locations, tmp_path / "out")
    before = _files(tmp_path / "out")
    (tmp_path / "out/reports/repo-001.json").unlink()
    assert scan(locations, tmp_path / "out").evaluated == 1
    assert _files(tmp_path / "out") == before


@pytest.mark.network
def test_the_report_is_that_of_a_scan_and_the_hub_is_asked_once(tmp_path: Path) -> None:
    hub = FakeHub()
    hub.add("acme/base")
    hub.add("acme/tuned", cardData={"base_model": "acme/base"}, tags=["base_model:finetune:acme/base"])
    hub.add("acme/silent", files=["adapter_config.json", "adapter_model.safetensors"])
    hub.files["acme/silent", "adapter_config.json"] = b'{"base_model_name_or_path": "acme/base"}'
    pinned = hub.models["acme/base"]["sha"]
    texts = [
        code("acme/tuned", "acme/silent"),
        f'from transformers import AutoModel\nAutoModel.from_pretrained("acme/base", revision="{pinned}")\n',
        code("acme/tuned", "acme/base", "acme/gone"),
    ]
    locations = []
    for number, text in enumerate(texts):
        path = tmp_path / f"r{number}"
        commit(path, text)
        locations.append(f"team/r{number}\t{path}")

    def sources() -> Sources:
        settings = HubSettings(endpoint=hub.url, attempts=1)
        return Sources(
            catalog=open_catalog(),
            hub=Hub(settings, cache=AnswerCache(None), today="2026-11-23"),
            offline=False,
            today="2026-11-23",
        )

    with serve(hub):
        summary = scan(locations, tmp_path / "out", sources=sources())
        assert summary.failures == []
        assert max(hub.asked.values()) == 1, hub.asked
        assert hub.asked["/api/models/acme/base"] == 1
        for number in range(3):
            name = f"team/r{number}"
            alone = scan_one(
                GitTree(tmp_path / f"r{number}", "HEAD", name),
                name,
                load_policy("baseline"),
                sources(),
                Clock(DAY),
            )
            document = orjson.loads(render(alone, "json"))
            fleet = orjson.loads((tmp_path / f"out/reports/team__r{number}.json").read_bytes())
            assert fleet.pop("project_version")
            document.pop("project_version")
            assert fleet == document


def test_a_repository_that_fails_is_a_gap_and_not_the_end(tmp_path: Path) -> None:
    locations = build(tmp_path, 3)
    empty = tmp_path / "empty"
    empty.mkdir()
    os.system(f"git init -q {empty}")
    gone = tmp_path / "gone"
    gone.mkdir()
    locations += [f"empty\t{empty}", f"gone\t{gone}"]
    output = tmp_path / "out"
    repositories = locations
    scan(repositories, output)
    (tmp_path / "estate" / "repo-001" / ".git" / "HEAD").write_text("nonsense")
    summary = scan(repositories, output)
    assert sorted(name for name, _ in summary.failures) == ["empty", "repo-001"]
    assert summary.verdict.value == "inconclusive"
    assert _rows(output, "SELECT repository FROM current_gap WHERE snapshot_id IS NULL ORDER BY 1") == [
        ("empty",),
        ("repo-001",),
    ]
    # What was known of it stands, and a later success takes the gap away.
    assert _rows(output, "SELECT count(*) FROM current_component WHERE repository = 'repo-001'") != [(0,)]
    (tmp_path / "estate" / "repo-001" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    scan(repositories, output)
    assert _rows(output, "SELECT repository FROM current_gap WHERE snapshot_id IS NULL") == [("empty",)]


def test_killed_workers_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    locations = build(tmp_path, 24)
    scan(locations, tmp_path / "calm")
    engine = LocalEngine(2, warm_up=warm_up)
    killed = []

    def progress(phase: str, done: int, total: int) -> None:
        if done in {4, 12} and engine.pids:
            killed.append(phase)
            os.kill(engine.pids[done % 2], signal.SIGKILL)

    summary = scan(locations, tmp_path / "wild", engine, progress)
    assert set(killed) == {"discover", "evaluate"}
    assert (summary.scanned, summary.evaluated, summary.failures) == (24, 24, [])
    assert _files(tmp_path / "wild") == _files(tmp_path / "calm")
    assert _content(tmp_path / "wild") == _content(tmp_path / "calm")


@pytest.mark.parametrize(("phase", "step"), [("discover", 5), ("evaluate", 5)])
def test_an_interrupted_run_goes_on_where_it_stood(tmp_path: Path, phase: str, step: int) -> None:
    locations = build(tmp_path, 9)
    scan(locations, tmp_path / "calm")

    def interrupt(now: str, done: int, total: int) -> None:
        if (now, done) == (phase, step):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(locations, tmp_path / "cut", progress=interrupt)
    summary = scan(locations, tmp_path / "cut")
    assert summary.scanned == (4 if phase == "discover" else 0)
    assert summary.failures == []
    assert _files(tmp_path / "cut") == _files(tmp_path / "calm")
    assert _content(tmp_path / "cut") == _content(tmp_path / "calm")


def test_two_runs_do_not_write_one_directory(tmp_path: Path) -> None:
    locations = build(tmp_path, 2)

    def second(phase: str, done: int, total: int) -> None:
        if (phase, done) != ("evaluate", 1):
            return
        with pytest.raises(ConfigError, match="another fleet scan"):
            scan(locations, tmp_path / "out")

    scan(locations, tmp_path / "out", progress=second)


def test_a_checkout_is_scanned_at_its_head_or_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "repo"
    commit(path, code("Qwen/Qwen3-8B"))
    (path / "new.py").write_text(code("openai-community/gpt2"))
    scan([str(path)], tmp_path / "head")
    scan([str(path)], tmp_path / "tree", worktree=True)
    assert _rows(tmp_path / "head", "SELECT target FROM presence WHERE target LIKE 'hf:%'") == [
        ("hf:Qwen/Qwen3-8B",)
    ]
    assert len(_rows(tmp_path / "tree", "SELECT target FROM presence WHERE target LIKE 'hf:%'")) == 2


@pytest.mark.network
@pytest.mark.skipif("AICHECK_SLOW" not in os.environ, reason="a cluster takes a minute to start and to heal")
def test_dask_gives_the_same_and_survives_a_dying_worker(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    from aicheck.fleet.cluster import DaskEngine

    locations = build(tmp_path, 12)
    scan(locations, tmp_path / "calm")
    engine = DaskEngine("local", 2)
    killed = []

    def progress(phase: str, done: int, total: int) -> None:
        if done == 3 and not killed:
            killed.append(phase)
            pids = engine.client.run(os.getpid)
            os.kill(next(iter(pids.values())), signal.SIGKILL)

    try:
        summary = scan(locations, tmp_path / "wild", engine, progress)
    finally:
        engine.close()
    assert killed
    assert (summary.scanned, summary.evaluated, summary.failures) == (12, 12, [])
    assert _files(tmp_path / "wild") == _files(tmp_path / "calm")
    assert _content(tmp_path / "wild") == _content(tmp_path / "calm")


@pytest.mark.network
def test_a_repositorys_own_lock_answers_first_where_it_is_let(tmp_path: Path) -> None:
    hub = FakeHub()
    hub.add("acme/base", cardData={"license": "mit"})
    paths = [tmp_path / "git", tmp_path / "plain", tmp_path / "none"]
    for path in paths:
        path.mkdir()
        (path / "app.py").write_text(code("acme/base"))

    def sources() -> Sources:
        held = Hub(HubSettings(endpoint=hub.url, attempts=1), cache=AnswerCache(None), today="2026-11-23")
        return Sources(catalog=open_catalog(), hub=held, offline=False, today="2026-11-23")

    with serve(hub):
        locked = render_lock(lock_inventory(discover(paths[1]), sources()).blocks)
        for path in paths[:2]:
            (path / "aicheck.lock").write_bytes(locked)
        commit(paths[0], code("acme/base"))
        hub.add("acme/base", cardData={"license": "cc-by-nc-4.0"})
        locations = [f"{path.name}\t{path}" for path in paths]

        def licenses(output: Path, **fields: Any) -> dict[str, str]:
            assert scan(locations, output, sources=sources(), **fields).failures == []
            reports = {
                path.name: orjson.loads((output / f"reports/{path.name}.json").read_bytes()) for path in paths
            }
            return {name: each["components"][0]["license"]["expression"] for name, each in reports.items()}

        hub.asked.clear()
        assert licenses(tmp_path / "a", locks=True) == {"git": "MIT", "plain": "MIT", "none": "CC-BY-NC-4.0"}
        # The same again: unchanged, and the lock is still what answers.
        assert licenses(tmp_path / "a", locks=True)["git"] == "MIT"
        # Without it the repository does not decide about its own facts.
        assert set(licenses(tmp_path / "a").values()) == {"CC-BY-NC-4.0"}
        # What every lock answers for is asked of nobody.
        hub.asked.clear()
        (paths[2] / "aicheck.lock").write_bytes(locked)
        assert set(licenses(tmp_path / "b", locks=True).values()) == {"MIT"}
        assert hub.asked.total() == 0


def test_a_damaged_lock_is_that_repositorys_gap(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(code(MODELS[0]))
    (tmp_path / "a" / "aicheck.lock").write_text("{")
    locations = [f"{name}\t{tmp_path / name}" for name in ("a", "b")]
    summary = scan(locations, tmp_path / "out", locks=True)
    assert [name for name, _ in summary.failures] == ["a"]
    assert "aicheck.lock" in summary.failures[0][1]
    assert summary.evaluated == 1
