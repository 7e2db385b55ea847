r"""The embedded snapshot of public facts about models: one compressed, indexed file, opened lazily.

Layout of the file (all integers little-endian, one header line of JSON after the magic line)::

    AICATALOG1\\n
    {"sections": {name: [offset, length]}, "date": …, "counts": {…}}\\n
    sections

Sections `records` and `names` are runs of zlib blocks with a shared preset dictionary; each block holds
about 4 KB of sorted lines `key TAB json`, so that a look-up inflates one block only. `hashes` is a sorted
array of 8-byte sha256 prefixes with the number of the block that holds the repository's record.
The file is data of aicheck's own making; a damaged one raises `CatalogError`, never a wrong answer.
"""

from __future__ import annotations

import mmap
import os
import re
import sys
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import orjson

from aicheck.core.frozen import dataclass
from aicheck.errors import AicheckError

__all__ = [
    "EMBEDDED",
    "MAGIC",
    "Catalog",
    "CatalogError",
    "Edge",
    "FileFact",
    "Record",
    "cache_dir",
    "name_key",
    "open_catalog",
]

MAGIC: Final = b"AICATALOG1\n"
EMBEDDED: Final = Path(__file__).parent / "data" / "catalog.bin"
_HASH_ROW: Final = 12
_HEADER_LIMIT: Final = 1 << 20


class CatalogError(AicheckError):
    """The catalog file is missing or damaged."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One statement that a model's weights come from another's."""

    parent: str
    relation: str
    """`finetune`, `adapter`, `quantized`, `merge`, `copy`, `unknown`."""
    basis: str
    """`hub` (declared in card or tags there), `list` (another project's list), `readme`, `script`,
    `source-comment`, `adapted-from` (a registry's field), `name` (only a name is known)."""
    source: str


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file of a repository as recorded."""

    path: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What the sources say of one repository. None and () = not recorded, never "there is none"."""

    id: str
    commit: str | None = None
    license: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    license_basis: str | None = None
    """`card`, `tag` or `list` (another project's list, in its own spelling)."""
    edges: tuple[Edge, ...] = ()
    model_type: str | None = None
    architectures: tuple[str, ...] = ()
    auto_map: bool | None = None
    quantization: str | None = None
    parameters: int | None = None
    pipeline_tag: str | None = None
    library: str | None = None
    gated: str | None = None
    """`auto`, `manual`, `false`; None = not recorded."""
    disabled: bool | None = None
    created: str | None = None
    modified: str | None = None
    downloads: int | None = None
    likes: int | None = None
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    files: tuple[FileFact, ...] = ()
    files_complete: bool = False
    has_card: bool | None = None
    sources: tuple[tuple[str, str], ...] = ()
    """(source, date) of everything above, newest first."""

    @property
    def seen(self) -> str | None:
        """ISO date (or month) of the newest source."""
        return self.sources[0][1] if self.sources else None


_SEPARATORS: Final = re.compile(r"[-_ ]+")


def name_key(name: str) -> str:
    """Return a spelling of a bare model name that ignores case, separators and the prefix `Meta-`.

    Dots stay: without them `Qwen2.5-7B` and `Qwen2-57B` would be one.
    """
    text = _SEPARATORS.sub("", name.lower())
    return text.removeprefix("meta") if text.startswith("metallama") else text


@lru_cache(maxsize=1)
def cache_dir() -> Path:
    """Directory of this user for what aicheck may lose: `AICHECK_CACHE_DIR`, else the platform's own."""
    override = os.environ.get("AICHECK_CACHE_DIR")
    if override:
        return Path(override)
    try:
        if sys.platform == "win32":
            return Path(os.environ.get("LOCALAPPDATA", "~")).expanduser() / "aicheck"
        if sys.platform == "darwin":
            return Path("~/Library/Caches/aicheck").expanduser()
        base = os.environ.get("XDG_CACHE_HOME")
        return (Path(base) if base and Path(base).is_absolute() else Path("~/.cache").expanduser()) / "aicheck"
    except RuntimeError:
        # A user without a home, as containers have them: nothing is kept. A shared temporary directory would let
        # others prepare what is read from it.
        return Path(os.devnull) / "aicheck"


