"""GGUF v1 to v3 and its forerunners: typed key-value metadata, then the tensors' names and shapes.

Source: `github:ggml-org/ggml` docs/gguf.md (types, keys, alignment) and gguf-py's constants (file types).
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from aicheck.core.component import Safety
from aicheck.discover.formats.base import Base, Cursor, Facts, Tensor, Window, clean, signature
from aicheck.errors import SourceError

__all__ = ["FILE_TYPES", "hub_id_of_url", "looks_like", "read"]

_OLD_MAGICS: Final = {b"lmgg": "ggml", b"fmgg": "ggmf", b"tjgg": "ggjt", b"algg": "ggla"}
_MAX_STRING: Final = 16 << 20
_KEPT_STRING: Final = 1 << 16
_CHUNK: Final = 1 << 20
_MAX_PAIRS: Final = 100_000
_MAX_TENSORS: Final = 500_000
_MAX_READ: Final = 256 << 20
"""Bytes of metadata that are walked at most; the largest vocabularies take about 20 MB."""
_MAX_ELEMENTS: Final = 4_000_000
"""Array elements that are walked one by one at most."""
_WIDTHS: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_CODES: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING: Final = 8
_ARRAY: Final = 9

FILE_TYPES: Final = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS",
    20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M",
    28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE",
}  # fmt: skip
"""`general.file_type` to the name of the quantisation."""

_TENSOR_TYPES: Final = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K",
    12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
    20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}  # fmt: skip

_GENERAL: Final = {
    "general.architecture": "model_type",
    "general.name": "name",
    "general.basename": "basename",
    "general.finetune": "finetune",
    "general.organization": "organization",
    "general.author": "author",
    "general.version": "version",
    "general.size_label": "size_label",
    "general.license": "license",
    "general.license.name": "license_name",
    "general.license.link": "license_link",
    "general.quantized_by": "quantized_by",
    "general.repo_url": "repo_url",
    "general.source.repo_url": "source_repo_url",
    "general.source.huggingface.repository": "source_repo_url",
    "general.type": "gguf_type",
    "tokenizer.ggml.model": "tokenizer",
    "tokenizer.ggml.pre": "tokenizer_pre",
    "adapter.type": "adapter",
}
_SHAPE_KEYS: Final = {
    "context_length": "max_positions",
    "embedding_length": "hidden_size",
    "block_count": "layers",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "heads",
    "attention.head_count_kv": "kv_heads",
    "rope.freq_base": "rope_theta",
    "vocab_size": "vocab_size",
    "expert_count": "experts",
}


def looks_like(head: bytes) -> bool:
    """Whether the first bytes are a GGUF header or one of its forerunners."""
    return head[:4] in {b"GGUF", b"FUGG"} or head[:4] in _OLD_MAGICS


def hub_id_of_url(url: str) -> str | None:
    """`owner/name` of a Hub URL (`https://huggingface.co/owner/name…`), or None."""
    _, found, rest = url.strip().partition("huggingface.co/")
    parts = rest.split("?")[0].split("#")[0].strip("/").split("/")
    if not found or len(parts) < 2 or parts[0] in {"datasets", "spaces", "docs", "blog", "papers"}:
        return None
    return f"{parts[0]}/{parts[1]}" if all(part and len(part) < 100 for part in parts[:2]) else None


class _Reader(Cursor):
    """A cursor that knows the version's length width and byte order."""

    def __init__(self, window: Window) -> None:
        super().__init__(window, 4)
        self.order: str = "little"
        self.wide = True
        self.elements = 0

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little" if self.order == "little" else "big")

    def length(self) -> int:
        return self.number(8 if self.wide else 4)

    def string(self) -> str:
        length = self.length()
        if length > _MAX_STRING:
            raise SourceError(f"a GGUF string claims {length} bytes")
        kept = self.take(min(length, _KEPT_STRING))
        self.skip(length - len(kept))
        return kept.decode("utf-8", "replace")

    def value(self, kind: int, digest_key: str | None = None, depth: int = 0) -> object:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self._array(digest_key, depth)
        if kind not in _WIDTHS:
            raise SourceError(f"unknown GGUF value type {kind}")
        raw = self.take(_WIDTHS[kind])
        if self.order != "little":
            raw = raw[::-1]
        return Cursor(_Raw(raw)).unpack(_CODES[kind])

    def _array(self, digest_key: str | None, depth: int) -> object:
        kind = self.number(4)
        count = self.length()
        if depth > 2:
            raise SourceError("GGUF arrays nest too deep")
        if kind in _WIDTHS:
            width = _WIDTHS[kind]
            if count <= 64 and width * count:
                return [self.value(kind) for _ in range(count)]
            self.skip(width * count)
            return _Length(count)
        self.elements += count
        if self.elements > _MAX_ELEMENTS or count * (8 if self.wide else 4) > self.end - self.position:
            raise SourceError(f"a GGUF array claims {count} elements, more than the file can hold")
        if kind == _STRING:
            return self._strings(count, hashed=digest_key is not None)
        for _ in range(count):
            self.value(kind, None, depth + 1)
        return _Length(count)

    def _strings(self, count: int, *, hashed: bool) -> object:
        # Vocabularies have 300,000 strings: walk each chunk in place instead of taking them one by one.
        width = 8 if self.wide else 4
        order: Literal["little", "big"] = "little" if self.order == "little" else "big"
        digest = hashlib.sha256()
        done = 0
        while done < count:
            chunk = self.window.read_at(self.position, min(_CHUNK, self.end - self.position))
            at = 0
            while done < count and at + width <= len(chunk):
                stop = at + width + int.from_bytes(chunk[at : at + width], order)
                if stop > len(chunk):
                    break
                if hashed:
                    digest.update(chunk[at + width : stop] + b"\0")
                at = stop
                done += 1
            self.skip(at)
            if at == 0:  # a string longer than a chunk, or the end of the file
                digest.update(self.string().encode("utf-8", "replace"))
                done += 1
        return _Length(count, digest.hexdigest() if hashed else None)


