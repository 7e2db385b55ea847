"""From a model to the roots of its weights, breadth-first; data lineage apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from aicheck.core.component import Ancestor, DataSource, License, Lineage, Organization, Relation
from aicheck.core.evidence import Claim, ClaimSource, Disputed, Fact, Gap, GapReason, Known, Unseen
from aicheck.core.frozen import dataclass
from aicheck.knowledge import families
from aicheck.knowledge.catalog import Catalog, name_key
from aicheck.knowledge.lineage import KnownEdge, known_edges
from aicheck.knowledge.origins import organization
from aicheck.resolve.base_text import bare_name
from aicheck.resolve.bases_by_name import is_quantized, lookup
from aicheck.resolve.inference import CONCEALED, Evidence, infer
from aicheck.resolve.origin import namespace_of
from aicheck.resolve.records import RELATIONS, Base, RepoRecord, from_catalog, is_repo_id
from aicheck.resolve.weights import format_of

__all__ = ["MAX_ANCESTORS", "MAX_DEPTH", "Facts", "Parent", "lineage_of", "parents_of"]

MAX_DEPTH: Final = 16
MAX_ANCESTORS: Final = 400
_SURE: Final = 0.95
_FAIR: Final = 0.8
"""Confidence from which a curated statement goes before lists that other projects keep."""
_READ: Final = 0.95
"""Confidence of an id that a card writes as a bare name or as a path on somebody's disk."""
_TAGGED_SINCE: Final = "2024"
_TELLING: Final = 5
"""Characters that a name must have to tell one model from another."""
_RESIZED: Final = 0.02
_TINY: Final = 4096
"""Bytes: equal files below this size prove nothing about origin."""
_QUANTIZED_NAMES: Final = (
    "gguf",
    "ggml",
    "awq",
    "gptq",
    "exl2",
    "exl3",
    "bnb-4bit",
    "nvfp4",
    "mxfp4",
    "fp8",
    "w4a16",
    "w8a8",
)
_WEIGHTS_COPY: Final = frozenset({Relation.QUANTIZED, Relation.COPY, Relation.CONVERSION})


@dataclass(frozen=True, slots=True)
class Parent:
    """One parent with every claim for it."""

    id: str
    relation: Relation
    declared: bool
    confidence: float
    claims: tuple[Claim[str], ...]
    inferred: bool
    """Only from weights, configuration, shape or size: nobody states it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What lineage needs from its neighbours: the parents of a record, who made a model, on which terms."""

    parents: Callable[[RepoRecord], tuple[Parent, ...]]

    developer: Callable[[str], Fact[Organization]]
    license: Callable[[str, RepoRecord | None], Fact[License]]


def _guess_relation(record: RepoRecord, count: int) -> Relation:
    """Read the relation off the repository as the Hub does where the card names only the base."""
    name = record.id.lower()
    paths = {file.path.rpartition("/")[2] for file in record.files}
    if "adapter_config.json" in paths or record.library == "peft" or "lora" in record.tags:
        return Relation.ADAPTER
    if count > 1 and ("merge" in record.tags or "mergekit" in record.tags):
        return Relation.MERGE
    if record.quantization or any(mark in name for mark in _QUANTIZED_NAMES):
        return Relation.QUANTIZED
    if paths and all(path.endswith((".gguf", ".md", ".gitattributes", ".json")) for path in paths):
        return Relation.QUANTIZED if any(path.endswith(".gguf") for path in paths) else Relation.FINETUNE
    return Relation.FINETUNE


def canonical(repo_id: str, catalog: Catalog | None) -> str:
    """Return the Hub's present spelling of a declared id as far as known; free text is read as a name."""
    if catalog is not None and is_repo_id(repo_id):
        known = catalog.canonical(repo_id)
        if known is not None:
            return known
    base = families.base_model(repo_id)
    if base is not None:
        return base.id
    name = bare_name(repo_id)
    if name is None or not any(char.isdigit() for char in name):
        return repo_id
    # A name or a path on somebody's disk: the well-known model of that very name.
    key = name_key(name)
    if "/" not in repo_id and (named := families.by_name(key)) is not None:
        return named.id
    return lookup(key, "", catalog, popular=True) or repo_id


