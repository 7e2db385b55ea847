"""The whole tool in one readable function."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from aicheck._version import __version__
from aicheck.core.component import Component
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.finding import Finding, Level, Verdict
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Inventory, ScanStats, reference_key
from aicheck.core.report import Baseline, Report, SourceInfo, Tool
from aicheck.errors import ConfigError
from aicheck.settings import Settings

if TYPE_CHECKING:
    from aicheck.discover import DiscoverSettings
    from aicheck.discover.trees import Tree
    from aicheck.evaluate import Policy
    from aicheck.lock.file import LockFile
    from aicheck.report import RulePage
    from aicheck.resolve import Sources
    from aicheck.resolve.bases_by_header import HeaderReader

__all__ = [
    "Clock",
    "compare",
    "discover_only",
    "discovery_of",
    "evaluate_report",
    "info_of",
    "lock_of",
    "merge_gaps",
    "rule_pages",
    "scan",
    "sources_of",
]


Extra: TypeAlias = "Path | Tree | Inventory"
"""What can be scanned besides the tree itself."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The one place that knows the time, so that reports can be reproduced."""

    now: datetime

    @classmethod
    def from_environment(cls) -> Clock:
        """Take `SOURCE_DATE_EPOCH` where it is set to a number of seconds, else the present."""
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        if epoch.isdecimal():
            try:
                return cls(datetime.fromtimestamp(int(epoch), UTC))
            except (ValueError, OverflowError, OSError) as error:
                raise ConfigError(
                    f"SOURCE_DATE_EPOCH is no moment of the calendar: {epoch[:40]}", hint="give seconds since 1970"
                ) from error
        return cls(datetime.now(UTC))

    @property
    def today(self) -> date:
        """The date in UTC."""
        return self.now.date()

    @property
    def stamp(self) -> str:
        """ISO 8601 in UTC, whole seconds."""
        return self.now.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def discovery_of(settings: Settings) -> DiscoverSettings:
    """Translate the settings of a run into those of discovery."""
    from aicheck.discover import DiscoverSettings
    from aicheck.knowledge.catalog import cache_dir

    result = DiscoverSettings(
        include_docs=settings.include_docs,
        excludes=settings.exclude,
        hash_weights=settings.hash_weights,
        jobs=settings.jobs,
        cache=str(cache_dir() / "detections.sqlite") if settings.cache else None,
        compiled=str(cache_dir() / "needles"),  # of the engine's making; nothing that a scan saw
    )
    return replace(result, max_file_size=settings.max_file_size) if settings.max_file_size else result


def sources_of(settings: Settings, clock: Clock, root: Path | None = None) -> Sources:
    """Return lock, catalog and Hub as the settings allow them; the lock is looked for in `root`."""
    from aicheck.knowledge.catalog import open_catalog
    from aicheck.resolve import Sources
    from aicheck.resolve.environment import offline_by_environment

    offline = settings.offline or settings.locked or offline_by_environment()
    lock = lock_of(settings, root) if root is not None else None
    if settings.locked:
        # Nothing else may answer, so that a newer catalog changes no verdict.
        return Sources(lock=lock, today=clock.today.isoformat(), locked=True)
    hub = None
    headers: HeaderReader | None = None
    if not offline:
        from aicheck.discover.formats.header import header_of
        from aicheck.resolve.cache import AnswerCache
        from aicheck.resolve.hub import Hub, HubSettings

        chosen = replace(HubSettings.from_environment(), timeout=settings.timeout, workers=settings.hub_workers)
        headers = header_of
        hub = Hub(chosen, cache=None if settings.cache else AnswerCache(None), today=clock.today.isoformat())
    return Sources(
        catalog=open_catalog(),
        hub=hub,
        lock=lock,
        offline=offline,
        today=clock.today.isoformat(),
        headers=headers,
    )


def lock_of(settings: Settings, root: Path) -> LockFile | None:
    """Return the lock of a project; None where it has none.

    Raises `ConfigError` where it is damaged, and where the settings rest on it alone and there is none.
    """
    from aicheck.lock.find import find_lock

    path = find_lock(root, settings.lock)
    if path is not None:
        from aicheck.lock.file import read_lock

        return read_lock(path, shown=settings.lock, strict=settings.locked)
    if settings.locked:
        raise ConfigError(
            f"there is no {settings.lock}", path=settings.lock, hint="write it with network access: aicheck lock"
        )
    return None


