"""URLs and URL-like locators that name a model, a dataset, an endpoint or a file of weights."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from aicheck.core.target import Endpoint, HubDataset, HubModel, RegistryModel, Target, WeightsFile
from aicheck.discover.urls import is_placeholder, read_address
from aicheck.knowledge import names

__all__ = ["Located", "read_locator"]


class Located(NamedTuple):
    """What a locator names."""

    target: Target
    confidence: float
    attributes: tuple[tuple[str, str], ...] = ()


_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]{0,20})://", re.IGNORECASE)
_HUB_HOSTS: Final = frozenset({"huggingface.co", "www.huggingface.co", "hf.co", "hf-mirror.com", "huggingface.cn"})
_HUB_PAGES: Final = frozenset({
    "models", "datasets", "spaces", "docs", "blog", "api", "join", "login", "settings", "papers", "collections",
    "chat", "tasks", "organizations", "pricing", "new", "search", "learn", "posts", "inference-endpoints",
    "inference-api",
    "terms-of-service", "privacy",
})  # fmt: skip
_API_HOST: Final = re.compile(
    r"(?:^|\.)(?:openai\.com|openai\.azure\.com|anthropic\.com|cohere\.(?:ai|com)|mistral\.ai|groq\.com|"
    r"together\.(?:xyz|ai)|fireworks\.ai|deepseek\.com|moonshot\.(?:cn|ai)|bigmodel\.cn|z\.ai|"
    r"minimax(?:i)?\.(?:chat|io|com)|dashscope(?:-intl)?\.aliyuncs\.com|"
    r"volces\.com|qianfan\.baidubce\.com|baidubce\.com|hunyuan\.cloud\.tencent\.com|lingyiwanwu\.com|stepfun\.com|baichuan-ai\.com|"
    r"siliconflow\.(?:cn|com)|openrouter\.ai|novita\.ai|deepinfra\.com|perplexity\.ai|x\.ai|upstage\.ai|voyageai\.com|jina\.ai|"
    r"replicate\.com|nvidia\.com|cerebras\.ai|sambanova\.ai|hyperbolic\.xyz|nebius\.(?:ai|com)|ai21\.com|elevenlabs\.io|"
    r"assemblyai\.com|deepgram\.com|cartesia\.ai|gladia\.io|sarvam\.ai|inworld\.ai|lmnt\.com|neuphonic\.com|"
    r"fish\.audio|smallest\.ai|speechify\.ai|soniox\.com|hume\.ai|rime\.ai|speechmatics\.com|murf\.ai|ultravox\.ai|"
    r"gradium\.ai|llama\.com|textsynth\.com|inceptionlabs\.ai|lambda\.ai|writer\.com|stability\.ai|endpoints\.huggingface\.cloud|generativelanguage\.googleapis\.com|"
    r"aiplatform\.googleapis\.com|bedrock[\w.-]*\.amazonaws\.com|aimlapi\.com|modelscope\.cn|fal\.run|ppinfra\.com|"
    r"huggingface\.co|inference\.ai\.azure\.com|services\.ai\.azure\.com|models\.github\.ai)\Z",
    re.IGNORECASE,
)
_NOT_API: Final = frozenset({
    "www", "docs", "platform", "console", "help", "status", "blog", "developers", "dashboard", "cloud", "cdn",
    "app", "chat", "build", "community", "developer", "forums", "aistudio", "studio", "support", "playground",
    "learn", "ui", "static", "files", "assets", "media", "auth", "login",
})  # fmt: skip


_MEDIA: Final = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".mp4", ".webm", ".mov")
_RECORDED: Final = (*_MEDIA, ".wav", ".mp3", ".flac", ".ogg", ".pdf", ".csv", ".jsonl", ".txt", ".md", ".html")
"""What a provider's host shows or lets people try; no interface of models."""
_API_PATH: Final = re.compile(
    r"/(?:api|v\d\w*|openai|inference|chat/completions|embeddings|generate|predict)(?:/|\Z)"
)
_SERVING_PATH: Final = re.compile(
    r"/(?:v\d\w*|openai|inference|chat/completions|completions|embeddings|generate|predict|rerank)/?\Z"
)
"""How the base URL of a model server ends; other REST interfaces go on to name their things."""
_HOST: Final = re.compile(r"[\w.-]*(?::\d+)?")
_EXAMPLE: Final = re.compile(r"(?:^|[.-])(?:your|my|example|xxx+|placeholder)(?:[.-]|\Z)")
_NOT_MODELS: Final = frozenset({"r.jina.ai", "s.jina.ai"})
"""Hosts of model providers that read or search the web."""
_STORES: Final = frozenset({"s3", "gs", "oss", "azure-blob", "cos", "tos", "obs"})
_MODELS: Final = frozenset({"model", "weights", "adapter", "embedding", "reranker", "tokenizer"})
_REPO: Final = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?\Z")
_LOCAL: Final = re.compile(
    r"(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|host\.docker\.internal|\[|[\w-]+\Z|"
    r".*\.(?:local|localhost|internal|svc|example|test|invalid)\Z|(?:.*\.)?example\.(?:com|org|net)\Z)"
)


