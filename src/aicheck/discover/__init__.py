"""From files to references and gaps; pure, and never executing what it reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Inventory, Reference, ScanStats, Use
from aicheck.core.target import HostedModel, HubModel
from aicheck.discover.settings import DiscoverSettings

if TYPE_CHECKING:
    from aicheck.discover.cache import DetectionCache
    from aicheck.discover.detector import Link
    from aicheck.discover.engine import Examined, Examiner
    from aicheck.discover.trees import Tree

__all__ = ["DiscoverSettings", "discover"]

_KEPT_SIZE: Final = 200_000
_FOLLOWED: Final = (".py", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".mts", ".cjs", ".yaml", ".yml", ".tpl")
"""Endings of files in which names of other files are looked up."""
_ALONE_FILES: Final = 800
_ALONE_BYTES: Final = 5 << 20
_TEXT_SIZE: Final = 256 << 10
_LOOKED_UP: Final = 256
"""Files that are asked for in one query."""


def discover(root: Path | Tree, settings: DiscoverSettings | None = None) -> Inventory:
    """Find every reference in a directory or another tree (`aicheck.discover.trees`).

    Reads files and nothing else; what cannot be read becomes a gap, and no content makes it raise.
    """
    from aicheck.discover.engine import Examiner  # noqa: PLC0415 - only now the detectors are loaded
    from aicheck.discover.registry import load_detectors  # noqa: PLC0415

    settings = settings or DiscoverSettings()
    examiner = Examiner(load_detectors(), settings)
    if settings.cache is not None:
        from aicheck.discover.cache import open_cache  # noqa: PLC0415 - only where something is kept

        examiner.cache = open_cache(settings)
    collected = _Collected()
    if isinstance(root, Path):
        name = _shown(root)
        _directory(root, settings, examiner, collected)
        base = root.as_posix().rstrip("/")
        collected.link(lambda path: _contents(f"{base}/{path}", settings.max_file_size))
        collected.terms(lambda folder: _files(base, folder), lambda path: _contents(f"{base}/{path}", _TEXT_SIZE))
    else:
        from aicheck.discover.license_files import is_license_file  # noqa: PLC0415 - as above

        name = root.name
        kept: dict[str, bytes] = {}  # a stream cannot be read again, and modules are small
        texts: dict[str, bytes] = {}

        deep: set[str] = set()

        def wanted(path: str, size: int = 0) -> bool:
            # As in a directory; and names of thousands of folders cost more to match than files to read.
            if path.count("/") > settings.max_depth:
                folder = "/".join(path.split("/", settings.max_depth + 1)[: settings.max_depth + 1])
                if folder not in deep:
                    deep.add(folder)
                    detail = f"deeper than {settings.max_depth} folders; not read"
                    collected.gaps.append(Gap(folder, GapReason.TOO_DEEP, detail, folder))
                return False
            return examiner.wanted(path, size) or is_license_file(path)

        for item in root.sources(wanted, settings.max_file_size):
            if isinstance(item, Gap):
                collected.gaps.append(item)
                continue
            if is_license_file(item.path) and len(item.data) <= _TEXT_SIZE:
                texts[item.path] = item.data
            if examiner.wanted(item.path):
                collected.listed += 1
                item.hashing, item.documentation = settings.hash_weights, settings.include_docs
                collected.add(examiner.examine(item))
                if item.path.endswith(_FOLLOWED) and len(item.data) <= _KEPT_SIZE:
                    kept[item.path] = item.data
        collected.link(kept.get)
        collected.terms(lambda folder: [path for path in texts if path.rpartition("/")[0] == folder], texts.get)
    if examiner.cache is not None:
        examiner.cache.close()
    return collected.inventory(name)


def _contents(path: str, limit: int) -> bytes | None:
    """Read a regular file of the tree, or None; links and special files are not followed."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError):
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        data = file.read(limit + 1)
    return data if len(data) <= limit else None


def _files(base: str, folder: str) -> list[str]:
    """Return the paths of what lies in a folder of the tree; none where it cannot be listed."""
    try:
        names = os.listdir(f"{base}/{folder}" if folder else base)  # noqa: PTH208 - names alone are wanted
    except (OSError, ValueError):
        return []
    return [f"{folder}/{name}" if folder else name for name in names]


def _shown(root: Path) -> str:
    text = root.as_posix()
    return root.name or text if root.is_absolute() else text


def _as_served(reference: Reference, served: Mapping[tuple[str, int], set[HostedModel]]) -> Reference:
    """Return a default that other files call an API with as what it is there: `chat_model: str = "owner/name"`."""
    targets = served.get((reference.occurrence.path, reference.occurrence.line))
    if not targets or len(targets) != 1:
        return reference
    (target,) = targets
    known = reference.target
    same = isinstance(known, HubModel) and known.repo_id == target.name
    unbound = isinstance(known, HostedModel) and known.provider is None and known.name == target.name
    return replace(reference, target=target) if same or unbound else reference


