"""Constants of SDKs in code: `.modelName(GPT_4_O_MINI)`, `openai.GPT4oMini`, `LLMRegistry.qwen3_8b_4bit`.

No literal stands there, so detectors hand over the identifiers around their hits; what an SDK's own enumeration
or package calls a model is one, and so is a name that spells what an API calls a model where the place, the
type or the package speaks of models. Names that the file defines by itself are left to their definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from aicheck.discover.bindings import provider_in
from aicheck.discover.detector import Hit
from aicheck.discover.lexing import Lexed
from aicheck.knowledge import names
from aicheck.knowledge.constants import compact, model_class, scope_member, spelled, unscoped_member

__all__ = ["Constant", "Found", "constants", "read_constant"]

_CHAIN: Final = re.compile(rb"[A-Za-z_$][\w$]*(?:(?:\?\.|\.|::)[A-Za-z_$][\w$]*)*")
_GIVEN: Final = re.compile(rb"[\w\"'`?!\]]*\s*(?:[:=(]|=>)\s*&?(?:new\s+)?\.?(?=[A-Za-z_$])")
_IN_CHAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.:")
_PART: Final = re.compile(r"[^\w$]+")
_MODELS: Final = re.compile(r"models?(?:name|id|type|s)?\Z|registry\Z|llms?\Z|embedd", re.IGNORECASE)
_LONGEST: Final = 160
_ACCESSORS: Final = frozenset(
    "value name rawValue id getValue getName toString key asString model as_str to_string".split()
)


class Constant(NamedTuple):
    """What a constant names."""

    value: str
    """The name as sent, the Hub id, or the name in Ollama's library."""
    kind: str
    """As `Context.kind`: `hosted`, `model`, `ollama`."""
    provider: str | None
    known: bool
    """An SDK's own definition or a type of models says so; without, the place has to."""


class Found(NamedTuple):
    """An identifier in code."""

    text: str
    start: int
    end: int


def _outside(lexed: Lexed, offset: int) -> bool:
    return lexed.at(offset) is None


def constants(lexed: Lexed, hits: Sequence[Hit]) -> Iterator[Found]:
    """Yield the identifiers that hits touch in code, and those a key or call at a hit is given; each once."""
    code = lexed.code
    seen: set[int] = set()
    for hit in hits:
        if not _outside(lexed, hit.start):
            continue
        start = hit.start
        while start > 0 and code[start - 1] in _IN_CHAIN and hit.start - start < _LONGEST:
            start -= 1
        while start < hit.start and not (code[start : start + 1].isalpha() or code[start] in b"_$"):
            start += 1
        given = _GIVEN.match(code, hit.end - 1 if code[hit.end - 1] in b":=(" else hit.end)
        for begin in (start, given.end() if given else -1):
            if begin < 0 or begin in seen:
                continue
            seen.add(begin)
            chain = _CHAIN.match(code, begin, begin + _LONGEST)
            if chain and not (begin == start and chain.end() < hit.start):
                yield Found(chain.group().decode("latin-1"), begin, chain.end())


@lru_cache(maxsize=8192)
def read_constant(text: str, imported: tuple[str, ...] = ()) -> Constant | None:
    """Return what a chain of names (`OpenAiChatModelName.GPT_4_O_MINI`) stands for, or None.

    `imported` are the parts of the import that brings a name without a chain into the file.
    """
    parts = [part for part in _PART.split(text) if part]
    while len(parts) > 1 and parts[-1] in _ACCESSORS:
        parts.pop()
    member = parts[-1]
    qualifiers = (*imported, *parts[:-1])
    whole = model_class(member)
    if whole is not None:
        return Constant(whole, "model", None, known=True)
    if len(member) < 2 or (member.islower() and "_" not in member and not any(map(str.isdigit, member))):
        return None
    for index in range(len(qualifiers) - 1, -1, -1):
        scope = qualifiers[index]
        names_of = (f"{qualifiers[index - 1]}.{scope}", scope) if index else (scope,)
        for name in names_of:
            value = scope_member(name, member)
            if value is not None:
                return _constant(value, provider_in(".".join(qualifiers[: index + 1])), known=True)
    provider = provider_in(".".join(qualifiers)) if qualifiers else None
    if provider == "ollama":
        value = _ollama(member)
        return Constant(value, "ollama", "ollama", known=True) if value else None
    value = spelled(member) or unscoped_member(member)
    if value is None:
        return None
    known = provider is not None or any(_MODELS.search(part) for part in qualifiers) or member.startswith("with_")
    return _constant(value, provider, known=known)


def _constant(value: str, provider: str | None, *, known: bool) -> Constant:
    if provider in {"ollama", "huggingface"} or (
        provider is None and "/" in value and not value.startswith("@cf/")
    ):
        return Constant(value, "ollama" if provider == "ollama" else "model", provider, known)
    return Constant(value, "hosted", provider, known)


@lru_cache(maxsize=1)
def _library() -> dict[str, str]:
    return {compact(name): name for name in names.OLLAMA_NAMES}


def _ollama(member: str) -> str | None:
    return _library().get(compact(member))
