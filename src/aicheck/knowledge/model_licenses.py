"""On which terms a model is published, where no record of its repository is at hand.

Rows of `data/model_licenses.tsv`: model (a Hub id, `*` stands for any characters), license (a Hub identifier
or a key of `data/licenses.json`), confidence, source, verified. The exact id goes before a pattern, the longest
pattern before the others. Families with terms of their own are in `data/licenses.json` (`own`); a row of the
table that names the very id goes before them.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from aicheck.core.component import License
from aicheck.core.frozen import dataclass
from aicheck.knowledge.licenses import by_id, glob_matches, license_of_model
from aicheck.knowledge.tables import raw_lines

__all__ = ["KnownLicense", "known_license"]

_TABLE: Final = "model_licenses.tsv"
_CONFIDENCE: Final = {"high": 0.9, "medium": 0.8, "low": 0.6}


@dataclass(frozen=True, slots=True)
class KnownLicense:
    """What is on record of the terms of one model."""

    license: License
    confidence: float
    sure: bool
    """Certain enough to go before lists that other projects keep."""
    locator: str
    """`licenses:own`, `model-licenses:intfloat/*`."""


@cache
def _index() -> dict[str, tuple[tuple[str, str, str], ...]]:
    """Return (pattern, licence, confidence) by lower-cased owner, longest pattern first."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in raw_lines(_TABLE):
        model, license_, confidence, _, _ = line.split("\t")
        found.setdefault(model.partition("/")[0].lower(), []).append((model, license_, confidence))
    return {owner: tuple(sorted(rows, key=lambda row: -len(row[0]))) for owner, rows in found.items()}


def known_license(repo_id: str) -> KnownLicense | None:
    """Return the terms on record for a Hub id in any case, or None."""
    wanted = repo_id.lower()
    rows = _index().get(wanted.partition("/")[0], ())
    row = next((row for row in rows if row[0].lower() == wanted), None)
    if row is None:
        own = license_of_model(repo_id)
        if own is not None:
            return KnownLicense(own, 0.9, sure=True, locator="licenses:own")
        row = next((row for row in rows if "*" in row[0] and glob_matches(wanted, row[0].lower())), None)
    if row is None:
        return None
    terms = by_id(row[1])
    if terms is None:  # pragma: no cover - a test holds every row to a known licence
        return None
    return KnownLicense(terms, _CONFIDENCE[row[2]], sure=row[2] == "high", locator=f"model-licenses:{row[0]}")