def _of_the_same_house(repo: str, child: str, catalog: Catalog | None) -> str:
    """Read a bare name as a repository beside the one whose card uses it, where there is such a one."""
    if "/" in repo or "/" not in child or catalog is None:
        return repo
    beside = f"{child.partition('/')[0]}/{repo.strip().replace(' ', '-')}"
    return catalog.canonical(beside) or repo if is_repo_id(beside) else repo


def _statements(record: RepoRecord, catalog: Catalog | None) -> list[Base]:
    """Collect every statement about the bases of a model, by whomever."""
    found = list(record.bases)
    if record.answered_by == "hub" and catalog is not None:
        known = catalog.get(record.id)
        if known is not None:
            # What the catalog read on the Hub is older than this answer; what others state still stands.
            found.extend(base for base in from_catalog(known, record.asked).bases if not base.declared)
    known_here = known_edges(record.id)
    # Cards of distilled models name teacher and student alike as their bases.
    teachers = {
        canonical(edge.parent, catalog).lower()
        for edge in known_here
        if edge.relation == "teacher" and edge.confidence >= _SURE
    }
    curated = [edge for edge in known_here if not edge.is_data]
    found = [_own_work(base, record, curated, catalog) for base in found]
    if curated:
        found = [base for base in found if canonical(base.id, catalog).lower() not in teachers]
    copies = any(base.declared and base.relation in _WEIGHTS_COPY for base in found)
    if copies or any(edge.confidence >= _FAIR for edge in curated):
        # Lists of other projects err now and then; where the base is on record, and where a copy
        # names what it is a copy of, they add nothing.
        found = [base for base in found if base.declared]
    found = [
        base
        for base in found
        if not _namesake_of_its_maker(record.id, base) and not _loose(base, record.id, catalog)
    ]
    found.extend(
        Base(
            edge.parent,
            RELATIONS.get(edge.relation, Relation.UNKNOWN),
            ClaimSource.REGISTRY,
            declared=False,
            locator=f"lineage:{edge.source}",
            confidence=edge.confidence,
        )
        for edge in curated
    )
    own = record.id.lower()
    if families.is_root(record.id):
        found = [base for base in found if base.source is not ClaimSource.NAME]
    kept = [base for base in found if canonical(base.id, catalog).lower() not in {own, record.asked.lower()}]
    stated = [base for base in kept if base.source is not ClaimSource.NAME]
    quantized = all(base.relation in {Relation.QUANTIZED, Relation.UNKNOWN} for base in stated)
    if stated and not quantized and not record.config_complete and record.parameters is None:
        return kept
    copied_from = _same_bytes(record, catalog) if not stated else None
    if copied_from is not None:
        return [copied_from]
    guesses = infer(record, catalog)
    if not stated:
        kept.extend(guesses)
        return kept
    for guess in guesses:
        # Cards of conversions are often copied from the original together with its `base_model`: the name
        # then tells the true parent.
        copied = (
            guess.locator.endswith(Evidence.NAME_QUANTIZED)
            and quantized
            and not any(_names(record.id, base.id) for base in stated)
        )
        contradicts = guess.locator.endswith((":" + Evidence.SHAPE, ":" + Evidence.SIZE))
        if copied or (contradicts and not _same_family(guess.id, stated, catalog)):
            kept.append(guess)
    return kept


def _own_work(base: Base, record: RepoRecord, curated: Sequence[KnownEdge], catalog: Catalog | None) -> Base:
    """Return a base that is called quantised as a tuned one, where a house made a model of its own of it.

    The Hub derives the relation from the files: a GGUF beside the weights makes a trained model a "quantised" one.
    """
    if base.relation is not Relation.QUANTIZED:
        return base
    parent = canonical(base.id, catalog)
    row = organization(namespace_of(record.id) or "")
    if row is None or row.role != "developer":
        return base
    tuned = any(
        RELATIONS.get(edge.relation) is Relation.FINETUNE
        and edge.confidence >= _SURE
        and canonical(edge.parent, catalog) == parent
        for edge in curated
    )
    theirs = families.base_model(parent)
    sizes = families.sizes_of(theirs) if theirs is not None else ()
    resized = (
        record.parameters is not None
        and bool(sizes)
        and not is_quantized(record)
        and all(abs(record.parameters - size) > _RESIZED * size for size in sizes)
    )
    return replace(base, relation=Relation.FINETUNE) if tuned or resized else base


