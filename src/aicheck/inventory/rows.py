"""One component of a report → the rows that stand for it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from aicheck.core.frozen import dataclass
from aicheck.report.facts import MODEL_KINDS

__all__ = ["COMPONENT_COLUMNS", "ComponentRows", "component_digest", "component_rows"]

Value = dict[str, Any]

# What belongs to one repository's use of a component, not to the component.
_OF_THE_USE: Final = frozenset({"references", "gaps", "requested_revisions", "pinned", "ref"})
_FACTS: Final = (
    "publisher", "developer", "license", "revision", "weights", "hosting", "stands_for",
)  # fmt: skip
_TERMS: Final = re.compile(r"[A-Za-z0-9][\w.+-]*")
_OPERATORS: Final = frozenset({"and", "or", "with"})
_MODELS: Final = frozenset(kind.value for kind in MODEL_KINDS)
_TEXT: Final = 2000

COMPONENT_COLUMNS: Final = (
    "digest", "target", "kind", "is_model", "name", "name_key", "purl", "version", "revision", "publisher",
    "publisher_country", "developer", "developer_country", "developer_state", "license", "license_category",
    "license_state", "commercial_use", "provider", "host", "operator", "operator_country", "hosting_state",
    "stands_for", "roots", "root_countries", "lineage_complete", "concealed", "formats", "executable",
    "parameters", "availability", "as_of", "answered_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ComponentRows:
    """Rows without the component's id, which the database gives."""

    component: tuple[Any, ...]
    """In the order of `COMPONENT_COLUMNS`."""
    claims: tuple[tuple[Any, ...], ...]
    edges: tuple[tuple[Any, ...], ...]
    origins: tuple[tuple[str, str, str], ...]
    terms: tuple[str, ...]


