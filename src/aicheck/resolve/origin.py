"""Publisher and developer of a model: two questions, answered from the namespace and from what it copies.

The publisher is whose namespace it is. The developer is who made the model: the publisher where the
namespace develops, and the developer of the copied model where it only redistributes, converts or
quantises. A namespace that `knowledge.origins` does not hold is a gap, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from aicheck.core.component import Organization, Relation, unseen
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Fact, GapReason, Known, Unseen
from aicheck.core.frozen import dataclass
from aicheck.knowledge import families
from aicheck.knowledge.origins import CONFIDENCE, OriginRow, legacy_namespace, organization, same_house

__all__ = [
    "COPIES",
    "Parent",
    "developer_fact",
    "family_developer",
    "named_as_copy",
    "namespace_of",
    "publisher_fact",
    "same_house",
]

COPIES = frozenset({Relation.QUANTIZED, Relation.COPY, Relation.CONVERSION})
"""Relations that leave the model what it was, in other bytes."""

# Words that a quantised or converted copy adds to the name of its model; a size of bits is `4bit`, `w4a16` …
_COPY_WORDS = frozenset(
    "awq gptq gguf ggml exl2 exl3 mlx onnx openvino coreml bnb fp4 fp8 fp16 bf16 nvfp4 mxfp4 int4 int8 int2 hqq "
    "aqlm eetq marlin dynamic static block quantized quantised quant quants hf ov sym asym imatrix safetensors "
    "torchao unsloth qat autoround ar channel tensor kv ct2 faster".split()
)
_COPY_PATTERN = re.compile(r"[248]-?bits?|bits?|[wa][0-9]{1,2}|w[0-9]{1,2}a[0-9]{1,2}|g[0-9]{2,3}|q[2-8]|k|[0-9]")

_INHERITED = 0.95
"""Share of the parent's confidence that is left when its developer is taken over."""


@dataclass(frozen=True, slots=True)
class Parent:
    """A direct parent in the weights lineage."""

    id: str
    """`owner/name` as declared."""
    relation: Relation
    developer: Fact[Organization]


def namespace_of(repo_id: str) -> str | None:
    """Return the owner of `owner/name`, the namespace that a legacy root id moved to, or None."""
    owner, slash, _ = repo_id.partition("/")
    return owner if slash else legacy_namespace(repo_id)


def _claim(row: OriginRow) -> Claim[Organization]:
    prefix = "" if row.registry == "hf" else f"{row.registry}/"
    return Claim(
        value=row.to_core(),
        source=ClaimSource.REGISTRY,
        confidence=CONFIDENCE[row.confidence],
        locator=f"origins:{prefix}{row.namespace}",
        seen=row.verified or None,
        note=row.note,
    )


def publisher_fact(namespace: str | None, subject: str, registry: str = "hf") -> Known[Organization] | Unseen:
    """Return whose namespace it is; `subject` is the target's canonical spelling, for the gap."""
    if not namespace:
        return unseen(subject, "publisher", GapReason.UNKNOWN_NAME, "the id names no namespace")
    row = organization(namespace, registry)
    if row is None:
        detail = f"aicheck does not know who is behind the namespace {namespace!r}"
        return unseen(subject, "publisher", GapReason.UNKNOWN_NAME, detail)
    claim = _claim(row)
    return Known(claim.value, (claim,))


def named_as_copy(child: str, parent: str) -> bool:
    """Tell whether a repository's name is its parent's name plus words for a format or a quantisation only."""
    words = re.split(r"[-_.]+", child.rpartition("/")[2].lower())
    model = re.split(r"[-_.]+", parent.rpartition("/")[2].lower())
    rest = words[len(model) :]
    return (
        words[: len(model)] == model
        and any(word in _COPY_WORDS for word in rest)
        and all(word in _COPY_WORDS or _COPY_PATTERN.fullmatch(word) for word in rest)
    )