class _Raw:
    """A few bytes as a window."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


class _Length:
    """What is kept of a long array."""

    def __init__(self, count: int, digest: str | None = None) -> None:
        self.count = count
        self.digest = digest


def read(window: Window) -> Facts:
    """Read the header. Raises `SourceError` where it lies about lengths, types or counts."""
    magic = window.read_at(0, 4)
    if magic in _OLD_MAGICS:
        return Facts(
            "ggml", Safety.SAFE, {"ggml_magic": _OLD_MAGICS[magic]}, unseen=("GGML before GGUF names no model",)
        )
    if magic != b"GGUF":
        raise SourceError("not a GGUF file")
    reader = _Reader(window)
    reader.end = min(reader.end, _MAX_READ)
    version = reader.u32()
    if version & 0xFFFF == 0:
        reader.order, version = "big", int.from_bytes(version.to_bytes(4, "little"), "big")
    if version not in {1, 2, 3}:
        raise SourceError(f"GGUF version {version} is not known")
    reader.wide = version > 1
    tensor_count, pair_count = reader.length(), reader.length()
    if pair_count > _MAX_PAIRS or tensor_count > _MAX_TENSORS:
        raise SourceError(f"the GGUF header claims {pair_count} keys and {tensor_count} tensors")
    pairs: dict[str, object] = {}
    unseen: list[str] = []
    attributes = {"gguf_version": str(version)}
    try:
        for _ in range(pair_count):
            key = reader.string()
            pairs[key] = reader.value(reader.number(4), key if key == "tokenizer.ggml.tokens" else None)
        tensors = [_tensor(reader) for _ in range(tensor_count)]
        attributes |= signature(tensors)
    except SourceError as error:
        # The general keys come first: what was read stands, and what was not is said.
        if not any(key.startswith("general.") for key in pairs):
            raise
        unseen.append(str(error))
    attributes |= _described(pairs)
    return Facts("gguf", Safety.SAFE, attributes, _bases(pairs), tuple(unseen))


def _tensor(reader: _Reader) -> Tensor:
    name = reader.string()
    rank = reader.number(4)
    if rank > 8:
        raise SourceError(f"a GGUF tensor claims {rank} dimensions")
    shape = tuple(reader.length() for _ in range(rank))
    kind = reader.number(4)
    reader.number(8)
    if any(size >= 1 << 48 for size in shape):
        raise SourceError("a GGUF tensor claims an impossible shape")
    return Tensor(name, _TENSOR_TYPES.get(kind, f"type-{kind}"), shape)


def _described(pairs: dict[str, object]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for key, attribute in _GENERAL.items():
        value = pairs.get(key)
        if isinstance(value, str) and value.strip():
            attributes.setdefault(attribute, clean(value))
    architecture = pairs.get("general.architecture")
    for key, attribute in _SHAPE_KEYS.items():
        value = pairs.get(f"{architecture}.{key}")
        if isinstance(value, float):
            attributes[attribute] = f"{value:g}" if abs(value) < 1e15 else "0"
        elif isinstance(value, int):
            attributes[attribute] = str(value)
        elif isinstance(value, list) and value and all(item == value[0] for item in value):
            attributes[attribute] = clean(value[0])
    kind = pairs.get("general.file_type")
    if isinstance(kind, int):
        attributes["quantization"] = FILE_TYPES.get(kind & 0x3FF, f"type-{kind}")
    tokens = pairs.get("tokenizer.ggml.tokens")
    if isinstance(tokens, _Length):
        attributes["vocab_size"] = str(tokens.count)
        if tokens.digest:
            attributes["tokens_sha256"] = tokens.digest
    template = pairs.get("tokenizer.chat_template")
    if isinstance(template, str):
        attributes["chat_template_sha256"] = hashlib.sha256(template.encode("utf-8", "replace")).hexdigest()
    return attributes


def _bases(pairs: dict[str, object]) -> tuple[Base, ...]:
    count = pairs.get("general.base_model.count")
    found: list[Base] = []
    for number in range(min(count, 32) if isinstance(count, int) and count > 0 else 8):
        prefix = f"general.base_model.{number}."
        url, name, owner = (pairs.get(prefix + part) for part in ("repo_url", "name", "organization"))
        hub_id = hub_id_of_url(url) if isinstance(url, str) else None
        if hub_id is not None:
            found.append(Base(hub_id, is_hub_id=True, where=prefix + "repo_url"))
        elif isinstance(name, str) and name.strip():
            text = f"{owner}/{name}" if isinstance(owner, str) and owner.strip() else name
            found.append(Base(clean(text, 200), is_hub_id=False, where=prefix + "name"))
    return tuple(found)
