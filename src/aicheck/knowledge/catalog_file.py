"""Writes catalog files in the layout that `aicheck.knowledge.catalog` reads."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from aicheck.knowledge.catalog import MAGIC, name_key

__all__ = ["write_catalog"]

# Small blocks keep a look-up cheap; the shared dictionary gives back most of what they cost in size.
_BLOCK_BYTES: Final = 4096
_DICTIONARY_BYTES: Final = 32768
_NAMES_PER_KEY: Final = 4


def _dictionary(lines: list[bytes]) -> bytes:
    # Lines spread evenly over the whole run, without their keys: the shapes and words that all share.
    step = max(1, len(lines) // 160)
    return b"\n".join(line.partition(b"\t")[2][:260] for line in lines[::step])[-_DICTIONARY_BYTES:]


def _pack(lines: list[bytes], dictionary: bytes) -> tuple[bytes, list[int]]:
    """Return the section's bytes and, per line, the number of its block."""
    blocks: list[bytes] = []
    firsts: list[bytes] = []
    numbers: list[int] = []
    held: list[bytes] = []
    size = 0

    def close() -> None:
        compressor = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=dictionary)
        blocks.append(compressor.compress(b"\n" + b"\n".join(held) + b"\n") + compressor.flush())

    for line in lines:
        if not held:
            firsts.append(line.partition(b"\t")[0])
        held.append(line)
        numbers.append(len(blocks))
        size += len(line) + 1
        if size >= _BLOCK_BYTES:
            close()
            held, size = [], 0
    if held:
        close()
    index = {"firsts": b"\n".join(firsts).decode(), "lengths": [len(block) for block in blocks]}
    packed = zlib.compress(orjson.dumps(index), 9)
    return len(packed).to_bytes(4, "little") + packed + b"".join(blocks), numbers


def write_catalog(
    path: Path,
    rows: Iterable[Mapping[str, Any]],
    *,
    aliases: Mapping[str, str],
    sources: list[str],
    date: str,
) -> dict[str, int]:
    """Write a catalog from raw rows; returns its counts. The file appears whole or not at all.

    `rows` are as `Catalog.rows` yields them; `aliases` maps lower-cased old ids (or `owner/*`) to new ones.
    """
    by_key: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        by_key[str(row["i"]).lower()] = row
    ordered = sorted(by_key, key=lambda key: key.encode())
    lines = [key.encode() + b"\t" + orjson.dumps(by_key[key]) for key in ordered]
    dictionary = _dictionary(lines)
    records, numbers = _pack(lines, dictionary)

    children: dict[str, int] = {}
    edges = hashes = commits = licences = 0
    hash_rows: set[bytes] = set()
    for key, number in zip(ordered, numbers, strict=True):
        row = by_key[key]
        commits += "s" in row
        licences += bool(row.get("l"))
        for parent, *_ in row.get("b", ()):
            edges += 1
            children[parent.lower()] = children.get(parent.lower(), 0) + 1
        for file in row.get("f", ()):
            if not isinstance(file, str) and file[2]:
                hashes += 1
                hash_rows.add(bytes.fromhex(file[2])[:8] + number.to_bytes(4, "little"))

    names: dict[str, list[tuple[int, int, str]]] = {}
    spelled = {str(row["i"]) for row in by_key.values()}
    parents = {parent for row in by_key.values() for parent, *_ in row.get("b", ())}
    spelled |= {parent for parent in parents if "/" in parent and parent.lower() not in by_key}
    for repo in spelled:
        known = by_key.get(repo.lower(), {})
        rank = (-children.get(repo.lower(), 0), -(known.get("d") or 0), repo)
        names.setdefault(name_key(repo.rpartition("/")[2]), []).append(rank)
    name_lines = [
        key.encode("utf-8", "surrogateescape")
        + b"\t"
        + orjson.dumps([repo for _, _, repo in sorted(names[key])[:_NAMES_PER_KEY]])
        for key in sorted(names, key=lambda key: key.encode("utf-8", "surrogateescape"))
        if key
    ]
    packed_names, _ = _pack(name_lines, dictionary)
    sections = {
        "dictionary": dictionary,
        "records": records,
        "names": packed_names,
        "hashes": b"".join(sorted(hash_rows)),
        "aliases": zlib.compress(orjson.dumps(dict(sorted(aliases.items()))), 9),
        "sources": zlib.compress(orjson.dumps(sources), 9),
    }
    counts = {
        "models": len(by_key),
        "edges": edges,
        "file_hashes": hashes,
        "commits": commits,
        "licences": licences,
        "aliases": len(aliases),
    }
    placed: dict[str, tuple[int, int]] = {}
    offset = 0
    for name, content in sections.items():
        placed[name] = (offset, len(content))
        offset += len(content)
    header = orjson.dumps({"date": date, "counts": counts, "sections": placed})
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(MAGIC + header + b"\n" + b"".join(sections.values()))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return counts
