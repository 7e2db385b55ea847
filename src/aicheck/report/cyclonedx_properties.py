"""Every fact that someone should act on as an `aicheck:*` property; the names are listed in docs/properties.md.

Dependency-Track and others read properties, and neither model cards nor pedigrees; a value has at most 1,024
characters there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from aicheck.core.component import Card, Component, Hosting, License, Organization, Weights
from aicheck.core.evidence import Absent, Disputed, Fact, Gap, Known, Unseen, value_of
from aicheck.core.target import Kind
from aicheck.report.facts import MODEL_KINDS, declared_licenses, fact_state, root_countries, roots
from aicheck.report.safety import clip

__all__ = ["VALUE_LIMIT", "Property", "prop", "properties_of", "registered"]

VALUE_LIMIT: Final = 1024
_GAPS_SHOWN: Final = 50
_LIST_SHOWN: Final = 200
_REVISED: Final = frozenset({Kind.MODEL, Kind.DATASET})

Property = dict[str, str]


@lru_cache(maxsize=4096)  # a handful of names and values on every component; the entries are shared
def _common(name: str, value: str | float) -> Property:
    return prop(name, value)


def prop(name: str, value: object) -> Property:
    """One property with its value as text: booleans as `true` and `false`."""
    if type(value) is str:
        return {"name": name, "value": value if len(value) <= VALUE_LIMIT else clip(value, VALUE_LIMIT)}
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float):
        text = format(value, ".15g")
    else:
        text = str(value)
    return {"name": name, "value": clip(text, VALUE_LIMIT)}


class _Collector:
    __slots__ = ("properties",)

    def __init__(self) -> None:
        self.properties: list[Property] = []

    def add(self, name: str, value: object) -> None:
        if value is None or value == "":
            return
        if type(value) is str and len(value) <= VALUE_LIMIT:  # nearly every one
            self.properties.append({"name": "aicheck:" + name, "value": value})
        else:
            self.properties.append(prop("aicheck:" + name, value))

    def each(self, name: str, values: Iterable[object]) -> None:
        for number, value in enumerate(values):
            if number >= _LIST_SHOWN:
                self.add(f"{name}:more", "true")
                break
            self.add(name, value)


def _organization(out: _Collector, role: str, fact: Fact[Organization], *, expected: bool) -> None:
    if not isinstance(fact, Known):
        # That nobody says who made a library or runs a server of one's own is no news.
        if expected or not isinstance(fact, Unseen):
            out.add(f"{role}:state", fact_state(fact))
        if isinstance(fact, Disputed):
            out.each(
                f"{role}:claim", (f"{c.value.name} ({c.value.country}): {c.source.value}" for c in fact.claims)
            )
        return
    organization = fact.value
    out.add(f"{role}:organization", organization.name)
    out.add(f"{role}:namespace", organization.namespace)
    out.add(f"{role}:country", organization.country)
    out.add(f"{role}:legal-entity", organization.legal_entity)
    out.add(f"{role}:type", organization.type)
    out.add(f"{role}:role", organization.role)
    out.add(f"{role}:parent", organization.parent)
    out.add(f"{role}:parent-country", organization.parent_country)
    out.each(f"{role}:list", (f"{flag.list} since {flag.since}" for flag in organization.lists))
    if fact.claims:
        out.add(f"{role}:source", fact.claims[0].source.value)
        out.add(f"{role}:confidence", fact.claims[0].confidence)


def _license(out: _Collector, fact: Fact[License], *, expected: bool) -> None:
    if isinstance(fact, Unseen):
        if expected:
            out.add("license:state", "unseen")
        return
    if not isinstance(fact, Known):
        out.add("license:state", fact_state(fact))
    out.each("license:declared", (claim.value.expression for claim in declared_licenses(fact)))
    if isinstance(fact, Disputed):
        out.each("license:claim", (f"{c.value.expression}: {c.source.value} {c.locator}" for c in fact.claims))
    elif isinstance(fact, Known):
        out.properties.extend(_terms(fact.value))


@lru_cache(maxsize=4096)  # thousands of components, a few dozen licences; the entries are shared
def _terms(terms: License) -> tuple[Property, ...]:
    out = _Collector()
    out.add("license:expression", terms.expression)
    out.add("license:name", terms.name)
    out.add("license:hub-id", terms.hub_id)
    out.add("license:hub-name", terms.hub_name)
    out.add("license:category", terms.category)
    out.add("license:osi-approved", terms.osi_approved)
    out.add("license:commercial-use", terms.commercial_use)
    out.each(
        "license:threshold",
        (f"{one.metric} > {one.value:.15g} {one.unit}: {one.effect}" for one in terms.thresholds),
    )
    out.each("license:territory-exclusion", terms.territory_exclusions)
    out.add("license:attribution", terms.attribution)
    out.add("license:naming", terms.naming)
    out.add("license:share-alike", terms.share_alike)
    out.add("license:use-restrictions", terms.use_restrictions)
    out.add("license:output-restrictions", terms.output_restrictions)
    return tuple(out.properties)


def _weights(out: _Collector, fact: Fact[Weights]) -> None:
    if not isinstance(fact, Known):
        if isinstance(fact, Disputed):
            out.add("weights:state", "disputed")
        return
    weights = fact.value
    out.each("weights:format", (f"{one.id}: {one.safety.value}" for one in weights.formats))
    out.add("weights:files", len(weights.files))
    out.each("weights:remote-code", weights.remote_code)
    out.add("weights:auto-map", weights.auto_map)
    out.add("weights:signature", weights.signature)
    out.add("weights:scan-status", weights.scan_status)
    out.each("weights:scan-issue", weights.scan_issues)
    out.each("weights:identical-to", weights.identical_to)
    out.each("weights:modified", (one.path for one in weights.files if one.status == "modified"))


def hosting_properties(hosting: Hosting) -> list[Property]:
    """Who runs it, under whose contract, and where the data go."""
    out = _Collector()
    out.add("hosting:provider", hosting.provider)
    out.add("hosting:provider-name", hosting.provider_name)
    out.add("hosting:host", hosting.host)
    out.add("hosting:kind", hosting.kind)
    out.add("hosting:operator", hosting.operator)
    out.add("hosting:operator-country", hosting.operator_country)
    out.add("hosting:contract-country", hosting.contract_country)
    out.each("hosting:processing-country", hosting.processing_countries)
    out.add("hosting:processing-note", hosting.processing_note)
    out.add("hosting:openai-compatible", hosting.openai_compatible)
    out.add("hosting:router", hosting.router)
    out.add("hosting:local", hosting.local)
    out.each("hosting:list", (f"{flag.list} since {flag.since}" for flag in hosting.lists))
    return out.properties


def gap_text(gap: Gap) -> str:
    """`not-stated: hf:a/b#license - the card names none`."""
    return f"{gap.reason.value}: {gap.subject}" + (f" - {gap.detail}" if gap.detail else "")


def _lineage(out: _Collector, component: Component) -> None:
    lineage = component.lineage
    out.each(
        "lineage:ancestor",
        (f"{one.relation.value}: {one.id}{'' if one.declared else ' (inferred)'}" for one in lineage.ancestors),
    )
    out.each("lineage:root", roots(component))
    out.each("lineage:root-country", root_countries(component))
    out.add("lineage:complete", isinstance(lineage.complete, Known))
    if lineage.concealed:
        out.add("lineage:concealed", value=True)
    out.each("data-lineage", (f"{one.kind}: {one.id}" for one in lineage.data))


def _card(out: _Collector, card: Card) -> None:
    out.add("card:present", card.present)
    if card.text_read:
        out.add("card:text-read", value=True)
    out.add("card:task", card.task)
    out.add("card:architecture-family", card.architecture_family)
    out.add("card:architecture", card.architecture)
    out.add("card:parameters", card.parameters)
    out.add("card:context-length", card.context_length)
    out.add("card:quantization", card.quantization)
    out.add("card:library", card.library)
    out.each("card:language", card.languages)
    out.each("card:dataset", card.datasets)
    out.add("card:created", card.created)
    out.add("card:modified", card.modified)
    out.each("card:metric", (f"{name}: {value}" + (f" ({on})" if on else "") for name, value, on in card.metrics))
    if card.emissions is not None:
        out.add("card:co2-eq-emissions", f"{card.emissions:.15g} g")
    out.add("card:acceptable-use", card.acceptable_use)
    out.add("card:training-summary", card.training_summary)


_LIBRARY: Final = {"name": "aicheck:kind", "value": "library"}


def _sightings(out: _Collector, component: Component) -> None:
    references = component.references
    if len(references) == 1:
        one = references[0]
        out.properties.append(_common("aicheck:confidence", one.confidence))
        out.properties.append(_common("aicheck:use", one.occurrence.use.value))
        attributes = sorted(set(one.attributes))
    elif references:
        out.add("confidence", max(reference.confidence for reference in references))
        out.each("use", sorted({reference.occurrence.use.value for reference in references}))
        attributes = sorted({pair for reference in references for pair in reference.attributes})
    else:
        return
    out.each("reference", [f"{key}={value}" for key, value in attributes])


def properties_of(component: Component) -> list[Property]:
    """The `aicheck:*` properties of one component in a fixed order; a fact that its kind cannot have has none."""
    out = _Collector()
    kind = component.kind
    made = kind in MODEL_KINDS or kind is Kind.DATASET
    if kind is Kind.LIBRARY:
        out.properties.append(_LIBRARY)
    else:
        out.add("kind", kind.value)
    out.add("target", str(component.target))
    out.add("resolved-id", component.resolved_id)
    out.add("availability", component.availability)
    _sightings(out, component)
    if kind is not Kind.LIBRARY:
        _organization(out, "publisher", component.publisher, expected=made)
        _organization(out, "developer", component.developer, expected=made)
        if kind in MODEL_KINDS or component.lineage.ancestors or component.lineage.data:
            _lineage(out, component)
    _license(out, component.license, expected=made)
    _weights(out, component.weights)
    requested = component.revision.requested
    if kind in _REVISED or any(requested):
        out.each("revision:requested", (one or "(none)" for one in requested))
    if kind in _REVISED:
        commit: str | None = value_of(component.revision.commit)
        out.add("revision:commit", commit)
        out.add("revision:pinned", component.revision.pinned)
    hosting = component.hosting
    if isinstance(hosting, Known):
        out.properties.extend(hosting_properties(hosting.value))
    elif not isinstance(hosting, Absent):
        out.add("hosting:state", fact_state(hosting))
    if component.stands_for is not None:
        stands_for: str | None = value_of(component.stands_for)
        out.add("stands-for", stands_for)
    if made:
        _card(out, component.card)
    if component.gaps:
        out.each("gap", (gap_text(gap) for gap in component.gaps[:_GAPS_SHOWN]))
        if len(component.gaps) > _GAPS_SHOWN:
            out.add("gap:more", len(component.gaps) - _GAPS_SHOWN)
    out.add("as-of", component.as_of)
    out.add("answered-by", component.answered_by)
    return out.properties


def _amount(count: int) -> str:
    """`7.62B`, `135M`, `1.04T`, as the taxonomy asks for; fewer than a million plainly."""
    for unit, size in (("T", 10**12), ("B", 10**9), ("M", 10**6)):
        if count >= size:
            return f"{count / size:.3g}{unit}" if count < 999 * size else f"{round(count / size)}{unit}"
    return str(count)


def registered(component: Component) -> list[Property]:
    """Properties under the names that the CycloneDX taxonomy registers for models (`cdx:ai-ml`); they stand in the
    model card, as it says.
    """  # noqa: D205 - one sentence
    card = component.card
    result = []
    if card.parameters is not None:
        result.append(prop("cdx:ai-ml:model:parameter:count", _amount(card.parameters)))
    if any(one.depth == 1 and one.relation.value == "adapter" for one in component.lineage.ancestors):
        result.append(prop("cdx:ai-ml:model:parameter:tune_method", "adapter"))
    if card.context_length is not None:
        result.append(prop("cdx:ai-ml:model:hyperparameter:context_length", card.context_length))
    if card.quantization:
        result.append(prop("cdx:ai-ml:model:hyperparameter:quantization", card.quantization))
    if card.languages:
        result.append(prop("cdx:ai-ml:model:languages", ",".join(card.languages)))
    return result
