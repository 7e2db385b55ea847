"""All records that one resolution needs, in waves: targets first, then parents, generation by generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

import orjson

from aicheck.core.component import Component, Relation
from aicheck.core.evidence import ClaimSource, Gap, GapReason
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Reference
from aicheck.core.target import Kind, Target
from aicheck.knowledge import families
from aicheck.knowledge.catalog import Catalog
from aicheck.resolve.bases_by_header import (
    FIRST_BYTES,
    HeaderReader,
    header_file,
    wants_header,
    with_header,
)
from aicheck.resolve.inference import infer
from aicheck.resolve.lineage import MAX_DEPTH, Parent, parents_of
from aicheck.resolve.records import Base, RepoRecord, from_catalog, is_repo_id, with_config
from aicheck.resolve.second_look import allowance, second_looks
from aicheck.resolve.weights import SIGNATURE

if TYPE_CHECKING:
    # A run without network never loads the client.
    from aicheck.resolve.hub import Hub, Overview

__all__ = ["LOCKABLE", "Lock", "Sources", "Store"]

LOCKABLE: Final = frozenset(
    {
        Kind.MODEL,
        Kind.DATASET,
        Kind.HOSTED_MODEL,
        Kind.REGISTRY_MODEL,
        Kind.ENDPOINT,
        Kind.WEIGHTS,
        Kind.ADAPTER,
    }
)
"""Kinds whose facts come from outside the scanned tree. Libraries and tool servers say all they say in it."""


_ENOUGH: Final = 0.8
"""Confidence of a guess from which a look into the weights adds nothing."""
_LONGEST_HEADER: Final = 8 << 20


class Lock(Protocol):
    """What resolve needs of a lock file."""

    def component(self, target: Target, references: Sequence[Reference] = ()) -> Component | None:
        """Return the locked component of a target; None where it does not answer for these references."""
        ...

    def why_not(self, target: Target, references: Sequence[Reference] = ()) -> str:
        """Say in a phrase why there is no answer."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Where facts come from, in the order lock, catalog, Hub."""

    catalog: Catalog | None = None
    hub: Hub | None = None
    lock: Lock | None = None
    offline: bool = True
    """True: the Hub is not asked even where `hub` is given."""
    today: str | None = None
    """ISO date for claims that are made now."""
    locked: bool = False
    """Only the lock may answer for models; what it does not hold is a gap."""
    datasets: bool = False
    """The Hub is asked for datasets as well: what is pinned, locked or compared needs their commits."""
    headers: HeaderReader | None = None
    """Reads the header of a weights file; None: no header is fetched."""
    overviews: bool = False
    """True: the Hub is asked whether it has verified the publishers, one question more for each."""


