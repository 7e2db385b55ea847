"""What the readers share: a bounded window on a file, a cursor, and the facts that a header gives."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterable, Mapping
from dataclasses import field
from itertools import pairwise
from typing import Final, Protocol

from aicheck.core.component import Safety
from aicheck.core.frozen import dataclass
from aicheck.errors import SourceError
from aicheck.knowledge.tensors import EMBEDDINGS, shape_of_tensors

__all__ = [
    "Base",
    "Bytes",
    "Cursor",
    "Facts",
    "Tensor",
    "Window",
    "WindowFile",
    "clean",
    "signature",
    "slice_of",
]

_CHUNK: Final = 1 << 16
_TEXT_LIMIT: Final = 500


class Window(Protocol):
    """Bounded random access to a file; `aicheck.discover.source.SourceFile` is one."""

    @property
    def size(self) -> int:
        """Bytes of the whole file."""

    def read_at(self, offset: int, length: int) -> bytes:
        """At most `length` bytes at `offset`; fewer where the file ends or its rest cannot be read."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """A window on bytes in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Slice of the bytes."""
        return self.data[offset : offset + length] if offset >= 0 and length > 0 else b""


@dataclass(frozen=True, slots=True)
class _Slice:
    window: Window
    start: int
    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        return self.window.read_at(self.start + offset, length) if offset >= 0 and length > 0 else b""


def slice_of(window: Window, start: int, size: int) -> Window:
    """A window on a part of another, cut to what the other holds."""
    return _Slice(window, start, max(0, min(size, window.size - start)))


class Cursor:
    """Reads forward through a window in chunks. Every read that the file cannot serve raises `SourceError`."""

    def __init__(self, window: Window, position: int = 0, end: int | None = None) -> None:
        self.window = window
        self.position = position
        self.end = window.size if end is None else min(end, window.size)
        self._chunk = b""
        self._chunk_start = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes; the caller bounds `count`."""
        if count < 0 or count > self.end - self.position:
            raise SourceError(f"a length at byte {self.position} points beyond the end of the file")
        start = self.position - self._chunk_start
        if not 0 <= start <= start + count <= len(self._chunk):
            self._chunk_start = self.position
            self._chunk = self.window.read_at(self.position, max(count, _CHUNK))
            start = 0
        found = self._chunk[start : start + count]
        if len(found) != count:
            raise SourceError(f"the file cannot be read beyond byte {self.position + len(found)}")
        self.position += count
        return found

    def skip(self, count: int) -> None:
        """Move on without reading."""
        if count < 0 or count > self.end - self.position:
            raise SourceError(f"a length at byte {self.position} points beyond the end of the file")
        self.position += count

    def u8(self) -> int:
        """Unsigned byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Unsigned 16-bit little-endian."""
        return int.from_bytes(self.take(2), "little")

    def u32(self) -> int:
        """Unsigned 32-bit little-endian."""
        return int.from_bytes(self.take(4), "little")

    def u64(self) -> int:
        """Unsigned 64-bit little-endian."""
        return int.from_bytes(self.take(8), "little")

    def unpack(self, code: str) -> int | float | bool:
        """One little-endian value by its `struct` code."""
        value: int | float | bool = struct.unpack("<" + code, self.take(struct.calcsize(code)))[0]
        return value


