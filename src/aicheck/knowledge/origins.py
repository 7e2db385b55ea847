"""Who stands behind a namespace: Hub owners, and owners in other registries where those differ.

`data/origins.tsv` has one row per registry and namespace, `data/houses.tsv` the groups that several
namespaces belong to (a house may have a parent house), `data/lists.tsv` the government lists. A country is
the seat of the responsible entity, ISO 3166-1 alpha-2; it is None for consortia, for most individuals and
wherever it is not known. A namespace without a row is unknown, never guessed from its spelling.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from aicheck.core.component import ListFlag, Organization
from aicheck.core.frozen import dataclass
from aicheck.knowledge.lists import flags_for
from aicheck.knowledge.tables import cells, raw_lines

__all__ = [
    "CONFIDENCE",
    "House",
    "OriginRow",
    "by_house",
    "by_name",
    "house",
    "houses",
    "legacy_namespace",
    "namespaces",
    "organization",
    "rows",
    "same_house",
]

_ORIGINS = "origins.tsv"
_HOUSES = "houses.tsv"
_LEGACY = "legacy.tsv"

CONFIDENCE: dict[str, float] = {"high": 0.97, "medium": 0.85, "low": 0.5}
"""Number that a claim carries for each word in the column `confidence`."""

HUB = "hf"


@dataclass(frozen=True, slots=True)
class House:
    """A group: the entity that owns or runs one or more namespaces."""

    id: str
    name: str
    legal_entity: str | None
    country: str | None
    """ISO 3166-1 alpha-2 of the seat."""
    type: str
    parent: str | None
    """Id of the house above."""
    note: str


@dataclass(frozen=True, slots=True)
class OriginRow:
    """What is known of one namespace."""

    registry: str
    """`hf` for the Hub; `modelscope`, `ollama`, `ngc`, `kaggle`, `openrouter`, `replicate`, `api` …"""
    namespace: str
    """Canonical spelling."""
    name: str
    legal_entity: str | None
    country: str | None
    """ISO 3166-1 alpha-2 of the seat of the responsible entity; None = not known, or no single country."""
    type: str
    """`company`, `university`, `government`, `non-profit`, `community`, `individual`; '' = not known."""
    role: str
    """`developer`, `redistributor`, `requantiser`, `mirror`."""
    house: str | None
    """Id of the house it belongs to."""
    parent: str | None
    """Name of the entity above, where there is one."""
    parent_country: str | None
    lists: tuple[ListFlag, ...]
    """Flags of its house and, where the list's rule reaches down, of the houses above."""
    note: str
    basis: str
    """`source`: a public source was read; `knowledge`: background knowledge."""
    source: str
    verified: str
    """ISO date."""
    confidence: str
    """`high`, `medium`, `low`: of the country and the house together."""

    def to_core(self) -> Organization:
        """Return the row as the value that components carry."""
        return Organization(
            name=self.name,
            country=self.country,
            namespace=self.namespace,
            legal_entity=self.legal_entity,
            type=self.type or None,
            role=self.role or None,
            parent=self.parent,
            parent_country=self.parent_country,
            lists=self.lists,
            note=self.note,
        )

    @property
    def also(self) -> tuple[str, ...]:
        """Other namespaces of the same house, `registry:namespace` outside the Hub; sorted."""
        if self.house is None:
            return ()
        return tuple(
            row.namespace if row.registry == HUB else f"{row.registry}:{row.namespace}"
            for row in by_house(self.house)
            if (row.registry, row.namespace) != (self.registry, self.namespace)
        )


@cache
def _houses() -> dict[str, House]:
    found = {}
    for line in raw_lines(_HOUSES):
        cell = cells(_HOUSES, line)
        found[cell["house"]] = House(
            id=cell["house"],
            name=cell["name"],
            legal_entity=cell["legal_entity"] or None,
            country=cell["country"] or None,
            type=cell["type"],
            parent=cell["parent"] or None,
            note=cell["note"],
        )
    return found


def houses() -> tuple[House, ...]:
    """Return every house, in file order."""
    return tuple(_houses().values())


def house(house_id: str) -> House | None:
    """Return one house by its id."""
    return _houses().get(house_id)


def _chain(house_id: str | None) -> tuple[str, ...]:
    """Return the ids of a house and of the houses above it, nearest first."""
    found: list[str] = []
    while house_id is not None and house_id not in found:
        found.append(house_id)
        above = _houses().get(house_id)
        house_id = above.parent if above else None
    return tuple(found)


@cache
def _index() -> tuple[dict[str, str], dict[str, str]]:
    """Return `registry<tab>namespace` as spelled, and in lower case -> unsplit line."""
    exact: dict[str, str] = {}
    for line in raw_lines(_ORIGINS):
        exact[line[: line.index("\t", line.index("\t") + 1)]] = line
    return exact, {key.lower(): line for key, line in exact.items()}


