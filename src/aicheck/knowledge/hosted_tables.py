"""The tables behind hosted names: houses and their slugs, families by parts of names, sorted files."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from aicheck.core.frozen import dataclass
from aicheck.knowledge.names import VARIANT_WORDS

__all__ = ["ROUTES", "Lab", "Table", "families", "family_of", "lab_of", "labs", "lines"]

_DATA: Final = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Lab:
    """A house that develops models."""

    slug: str
    namespace: str | None
    """Its main Hub namespace; None where it publishes no weights there."""
    name: str
    country: str | None
    """Fallback for houses that `knowledge.origins` does not hold; ISO 3166-1 alpha-2."""


# Segments in front of a name that say where it is served, not who made it.
ROUTES = frozenset(
    """accounts models model publishers openrouter together together_ai togetherai fireworks fireworks_ai
    fireworks-ai deepinfra groq huggingface hf ollama ollama_chat nvidia_nim replicate novita novita-ai
    nebius bedrock bedrock_converse bedrock_mantle converse converse_like invoke vertex_ai vertex azure
    azure_ai azureml registries openai_compatible vercel vercel_ai_gateway poe cloudflare workers-ai @cf
    @hf lora pro aihubmix aimlapi aiml llmgateway zenmux nano-gpt kilo opencode opencode_go opencode-go
    sambanova cerebras baseten hyperbolic lambda lambda_ai featherless_ai friendliai wandb chutes
    siliconflow watsonx databricks snowflake dashscope qwencloud qwen_ai_platform volcengine github
    github_copilot github-copilot oci sagemaker text-completion text-completion-openai litellm
    litellm_proxy chat completion custom public route helicone requesty fastrouter nscale gmi
    digitalocean scaleway ovhcloud heroku perplexity-agent google-vertex us eu apac au jp ca global
    standard region ap us-gov foundry inference v1 fal fal_ai fal-ai wavespeed-ai wavespeed oss
    tensormesh crusoe text-generation streamlake clf_ai_gateway sail aiand coralbricks zerogpu scx-ai
    anyscale locations projects foundation-model inference-profile nim nvcr.io nvidia_riva gradient_ai
    xinference vllm hosted_vllm lm_studio lmstudio llamafile docker ai""".split()
)


def lab_of(slug: str) -> Lab | None:
    """Return a house by its slug (`alibaba`), a router's slug for it (`z-ai`), or its Hub namespace."""
    houses, vendors, _ = labs()
    wanted = slug.casefold()
    return houses.get(wanted) or (houses[vendors[wanted]] if wanted in vendors else None)


@cache
def labs() -> tuple[Mapping[str, Lab], Mapping[str, str], Mapping[str, str]]:
    """Return (labs by slug, lab by vendor slug or namespace, lab by provider that serves its own models only)."""
    houses: dict[str, Lab] = {}
    vendors: dict[str, str] = {}
    own: dict[str, str] = {}
    for line in lines("hosted_labs.tsv"):
        slug, namespace, name, country, slugs, providers = line.split("\t")
        houses[slug] = Lab(slug, namespace or None, name, country or None)
        vendors.update(dict.fromkeys(slugs.split(), slug))
        if namespace:
            vendors.setdefault(namespace.casefold(), slug)
        own.update(dict.fromkeys(providers.split(), slug))
    return houses, vendors, own


def lines(file: str) -> Iterator[str]:
    """Yield the rows of a data file, without its comments."""
    text = (_DATA / file).read_text(encoding="utf-8")
    return (line for line in text.split("\n") if line and not line.startswith("#"))


@cache
def families() -> tuple[tuple[str, str, bool | None, tuple[str, ...]], ...]:
    """Return (lab, family, closed, needles) in order of precedence."""
    states = {"open": False, "closed": True, "": None}
    found = []
    for line in lines("hosted_families.tsv"):
        lab, family, state, needles = line.split("\t")
        found.append((lab, family, states[state], tuple("-" + needle for needle in needles.split())))
    return tuple(found)


_MADE_OF: Final = re.compile(
    r"distil|alpaca|vicuna|openorca|abliterat|uncensor|gpt4all|gpt4-x|finetun|fine-tun|-merge|-lora-|alike|clone"
)
"""Words of those who make something of others' models, or with their outputs."""
_ANYBODY: Final = frozenset(
    "my our prod production dev test testing staging default deployment deployments stable new old latest "
    "beta aws gcp model models api llm chat google cloud x stealth custom fast free pro premium high "
    "low medium xhigh max hd steps eu us".split()
)
"""First words that say whose deployment it is, not who made the model."""


_OF_LLAMA: Final = VARIANT_WORDS | frozenset(
    "guard prompt maverick scout text image versatile instant api".split()
)
"""Words that Meta and those who serve its models write behind `llama`; any other is a name of somebody's own."""


@cache
def _before_names() -> frozenset[str]:
    """Words that may stand before a family's name without making the model somebody else's."""
    houses, vendors, own = labs()
    slugs = (*houses, *vendors, *own, *ROUTES)
    return _ANYBODY | {word for slug in slugs for word in _WORDS.split(slug.casefold()) if word}


_WORDS: Final = re.compile(r"[^a-z0-9]+")


def _a_strangers(text: str, needle: str) -> bool:
    """Return whether a name holds a family's word as one taught, tuned or imitated by others does.

    `qwen3-8b-gemini-2.5-pro-distill` is no Gemini, `open-sora` no Sora, `japanese-gpt-neox` not EleutherAI's.
    """
    at = text.find(needle)
    made = _MADE_OF.search(text)
    if made is not None and made.group() not in needle:
        return True
    known = _before_names()
    if not all(word in known or word.isdigit() for word in text[:at].split("-") if word):
        return True
    words = text[at + len(needle) :].split("-")
    return needle == "-llama" and any(
        word.isalpha() and len(word) > 3 and word not in _OF_LLAMA and word not in known  # noqa: PLR2004 - no sizes
        for word in words
    )


@cache
def family_of(core: str) -> tuple[str, str, bool | None] | None:
    """Return (lab, family, closed) of a compared name, None where no family or somebody else's work is told."""
    text = f"-{core}-"
    for lab, family, closed, needles in families():
        if any(needle in text and not _a_strangers(text, needle) for needle in needles):
            return (lab, family, closed) if lab else None
    return None


_AS_OF: Final = re.compile(r"^#.* As of (\d{4}-\d\d-\d\d)")


class Table:
    """A sorted file of lines, searched as it is: loading costs one read, a look-up microseconds."""

    __slots__ = ("_lines", "as_of")

    def __init__(self, file: str) -> None:
        text = (_DATA / file).read_text(encoding="utf-8")
        stated = _AS_OF.search(text[:1000])
        self.as_of = stated[1] if stated else None
        """The day on which the table was last held against its sources, as its first line says."""
        self._lines = [line for line in text.split("\n") if line and not line.startswith("#")]

    def rows(self, key: str) -> list[list[str]]:
        """Return the rows whose first column is the key."""
        wanted = key + "\t"
        index = bisect_left(self._lines, wanted)
        found = []
        while index < len(self._lines) and self._lines[index].startswith(wanted):
            found.append(self._lines[index].split("\t"))
            index += 1
        return found