def _loose(base: Base, child: str, catalog: Catalog | None) -> bool:
    """Return whether a third party names a base in words that no repository answers to."""
    return not base.declared and "/" not in _of_the_same_house(canonical(base.id, catalog), child, catalog)


def _namesake_of_its_maker(child: str, base: Base) -> bool:
    """Return whether a list calls a maker's model the copy of a stranger's of one name: it is the reverse."""
    if base.declared or base.relation is not Relation.COPY:
        return False
    if name_key(child.rpartition("/")[2]) != name_key(base.id.rpartition("/")[2]):
        return False
    row = organization(namespace_of(child) or "")
    return row is not None and row.role == "developer"


def _names(child: str, parent: str) -> bool:
    """Return whether a repository's name begins with its stated parent's: then the statement is its own."""
    key = name_key(parent.rpartition("/")[2]).removesuffix("hf")
    return len(key) >= _TELLING and name_key(child.rpartition("/")[2]).startswith(key)


def _same_bytes(record: RepoRecord, catalog: Catalog | None) -> Base | None:
    """Return the older repository on record with the same weights, byte for byte."""
    if catalog is None or record.answered_by != "hub" or families.is_root(record.id):
        return None
    for file in record.files:
        if file.sha256 is None or format_of(file.path) is None or (file.size or 0) < _TINY:
            continue
        for repo, path in catalog.by_sha256(file.sha256):
            other = catalog.get(repo)
            younger = other is not None and other.created and record.created and other.created > record.created
            if repo.lower() != record.id.lower() and not younger:
                return Base(
                    repo,
                    Relation.COPY,
                    ClaimSource.FILE_LIST,
                    declared=False,
                    locator=f"sha256 of {repo}/{path}",
                    confidence=0.97,
                    note=f"{file.path} is {repo}/{path}, byte for byte",
                )
    return None


def _same_family(guess: str, stated: list[Base], catalog: Catalog | None) -> bool:
    """Return whether a guess can agree with the statements: same family, or one whose family is not known."""
    theirs = families.base_model(guess)
    if theirs is None:
        return True
    for base in stated:
        family = _family(canonical(base.id, catalog), catalog, 0)
        if family is None or family == theirs.family:
            return True
    return False


def _family(repo_id: str, catalog: Catalog | None, depth: int) -> str | None:
    known = families.base_model(repo_id)
    if known is not None:
        return known.family
    record = catalog.get(repo_id) if catalog and depth < MAX_DEPTH else None
    for edge in record.edges if record else ():
        if edge.parent.lower() != repo_id.lower():
            found = _family(canonical(edge.parent, catalog), catalog, depth + 1)
            if found:
                return found
    return None


def _is_read(stated: str, catalog: Catalog | None) -> bool:
    """Return whether a base is written as a bare name or a path, and is no legacy id of the Hub either."""
    if bare_name(stated) is None:
        return False
    return catalog is None or not is_repo_id(stated) or catalog.canonical(stated) is None


def parents_of(record: RepoRecord, catalog: Catalog | None) -> tuple[Parent, ...]:
    """Return the parents of a model, most confident first, each with all claims for it."""
    statements = _statements(record, catalog)
    groups: dict[str, list[Base]] = {}
    spelled: dict[str, str] = {}
    for base in statements:
        repo = _of_the_same_house(canonical(base.id, catalog), record.id, catalog)
        spelled.setdefault(repo.lower(), repo)
        groups.setdefault(repo.lower(), []).append(base)
    parents = []
    for key, bases in groups.items():
        ranked = sorted(bases, key=lambda base: (base.relation is Relation.UNKNOWN, -base.confidence))
        relation = ranked[0].relation
        if relation is Relation.UNKNOWN:
            relation = _guess_relation(record, len(groups))
        # Which model a bare name or a path means is our reading of it.
        read = all(_is_read(base.id, catalog) for base in bases)
        claims = tuple(
            Claim(base.id, base.source, base.confidence, base.locator, record.seen, base.note)
            for base in sorted(bases, key=lambda base: -base.confidence)
        )
        parents.append(
            Parent(
                spelled[key],
                relation,
                any(base.declared for base in bases),
                min(max(base.confidence for base in bases), _READ if read else 1.0),
                claims,
                all(base.source in {ClaimSource.INFERENCE, ClaimSource.CONFIG} for base in bases),
            )
        )
    parents.sort(key=lambda parent: (-parent.confidence, not parent.declared, parent.id))
    return tuple(_without_namesakes(parents, catalog))


