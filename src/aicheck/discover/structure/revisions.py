"""Which setting holds the revision of a model: `revision: …` beside `model: …`, `REVISION` beside `MODEL_ID`.

Three ways of writing settings are one here: keys of one mapping, pairs of `name` and `value` (Kubernetes), and
items such as `- NAME=value` (compose).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from aicheck.core.frozen import dataclass
from aicheck.knowledge.keys import normalize

if TYPE_CHECKING:
    from aicheck.discover.structure.entries import Entry

__all__ = ["Revisions", "Setting", "companions"]

_ITEM: Final = re.compile(r"([A-Za-z_][\w.]*)\s*=\s*(.*)\Z", re.DOTALL)
_ENDS: Final = re.compile(r"_(?:name_or_path|name|id|path|repo|repo_id)\Z")
_NOTHING: Final = frozenset({"", "null", "none", "~", "nil"})
_GENERAL: Final = ("model_revision", "revision_of_model", "hf_model_revision", "revision")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with its place (byte offsets of the value)."""

    key: str
    """Normalised."""
    value: str
    start: int
    end: int


def companions(key: str, *, dataset: bool = False) -> tuple[str, ...]:
    """Return the normalised keys that may hold the revision of what `key` names, the closest first.

    >>> companions("EMBEDDING_MODEL_ID")[:2]
    ('embedding_model_id_revision', 'embedding_model_revision')
    """
    name = normalize(key)
    stem = _ENDS.sub("", name)
    own = [f"{name}_revision", f"{stem}_revision"]
    if dataset:
        return (*dict.fromkeys([*own, "dataset_revision", "revision"]),)
    if not stem.endswith("model"):
        own.append(f"{stem}_model_revision")
    if name.startswith(("tokenizer", "adapter", "processor")):
        # What stands beside is the revision of the model, which is another repository.
        return (*dict.fromkeys(own), "revision")
    return (*dict.fromkeys([*own, *_GENERAL]),)


class Revisions:
    """The settings of one file that speak of revisions, by the place that they belong to."""

    def __init__(self, entries: Sequence[Entry], named: Mapping[int, str]) -> None:
        """`named`: by `id` of the entry, the name of a value that is written as a pair."""
        self._named = named
        self._settings: dict[tuple[object, ...], dict[str, Setting]] = {}
        for entry in entries:
            if "revision" not in entry.value.lower() and not self._speaks(entry):
                continue
            for scope, setting in self._read(entry):
                if "revision" in setting.key and setting.value.lower() not in _NOTHING:
                    self._settings.setdefault(scope, {}).setdefault(setting.key, setting)

    def _speaks(self, entry: Entry) -> bool:
        key = self._named.get(id(entry)) or (entry.path[-1] if entry.path else "")
        return "revision" in key.lower()

    def _read(self, entry: Entry) -> Iterator[tuple[tuple[object, ...], Setting]]:
        scope = self.scope(entry)
        if entry.item:
            pair = _ITEM.match(entry.value)
            if pair:
                value = pair[2].strip("\"'")
                start = entry.start + pair.start(2) + (pair[2][:1] in {'"', "'"})
                yield scope, Setting(normalize(pair[1]), value, start, start + len(value))
            return
        key = self._named.get(id(entry)) or (entry.path[-1] if entry.path else "")
        yield scope, Setting(normalize(key), entry.value, entry.start, entry.end)

    def scope(self, entry: Entry) -> tuple[object, ...]:
        """What the settings that belong together have in common."""
        if id(entry) in self._named:
            return ("pairs", entry.path[:-2], id(entry.mapping.parent))
        if entry.item:
            return ("items", entry.path[:-1], id(entry.mapping))
        return ("keys", id(entry.mapping))

    def of(self, entry: Entry, key: str, *, dataset: bool = False) -> Setting | None:
        """Return the setting that holds the revision of what an entry names under `key`."""
        held = self._settings.get(self.scope(entry))
        if held is None:
            return None
        return next((held[name] for name in companions(key, dataset=dataset) if name in held), None)
