"""documentation-present: the documents that a procurement or a regulation asks for exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import Known
from aicheck.core.target import Kind
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import choices

_WORDS: Final = {
    "card": "a model card",
    "training-summary": "a public summary of the training content",
    "acceptable-use": "an acceptable-use policy",
    "limitations": "a statement of limitations",
    "datasets": "the training data by name",
    "license": "a licence",
}


_IN_THE_TEXT: Final = frozenset({"training-summary", "acceptable-use", "limitations"})


def _present(component: Component, document: str) -> bool | None:
    """True, False, or None: nobody looked."""
    card = component.card
    if document == "card":
        return card.present
    stated: object = {
        "training-summary": card.training_summary,
        "acceptable-use": card.acceptable_use,
        "limitations": card.limitations,
        "datasets": card.datasets,
        "license": component.license if isinstance(component.license, Known) else None,
    }[document]
    if stated:
        return True
    if card.present is None:
        return None
    # Where the card was read and says nothing, there is nothing; where nobody read it, nobody knows. These three
    # stand in its text, and the Hub's answer holds the front matter alone.
    return None if card.present and document in _IN_THE_TEXT and not card.text_read else False


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    exempt = options.set("exempt_license_categories")
    terms = component.license
    if exempt and isinstance(terms, Known) and terms.value.category in exempt:
        return
    missing: list[str] = []
    unread: list[str] = []
    for document in options.strings("require"):
        found = _present(component, document)
        if found is not True:
            (missing if found is False else unread).append(document)
    if missing:
        words = ", ".join(_WORDS[document] for document in missing)
        yield violation(
            f"there is no record of {words}", "require", tuple(("missing", _WORDS[d]) for d in missing)
        )
    elif unread:
        words = ", ".join(_WORDS[document] for document in unread)
        yield unknown(f"whether there is {words} could not be seen", "require")


RULE: Final = Rule(
    "documentation-present",
    "The documents that are asked for exist.",
    (
        Option("require", choices(*_WORDS), "Documents that must exist.", ["card"]),
        Option(
            "exempt_license_categories",
            choices("open-source", "open-weights-restricted", "responsible-ai", "copyleft", "source-available"),
            "Models under a licence of these classes need none of them.",
        ),
    ),
    _check,
    MODEL_KINDS - {Kind.WEIGHTS},
)
