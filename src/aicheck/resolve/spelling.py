"""Everything that `aicheck show` accepts, read into a target or a query."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from aicheck.core.frozen import dataclass
from aicheck.core.target import (
    Endpoint,
    HostedModel,
    HubDataset,
    HubModel,
    Library,
    RegistryModel,
    Target,
    WeightsFile,
    parse_target,
)
from aicheck.errors import ConfigError
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve.records import is_repo_id
from aicheck.resolve.stands import stands_for

__all__ = ["HostQuery", "LicenseQuery", "OrgQuery", "Spelling", "read_spelling"]


@dataclass(frozen=True, slots=True)
class OrgQuery:
    """`org:NAME`: what is known of an organisation."""

    name: str


@dataclass(frozen=True, slots=True)
class HostQuery:
    """`host:NAME`: who runs a host."""

    name: str


@dataclass(frozen=True, slots=True)
class LicenseQuery:
    """`license:ID`: the terms of a licence."""

    name: str


Spelling = Target | OrgQuery | HostQuery | LicenseQuery

_HUBS: Final = frozenset({"huggingface.co", "www.huggingface.co", "hf.co", "hf-mirror.com"})
_REGISTRIES: Final = frozenset(
    {
        "ollama", "modelscope", "ngc", "kaggle", "torchhub", "torchvision", "torchaudio", "timm", "spacy", "nltk",
        "coqui", "doctr", "ultralytics", "whisper", "openclip", "keras", "civitai", "github", "replicate", "tfhub",
        "mediapipe", "oci", "s3", "gs", "azure-blob", "url", "azureml",
    }
)  # fmt: skip
_CANONICAL: Final = frozenset({"hf", "hf-dataset", "api", "endpoint", "file", "adapter", "mcp", "dynamic"})
_WEIGHTS: Final = (
    ".safetensors",
    ".gguf",
    ".onnx",
    ".bin",
    ".pt",
    ".pth",
    ".ckpt",
    ".h5",
    ".keras",
    ".pkl",
    ".tflite",
)
_IMAGES: Final = (
    ("nvcr.io/nim/", "ngc"),
    ("registry.ollama.ai/library/", "ollama"),
    ("registry.ollama.ai/", "ollama"),
)
"""Where container images that are models lie, and the registry whose names follow."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Controls, and bytes of an argument that are not UTF-8."""
_COMMAND: Final = re.compile(r"ollama (?:run|pull|show) ([^\s-]\S*)$")
_SIZED: Final = re.compile(r"\d+(?:\.\d+)?b(?:-|$)|latest$")
_QUANTISATION: Final = re.compile(r"(?i)(.+):(?:(?:ud-)?i?q\d\w*|[bf]f?p?(?:8|16|32)|latest)$")
"""What llama.cpp and Ollama write behind a repository of the Hub to choose one of its files."""
_COMMITISH: Final = re.compile(r"[\w][\w./-]{0,200}")

_BEDROCK: Final = re.compile(
    r"(?:(?:us|eu|apac|ap|au|jp|ca|sa|me|af|global|us-gov)\.)?"
    r"(?:anthropic|meta|amazon|mistral|cohere|ai21|deepseek|qwen|openai|stability|moonshot|moonshotai|minimax|google"
    r"|nvidia|zai|writer|luma|twelvelabs)\.[a-z][a-z0-9]*[.-][a-z0-9.-]+(?::\d+)?"
)
"""Bedrock's ids, `us.anthropic.claude-sonnet-4-20250514-v1:0`: a region, the house, and its model."""


