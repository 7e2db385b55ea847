"""A small estate of repositories, and a run over it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aicheck.discover import DiscoverSettings
from aicheck.evaluate import load_policy
from aicheck.fleet.engine import Engine
from aicheck.fleet.pool import LocalEngine
from aicheck.fleet.repositories import named, parse
from aicheck.fleet.run import FleetSettings, FleetSummary, fleet_scan
from aicheck.fleet.tasks import DiscoverShared, warm_up
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Sources
from aicheck.scan import Clock
from tests.ci.gitrepo import Repository

MODELS = (
    "Qwen/Qwen3-8B",
    "deepseek-ai/DeepSeek-R1",
    "meta-llama/Llama-3.1-8B-Instruct",
    "mistralai/Mistral-7B-v0.1",
)
DAY = datetime(2026, 11, 23, tzinfo=UTC)


def code(*models: str) -> str:
    lines = [f'AutoModel.from_pretrained("{model}")' for model in models]
    return "\n".join(["from transformers import AutoModel", *lines, ""])


def commit(path: Path, text: str) -> str:
    repository = Repository(path)
    (path / "app.py").write_text(text)
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "state")
    return repository.git("rev-parse", "HEAD")


def build(root: Path, count: int) -> list[str]:
    """`count` repositories, a third of them without git."""
    locations = []
    for number in range(count):
        path = root / "estate" / f"repo-{number:03}"
        text = code(MODELS[number % len(MODELS)], f"acme/model-{number % 5}")
        if number % 3:
            commit(path, text)
        else:
            path.mkdir(parents=True)
            (path / "app.py").write_text(text)
        locations.append(f"repo-{number:03}\t{path}")
    return locations


def settings(output: Path, policy: str = "baseline", **fields: Any) -> FleetSettings:
    shared = DiscoverShared(
        DiscoverSettings(),
        fields.pop("clock", Clock(DAY)),
        output / "mirrors",
        30.0,
        fields.pop("worktree", False),
        fields.pop("locks", False),
    )
    return FleetSettings(output, shared, load_policy(policy), **fields)


def scan(
    locations: list[str],
    output: Path,
    engine: Engine | None = None,
    progress: Callable[[str, int, int], None] = lambda phase, done, total: None,
    sources: Sources | None = None,
    **fields: Any,
) -> FleetSummary:
    own = engine or LocalEngine(2, warm_up=warm_up)
    try:
        return fleet_scan(
            named(parse(one) for one in locations),
            settings(output, **fields),
            sources or Sources(catalog=open_catalog()),
            own,
            progress,
        )
    finally:
        if engine is None:
            own.close()
