"""Short sentences about components, shared by the formats that people read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aicheck.core.component import Component, License, Organization
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Fact, Known
from aicheck.core.report import Report
from aicheck.core.target import Adapter, HostedModel, HubModel, Kind, RegistryModel, WeightsFile

__all__ = [
    "DECLARING",
    "MODEL_KINDS",
    "countries",
    "declared_licenses",
    "fact_state",
    "is_model",
    "license_text",
    "lineage_text",
    "organization_text",
    "origin_text",
    "resting_on_catalog",
    "root_countries",
    "roots",
    "short_license",
    "shown_name",
    "shown_subject",
    "weights_countries",
]

MODEL_KINDS = frozenset(
    {Kind.MODEL, Kind.HOSTED_MODEL, Kind.REGISTRY_MODEL, Kind.WEIGHTS, Kind.ADAPTER, Kind.UNRESOLVABLE}
)

DECLARING = frozenset({ClaimSource.CARD, ClaimSource.TAG, ClaimSource.CONFIG, ClaimSource.HUB})
"""Sources that speak for the publisher: what they say of a licence is a declaration."""


def is_model(component: Component) -> bool:
    """Whether the component is a model in any shape."""
    return isinstance(component.target, HubModel | HostedModel | RegistryModel | WeightsFile | Adapter)


def shown_subject(text: str) -> str:
    """A subject as people say it: `?/kimi-k2` and `api:?/kimi-k2` become `kimi-k2 (provider unknown)`."""
    name, mark, fact = text.removeprefix("api:").partition("#")
    return f"{name[2:]} (provider unknown){mark}{fact}" if name.startswith("?/") else text


def shown_name(component: Component) -> str:
    """What people call a component: as the project calls it, a Hub model as the Hub spells it."""
    if isinstance(component.target, HostedModel):
        return shown_subject(component.name)
    if isinstance(component.target, RegistryModel):
        return str(component.target)
    return component.resolved_id or component.name


def fact_state(fact: Fact[Any]) -> str:
    """`known`, `absent`, `disputed` or `unseen`."""
    if isinstance(fact, Known):
        return "known"
    if isinstance(fact, Absent):
        return "absent"
    return "disputed" if isinstance(fact, Disputed) else "unseen"


def organization_text(fact: Fact[Organization]) -> str:
    """`NVIDIA (US)`, `disputed: A / B`, `unknown`."""
    if isinstance(fact, Known):
        value = fact.value
        return f"{value.name} ({value.country})" if value.country else value.name
    if isinstance(fact, Disputed):
        return "disputed: " + " / ".join(sorted({claim.value.name for claim in fact.claims}))
    return "none" if isinstance(fact, Absent) else "unknown"


def license_text(fact: Fact[License]) -> str:
    """The expression, or why there is none."""
    if isinstance(fact, Known):
        return fact.value.expression or fact.value.name or "unknown"
    if isinstance(fact, Disputed):
        return "disputed: " + " / ".join(sorted({claim.value.expression for claim in fact.claims}))
    return "none stated" if isinstance(fact, Absent) else "unknown"


def short_license(fact: Fact[License]) -> str:
    """The licence in a table: SPDX's identifier, or the name of one that SPDX does not know."""
    if isinstance(fact, Disputed):
        return "disputed"
    if isinstance(fact, Known) and fact.value.name and "LicenseRef-" in fact.value.expression:
        return fact.value.name
    return license_text(fact)


def resting_on_catalog(report: Report) -> str:
    """` (3 models; oldest facts of 2024-05)`: how much of a report rests on the catalog, and how old that is."""
    resting = [component for component in report.components if component.answered_by == "catalog"]
    dates = sorted(component.as_of for component in resting if component.as_of)
    if not resting:
        return ""
    number = f"{len(resting)} model" + ("" if len(resting) == 1 else "s")
    return f" ({number}; oldest facts of {dates[0]})" if dates else f" ({number})"


def countries(organizations: Iterable[Fact[Organization]]) -> tuple[str, ...]:
    """Sorted countries of the known organisations; a disputed one counts with every side."""
    found: set[str] = set()
    for fact in organizations:
        if isinstance(fact, Known):
            found.add(fact.value.country or "")
        elif isinstance(fact, Disputed):
            found.update(claim.value.country or "" for claim in fact.claims)
    found.discard("")
    return tuple(sorted(found))


def roots(component: Component) -> tuple[str, ...]:
    """Ids at which the known lineage ends; the model itself where it is known to be trained from scratch."""
    lineage = component.lineage
    found = tuple(ancestor.id for ancestor in lineage.ancestors if ancestor.root)
    if not lineage.ancestors and isinstance(lineage.complete, Known):
        return (component.resolved_id or component.name,) if component.kind in MODEL_KINDS else ()
    return found


def root_countries(component: Component) -> tuple[str, ...]:
    """Countries of the developers of the roots."""
    lineage = component.lineage
    if not lineage.ancestors and isinstance(lineage.complete, Known):
        return countries((component.developer,))
    return countries(ancestor.developer for ancestor in lineage.ancestors if ancestor.root)


def weights_countries(component: Component) -> tuple[str, ...]:
    """Countries of everyone on the weights chain: the component's own developer and those of its ancestors."""
    return countries((component.developer, *(ancestor.developer for ancestor in component.lineage.ancestors)))


def origin_text(component: Component) -> str:
    """Every country that the weights come from: `US ← CN`, `CN`, `unknown`."""
    own = countries((component.developer,))
    above = tuple(
        country
        for country in countries(ancestor.developer for ancestor in component.lineage.ancestors)
        if country not in own
    )
    first = "/".join(own) or "unknown"
    return f"{first} ← {'/'.join(above)}" if above else first


def lineage_text(component: Component) -> str:
    """`A ← B (finetune) ← C (quantized, inferred)`, one path per line of descent, joined by `; `."""
    name = component.resolved_id or component.name
    parents: dict[str, list[tuple[str, str]]] = {}
    for ancestor in component.lineage.ancestors:
        label = ancestor.relation.value + ("" if ancestor.declared else ", inferred")
        parents.setdefault(ancestor.child, []).append((ancestor.id, label))
    paths: list[str] = []

    def follow(node: str, text: str, seen: frozenset[str]) -> None:
        above = [one for one in parents.get(node, ()) if one[0] not in seen]
        if not above:
            paths.append(text)
            return
        for parent, label in above:
            if len(paths) < 20:  # noqa: PLR2004 - a merge of hundreds is not read as a sentence
                follow(parent, f"{text} ← {parent} ({label})", seen | {parent})

    follow(name, name, frozenset({name}))
    if len(paths) == 1 and paths[0] == name:
        # Ancestors that hang on no path that starts here (an alias of the name): named all the same.
        rest = [f"{one.id} ({one.relation.value})" for one in component.lineage.ancestors]
        return " ← ".join([name, *rest]) if rest else name
    return "; ".join(paths)


def declared_licenses(fact: Fact[License]) -> list[Claim[License]]:
    """The publisher's own claims about the licence, each expression once."""
    if not isinstance(fact, Known | Disputed):
        return []
    seen: set[str] = set()
    result = []
    for claim in fact.claims:
        if claim.source in DECLARING and claim.value.expression not in seen:
            seen.add(claim.value.expression)
            result.append(claim)
    return result
