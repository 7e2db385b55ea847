"""Every model in detail: what is known of it, each claim with its source, files and places.

A page of thousands of models would be tens of megabytes: above a number of models the sections of the others are
data, packed so that every string stands once, from which the page's script builds a section when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from aicheck.core.component import Component, Hosting, License, Organization, Weights
from aicheck.core.evidence import Absent, Disputed, Fact, Known, value_of
from aicheck.core.frozen import dataclass
from aicheck.report.facts import (
    fact_state,
    license_text,
    lineage_text,
    organization_text,
    origin_text,
    shown_name,
)
from aicheck.report.safety import visible

__all__ = ["Detail", "Table", "detail_of", "in_script", "pack"]

_TEXT: Final = 2000
_FILES: Final = 60
_OCCURRENCES: Final = 40

Cell = str | tuple[str, str]
"""Text, or text and what stands beside it as a badge."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a section."""

    title: str
    label: str
    """What a screen reader calls it."""
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    mono: tuple[int, ...] = ()
    """Columns of paths and digests."""
    more: int = 0


@dataclass(frozen=True, slots=True)
class Detail:
    """The section of one model."""

    name: str
    who: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    places: tuple[str, ...]
    places_more: int


def _plain(value: Any) -> str:
    """A claim's value in a phrase."""
    if isinstance(value, Organization):
        return f"{value.name} ({value.country or 'country unknown'})"
    if isinstance(value, License):
        return value.expression
    if isinstance(value, Weights):
        return f"{len(value.files)} files: " + ", ".join(one.id for one in value.formats)
    if isinstance(value, Hosting):
        return f"{value.operator or value.provider_name or value.provider or 'unknown'}"
    if value is None:
        return "none"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _claims(component: Component) -> Iterator[tuple[Cell, ...]]:
    facts: list[tuple[str, Fact[Any]]] = [
        ("publisher", component.publisher),
        ("developer", component.developer),
        ("lineage complete", component.lineage.complete),
        ("licence", component.license),
        ("weights", component.weights),
        ("commit", component.revision.commit),
        ("hosting", component.hosting),
    ]
    if component.stands_for is not None:
        facts.append(("stands for", component.stands_for))
    facts.extend((f"data: {one.kind} {one.id}", one.developer) for one in component.lineage.data)
    for name, fact in facts:
        if isinstance(fact, Known | Disputed | Absent):
            for claim in fact.claims:
                state = fact_state(fact)
                yield (
                    name if state == "known" else (name, state),
                    _plain(claim.value),
                    claim.source.value,
                    f"{claim.locator} {claim.note}".strip(),
                    f"{claim.confidence:.2f}",
                    claim.seen or "",
                )
        else:
            yield (name, "not seen"), "", "", fact.gap.detail or fact.gap.reason.value, "", ""


def _facts(component: Component) -> Iterator[tuple[str, str]]:
    card, terms = component.card, value_of(component.license)
    yield "kind", component.kind.value
    yield "publisher", organization_text(component.publisher)
    yield "developer", organization_text(component.developer)
    developer = value_of(component.developer)
    if developer is not None and developer.lists:
        yield "lists", ", ".join(f"{flag.list} since {flag.since}" for flag in developer.lists)
    yield "lineage", lineage_text(component)
    if component.lineage.concealed:
        yield "concealed", "an ancestor was inferred although the card declares none or another"
    if component.lineage.data:
        yield "trained on the outputs of", ", ".join(f"{one.id} ({one.kind})" for one in component.lineage.data)
    yield "licence", license_text(component.license)
    if terms is not None:
        for label, value in (
            ("licence category", terms.category),
            ("commercial use", terms.commercial_use),
            ("attribution", terms.attribution),
            ("naming", terms.naming),
            ("use restrictions", terms.use_restrictions),
            ("territories left out", ", ".join(terms.territory_exclusions)),
        ):
            if value:
                yield label, value
    yield "revision asked for", ", ".join(one or "none" for one in component.revision.requested) or "none"
    stands_for = value_of(component.stands_for) if component.stands_for is not None else None
    for label, text in (
        ("stands for", stands_for),
        ("availability", component.availability),
        ("task", card.task),
        ("architecture", card.architecture or card.architecture_family),
        ("parameters", f"{card.parameters:,}" if card.parameters else None),
        ("context length", f"{card.context_length:,}" if card.context_length else None),
        ("quantisation", card.quantization),
        ("languages", ", ".join(card.languages)),
        ("datasets", ", ".join(card.datasets)),
        ("limitations", card.limitations),
        ("facts as of", component.as_of),
        ("answered by", component.answered_by),
        ("package URL", component.purl),
    ):
        if text:
            yield label, text
    weights = value_of(component.weights)
    if weights is not None:
        for label, values in (
            ("code that loading would run", weights.remote_code),
            ("same weights as", weights.identical_to),
            ("issues of the Hub's scan", weights.scan_issues),
        ):
            if values:
                yield label, ", ".join(values)
        if weights.signature:
            yield "signature", weights.signature


