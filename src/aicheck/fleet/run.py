"""A fleet scan in one readable function: discover in parallel, ask the Hub once, evaluate in parallel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from aicheck._version import __version__
from aicheck.core.finding import Verdict
from aicheck.fleet.engine import Engine, Failure
from aicheck.fleet.repositories import Repository
from aicheck.fleet.state import Held, State
from aicheck.fleet.tasks import (
    DiscoverShared,
    DiscoverTask,
    EvaluateShared,
    EvaluateTask,
    discover_repository,
    evaluate_repository,
    report_paths,
)
from aicheck.inventory.merge import Inventory
from aicheck.inventory.schema import open_inventory
from aicheck.report import write_atomically
from aicheck.resolve.answers import Answers, fetch_answers

if TYPE_CHECKING:
    from aicheck.evaluate import Policy
    from aicheck.resolve import Sources

__all__ = ["INVENTORY", "STATE", "FleetSettings", "FleetSummary", "fleet_scan"]

INVENTORY: Final = "inventory.sqlite"
STATE: Final = "fleet.sqlite"
_MARKER: Final = ".aicheck-fleet"
_COMMIT_EVERY: Final = 100

Progress = Callable[[str, int, int], None]
"""`progress(phase, done, total)`."""


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """What a run is asked to do."""

    output: Path
    discover: DiscoverShared
    policy: Policy
    fail_on: str = "error"
    spec_version: str = "1.6"
    refresh: bool = False
    """Scan everything again, also what is unchanged."""


@dataclass(slots=True)
class FleetSummary:
    """What a run did."""

    repositories: int = 0
    scanned: int = 0
    unchanged: int = 0
    evaluated: int = 0
    asked: int = 0
    """Distinct (id, revision) pairs that the Hub was asked, ancestors included."""
    verdicts: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    """(repository, why) of those that could not be scanned."""

    @property
    def verdict(self) -> Verdict:
        """FAIL beats INCONCLUSIVE beats PASS; what could not be scanned is inconclusive."""
        if self.verdicts.get(Verdict.FAIL):
            return Verdict.FAIL
        if self.failures or self.verdicts.get(Verdict.INCONCLUSIVE) or not self.verdicts:
            return Verdict.INCONCLUSIVE
        return Verdict.PASS


def _scan_key(settings: FleetSettings) -> str:
    """Changes where another discovery could give another inventory of the same files."""
    shared = settings.discover
    # The last part is the shape in which inventories are kept.
    text = repr((__version__, replace(shared.settings, jobs=0), shared.worktree, shared.locks, "with lock"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _evaluate_key(settings: FleetSettings, sources: Sources, answers: Answers | None) -> str:
    """Changes where the same inventory could give another report: policy, facts, the day where waivers expire."""
    catalog = sources.catalog
    said = hashlib.sha256()
    if answers is not None:
        for part in (answers.models, answers.files):
            for key, value in sorted(part.items(), key=str):
                said.update(repr((key, value)).encode("utf-8", "backslashreplace"))
    day = settings.discover.clock.today.isoformat() if settings.policy.waivers else ""
    text = repr(
        (
            __version__, settings.policy.info.sha256, settings.fail_on, settings.spec_version, day,
            orjson.dumps(catalog.info(), default=str) if catalog is not None else None,
            said.hexdigest() if answers is not None else "offline",
        )
    )  # fmt: skip
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def fleet_scan(
    repositories: Sequence[Repository],
    settings: FleetSettings,
    sources: Sources,
    engine: Engine,
    progress: Progress = lambda phase, done, total: None,  # noqa: ARG005 - the default shows nothing
) -> FleetSummary:
    """Scan every repository that changed, and write reports, inventory and state under `settings.output`.

    A repository that fails is a gap of the inventory and of the summary. May be interrupted at any point and run
    again: what stands is not done twice. Raises `ConfigError` where the output directory cannot be used.
    """
    summary = FleetSummary(repositories=len(repositories))
    output = settings.output
    with State(output / STATE) as state, Inventory(open_inventory(output / INVENTORY)) as inventory:
        names = _discover(repositories, settings, engine, state, inventory, summary, progress)
        answers = fetch_answers(state.wanted(names), sources, lambda done, known: progress("resolve", done, known))
        summary.asked = len(answers.models) if answers is not None else 0
        _evaluate(names, settings, sources, answers, engine, state, inventory, summary, progress)
    return summary


def _discover(
    repositories: Sequence[Repository],
    settings: FleetSettings,
    engine: Engine,
    state: State,
    inventory: Inventory,
    summary: FleetSummary,
    progress: Progress,
) -> list[str]:
    """Phase one; returns the names of which an inventory stands."""
    key = _scan_key(settings)
    held = state.held()
    stamp = settings.discover.clock.stamp

    def known(one: Repository) -> str | None:
        before = held.get(one.name)
        same = before is not None and before.scan_key == key and before.location == one.location
        return before.state if before is not None and same and not settings.refresh else None

    tasks = [DiscoverTask(one, known(one)) for one in repositories]
    names = []
    progress("discover", 0, len(tasks))
    results = engine.run(discover_repository, tasks, settings.discover)
    for count, (task, result) in enumerate(results, 1):
        one = task.repository
        if isinstance(result, Failure):
            summary.failures.append((one.name, result.detail))
            inventory.add_gap(one.name, one.location if one.remote else None, result.reason, result.detail, stamp)
        else:
            names.append(one.name)
            if result.data:
                summary.scanned += 1
                state.discovered(result, one.location, key)
            else:
                summary.unchanged += 1
        progress("discover", count, len(tasks))
    state.flush()
    inventory.commit()
    return sorted(names)


def _stands(before: Held, key: str, output: Path) -> bool:
    return before.evaluated_key == key and all(path.is_file() for path in report_paths(output, before.name))


def _evaluate(
    names: Sequence[str],
    settings: FleetSettings,
    sources: Sources,
    answers: Answers | None,
    engine: Engine,
    state: State,
    inventory: Inventory,
    summary: FleetSummary,
    progress: Progress,
) -> None:
    """Phase three: only what changed, or whose policy or facts did."""
    output, stamp = settings.output, settings.discover.clock.stamp
    key = _evaluate_key(settings, sources, answers)
    held = state.held()
    todo = []
    for name in names:
        before = held[name]
        if _stands(before, key, output) and inventory.confirm(name, stamp):
            verdict = before.verdict or ""
            summary.verdicts[verdict] = summary.verdicts.get(verdict, 0) + 1
        else:
            todo.append(name)
    (output / "reports").mkdir(parents=True, exist_ok=True)
    marker = output / _MARKER
    write_atomically(marker, b"aicheck fleet scan\n")
    shared = EvaluateShared(
        policy=settings.policy,
        answers=answers,
        clock=settings.discover.clock,
        fail_on=settings.fail_on,
        spec_version=settings.spec_version,
        output=output.resolve() if engine.shares(str(marker.resolve())) else None,
    )
    progress("evaluate", 0, len(todo))
    tasks = (EvaluateTask(*row) for row in state.inventories(todo))
    done: list[tuple[str, str, int, int]] = []
    for count, (task, result) in enumerate(engine.run(evaluate_repository, tasks, shared), 1):
        if isinstance(result, Failure):
            summary.failures.append((task.name, result.detail))
            inventory.add_gap(task.name, None, result.reason, result.detail, stamp)
        else:
            if result.bom is not None:
                for path, data in zip(report_paths(output, task.name), (result.report, result.bom), strict=True):
                    write_atomically(path, data)
            location = held[task.name].location
            source = location if "://" in location or "@" in location else None
            document = report_paths(output, task.name)[0].name
            inventory.add(orjson.loads(result.report), task.name, source, document)
            done.append((result.name, result.verdict, result.components, result.findings))
            summary.evaluated += 1
            summary.verdicts[result.verdict] = summary.verdicts.get(result.verdict, 0) + 1
        if len(done) >= _COMMIT_EVERY:
            _record(done, key, state, inventory)
        progress("evaluate", count, len(todo))
    _record(done, key, state, inventory)
    # Workers that were killed while they wrote leave a half-written file beside the report, never in its place.
    for left in (output / "reports").glob(".*.json.*"):
        left.unlink(missing_ok=True)


def _record(done: list[tuple[str, str, int, int]], key: str, state: State, inventory: Inventory) -> None:
    """First the inventory, then the state: what is on record as done stands, whatever happens in between."""
    inventory.commit()
    for name, verdict, components, findings in done:
        state.evaluated(name, key, verdict, components, findings)
    state.flush()
    done.clear()
