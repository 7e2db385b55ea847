"""model-available: the model still exists and is not withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.target import Kind
from aicheck.evaluate.rule import Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import choices

_STATES: Final = ("gated", "disabled", "deleted", "moved", "recreated", "deprecated")
_WORDS: Final = {
    "gated": "gated: loading it needs an accepted agreement and a token",
    "disabled": "disabled on the Hub",
    "deleted": "deleted from the Hub",
    "moved": "moved to another name",
    "recreated": "a repository that was made anew under an old name",
    "deprecated": "deprecated by its provider",
}


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    state = component.availability
    if state is None:
        yield unknown("whether the model is still available was not looked up", "deny")
    elif state in options.set("deny"):
        moved = component.resolved_id if state == "moved" else None
        lines = (("moved to", moved),) if moved else ()
        yield violation(f"the model is {_WORDS.get(state, state)}", "deny", lines)


RULE: Final = Rule(
    "model-available",
    "The model still exists and is not withdrawn.",
    (Option("deny", choices(*_STATES), "States that are a violation.", ["disabled", "deleted", "deprecated"]),),
    _check,
    frozenset({Kind.MODEL, Kind.DATASET, Kind.HOSTED_MODEL, Kind.REGISTRY_MODEL}),
)
