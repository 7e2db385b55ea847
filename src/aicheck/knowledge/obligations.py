"""Every duty that the licences of a component and of its ancestors impose, with the model it comes from.

Pure: rules, reports and the command share it. A disputed licence contributes the duties of all its sides,
because none of them may be silently dropped.
"""

from __future__ import annotations

from collections.abc import Iterator

from aicheck.core.component import Component, License, LicenseThreshold
from aicheck.core.evidence import Fact, Known, claims_of
from aicheck.core.frozen import dataclass

__all__ = ["Obligation", "effective_obligations"]


@dataclass(frozen=True, slots=True)
class Obligation:
    """One duty or limit."""

    kind: str
    """`attribution`, `naming`, `share-alike`, `use-restrictions`, `output-restrictions`, `non-commercial`,
    `threshold`, `territory`."""
    text: str
    """What to do or not to do, in a phrase."""
    license: str
    """Expression of the licence that says so."""
    origins: tuple[str, ...]
    """Models under that licence: the component itself, its ancestors nearest first."""
    depth: int
    """0 = the component's own licence, 1 = a parent's …"""
    threshold: LicenseThreshold | None = None
    territories: tuple[str, ...] = ()


def effective_obligations(component: Component) -> tuple[Obligation, ...]:
    """Return the union of duties of the component's licence and of all its ancestors', nearest first.

    Known-to-be-none terms and terms that are not known give nothing; a licence that several models share is
    listed once, with all of them as origins.
    """
    name = component.resolved_id or component.name
    facts: list[tuple[int, str, Fact[License]]] = [(0, name, component.license)]
    facts += [(ancestor.depth, ancestor.id, ancestor.license) for ancestor in component.lineage.ancestors]
    found: dict[tuple[str, str, str], Obligation] = {}
    for depth, origin, fact in facts:
        for terms in _sides(fact):
            for duty in _duties(terms, origin, depth):
                key = (duty.kind, duty.text, duty.license)
                held = found.get(key)
                if held is None:
                    found[key] = duty
                elif origin not in held.origins:
                    found[key] = Obligation(
                        held.kind,
                        held.text,
                        held.license,
                        (*held.origins, origin),
                        held.depth,
                        held.threshold,
                        held.territories,
                    )
    return tuple(found.values())


def _sides(fact: Fact[License]) -> tuple[License, ...]:
    if isinstance(fact, Known):
        return (fact.value,)
    return tuple(dict.fromkeys(claim.value for claim in claims_of(fact)))


def _duties(terms: License, origin: str, depth: int) -> Iterator[Obligation]:
    if terms.commercial_use == "no":
        yield Obligation("non-commercial", f"{terms.name}: no commercial use", terms.expression, (origin,), depth)
    texts = (
        ("attribution", terms.attribution),
        ("naming", terms.naming),
        ("share-alike", "derivatives keep these terms" if terms.share_alike else None),
        ("use-restrictions", terms.use_restrictions),
        ("output-restrictions", terms.output_restrictions),
    )
    for kind, text in texts:
        if text and text.casefold() != "none":
            yield Obligation(kind, text, terms.expression, (origin,), depth)
    for limit in terms.thresholds:
        text = f"{limit.effect.replace('-', ' ')} above {limit.value:,.0f} {limit.unit} ({limit.metric})"
        yield Obligation("threshold", text, terms.expression, (origin,), depth, threshold=limit)
    if terms.territory_exclusions:
        text = f"no rights in {', '.join(terms.territory_exclusions)}"
        yield Obligation(
            "territory", text, terms.expression, (origin,), depth, territories=terms.territory_exclusions
        )
