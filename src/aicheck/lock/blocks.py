"""One component as a block of the lock file, and back without loss.

The block is the component of the JSON report (`report.json_.component_dict`) without its references, without
numbers that change daily, and without what is empty or said twice: a claim whose value is the fact's own value
does not repeat it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from aicheck.core.component import Component
from aicheck.core.evidence import Claim, ClaimSource, Known, claims_of
from aicheck.core.reference import Reference
from aicheck.core.target import Adapter, HubDataset, HubModel, Target, WeightsFile
from aicheck.report.json_ import component_dict
from aicheck.report.read_json import component_from_dict
from aicheck.resolve.component import is_commit, purl_of, revision_of
from aicheck.resolve.records import RepoRecord
from aicheck.resolve.store import LOCKABLE

__all__ = [
    "LOCKABLE",
    "component_of",
    "covers",
    "expanded",
    "integrity_of",
    "key_of",
    "lockable",
    "make_block",
    "requested_revisions",
    "resolved_commit",
    "settled",
]

_EMPTY_TEXTS: Final = frozenset({"note", "detail", "locator", "processing_note", "period"})
# Readers of these need the key itself; and "country: null" says more than a missing line.
_KEPT: Final = frozenset(
    "country provider host operator operator_country files formats requested_revisions".split()
)
_COMPONENT: Final = ("purl", "resolved_id", "availability", "version", "as_of", "answered_by")
_ANCESTOR_KEYS: Final = (
    "id", "relation", "child", "depth", "declared", "confidence", "developer", "license", "root", "commit",
    "card_seen", "claims", "states", "unseen",
)  # fmt: skip
_DATA_KEYS: Final = ("id", "kind", "developer", "claims", "states", "unseen")
_LINEAGE_KEYS: Final = ("ancestors", "data", "complete", "concealed", "claims", "states", "unseen")
_COMPONENT_KEYS: Final = (
    "ref", "kind", "purl", "version", "resolved_id", "availability", "publisher", "developer", "lineage",
    "license", "revision", "requested_revisions", "pinned", "weights", "hosting", "card", "stands_for", "claims",
    "states", "unseen", "gaps", "as_of", "answered_by", "identity",
)  # fmt: skip


def lockable(component: Component) -> bool:
    """Whether a component belongs into a lock."""
    return component.kind in LOCKABLE


def key_of(target: Target) -> str:
    """Key of a target in the lock; ids of the Hub are looked up without regard to case."""
    text = str(target)
    return text.lower() if isinstance(target, HubModel) else text


# -- writing -------------------------------------------------------------------------------------------------


def _some(data: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: data[key] for key in keys if key in data}


def _prune(value: Any) -> Any:
    """Leave out what is empty; `False` and 0 say something."""
    if isinstance(value, dict):
        result = {}
        for key in sorted(value):
            item = _prune(value[key])
            empty = item is None or item in ([], {}) or (item == "" and key in _EMPTY_TEXTS)
            if not empty or key in _KEPT:
                result[key] = item
        return result
    return [_prune(item) for item in value] if isinstance(value, list) else value


def _said_once(owner: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Take the value out of every claim that only repeats the fact; empty values of unknown facts as well."""
    states = owner.get("states", {})
    claims = {}
    for key, listed in owner.get("claims", {}).items():
        held = extra.get(key, owner.get(key))
        known = key in extra or states.get(key) == "known"
        claims[key] = [
            {name: item for name, item in claim.items() if name != "value" or not known or item != held}
            for claim in listed
        ]
    result = {key: value for key, value in owner.items() if states.get(key, "known") == "known"}
    return {**result, "claims": claims, "states": states}


