"""What workers do: discover one repository, evaluate one repository. Plain functions of plain values.

A task may run twice (its worker died after the work and before the answer): both write the same bytes to the same
place, so nothing is lost and nothing is there twice.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aicheck.core.frozen import dataclass
from aicheck.discover import DiscoverSettings
from aicheck.errors import ConfigError, SourceError
from aicheck.fleet.mirrors import mirror, remote_commit
from aicheck.fleet.repositories import Repository, file_stem
from aicheck.scan import Clock, discover_only, evaluate_report, info_of

if TYPE_CHECKING:
    from aicheck.core.reference import Inventory, Reference
    from aicheck.discover.trees import Tree
    from aicheck.evaluate import Policy
    from aicheck.lock.file import LockFile
    from aicheck.resolve import Sources
    from aicheck.resolve.answers import Answers

__all__ = [
    "DiscoverShared",
    "DiscoverTask",
    "Discovered",
    "EvaluateShared",
    "EvaluateTask",
    "Evaluated",
    "discover_repository",
    "evaluate_repository",
    "report_paths",
    "warm_up",
]

_HEAD: Final = "HEAD"
_MIRRORED: Final = "refs/aicheck/head"
_MAX_FILES: Final = 2_000_000
_LOCK: Final = "aicheck.lock"
_MAX_LOCK: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class DiscoverShared:
    """The same for every repository of a run."""

    settings: DiscoverSettings
    clock: Clock
    cache: Path
    """Where mirrors of remote repositories are kept."""
    git_timeout: float
    """Seconds for each call of git over the network."""
    worktree: bool = False
    """Scan the files of a checkout as they stand, instead of its HEAD."""
    locks: bool = False
    """A repository's own `aicheck.lock` answers first, as in a scan of its own."""


@dataclass(frozen=True, slots=True)
class DiscoverTask:
    """One repository, and the state in which it was last seen."""

    repository: Repository
    known: str | None = None
    """Commit or fingerprint of what is on record; the same again is not scanned."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a worker found; `data` is empty where the repository is unchanged."""

    name: str
    state: str
    """Commit, or fingerprint of what is no git repository."""
    commit: str | None
    data: bytes = b""
    """The inventory, a JSON report without verdict, and the lock where it counts; `packed`, compressed."""
    wanted: tuple[tuple[str, str | None], ...] = ()
    """What the Hub is to be asked."""
    files: int = 0


@dataclass(frozen=True, slots=True)
class EvaluateShared:
    """The same for every repository of a run."""

    policy: Policy
    answers: Answers | None
    """None = without the Hub."""
    clock: Clock
    fail_on: str
    spec_version: str
    output: Path | None
    """Directory for the reports where workers and coordinator share it; None = the bytes are sent back."""


@dataclass(frozen=True, slots=True)
class EvaluateTask:
    """One repository as it was discovered."""

    name: str
    commit: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Reports of one repository."""

    name: str
    verdict: str
    components: int
    findings: int
    report: bytes
    """The JSON report."""
    bom: bytes | None
    """The CycloneDX BOM; None where the worker wrote both files itself."""


def report_paths(output: Path, name: str) -> tuple[Path, Path]:
    """Where the JSON report and the BOM of a repository stand."""
    stem = file_stem(name)
    return output / "reports" / f"{stem}.json", output / "reports" / f"{stem}.cdx.json"


# -- discovery --------------------------------------------------------------------------------------------------


def _fingerprint(root: Path) -> str:
    """Digest over names, sizes and times of a directory's files: what is no git repository has no commit."""
    digest = hashlib.blake2b(digest_size=20)
    count = 0
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)  # noqa: PTH118 - a path of text: a million of these
            try:
                info = os.lstat(path)
            except OSError:
                continue
            count += 1
            if count > _MAX_FILES:
                raise SourceError(f"more than {_MAX_FILES:,} files; scan its parts")
            digest.update(f"{path}\0{info.st_size}\0{info.st_mtime_ns}\0{stat.S_IFMT(info.st_mode)}\n".encode(
                "utf-8", "surrogateescape"))  # fmt: skip
    return f"files:{digest.hexdigest()}"


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _git_tree(path: Path, revision: str, name: str) -> tuple[Tree, str]:
    from aicheck.discover.git import GitTree  # noqa: PLC0415 - workers that scan directories need no git

    try:
        tree = GitTree(path, revision, name)
    except ConfigError as error:
        raise SourceError(f"no commit to scan: {error.message}") from None
    return tree, tree.commit