def _without_namesakes(parents: list[Parent], catalog: Catalog | None) -> list[Parent]:
    """Drop bare names where a full id is known, and lists' guesses among repositories of one name."""
    full = [parent for parent in parents if "/" in parent.id] or parents
    by_key: dict[str, list[Parent]] = {}
    for parent in full:
        by_key.setdefault(name_key(parent.id.rpartition("/")[2]), []).append(parent)
    dropped: set[str] = set()
    for key, group in by_key.items():
        if len(group) < 2 or catalog is None:  # noqa: PLR2004 - one repository of that name
            continue
        order = [repo.lower() for repo in catalog.by_name(key)]
        rank = {repo: number for number, repo in enumerate(order)}
        best = min(
            group, key=lambda parent: (not parent.declared, -parent.confidence, rank.get(parent.id.lower(), 99))
        )
        dropped.update(parent.id for parent in group if parent is not best and not parent.declared)
    return [parent for parent in full if parent.id not in dropped]


def _shown_card(record: RepoRecord) -> bool:
    """Return whether the card and the tags were seen, so that silence about a base means something.

    Before 2024 the Hub kept no tags for bases, and lists of other projects hold no cards.
    """
    if record.answered_by == "hub":
        return True
    return record.has_card is True and (record.seen or "") >= _TAGGED_SINCE


def lineage_of(
    record: RepoRecord,
    records: Mapping[str, RepoRecord | Gap],
    facts: Facts,
) -> Lineage:
    """Walk from `record` to the roots over `records` (by lower-cased id), which hold all that could be seen.

    Caps: `MAX_DEPTH` generations, `MAX_ANCESTORS` ancestors; what lies beyond makes the lineage incomplete.
    """
    found: dict[str, Ancestor] = {}
    open_ends: list[Gap] = []
    disputed: list[Claim[bool]] = []
    concealed = False
    data: dict[str, DataSource] = {}
    seen = {record.id.lower(), record.asked.lower()}
    wave: list[RepoRecord] = [record]
    descended: dict[str, tuple[str, ...]] = {}
    _collect_data(record, data, facts)
    for depth in range(1, MAX_DEPTH + 2):
        following: list[RepoRecord] = []
        for child in wave:
            parents = facts.parents(child)
            declared = [parent for parent in parents if parent.declared]
            guessed = [parent for parent in parents if parent.inferred]
            hidden = any(claim.locator in CONCEALED for parent in guessed for claim in parent.claims)
            if hidden and _shown_card(child):
                concealed = True
            if declared and guessed:
                disputed.append(
                    Claim(value=True, source=ClaimSource.CARD, confidence=1.0, note=f"declares {declared[0].id}")
                )
                disputed.append(
                    Claim(
                        value=False,
                        source=ClaimSource.INFERENCE,
                        confidence=guessed[0].confidence,
                        note=guessed[0].claims[0].note,
                    )
                )
            line = tuple(parent.id.lower() for parent in parents if parent.relation is not Relation.COMPONENT)
            if line:
                # A model with another's encoder inside is still the end of its own line.
                descended[child.id.lower()] = line
            if not parents and not families.is_root(child.id):
                open_ends.append(_open_end(record.id, child.id))
            if parents and depth > MAX_DEPTH:
                open_ends.append(
                    Gap(f"hf:{record.id}#lineage", GapReason.TOO_DEEP, f"more than {MAX_DEPTH} generations")
                )
                continue
            for parent in parents:
                key = parent.id.lower()
                if key in seen:
                    continue
                seen.add(key)
                if len(found) >= MAX_ANCESTORS:
                    open_ends.append(Gap(f"hf:{record.id}#lineage", GapReason.TOO_LARGE, "too many ancestors"))
                    break
                held = records.get(key)
                above = held if isinstance(held, RepoRecord) else None
                if above is None:
                    above = RepoRecord(parent.id, parent.id, "name", None)
                above_key = above.id.lower()
                if above_key != key and above_key in seen:
                    continue
                seen.add(above_key)
                found[key] = Ancestor(
                    id=above.id,
                    relation=parent.relation,
                    child=child.id,
                    depth=depth,
                    declared=parent.declared,
                    confidence=parent.confidence,
                    developer=facts.developer(above.id),
                    license=facts.license(above.id, above if held is not None else None),
                    root=False,
                    commit=above.commit,
                    claims=parent.claims,
                    card_seen=_shown_card(child),
                )
                following.append(above)
                if isinstance(held, Gap) and not families.is_root(parent.id):
                    open_ends.append(replace(held, subject=f"hf:{record.id}#lineage"))
                if parent.relation in {
                    Relation.QUANTIZED,
                    Relation.COPY,
                    Relation.CONVERSION,
                    Relation.DISTILL,
                    Relation.FINETUNE,
                }:
                    _collect_data(above, data, facts)
        wave = following
        if not wave:
            break
    ancestors = tuple(
        replace(ancestor, root=True) if _ends(ancestor, found, descended) else ancestor
        for ancestor in found.values()
    )
    return Lineage(
        ancestors,
        tuple(data[key] for key in sorted(data)),
        _completeness(record, ancestors, open_ends, disputed),
        concealed,
    )


