"""safetensors: eight bytes of length, then a JSON header with every tensor's name, dtype and shape.

Source: the format's description in `github:huggingface/safetensors` (README, "Format"): the header is at most
100 MB, begins with `{`, and each `data_offsets` pair lies inside the file.
"""

from __future__ import annotations

import json
from typing import Final

from aicheck.core.component import Safety
from aicheck.discover.formats.base import Facts, Tensor, Window, clean, signature
from aicheck.errors import SourceError

__all__ = ["looks_like", "read"]

_MAX_HEADER: Final = 100_000_000
_READ_HEADER: Final = 32 << 20
"""Headers in the wild stay under 12 MB; a larger one is named as a gap instead of being parsed."""
_MAX_TENSORS: Final = 500_000
_MAX_RANK: Final = 16
_METADATA_KEYS: Final = {
    "format": "tensor_format",
    "base_model": "base",
    "license": "license",
    "modelspec.architecture": "architecture",
    "modelspec.title": "name",
    "modelspec.author": "author",
    "modelspec.license": "license",
    "ss_base_model_version": "base_version",
    "ss_sd_model_name": "base_file",
    "ss_network_module": "adapter_module",
    "quantization_format": "quantization",
}


def looks_like(head: bytes) -> bool:
    """Whether the first bytes can be a safetensors header."""
    return len(head) >= 10 and head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= _MAX_HEADER


def read(window: Window) -> Facts:
    """Read the header. Raises `SourceError` where it lies about lengths or is not JSON of the right shape."""
    head = window.read_at(0, 8)
    if len(head) < 8:
        raise SourceError("shorter than a safetensors header")
    length = int.from_bytes(head, "little")
    if length > _MAX_HEADER or length > window.size - 8:
        raise SourceError(f"the safetensors header claims {length} bytes, more than the file holds or may hold")
    if length > _READ_HEADER:
        raise SourceError(
            f"a safetensors header of {length >> 20} MiB is not read (limit {_READ_HEADER >> 20} MiB)"
        )
    raw = window.read_at(8, length)
    if len(raw) != length:
        raise SourceError("the safetensors header cannot be read to its end")
    try:
        header = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"the safetensors header is not JSON: {clean(error, 120)}") from None
    if not isinstance(header, dict):
        raise SourceError("the safetensors header is not a JSON object")
    metadata = header.pop("__metadata__", None)
    if len(header) > _MAX_TENSORS:
        raise SourceError(f"a safetensors header with {len(header)} tensors is not read")
    data = window.size - 8 - length
    tensors = [_tensor(name, entry, data) for name, entry in header.items()]
    attributes = signature(tensors)
    if isinstance(metadata, dict):
        for key, attribute in _METADATA_KEYS.items():
            value = metadata.get(key)
            if isinstance(value, str) and value.strip():
                attributes.setdefault(attribute, clean(value))
    if any(
        ".lora_A." in tensor.name or ".lora_down." in tensor.name or "lora_A" in tensor.name for tensor in tensors
    ):
        attributes["adapter"] = "lora"
    return Facts("safetensors", Safety.SAFE, attributes)


def _tensor(name: str, entry: object, data: int) -> Tensor:
    if not isinstance(entry, dict):
        raise SourceError(f"the entry of tensor {clean(name, 80)!r} is not an object")
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if (
        not isinstance(dtype, str)
        or not isinstance(shape, list)
        or len(shape) > _MAX_RANK
        or not all(type(size) is int and 0 <= size < 1 << 48 for size in shape)
    ):
        raise SourceError(f"tensor {clean(name, 80)!r} has no valid dtype and shape")
    if (
        not isinstance(offsets, list)
        or len(offsets) != 2
        or not all(type(offset) is int for offset in offsets)
        or not 0 <= offsets[0] <= offsets[1]
    ):
        raise SourceError(f"tensor {clean(name, 80)!r} has no valid data_offsets")
    if offsets[1] > data:
        raise SourceError(f"tensor {clean(name, 80)!r} claims bytes beyond the end of the file")
    return Tensor(name, dtype[:16], tuple(shape))