def read_spelling(text: str) -> Spelling:
    """Read what a person typed. Raises `ConfigError` with a hint where it cannot be a name of anything."""
    wanted = text.strip()
    if not wanted or len(wanted) > 2000 or _UNPRINTABLE.search(wanted):  # noqa: PLR2004 - longer than any URL
        raise ConfigError("not a model name", hint="give an id such as Qwen/Qwen3-8B, a purl or a URL")
    command = _COMMAND.match(wanted)
    if command is not None:
        return _registry("ollama", command[1])
    prefix, colon, rest = wanted.partition(":")
    scheme = prefix.lower()
    if colon and rest:
        for name, query in (
            ("org", OrgQuery),
            ("host", HostQuery),
            ("license", LicenseQuery),
            ("licence", LicenseQuery),
        ):
            if scheme == name:
                return query(rest.strip())
        if scheme == "pkg":
            return _purl(wanted)
        if scheme in {"http", "https"}:
            return _url(wanted)
        if scheme == "hf" and rest.startswith("//"):
            return _hub_path(rest[2:].split("/"))
        if scheme == "hf":
            return _model(rest)
        if scheme in _CANONICAL:
            return parse_target(f"{scheme}:{rest}")
        if scheme == "oci" and "/" not in rest:
            return HostedModel(scheme, rest)  # Oracle's cloud: an image has a registry before its name
        if scheme in _REGISTRIES:
            return _registry(scheme, rest)
        if "/" not in prefix and "." not in prefix and _is_provider(scheme):
            # `mistral:7b`, `solar:10.7b`: some models of Ollama's library have the names of their houses.
            sized = _tagged(wanted) if _SIZED.match(rest) else None
            return sized or HostedModel(scheme, rest)
    if wanted.lower().endswith(_WEIGHTS):
        return WeightsFile(wanted)
    host = prefix.partition("/")[0]
    if host.lower() in _HUBS:
        return _url("https://" + wanted)
    for place, registry in _IMAGES:
        if wanted.lower().startswith(place) and len(wanted) > len(place):
            return _registry(registry, wanted[len(place) :].partition("@")[0])
    return _bare(wanted)


def _is_provider(name: str) -> bool:
    from aicheck.knowledge.hosts import canonical_provider  # noqa: PLC0415 - needed for this spelling alone

    return canonical_provider(name) is not None


def _model(text: str) -> HubModel:
    repo, at, revision = text.partition("@")
    repo = repo.strip("/")
    packed = _QUANTISATION.match(repo)
    if packed is not None:
        repo = packed[1]
    if not is_repo_id(repo):
        raise ConfigError(f"not a repository id of the Hub: {repo!r}", hint="the form is owner/name")
    if at and not _COMMITISH.fullmatch(revision):
        raise ConfigError(f"not a revision: {revision!r}", hint="give a commit, a tag or a branch")
    return HubModel(repo, revision or None)


def _bare(text: str) -> Target:
    """Read a name without a scheme: a Hub id, a host name, else a hosted model's name."""
    repo = text.partition("@")[0]
    routed = _routed(text)
    if routed is not None:
        return routed
    if is_repo_id(repo) and "/" in repo:
        return _model(text)
    catalog = open_catalog()
    if is_repo_id(repo) and (catalog.canonical(repo) is not None):
        return _model(text)
    if re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?", text) and text.rpartition(".")[2].partition(":")[0].isalpha():
        from aicheck.knowledge.hosts import host  # noqa: PLC0415 - needed for this spelling alone

        if host(text.lower()) is not None:
            return Endpoint(text.lower())
    tagged = _tagged(text)
    if tagged is not None:
        return tagged
    if re.search(r"\s", text):
        raise ConfigError(f"not a model name: {text!r}", hint="give an id such as Qwen/Qwen3-8B, a purl or a URL")
    hosted = HostedModel(_by_form(text), text)
    answer = stands_for(hosted)
    if not answer.known and _tagged(f"{text}:latest") is not None:
        return RegistryModel("ollama", text)  # no API is known to serve this name, Ollama's library has it
    return hosted


def _by_form(text: str) -> str | None:
    """Return the provider of a name that only one provider writes so, or None."""
    if text.startswith("@cf/"):
        return "cloudflare"
    if text.startswith("accounts/fireworks/models/"):
        return "fireworks"
    return "bedrock" if _BEDROCK.fullmatch(text) else None


def _tagged(text: str) -> RegistryModel | None:
    """Read `name:tag` as Ollama's where its library has such a model."""
    name, colon, tag = text.partition(":")
    if not colon or "/" in name:
        return None
    target = RegistryModel("ollama", name, tag)
    return target if stands_for(target).hub_id_text is not None else None


def _routed(text: str) -> Target | None:
    """Read what LiteLLM and its like put before a name (`vertex_ai/gemini-2.5-flash`), and Docker's `ai/…`."""
    owner, slash, name = text.removeprefix("docker.io/").partition("/")
    if not slash or not name or open_catalog().get(text.partition("@")[0]) is not None:
        return None
    if owner == "ai" and "/" not in name:
        image, _, tag = name.partition(":")
        target = RegistryModel("docker", f"ai/{image}", tag or None)
        return target if stands_for(target).known else None
    slug = owner.lower()
    if slug == "models" or (owner == slug and _is_provider(slug) and not _is_owner(owner, name)):
        hosted = HostedModel("gemini" if slug == "models" else slug, name)
        return hosted if stands_for(hosted).known else None
    return None


