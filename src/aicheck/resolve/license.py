"""The licence of a model in the light of what its weights descend from.

A licence whose terms reach derivatives binds whoever publishes one, whatever the card says. So a fine-tune of
Llama that is labelled `apache-2.0` has a *disputed* licence: the card's claim and the ancestor's terms
contradict each other, and neither is silently taken. A permissive ancestor contradicts nothing. What is the
same weights in another form (a quantisation, a conversion, a copy) and states no licence has its parent's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from aicheck.core.component import Ancestor, License, Relation
from aicheck.core.evidence import Claim, ClaimSource, Disputed, Fact, GapReason, Known, Unseen
from aicheck.knowledge.licenses import (
    family_of,
    is_permissive,
    is_restrictive,
    key_of,
    license_for,
)
from aicheck.knowledge.model_licenses import known_license
from aicheck.resolve.origin import namespace_of, publisher_fact, same_house
from aicheck.resolve.records import RepoRecord

__all__ = ["contradiction", "license_fact"]

_SAME_WEIGHTS = frozenset({Relation.QUANTIZED, Relation.COPY, Relation.CONVERSION})

# Below it an ancestor that nobody declared is too doubtful to contradict a card with.
_CERTAIN = 0.8


def contradiction(own: License, base: License) -> str | None:
    """Say why a derivative under `own` claims more than its ancestor's `base` gives; None where it does not."""
    if own.expression == base.expression or family_of(own) == family_of(base):
        return None
    if base.expression in own.expression.split(" AND "):
        return None
    if own.category in {None, "unknown"}:
        return None
    if base.commercial_use == "no" and own.commercial_use in {"yes", "yes-with-conditions"}:
        return f"{base.name} allows no commercial use"
    if base.share_alike and not own.share_alike:
        return f"{base.name} asks derivatives to keep its terms"
    if is_permissive(own) and is_restrictive(base) and base.category != "copyleft":
        return f"the terms of {base.name} reach derivatives, and {own.name} does not carry them"
    return None


def license_fact(
    declared: Fact[License], ancestors: Sequence[Ancestor], record: RepoRecord | None = None
) -> Fact[License]:
    """Return the licence of a model, given what its repository declares and what its weights descend from.

    `ancestors` are those of its lineage, nearest first; `record` is the answer that `declared` was read from,
    for names that only an ancestor tells apart (`modified-mit` on a fine-tune of Kimi K2).
    """
    fact = declared
    if record is not None and isinstance(declared, Known | Unseen):
        fact = _two_names(_curated(declared, record), record)
    if isinstance(fact, Unseen) and record is not None:
        fact = _by_ancestor(fact, ancestors, record)
    if isinstance(fact, Unseen):
        return _inherited(fact, ancestors, record)
    if not isinstance(fact, Known):
        return fact
    against = tuple(_contradicting(fact.value, ancestors, record))
    return Disputed((*fact.claims, *against)) if against else fact


def _relicensed(ancestors: Sequence[Ancestor], record: RepoRecord | None) -> set[str]:
    """Return the ancestors whose own house put the descendant under a licence of its choice.

    An owner may license its weights anew: DeepSeek-R1 is MIT although DeepSeek-V3-Base is not. What counts is
    whose namespace published the child and that the child states its terms, for a quantisation by others of
    R1 as well. Terms of third parties further up still bind.
    """
    known = {ancestor.id: isinstance(ancestor.license, Known) for ancestor in ancestors}
    found = set()
    for ancestor in ancestors:
        if ancestor.child not in known and record is None:
            continue
        publisher = publisher_fact(namespace_of(ancestor.child), f"hf:{ancestor.child}")
        if (
            isinstance(publisher, Known)
            and isinstance(ancestor.developer, Known)
            and known.get(ancestor.child, True)
            and same_house(publisher.value, ancestor.developer.value)
        ):
            found.add(ancestor.id)
    return found


def _binding(
    ancestors: Sequence[Ancestor], record: RepoRecord | None = None
) -> Iterator[tuple[Ancestor, License]]:
    released = _relicensed(ancestors, record)
    for ancestor in ancestors:
        if ancestor.id in released:
            continue
        if ancestor.relation is Relation.UNKNOWN and not ancestor.declared:
            continue
        if (ancestor.declared or ancestor.confidence >= _CERTAIN) and isinstance(ancestor.license, Known):
            yield ancestor, ancestor.license.value


