"""Which keys of configurations, options, variables and fields name models.

One table serves YAML, JSON, TOML, environment variables, command-line options, object properties and
variable names, since all of them spell the same few words: `model_name_or_path`, `--model-name-or-path`,
`modelNameOrPath` and `MODEL_NAME_OR_PATH` are one key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from aicheck.core.frozen import dataclass

__all__ = ["KeyRow", "lookup", "normalize", "provider_of"]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What a key names."""

    kind: str
    """`model`, `tokenizer`, `embedding`, `reranker`, `adapter`, `dataset`, `weights`, `base_url`."""
    sure: bool
    """True where hardly anything but such a thing stands under this key; False where the value must agree."""
    provider: str | None = None
    """Provider that the key's own words name (`OPENAI_MODEL`), slug as in `knowledge.hosts`; or a house of
    open models or local serving (`huggingface`, `ollama`, `whisper`)."""


_SURE_SUFFIXES = frozenset({"_model_repo", "_hf_repo", "_model_name_or_path"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = re.compile(r"[\s\-./:]+")


@cache
def _table() -> tuple[
    dict[str, KeyRow], dict[str, str], dict[str, str], frozenset[str], frozenset[str], dict[str, str]
]:
    raw = json.loads(files("aicheck.knowledge").joinpath("data/keys.json").read_text("utf-8"))
    rows: dict[str, KeyRow] = {}
    providers: dict[str, str] = raw["providers"]
    for kind, lists in raw["kinds"].items():
        for strength in ("likely", "sure"):
            for name in lists[strength]:
                rows[name] = KeyRow(kind, strength == "sure", _provider(name, providers))
    suffixes: dict[str, str] = dict(sorted(raw["suffixes"].items(), key=lambda item: -len(item[0])))
    return rows, suffixes, raw["prefixes"], frozenset(raw["leaves"]), frozenset(raw["not"]), providers


def _provider(name: str, providers: dict[str, str]) -> str | None:
    words = name.split("_")
    if words[0] in {"default", "fallback"} and words[2:]:
        words = words[1:]
    return providers.get("_".join(words[:2])) or providers.get(words[0])


@cache
def normalize(key: str) -> str:
    """Spell a key in lower snake case: `modelNameOrPath`, `--model-name-or-path` give `model_name_or_path`."""
    text = key.strip("\"' \t-")
    if not text.isupper():
        text = _CAMEL.sub("_", text)
    return _SEPARATORS.sub("_", text).lower().strip("_")


def provider_of(key: str) -> str | None:
    """Return the provider that a key's first words name (`OPENAI_MODEL` gives `openai`), or None."""
    return _provider(normalize(key), _table()[5])


@cache
def _single(name: str) -> KeyRow | None:
    rows, suffixes, prefixes, _, refused, providers = _table()
    if name in refused:
        return None
    row = rows.get(name)
    if row is not None:
        return row
    for suffix, kind in suffixes.items():
        if name.endswith(suffix):
            return KeyRow(kind, sure=suffix in _SURE_SUFFIXES, provider=_provider(name, providers))
    for prefix, kind in prefixes.items():
        if name.startswith(prefix):
            return KeyRow(kind, sure=False, provider=_provider(name, providers))
    # Numbered and per-size variants: MODEL_1, model2.
    stem = name.rstrip("0123456789").rstrip("_")
    return rows.get(stem) if stem and stem != name else None


def lookup(key: str, parents: Sequence[str] = ()) -> KeyRow | None:
    """Return what `key` names, reading generic leaves (`name`, `path`, `id`) by the keys above them.

    `parents` are the keys above, outermost first, as written; list indices are left out. Returns None for
    keys that name nothing of interest, and for those that only look alike (`served_model_name`, `model_type`).
    """
    name = normalize(key)
    if not name:
        return None
    rows, _, _, leaves, refused, _ = _table()
    if name in refused:
        return None
    above = normalize(parents[-1]) if parents else ""
    if above:
        joined = rows.get(f"{above}_{name}")
        if joined is not None:
            return joined
        if above == "models" and name in {"pull", "run"} and "ollama" in map(normalize, parents[-3:-1]):
            return KeyRow("model", sure=False, provider="ollama")  # Ollama's chart and its operators
    if name in leaves and above:
        row = _single(above)
        if row is None and len(parents) > 1 and above in leaves:
            row = _single(normalize(parents[-2]))
        if row is not None:
            return KeyRow(row.kind, sure=False, provider=row.provider)
        return _single(name)
    row = _single(name)
    if row is None and name.count("_") >= 1 and "." in key:
        # Dotted overrides of one word: `actor_rollout_ref.model.path`, `trainer.model_name`.
        parts = [part for part in key.split(".") if part]
        if len(parts) > 1:
            return lookup(parts[-1], parts[:-1])
    return row