def _is_git(path: Path) -> bool:
    bare = (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()
    return bare or (path / ".git").exists()


def _open(task: DiscoverTask, shared: DiscoverShared) -> tuple[Path | Tree | None, str, str | None]:
    """Return (what to scan, its state, its commit); nothing to scan where the state is the known one."""
    one = task.repository
    if one.remote:
        commit = remote_commit(one.location, shared.git_timeout)
        if commit is None:
            raise SourceError("the remote has no default branch")
        if commit == task.known:
            return None, commit, commit
        tree, commit = _git_tree(mirror(one.location, shared.cache, shared.git_timeout), _MIRRORED, one.name)
        return tree, commit, commit
    path = Path(one.location)
    if path.is_file():
        from aicheck.discover.trees import open_tree  # noqa: PLC0415 - as above

        state = _hash(path)
        return (None if state == task.known else open_tree(one.location)), state, None
    if not path.is_dir():
        raise SourceError("there is no such directory")
    if _is_git(path) and not (shared.worktree and (path / ".git").exists()):
        found, commit = _git_tree(path, _HEAD, one.name)
        return (None if commit == task.known else found), commit, commit
    state = _fingerprint(path)
    return (None if state == task.known else path), state, None


def packed(report: bytes, lock: bytes = b"") -> bytes:
    """One text of bytes for both: the length of the report, the report, the lock."""
    return zlib.compress(len(report).to_bytes(8, "big") + report + lock, 3)


def unpacked(data: bytes) -> tuple[bytes, bytes]:
    """Return (report, lock or nothing)."""
    text = zlib.decompress(data)
    end = 8 + int.from_bytes(text[:8], "big")
    return text[8:end], text[end:]


def _lock_data(tree: Path | Tree) -> bytes:
    """The bytes of a repository's own lock; nothing where it has none, or is an archive."""
    if isinstance(tree, Path):
        place = tree / _LOCK
        if place.is_symlink() or not place.is_file():
            return b""
        with place.open("rb") as stream:
            return stream.read(_MAX_LOCK)
    from aicheck.discover.git import GitTree  # noqa: PLC0415 - workers that scan directories need no git

    return (tree.read(_LOCK, _MAX_LOCK) or b"") if isinstance(tree, GitTree) else b""


def _lock_of(data: bytes) -> LockFile | None:
    from aicheck.lock.file import parse_lock  # noqa: PLC0415 - for repositories that have one

    try:
        return parse_lock(data) if data else None
    except ConfigError as error:
        raise SourceError(f"{_LOCK}: {error.message}") from None


def _open_references(inventory: Inventory, lock: LockFile | None) -> Inventory:
    """Return the inventory without what the lock answers for."""
    if lock is None:
        return inventory
    groups: dict[str, list[Reference]] = {}
    for reference in inventory.references:
        groups.setdefault(str(reference.target), []).append(reference)
    left = [one for group in groups.values() if lock.component(group[0].target, group) is None for one in group]
    return replace(inventory, references=tuple(left))


@cache
def _catalog_sources() -> Sources:
    """Lock-less sources of this process: the catalog is mapped once for all tasks."""
    from aicheck.knowledge.catalog import open_catalog  # noqa: PLC0415 - once in each worker
    from aicheck.resolve import Sources  # noqa: PLC0415

    return Sources(catalog=open_catalog())


def warm_up() -> None:
    """Load everything that a worker needs, so that forked workers have it from the start."""
    from aicheck.discover.trees import MemoryTree  # noqa: PLC0415 - as in the tasks
    from aicheck.report import render  # noqa: PLC0415
    from aicheck.resolve import resolve  # noqa: PLC0415

    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    code = b'from transformers import AutoModel\nAutoModel.from_pretrained("openai-community/gpt2")\n'
    report = discover_only(MemoryTree({"a.py": code}), "warm-up", clock, DiscoverSettings())
    report = replace(report, components=resolve(report.inventory, _catalog_sources()))
    for form in ("json", "cyclonedx"):
        render(report, form)


def discover_repository(task: DiscoverTask, shared: DiscoverShared) -> Discovered:
    """Scan one repository, unless it is unchanged. Raises `SourceError` where it cannot be reached or read."""
    from aicheck.report import render  # noqa: PLC0415 - once in each worker
    from aicheck.resolve import wanted_ids  # noqa: PLC0415

    name = task.repository.name
    try:
        tree, state, commit = _open(task, shared)
    except (OSError, ConfigError) as error:
        raise SourceError(str(error)) from None
    if tree is None:
        return Discovered(name, state, commit)
    report = discover_only(tree, name, shared.clock, replace(shared.settings, jobs=1), version=commit)
    report = replace(report, inventory=replace(report.inventory, root=name))
    lock = _lock_data(tree) if shared.locks else b""
    data = packed(render(report, "json"), lock)
    wanted = wanted_ids(_open_references(report.inventory, _lock_of(lock)), _catalog_sources())
    return Discovered(name, state, commit, data, wanted, report.inventory.stats.files_listed)


# -- evaluation -------------------------------------------------------------------------------------------------


def evaluate_repository(task: EvaluateTask, shared: EvaluateShared) -> Evaluated:
    """Resolve from the shared answers, evaluate, render; what `aicheck scan` would say of this repository."""
    from aicheck.report import render, write_atomically  # noqa: PLC0415 - once in each worker
    from aicheck.report.read_json import report_from_json  # noqa: PLC0415
    from aicheck.resolve import resolve  # noqa: PLC0415
    from aicheck.resolve.answers import replayed  # noqa: PLC0415

    text, lock = unpacked(task.data)
    inventory = report_from_json(text, path=task.name).inventory
    known = replayed(_catalog_sources(), shared.answers)
    sources = replace(known, lock=_lock_of(lock), today=shared.clock.today.isoformat())
    report = evaluate_report(
        inventory,
        resolve(inventory, sources),
        task.name,
        shared.policy,
        info_of(sources),
        shared.clock,
        fail_on=shared.fail_on,
        version=task.commit,
    )
    document = render(report, "json")
    bom: bytes | None = render(report, "cyclonedx", spec_version=shared.spec_version)
    if shared.output is not None and bom is not None:
        for path, data in zip(report_paths(shared.output, task.name), (document, bom), strict=True):
            write_atomically(path, data)
        bom = None
    verdict = report.verdict.value if report.verdict is not None else ""
    return Evaluated(task.name, verdict, len(report.components), len(report.findings), document, bom)
