"""What `aicheck show` answers: one entry for each name that was asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aicheck.core.evidence import GapReason
from aicheck.core.frozen import dataclass
from aicheck.errors import ConfigError

if TYPE_CHECKING:
    from aicheck.core.component import Component, License
    from aicheck.core.target import Target
    from aicheck.knowledge.hosts import HostRow
    from aicheck.knowledge.origins import OriginRow
    from aicheck.resolve import Sources
    from aicheck.resolve.spelling import HostQuery, LicenseQuery, OrgQuery

__all__ = ["Entry", "answer"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer."""

    name: str
    """As asked for."""
    kind: str
    """`model`, `organization`, `host`, `license`, or `unknown`."""
    known: bool
    document: dict[str, Any]
    """What `-f json` prints."""
    component: Component | None = None
    suggestions: tuple[str, ...] = ()


def answer(name: str, sources: Sources, *, facts: bool = False, document: bool = True) -> Entry:
    """Answer for one name in any spelling; an unknown name is an entry that says what is not known.

    `document` False: the entry of a model holds its component, and of the document only what is not known.
    """
    from aicheck.resolve.spelling import HostQuery, LicenseQuery, OrgQuery, read_spelling

    try:
        query = read_spelling(name)
    except ConfigError as error:
        return _unknown(name, "unknown", str(error), ())
    if isinstance(query, OrgQuery):
        return _organization(name, query)
    if isinstance(query, HostQuery):
        return _host(name, query)
    if isinstance(query, LicenseQuery):
        return _license(name, query)
    if (other := _no_model(name, query)) is not None:
        return other
    from aicheck.resolve import resolve_targets

    (component,) = resolve_targets([query], sources)
    said: dict[str, Any] = {"query": name, "target": str(component.target)}
    if facts:
        from aicheck.evaluate import facts_of

        said = {"name": name, "ref": component.ref, "facts": facts_of(component)}
    elif document:
        from aicheck.report.json_ import component_dict

        said = {"query": name, **component_dict(component)}
    else:
        said["gaps"] = [{"detail": gap.detail} for gap in component.gaps]
    known = component.answered_by is not None
    suggestions = _in_registries(component) if known else _near_models(component, sources)
    said["known"] = known
    if suggestions:
        said["suggestions"] = list(suggestions)
    return Entry(name, "model", known, said, component, suggestions)


def _no_model(name: str, query: Target) -> Entry | None:
    """Answer for a host, licence or organisation that was named without its prefix; None for a model."""
    from aicheck.core.target import Endpoint, HostedModel
    from aicheck.knowledge import hosts, licenses, origins
    from aicheck.knowledge.hosted import hosted_model
    from aicheck.resolve.spelling import HostQuery, LicenseQuery, OrgQuery

    if isinstance(query, Endpoint):
        return _host(name, HostQuery(query.host)) if hosts.host(query.host) is not None else None
    if not isinstance(query, HostedModel) or query.provider is not None or "/" in query.name:
        return None
    sold = hosted_model(None, query.name)
    if sold is not None and sold.basis != "family":
        return None
    if sold is None and licenses.by_id(query.name) is not None:
        return _license(name, LicenseQuery(query.name))
    house = origins.organization(query.name)
    return _organization(name, OrgQuery(query.name)) if house and house.namespace == query.name else None


def _unknown(name: str, kind: str, detail: str, suggestions: tuple[str, ...], **empty: Any) -> Entry:
    gap = {"subject": name, "reason": GapReason.UNKNOWN_NAME.value, "detail": detail}
    document = {"query": name, "known": False, "kind": kind, **empty, "gaps": [gap], "claims": {}}
    if suggestions:
        document["suggestions"] = list(suggestions)
    return Entry(name, kind, known=False, document=document, suggestions=suggestions)


def _close(text: str, names: Any, count: int = 3) -> tuple[str, ...]:
    from difflib import get_close_matches

    lowered = {str(each).lower(): str(each) for each in names}
    return tuple(lowered[each] for each in get_close_matches(text.lower(), lowered, n=count, cutoff=0.75))


def _claim(value: Any, row: OriginRow | HostRow | License, locator: str) -> dict[str, Any]:
    """One claim of our own table, in the shape that models' claims have."""
    weights = {"high": 0.95, "medium": 0.8, "low": 0.5}
    return {
        "value": value,
        "source": "registry",
        "confidence": weights.get(getattr(row, "confidence", ""), 0.9),
        "locator": locator,
        "seen": row.verified,
        "note": getattr(row, "source", "") or getattr(row, "basis", ""),
    }


