"""remote-code-refused: no Python from a model repository is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import Known
from aicheck.core.reference import Reference
from aicheck.core.target import HubDataset, HubModel, Kind
from aicheck.evaluate.reading import names_of
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN, GLOBS, glob_any

_COMMIT = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_NO: Final = frozenset({"false", "0", "no", "off", "none", ""})
_YES: Final = frozenset({"true", "1", "yes", "on"})


def _pinned(reference: Reference) -> bool:
    target = reference.target
    own = target.revision if isinstance(target, HubModel | HubDataset) else None
    return bool(
        _COMMIT.fullmatch(reference.attribute("code_revision") or reference.attribute("revision") or own or "")
    )


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:
    if not any(reference.attribute("trust_remote_code") for reference in context.references):
        return
    if glob_any(options.strings("allow_models"), names_of(component)):
        return
    asked: list[Reference] = []
    open_places: list[Reference] = []
    for reference in context.references:
        value = reference.attribute("trust_remote_code")
        if value is None or value.strip().lower() in _NO:
            continue
        if options.flag("allow_pinned") and _pinned(reference):
            continue
        (asked if value.strip().lower() in _YES else open_places).append(reference)
    weights = component.weights
    files: tuple[tuple[str, str], ...] = ()
    if isinstance(weights, Known) and weights.value.remote_code:
        files = (("files", ", ".join(weights.value.remote_code[:5])),)
    if asked:
        places = tuple(reference.occurrence for reference in asked)
        what = (
            "runs Python code from the model repository"
            if files
            else "allows Python code from the model repository"
        )
        advice = "remove trust_remote_code, or review the code and name the commit"
        yield violation(f"trust_remote_code {what}", "allow_pinned", files, places, advice)
    if open_places:
        places = tuple(reference.occurrence for reference in open_places)
        yield unknown("trust_remote_code is decided at run time", "allow_pinned", files, places)


RULE: Final = Rule(
    "remote-code-refused",
    "No Python code from a model repository is run.",
    (
        Option("allow_models", GLOBS, "Models whose code was reviewed (ids, purls or targets)."),
        Option("allow_pinned", BOOLEAN, "Code at a full commit is accepted: it cannot change any more."),
    ),
    _check,
    MODEL_KINDS | {Kind.DATASET, Kind.UNRESOLVABLE},
)
