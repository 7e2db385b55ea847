"""model-allowed: only models on a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.target import Kind
from aicheck.evaluate.reading import names_of
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import GLOBS, glob_any


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    if component.kind is Kind.UNRESOLVABLE:
        yield unknown("the model is chosen at run time, so nobody can say whether it is on the list", "models")
        return
    if glob_any(options.strings("models"), names_of(component)):
        return
    family = component.card.architecture_family
    families = options.strings("families")
    if glob_any(families, [family]):
        return
    if families and family is None:
        yield unknown("the model family is not known", "families")
        return
    option = "models" if options.strings("models") else "families"
    yield violation("not among the allowed models", option, (("family", family),) if family else ())


RULE: Final = Rule(
    "model-allowed",
    "Only models on the list are used.",
    (
        Option(
            "models", GLOBS, "Ids, purls or targets: `meta-llama/*`, `pkg:huggingface/Qwen/*`, `api:openai/*`."
        ),
        Option("families", GLOBS, "Architecture families (`model_type`): `llama`, `qwen*`."),
    ),
    _check,
    MODEL_KINDS | {Kind.UNRESOLVABLE},
    needs=(("models", "families"),),
)
