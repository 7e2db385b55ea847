"""The whole answer of one scan, from which every format is written."""

from __future__ import annotations

from aicheck.core.component import Component
from aicheck.core.evidence import Gap
from aicheck.core.finding import Finding, PolicyInfo, Verdict, WaiverNote
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Inventory

__all__ = ["Baseline", "Report", "SourceInfo", "Tool"]


@dataclass(frozen=True, slots=True)
class Tool:
    """The program that wrote the report."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What the answers rest on."""

    catalog_date: str | None = None
    """ISO date of the embedded or updated catalog."""
    knowledge_date: str | None = None
    lock_path: str | None = None
    hub: str | None = None
    """Endpoint that was asked; None = no network was used."""
    offline: bool = True


@dataclass(frozen=True, slots=True)
class Baseline:
    """A comparison with an earlier state (`--base`, the Action, `diff`)."""

    name: str
    """The base as the user or the event named it."""
    new_findings: tuple[str, ...] = ()
    """Fingerprints that the base did not have."""
    resolved_findings: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    """Canonical spellings of targets."""
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one scan found, resolved and decided."""

    tool: Tool
    created: str
    """ISO 8601 UTC with seconds; from `SOURCE_DATE_EPOCH` where set."""
    project: str
    """Name of the scanned project (directory name or manifest name), never an absolute path."""
    project_version: str | None
    """Commit of the scanned tree where there is one."""
    inventory: Inventory
    components: tuple[Component, ...]
    """Sorted by kind, then ref."""
    findings: tuple[Finding, ...]
    """Sorted by level, rule, subject, first occurrence."""
    gaps: tuple[Gap, ...]
    """Those of discovery and of every component, sorted, without duplicates."""
    verdict: Verdict | None
    """None after `--discover-only`."""
    policy: PolicyInfo | None
    waivers: tuple[WaiverNote, ...] = ()
    sources: SourceInfo = SourceInfo()
    baseline: Baseline | None = None
    roots: tuple[str, ...] = ()
    """bom-refs of the components that the project uses directly; () = all that have references."""