def _contradicting(
    own: License, ancestors: Sequence[Ancestor], record: RepoRecord | None
) -> Iterator[Claim[License]]:
    told: set[str] = set()
    for ancestor, terms in _binding(ancestors, record):
        reason = contradiction(own, terms)
        if reason is None or terms.expression in told:
            continue
        told.add(terms.expression)
        note = f"the weights descend from {ancestor.id} ({ancestor.relation.value}); {reason}"
        yield Claim(
            terms, ClaimSource.INFERENCE, min(0.9, ancestor.confidence), f"ancestor {ancestor.id}", None, note
        )


def _curated(declared: Known[License] | Unseen, record: RepoRecord) -> Known[License] | Unseen:
    """Prefer aicheck's own row to a third party's list, which calls every modified MIT `mit`."""
    source = declared.claims[0].source if isinstance(declared, Known) else record.license_source
    if source is not ClaimSource.REGISTRY:
        return declared
    own = known_license(record.id)
    if own is None or not own.sure:
        return declared
    said = declared.value.expression if isinstance(declared, Known) else record.license_name or record.license_id
    if own.license.expression == said:
        return declared
    where = declared.claims[0].locator if isinstance(declared, Known) else record.locator
    note = f"a list ({where}) says {said}"
    locator = f"licenses:{key_of(own.license)}"
    claim = Claim(own.license, ClaimSource.REGISTRY, own.confidence, locator, own.license.verified, note)
    return Known(own.license, (claim,))


def _two_names(declared: Known[License] | Unseen, record: RepoRecord) -> Fact[License]:
    """Notice a card whose `license` and `license_name` name two different texts."""
    if not isinstance(declared, Known) or not record.license_name or not record.license_id:
        return declared
    named = license_for("other", record.license_name, None, None, record.id)
    if named is None or named.expression == declared.value.expression or record.license_id.casefold() == "other":
        return declared
    if family_of(named) == family_of(declared.value):
        return declared
    note = f"the card's license is {record.license_id!r}, its license_name {record.license_name!r}"
    other = replace(named, hub_id=record.license_id, hub_name=record.license_name)
    return Disputed(
        (*declared.claims, Claim(other, record.license_source, 1.0, record.locator, record.seen, note))
    )


def _by_ancestor(fact: Unseen, ancestors: Sequence[Ancestor], record: RepoRecord) -> Fact[License]:
    """Tell texts of one name apart by the model that the weights come from."""
    if not record.license_name:
        return fact
    for ancestor, _ in _binding(ancestors):
        found = license_for(record.license_id, record.license_name, record.license_link, None, ancestor.id)
        if found is not None:
            note = f"which text {record.license_name!r} means is told by {ancestor.id}"
            claim = Claim(found, record.license_source, 0.9, record.locator, record.seen, note)
            return Known(found, (claim,))
    return fact


def _inherited(fact: Unseen, ancestors: Sequence[Ancestor], record: RepoRecord | None) -> Fact[License]:
    named = record is not None and (
        record.license_name or (record.license_id or "other") not in {"other", "unknown"}
    )
    if fact.gap.reason not in {GapReason.NOT_STATED, GapReason.UNKNOWN_NAME} or named:
        return fact
    parents = [ancestor for ancestor in ancestors if ancestor.depth == 1]
    if len(parents) == 1 and parents[0].relation in _SAME_WEIGHTS:
        parent = parents[0]
        if isinstance(parent.license, Known):
            note = f"the same weights as {parent.id} in another form; its own repository states no licence"
            value = parent.license.value
            confidence = min(0.9, parent.confidence)
            return Known(
                value, (Claim(value, ClaimSource.INFERENCE, confidence, f"parent {parent.id}", None, note),)
            )
        return fact
    binding = dict.fromkeys(f"{terms.name} ({ancestor.id})" for ancestor, terms in _binding(ancestors))
    if not binding:
        return fact
    detail = f"{fact.gap.detail}; the terms of its ancestors apply in any case: {', '.join(binding)}"
    return Unseen(replace(fact.gap, detail=detail))