def component_digest(component: Value) -> bytes:
    """Return 16 bytes over everything that a BOM says of a component, and nothing of where it is used."""
    facts = {key: value for key, value in component.items() if key not in _OF_THE_USE}
    return hashlib.blake2b(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _clip(text: Any) -> Any:
    return text[:_TEXT] if isinstance(text, str) else text


def _shown(fact: str, value: Any) -> str | None:
    """A claim's value as one text: names and expressions as they are, the rest as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return value[:_TEXT]
    if isinstance(value, dict):
        for key in ("organization", "expression", "operator", "provider"):
            if isinstance(value.get(key), str):
                return str(_clip(value[key]))
        if fact == "weights":
            return ", ".join(str(one.get("id")) for one in value.get("formats") or ())[:_TEXT]
    return orjson.dumps(value)[:_TEXT].decode("utf-8", "replace")


def _claims(component: Value) -> Iterator[tuple[Any, ...]]:
    lineage = component["lineage"]
    groups = [(name, component["claims"].get(name, ())) for name in _FACTS]
    groups.append(("lineage", (lineage.get("claims") or {}).get("complete", ())))
    groups.extend(("ancestor", one["claims"].get("id", ())) for one in lineage["ancestors"])
    groups.extend((f"data:{one['kind']}", one["claims"].get("id", ())) for one in lineage["data"])
    for fact, claims in groups:
        for claim in claims:
            yield (
                fact,
                _shown(fact, claim["value"]),
                claim["source"],
                claim["confidence"],
                _clip(claim["locator"]),
                claim["seen"],
                _clip(claim["note"]),
            )


def _organizations(holder: Value, role: str) -> Iterator[tuple[str, str, str]]:
    """(country, role, organisation): of a disputed fact every side, so that no side hides the other."""
    found = [holder["developer"]]
    if holder["states"].get("developer") == "disputed":
        found = [claim["value"] for claim in holder["claims"].get("developer", ())]
    for one in found:
        if one and one.get("country"):
            yield one["country"], role, one.get("organization") or ""


def _origins(component: Value) -> Iterator[tuple[str, str, str]]:
    yield from _organizations(component, "developer")
    for ancestor in component["lineage"]["ancestors"]:
        yield from _organizations(ancestor, "ancestor")
    for source in component["lineage"]["data"]:
        yield from _organizations(source, "data")
    hosting = component["hosting"] or {}
    operator = hosting.get("operator") or hosting.get("provider_name") or ""
    if hosting.get("operator_country"):
        yield hosting["operator_country"], "operator", operator
    if hosting.get("contract_country"):
        yield hosting["contract_country"], "contract", operator
    for country in hosting.get("processing_countries") or ():
        yield country, "processing", operator


def _terms(component: Value) -> Iterator[str]:
    """Everything by which a licence is asked for, lower case: the expression, its parts, the category."""
    values = [component["license"]]
    values.extend(
        claim["value"] for claim in component["claims"].get("license", ()) if isinstance(claim["value"], dict)
    )
    for value in values:
        expression = value.get("expression")
        if expression:
            yield expression.lower()
            yield from (part for part in _TERMS.findall(expression.lower()) if part not in _OPERATORS)
        for key in ("category", "hub_id"):
            if value.get(key):
                yield value[key].lower()
        if value.get("commercial_use"):
            yield f"commercial-use:{value['commercial_use']}"


def _edges(component: Value) -> Iterator[tuple[Any, ...]]:
    for one in component["lineage"]["ancestors"]:
        yield (
            one["id"],
            one["id"].lower(),
            one["child"],
            one["depth"],
            one["relation"],
            int(one["declared"]),
            one["confidence"],
            int(one["root"]),
            one["developer"]["organization"],
            one["developer"]["country"],
            one["license"]["expression"],
        )
    stands_for = component["stands_for"]
    if isinstance(stands_for, str):
        # The weights behind a hosted name: one step in the question where something descends from.
        yield (
            stands_for, stands_for.lower(), component["name"], 0, "stands-for", 1, 1.0, 0, None, None, None,
        )  # fmt: skip


def component_rows(component: Value) -> ComponentRows:
    """Return the rows of one component of a JSON report.

    Raises `KeyError`, `TypeError`, `AttributeError` or `ValueError` where the document is damaged.
    """
    lineage, states = component["lineage"], component["states"]
    publisher, developer, license_ = component["publisher"], component["developer"], component["license"]
    hosting = component["hosting"] or {}
    identity = component.get("identity") or {}
    host = hosting.get("host") or (identity.get("host") if isinstance(identity, dict) else None)
    formats = component["weights"]["formats"] if component["weights"] else []
    safety = {one.get("safety") for one in formats}
    executable = True if "executable" in safety else None if not formats or "unknown" in safety else False
    name = component["resolved_id"] or component["name"]
    disputed = states["license"] == "disputed"
    row = (
        component_digest(component),
        component["target"],
        component["kind"],
        int(component["kind"] in _MODELS),
        name,
        name.lower(),
        component["purl"],
        component["version"],
        component["revision"],
        publisher["organization"] or publisher["namespace"],
        publisher["country"],
        developer["organization"],
        developer["country"],
        states["developer"],
        " / ".join(sorted({str(one["value"]["expression"]) for one in component["claims"].get("license", ())}))
        if disputed
        else license_["expression"],
        license_["category"],
        states["license"],
        license_["commercial_use"],
        hosting.get("provider") or identity.get("provider"),
        host.lower() if host else None,
        hosting.get("operator"),
        hosting.get("operator_country"),
        states["hosting"],
        component["stands_for"],
        ", ".join(lineage["roots"])[:_TEXT],
        " ".join(lineage["root_countries"]),
        int(lineage["complete"] is True),
        int(lineage["concealed"]),
        ", ".join(one["id"] for one in formats)[:_TEXT],
        executable,
        component["card"]["parameters"],
        component["availability"],
        component["as_of"],
        component["answered_by"],
    )
    return ComponentRows(
        row,
        tuple(dict.fromkeys(_claims(component))),
        tuple(dict.fromkeys(_edges(component))),
        tuple(dict.fromkeys(_origins(component))),
        tuple(dict.fromkeys(_terms(component))),
    )
