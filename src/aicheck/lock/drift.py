"""What changed between two states of one component, fact by fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from aicheck.core.component import Component, WeightFile
from aicheck.core.evidence import Absent, ClaimSource, Disputed, Fact, Gap, GapReason, Known, Unseen, claims_of
from aicheck.core.frozen import dataclass
from aicheck.core.target import HubDataset, HubModel
from aicheck.report.read_json import component_from_dict

__all__ = ["KINDS", "Change", "changes", "commit_of", "drift", "stored"]

T = TypeVar("T")

KINDS: Final = (
    "deleted", "disabled", "recreated", "moved", "gated", "security", "files", "revision", "license", "origin",
    "lineage", "hosting",
)  # fmt: skip
"""Kinds of change, gravest first."""
_SHOWN: Final = 5
_DAY: Final = 10
"""Characters of an ISO day; a month alone may have been before the creation within it."""
_WORSE: Final = {"safe": 0, "suspicious": 1, "unsafe": 2}


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that is not what it was; `before` and `after` are for people, None = nothing."""

    kind: str
    before: str | None
    after: str | None
    detail: str = ""


def _said(fact: Fact[T], text: Callable[[T], str | None]) -> str | None:
    """What a fact says, in words that can be compared; None where nothing was seen."""
    if isinstance(fact, Known):
        return text(fact.value)
    if isinstance(fact, Absent):
        return "none"
    if isinstance(fact, Disputed):
        return "disputed: " + ", ".join(sorted({text(claim.value) or "not known" for claim in fact.claims}))
    assert isinstance(fact, Unseen)
    return None


def commit_of(component: Component) -> str | None:
    """The commit that a component's facts are of: of the branch that was looked up, else of the code's pin."""
    claims = claims_of(component.revision.commit)
    found = next((claim.value for claim in claims if claim.source is not ClaimSource.CODE), None)
    return found or next((claim.value for claim in claims), None)


def stored(block: Mapping[str, Any]) -> Component:
    """The component of a lock's block as it was when it was locked.

    Raises `KeyError`, `TypeError` or `ValueError` where the block is damaged.
    """
    from aicheck.lock.blocks import expanded  # noqa: PLC0415 - blocks read this module's values

    return component_from_dict(expanded(block))


def _differ(kind: str, before: str | None, after: str | None, detail: str = "") -> list[Change]:
    """A change where something was seen before and now says otherwise; more knowledge is no change."""
    if before is None or before == after:
        return []
    return [Change(kind, before, after, detail or ("no longer stated" if after is None else ""))]


def _lineage(component: Component) -> dict[str, str]:
    return {each.id.lower(): f"{each.id} ({each.relation.value})" for each in component.lineage.ancestors}


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _weights(before: Component, after: Component) -> list[Change]:
    if not isinstance(before.weights, Known) or not isinstance(after.weights, Known):
        return []
    old: dict[str, WeightFile] = {file.path: file for file in before.weights.value.files}
    new: dict[str, WeightFile] = {file.path: file for file in after.weights.value.files}
    replaced = [
        f"{path} (sha256 {one.sha256[:12]} → {other.sha256[:12]})"
        for path, one in old.items()
        if one.sha256 and (other := new.get(path)) and other.sha256 and other.sha256 != one.sha256
    ]
    gone = sorted(old.keys() - new.keys())
    # A list without hashes may be a part of the list only: what it lacks is not new.
    whole = bool(old) and all(file.sha256 for file in old.values())
    come = sorted(new.keys() - old.keys()) if whole else []
    same = commit_of(before) is not None and commit_of(before) == commit_of(after)
    detail = "under the same commit" if same else ""
    found = []
    if replaced:
        found.append(Change("files", _names(replaced), "replaced", detail))
    if gone and new:
        found.append(Change("files", _names(gone), None, detail))
    if come:
        found.append(Change("files", None, _names(come), detail))
    return found