class Store:
    """Records by lower-cased id; the Hub is asked in waves, each a bounded pool."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.catalog = sources.catalog
        self.hub = None if sources.offline or sources.locked else sources.hub
        self.records: dict[str, RepoRecord | Gap] = {}
        self.datasets: dict[str, RepoRecord | Gap] = {}
        """Answers of the Hub by lower-cased id of the dataset; empty where it was not asked."""
        self.moved: dict[str, str] = {}
        """Id asked for (lower case) → id that answered, where they differ in more than case."""
        self._parents: dict[int, tuple[RepoRecord, tuple[Parent, ...]]] = {}
        self._bare: dict[str, RepoRecord] = {}
        self.overviews: dict[str, Overview] = {}
        """What the Hub says of the targets' namespaces, by lower-cased name."""
        self.gaps: dict[str, Gap] = {}
        """Why the Hub did not answer although the catalog did, by lower-cased id."""
        self.unread: dict[str, Gap] = {}
        """Whose configuration was left unread, by lower-cased id, and why."""
        self._asked = 0
        self._looks = 0

    def load(self, targets: Mapping[str, str | None]) -> None:
        """Fetch targets (id → revision to ask for) and all their ancestors."""
        wave = dict(targets)
        direct = True
        if self.hub is not None and self.sources.overviews:
            owners = sorted({repo.partition("/")[0].lower() for repo in targets if "/" in repo})
            self.overviews.update(self.hub.overviews(owners))
        for _ in range(MAX_DEPTH + 1):
            fresh = {repo: revision for repo, revision in wave.items() if repo.lower() not in self.records}
            self._fetch(fresh, direct=direct)
            wave = {}
            for repo in fresh:
                record = self.records.get(repo.lower())
                if not isinstance(record, RepoRecord):
                    record = self.bare(repo)
                for parent in self.parents(record):
                    if parent.id.lower() not in self.records:
                        wave[parent.id] = None
            direct = False
            if not wave:
                return

    def load_datasets(self, wanted: Mapping[str, str | None]) -> None:
        """Ask the Hub for datasets (id → revision), where the sources want them."""
        if self.hub is None or not self.sources.datasets or not wanted:
            return
        for (repo, _), answer in self.hub.datasets(wanted.items()).items():
            self.datasets[repo.lower()] = answer
        self.hub.close()

    def get(self, repo_id: str) -> RepoRecord | Gap | None:
        """Return what was fetched for an id."""
        return self.records.get(repo_id.lower())

    def parents(self, record: RepoRecord) -> tuple[Parent, ...]:
        """Return the parents of a record; worked out once."""
        known = self._parents.get(id(record))
        if known is None or known[0] is not record:
            known = (record, parents_of(record, self.catalog))
            self._parents[id(record)] = known
        return known[1]

    def bare(self, repo_id: str) -> RepoRecord:
        """Return a record that holds only the id: what is curated or said by the name can still be told."""
        return self._bare.setdefault(repo_id.lower(), RepoRecord(repo_id, repo_id, "", None))

    def _known(self, repo_id: str) -> RepoRecord | None:
        if self.catalog is None:
            return None
        canonical = self.catalog.canonical(repo_id) or repo_id
        record = self.catalog.get(canonical)
        if record is None:
            return None
        return from_catalog(record, repo_id)

    def _fetch(self, wanted: Mapping[str, str | None], *, direct: bool) -> None:
        asked: list[tuple[str, str | None]] = []
        for repo, revision in wanted.items():
            if not is_repo_id(repo):
                self.records[repo.lower()] = Gap(
                    f"hf:{repo}", GapReason.NOT_FOUND, "not a repository id of the Hub"
                )
                continue
            known = self._known(repo)
            if known is not None and not direct and (known.bases or families.is_root(known.id)):
                # An ancestor whose own base is on record needs no question.
                self._put(repo, known)
            elif self.hub is None or (not direct and families.is_root(repo)):
                self._put(repo, known or self._unknown(repo))
            else:
                asked.append((repo, revision))
        if self.hub is None or not asked:
            return
        self._asked += len(asked)
        answers = self.hub.models(asked)
        complete = self._with_files(
            [record for record in answers.values() if isinstance(record, RepoRecord)], direct=direct
        )
        for key in asked:
            answer = answers[key]
            repo = key[0]
            if isinstance(answer, RepoRecord):
                self._put(repo, complete.get(id(answer), answer))
            elif answer.reason is GapReason.NOT_FOUND and "revision" not in answer.detail:
                # The Hub says that it is not there: older facts must not hide that.
                self.records[repo.lower()] = answer
            else:
                known = self._known(repo)
                self._put(repo, known or answer)
                if known is not None:
                    self.gaps.setdefault(repo.lower(), answer)
        self.hub.close()

    def _unknown(self, repo: str) -> RepoRecord | Gap:
        base = families.base_model(repo)
        if base is not None:
            return RepoRecord(
                base.id,
                repo,
                "knowledge",
                None,
                model_type=base.model_type or None,
                parameters=base.parameters,
                provenance=f"families:{base.source}",
            )
        return Gap(f"hf:{repo}", GapReason.OFFLINE, "not in the catalog, and the Hub was not to be asked")

    def _put(self, asked: str, record: RepoRecord | Gap) -> None:
        self.records[asked.lower()] = record
        if isinstance(record, RepoRecord):
            self.records.setdefault(record.id.lower(), record)
            if record.id.lower() != asked.lower():
                self.moved[asked.lower()] = record.id

    def _with_files(self, records: Iterable[RepoRecord], *, direct: bool) -> dict[int, RepoRecord]:
        """Read the few small files that decide something: configuration of silent cards, adapters, signatures."""
        assert self.hub is not None
        wanted: list[tuple[RepoRecord, str]] = []
        configured: list[RepoRecord] = []
        records = list(records)
        for record in records:
            paths = {file.path for file in record.files}
            silent = not record.bases and not families.is_root(record.id)
            if "adapter_config.json" in paths and silent:
                wanted.append((record, "adapter_config.json"))
            elif "config.json" in paths and silent:
                configured.append(record)
            if direct and SIGNATURE in paths:
                wanted.append((record, SIGNATURE))
        wanted.extend((record, "config.json") for record in self._second_looks(configured))
        found: dict[int, RepoRecord] = {}
        closed: set[int] = set()
        for (record, path), content in zip(wanted, self.hub.files(wanted), strict=True):
            held = found.get(id(record), record)
            if isinstance(content, Gap):
                if path == SIGNATURE:
                    found[id(record)] = replace(held, signature_unread=content.reason.value)
                elif path == "config.json":
                    closed.add(id(record))
                continue
            if path == SIGNATURE:
                found[id(record)] = replace(held, signature=content)
                continue
            config = _mapping(content)
            if config is not None and path == "config.json":
                found[id(record)] = with_config(held, config)
            elif config is not None:
                found[id(record)] = _with_adapter(held, config)
        if direct and self.sources.headers is not None:
            # Where one file is not to be had, the others are not either.
            open_ = [record for record in records if id(record) not in closed]
            self._read_headers(open_, found, self.sources.headers)
        return found

    def _second_looks(self, silent: list[RepoRecord]) -> list[RepoRecord]:
        """Return the models whose configuration is read; of those beyond the allowance it is told."""
        chosen, left = second_looks(silent, self.parents, max(0, allowance(self._asked) - self._looks))
        self._looks += len(chosen)
        for record in left:
            detail = "config.json was not read: too many models of this run state no base; ask for this one alone"
            self.unread[record.id.lower()] = Gap(f"hf:{record.id}#config", GapReason.SKIPPED, detail)
        return chosen

    def _read_headers(self, records: list[RepoRecord], found: dict[int, RepoRecord], read: HeaderReader) -> None:
        """Read the first bytes of the weights of models whose card and configuration tell nothing."""
        assert self.hub is not None
        silent = [
            (record, found.get(id(record), record), file)
            for record in records
            if wants_header(found.get(id(record), record)) and (file := header_file(record)) is not None
        ]
        told = [
            (record, held, file)
            for record, held, file in silent
            if not any(base.confidence >= _ENOUGH for base in infer(held, self.catalog))
        ]
        contents = self.hub.files([(record, file.path) for record, _, file in told], length=FIRST_BYTES)
        for (record, held, file), content in zip(told, contents, strict=True):
            if isinstance(content, Gap):
                continue
            size = file.size or len(content)
            header = read(content, size)
            length = 8 + int.from_bytes(content[:8], "little")
            if header is None and len(content) < length <= _LONGEST_HEADER:
                (longer,) = self.hub.files([(record, file.path)], length=length)
                header = read(longer, size) if isinstance(longer, bytes) else None
            if header is not None:
                found[id(record)] = with_header(held, file, header)


def _mapping(content: bytes) -> dict[str, object] | None:
    try:
        value = orjson.loads(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _with_adapter(record: RepoRecord, config: Mapping[str, object]) -> RepoRecord:
    base = config.get("base_model_name_or_path")
    if not isinstance(base, str) or not is_repo_id(base):
        return record
    found = Base(
        base, Relation.ADAPTER, ClaimSource.CONFIG, declared=True, locator="adapter_config.json", confidence=1.0
    )
    return replace(record, bases=(*record.bases, found))
