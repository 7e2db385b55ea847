"""model-denied: models on a list, and what descends from them, are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import Disputed, Known, Unseen, claims_of
from aicheck.core.target import Kind
from aicheck.evaluate.reading import chain, evidence, names_of, why_unseen
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN, GLOBS, NUMBER, glob_any


def _certain_names(component: Component) -> tuple[str, ...]:
    """Names without the sides of a dispute about what a hosted name stands for."""
    stands_for = component.stands_for
    if not isinstance(stands_for, Disputed):
        return names_of(component)
    doubtful = {spelling for claim in stands_for.claims for spelling in _spellings(claim.value)}
    return tuple(name for name in names_of(component) if name not in doubtful)


def _spellings(model_id: str) -> tuple[str, ...]:
    return (model_id, f"hf:{model_id}", f"pkg:huggingface/{model_id}")


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    if component.kind is Kind.UNRESOLVABLE:
        yield unknown("the model is chosen at run time, so it may be one that is refused", "models")
        return
    models, families = options.strings("models"), options.strings("families")
    hit = glob_any(models, _certain_names(component))
    if hit:
        yield violation(f"refused by '{hit}'", "models")
        return
    family = component.card.architecture_family
    hit = glob_any(families, [family])
    if hit:
        yield violation(f"of the family {family}, which is refused", "families")
        return
    doubt: Answer | None = None
    if isinstance(component.stands_for, Disputed) and glob_any(models, names_of(component)):
        doubt = unknown("sources contradict each other on which model stands behind the name", "models")
    if isinstance(component.stands_for, Unseen) and models:
        doubt = unknown(
            f"which model stands behind the name is not known: {why_unseen(component.stands_for)}", "models"
        )
    if families and family is None:
        doubt = doubt or unknown("the model family is not known", "families")
    if options.flag("include_derived") and models:
        for step in component.lineage.ancestors:
            hit = glob_any(models, _spellings(step.id))
            if not hit:
                continue
            lines = (("lineage", chain(component, step)), *evidence(step.claims))
            if step.declared or step.confidence >= (options.number("min_confidence") or 0):
                yield violation(f"descends from {step.id}, refused by '{hit}'", "include_derived", lines)
                return
            doubt = doubt or unknown(f"may descend from {step.id}, refused by '{hit}'", "include_derived", lines)
        complete = component.lineage.complete
        if not (isinstance(complete, Known) and complete.value):
            lines = evidence(claims_of(complete))
            doubt = doubt or unknown(
                "the lineage is not known to its roots, so it may be refused", "include_derived", lines
            )
    if doubt:
        yield doubt


RULE: Final = Rule(
    "model-denied",
    "Models on the list, and what descends from them, are not used.",
    (
        Option("models", GLOBS, "Ids, purls or targets: `deepseek-ai/*`, `api:deepseek/*`, `ollama:deepseek*`."),
        Option("families", GLOBS, "Architecture families (`model_type`): `deepseek*`."),
        Option("include_derived", BOOLEAN, "Also what descends from such a model by weights.", default=True),
        Option(
            "min_confidence", NUMBER, "An inferred ancestor below this confidence is unknown, not certain.", 0.7
        ),
    ),
    _check,
    MODEL_KINDS | {Kind.UNRESOLVABLE},
    needs=(("models", "families"),),
)
