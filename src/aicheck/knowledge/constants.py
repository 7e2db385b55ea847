"""Constants by which SDKs name models: `OpenAiChatModelName.GPT_4_O_MINI`, `LLMRegistry.qwen3_8b_4bit`.

`data/constants.json` holds members of enumerations and packages as the SDKs define them, and classes that are a
model by themselves. Members that no row holds are read by the rule that all of them follow: the name as sent,
without its separators.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from aicheck.core.frozen import dataclass

__all__ = ["compact", "model_class", "scope_member", "spelled", "unscoped_member"]

_PREFIX: Final = re.compile(
    r"(?:Chat|Embedding|Image|Audio|Speech|Moderation|Transcription|Completion|Video|CreateImage|Realtime|AllModels|Response\w*)?"
    r"Models?_?(?=[A-Z\d])|(?:with|use)_(?=[a-z]+_\d)|(?:MODEL|CHAT_MODEL|EMBEDDING_MODEL|LLM)_(?=[A-Z])"
)
_DOTTED: Final = re.compile(r"(?<=\d)dot(?=\d)")
_SEPARATOR: Final = re.compile(r"[^a-z0-9]+")
_FAMILY_VERSION: Final = re.compile(
    r"\b(gpt|gemini|qwen|llama|glm|grok|ernie|kimi-k|minimax-m|deepseek-v|jamba|imagen|veo|voyage|mimo-v|command-r)(-?)([1-9])-(\d)(?=-|\Z|[a-z]\Z)"
)
_SHORTEST: Final = 5
_LATEST: Final = "latest"


@dataclass(frozen=True, slots=True)
class _Table:
    scopes: dict[str, dict[str, str]]
    classes: dict[str, str]
    agreed: dict[str, str]
    """Members that mean the same wherever they stand."""


@cache
def _table() -> _Table:
    raw = json.loads(files("aicheck.knowledge").joinpath("data/constants.json").read_text("utf-8"))
    agreed: dict[str, str | None] = {}
    for members in raw["scopes"].values():
        for member, value in members.items():
            agreed[member] = value if agreed.get(member, value) == value else None
    return _Table(raw["scopes"], raw["classes"], {member: value for member, value in agreed.items() if value})


def compact(text: str) -> str:
    """Return the letters and digits of a name, lower case: `GPT_4_O_MINI` and `gpt-4o-mini` give `gpt4omini`."""
    return _DOTTED.sub("", _SEPARATOR.sub("", text.lower()))


@cache
def _spellings() -> dict[str, str]:
    """Names as APIs take them by their letters and digits."""
    found: dict[str, str] = {}
    path = Path(__file__).parent / "data" / "hosted.tsv"
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        name = line.partition("\t")[0]
        if "/" in name or ":" in name:
            continue
        key = compact(name)
        if len(key) >= _SHORTEST and "-" in name:
            found.setdefault(key, _FAMILY_VERSION.sub(r"\1\2\3.\4", name))
    for members in _table().scopes.values():
        for value in members.values():
            # Where sources spell a name in two ways, its makers' own SDKs are right; Claude's have no dots.
            if not ("/" in value or ":" in value or (value.startswith("claude") and "." in value)):
                found[compact(value)] = value
    return found


def scope_member(scope: str, member: str) -> str | None:
    """Return the model that a member of an SDK's enumeration or package names, or None."""
    members = _table().scopes.get(scope)
    return members.get(member) if members else None


def unscoped_member(member: str) -> str | None:
    """Return the model of a member that all SDKs give the same meaning, or None."""
    return _table().agreed.get(member)


def model_class(name: str) -> str | None:
    """Return the Hub id of the model that a class is by itself, or None."""
    return _table().classes.get(name)


@lru_cache(maxsize=4096)
def spelled(member: str) -> str | None:
    """Return the name that a constant spells (`GPT_4_O_MINI` → `gpt-4o-mini`), where some API knows that name."""
    key = compact(_PREFIX.sub("", member, count=1))
    if len(key) < _SHORTEST:
        return None
    known = _spellings().get(key)
    if known is None and key.endswith(_LATEST):
        known = _spellings().get(key.removesuffix(_LATEST))
        return f"{known}-{_LATEST}" if known else None
    return known
