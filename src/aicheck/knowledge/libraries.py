"""Which software packages are AI libraries, and whose API an SDK speaks to.

Rows of `data/libraries.tsv`: ecosystem (purl type), name in lower case (a last `*` matches any ending), kind,
provider (slug as in `knowledge.hosts`, where the package is the SDK of one), vendor, source, verified.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from aicheck.core.frozen import dataclass

__all__ = ["KINDS", "LibraryRow", "ai_library", "all_libraries"]

_FILE: Final = Path(__file__).parent / "data" / "libraries.tsv"
_COLUMNS: Final = ("ecosystem", "name", "kind", "provider", "vendor", "source", "verified")

KINDS: Final = frozenset({
    "agent-framework", "embedding", "evaluation", "framework", "guardrails", "hub-client", "inference-engine",
    "llm-client", "mcp", "speech", "training", "vector-db", "vision",
})  # fmt: skip
"""The classes of AI libraries."""


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """One AI library."""

    ecosystem: str
    """purl type: `pypi`, `npm`, `golang`, `cargo`, `maven`, `nuget`, `conda`."""
    name: str
    kind: str
    provider: str
    """'' where the library serves more than one provider or none."""
    vendor: str
    """Who makes it, where known."""
    source: str
    verified: str


@cache
def all_libraries() -> tuple[LibraryRow, ...]:
    """Every row, sorted by ecosystem and name."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    assert tuple(lines[0].split("\t")) == _COLUMNS
    return tuple(LibraryRow(*line.split("\t")) for line in lines[1:])


@cache
def _tables() -> tuple[dict[tuple[str, str], LibraryRow], tuple[LibraryRow, ...]]:
    exact = {(row.ecosystem, row.name): row for row in all_libraries() if not row.name.endswith("*")}
    patterns = [row for row in all_libraries() if row.name.endswith("*")]
    return exact, tuple(sorted(patterns, key=lambda row: -len(row.name)))


_MAJOR: Final = re.compile(r"/v\d+\Z")


def ai_library(ecosystem: str, name: str) -> LibraryRow | None:
    """The row of a package, or None where it is not known as an AI library.

    Names are compared as their registries do: PyPI's without regard to case and `-_.`, Go's without the major
    version. A conda package stands for the PyPI package of its name.
    """
    exact, patterns = _tables()
    low = name.lower()
    if ecosystem in {"pypi", "conda"}:
        low = re.sub(r"[-_.]+", "-", low)
    elif ecosystem == "golang":
        low = _MAJOR.sub("", low)
    found = exact.get((ecosystem, low))
    if found is None and ecosystem == "conda":
        return ai_library("pypi", low)
    if found is None:
        found = next(
            (row for row in patterns if row.ecosystem == ecosystem and low.startswith(row.name[:-1])),
            None,
        )
    return found
