"""Kinds of evidence for an inferred base, and how far each is trusted."""

from __future__ import annotations

from typing import Final

from aicheck.core.component import Relation
from aicheck.core.frozen import dataclass

__all__ = ["BY_NAME", "CONCEALED", "CONFIDENCE", "UNNAMED", "Candidate", "Evidence"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible base with the kind of evidence for it."""

    id: str
    relation: Relation
    evidence: str
    note: str


class Evidence:
    """Kinds of evidence, as `CONFIDENCE` and the published table name them."""

    NAME_QUANTIZED = "quantised-name"
    NAME_COPY = "same-name"
    NAME_CHECKED = "name+size"
    NAME_TYPED = "name+type"
    NAME = "name"
    PATH = "config-path"
    SHAPE = "shape"
    SHAPE_AND_NAME = "shape+name"
    SIZE = "exact-size+type"
    RESIZED = "size-but-vocabulary"
    SIZE_NAMED = "exact-size+family-in-name"
    SIZE_TOKENIZER = "exact-size+tokenizer"
    SIZE_SHARED = "exact-size-of-several"
    TYPE_SIZE = "near-size+exclusive-type"
    TYPE_NAME = "named-size+exclusive-type"
    STEM = "family+size-in-name"
    ENCODER = "encoder-shape"
    ARCHITECTURE = "architecture-in-name"
    HEADER = "weights-header"
    HEADER_NAME = "name-in-header"


# Measured precision of "the base is of this family", rounded down; see docs/inference.md.
CONFIDENCE: Final = {
    Evidence.NAME_QUANTIZED: 0.97,
    Evidence.NAME_COPY: 0.9,
    Evidence.NAME_CHECKED: 0.95,
    Evidence.NAME_TYPED: 0.92,
    Evidence.NAME: 0.85,
    Evidence.PATH: 0.9,
    Evidence.SHAPE: 0.8,
    Evidence.SHAPE_AND_NAME: 0.97,
    Evidence.SIZE: 0.9,
    Evidence.RESIZED: 0.9,
    Evidence.SIZE_NAMED: 0.93,
    Evidence.SIZE_TOKENIZER: 0.9,
    Evidence.SIZE_SHARED: 0.6,
    Evidence.TYPE_SIZE: 0.75,
    Evidence.TYPE_NAME: 0.7,
    Evidence.STEM: 0.85,
    Evidence.ENCODER: 0.75,
    Evidence.ARCHITECTURE: 0.6,
    Evidence.HEADER: 0.8,
    Evidence.HEADER_NAME: 0.9,
}

# Evidence that only the weights or the configuration give: the name does not say it openly.
CONCEALED: Final = frozenset(
    f"inference:{kind}"
    for kind in (
        Evidence.PATH,
        Evidence.SHAPE,
        Evidence.SIZE,
        Evidence.RESIZED,
        Evidence.SIZE_TOKENIZER,
        Evidence.SIZE_SHARED,
        Evidence.TYPE_SIZE,
        Evidence.TYPE_NAME,
        Evidence.HEADER,
        Evidence.HEADER_NAME,
    )
)

BY_NAME: Final = frozenset(
    {Evidence.NAME, Evidence.STEM, Evidence.NAME_QUANTIZED, Evidence.NAME_COPY, Evidence.ARCHITECTURE}
)
UNNAMED: Final = frozenset(
    {
        Evidence.SIZE,
        Evidence.RESIZED,
        Evidence.SIZE_TOKENIZER,
        Evidence.SIZE_SHARED,
        Evidence.TYPE_SIZE,
        Evidence.TYPE_NAME,
        Evidence.SHAPE,
        Evidence.HEADER,
    }
)