def developer_fact(
    namespace: str | None,
    subject: str,
    parents: Sequence[Parent] = (),
    registry: str = "hf",
) -> Known[Organization] | Disputed[Organization] | Unseen:
    """Return who made the model.

    * A namespace whose role is `developer`: its publisher, except for what is only a quantised, converted or
      identical copy of a model by somebody else, by its relation or by its name (`nvidia/DeepSeek-R1-FP4`): then
      that model's developer.
    * Redistributors, requantisers, mirrors: the developer of the model they copy, whatever relation the card
      states, and a gap where no such model is known. Several copied models of different houses give a gap.
    * Namespaces without a row: the copied model's developer where the relation is one of `COPIES`, else a gap.
    """
    row = organization(namespace, registry) if namespace else None
    weights = [parent for parent in parents if parent.relation is not Relation.COMPONENT]
    develops = row is not None and row.role == "developer"
    only_copies = bool(weights) and all(
        parent.relation in COPIES or named_as_copy(subject, parent.id) for parent in weights
    )
    if develops and not only_copies:
        assert row is not None
        claim = _claim(row)
        return Known(claim.value, (claim,))
    if not weights:
        if row is None:
            detail = f"aicheck does not know who is behind the namespace {namespace!r}"
            return unseen(subject, "developer", GapReason.UNKNOWN_NAME, detail)
        detail = f"{row.namespace} is a {row.role} of others' models, and the model behind this one is not stated"
        return unseen(subject, "developer", GapReason.NOT_STATED, detail)
    if row is None and not only_copies:
        detail = f"aicheck does not know who is behind the namespace {namespace!r}"
        return unseen(subject, "developer", GapReason.UNKNOWN_NAME, detail)
    return _inherited(weights, subject)


def family_developer(repo_id: str) -> Known[Organization] | None:
    """Return who made a base model that stands on the Hub only in a mirror's namespace (the first LLaMA)."""
    known = families.base_model(repo_id)
    if known is None or not known.scratch:
        return None
    rows = {
        row.namespace: row
        for model in families.all_base_models()
        if model.family == known.family
        and (row := organization(model.id.partition("/")[0])) is not None
        and row.role == "developer"
    }
    values = [row.to_core() for row in rows.values()]
    if not values or any(not same_house(values[0], value) for value in values):
        return None
    claim = _claim(next(iter(rows.values())))
    note = f"{repo_id} is a copy of a model of the family {known.family}"
    return Known(claim.value, (replace(claim, confidence=claim.confidence * _INHERITED, note=note),))


def _inherited(parents: Sequence[Parent], subject: str) -> Known[Organization] | Disputed[Organization] | Unseen:
    claims: list[Claim[Organization]] = []
    for parent in parents:
        match parent.developer:
            case Known(value=value, claims=found):
                best = max((claim.confidence for claim in found), default=0.5)
                claims.append(_taken_over(value, parent, best))
            case Disputed(claims=found):
                return Disputed(tuple(_taken_over(claim.value, parent, claim.confidence) for claim in found))
            case Unseen() | Absent():
                detail = f"the developer of {parent.id}, which this copies, is not known"
                return unseen(subject, "developer", GapReason.NOT_STATED, detail)
    first = claims[0].value
    if any(not same_house(first, claim.value) for claim in claims):
        names = ", ".join(sorted({claim.value.name for claim in claims}))
        return unseen(
            subject, "developer", GapReason.NOT_STATED, f"made from models of several developers: {names}"
        )
    return Known(first, tuple(claims))


def _taken_over(value: Organization, parent: Parent, confidence: float) -> Claim[Organization]:
    return Claim(
        value=value,
        source=ClaimSource.INFERENCE,
        confidence=confidence * _INHERITED,
        locator=f"developer of {parent.id}",
        note=f"a copy of {parent.id} (stated relation: {parent.relation.value}): the developer is that model's",
    )