class WindowFile(io.RawIOBase):
    """A window as a seekable file for `zipfile` and `tarfile`; a single read is capped against lying lengths."""

    def __init__(self, window: Window, cap: int = 64 << 20) -> None:
        self._window = window
        self._cap = cap
        self._position = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move; `ValueError` before the start as files do."""
        base = (0, self._position, self._window.size)[whence]
        if base + offset < 0:
            raise ValueError("negative position")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Position."""
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes."""
        left = max(0, self._window.size - self._position)
        count = left if size < 0 else min(size, left)
        if count > self._cap:
            raise SourceError("a part of the file claims more than can be read")
        data = self._window.read_at(self._position, count)
        self._position += len(data)
        return data


@dataclass(frozen=True, slots=True)
class Tensor:
    """Name, dtype and shape of one tensor, as its header states them."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Base:
    """A model that the header declares these weights to descend from."""

    id: str
    """`owner/name` where it can be read off, else the name as written."""
    is_hub_id: bool
    where: str
    """Header key: `general.base_model.0.repo_url`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a header says."""

    format: str
    safety: Safety
    attributes: Mapping[str, str] = field(default_factory=dict)
    bases: tuple[Base, ...] = ()
    unseen: tuple[str, ...] = ()
    """Sentences on what the reader could not see; each becomes a gap."""

    def with_attributes(self, more: Mapping[str, str]) -> Facts:
        """A copy with further attributes."""
        return Facts(self.format, self.safety, {**self.attributes, **more}, self.bases, self.unseen)


def clean(value: object, limit: int = _TEXT_LIMIT) -> str:
    """Text of a header value: one line, no control characters, bounded."""
    text = value if isinstance(value, str) else str(value)
    return "".join(char if char.isprintable() else " " for char in text[:limit]).strip()


def signature(tensors: Iterable[Tensor]) -> dict[str, str]:
    """Attributes that let two sets of weights be compared without their names or values.

    `tensors` (count), `parameters` (elements), `dtypes`, `shape_digest` (sha256 over the sorted lines
    `name<TAB>shape`, without dtypes, so that a cast does not change it), and what the embedding tells:
    `vocab_size`, `hidden_size`, and `layers` (highest block number + 1); where the names are those of a known
    language model `tensor_type`, `intermediate_size`, `query_size` and `key_size` (rows of the projections).
    """
    ordered = sorted(tensors, key=lambda tensor: tensor.name)
    if not ordered:
        return {}
    digest = hashlib.sha256()
    parameters = 0
    layers = -1
    counts: dict[str, int] = {}
    facts: dict[str, str] = {}
    for tensor in ordered:
        shape = "x".join(map(str, tensor.shape))
        digest.update(f"{tensor.name}\t{shape}\n".encode("utf-8", "surrogatepass"))
        elements = 1
        for dimension in tensor.shape:
            elements *= dimension
        parameters += elements
        counts[tensor.dtype] = counts.get(tensor.dtype, 0) + elements
        layers = max(layers, _block(tensor.name))
        if len(tensor.shape) == 2 and tensor.name.endswith(_EMBEDDINGS):
            facts.setdefault("vocab_size", str(max(tensor.shape)))
            facts.setdefault("hidden_size", str(min(tensor.shape)))
    if layers >= 0:
        facts["layers"] = str(layers + 1)
    inside = shape_of_tensors({tensor.name: tensor.shape for tensor in ordered})
    if inside is not None:
        facts |= {
            key: str(value)
            for key, value in (
                ("tensor_type", inside.kind),
                ("intermediate_size", inside.intermediate_size),
                ("query_size", inside.query_size),
                ("key_size", inside.key_size),
            )
            if value
        }
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))[:8]
    if parameters < 1 << 60:
        facts["parameters"] = str(parameters)
    return facts | {
        "tensors": str(len(ordered)),
        "dtypes": ",".join(kinds),
        "shape_digest": digest.hexdigest(),
    }


_EMBEDDINGS: Final = (*EMBEDDINGS, "shared.weight")
"""Matrices of one row a token; T5's is shared between its two halves."""
_BLOCK_WORDS: Final = frozenset({"layers", "h", "blk", "layer", "blocks", "block"})


def _block(name: str) -> int:
    """Number after the first `layers.`, `h.`, `blk.` … of a tensor name, or -1."""
    parts = name.split(".")
    for word, number in pairwise(parts):
        if word in _BLOCK_WORDS and number.isascii() and number.isdigit() and len(number) < 6:
            return int(number)
    return -1