def _line(registry: str, namespace: str) -> str | None:
    exact, lower = _index()
    key = f"{registry}\t{namespace}"
    return exact.get(key) or lower.get(key.lower())


@cache
def _row(line: str) -> OriginRow:
    cell = cells(_ORIGINS, line)
    own = _houses().get(cell["house"]) if cell["house"] else None
    # The house is the parent of its teams and subsidiaries; a row that *is* the house has the house's own parent.
    is_house = own is not None and cell["name"] in {own.name, own.legal_entity}
    above = (
        _houses().get(own.parent) if own is not None and is_house and own.parent else (None if is_house else own)
    )
    house_note = own.note if own is not None else ""
    if house_note and own is not None and not is_house:
        house_note = f"{own.name}: {house_note}"
    legal = cell["legal_entity"] or (own.legal_entity if own is not None and is_house else None)
    return OriginRow(
        registry=cell["registry"],
        namespace=cell["namespace"],
        name=cell["name"],
        legal_entity=legal,
        country=cell["country"] or None,
        type=cell["type"],
        role=cell["role"],
        house=cell["house"] or None,
        parent=(above.legal_entity or above.name) if above else None,
        parent_country=above.country if above else None,
        lists=flags_for(_chain(cell["house"] or None)),
        note=cell["note"] or house_note,
        basis=cell["basis"],
        source=cell["source"],
        verified=cell["verified"],
        confidence=cell["confidence"],
    )


def organization(namespace: str, registry: str = HUB) -> OriginRow | None:
    """Return the row of a namespace, whatever its case, or None where it is not known.

    A namespace of another registry without a row of its own is the Hub's namespace of that name where that
    one belongs to an organisation; people's names are not carried from registry to registry.
    """
    name = namespace.strip()
    if registry != HUB:
        # OpenRouter writes `~anthropic` for its always-latest names, Cloudflare `@cf`.
        name = name.lstrip("~@")
    line = _line(registry, name)
    if line is not None:
        return _row(line)
    if registry != HUB:
        line = _line(HUB, name)
        if line is not None and _row(line).type not in {"individual", ""}:
            return _row(line)
    return None


def rows() -> Iterator[OriginRow]:
    """Yield every row, in file order."""
    return map(_row, raw_lines(_ORIGINS))


@cache
def namespaces(registry: str = HUB) -> frozenset[str]:
    """Return the canonical spellings of one registry's namespaces."""
    prefix = f"{registry}\t"
    return frozenset(line.split("\t", 2)[1] for line in raw_lines(_ORIGINS) if line.startswith(prefix))


@cache
def _by_house() -> dict[str, tuple[OriginRow, ...]]:
    found: dict[str, list[OriginRow]] = {}
    for row in rows():
        if row.house is not None:
            found.setdefault(row.house, []).append(row)
    return {key: tuple(value) for key, value in found.items()}


def by_house(house_id: str) -> tuple[OriginRow, ...]:
    """Return the rows of one house, in file order."""
    return _by_house().get(house_id, ())


@cache
def _by_name() -> dict[str, tuple[OriginRow, ...]]:
    found: dict[str, dict[tuple[str, str], OriginRow]] = {}
    for row in rows():
        own = _houses().get(row.house) if row.house else None
        names = [row.namespace, row.name, row.legal_entity, row.house]
        if own is not None:
            names += [own.name, own.legal_entity]
        for name in names:
            if name:
                found.setdefault(name.casefold(), {})[row.registry, row.namespace] = row
    return {key: tuple(value.values()) for key, value in found.items()}


def by_name(entity: str) -> tuple[OriginRow, ...]:
    """Return the rows whose namespace, name, legal entity or house is `entity`, whatever its case."""
    return _by_name().get(entity.strip().casefold(), ())


@cache
def _legacy() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    exact, prefixes = {}, []
    for line in raw_lines(_LEGACY):
        cell = cells(_LEGACY, line)
        if cell["name"].endswith("*"):
            prefixes.append((cell["name"][:-1], cell["namespace"]))
        else:
            exact[cell["name"]] = cell["namespace"]
    prefixes.sort(key=lambda item: -len(item[0]))
    return exact, tuple(prefixes)


def legacy_namespace(name: str) -> str | None:
    """Return the namespace that a root id without owner moved to (`gpt2` -> `openai-community`), or None."""
    exact, prefixes = _legacy()
    key = name.lower()
    if key in exact:
        return exact[key]
    return next((namespace for prefix, namespace in prefixes if key.startswith(prefix)), None)


def same_house(one: Organization, other: Organization) -> bool:
    """Tell whether two organisations are one, or units of one house."""
    return _identity(one) == _identity(other)


def _identity(organization_: Organization) -> tuple[str, str | None]:
    if organization_.namespace is not None:
        row = organization(organization_.namespace)
        if row is not None and row.house is not None:
            return row.house, row.country
    return (
        organization_.parent or organization_.legal_entity or organization_.name
    ).casefold(), organization_.country