class _Blocks:
    """A sorted run of compressed blocks, searched by key."""

    __slots__ = ("_cache", "_data", "_dictionary", "_firsts", "_offsets")

    def __init__(self, data: memoryview, dictionary: bytes) -> None:
        index_length = int.from_bytes(data[:4], "little")
        index = orjson.loads(zlib.decompress(data[4 : 4 + index_length]))
        start = 4 + index_length
        self._firsts: list[bytes] = index["firsts"].encode().split(b"\n")
        offsets = [start]
        for length in index["lengths"]:
            offsets.append(offsets[-1] + length)
        self._offsets = offsets
        self._data = data
        self._dictionary = dictionary
        self._cache: dict[int, bytes] = {}

    def __len__(self) -> int:
        return len(self._firsts)

    def block(self, number: int) -> bytes:
        """Return one block's lines, each with a line feed before and after."""
        held = self._cache.get(number)
        if held is None:
            raw = self._data[self._offsets[number] : self._offsets[number + 1]]
            held = zlib.decompressobj(-15, zdict=self._dictionary).decompress(raw)
            if len(self._cache) >= 64:  # noqa: PLR2004 - a quarter of a megabyte: hot ids without growth
                self._cache.clear()
            self._cache[number] = held
        return held

    def find(self, key: bytes) -> tuple[int, bytes] | None:
        """Return (number of the block, JSON) of a key, or None."""
        number = bisect_right(self._firsts, key) - 1
        if number < 0:
            return None
        block = self.block(number)
        at = block.find(b"\n" + key + b"\t")
        if at < 0:
            return None
        start = at + len(key) + 2
        return number, block[start : block.index(b"\n", start)]

    def starting_with(self, prefix: bytes) -> Iterator[bytes]:
        """Yield the lines (key, tab, JSON) of all keys with a prefix, in order."""
        for number in range(max(0, bisect_right(self._firsts, prefix) - 1), len(self)):
            if self._firsts[number] > prefix and not self._firsts[number].startswith(prefix):
                return
            for line in self.block(number).split(b"\n"):
                if line.startswith(prefix):
                    yield line


