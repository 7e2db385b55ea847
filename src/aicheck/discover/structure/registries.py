"""Registries of models in configurations: records and lists in which some names are known.

`{"groq": [{"id": "llama-3.3-70b-versatile"}], "openai": [{"id": "gpt-4o", "name": "GPT-4o"}]}`: no key says that
a model is named. A key above that is a provider's says whose the ids are; and where at least three values of
the same place in the records are models of APIs, those beside them that are spelled like one are, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from aicheck.core.reference import Reference
from aicheck.core.target import HostedModel
from aicheck.discover.emit import Emitter, offered
from aicheck.discover.naming import has_stem, hosted_developer, looks_like_model
from aicheck.knowledge import names
from aicheck.knowledge.keys import normalize

if TYPE_CHECKING:
    from aicheck.discover.structure.entries import Entry

__all__ = ["Registries", "fits_house", "is_label", "names_record"]

_RECORD: Final = frozenset({"id", "name", "slug", "value", "key", "identifier"})
_LABEL: Final = frozenset({"name", "label", "title", "nickname", "text"})
_IDS: Final = ("id", "model", "model_id", "modelid", "model_name", "slug", "value")
_NAME: Final = re.compile(r"[A-Za-z][\w.\-@]{2,70}\Z")
_FEWEST: Final = 3
_MOST: Final = 50_000
_CONFIDENCE: Final = 0.6


def names_record(entry: Entry) -> bool:
    """Whether a value stands where records and lists have their names, and could be a model's."""
    keys = entry.keys
    return (entry.item or (bool(keys) and keys[-1].lower() in _RECORD)) and 2 < len(entry.value) < 80


def is_label(entry: Entry) -> bool:
    """Whether a value is what people read, beside the id that programs use: `id: gpt-4o, name: GPT-4o`."""
    if entry.item or not entry.keys or entry.keys[-1].lower() not in _LABEL or "/" in entry.value:
        return False
    low = entry.value.lower()
    return low != entry.value and any(
        held and held != entry.value and (normalize(held)[:3] == normalize(low)[:3])
        for held in map(entry.mapping.scalars.get, _IDS)
    )


def fits_house(provider: str, value: str) -> bool:
    """Whether a value below a provider's key can be one of its models; Ollama's names are words."""
    if provider == "ollama":
        return value.partition(":")[0].lower() in names.OLLAMA_NAMES
    last = value.rpartition("/")[2].partition(":")[0]
    numbered = any(map(str.isdigit, last))
    return (numbered and looks_like_model(last)) or hosted_developer(last) is not None


class Registries:
    """What stood at each place of the records of one file."""

    __slots__ = ("_found", "_open")

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], list[Reference]] = {}
        self._open: dict[tuple[str, ...], list[Entry]] = {}

    def add(self, entry: Entry, found: list[Reference]) -> None:
        """Note what a value of a record named, or that it named nothing by itself."""
        if found:
            if isinstance(found[0].target, HostedModel):
                self._found.setdefault(entry.keys, []).append(found[0])
        elif _NAME.match(entry.value) and any(map(str.isdigit, entry.value)):
            waiting = self._open.setdefault(entry.keys, [])
            if len(waiting) < _MOST:
                waiting.append(entry)

    def companions(self, emitter: Emitter) -> Iterator[Reference]:
        """Yield the models that stand beside known ones."""
        for keys, waiting in self._open.items():
            known = self._found.get(keys, ())
            if keys and keys[-1].lower().endswith(("alias", "aliases")):
                continue  # a house's own short names
            if len(known) < _FEWEST or len(known) * 8 < len(waiting):
                continue
            providers = {getattr(reference.target, "provider", None) for reference in known}
            provider = next(iter(providers)) if len(providers) == 1 else None
            for entry in waiting:
                low = entry.value.lower()
                if (has_stem(low) == "strong" and looks_like_model(low)) or offered(entry.value):
                    yield emitter.reference(
                        HostedModel(provider, entry.value),
                        entry.start,
                        entry.start + len(entry.value),
                        _CONFIDENCE,
                        symbol=entry.symbol,
                        use=known[0].occurrence.use,
                    )
