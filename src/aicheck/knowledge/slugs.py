"""Prefixes by which routers and SDKs spell a provider in front of a model: `groq/llama-3.1-70b`, `openai:gpt-4o`.

Small and plain, since every process that scans imports it. Basis: `knowledge` (LiteLLM's provider list, the
registries of the AI SDK, LangChain's `init_chat_model`, pydantic-ai).
"""

from __future__ import annotations

from typing import Final

__all__ = ["DEVELOPERS", "PROVIDERS"]

PROVIDERS: Final[dict[str, str]] = {
    "azure": "azure",
    "azure_ai": "azure",
    "azure_openai": "azure",
    "azureopenai": "azure",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "converse": "bedrock",
    "amazon-bedrock": "bedrock",
    "vertex_ai": "vertex",
    "vertex_ai_beta": "vertex",
    "vertex": "vertex",
    "google_vertexai": "vertex",
    "google-vertex": "vertex",
    "vertexai": "vertex",
    "gemini": "google",
    "google_genai": "google",
    "google-gla": "google",
    "googleai": "google",
    "openrouter": "openrouter",
    "groq": "groq",
    "together_ai": "together",
    "together": "together",
    "togetherai": "together",
    "fireworks_ai": "fireworks",
    "fireworks": "fireworks",
    "deepinfra": "deepinfra",
    "replicate": "replicate",
    "perplexity": "perplexity",
    "xai": "xai",
    "cerebras": "cerebras",
    "sambanova": "sambanova",
    "nvidia_nim": "nvidia",
    "mistral": "mistral",
    "codestral": "mistral",
    "deepseek": "deepseek",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "anthropic": "anthropic",
    "claude": "anthropic",
    "openai": "openai",
    "text-completion-openai": "openai",
    "github": "github",
    "github_copilot": "githubcopilot",
    "volcengine": "volcengine",
    "dashscope": "alibaba",
    "moonshot": "moonshot",
    "zai": "zai",
    "novita": "novita",
    "nebius": "nebius",
    "watsonx": "watsonx",
    "databricks": "databricks",
    "snowflake": "snowflake",
    "cloudflare": "cloudflare",
    "sagemaker": "sagemaker",
    "anyscale": "anyscale",
    "voyage": "voyage",
    "jina_ai": "jina",
    "ai21": "ai21",
    "friendliai": "friendli",
    "hyperbolic": "hyperbolic",
    "featherless_ai": "featherless",
    "meta_llama": "meta",
    "minimax": "minimax",
    "siliconflow": "siliconflow",
    "baseten": "baseten",
    "ollama": "ollama",
    "ollama_chat": "ollama",
    "huggingface": "huggingface",
    "hosted_vllm": "self-hosted",
    "vllm": "self-hosted",
    "lm_studio": "self-hosted",
    "lmstudio": "self-hosted",
    "llamafile": "self-hosted",
    "xinference": "self-hosted",
    "litellm_proxy": "litellm",
    "openai_like": "self-hosted",
    "custom_openai": "self-hosted",
    "google": "google",
    "vercel": "vercel",
    "ai-gateway": "vercel",
    "gateway": "vercel",
}
"""Provider's slug as in the host table by prefix; `ollama` and `huggingface` are registries of open models."""

DEVELOPERS: Final = frozenset(
    """
openai anthropic google x-ai xai mistral mistralai cohere amazon perplexity deepseek moonshotai moonshot qwen
alibaba meta meta-llama
minimax inception morph vercel zai z-ai ai21 nvidia bytedance baidu inflection liquid arcee-ai
stepfun tencent writer upstage
""".split()
)
"""Houses that gateways put in front of a name (`anthropic/claude-sonnet-4`): whose gateway, it does not say."""
