"""The published view of a component: flat names, each known, absent, unseen or disputed.

`aicheck show MODEL --facts` prints it, `schemas/facts.schema.json` describes it, custom rules are written over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, NamedTuple, TypeVar

from aicheck.core.component import Component, Hosting, License, LicenseThreshold, Organization, Safety, Weights
from aicheck.core.evidence import Absent, Disputed, Fact, Known, Unseen, claims_of
from aicheck.core.frozen import dataclass

__all__ = ["FACTS", "FactSpec", "Read", "facts_of", "facts_schema"]

T = TypeVar("T")
Type = Literal["string", "number", "boolean", "date", "strings"]
State = Literal["known", "absent", "unseen", "disputed"]


class Read(NamedTuple):
    """One fact, read for the view."""

    state: State
    value: Any = None
    """Of a known fact: str, float, bool or tuple of str."""
    sides: tuple[Any, ...] = ()
    """Of a disputed fact: what its sources say (None = that source does not). Of an unseen list: what is seen
    so far, so the list holds at least these."""
    reason: str = ""
    """Of an unseen fact: a `GapReason`."""


_NOT_STATED: Final = Read("unseen", reason="not-stated")


def _stated(value: Any) -> Read:
    return _NOT_STATED if value is None else Read("known", value)


def _document(component: Component, value: str | None) -> Read:
    """A document that a card's text names: where the text was read and names none, there is none on record."""
    return Read("absent") if value is None and component.card.text_read else _stated(value)