def _ancestors(component: Component) -> Iterator[tuple[Cell, ...]]:
    for one in component.lineage.ancestors:
        yield (
            (one.id, "root") if one.root else one.id,
            one.relation.value if one.declared else (one.relation.value, "inferred"),
            one.child,
            organization_text(one.developer),
            license_text(one.license),
            f"{one.confidence:.2f}",
            "; ".join(f"{claim.source.value} {claim.locator} {claim.note}".strip() for claim in one.claims[:5]),
        )


def detail_of(component: Component) -> Detail:
    """Everything that the page says of one model."""
    name = shown_name(component)
    weights = value_of(component.weights)
    files = weights.files if weights is not None else ()
    tables = [
        Table(
            "Weights descend from",
            f"Ancestors of {name}",
            ("Ancestor", "Relation", "Of", "Developer", "Licence", "Confidence", "Evidence"),
            tuple(_ancestors(component)),
        ),
        Table(
            "Claims and their sources",
            f"Claims about {name}",
            ("Fact", "Value", "Source", "Where", "Confidence", "Seen"),
            tuple(_claims(component)),
            mono=(3,),
        ),
        Table(
            "Weight files",
            f"Files of {name}",
            ("File", "Format", "Bytes", "SHA-256"),
            tuple(
                (
                    one.path,
                    one.format or "unknown",
                    f"{one.size:,}" if one.size is not None else "",
                    one.sha256 or "unknown",
                )
                for one in files[:_FILES]
            ),
            mono=(0, 3),
            more=max(len(files) - _FILES, 0),
        ),
    ]
    places = component.references
    return Detail(
        name,
        f"{organization_text(component.developer)} · {origin_text(component)} · {license_text(component.license)}",
        tuple(_facts(component)),
        tuple(table for table in tables if table.rows),
        tuple(
            f"{one.occurrence.path}:{one.occurrence.line}:{one.occurrence.column} {one.occurrence.use.value}"
            f" {one.occurrence.symbol}".rstrip()
            for one in places[:_OCCURRENCES]
        ),
        max(len(places) - _OCCURRENCES, 0),
    )


class _Strings:
    """Every string and every row of strings once, made inert: models of one house share most of theirs."""

    __slots__ = ("_numbers", "_places", "rows", "texts")

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._places: dict[tuple[Cell, ...], int] = {}
        self.texts: list[str] = []
        self.rows: list[list[Any]] = []

    def number(self, text: str) -> int:
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self.texts)
            self.texts.append(visible(text, _TEXT))
        return found

    def row(self, cells: tuple[Cell, ...]) -> int:
        found = self._places.get(cells)
        if found is None:
            found = self._places[cells] = len(self.rows)
            self.rows.append(
                [
                    self.number(cell) if isinstance(cell, str) else [self.number(cell[0]), self.number(cell[1])]
                    for cell in cells
                ]
            )
        return found


def pack(details: Iterable[tuple[str, Component]]) -> str:
    """(id of the section, component) as JSON for a script element; report.js knows the shape."""
    strings = _Strings()
    sections: dict[str, list[Any]] = {}
    for key, component in details:
        one = detail_of(component)
        sections[key] = [
            strings.number(one.name),
            strings.number(one.who),
            [strings.row(pair) for pair in one.facts],
            [
                [
                    strings.number(table.title),
                    strings.number(table.label),
                    strings.row(table.head),
                    [strings.row(row) for row in table.rows],
                    list(table.mono),
                    table.more,
                ]
                for table in one.tables
            ],
            strings.row(one.places),
            one.places_more,
        ]
    # `visible` leaves no lone surrogate, the only thing that cannot be written.
    return in_script(orjson.dumps({"texts": strings.texts, "rows": strings.rows, "sections": sections}))


def in_script(data: bytes) -> str:
    """JSON as the content of a script element: no `<` in it, so nothing can end the element."""
    escaped = data.decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return escaped.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
