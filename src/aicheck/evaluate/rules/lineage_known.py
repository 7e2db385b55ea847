"""lineage-known: every path of descent ends at a model that is known to be trained from scratch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import Absent, Disputed, Known, Unseen
from aicheck.core.target import Kind
from aicheck.evaluate.reading import LOOKED, chain, evidence, why_unseen
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Options, Rule, unknown, violation


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    known = tuple(("lineage", chain(component, step)) for step in component.lineage.ancestors[:3])
    match component.lineage.complete:
        case Known(value=True):
            return
        case Disputed(claims=claims):
            yield violation("sources contradict each other on what the weights descend from", "", evidence(claims))
        case Unseen(gap=gap) as fact if gap.reason not in LOOKED:
            yield unknown(f"the lineage could not be looked up: {why_unseen(fact)}", "", known)
        case Unseen() | Known() | Absent():
            end = "not known to its roots" if known else "not stated by any source"
            yield violation(
                f"the lineage is {end}",
                "",
                known,
                help="ask the publisher for 'base_model' in the model card, or choose a model that declares it",
            )


RULE: Final = Rule(
    "lineage-known",
    "The descent of the weights is known down to models trained from scratch.",
    (),
    _check,
    MODEL_KINDS - {Kind.HOSTED_MODEL},
)