class Catalog:
    """Read access to a catalog file; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            magic = self._map[: len(MAGIC)]
            end = self._map.find(b"\n", len(MAGIC), len(MAGIC) + _HEADER_LIMIT)
            self._header: dict[str, Any] = orjson.loads(self._map[len(MAGIC) : end]) if magic == MAGIC else {}
            self._base = end + 1
            sections = self._header.get("sections", {})
            needed = self._base + max((offset + length for offset, length in sections.values()), default=0)
            self.date: str = self._header.get("date", "")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CatalogError(f"{path}: the catalog cannot be read: {error}") from error
        if magic != MAGIC:
            raise CatalogError(f"{path}: not a catalog of aicheck")
        if not sections or needed > len(self._map):
            raise CatalogError(f"{path}: the catalog is cut short")
        self._loaded: dict[str, Any] = {}
        self._canonical: dict[str, tuple[str | None]] = {}

    def _section(self, name: str) -> memoryview:
        offset, length = self._header["sections"][name]
        return memoryview(self._map)[self._base + offset : self._base + offset + length]

    def _blocks(self, name: str) -> _Blocks:
        held = self._loaded.get(name)
        if held is None:
            try:
                held = _Blocks(self._section(name), bytes(self._section("dictionary")))
            except (ValueError, KeyError, zlib.error) as error:
                raise CatalogError(f"{self.path}: the catalog is damaged: {error}") from error
            self._loaded[name] = held
        assert isinstance(held, _Blocks)
        return held

    def _table(self, name: str) -> Any:
        held = self._loaded.get(name)
        if held is None:
            held = orjson.loads(zlib.decompress(self._section(name)))
            self._loaded[name] = held
        return held

    def get(self, repo_id: str) -> Record | None:
        """Return the record of an id in any case; renamed ids are not followed (see `canonical`)."""
        row = self._row(repo_id)
        return None if row is None else self._record(row)

    def _row(self, repo_id: str) -> dict[str, Any] | None:
        try:
            found = self._blocks("records").find(repo_id.lower().encode("utf-8", "surrogateescape"))
            row: Any = None if found is None else orjson.loads(found[1])
        except (zlib.error, ValueError) as error:
            raise CatalogError(f"{self.path}: the catalog is damaged: {error}") from error
        return row if isinstance(row, dict) else None

    def canonical(self, repo_id: str) -> str | None:
        """Return the Hub's present spelling of an id: renames followed, case corrected; None = not on record."""
        held = self._canonical.get(repo_id)
        if held is None:
            if len(self._canonical) >= 50_000:  # noqa: PLR2004 - some megabytes
                self._canonical.clear()
            held = (self._follow(repo_id),)
            self._canonical[repo_id] = held
        return held[0]

    def _follow(self, repo_id: str) -> str | None:
        aliases: dict[str, str] = self._table("aliases")
        renamed = aliases.get(repo_id.lower())
        if renamed is None and "/" in repo_id:
            owner, _, name = repo_id.partition("/")
            successor = aliases.get(owner.lower() + "/*")
            if successor is not None and self._row(f"{successor}/{name}") is not None:
                renamed = f"{successor}/{name}"
        row = self._row(renamed or repo_id)
        if row is not None:
            return str(row["i"])
        return renamed

    def by_sha256(self, sha256: str) -> tuple[tuple[str, str], ...]:
        """Return (repository, path) of every file on record with this content, sorted."""
        try:
            wanted = bytes.fromhex(sha256)[:8]
        except ValueError:
            return ()
        rows = self._section("hashes")
        low, high = 0, len(rows) // _HASH_ROW
        while low < high:
            middle = (low + high) // 2
            if bytes(rows[middle * _HASH_ROW : middle * _HASH_ROW + 8]) < wanted:
                low = middle + 1
            else:
                high = middle
        found: set[tuple[str, str]] = set()
        seen: set[int] = set()
        blocks = self._blocks("records")
        text = sha256.lower()
        while low * _HASH_ROW < len(rows) and bytes(rows[low * _HASH_ROW : low * _HASH_ROW + 8]) == wanted:
            number = int.from_bytes(rows[low * _HASH_ROW + 8 : (low + 1) * _HASH_ROW], "little")
            low += 1
            if number in seen:
                continue
            seen.add(number)
            for line in blocks.block(number).split(b"\n"):
                if text.encode() in line:
                    record = self._record(orjson.loads(line.partition(b"\t")[2]))
                    found.update((record.id, file.path) for file in record.files if file.sha256 == text)
        return tuple(sorted(found))

    def by_name(self, name: str) -> tuple[str, ...]:
        """Return the ids whose bare name spells like `name` (see `name_key`), the most used as a base first."""
        found = self._blocks("names").find(name_key(name).encode("utf-8", "surrogateescape"))
        if found is None:
            return ()
        return tuple(str(row) for row in orjson.loads(found[1]))

    def ids(self, namespace: str) -> tuple[str, ...]:
        """Return the ids on record in a namespace (in any case), sorted; reads only the blocks that hold them."""
        prefix = namespace.lower().encode("utf-8", "surrogateescape") + b"/"
        return tuple(
            str(orjson.loads(line.partition(b"\t")[2])["i"])
            for line in self._blocks("records").starting_with(prefix)
        )

    def info(self) -> dict[str, Any]:
        """Return date, counts, size in bytes, path and the table of sources."""
        return {
            "path": str(self.path),
            "embedded": self.path == EMBEDDED,
            "date": self.date,
            "bytes": len(self._map),
            "counts": dict(self._header.get("counts", {})),
            "sources": list(self._table("sources")),
        }

    def rows(self) -> Any:
        """Yield every raw row, sorted by lower-cased id; for rebuilding and for statistics."""
        blocks = self._blocks("records")
        for number in range(len(blocks)):
            for line in blocks.block(number).split(b"\n"):
                if line:
                    yield orjson.loads(line.partition(b"\t")[2])

    def records(self) -> Any:
        """Yield every `Record`, sorted by lower-cased id."""
        for row in self.rows():
            yield self._record(row)

    def tables(self) -> tuple[dict[str, str], list[str]]:
        """Return (aliases, sources) as stored; for rebuilding."""
        return dict(self._table("aliases")), list(self._table("sources"))

    def _record(self, row: dict[str, Any]) -> Record:
        sources: list[str] = self._table("sources")
        get = row.get
        licence = get("l") or [None, None, None, None]
        return Record(
            id=row["i"],
            commit=get("s"),
            license=licence[0],
            license_name=licence[1],
            license_link=licence[2],
            license_basis=licence[3],
            edges=tuple(Edge(parent, rel, basis, sources[code]) for parent, rel, basis, code in get("b", ())),
            model_type=get("m"),
            architectures=tuple(get("a", ())),
            auto_map=get("am"),
            quantization=get("q"),
            parameters=get("p"),
            pipeline_tag=get("t"),
            library=get("lib"),
            gated=get("g"),
            disabled=get("x"),
            created=get("c"),
            modified=get("u"),
            downloads=get("d"),
            likes=get("k"),
            tags=tuple(get("tg", ())),
            languages=tuple(get("la", ())),
            datasets=tuple(get("ds", ())),
            files=tuple(
                FileFact(file) if isinstance(file, str) else FileFact(file[0], file[1], file[2])
                for file in get("f", ())
            ),
            files_complete=bool(get("fc")),
            has_card=get("hc"),
            sources=tuple((sources[code], date) for code, date in get("z", ())),
        )


@cache
def _open(path: Path) -> Catalog:
    return Catalog(path)


def open_catalog(path: Path | None = None) -> Catalog:
    """Open a catalog: the given file, else the newer of the embedded one and the user's update.

    A damaged update is passed over in favour of the embedded file. Raises `CatalogError`.
    """
    if path is not None:
        return _open(path)
    embedded = _open(EMBEDDED)
    updated = cache_dir() / "catalog.bin"
    if updated.is_file():
        try:
            newer = _open(updated)
        except CatalogError:
            return embedded
        if newer.date > embedded.date:
            return newer
    return embedded