class _Collected:
    """What has been seen so far."""

    def __init__(self) -> None:
        self.references: list[Reference] = []
        self.gaps: list[Gap] = []
        self.links: list[Link] = []
        self.excerpts: list[tuple[str, int, str]] = []
        self.listed = self.read = self.bytes = self.skipped = 0

    def add(self, result: Examined, read: int | None = None, skipped: int | None = None) -> None:
        self.references.extend(result.references)
        self.gaps.extend(result.gaps)
        self.links.extend(result.links)
        self.excerpts.extend(result.excerpts)
        self.bytes += result.read
        self.read += (not result.skipped) if read is None else read
        self.skipped += result.skipped if skipped is None else skipped

    def link(self, read: Callable[[str], bytes | None]) -> None:
        """Follow names across files; `read` gives the bytes of a file of the tree."""
        if not self.links:
            return
        from aicheck.discover.link import resolve_links  # noqa: PLC0415 - as in discover
        from aicheck.discover.results import as_reported, excerpt, gap_as_reported  # noqa: PLC0415
        from aicheck.discover.source import SourceFile  # noqa: PLC0415

        links = sorted(self.links, key=lambda link: (link.reference is None, str(link)))
        served: dict[tuple[str, int], set[HostedModel]] = {}
        for found in resolve_links(links, read):
            if isinstance(found, Gap):
                self.gaps.append(gap_as_reported(found))
            else:
                found = as_reported(found)  # noqa: PLW2901 - the reported form of the same thing
                where, _, line = (found.attribute("via") or "").rpartition(":")
                if where and isinstance(found.target, HostedModel):
                    served.setdefault((where, int(line)), set()).add(found.target)
                self.references.append(found)
                place = found.occurrence
                source = SourceFile(place.path, read(place.path) or b"")
                self.excerpts.extend((place.path, place.line, text) for text in excerpt(source, place))
        self.references = [_as_served(reference, served) for reference in self.references]

    def terms(self, listing: Callable[[str], Iterable[str]], read: Callable[[str], bytes | None]) -> None:
        """Read the licence texts beside weights and installed distributions; nothing where there are none."""
        if not any(reference.occurrence.use is Use.PRESENT for reference in self.references):
            return
        from aicheck.discover.beside import described_folders  # noqa: PLC0415 - as in discover
        from aicheck.discover.license_files import join_license_texts  # noqa: PLC0415 - as in discover

        described = described_folders(self.references)
        self.references = join_license_texts(self.references, listing, read, described)

    def inventory(self, name: str) -> Inventory:
        from aicheck.discover.beside import join_beside  # noqa: PLC0415 - as in discover
        from aicheck.discover.locked import join_locked  # noqa: PLC0415 - as in discover
        from aicheck.discover.results import merge_gaps, merge_references, unbound_gaps  # noqa: PLC0415 - as in discover

        references = merge_references(join_locked(join_beside(self.references)))
        self.gaps.extend(unbound_gaps(references))
        lines = {(reference.occurrence.path, reference.occurrence.line) for reference in references}
        excerpts = sorted({item for item in self.excerpts if item[:2] in lines})
        stats = ScanStats(self.listed, self.read, self.bytes, self.skipped)
        return Inventory(name, tuple(references), tuple(merge_gaps(self.gaps)), stats, tuple(excerpts))


def _directory(root: Path, settings: DiscoverSettings, examiner: Examiner, collected: _Collected) -> None:
    from aicheck.discover.walk import walk  # noqa: PLC0415 - as in discover

    base = root.as_posix().rstrip("/") or "/"

    def paths() -> Iterator[str]:
        for item in walk(root, max_depth=settings.max_depth, excludes=settings.excludes):
            if isinstance(item, Gap):
                collected.gaps.append(item)
                continue
            collected.listed += 1
            if examiner.wanted(item.path):
                yield item.path
            else:
                collected.skipped += 1

    places = _Places(examiner.cache, base, collected)
    remaining = places.fresh(paths()) if examiner.cache is not None else paths()
    count = settings.worker_count()
    for alone, path in enumerate(remaining, 1):
        result = examiner.examine_path(base, path)
        collected.add(result)
        places.keep(path, result.kept)
        if count > 1 and (alone >= _ALONE_FILES or collected.bytes >= _ALONE_BYTES):
            from aicheck.discover.pool import BATCH, can_fork, examine_in_workers  # noqa: PLC0415 - large trees alone

            if can_fork():
                break
    else:
        return

    def batches() -> Iterator[list[str]]:
        batch: list[str] = []
        for path in remaining:
            batch.append(path)
            if len(batch) >= BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    for done in examine_in_workers(examiner, base, batches(), count):
        collected.add(done.seen, done.read, done.skipped)
        if examiner.cache is not None:
            examiner.cache.put_all(done.rows)
            for path, kept in zip(done.paths, done.kept, strict=False):
                places.keep(path, kept)


class _Places:
    """Tells files that stand as an earlier scan saw them from those that have to be read."""

    def __init__(self, cache: DetectionCache | None, base: str, collected: _Collected) -> None:
        self._cache = cache
        self._base = base
        self._collected = collected
        self._keys: dict[str, bytes] = {}

    def keep(self, path: str, kept: bytes) -> None:
        """Remember what a file gave under its place."""
        key = self._keys.pop(path, b"")
        if self._cache is not None:
            self._cache.put_place(key, kept)

    def fresh(self, paths: Iterator[str]) -> Iterator[str]:
        """Add what is known of unchanged files to what has been seen; yield the others."""
        while batch := list(islice(paths, _LOOKED_UP)):
            yield from self._unknown(batch)

    def _unknown(self, batch: list[str]) -> Iterator[str]:
        from aicheck.discover.cache import decode  # noqa: PLC0415 - as in discover
        from aicheck.discover.engine import Examined  # noqa: PLC0415 - as in discover

        cache = self._cache
        assert cache is not None
        keys: dict[str, bytes] = {}
        for path in batch:
            try:
                info = os.stat(f"{self._base}/{path}", follow_symlinks=False)  # noqa: PTH116 - every file of the tree
            except (OSError, ValueError):
                continue
            if stat.S_ISREG(info.st_mode):
                keys[path] = cache.place(path, info)
        known = cache.get_places([key for key in keys.values() if key])
        for path in batch:
            key = keys.get(path, b"")
            data = known.get(key)
            found = decode(path, data) if data is not None else None
            if found is not None:
                self._collected.add(Examined(*found, skipped=False))
            else:
                self._keys[path] = key
                yield path
