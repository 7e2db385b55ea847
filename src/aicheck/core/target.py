"""What a reference points at. A target is an identity, never a set of facts.

Every target has one canonical spelling, `str(target)`, with a scheme in front
(`hf:Qwen/Qwen3-8B`, `api:openrouter/moonshotai/kimi-k2`, `ollama:qwen3:8b`, `endpoint:api.deepseek.com`),
and `parse_target` reads it back. Revisions are kept beside the spelling, not in it: the same model at two
revisions is one model.
"""

from __future__ import annotations

from enum import StrEnum

from aicheck.core.frozen import dataclass

__all__ = [
    "Adapter",
    "Endpoint",
    "HostedModel",
    "HubDataset",
    "HubModel",
    "Kind",
    "Library",
    "RegistryModel",
    "Target",
    "ToolServer",
    "Unresolvable",
    "WeightsFile",
    "kind_of",
    "parse_target",
]


class Kind(StrEnum):
    """The kinds of component, as the JSON report and the policies (`applies_to.kinds`) spell them."""

    MODEL = "model"
    DATASET = "dataset"
    HOSTED_MODEL = "hosted-model"
    ENDPOINT = "endpoint"
    REGISTRY_MODEL = "registry-model"
    WEIGHTS = "weights"
    ADAPTER = "adapter"
    LIBRARY = "library"
    TOOL_SERVER = "tool-server"
    UNRESOLVABLE = "unresolvable"


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model repository on the Hugging Face Hub (`owner/name`, or a legacy root id such as `gpt2`)."""

    repo_id: str
    revision: str | None = None
    """As written: a branch, a tag or a commit; None where the code names none (the Hub then takes `main`)."""

    def __str__(self) -> str:
        return f"hf:{self.repo_id}"


@dataclass(frozen=True, slots=True)
class HubDataset:
    """A dataset repository on the Hugging Face Hub."""

    repo_id: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"hf-dataset:{self.repo_id}"


@dataclass(frozen=True, slots=True)
class HostedModel:
    """A model called through an API. It belongs to the client, base URL and key that it is called with."""

    provider: str | None
    """Slug of the provider as in `knowledge.hosts` (`openai`, `openrouter`, `deepseek`); None = unbound."""
    name: str
    """As sent to the API: `gpt-4o`, `moonshotai/kimi-k2`, `anthropic.claude-sonnet-4-20250514-v1:0`."""
    host: str | None = None
    """Host name of the base URL where the code names one (`api.deepseek.com`, `localhost:8000`)."""

    def __str__(self) -> str:
        return f"api:{self.provider or '?'}/{self.name}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A network host that serves models; `host` is lower case, with the port where one is written."""

    host: str

    def __str__(self) -> str:
        return f"endpoint:{self.host}"


@dataclass(frozen=True, slots=True)
class RegistryModel:
    """A model in a registry other than the Hub.

    `registry` is one of `ollama`, `modelscope`, `ngc` (NIM images and NGC models), `kaggle`, `torchhub`,
    `torchvision`, `torchaudio`, `timm`, `spacy`, `nltk`, `ultralytics`, `whisper`, `openclip`, `keras`,
    `coqui`, `doctr`, `civitai`, `github`, `replicate`, `tfhub`, `mediapipe`, `oci`, `s3`, `gs`, `azure-blob`,
    `url`.
    """

    registry: str
    name: str
    tag: str | None = None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.registry}:{self.name}{tag}"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file of weights: in the tree (`path` relative to the scanned root) or named by the code."""

    path: str
    sha256: str | None = None
    """Hex digest where it is known without guessing: Git-LFS pointer, DVC, `--hash`, a lock file."""

    def __str__(self) -> str:
        return f"file:{self.path}"


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA or other PEFT adapter found as files; one on the Hub is a `HubModel` with that relation."""

    path: str
    base: str | None = None
    """`base_model_name_or_path` of its `adapter_config.json`, as written."""

    def __str__(self) -> str:
        return f"adapter:{self.path}"


@dataclass(frozen=True, slots=True)
class Library:
    """A software dependency, by its package URL (canonical, with the version where it is locked)."""

    purl: str

    def __str__(self) -> str:
        return self.purl


@dataclass(frozen=True, slots=True)
class ToolServer:
    """A Model Context Protocol server that the project's configuration starts or calls."""

    name: str
    location: str
    """Package with version (`npx -y @scope/pkg@1.2.3` gives `pkg:npm/%40scope/pkg@1.2.3`), URL or command."""

    def __str__(self) -> str:
        return f"mcp:{self.name}"


@dataclass(frozen=True, slots=True)
class Unresolvable:
    """A place where a model is surely named but the name cannot be known from the files."""

    expression: str

    def __str__(self) -> str:
        return f"dynamic:{self.expression}"


Target = (
    HubModel
    | HubDataset
    | HostedModel
    | Endpoint
    | RegistryModel
    | WeightsFile
    | Adapter
    | Library
    | ToolServer
    | Unresolvable
)

_KINDS: dict[type, Kind] = {
    HubModel: Kind.MODEL,
    HubDataset: Kind.DATASET,
    HostedModel: Kind.HOSTED_MODEL,
    Endpoint: Kind.ENDPOINT,
    RegistryModel: Kind.REGISTRY_MODEL,
    WeightsFile: Kind.WEIGHTS,
    Adapter: Kind.ADAPTER,
    Library: Kind.LIBRARY,
    ToolServer: Kind.TOOL_SERVER,
    Unresolvable: Kind.UNRESOLVABLE,
}


def kind_of(target: Target) -> Kind:
    """Return the kind of a target."""
    return _KINDS[type(target)]


def parse_target(text: str) -> Target:
    """Read a canonical spelling back (`str(target)`), revisions and hashes excepted.

    Raises `ValueError` where the scheme is missing; free spellings that people type are read by
    `aicheck.resolve.spelling`, which knows registries and providers.
    """
    if text.startswith("pkg:"):
        return Library(text)
    scheme, colon, rest = text.partition(":")
    if not colon or not rest:
        message = f"not a target: {text!r}"
        raise ValueError(message)
    simple: dict[str, type[HubModel | HubDataset | Endpoint | WeightsFile | Adapter | Unresolvable]] = {
        "hf": HubModel,
        "hf-dataset": HubDataset,
        "endpoint": Endpoint,
        "file": WeightsFile,
        "adapter": Adapter,
        "dynamic": Unresolvable,
    }
    if scheme in simple:
        return simple[scheme](rest)
    if scheme == "api":
        provider, _, name = rest.partition("/")
        return HostedModel(None if provider == "?" else provider, name)
    if scheme == "mcp":
        return ToolServer(rest, "")
    name, separator, tag = rest.rpartition(":")
    if separator and "/" not in tag and "//" not in rest:
        return RegistryModel(scheme, name, tag)
    return RegistryModel(scheme, rest)
