"""The header of a weights file of which only the first bytes are at hand."""

from __future__ import annotations

from collections.abc import Mapping

from aicheck.discover.formats import gguf, safetensors
from aicheck.discover.formats.base import Window
from aicheck.errors import SourceError

__all__ = ["header_of"]


class _Beginning:
    """The first bytes of a file of a known size, as a window on it."""

    def __init__(self, head: bytes, size: int) -> None:
        self._head = head
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        return self._head[offset : offset + length]


def header_of(head: bytes, size: int) -> Mapping[str, str] | None:
    """Return what the header of a safetensors or GGUF file tells by its first bytes; None where they are too few.

    `size`: bytes of the whole file. Keys as in `Reference.attributes`: `base` holds the Hub ids that the header
    declares, comma between; `base_name` a base that it only names.
    """
    window: Window = _Beginning(head, max(size, len(head)))
    try:
        if gguf.looks_like(head):
            facts = gguf.read(window)
        elif safetensors.looks_like(head):
            facts = safetensors.read(window)
        else:
            return None
    except SourceError:
        return None
    found = dict(facts.attributes)
    found["format"] = facts.format
    ids = [base.id for base in facts.bases if base.is_hub_id]
    if ids:
        found["base"] = ",".join(ids)
    names = [base.id for base in facts.bases if not base.is_hub_id]
    if names and not ids:
        found["base_name"] = names[0]
    return found
