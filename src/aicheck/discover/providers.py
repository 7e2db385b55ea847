"""Whose API a host is, and one slug for each provider."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

__all__ = ["one_slug", "provider_of_host"]

_SUFFIXES: Final = {
    "openai.azure.com": "azure", "openai.com": "openai", "anthropic.com": "anthropic", "cohere.ai": "cohere",
    "cohere.com": "cohere", "mistral.ai": "mistral", "groq.com": "groq", "together.xyz": "together",
    "together.ai": "together", "fireworks.ai": "fireworks", "deepseek.com": "deepseek", "moonshot.cn": "moonshot",
    "moonshot.ai": "moonshot", "bigmodel.cn": "zhipu", "z.ai": "zai", "minimax.chat": "minimax",
    "minimaxi.com": "minimax", "minimax.io": "minimax", "dashscope.aliyuncs.com": "dashscope",
    "dashscope-intl.aliyuncs.com": "dashscope", "volces.com": "volcengine", "baidubce.com": "qianfan",
    "hunyuan.cloud.tencent.com": "tencent", "lingyiwanwu.com": "lingyiwanwu", "stepfun.com": "stepfun",
    "baichuan-ai.com": "baichuan", "siliconflow.cn": "siliconflow", "siliconflow.com": "siliconflow",
    "openrouter.ai": "openrouter", "novita.ai": "novita", "deepinfra.com": "deepinfra",
    "perplexity.ai": "perplexity",
    "x.ai": "xai", "upstage.ai": "upstage", "voyageai.com": "voyage", "jina.ai": "jina",
    "replicate.com": "replicate",
    "integrate.api.nvidia.com": "nvidia", "nvidia.com": "nvidia", "cerebras.ai": "cerebras",
    "sambanova.ai": "sambanova",
    "hyperbolic.xyz": "hyperbolic", "nebius.ai": "nebius", "nebius.com": "nebius", "ai21.com": "ai21",
    "elevenlabs.io": "elevenlabs", "assemblyai.com": "assemblyai", "deepgram.com": "deepgram",
    "generativelanguage.googleapis.com": "google", "aiplatform.googleapis.com": "vertex",
    "huggingface.co": "huggingface",
    "endpoints.huggingface.cloud": "huggingface", "services.ai.azure.com": "azure",
    "inference.ai.azure.com": "azure",
    "models.github.ai": "github", "modelscope.cn": "modelscope", "aimlapi.com": "aimlapi", "fal.run": "fal",
    "stability.ai": "stability", "ppinfra.com": "ppio",
}  # fmt: skip
_OLLAMA_PORT: Final = "11434"
_SAME: Final = {
    "alibaba": "dashscope", "alibaba-cn": "dashscope", "tongyi": "dashscope", "zhipuai": "zhipu",
    "bigmodel": "zhipu",
    "z-ai": "zai", "moonshotai": "moonshot", "moonshotai-cn": "moonshot", "baidu": "qianfan", "x-ai": "xai",
    "githubcopilot": "github-copilot", "mistralai": "mistral", "voyageai": "voyage", "together_ai": "together",
    "togetherai": "together", "fireworks_ai": "fireworks", "fireworks-ai": "fireworks", "vertex_ai": "vertex",
    "amazon-bedrock": "bedrock", "nvidia_nim": "nvidia", "gemini": "google", "google-vertex": "vertex",
}  # fmt: skip
"""Frameworks, gateways and lists spell a provider each in their own way."""


@lru_cache(maxsize=512)
def provider_of_host(host: str) -> str | None:
    """Return the provider's slug of a host name (with or without port), or None for unknown and local ones."""
    name, _, port = host.lower().partition(":")
    if port == _OLLAMA_PORT:
        return "ollama"
    if name.startswith("bedrock") and name.endswith(".amazonaws.com"):
        return "bedrock"
    labels = name.split(".")
    for start in range(len(labels) - 1):
        slug = _SUFFIXES.get(".".join(labels[start:]))
        if slug:
            return slug
    return None


def one_slug(provider: str) -> str:
    """Return the one spelling of a provider's slug, so that one API is one component however it is reached."""
    return _SAME.get(provider, provider)
