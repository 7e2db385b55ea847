"""license-obligations: duties of attribution and naming that someone has to meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component, License
from aicheck.core.evidence import Absent, Disputed, Fact, Known, Unseen, claims_of
from aicheck.core.target import Kind
from aicheck.evaluate.licenses import title
from aicheck.evaluate.reading import evidence, names_of, why_unseen
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import GLOBS, choices, glob_any

_DUTIES: Final = ("attribution", "naming", "share-alike", "use-restrictions", "output-restrictions")


def _duties(terms: License, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    stated = (
        ("attribution", terms.attribution),
        ("naming", terms.naming),
        ("share-alike", "derivatives carry the same licence" if terms.share_alike else None),
        ("use-restrictions", terms.use_restrictions),
        ("output-restrictions", terms.output_restrictions),
    )
    for duty, text in stated:
        if duty in wanted and text and text.casefold() != "none":
            yield duty, text


def _sides(fact: Fact[License]) -> tuple[License, ...]:
    match fact:
        case Known(value=value):
            return (value,)
        case Disputed(claims=claims):
            return tuple(claim.value for claim in claims)
        case Absent() | Unseen():
            return ()


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    met_for = options.strings("met_for")
    if met_for and glob_any(met_for, names_of(component)):
        return
    facts = [("", component.license), *((f"{step.id}: ", step.license) for step in component.lineage.ancestors)]
    wanted, met = options.set("duties"), options.strings("met")
    lines: list[tuple[str, str]] = []
    names: list[str] = []
    doubtful: str | None = None
    for whose, fact in facts:
        sides = _sides(fact)
        found = [
            [(duty, f"{whose}{title(terms)} asks: {text}") for duty, text in _duties(terms, wanted)]
            for terms in sides
            if not glob_any(met, [terms.expression, terms.hub_id, terms.hub_name])
        ]
        if isinstance(fact, Unseen):
            doubtful = doubtful or f"{whose}the licence is not known: {why_unseen(fact)}"
        elif isinstance(fact, Disputed) and any(found) and not (len(found) == len(sides) and all(found)):
            doubtful = doubtful or f"{whose}sources contradict each other on the licence"
            continue
        for duties in found:
            lines += [line for line in duties if line not in lines]
        names += [title(terms) for terms, duties in zip(sides, found, strict=False) if duties]
    if lines:
        what = ", ".join(dict.fromkeys(duty for duty, _ in lines))
        under = ", ".join(dict.fromkeys(names))
        yield violation(
            f"{under} asks for {what}",
            "duties",
            (*lines, *evidence(claims_of(component.license), 1)),
            help="do what the lines above say, then list the licence under 'met' or the model under 'met_for'",
        )
        return
    complete = component.lineage.complete
    if not (isinstance(complete, Known) and complete.value):
        doubtful = doubtful or "not every ancestor is known, so neither are the duties of their licences"
    if doubtful:
        yield unknown(doubtful, "duties")


RULE: Final = Rule(
    "license-obligations",
    "Duties that the licences impose are listed until someone has met them.",
    (
        Option("duties", choices(*_DUTIES), "Kinds of duty to list.", ["attribution", "naming", "share-alike"]),
        Option("met", GLOBS, "Licences whose duties the organisation meets for all models."),
        Option("met_for", GLOBS, "Models whose duties are met (ids, purls, targets)."),
    ),
    _check,
    MODEL_KINDS - {Kind.HOSTED_MODEL},
)