def info_of(sources: Sources) -> SourceInfo:
    """Say what the answers rest on."""
    catalog = sources.catalog
    return SourceInfo(
        catalog_date=catalog.date if catalog is not None else None,
        hub=sources.hub.settings.endpoint if sources.hub is not None and not sources.offline else None,
        offline=sources.offline or sources.hub is None,
        lock_path=getattr(sources.lock, "path", None),
    )


def rule_pages() -> dict[str, RulePage]:
    """Return the page of every rule for the reports that show them; reports do not know the rules."""
    from aicheck.evaluate.registry import RULES, page
    from aicheck.report import RulePage

    return {name: RulePage(name, rule.summary, page(name) or "") for name, rule in RULES.items()}


def merge_gaps(inventory: Inventory, components: Sequence[Component]) -> tuple[Gap, ...]:
    """Gather the gaps of discovery and of every component, each once, in a stable order."""
    gaps = {*inventory.gaps, *(gap for component in components for gap in component.gaps)}
    return tuple(
        sorted(gaps, key=lambda gap: (gap.path or "", gap.line or 0, gap.subject, gap.reason, gap.detail))
    )


def discover_all(root: Path | Tree, settings: DiscoverSettings, extras: Sequence[Extra] = ()) -> Inventory:
    """Discover in a tree and in what comes besides it (a Hub cache, an environment, an SBOM) as one inventory."""
    from aicheck.discover import discover

    first = discover(root, settings)
    others = [extra if isinstance(extra, Inventory) else discover(extra, settings) for extra in extras]
    if not others:
        return first
    parts = [first, *others]
    stats = [part.stats for part in parts]
    return Inventory(
        root=first.root,
        references=tuple(sorted({ref for part in parts for ref in part.references}, key=reference_key)),
        gaps=merge_gaps(replace(first, gaps=tuple(gap for part in parts for gap in part.gaps)), ()),
        stats=ScanStats(
            sum(item.files_listed for item in stats),
            sum(item.files_read for item in stats),
            sum(item.bytes_read for item in stats),
            sum(item.files_skipped for item in stats),
        ),
        excerpts=tuple(sorted({excerpt for part in parts for excerpt in part.excerpts})),
    )


def discover_only(
    root: Path | Tree,
    project: str,
    clock: Clock,
    settings: DiscoverSettings,
    extras: Sequence[Extra] = (),
    version: str | None = None,
) -> Report:
    """Stop after discovery: no policy, no network, no verdict."""
    inventory = discover_all(root, settings, extras)
    return Report(
        tool=Tool("aicheck", __version__),
        created=clock.stamp,
        project=project,
        project_version=version,
        inventory=inventory,
        components=(),
        findings=(),
        gaps=merge_gaps(inventory, ()),
        verdict=None,
        policy=None,
    )


def scan(
    root: Path | Tree,
    project: str,
    policy: Policy,
    sources: Sources,
    clock: Clock,
    settings: DiscoverSettings | None = None,
    extras: Sequence[Extra] = (),
    *,
    fail_on: str = "error",
    version: str | None = None,
) -> Report:
    """Discover, resolve, evaluate: one report.

    `root` is a directory, a file or any other tree; nothing in it is executed, imported or unpickled.
    """
    from aicheck.resolve import resolve

    if settings is None:
        from aicheck.discover import DiscoverSettings

        settings = DiscoverSettings()
    inventory = discover_all(root, settings, extras)
    components = resolve(inventory, sources)
    return evaluate_report(
        inventory, components, project, policy, info_of(sources), clock, fail_on=fail_on, version=version
    )


def evaluate_report(
    inventory: Inventory,
    components: tuple[Component, ...],
    project: str,
    policy: Policy,
    info: SourceInfo,
    clock: Clock,
    *,
    fail_on: str = "error",
    version: str | None = None,
) -> Report:
    """Evaluate what was resolved (or read back from a BOM) and put the report together."""
    from aicheck.evaluate import evaluate

    # `never` still evaluates everything and shows it; only the verdict is set aside.
    level = Level.ERROR if fail_on == "never" else Level(fail_on)
    evaluation = evaluate(inventory, components, policy, today=clock.today, fail_on=level)
    verdict = _unless_unlocked(evaluation.verdict, merge_gaps(inventory, components))
    return Report(
        tool=Tool("aicheck", __version__),
        created=clock.stamp,
        project=project,
        project_version=version,
        inventory=inventory,
        components=tuple(sorted(components, key=lambda component: (component.kind.value, component.ref))),
        findings=evaluation.findings,
        gaps=merge_gaps(inventory, components),
        verdict=Verdict.PASS if fail_on == "never" else verdict,
        policy=evaluation.info,
        waivers=evaluation.waivers,
        sources=info,
    )


