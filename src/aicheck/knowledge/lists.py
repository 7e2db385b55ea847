"""Government lists on which houses stand, each entry with its date, source and reach.

An entity list is not a country list: nothing here follows from a seat. A flag belongs to the house that the
list names (`subject` in `data/lists.tsv`). Whether it goes on to the houses below is stated per entry in
`reach`, because the rules differ:

* `named`: the listed entity itself, its own teams and laboratories included;
* `controlled`: the listed entity and what it controls or owns by half or more (OFAC's 50 per cent rule,
  section 805 of the FY2024 NDAA for 1260H, section 1532 of the FY2026 NDAA with its 20 per cent test).

The Entity List's own rule for affiliates owned by half or more (BIS, 29 September 2025) was suspended for
a year on 10 November 2025; whether it applies again is not verified here, so its entries are `named` unless the
listing itself includes affiliates.
"""

from __future__ import annotations

from functools import cache

from aicheck.core.component import ListFlag
from aicheck.core.frozen import dataclass
from aicheck.knowledge.tables import cells, raw_lines

__all__ = ["CONTROLLED", "LISTS", "NAMED", "ListEntry", "entries", "entries_for", "flags_for"]

_TABLE = "lists.tsv"

NAMED = "named"
CONTROLLED = "controlled"

LISTS: dict[str, str] = {
    "1260H": "Chinese military companies, section 1260H of the FY2021 NDAA (US Department of Defense)",
    "entity-list": "Entity List, supplement no. 4 to 15 CFR part 744 (US Bureau of Industry and Security)",
    "ndaa-1532": "Covered AI of DeepSeek and High-Flyer, section 1532 of the FY2026 NDAA (P.L. 119-60)",
    "ns-cmic": "Chinese military-industrial complex companies, E.O. 14032 (US Treasury)",
    "ofac-sdn": "Specially designated nationals and blocked persons (US Treasury)",
    "section-889": "Covered telecommunications, section 889 of the FY2019 NDAA (FAR 52.204-25)",
}
"""Identifier of each list and what it is."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One house on one list."""

    list: str
    """Key of `LISTS`."""
    subject: str
    """House (`data/houses.tsv`) that the entry is about."""
    entity: str
    """The entity as the list or its announcement names it."""
    since: str
    """ISO date or year of the announcement."""
    reach: str
    """`named` or `controlled`."""
    basis: str
    """`source` or `knowledge`."""
    source: str
    verified: str
    note: str

    def flag(self) -> ListFlag:
        """Return the entry as the value that components carry."""
        return ListFlag(self.list, self.since, self.source)


@cache
def entries() -> tuple[ListEntry, ...]:
    """Return every entry, in file order."""
    return tuple(ListEntry(**cells(_TABLE, line)) for line in raw_lines(_TABLE))


@cache
def _by_subject() -> dict[str, tuple[ListEntry, ...]]:
    found: dict[str, list[ListEntry]] = {}
    for entry in entries():
        found.setdefault(entry.subject, []).append(entry)
    return {subject: tuple(rows) for subject, rows in found.items()}


def entries_for(house: str) -> tuple[ListEntry, ...]:
    """Return the entries that name this house itself."""
    return _by_subject().get(house, ())


def flags_for(houses: tuple[str, ...]) -> tuple[ListFlag, ...]:
    """Return the flags of a house given its chain: the house itself first, then its parents upwards.

    The first house's entries always count; those of the houses above count where their reach is
    `controlled`. One flag per list, the nearest house wins; sorted by list.
    """
    found: dict[str, ListFlag] = {}
    for level, house in enumerate(houses):
        for entry in entries_for(house):
            if level == 0 or entry.reach == CONTROLLED:
                found.setdefault(entry.list, entry.flag())
    return tuple(found[name] for name in sorted(found))