def _of(fact: Fact[T], part: Callable[[T], Any]) -> Read:
    """Read a part of a fact; sources that agree on the part make it known even where they differ elsewhere."""
    match fact:
        case Known(value=value):
            return _stated(part(value))
        case Absent():
            return Read("absent")
        case Unseen(gap=gap):
            return Read("unseen", reason=gap.reason.value)
        case Disputed(claims=claims):
            sides = tuple(dict.fromkeys(part(claim.value) for claim in claims))
            return _stated(sides[0]) if len(sides) == 1 else Read("disputed", sides=sides)


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A published fact."""

    name: str
    type: Type
    summary: str
    read: Callable[[Component], Read]
    whole: Callable[[Component], Fact[Any]] | None = None
    """The fact of the component behind it, for its claims."""


def _organization(name: str, whole: Callable[[Component], Fact[Organization]]) -> Iterable[FactSpec]:
    parts: tuple[tuple[str, Type, str, Callable[[Organization], Any]], ...] = (
        ("name", "string", "common name", lambda o: o.name),
        ("country", "string", "country of the seat, ISO 3166-1 alpha-2", lambda o: o.country),
        ("namespace", "string", "Hub namespace", lambda o: o.namespace),
        ("legal_entity", "string", "legal entity", lambda o: o.legal_entity),
        ("type", "string", "company, university, government, non-profit, community, individual", lambda o: o.type),
        ("role", "string", "developer, redistributor, requantiser, mirror", lambda o: o.role),
        ("parent", "string", "parent organisation", lambda o: o.parent),
        ("parent_country", "string", "country of the parent", lambda o: o.parent_country),
        ("lists", "strings", "government lists it stands on", lambda o: tuple(f.list for f in o.lists)),
    )
    for key, kind, summary, part in parts:
        yield FactSpec(
            f"{name}.{key}",
            kind,
            f"{name}: {summary}",
            lambda c, part=part: _of(whole(c), part),  # type: ignore[misc]  # bound now, not at the call
            whole,
        )


def _threshold(limit: LicenseThreshold) -> str:
    return f"{limit.metric} > {limit.value:,.0f} {limit.unit}: {limit.effect}"


def _license_facts() -> Iterable[FactSpec]:
    parts: tuple[tuple[str, Type, str, Callable[[License], Any]], ...] = (
        ("expression", "string", "SPDX expression", lambda x: x.expression),
        ("hub_id", "string", "the Hub's identifier", lambda x: x.hub_id),
        ("hub_name", "string", "`license_name` of the card", lambda x: x.hub_name),
        ("category", "string", "class of the licence", lambda x: x.category),
        ("osi_approved", "boolean", "approved by the OSI", lambda x: x.osi_approved),
        ("commercial_use", "string", "yes, yes-with-conditions, no", lambda x: x.commercial_use),
        (
            "thresholds",
            "strings",
            "limits above which other terms apply",
            lambda x: tuple(map(_threshold, x.thresholds)),
        ),
        ("territory_exclusions", "strings", "where nothing is granted", lambda x: x.territory_exclusions),
        ("attribution", "string", "attribution duty", lambda x: x.attribution),
        ("naming", "string", "duty on the name of derivatives", lambda x: x.naming),
        ("share_alike", "boolean", "derivatives carry the same licence", lambda x: x.share_alike),
        ("use_restrictions", "string", "restrictions of use", lambda x: x.use_restrictions),
        ("output_restrictions", "string", "limits on the use of outputs", lambda x: x.output_restrictions),
    )
    for key, kind, summary, part in parts:
        yield FactSpec(
            f"license.{key}",
            kind,
            summary,
            lambda c, part=part: _of(c.license, part),  # type: ignore[misc]  # bound now, not at the call
            lambda c: c.license,
        )


def _unsafe(w: Weights) -> bool | None:
    if any(f.safety is Safety.EXECUTABLE for f in w.formats):
        return True
    return None if any(f.safety is Safety.UNKNOWN for f in w.formats) else False


def _weights_facts() -> Iterable[FactSpec]:
    parts: tuple[tuple[str, Type, str, Callable[[Weights], Any]], ...] = (
        ("formats", "strings", "formats of the weights", lambda w: tuple(f.id for f in w.formats)),
        ("unsafe", "boolean", "a file among them can run code when it is loaded", _unsafe),
        ("remote_code", "strings", "Python files that trust_remote_code would run", lambda w: w.remote_code),
        ("auto_map", "boolean", "the configuration maps classes to code of the repository", lambda w: w.auto_map),
        ("files", "strings", "paths of the weight files", lambda w: tuple(f.path for f in w.files)),
        (
            "signature",
            "string",
            "signed-consistent, signed-mismatch, present-unchecked, absent",
            lambda w: w.signature,
        ),
        ("scan_status", "string", "the Hub's own scan: safe, suspicious, unsafe", lambda w: w.scan_status),
        ("identical_to", "strings", "repositories with the same weights by sha256", lambda w: w.identical_to),
    )
    for key, kind, summary, part in parts:
        yield FactSpec(
            f"weights.{key}",
            kind,
            summary,
            lambda c, part=part: _of(c.weights, part),  # type: ignore[misc]  # bound now, not at the call
            lambda c: c.weights,
        )


def _hosting_facts() -> Iterable[FactSpec]:
    parts: tuple[tuple[str, Type, str, Callable[[Hosting], Any]], ...] = (
        ("provider", "string", "slug of the provider", lambda h: h.provider),
        ("host", "string", "host name", lambda h: h.host),
        ("operator", "string", "who runs it", lambda h: h.operator),
        ("operator_country", "string", "country of the operator", lambda h: h.operator_country),
        ("contract_country", "string", "country of the contracting entity", lambda h: h.contract_country),
        (
            "processing_countries",
            "strings",
            "where requests are processed, as stated",
            lambda h: h.processing_countries or None,
        ),
        ("router", "boolean", "the gateway decides at run time who serves", lambda h: h.router),
        ("local", "boolean", "run by whoever runs the project", lambda h: h.local),
        ("kind", "string", "vendor-api, inference-host, aggregator, router, cloud …", lambda h: h.kind),
        ("lists", "strings", "government lists the operator stands on", lambda h: tuple(f.list for f in h.lists)),
    )
    for key, kind, summary, part in parts:
        yield FactSpec(
            f"hosting.{key}",
            kind,
            summary,
            lambda c, part=part: _of(c.hosting, part),  # type: ignore[misc]  # bound now, not at the call
            lambda c: c.hosting,
        )


def _open_list(component: Component, items: Iterable[str | None]) -> Read:
    """A list read off the lineage: whole only where the lineage is complete and every item is known."""
    seen = tuple(items)
    named = tuple(dict.fromkeys(item for item in seen if item is not None))
    match component.lineage.complete:
        case Known() if len(named) == len(dict.fromkeys(seen)):
            return Read("known", named)
        case Unseen(gap=gap):
            return Read("unseen", sides=named, reason=gap.reason.value)
        case Disputed():
            return Read("unseen", sides=named, reason="disputed")
        case _:
            return Read("unseen", sides=named, reason="not-stated")


def _developer_parts(
    fact: Fact[Organization], part: Callable[[Organization], str | None]
) -> tuple[str | None, ...]:
    match fact:
        case Known(value=value):
            return (part(value),)
        case Disputed():
            return (None,)
        case Absent() | Unseen():
            return (None,)


def _lineage_facts() -> Iterable[FactSpec]:
    def parts(component: Component, part: Callable[[Organization], str | None]) -> Iterable[str | None]:
        for step in component.lineage.ancestors:
            yield from _developer_parts(step.developer, part)

    yield FactSpec(
        "lineage.complete",
        "boolean",
        "every path of descent ends at a model trained from scratch",
        lambda c: _of(c.lineage.complete, lambda v: v),
        lambda c: c.lineage.complete,
    )
    yield FactSpec(
        "lineage.concealed",
        "boolean",
        "an ancestor was inferred although the card declares none or another",
        lambda c: Read("known", c.lineage.concealed),
    )
    yield FactSpec(
        "lineage.ancestors",
        "strings",
        "ids of all ancestors by weights",
        lambda c: _open_list(c, (a.id for a in c.lineage.ancestors)),
    )
    yield FactSpec(
        "lineage.roots",
        "strings",
        "ids of the ancestors without further ancestors",
        lambda c: _open_list(c, (a.id for a in c.lineage.ancestors if a.root)),
    )
    yield FactSpec(
        "lineage.relations",
        "strings",
        "kinds of derivation on the way",
        lambda c: _open_list(c, (a.relation.value for a in c.lineage.ancestors)),
    )
    yield FactSpec(
        "lineage.countries",
        "strings",
        "countries of the developers of all ancestors",
        lambda c: _open_list(c, parts(c, lambda o: o.country)),
    )
    yield FactSpec(
        "lineage.developers",
        "strings",
        "names of the developers of all ancestors",
        lambda c: _open_list(c, parts(c, lambda o: o.name)),
    )
    yield FactSpec(
        "lineage.undeclared",
        "strings",
        "ancestors that were inferred and are not declared",
        lambda c: Read("known", tuple(a.id for a in c.lineage.ancestors if not a.declared)),
    )
    yield FactSpec(
        "data.teachers",
        "strings",
        "models on whose outputs it is known to be trained",
        # Nobody can see that there are no further teachers, so this list is never whole.
        lambda c: Read(
            "unseen", sides=tuple(d.id for d in c.lineage.data if d.kind == "teacher"), reason="not-stated"
        ),
    )


def _uses(component: Component) -> tuple[str, ...]:
    return tuple(sorted({r.occurrence.use.value for r in component.references}))


def _plain_facts() -> Iterable[FactSpec]:
    plain: tuple[tuple[str, Type, str, Callable[[Component], Any]], ...] = (
        ("kind", "string", "kind of component", lambda c: c.kind.value),
        ("target", "string", "canonical spelling of what is referred to", lambda c: str(c.target)),
        ("name", "string", "what people call it", lambda c: c.name),
        ("purl", "string", "package URL", lambda c: c.purl),
        ("id", "string", "Hub id that answered", lambda c: c.resolved_id),
        (
            "availability",
            "string",
            "available, gated, disabled, deleted, moved, deprecated",
            lambda c: c.availability,
        ),
        ("version", "string", "version of a library", lambda c: c.version),
        ("as_of", "date", "date of the oldest fact", lambda c: c.as_of),
        ("answered_by", "string", "lock, catalog, hub, file, knowledge", lambda c: c.answered_by),
        ("revision.requested", "strings", "revisions as written", lambda c: c.revision.requested),
        ("revision.pinned", "boolean", "every load names a full commit", lambda c: c.revision.pinned),
        ("reference.uses", "strings", "what the references are for", _uses),
        (
            "reference.paths",
            "strings",
            "files that refer to it",
            lambda c: tuple(sorted({r.occurrence.path for r in c.references})),
        ),
        (
            "reference.remote_code",
            "boolean",
            "a reference asks for trust_remote_code",
            lambda c: any((r.attribute("trust_remote_code") or "").lower() == "true" for r in c.references),
        ),
        ("card.present", "boolean", "there is a model card", lambda c: c.card.present),
        ("card.text_read", "boolean", "the card's text was read", lambda c: c.card.text_read),
        ("card.task", "string", "task", lambda c: c.card.task),
        ("card.library", "string", "library", lambda c: c.card.library),
        ("card.architecture", "string", "class of the architecture", lambda c: c.card.architecture),
        ("card.architecture_family", "string", "`model_type`", lambda c: c.card.architecture_family),
        ("card.parameters", "number", "number of parameters", lambda c: c.card.parameters),
        ("card.context_length", "number", "context length in tokens", lambda c: c.card.context_length),
        ("card.quantization", "string", "quantisation", lambda c: c.card.quantization),
        ("card.languages", "strings", "languages", lambda c: c.card.languages or None),
        ("card.datasets", "strings", "named training data", lambda c: c.card.datasets or None),
        ("card.tags", "strings", "tags", lambda c: c.card.tags or None),
        ("card.created", "date", "date of creation", lambda c: c.card.created and c.card.created[:10]),
        ("card.modified", "date", "date of the last change", lambda c: c.card.modified and c.card.modified[:10]),
        ("card.downloads", "number", "downloads", lambda c: c.card.downloads),
        ("card.likes", "number", "likes", lambda c: c.card.likes),
    )
    for name, kind, summary, part in plain:
        yield FactSpec(name, kind, summary, lambda c, part=part: _stated(part(c)))  # type: ignore[misc]  # bound now
    documents: tuple[tuple[str, str, Callable[[Component], str | None]], ...] = (
        ("card.training_summary", "link to the training-content summary", lambda c: c.card.training_summary),
        ("card.acceptable_use", "link to the acceptable-use policy", lambda c: c.card.acceptable_use),
        ("card.limitations", "stated limitations", lambda c: c.card.limitations),
    )
    for name, summary, document in documents:
        yield FactSpec(
            name,
            "string",
            summary,
            lambda c, part=document: _document(c, part(c)),  # type: ignore[misc]  # bound now, not at the call
        )
    yield FactSpec(
        "revision.commit",
        "string",
        "commit that was resolved",
        lambda c: _of(c.revision.commit, lambda v: v),
        lambda c: c.revision.commit,
    )
    yield FactSpec(
        "stands_for",
        "string",
        "Hub id of the open weights behind a hosted name",
        lambda c: Read("absent") if c.stands_for is None else _of(c.stands_for, lambda v: v),
        lambda c: c.stands_for or Absent(()),
    )


def _every_fact() -> Iterable[FactSpec]:
    yield from _plain_facts()
    yield from _organization("publisher", lambda c: c.publisher)
    yield from _organization("developer", lambda c: c.developer)
    yield from _lineage_facts()
    yield from _license_facts()
    yield from _weights_facts()
    yield from _hosting_facts()


FACTS: Final[dict[str, FactSpec]] = {spec.name: spec for spec in _every_fact()}
"""Every published fact by name."""


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def facts_of(component: Component) -> dict[str, dict[str, Any]]:
    """Return the published facts of a component: name → `{"state": …, "value" | "values" | "reason": …}`.

    Known and disputed facts that rest on claims name them under `claims` (source, locator, confidence).
    """
    result: dict[str, dict[str, Any]] = {}
    for name, spec in FACTS.items():
        read = spec.read(component)
        entry: dict[str, Any] = {"state": read.state}
        if read.state == "known":
            entry["value"] = _plain(read.value)
        elif read.state == "disputed":
            entry["values"] = [_plain(side) for side in read.sides]
        elif read.state == "unseen":
            entry["reason"] = read.reason
            if spec.type == "strings" and read.sides:
                entry["at_least"] = list(read.sides)
        if spec.whole is not None and read.state in {"known", "disputed"}:
            entry["claims"] = [
                {"source": claim.source.value, "locator": claim.locator, "confidence": claim.confidence}
                for claim in claims_of(spec.whole(component))
            ]
        result[name] = entry
    return result


_JSON_TYPES: Final[dict[str, dict[str, Any]]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"},
    "strings": {"type": "array", "items": {"type": "string"}},
}


def _entry_schema(spec: FactSpec) -> dict[str, Any]:
    value = _JSON_TYPES[spec.type]
    side: dict[str, Any] = {"anyOf": [value, {"type": "null"}]}
    variants: list[dict[str, Any]] = [
        {"properties": {"state": {"const": "known"}, "value": value}, "required": ["state", "value"]},
        {
            "properties": {
                "state": {"const": "disputed"},
                "values": {"type": "array", "items": side, "minItems": 2},
            },
            "required": ["state", "values"],
        },
        {
            "properties": {"state": {"const": "unseen"}, "reason": {"type": "string"}},
            "required": ["state", "reason"],
        },
        {"properties": {"state": {"const": "absent"}}, "required": ["state"]},
    ]
    return {"description": spec.summary, "x-type": spec.type, "type": "object", "anyOf": variants}


def facts_schema() -> dict[str, Any]:
    """Return the JSON Schema of `facts_of`, as `schemas/facts.schema.json` publishes it."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://aicheck.dev/schemas/facts.schema.json",
        "title": "aicheck facts of a component",
        "type": "object",
        "properties": {name: _entry_schema(spec) for name, spec in FACTS.items()},
        "required": list(FACTS),
        "additionalProperties": False,
    }
