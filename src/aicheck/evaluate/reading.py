"""How rules read facts: three-valued, and with the words that people get to see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeVar

from aicheck.core.component import Ancestor, Component, Hosting, Organization
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Fact, GapReason, Known, Unseen
from aicheck.evaluate.rule import Options
from aicheck.evaluate.values import expand, words

__all__ = [
    "FINE",
    "LOOKED",
    "Judged",
    "chain",
    "country_judgement",
    "evidence",
    "fold",
    "hosted_elsewhere",
    "judge",
    "listed",
    "matches_entity",
    "named_exactly",
    "names_of",
    "people",
    "person",
    "why_unseen",
]

T = TypeVar("T")

LOOKED: Final = frozenset({GapReason.NOT_STATED})
"""Reasons of a gap that mean: the sources were read, and none says. All others mean: could not look."""

_REASONS: Final[dict[GapReason, str]] = {
    GapReason.NOT_STATED: "no source states it",
    GapReason.UNKNOWN_NAME: "not in aicheck's knowledge",
    GapReason.OFFLINE: "not in the lock or catalog, and the network was not used",
    GapReason.NOT_LOCKED: "not in the lock",
    GapReason.NOT_FOUND: "the Hub has no such public repository",
    GapReason.GATED: "gated on the Hub",
    GapReason.DISABLED: "disabled on the Hub",
    GapReason.RATE_LIMITED: "the Hub's rate limit was reached",
    GapReason.UNREACHABLE: "the Hub could not be reached",
    GapReason.DYNAMIC: "chosen at run time",
    GapReason.UNBOUND: "the provider could not be told",
}
_SOURCES: Final[dict[ClaimSource, str]] = {
    ClaimSource.CARD: "model card",
    ClaimSource.TAG: "Hub tag",
    ClaimSource.CONFIG: "configuration",
    ClaimSource.WEIGHTS_HEADER: "weights header",
    ClaimSource.FILE_LIST: "file list",
    ClaimSource.HUB: "Hub",
    ClaimSource.REGISTRY: "aicheck knowledge",
    ClaimSource.CODE: "scanned code",
    ClaimSource.NAME: "name",
    ClaimSource.INFERENCE: "inferred",
}


class Judged(NamedTuple):
    """The answer to a question about a fact."""

    bad: bool | None
    """True: violates; False: is fine; None: cannot tell."""
    option: str = ""
    reason: str = ""
    """A phrase: `developed in CN`, `country not known`."""


FINE: Final = Judged(bad=False)


def why_unseen(gap_fact: Unseen) -> str:
    """A phrase for a gap."""
    gap = gap_fact.gap
    return _REASONS.get(gap.reason, gap.reason.value.replace("-", " "))


def evidence(claims: Iterable[Claim[T]], limit: int = 3) -> tuple[tuple[str, str], ...]:
    """Evidence lines for claims: source, place, declared or inferred."""
    lines: list[tuple[str, str]] = []
    for claim in claims:
        where = f" {claim.locator}" if claim.locator else ""
        inferred = claim.source in {ClaimSource.INFERENCE, ClaimSource.NAME}
        how = f"inferred, confidence {claim.confidence:.2f}" if inferred else "declared"
        if claim.source is ClaimSource.REGISTRY:
            how = "on record"
        note = f" ({claim.note})" if claim.note else ""
        line = ("evidence", f"{_SOURCES[claim.source]}{where}, {how}{note}")
        if line not in lines:
            lines.append(line)
    return tuple(lines[:limit])


def judge(
    fact: Fact[T], test: Callable[[T], Judged], what: str, *, absent: Judged | None = None, option: str = ""
) -> Judged:
    """Ask a question of a fact in all its four states.

    A disputed fact violates (or is fine) only where every one of its sides does.
    """
    match fact:
        case Known(value=value):
            return test(value)
        case Absent():
            return absent if absent is not None else Judged(None, option, f"{what} is stated to be none")
        case Unseen():
            return Judged(None, option, f"{what} is not known: {why_unseen(fact)}")
        case Disputed(claims=claims):
            answers = [test(claim.value) for claim in claims]
            if all(answer.bad is False for answer in answers):
                return FINE
            if answers and all(answer.bad for answer in answers):
                return answers[0]
            first = next((answer for answer in answers if answer.bad is not False), Judged(None, option))
            return Judged(None, first.option, f"sources contradict each other on {what}")


def person(organization: Organization) -> str:
    """`Alibaba Cloud (Qwen), CN`."""
    parts = [organization.name]
    parts.append(organization.country or "country not known")
    if organization.parent_country and organization.parent_country != organization.country:
        parts.append(f"parent {organization.parent or 'company'}, {organization.parent_country}")
    return ", ".join(parts)


def people(fact: Fact[Organization]) -> str:
    """Every side of an organisation fact, for people."""
    match fact:
        case Known(value=value):
            return person(value)
        case Disputed(claims=claims):
            return " or ".join(dict.fromkeys(person(claim.value) for claim in claims))
        case Absent():
            return "stated to be none"
        case Unseen():
            return f"not known ({why_unseen(fact)})"


def chain(component: Component, ancestor: Ancestor) -> str:
    """The path of descent: `nvidia/X → Qwen/Y → Qwen/Z (Alibaba Cloud, CN)`."""
    by_id = {step.id: step for step in component.lineage.ancestors}
    path = [ancestor.id]
    step: Ancestor | None = ancestor
    while step is not None and len(path) < 20:  # noqa: PLR2004 - a guard against cycles, no limit anyone meets
        child = by_id.get(step.child)
        if child is None or child.id in path:
            break
        path.append(child.id)
        step = child
    own = component.resolved_id or component.name
    if path[-1] != own:
        path.append(own)
    return f"{' → '.join(reversed(path))} ({people(ancestor.developer)})"


def _bare(purl: str) -> str:
    """A package URL without its version."""
    path, mark, qualifiers = purl.partition("?")
    head, at, version = path.rpartition("@")
    # In `pkg:npm/@scope/name` the `@` begins a scope: what follows a version's has no slash.
    return head + mark + qualifiers if at and "/" not in version else purl


def names_of(component: Component) -> tuple[str, ...]:
    """Every spelling under which a policy may name a component, without revision."""
    spellings = [str(component.target), component.name]
    if component.purl:
        bare = _bare(component.purl)
        spellings += [component.purl, bare]
    if component.resolved_id:
        spellings += [component.resolved_id, f"hf:{component.resolved_id}"]
    for side in _sides(component.stands_for):
        spellings += [side, f"hf:{side}", f"pkg:huggingface/{side}"]
    return tuple(dict.fromkeys(spellings))


def _sides(fact: Fact[str] | None) -> tuple[str, ...]:
    match fact:
        case Known(value=value):
            return (value,)
        case Disputed(claims=claims):
            return tuple(claim.value for claim in claims)
        case _:
            return ()


def fold(name: str) -> str:
    """A name of a list without punctuation: `1260H`, `1260h` and `entity_list`, `entity-list` agree."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _entity_names(organization: Organization) -> tuple[str, ...]:
    return tuple(
        words(name)
        for name in (
            organization.name,
            organization.namespace,
            organization.legal_entity,
            organization.parent,
        )
        if name
    )


