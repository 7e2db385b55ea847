"""What the evaluation says."""

from __future__ import annotations

from enum import StrEnum

from aicheck.core.frozen import dataclass
from aicheck.core.reference import Occurrence

__all__ = ["Finding", "Level", "PolicyInfo", "Status", "Verdict", "WaiverNote", "WaiverState"]


class Verdict(StrEnum):
    """FAIL beats INCONCLUSIVE beats PASS."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Level(StrEnum):
    """How grave a finding is; only `error` decides the verdict unless `--fail-on` says otherwise."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Status(StrEnum):
    """The three values of an evaluated rule that are worth a finding."""

    VIOLATION = "violation"
    UNKNOWN = "unknown"
    """The rule needs a fact that could not be seen, and its `on_unknown` says that this matters."""


class WaiverState(StrEnum):
    """What became of a waiver in this evaluation."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class WaiverNote:
    """A waiver as it applied."""

    rule: str
    purl: str
    reason: str
    owner: str
    expires: str
    state: WaiverState
    path: str | None = None
    location: str = ""
    """policy file:line."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's answer about one component (or about the whole project: `component` None)."""

    rule: str
    level: Level
    status: Status
    message: str
    """One sentence, lower-case start, no full stop: `weights descend from a model developed in CN`."""
    component: str | None
    """`Component.ref`."""
    subject: str
    """What people call it: the component's name."""
    occurrences: tuple[Occurrence, ...]
    because: tuple[tuple[str, str], ...]
    """Evidence lines for people, in order: ("lineage", "A → B → C (Alibaba Cloud, CN)"), ("evidence", …)."""
    policy_location: str
    """`policies/us-dod.yaml:21  origin-allowed.deny_countries`."""
    help: str = ""
    waiver: WaiverNote | None = None
    """An active waiver: the finding is shown, but does not count."""
    fingerprint: str = ""
    """32 hex digits over rule, status, component without revision, path and raw text; never line numbers."""
    effect: Verdict = Verdict.PASS
    """What this finding makes of the verdict: FAIL, INCONCLUSIVE, or PASS where it does not count (waived, below
    the level that fails, or an unknown that the policy only warns of)."""


@dataclass(frozen=True, slots=True)
class PolicyInfo:
    """Which policy was applied."""

    name: str
    sha256: str
    """Of the merged policy in canonical JSON."""
    path: str
    sources: tuple[str, ...] = ()
    """Every file or pack that was merged, in order."""
    rules: tuple[tuple[str, str], ...] = ()
    """(rule id, level) of the rules that were switched on."""
    summary: str = ""