def _is_owner(owner: str, name: str) -> bool:
    """Return whether `owner/name` may be a repository: of a house of that name, with no row as a hosted name."""
    from aicheck.knowledge.hosted import hosted_model  # noqa: PLC0415 - needed for this spelling alone
    from aicheck.knowledge.origins import organization  # noqa: PLC0415

    if name != name.lower():
        return "_" not in owner  # most APIs write small letters, and most prefixes of clients are no namespaces
    row = organization(owner)
    if row is None or row.namespace != owner:
        return False
    found = hosted_model(owner, name)
    return found is None or found.basis != "row"


def _registry(registry: str, rest: str) -> RegistryModel:
    name = rest.lstrip("/")
    if registry in {"s3", "gs", "azure-blob", "url", "github", "tfhub"}:
        return RegistryModel(registry, rest)
    if registry == "azureml":
        return RegistryModel(registry, name)
    bare, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        return RegistryModel(registry, bare, tag)
    return RegistryModel(registry, name)


def _purl(text: str) -> Target:
    body, _, query = text[4:].partition("?")
    kind, slash, path = body.partition("/")
    if not slash or not path:
        raise ConfigError(
            f"not a package URL: {text!r}", hint="for example pkg:huggingface/Qwen/Qwen3-8B@<commit>"
        )
    if kind.lower() == "huggingface":
        name, _, version = path.partition("#")[0].partition("@")
        return _model(unquote(name) + (f"@{unquote(version)}" if version else ""))
    if kind.lower() == "oci":
        qualifiers = parse_qs(query)
        place = (qualifiers.get("repository_url") or [""])[0]
        if place.startswith("registry.ollama.ai/"):
            name = place.removeprefix("registry.ollama.ai/").removeprefix("library/")
            return RegistryModel("ollama", name, next(iter(qualifiers.get("tag", ())), None))
    return Library(text)


def _url(text: str) -> Spelling:
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower()
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"not a URL: {text!r}", hint=str(error)) from None
    path = [unquote(segment) for segment in parts.path.split("/") if segment]
    if host in _HUBS:
        return _hub_path(path)
    if host in {"ollama.com", "www.ollama.com", "registry.ollama.ai"} and path:
        segments = path[1:] if path[0] == "library" else path
        if segments:
            return _registry("ollama", "/".join(segments[:2]))
    if host in {"modelscope.cn", "www.modelscope.cn", "modelscope.ai", "www.modelscope.ai"} and path[:1] == [
        "models"
    ]:
        return RegistryModel("modelscope", "/".join(path[1:3]))
    if host == "openrouter.ai" and len(path) == 2:  # noqa: PLR2004 - /owner/model
        return HostedModel("openrouter", "/".join(path))
    if host == "civitai.com" and path[:1] == ["models"] and len(path) > 1:
        return RegistryModel("civitai", path[1])
    if host == "replicate.com" and len(path) == 2:  # noqa: PLR2004 - /owner/model
        return RegistryModel("replicate", "/".join(path))
    if not host:
        raise ConfigError(f"not a URL: {text!r}", hint="it names no host")
    return Endpoint(f"{host}:{port}" if port and port not in {80, 443} else host)


def _hub_path(path: list[str]) -> Target:
    if path[:1] == ["datasets"]:
        return HubDataset("/".join(path[1:3]))
    if path[:2] == ["api", "models"]:
        path = path[2:]
    if path[:1] == ["models"]:
        path = path[1:]
    if not path or path[0] in {"spaces", "docs", "blog", "papers", "collections", "settings"}:
        raise ConfigError(
            "this URL of the Hub names no model", hint="the form is https://huggingface.co/owner/name"
        )
    for marker in ("tree", "blob", "resolve", "raw", "commit", "revision"):
        if marker in path[1:3]:
            at = path.index(marker, 1)
            revision = path[at + 1] if len(path) > at + 1 else None
            return _model("/".join(path[:at]) + (f"@{revision}" if revision and revision != "main" else ""))
    return _model("/".join(path[:2]))
