"""One tree, looked at in every way that there is: the reports are the same, byte for byte.

The tree holds a file for every reader that is fuzzed (the corpus under the names that it is read under) and the
examples, with a policy under which it fails and leaves things open at once.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from aicheck.core.report import Report
from aicheck.discover import DiscoverSettings
from aicheck.discover.prefilter import hyperscan_available
from aicheck.discover.trees import open_tree
from aicheck.evaluate import load_policy
from aicheck.report import render
from aicheck.resolve import open_sources
from aicheck.scan import Clock, discover_all, scan
from tests.fuzz.targets import SEEN, seeds
from tests.hub.server import FakeHub, serve, weights
from tests.security.command import DENY, MODEL, aicheck

ROOT = Path(__file__).parents[2]
CLOCK = Clock(datetime(2026, 11, 23, tzinfo=UTC))
PLAIN = DiscoverSettings(jobs=1)
LINKS = {"app.py": "from conf.names import CHAT\nfrom transformers import AutoModel\nAutoModel.from_pretrained(CHAT)\n", "conf/names.py": 'CHAT = "Qwen/Qwen3-8B"\n', "conf/__init__.py": ""}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("wide") / "tree"
    for target, name in SEEN.items():
        for number, data in enumerate(seeds(target)):
            path = root / target / str(number) / name
            path.parent.mkdir(parents=True)
            path.write_bytes(data)
    shutil.copytree(ROOT / "examples", root / "examples")
    for name, text in {**LINKS, "bad.py": MODEL}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    long_ago = time.time() - 86400  # so that the cache trusts the times of the files
    for path in root.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    return root


def _reported(root: Any, settings: DiscoverSettings = PLAIN) -> bytes:
    sources = open_sources(offline=True, today="2026-11-23")
    report = scan(root, "tree", load_policy("strict"), sources, CLOCK, settings)
    return render(_same_stats(report), "json")


def _differ(one: bytes, other: bytes) -> list[str]:
    """The first lines in which two reports differ."""
    if one == other:
        return []
    return list(islice(unified_diff(one.decode().splitlines(), other.decode().splitlines(), n=2, lineterm=""), 40))


def _same_stats(report: Report) -> Report:
    # How much was read to get there is the one thing that may differ: an archive has no folders, a cache reads less.
    inventory = report.inventory
    return replace(report, inventory=replace(inventory, root="tree", stats=type(inventory.stats)(0, 0, 0, 0)))


@pytest.fixture(scope="module")
def plain(tree: Path) -> bytes:
    found = _reported(tree)
    report = json.loads(found)
    assert report["verdict"] == "fail"
    assert len(report["references"]) > 100
    assert len(report["gaps"]) > 5
    return found


@pytest.mark.parametrize("engine", ["python", "hyperscan"])
def test_engines(engine: str, tree: Path, plain: bytes) -> None:
    if engine == "hyperscan" and not hyperscan_available():
        pytest.skip("there is no hyperscan for this machine")
    assert _differ(plain, _reported(tree, replace(PLAIN, engine=engine))) == []


def test_prefilter_on_and_off(tree: Path, plain: bytes) -> None:
    assert _differ(plain, _reported(tree, replace(PLAIN, prefilter=False))) == []


@pytest.mark.parametrize("jobs", [2, 5])
def test_one_process_and_many(jobs: int, tree: Path, plain: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    forked = []
    fork = os.fork
    monkeypatch.setattr(os, "fork", lambda: forked.append(1) or fork())
    monkeypatch.setattr("aicheck.discover._ALONE_FILES", 3)
    monkeypatch.setattr("aicheck.discover.pool.BATCH", 7)
    assert _differ(plain, _reported(tree, replace(PLAIN, jobs=jobs))) == []
    # Threads that an earlier test left behind in this process forbid forking; the reports are compared either way.
    assert len(forked) == (jobs if threading.active_count() == 1 else 0)


@pytest.mark.parametrize("jobs", [1, 3])
def test_cold_and_warm_cache(
    jobs: int, tree: Path, plain: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aicheck.discover._ALONE_FILES", 3)
    settings = replace(PLAIN, jobs=jobs, cache=str(tmp_path / "seen.sqlite"))
    assert _differ(plain, _reported(tree, settings)) == []
    examined = []
    monkeypatch.setattr(
        "aicheck.discover.engine.Examiner._examine", lambda _, source: examined.append(source.path) or 1 / 0
    )
    assert _differ(plain, _reported(tree, replace(settings, jobs=1))) == []
    assert examined == []


def test_memory_cache(tree: Path, plain: bytes) -> None:
    settings = replace(PLAIN, cache=":memory:")
    assert _differ(plain, _reported(tree, settings)) == []
    assert _differ(plain, _reported(tree, settings)) == []


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tar.xz", "zip"])
def test_directory_and_archive(kind: str, tree: Path, plain: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"tree.{kind}"
    files = sorted(each for each in tree.rglob("*") if each.is_file())
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in files:
                archive.write(each, each.relative_to(tree))
    else:
        with tarfile.open(path, f"w:{kind.partition('.')[2]}") as archive:  # type: ignore[call-overload]  # modes by kind
            for each in files:
                archive.add(each, str(each.relative_to(tree)))
    assert _differ(plain, _reported(open_tree(str(path)))) == []


def test_directory_and_git_revision(tree: Path, plain: bytes) -> None:
    from aicheck.discover.git import GitTree

    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tree)]
    try:
        for arguments in (["init", "-q"], ["add", "-f", "."], ["commit", "-qm", "x"]):
            subprocess.run([*git, *arguments], check=True)
        assert _differ(plain, _reported(GitTree(tree, "HEAD"))) == []
        # A checkout is a directory with a `.git`, and ignore files count there: nothing here is ignored.
        assert _differ(plain, _reported(tree)) == []
    finally:
        shutil.rmtree(tree / ".git", ignore_errors=True)


def test_every_policy_and_format_says_the_same_twice(tree: Path) -> None:
    from aicheck.report import FORMATS

    sources = open_sources(offline=True, today="2026-11-23")
    inventory = discover_all(tree, PLAIN)
    from aicheck.resolve import resolve
    from aicheck.scan import evaluate_report, info_of

    for policy in ("baseline", "strict", "us-federal-vendor"):
        sides = []
        for _ in range(2):
            components = resolve(inventory, sources)
            sides.append(
                evaluate_report(inventory, components, "tree", load_policy(policy), info_of(sources), CLOCK)
            )
        for name in FORMATS:
            assert render(sides[0], name) == render(sides[1], name), (policy, name)


def test_order_of_the_file_system_does_not_matter(
    tree: Path, plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    class Backwards:
        def __init__(self, *arguments: Any) -> None:
            with real(*arguments) as entries:
                self._entries = iter(sorted(entries, key=lambda entry: entry.name, reverse=True))

        def __enter__(self) -> Any:
            return self._entries

        def __exit__(self, *_: object) -> None:
            pass

        def __iter__(self) -> Any:
            return self._entries

        def close(self) -> None:
            pass

    monkeypatch.setattr(os, "scandir", Backwards)
    assert _differ(plain, _reported(tree)) == []


KEPT = ("verdict", "findings", "gaps", "references", "policy", "waivers", "components")


def _facts(report: dict[str, Any]) -> dict[str, Any]:
    """What a report says, without where and when each fact was seen, and without what changes by the hour."""
    left_out = {"claims", "evidence", "date", "seen", "locator", "source", "answered_by", "downloads", "likes"}

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(each) for key, each in value.items() if key not in left_out}
        return [bare(each) for each in value] if isinstance(value, list) else value

    return {key: bare(report[key]) for key in KEPT}


@pytest.mark.network
@pytest.mark.parametrize("policy", ["deny.yaml", "strict"])
def test_locked_and_online(policy: str, tmp_path: Path) -> None:
    """The lock written from the Hub's answers gives the verdict of the Hub, without the Hub."""
    tree = tmp_path / "tree"
    tree.mkdir()
    commit = "5" * 40
    (tree / "a.py").write_text(
        f'from transformers import AutoModel\nAutoModel.from_pretrained("acme-w3/tuned", revision="{commit}")\n'
        f'AutoModel.from_pretrained("acme-w3/clean", revision="{commit}")\n'
        f'AutoModel.from_pretrained("acme-w3/hidden", revision="{commit}")\n'
    )
    (tmp_path / "deny.yaml").write_text(DENY)
    hub = FakeHub()
    hub.add("acme-w3/tuned", sha=commit, cardData={"base_model": "acme-w3/middle", "license": "mit"}, tags=["base_model:finetune:acme-w3/middle", "license:mit"],
            files=["README.md", weights("model.safetensors", "a" * 64)])  # fmt: skip
    hub.add("acme-w3/middle", cardData={"base_model": "Qwen/Qwen3-8B"}, tags=["base_model:finetune:Qwen/Qwen3-8B"])
    hub.add("Qwen/Qwen3-8B")
    # It says nothing of its base, which its configuration names.
    hub.add("acme-w3/hidden", sha=commit, cardData={"license": "mit"}, config={"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "_name_or_path": "Qwen/Qwen2.5-7B"})  # fmt: skip
    hub.add("Qwen/Qwen2.5-7B")
    hub.add("acme-w3/clean", sha=commit, cardData={"license": "apache-2.0"}, tags=["license:apache-2.0"])
    scan_it = ["scan", "tree", "-f", "json", "--policy", policy, "--config", os.devnull]
    with serve(hub) as server:
        env = {"HF_ENDPOINT": server.url, "SOURCE_DATE_EPOCH": "1780000000"}
        online = aicheck(*scan_it, "--no-cache", cwd=tmp_path, env=env)
        assert aicheck("lock", "tree", "--config", os.devnull, cwd=tmp_path, env=env).code == 0
        with_lock = aicheck(*scan_it, "--no-cache", cwd=tmp_path, env=env)
        asked = sum(server.asked.values())
        locked = aicheck(*scan_it, "--locked", cwd=tmp_path, env=env)
        assert sum(server.asked.values()) == asked
    assert online.code == locked.code == with_lock.code == 1
    if policy == "strict":
        undeclared = {each["subject"] for each in online.report["findings"] if each["rule"] == "lineage-declared" and each["status"] == "violation"}  # fmt: skip
        assert undeclared, online.report["findings"]
    assert _facts(locked.report) == _facts(online.report)
    assert _facts(with_lock.report) == _facts(online.report)


@pytest.mark.network
def test_cold_and_warm_answers(tmp_path: Path) -> None:
    """The second scan asks the Hub nothing that it knows, and says the same; also when the Hub is gone by then."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.py").write_text(MODEL.replace("Qwen/Qwen3-8B", "acme-w3/tuned"))
    (tmp_path / "deny.yaml").write_text(DENY)
    hub = FakeHub()
    hub.add("acme-w3/tuned", cardData={"base_model": "Qwen/Qwen3-8B"}, tags=["base_model:finetune:Qwen/Qwen3-8B"])
    hub.add("Qwen/Qwen3-8B")
    scan_it = ["scan", "tree", "-f", "json", "--policy", "deny.yaml", "--config", os.devnull]
    with serve(hub) as server:
        env = {"HF_ENDPOINT": server.url, "SOURCE_DATE_EPOCH": "1780000000"}
        cold = aicheck(*scan_it, cwd=tmp_path, env=env)
        warm = aicheck(*scan_it, cwd=tmp_path, env=env)
    gone = aicheck(*scan_it, cwd=tmp_path, env=env)
    assert cold.code == warm.code == 1
    assert warm.out == cold.out
    assert gone.code in {1, 3}
    assert gone.verdict != "pass"


def test_standard_input_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.py").write_text(MODEL)
    given = open_tree("-", io.BytesIO(MODEL.encode()), "a.py")
    assert _reported(given) == _reported(tmp_path / "one")
