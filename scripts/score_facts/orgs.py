"""Origins against `orgs.tsv`: country, parent, list flags, and countries that are stated but wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from measure import Score, compare, table

from aicheck.knowledge.origins import OriginRow, organization


def _lists(text: str) -> set[str]:
    known = {"1260H": "1260H", "EntityList": "entity-list", "OFAC": "ofac-sdn"}
    return {known[word] for flag in text.split(";") for word in known if flag.strip().startswith(word)}


def _country(row: OriginRow | None) -> str:
    return (row.country or "") if row else ""


def score(facts: Path) -> Iterable[Score]:
    rows = [(row, organization(row["namespace"])) for row in table(facts / "orgs.tsv")]
    yield compare("namespace known", [(row["namespace"], found is not None, True) for row, found in rows], 0.98)
    for confidence, goal in (("high", 0.98), ("medium", 0.98), ("low", None)):
        pairs = [
            (row["namespace"], _country(found), row["country"])
            for row, found in rows
            if row["confidence"] == confidence
        ]
        yield compare(f"country, rows of {confidence} confidence", pairs, goal)
    stated = [(row["namespace"], _country(found), row["country"]) for row, found in rows if _country(found)]
    yield compare("country right where aicheck states one", stated, 0.98)
    above = [row for row in rows if row[0]["parent"] and row[0]["confidence"] == "high"]
    yield compare(
        "a parent is known where the facts have one",
        [(row["namespace"], bool(found and found.parent), True) for row, found in above],
        0.98,
    )
    flags = [
        (
            row["namespace"],
            _lists(row["us_list_flags"]) - {flag.list for flag in (found.lists if found else ())},
            set(),
        )
        for row, found in rows
    ]
    yield compare("every list flag of the facts is there", flags, 0.98)
