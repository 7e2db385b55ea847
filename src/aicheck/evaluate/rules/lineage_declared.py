"""lineage-declared: what the weights show about their descent is also what the card says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Ancestor, Component
from aicheck.core.evidence import Known, Unseen
from aicheck.evaluate.reading import chain, evidence, why_unseen
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import NUMBER, choice
from aicheck.knowledge.origins import same_house


def _own_base(component: Component, step: Ancestor) -> bool:
    """The ancestor is its child's house's own model: nobody conceals anything by not repeating it."""
    by_id = {ancestor.id: ancestor.developer for ancestor in component.lineage.ancestors}
    mine, theirs = by_id.get(step.child, component.developer), step.developer
    return isinstance(mine, Known) and isinstance(theirs, Known) and same_house(mine.value, theirs.value)


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    floor = options.number("min_confidence") or 0.0
    own = component.resolved_id or component.name
    # What an ancestor's card conceals is the ancestor's publisher's doing, and named as such.
    undeclared = [step for step in component.lineage.ancestors if not step.declared]
    own_bases = options.text("own_bases") == "allow"
    foreign = [step for step in undeclared if not (own_bases and _own_base(component, step))]
    # Of a card that nobody has read it cannot be said what it leaves out.
    read = [step for step in foreign if step.card_seen]
    certain = [step for step in read if step.confidence >= floor]
    for step in (certain or read or foreign)[:1]:
        who = "the card" if step.child in {own, component.name} or step.depth == 1 else f"the card of {step.child}"
        lines = (("lineage", chain(component, step)), *evidence(step.claims))
        if not step.card_seen:
            yield unknown(f"the weights descend from {step.id}; whether {who} declares it was not seen", "", lines)
        elif certain:
            yield violation(f"the weights descend from {step.id}, which {who} does not declare", "", lines)
        else:
            yield unknown(f"the weights may descend from {step.id}, which {who} does not declare", "", lines)
    if certain:
        return
    if component.lineage.concealed and not undeclared:
        yield violation("the weights descend from a model that the card does not declare")
    complete = component.lineage.complete
    if foreign or (isinstance(complete, Known) and complete.value):
        return
    why = why_unseen(complete) if isinstance(complete, Unseen) else "sources contradict each other"
    yield unknown(f"whether every ancestor is declared cannot be seen: {why}")


RULE: Final = Rule(
    "lineage-declared",
    "Every ancestor that the weights or the configuration show is declared.",
    (
        Option(
            "min_confidence", NUMBER, "An inferred ancestor below this confidence is unknown, not certain.", 0.7
        ),
        Option("own_bases", choice("allow", "deny"), "Undeclared bases by the child's own house.", "allow"),
    ),
    _check,
    MODEL_KINDS,
)
