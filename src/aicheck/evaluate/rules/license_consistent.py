"""license-consistent: what a model claims about its licence contradicts neither itself nor its ancestors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Ancestor, Component, License
from aicheck.core.evidence import Absent, Disputed, Known, Unseen, claims_of
from aicheck.core.target import Kind
from aicheck.evaluate.licenses import title
from aicheck.evaluate.reading import FINE, Judged, chain, evidence, judge, why_unseen
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN, NUMBER
from aicheck.knowledge.origins import same_house

_FREE: Final = frozenset({"open-source"})
_BOUND: Final = frozenset({"open-weights-restricted", "responsible-ai", "source-available", "proprietary"})
_NOT_COMMERCIAL: Final = frozenset({"non-commercial", "research-only"})


def _against(own: License, base: License, base_id: str) -> Judged:
    """Whether the own licence promises what the ancestor's does not give."""
    if own.expression == base.expression:
        return FINE
    mine, theirs = title(own), title(base)
    not_commercial = base.commercial_use == "no" or base.category in _NOT_COMMERCIAL
    if not_commercial and (own.commercial_use in {"yes", "yes-with-conditions"} or own.category in _FREE):
        return Judged(
            bad=True, reason=f"claims {mine}, but descends from {base_id} under {theirs} (not commercial)"
        )
    if own.category in _FREE and base.category in _BOUND:
        return Judged(bad=True, reason=f"claims {mine}, but descends from {base_id} under {theirs}")
    if base.share_alike:
        return Judged(bad=True, reason=f"claims {mine}, but descends from {base_id} under {theirs} (share-alike)")
    if own.category in {None, "unknown"} or base.category in {None, "unknown"}:
        return Judged(
            None, reason=f"the terms of {mine if own.category in {None, 'unknown'} else theirs} are not known"
        )
    return FINE


def _owner(component: Component, step: Ancestor) -> bool:
    """Whether the same house made both: who owns weights may license what comes of them anew."""
    made = step.developer
    if not isinstance(made, Known):
        return False
    makers = (component.publisher, component.developer)
    return any(isinstance(maker, Known) and same_house(maker.value, made.value) for maker in makers)


def _inherited(component: Component, step: Ancestor, own: License, floor: float) -> Iterator[Answer]:
    result = judge(
        step.license,
        lambda base: _against(own, base, step.id),
        f"the licence of {step.id}",
        absent=Judged(bad=True, reason=f"claims {title(own)}, but descends from {step.id}, which has no licence"),
    )
    lines = (
        ("lineage", chain(component, step)),
        *evidence(claims_of(component.license), 1),
        *evidence(claims_of(step.license), 1),
    )
    if result.bad and (step.declared or step.confidence >= floor):
        yield violation(result.reason, "ancestors", lines)
    elif result.bad is not False:
        yield unknown(result.reason, "ancestors", lines)


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    match component.license:
        case Disputed(claims=claims):
            said = " and ".join(dict.fromkeys(title(claim.value) for claim in claims))
            yield violation(f"sources contradict each other on the licence: {said}", "", evidence(claims))
        case Unseen() as fact:
            yield unknown(f"the licence is not known: {why_unseen(fact)}", "")
        case Absent():
            return
        case Known(value=own) if options.flag("ancestors"):
            floor = options.number("min_confidence") or 0.0
            steps = [step for step in component.lineage.ancestors if not _owner(component, step)]
            found = [answer for step in steps for answer in _inherited(component, step, own, floor)]
            complete = component.lineage.complete
            if not (isinstance(complete, Known) and complete.value):
                found.append(unknown("not every ancestor is known, so neither are their licences", "ancestors"))
            yield from sorted(found, key=lambda answer: not answer.known)[:1]
        case Known():
            return


RULE: Final = Rule(
    "license-consistent",
    "Claims about the licence contradict neither each other nor the ancestors' licences.",
    (
        Option("ancestors", BOOLEAN, "Compare with the licences of all ancestors.", default=True),
        Option(
            "min_confidence", NUMBER, "An inferred ancestor below this confidence is unknown, not certain.", 0.7
        ),
    ),
    _check,
    MODEL_KINDS - {Kind.HOSTED_MODEL},
)