def changes(before: Component, after: Component) -> tuple[Change, ...]:
    """What a reader of a difference wants to know: revision, licence, origin, lineage, weights, host."""
    found: list[Change] = []
    if isinstance(before.target, HubModel | HubDataset):
        found += _differ("revision", commit_of(before), commit_of(after))
        asked = [", ".join(text or "(none)" for text in each.revision.requested) for each in (before, after)]
        if asked[0] != asked[1] and not found:
            found.append(Change("revision", asked[0], asked[1], "as the code asks for it"))
    elif str(before.target) == str(after.target):
        found += _differ("revision", before.version, after.version)
    found += _weights(before, after)
    found += _differ(
        "license",
        _said(before.license, lambda value: value.expression),
        _said(after.license, lambda value: value.expression),
    )
    found += _differ(
        "origin",
        _said(before.developer, lambda value: f"{value.name} ({value.country or 'country not known'})"),
        _said(after.developer, lambda value: f"{value.name} ({value.country or 'country not known'})"),
    )
    old, new = _lineage(before), _lineage(after)
    if gone := [old[key] for key in sorted(old.keys() - new.keys())]:
        found.append(Change("lineage", _names(gone), None))
    if come := [new[key] for key in sorted(new.keys() - old.keys())]:
        found.append(Change("lineage", None, _names(come)))
    found += _differ(
        "hosting", _said(before.hosting, lambda v: v.operator), _said(after.hosting, lambda v: v.operator)
    )
    return _sorted(found)


def _sorted(found: list[Change]) -> tuple[Change, ...]:
    order = {kind: number for number, kind in enumerate(KINDS)}
    return tuple(sorted(found, key=lambda change: (order[change.kind], change.before or "", change.after or "")))


def drift(before: Component, after: Component) -> tuple[tuple[Change, ...], Gap | None]:
    """What became of a locked component on the Hub: (changes, why it could not be seen).

    `after` is the component as the Hub answers for it now. A rate limit or a network that fails is a gap,
    never "not found" and never "unchanged".
    """
    own = str(after.target)
    gaps = {gap.reason: gap for gap in after.gaps if gap.subject == own}
    known_as = before.resolved_id or before.name
    missing = gaps.get(GapReason.NOT_FOUND)
    if missing is not None:
        if "revision" in missing.detail:
            return (Change("revision", commit_of(before), None, missing.detail),), None
        return (Change("deleted", known_as, None, missing.detail),), None
    if GapReason.DISABLED in gaps or after.availability == "disabled":
        if before.availability == "disabled":
            return (), None
        return (Change("disabled", before.availability or "available", "disabled"),), None
    closed = gaps.get(GapReason.GATED)
    if closed is not None:
        if before.availability == "gated":
            return (), closed
        return (Change("gated", before.availability or "open", "gated", closed.detail),), None
    other = next(iter(gaps.values()), None)
    if other is not None or after.answered_by != "hub":
        return (), other or Gap(own, GapReason.OFFLINE, "the Hub was not asked")
    found = list(changes(before, after))
    if after.availability == "gated" and before.availability not in {"gated", None}:
        found.append(Change("gated", before.availability, "gated"))
    if before.resolved_id and after.resolved_id and before.resolved_id.lower() != after.resolved_id.lower():
        found.append(Change("moved", before.resolved_id, after.resolved_id))
    made, known = after.card.created, before.card.created or before.as_of
    if made and known and len(known) >= _DAY and made > known:
        found.append(
            Change(
                "recreated",
                before.card.created or f"seen on {known}",
                made,
                "the repository was made anew under this name",
            )
        )
    found += _security(before, after)
    return _sorted(found), None


def _security(before: Component, after: Component) -> list[Change]:
    if not isinstance(after.weights, Known):
        return []
    new = after.weights.value
    old = before.weights.value if isinstance(before.weights, Known) else None
    known = set(old.scan_issues) if old is not None else set()
    issues = [issue for issue in new.scan_issues if issue not in known]
    status = old.scan_status if old is not None else None
    if issues or _WORSE.get(new.scan_status or "", 0) > _WORSE.get(status or "", 0):
        return [Change("security", status or "no finding", new.scan_status or "unsafe", _names(issues))]
    return []
