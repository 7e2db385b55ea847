"""Classes that a framework keeps in a module of the provider's name: `agno.models.deepinfra.DeepInfra(id=…)`.

Frameworks have a class for each of dozens of providers, under the same few names of packages; the module that the
class is imported from says whose models it takes, so that no row is needed for each.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from aicheck.knowledge import slugs
from aicheck.knowledge.calls import CallRow

__all__ = ["house_row", "takes_name"]

_PACKAGES: Final = frozenset(
    "models llms llm chat_models embeddings embedder embedders rerankers reranker plugins model_providers "
    "services chat_engines clients connectors ai generators providers".split()
)
_ARGUMENTS: Final = frozenset({"model", "model_id", "model_name", "id"})
_IDS: Final = frozenset({"agno", "phi"})
"""Frameworks whose models are told apart by `id`, elsewhere the key of a row in a table."""
_HOUSES: Final = {
    "aws": "bedrock", "ibm": "watsonx", "vertexai": "vertex", "deepinfra": "deepinfra", "meta": "meta",
    "nvidia": "nvidia", "internlm": "internlm", "portkey": "portkey", "aimlapi": "aimlapi", "requesty": "requesty",
    "voyageai": "voyage", "jina": "jina", "mistralai": "mistral", "google_genai": "google", "xai": "xai",
    "azure_openai": "azure", "openrouter": "openrouter", "litellm": "litellm", "elevenlabs": "elevenlabs",
    "deepgram": "deepgram", "cartesia": "cartesia", "assemblyai": "assemblyai", "perplexity": "perplexity",
    "moonshot": "moonshot", "fal": "fal", "dashscope": "alibaba", "zhipuai": "zhipuai",
}  # fmt: skip
_LOCAL: Final = {"ollama": "ollama", "vllm": "model", "lmstudio": "model", "llama_cpp": "model",
                 "huggingface": "model", "sentence_transformer": "sentence-transformers",
                 "sentence_transformers": "sentence-transformers", "fastembed": "embedding"}  # fmt: skip
_SPOKEN: Final = {
    "openai": "openai", "anthropic": "anthropic", "groq": "groq", "cohere": "cohere", "mistralai": "mistral",
    "deepseek": "deepseek", "gemini": "google", "fireworks": "fireworks", "perplexity": "perplexity",
    "cerebras": "cerebras", "sambanova": "sambanova", "openrouter": "openrouter", "deepgram": "deepgram",
    "elevenlabs": "elevenlabs", "cartesia": "cartesia", "assemblyai": "assemblyai", "gladia": "gladia",
    "inworld": "inworld", "soniox": "soniox", "sarvam": "sarvam", "voyageai": "voyage", "jinaai": "jina",
    "ollama": "ollama", "bedrock": "bedrock", "vertexai": "vertex", "dashscope": "alibaba", "nebius": "nebius",
    "novita": "novita", "siliconflow": "siliconflow", "moonshot": "moonshot", "zhipuai": "zhipuai",
    "minimax": "minimax", "hume": "hume", "lmnt": "lmnt", "speechmatics": "speechmatics", "watsonx": "watsonx",
    "grok": "xai",
}  # fmt: skip
_SPELLED: Final = {
    "openai": "OpenAI|Openai", "assemblyai": "AssemblyAI", "elevenlabs": "Eleven[Ll]abs",
    "deepseek": "Deep[Ss]eek",
    "sambanova": "Samba[Nn]ova", "openrouter": "Open[Rr]outer", "voyageai": "VoyageAI", "jinaai": "JinaAI",
    "vertexai": "VertexAI", "dashscope": "Dash[Ss]cope", "siliconflow": "Silicon[Ff]low", "mistralai": "MistralAI",
    "zhipuai": "Zhipu(?:AI|ai)", "minimax": "Mini[Mm]ax",
}  # fmt: skip
_CLASS: Final = re.compile(
    rf"(?:Async|Chat)?({'|'.join(_SPELLED.get(word, word.capitalize()) for word in _SPOKEN)})(?=[A-Z_])\w*"
    r"(?:LLM|TTS|STT|Service|Chat|Client|Embedd\w*|Embeddings?|Rerank\w*|Generator|Model|Provider|Settings|Config|Completion|Judge|"
    r"Adapter|API)\Z"
)
"""A provider's name at the beginning of a class, and at its end what takes a model."""


@lru_cache(maxsize=1024)
def _house(path: str) -> tuple[str, str]:
    """Return (kind, provider's slug) of a class by its dotted path; ('', '') where no provider is named."""
    parts = path.split(".")
    if len(parts) < 3 or not parts[-1][:1].isupper() or parts[-1].endswith(("Like", "Compatible")):
        return "", ""
    for above, name in itertools.pairwise(parts[:-1]):
        if above in _PACKAGES:
            if name in _LOCAL:
                return _LOCAL[name], ""
            slug = _HOUSES.get(name) or slugs.PROVIDERS.get(name)
            if slug is not None:
                return "hosted", slug
    return "", ""


def takes_name(node: ast.Call) -> bool:
    """Tell whether a call has an argument that may hold a model's name (what `house_row` asks for first)."""
    return any(keyword.arg in _ARGUMENTS for keyword in node.keywords)


def house_row(chain: str, imports: Mapping[str, str], node: ast.Call) -> CallRow | None:
    """Return how to read a call, or None where neither the class nor the module it comes from names a provider."""
    given = {keyword.arg for keyword in node.keywords if keyword.arg} & _ARGUMENTS
    if not given:
        return None
    head, _, rest = chain.partition(".")
    path = imports.get(head, "")
    full = f"{path}.{rest}" if path and rest else path
    kind, provider = _house(full)
    if not kind and given != {"id"}:
        kind, provider = _named(chain)
    if not kind:
        return None
    names = tuple(sorted(given - (set() if full.partition(".")[0] in _IDS else {"id"})))
    return CallRow(chain.rpartition(".")[2], frozenset(), kind, names, provider) if names else None


@lru_cache(maxsize=1024)
def _named(chain: str) -> tuple[str, str]:
    """Return (kind, provider's slug) of a class whose own name says whose models it takes: `GladiaSTTService`."""
    for part in chain.split("."):
        found = _CLASS.match(part)
        if found is not None:
            slug = _SPOKEN[found.group(1).lower()]
            return ("ollama", "") if slug == "ollama" else ("hosted", slug)
    return "", ""