def _owner(owner: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    data = _some(owner, keys)
    return _said_once(data, {"id": data["id"]} if "id" in data else {})


def make_block(component: Component, evidence: str | None = None) -> dict[str, Any]:
    """The block of a component; `evidence` is the digest of what the tree says of a local file."""
    target = component.target
    if isinstance(target, HubModel | HubDataset):
        # What was asked for stands in `requested_revisions`.
        target = replace(target, revision=None)
    # Downloads and likes change by the hour and decide nothing.
    plain = component_dict(
        replace(component, target=target, references=(), card=replace(component.card, downloads=None, likes=None))
    )
    block = _owner(plain, _COMPONENT_KEYS)
    lineage = dict(plain["lineage"])
    lineage["ancestors"] = [_owner(one, _ANCESTOR_KEYS) for one in lineage["ancestors"]]
    lineage["data"] = [_owner(one, _DATA_KEYS) for one in lineage["data"]]
    block["lineage"] = _owner(lineage, _LINEAGE_KEYS)
    if evidence is not None:
        block["evidence"] = evidence
    return sealed(_prune(block))


def integrity_of(block: Mapping[str, Any]) -> str:
    """Digest of a block without its own digest: `sha256-<hex>`."""
    held = {key: value for key, value in block.items() if key != "integrity"}
    return "sha256-" + hashlib.sha256(orjson.dumps(held, option=orjson.OPT_SORT_KEYS)).hexdigest()


def sealed(block: Mapping[str, Any]) -> dict[str, Any]:
    """The block with its digest, keys sorted."""
    held = {**block, "integrity": integrity_of(block)}
    return {key: held[key] for key in sorted(held)}


# -- reading -------------------------------------------------------------------------------------------------


def _filled(owner: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    states = owner.get("states", {})
    claims = owner.get("claims", {})
    result: dict[str, list[dict[str, Any]]] = {key: [] for key in (*states, *extra)}
    for key, listed in claims.items():
        value = extra.get(key, owner.get(key))
        result[key] = [{**claim, "value": claim.get("value", value)} for claim in listed]
    return {**owner, "states": states, "claims": result}


def expanded(block: Mapping[str, Any]) -> dict[str, Any]:
    """Put back what `_prune` and `_said_once` took out."""
    data = dict.fromkeys(_COMPONENT) | _filled(block, {})
    data.setdefault("gaps", [])
    data.setdefault("card", {})
    lineage = _filled(block["lineage"], {})
    lineage["ancestors"] = [
        {"commit": None, **_filled(one, {"id": one["id"]})} for one in lineage.get("ancestors", [])
    ]
    lineage["data"] = [_filled(one, {"id": one["id"]}) for one in lineage.get("data", [])]
    data["lineage"] = lineage
    return data


def requested_revisions(references: Sequence[Reference], target: Target) -> frozenset[str]:
    """Every revision that the references ask for; '' stands for none, which is the main branch."""
    asked = {
        reference.attribute("revision") or getattr(reference.target, "revision", None) or ""
        for reference in references
    }
    return frozenset(asked or {getattr(target, "revision", None) or ""})


def _hub_claim(block: Mapping[str, Any]) -> Mapping[str, Any] | None:
    claims = block.get("claims", {}).get("revision", [])
    return next((claim for claim in claims if claim.get("source") != ClaimSource.CODE), None)


def resolved_commit(block: Mapping[str, Any]) -> str | None:
    """The commit at which the facts of a block were read."""
    claim = _hub_claim(block)
    value = claim.get("value", block.get("revision")) if claim is not None else block.get("revision")
    return value if isinstance(value, str) else None


def covers(
    block: Mapping[str, Any], target: Target, references: Sequence[Reference], evidence: str | None
) -> str | None:
    """Say why a block does not answer for a target as the code refers to it now; None where it does."""
    if isinstance(target, HubDataset) and resolved_commit(block) is None:
        return None  # locked without the Hub: there is no commit that could differ
    if isinstance(target, HubModel | HubDataset):
        held = set(block.get("requested_revisions", [""]))
        held |= {"", "main"} if held & {"", "main"} else set()
        commit = resolved_commit(block)
        others = sorted(requested_revisions(references, target) - held - ({commit} if commit else set()))
        if others:
            return f"the lock holds {commit or 'no commit'}, the code asks for {others[0] or 'the main branch'}"
        return None
    if isinstance(target, WeightsFile | Adapter):
        return None if block.get("evidence") == evidence else "the file differs from the one that was locked"
    identity = {key: value for key, value in _identity(target).items() if value is not None}
    return None if block.get("identity") == identity else "the lock holds it for another host"


def _identity(target: Target) -> dict[str, Any]:
    return {name: getattr(target, name) for name in type(target).__dataclass_fields__}


def component_of(block: Mapping[str, Any], target: Target, references: Sequence[Reference]) -> Component:
    """The component of a block, for a target as the code refers to it now.

    Raises `KeyError`, `TypeError` or `ValueError` where the block is damaged.
    """
    held = component_from_dict(expanded(block))
    component = replace(
        held,
        target=target,
        references=tuple(references),
        answered_by="lock" if held.answered_by is not None else None,
    )
    if not isinstance(target, HubModel | HubDataset):
        return component
    revision = revision_of(target, tuple(references), _record(held, target))
    if isinstance(held.revision.commit, Known) and not is_commit(held.revision.commit.value):
        raise ValueError("revision is no commit")
    if isinstance(target, HubDataset):
        return replace(component, revision=revision)
    identity = held.resolved_id if held.resolved_id and "/" in held.resolved_id else target.repo_id
    purl, ref = purl_of(identity, revision)
    return replace(component, revision=revision, purl=purl, ref=ref)


def _record(held: Component, target: HubModel | HubDataset) -> RepoRecord | None:
    """What the lock says of the branch, in the shape in which a source says it."""
    claim: Claim[str] | None = next(
        (one for one in claims_of(held.revision.commit) if one.source is not ClaimSource.CODE), None
    )
    if claim is None:
        return None
    return RepoRecord(
        id=held.resolved_id or target.repo_id,
        asked=target.repo_id,
        answered_by=held.answered_by or "catalog",
        seen=claim.seen,
        commit=claim.value,
        provenance=claim.locator,
    )


# -- refreshing ----------------------------------------------------------------------------------------------


def _undated(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _undated(item) for key, item in value.items() if key not in {"seen", "as_of", "integrity"}}
    return [_undated(item) for item in value] if isinstance(value, list) else value


def _kept(fresh: Any, old: Any) -> Any:
    """`fresh` with the dates of `old` on every claim that says the same as before."""
    if isinstance(fresh, dict) and isinstance(old, dict):
        if "seen" in fresh and "seen" in old and _undated(fresh) == _undated(old):
            return {**fresh, "seen": old["seen"]}
        return {key: _kept(item, old.get(key)) for key, item in fresh.items()}
    if isinstance(fresh, list) and isinstance(old, list):
        by_content = {orjson.dumps(_undated(one), option=orjson.OPT_SORT_KEYS): one for one in reversed(old)}
        by_id = {one["id"]: one for one in reversed(old) if isinstance(one, dict) and "id" in one}
        result = []
        for item in fresh:
            same = by_content.get(orjson.dumps(_undated(item), option=orjson.OPT_SORT_KEYS))
            if same is None and isinstance(item, dict):
                same = by_id.get(item.get("id"))
            result.append(_kept(item, same))
        return result
    return fresh


def settled(fresh: Mapping[str, Any], old: Mapping[str, Any] | None) -> dict[str, Any]:
    """The refreshed block: what did not change keeps the date on which it was first seen so."""
    if old is None:
        return dict(fresh)
    if _undated(fresh) == _undated(old):
        return dict(old)
    return sealed(_kept(dict(fresh), dict(old)))