def _unless_unlocked(verdict: Verdict, gaps: Sequence[Gap]) -> Verdict:
    """A scan that rests on the lock alone passes nothing that is not in it, whatever the policy asks."""
    unlocked = any(gap.reason is GapReason.NOT_LOCKED for gap in gaps)
    return Verdict.INCONCLUSIVE if unlocked and verdict is Verdict.PASS else verdict


def _surplus(head: Sequence[Finding], base: Sequence[Finding]) -> list[Finding]:
    """Findings that occur more often in `head` than in `base` (two alike in one file are two)."""
    count = Counter(finding.fingerprint for finding in base)
    fresh: list[Finding] = []
    for finding in head:
        if count[finding.fingerprint] > 0:
            count[finding.fingerprint] -= 1
        else:
            fresh.append(finding)
    return fresh


def _new(head: Report, base: Report) -> tuple[set[str], set[str]]:
    """Fingerprints of the findings that only `head` has, and of those that only `base` has.

    What vanished in one place and stands in another with the same rule, model and spelling has moved: it is
    neither new nor resolved. One that was waived where it stood pays only for one that is waived again.
    """
    fresh, gone = _surplus(head.findings, base.findings), _surplus(base.findings, head.findings)
    after = {component.ref: str(component.target) for component in head.components}
    before = {component.ref: str(component.target) for component in base.components}
    left = Counter(_place_less(finding, before) for finding in gone)
    moved: Counter[tuple[object, ...]] = Counter()
    new: set[str] = set()
    for finding in fresh:
        key = _place_less(finding, after)
        if finding.component is not None and left[key] > 0:
            left[key] -= 1
            moved[key] += 1
        else:
            new.add(finding.fingerprint)
    resolved: set[str] = set()
    for finding in gone:
        key = _place_less(finding, before)
        if moved[key] > 0:
            moved[key] -= 1
        else:
            resolved.add(finding.fingerprint)
    return new, resolved


def _place_less(finding: Finding, targets: Mapping[str, str]) -> tuple[object, ...]:
    """Return what stays of a finding when its file is moved or renamed."""
    raw = finding.occurrences[0].raw if finding.occurrences else ""
    target = targets.get(finding.component or "", finding.component)
    return finding.rule, finding.status, finding.level, target, raw, finding.waiver is not None


def _description(component: Component) -> tuple[object, ...]:
    """Return what makes a component "changed" between two scans."""
    return (
        component.ref,
        component.revision,
        component.license,
        component.developer,
        tuple(ancestor.id for ancestor in component.lineage.ancestors),
        component.version,
    )


def compare(head: Report, base: Report, name: str, *, fail_on: str = "error") -> Report:
    """Judge `head` by its new findings only; what the base already had is shown, but not blamed.

    Both reports must come from the same policy and the same sources, so that a fact that changed upstream is
    on both sides and counts as drift, not as this change's fault.
    """
    fresh, resolved = _new(head, base)
    before = {str(component.target): component for component in base.components}
    after = {str(component.target): component for component in head.components}
    baseline = Baseline(
        name=name,
        new_findings=tuple(sorted(fresh)),
        resolved_findings=tuple(sorted(resolved)),
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(
            sorted(
                key
                for key in after.keys() & before.keys()
                if _description(after[key]) != _description(before[key])
            )
        ),
    )
    effects = {
        finding.effect for finding in head.findings if finding.fingerprint in fresh and finding.waiver is None
    }
    verdict = next((each for each in (Verdict.FAIL, Verdict.INCONCLUSIVE) if each in effects), Verdict.PASS)
    verdict = _unless_unlocked(verdict, tuple(gap for gap in head.gaps if gap not in set(base.gaps)))
    return replace(head, verdict=Verdict.PASS if fail_on == "never" else verdict, baseline=baseline)
