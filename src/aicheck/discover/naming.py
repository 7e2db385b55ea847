"""What the shape of a name says: ids of the Hub, families with sizes, names that APIs use."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from aicheck.knowledge import apinames, names, slugs

__all__ = [
    "NAME",
    "SEGMENTS",
    "SIZE",
    "fits",
    "fits_owner",
    "has_stem",
    "hosted_developer",
    "is_hub_id",
    "looks_like_model",
    "sold",
]

_OWNER: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?"
NAME: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_+])?"
_HUB_ID: Final = re.compile(rf"({_OWNER})/(?![0-9a-f]{{32,64}}\Z)({NAME})(?:@([\w.-]{{1,64}}))?\Z")
_TOKENS: Final = re.compile(r"[a-z]+|\d+(?:\.\d+)*")
SEGMENTS: Final = re.compile(r"[-_./:@ ]+")
_FIRST: Final = re.compile(r"[a-z]+")
SIZE: Final = re.compile(r"(?<![a-z0-9])(?:\d+x)?\d+(?:\.\d+)?[bmk](?![a-z0-9])|-v\d|\d{4}|[a-z]\d", re.IGNORECASE)
_BEDROCK: Final = re.compile(
    r"(?:(?:us|eu|apac|ap|au|jp|ca|sa|me|af|global|us-gov)\.)?"
    r"(?:(?:(?:anthropic\.claude|amazon\.(?:nova|titan|rerank)|cohere\.(?:command|embed|rerank)|ai21\.j|meta\.llama\d"
    r"|mistral\.(?:mistral|ministral|magistral|mixtral|pixtral|voxtral|devstral)|qwen\.qwen\d?|openai\.gpt-oss"
    r"|moonshot(?:ai)?\.kimi|minimax\.minimax|google\.gemma|nvidia\.nemotron|zai\.glm|writer\.palmyra"
    r"|twelvelabs\.(?:pegasus|marengo)|luma\.ray)-|deepseek\.(?:r1|v3)\b)[a-z0-9.:_-]*[a-z0-9]\Z"
    r"|(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|stability)\.[a-z0-9.-]+[-.]v\d+(?:-\d+)?(?::\d+)?\Z)"
)
_AGENT: Final = re.compile(
    r"(?:claude|qwen|codex|gemini|grok|kimi|copilot|mistral)-(?:code|cli|desktop|action|vibe)(?![a-z0-9])"
)
"""Coding agents, named after the models that they run on."""
_HOUSES: Final = {"dashscope": "alibaba", "zhipu": "zhipuai", "qianfan": "baidu"}
"""Other slugs of the same houses."""


def is_hub_id(text: str) -> bool:
    """Tell whether `text` obeys the Hub's rules for `owner/name` (characters, length, no `--`, `..` or hash)."""
    found = _HUB_ID.match(text)
    return bool(found) and "--" not in text and ".." not in text and not text.endswith((".git", ".ipynb"))


@lru_cache(maxsize=4096)
def _tokens(name: str) -> tuple[str, ...]:
    return tuple(_TOKENS.findall(name))


def has_stem(name: str) -> str:
    """Return '' or 'weak' or 'strong': how clearly the lower-case name carries the word of a model family."""
    found = ""
    for segment in SEGMENTS.split(name):
        leading = _FIRST.match(segment)
        for word in (segment, segment.rstrip("0123456789"), leading.group() if leading else ""):
            if word in names.FAMILY_STEMS:
                if word not in names.WEAK_STEMS:
                    return "strong"
                found = "weak"
    return found


@lru_cache(maxsize=4096)
def looks_like_model(name: str) -> bool:
    """Tell whether a name without owner has the shape of a model: a family with a size, version or variant."""
    low = name.lower()
    stem = has_stem(low)
    if not stem or _AGENT.match(low):
        return False
    tokens = _tokens(low)
    digit = any(character.isdigit() for character in low)
    if stem == "strong":
        return len(tokens) > 1 and (digit or any(token in names.VARIANT_WORDS for token in tokens[1:]))
    return (
        digit and len(tokens) > 1 and bool(SIZE.search(low) or any(t in names.VARIANT_WORDS for t in tokens[1:]))
    )


@lru_cache(maxsize=512)
def _patterns(first: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(p + r"\Z", re.IGNORECASE), slug) for p, slug in apinames.HOSTED_PATTERNS.get(first, ())
    )


@lru_cache(maxsize=4096)
def hosted_developer(name: str) -> str | None:
    """Return the developer's slug of a name that APIs use ('' = open model served by many), or None."""
    low = name.lower()
    exact = apinames.HOSTED_EXACT.get(low)
    if exact is not None:
        return exact
    first = _FIRST.match(low)
    if first is None:
        return None
    for pattern, slug in _patterns(first.group()):
        if pattern.match(low):
            return slug
    return "bedrock" if on_bedrock(low) else None


def on_bedrock(low: str) -> bool:
    """Tell whether a name in lower case is spelled as only Bedrock does: `qwen.qwen3-32b`, `us.amazon.nova-…`."""
    return "." in low and _BEDROCK.match(low) is not None


def fits(name: str, provider: str) -> bool:
    """Tell whether a provider that sells its own models only may serve one of this name."""
    developer = hosted_developer(name.rpartition("/")[2])
    return not developer or _HOUSES.get(developer, developer) == _HOUSES.get(provider, provider)


def fits_owner(name: str, provider: str) -> bool:
    """Tell whether `owner/name` may be one of the models that a house serves itself."""
    owner, _, rest = name.lower().partition("/")
    if owner in {provider, "models", "publishers"} or slugs.PROVIDERS.get(owner) == provider:
        return True
    if rest.count("/") or (developer := hosted_developer(rest)) is None or not fits(rest, provider):
        return False
    # Open weights under another house's namespace are a repository of the Hub, not what this house serves.
    return bool(developer) or owner.startswith(provider) or owner not in names.NAMESPACES


@lru_cache(maxsize=1024)
def sold(name: str) -> bool:
    """Tell whether the table of APIs' models has a row of exactly this name; it is opened at first need."""
    from aicheck.knowledge.hosted import hosted_model  # noqa: PLC0415 - a table that most files do not need

    row = hosted_model(None, name)
    return row is not None and row.basis == "row"