def read_locator(text: str, *, expects: str = "") -> Located | None:
    """Read one URL or locator; `expects` is the kind of the place (`Context.kind`)."""
    found = _SCHEME.match(text)
    scheme = found.group(1).lower() if found else ""
    rest = text[found.end() :] if found else text
    host, _, path = rest.partition("/")
    host = host.rpartition("@")[2].lower()
    path = path.partition("?")[0]
    path = path.partition("#")[0]
    if scheme == "hf" or (not found and text.startswith("hf:")):
        parts = [p for p in (rest if found else text[3:]).partition("?")[0].split("/") if p]
        return _hub(parts, 0.97) if parts else None
    if host in _HUB_HOSTS:
        return _hub([p for p in path.split("/") if p], 0.97)
    arn = text.startswith("arn:")
    if not arn and not _HOST.fullmatch(host):
        return None  # `https://<your-resource>.openai.azure.com`, a template's hole
    address = read_address(text) if scheme or arn else None
    if address is not None:
        stored = isinstance(address.target, RegistryModel) and address.target.registry in _STORES
        if stored and expects not in _MODELS and not dict(address.attributes).get("filename"):
            return None  # some file in an object store
        return Located(address.target, address.confidence, address.attributes)
    if scheme == "ollama" or arn:
        return None
    low = path.lower()
    if low.endswith(names.WEIGHT_SUFFIXES) or (low.endswith((".pt", ".pth", ".bin", ".h5")) and scheme):
        return Located(WeightsFile(text), 0.9) if not is_placeholder(text) else None
    bare = host.partition(":")[0]
    if bare in _NOT_MODELS or _EXAMPLE.search(bare) or low.endswith(_RECORDED):
        return None
    if scheme in {"http", "https", "ws", "wss"} and _API_HOST.search(bare) and bare.split(".")[0] not in _NOT_API:
        served = bool(_API_PATH.search("/" + path)) or bare.count(".") > 1
        if expects != "base_url" and not served:
            return None  # the provider's home page
        return Located(Endpoint(host), 0.9)
    serves = expects == "base_url" and scheme in {"http", "https"} and bare.count(".") and not _LOCAL.match(bare)
    return Located(Endpoint(host), 0.7) if serves and _SERVING_PATH.search("/" + path) else None


def _hub(parts: list[str], confidence: float) -> Located | None:
    dataset = False
    if parts and parts[0] == "datasets":
        dataset, parts = True, parts[1:]
    elif parts and parts[0] == "api" and len(parts) > 3 and parts[1] in {"models", "datasets"}:
        dataset, parts = parts[1] == "datasets", parts[2:]
    if not parts or (parts[0] in _HUB_PAGES and not dataset):
        return None
    if dataset and parts[1:2] in (["viewer"], ["tree"], ["blob"], ["resolve"]):
        parts = parts[:1]  # one of the oldest data sets, without an owner
    repo = "/".join(parts[:2])
    if len(parts) < 2 and not dataset and repo.lower() not in names.ROOT_MODELS:
        return None
    revision = None
    attributes: tuple[tuple[str, str], ...] = ()
    if len(parts) > 3 and parts[2] in {"resolve", "blob", "raw", "tree"}:
        revision = parts[3]
        if len(parts) > 4:
            attributes = (("filename", "/".join(parts[4:])),)
            if parts[-1].lower().endswith(_MEDIA):
                return None  # a picture that a page shows
    repo, _, at = repo.partition("@")
    if not _REPO.match(repo) or is_placeholder(repo.partition("/")[0] if attributes else repo):
        return None
    target: Target = (
        HubDataset(repo, revision or at or None) if dataset else HubModel(repo, revision or at or None)
    )
    return Located(target, confidence, attributes)