def _organization(name: str, query: OrgQuery) -> Entry:
    from aicheck.knowledge import origins

    row = origins.organization(query.name)
    if row is None and (named := origins.by_name(query.name)):
        row = named[0]
    if row is None:
        empty = dict.fromkeys(("organization", "country", "type", "role", "parent"))
        near = tuple(f"org:{each}" for each in _close(query.name, origins.namespaces()))
        detail = "no row for this namespace: publisher and country are not known"
        return _unknown(name, "organization", detail, near, **empty)
    document = {
        "query": name,
        "known": True,
        "kind": "organization",
        "namespace": row.namespace,
        "organization": row.name,
        "legal_entity": row.legal_entity,
        "country": row.country,
        "type": row.type or None,
        "role": row.role or None,
        "parent": row.parent,
        "parent_country": row.parent_country,
        "lists": [asdict(flag) for flag in row.lists],
        "also": list(row.also),
        "note": row.note,
        "claims": {
            key: [_claim(value, row, f"origins:{row.namespace}")]
            for key, value in (("organization", row.name), ("country", row.country), ("parent", row.parent))
            if value
        },
    }
    return Entry(name, "organization", known=True, document=document)


def _host(name: str, query: HostQuery) -> Entry:
    from aicheck.knowledge import hosts

    row = hosts.host(query.name) or hosts.provider(query.name)
    if row is None:
        empty: dict[str, Any] = dict.fromkeys(("provider", "operator", "operator_country", "openai_compatible"))
        empty["processing_countries"] = []
        near = tuple(f"host:{each}" for each in _close(query.name, (each.host for each in hosts.host_rows())))
        return _unknown(name, "host", "no row for this host: who runs it is not known", near, **empty)
    document = {
        "query": name,
        "known": True,
        "kind": "host",
        "host": row.host,
        "pattern": row.pattern,
        "provider": row.provider,
        "provider_name": row.name,
        "operator": row.operator,
        "operator_country": row.operator_country,
        "contract_entity": row.contract_entity,
        "contract_country": row.contract_country,
        "processing_countries": list(row.processing_countries),
        "processing_note": row.processing_note,
        "openai_compatible": row.openai_compatible,
        "type": row.kind,
        "router": row.router,
        "local": row.local,
        "region": row.region,
        "base_url": row.base_url,
        "lists": [asdict(flag) for flag in row.lists],
        "note": row.note,
        "claims": {
            key: [_claim(value, row, f"hosts:{row.pattern}")]
            for key, value in (
                ("operator", row.operator),
                ("operator_country", row.operator_country),
                ("processing_countries", list(row.processing_countries)),
                ("openai_compatible", row.openai_compatible),
            )
            if value not in (None, [])
        },
    }
    return Entry(name, "host", known=True, document=document)


def _license(name: str, query: LicenseQuery) -> Entry:
    from aicheck.knowledge import licenses

    found = licenses.by_id(query.name)
    if found is None:
        keys = (
            "spdx",
            "osi_approved",
            "category",
            "commercial_use",
            "attribution",
            "share_alike",
            "use_restrictions",
        )
        empty: dict[str, Any] = dict.fromkeys(keys)
        empty |= {"thresholds": [], "territory_exclusions": []}
        near = tuple(f"license:{each}" for each in _close(query.name, licenses.rows()))
        return _unknown(name, "license", "no row for this licence: its terms are not known", near, **empty)
    terms = asdict(found)
    terms["thresholds"] = [asdict(threshold) for threshold in found.thresholds]
    terms["territory_exclusions"] = list(found.territory_exclusions)
    document = {
        "query": name,
        "known": True,
        "kind": "license",
        "spdx": found.expression if not found.expression.startswith("LicenseRef-") else None,
        **terms,
        "claims": {
            key: [_claim(terms[key], found, f"licenses:{found.hub_id or found.expression}")]
            for key in ("expression", "category", "commercial_use", "osi_approved", "thresholds", "share_alike")
            if terms[key] not in (None, [], "")
        },
    }
    return Entry(name, "license", known=True, document=document)


def _in_registries(component: Component) -> tuple[str, ...]:
    """Suggest the registry's model where a bare name is no service's but Ollama's: `llama3.1`."""
    from aicheck.core.target import HostedModel, RegistryModel
    from aicheck.resolve.stands import stands_for

    target = component.target
    if not isinstance(target, HostedModel) or target.provider is not None or component.resolved_id is not None:
        return ()
    name, _, tag = target.name.partition(":")
    found = stands_for(RegistryModel("ollama", name, tag or None)).hub_id_text
    return (f"ollama:{target.name}",) if found is not None else ()


def _near_models(component: Component, sources: Sources) -> tuple[str, ...]:
    """Suggest models that are spelt alike: in the same namespace, then of the same name in others."""
    catalog = sources.catalog
    namespace, slash, name = component.name.partition("/")
    if catalog is None or not slash:
        return ()
    own = {each.partition("/")[2]: each for each in catalog.ids(namespace)}
    alike = [own[each] for each in _close(name, own)]
    return tuple(dict.fromkeys([*alike, *catalog.by_name(name)]))[:3]