def _ends(ancestor: Ancestor, found: Mapping[str, Ancestor], descended: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether a line ends here: no parent, or only such as descend from it (cards in a circle)."""
    parents = descended.get(ancestor.id.lower())
    if parents is None:
        return True
    below = set()
    step: Ancestor | None = ancestor
    while step is not None and step.child.lower() not in below:
        below.add(step.child.lower())
        step = found.get(step.child.lower())
    return all(parent in below for parent in parents)


def _open_end(subject: str, end: str) -> Gap:
    return Gap(
        f"hf:{subject}#lineage",
        GapReason.NOT_STATED,
        f"no source says whether {end} was trained from scratch or from another model",
    )


def _completeness(
    record: RepoRecord, ancestors: Iterable[Ancestor], open_ends: list[Gap], disputed: list[Claim[bool]]
) -> Fact[bool]:
    if disputed:
        return Disputed(tuple(disputed))
    if open_ends:
        return Unseen(open_ends[0])
    guesses = {ClaimSource.INFERENCE, ClaimSource.NAME, ClaimSource.CONFIG}
    weak = [
        ancestor
        for ancestor in ancestors
        if not ancestor.declared and all(claim.source in guesses for claim in ancestor.claims)
    ]
    if weak:
        return Unseen(
            Gap(
                f"hf:{record.id}#lineage",
                GapReason.NOT_STATED,
                f"{weak[0].id} is inferred with confidence {weak[0].confidence:.2f}",
            )
        )
    ends = sorted({ancestor.id for ancestor in ancestors if ancestor.root}) or [record.id]
    claim = Claim(
        value=True,
        source=ClaimSource.REGISTRY,
        confidence=0.95,
        locator="families:" + ",".join(ends),
        note="every path ends at a model known to be trained from scratch",
    )
    return Known(value=True, claims=(claim,))


def _collect_data(record: RepoRecord, data: dict[str, DataSource], facts: Facts) -> None:
    for edge in known_edges(record.id):
        if edge.is_data:
            claim = Claim(edge.parent, ClaimSource.REGISTRY, edge.confidence, f"lineage:{edge.source}")
            developer = facts.developer(edge.parent)
            data.setdefault(edge.parent, DataSource(edge.parent, edge.relation, developer, (claim,)))
    for name in record.datasets:
        claim = Claim(name, ClaimSource.CARD, 1.0, f"{record.locator}#datasets", record.seen)
        data.setdefault(name, DataSource(name, "dataset", facts.developer(name), (claim,)))
