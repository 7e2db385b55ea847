"""Curated lineage: what important derivatives come from, where the Hub's own fields do not say so.

Rows of `data/lineage.tsv`: model, relation, parent, confidence, source. Relations `teacher` and `dataset` are data
lineage; all others are weights lineage.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from aicheck.core.frozen import dataclass

__all__ = ["KnownEdge", "all_edges", "known_edges"]

_DATA: Final = Path(__file__).parent / "data" / "lineage.tsv"
CONFIDENCE: Final = {"high": 0.97, "medium": 0.85, "low": 0.6}


@dataclass(frozen=True, slots=True)
class KnownEdge:
    """One curated statement."""

    model: str
    relation: str
    """A `aicheck.core.component.Relation`, or `teacher` or `dataset`."""
    parent: str
    confidence: float
    source: str
    """`knowledge` = background knowledge, else where it was read."""

    @property
    def is_data(self) -> bool:
        """Whether this is data lineage."""
        return self.relation in {"teacher", "dataset"}


@cache
def _index() -> dict[str, tuple[KnownEdge, ...]]:
    found: dict[str, list[KnownEdge]] = {}
    for line in _DATA.read_text(encoding="utf-8").splitlines()[1:]:
        model, relation, parent, confidence, source = line.split("\t")
        edge = KnownEdge(model, relation, parent, CONFIDENCE[confidence], source)
        found.setdefault(model.lower(), []).append(edge)
    return {key: tuple(edges) for key, edges in found.items()}


def known_edges(repo_id: str) -> tuple[KnownEdge, ...]:
    """Return the curated statements about a model, in any case of its id."""
    return _index().get(repo_id.lower(), ())


def all_edges() -> tuple[KnownEdge, ...]:
    """Return every row, in the order of the file."""
    return tuple(edge for edges in _index().values() for edge in edges)