def matches_entity(wanted: Iterable[str], names: Iterable[str | None]) -> str | None:
    """Return the first wanted entity whose words stand in one of the names (`DeepSeek` in `deepseek-ai`)."""
    folded = [words(name) for name in names if name]
    return next((entity for entity in wanted if any(words(entity) in name for name in folded)), None)


def named_exactly(wanted: Iterable[str], organization: Organization) -> str | None:
    """Return the first wanted entity that is one of the organisation's names; for lists of what is allowed."""
    names = _entity_names(organization)
    return next((entity for entity in wanted if words(entity) in names), None)


def listed(wanted: frozenset[str], lists: Iterable[str]) -> str | None:
    """Return the first list among the wanted ones, spelling aside."""
    folded = {fold(name) for name in wanted}
    return next((name for name in lists if fold(name) in folded), None)


def country_judgement(
    options: Options, countries: Iterable[str | None], prefix: str, what: str, *, missing: str
) -> Judged:
    """Judge countries against `allow_<prefix>countries` and `deny_<prefix>countries`.

    Every country must be allowed and none denied; None among them (or no country at all) cannot be told.
    """
    given = tuple(countries)
    deny, allow = options.set(f"deny_{prefix}countries"), options.set(f"allow_{prefix}countries")
    if not deny and not allow:
        return FINE
    denied, allowed = expand(deny), expand(allow)
    seen = [country for country in given if country]
    for country in seen:
        if country in denied:
            return Judged(True, f"deny_{prefix}countries", f"{what} {country}")  # noqa: FBT003 - see Judged
    for country in seen:
        if allow and country not in allowed:
            reason = f"{what} {country}, which is not among the allowed countries"
            return Judged(True, f"allow_{prefix}countries", reason)  # noqa: FBT003 - see Judged
    if not seen or len(seen) < len(given):
        return Judged(None, f"{'deny' if deny else 'allow'}_{prefix}countries", missing)
    return FINE


def hosted_elsewhere(fact: Fact[Hosting]) -> bool | None:
    """Whether someone else runs it: False for what is not hosted or is local; None where that is not known."""
    match fact:
        case Known(value=value):
            return not value.local
        case Absent():
            return False
        case Unseen():
            return None
        case Disputed(claims=claims):
            sides = {not claim.value.local for claim in claims}
            return sides.pop() if len(sides) == 1 else None
