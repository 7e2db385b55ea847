"""Reads addresses that name models: URLs, URL schemes of model servers, images and Hub cache paths.

`read_address` decides on the address alone; it never guesses from a bare `owner/name`. What it cannot place
is None. Endpoints are the business of `aicheck.knowledge.hosts`; here an address that is both (a model named
in the path of an API) gives the model.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from aicheck.core.frozen import dataclass
from aicheck.core.target import HostedModel, HubDataset, HubModel, RegistryModel, Target, WeightsFile

__all__ = [
    "WEIGHT_SUFFIXES",
    "Address",
    "is_placeholder",
    "is_weights_name",
    "ollama_model",
    "read_address",
    "read_cache_path",
    "read_image",
]

WEIGHT_SUFFIXES: Final = tuple(
    """
.safetensors .gguf .ggml .ckpt .pth .pt .onnx .tflite .h5 .hdf5 .keras .mlmodel .mlpackage .mlmodelc
.caffemodel .pdparams .pdmodel .nemo .llamafile .torchscript .ptl .engine .mar .ort .t7 .litertlm .task
.rten .pte .jit
""".split()
)
"""Suffixes of files that are weights and hardly ever anything else."""

_AMBIGUOUS: Final = (
    ".bin",
    ".pkl",
    ".pb",
    ".weights",
    ".joblib",
    ".model",
    ".zip",
    ".tar.gz",
    ".tar",
    ".npz",
    ".msgpack",
)
_WEIGHTY = re.compile(
    r"model|ggml|pytorch|weights|checkpoint|diffusion|adapter|lora|llama|bert|clip|vae|unet|whisper|yolo|vosk|embedding|"
    r"q[2-8]_[0k]|fp16|resnet|frozen_inference",
    re.IGNORECASE,
)
_HUB_HOSTS: Final = frozenset(
    {
        "huggingface.co",
        "www.huggingface.co",
        "hf.co",
        "hf-mirror.com",
        "www.hf-mirror.com",
        "alpha.hf-mirror.com",
        "huggingface.tuna.tsinghua.edu.cn",
        "aifasthub.com",
        "hf-cdn.sufy.com",
        "us.aifasthub.com",
    }
)
_HUB_PAGES: Final = frozenset(
    """
docs blog papers collections settings login join models tasks pricing learn posts chat enterprise
organizations new api inference terms-of-service privacy content-guidelines course support welcome search
metrics inference-api inference-endpoints languages hardware brand press changelog playground storage
autotrain notifications new-space front logout huggingchat status security code-of-conduct landing subscribe
apps kernels jobs mcp agents oauth settings billing transformers diffusers spaces datasets buckets
""".split()
)
_SEGMENT = r"[A-Za-z0-9][\w.\-]*"
_ID = re.compile(rf"({_SEGMENT}/{_SEGMENT})\Z")
_REVISIONED = re.compile(rf"({_SEGMENT}(?:/{_SEGMENT})?)/(?:resolve|blob|raw|tree)/([^/?#]+)(?:/([^?#]+))?")
_OPEN: Final = ("<", ">", "{{", "}}", "...", "…", "$(", "*")
_PLACEHOLDER = re.compile(
    # `ggml-org` and `kubeai-bar` are names; a general word is a placeholder only where a segment begins with it.
    r"(?:(?:^|[/_\-\s])(?:your|my|some|example|placeholder|xxx+|foo)|(?:^|[/\s])(?:bar|owner|username|user|org|repo|organization|namespace))"
    r"(?:[_\-]?(?:model|org|repo|name|id|user|username|namespace|bucket|organization))*(?:$|[/_\-\s])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Address:
    """What an address names."""

    target: Target
    confidence: float
    attributes: tuple[tuple[str, str], ...] = ()
    """`revision`, `filename`, `base_url`, `task` as in `Reference.attributes`, sorted."""


def is_weights_name(name: str) -> bool:
    """Tell whether a file name is one of weights; suffixes shared with other things need a telling name."""
    low = name.lower().partition("?")[0]
    if low.endswith(WEIGHT_SUFFIXES):
        return True
    return low.endswith(_AMBIGUOUS[:8]) and _WEIGHTY.search(low) is not None


def is_placeholder(text: str) -> bool:
    """Tell whether a name stands for any name: `<model>`, `your-org/your-model`, `{{ .Values.x }}`."""
    return any(mark in text for mark in _OPEN) or _PLACEHOLDER.search(text) is not None


def _attributes(**values: str | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, value) for key, value in values.items() if value))


def _hub(path: str) -> Address | None:
    path = unquote(path).strip("/")
    if path.startswith("api/"):
        path = path[4:].replace("/revision/", "/tree/", 1)
    dataset = False
    if path.startswith("datasets/"):
        dataset, path = True, path[9:]
    elif path.startswith("models/"):
        path = path[7:]
    first, _, rest = path.partition("/")
    if not first or first.lower() in _HUB_PAGES:
        return None
    if dataset and rest.partition("/")[0] == "viewer":
        return Address(HubDataset(first), 0.9)  # one of the oldest data sets, without an owner
    match = _REVISIONED.match(path)
    if match:
        revision = match.group(2)
        attributes = _attributes(revision=revision, filename=match.group(3))
        repo = match.group(1)
        target: Target = HubDataset(repo, revision) if dataset else HubModel(repo, revision)
        return Address(target, 0.97, attributes)
    parts = path.split("/")
    repo = "/".join(parts[:2])
    if not rest:
        # A lone segment is a person or a house, or one of the oldest models; the address alone cannot tell.
        return None
    repo = repo.removesuffix(".git")
    if not _ID.match(repo) or (
        len(parts) > 2 and parts[2] not in {"discussions", "commits", "commit", "settings", ""}
    ):
        return None
    return Address(HubDataset(repo) if dataset else HubModel(repo), 0.9)


def _modelscope(path: str) -> Address | None:
    match = re.match(rf"/(?:api/v1/)?(models|datasets)/({_SEGMENT}/{_SEGMENT})", path)
    if not match:
        return None
    return Address(RegistryModel("modelscope", match.group(2)), 0.95)


_HOST_PATTERNS: Final = (
    (re.compile(r"(?:www\.)?civitai\.com\Z"), re.compile(r"/(?:api/download/)?models/(\d+)"), "civitai"),
    (
        re.compile(r"(?:www\.)?kaggle\.com\Z"),
        re.compile(r"/(?:api/v1/)?models/([\w\-]+/[\w\-.]+(?:/[\w\-]+/[\w\-.]+)?)"),
        "kaggle",
    ),
    (re.compile(r"(?:www\.)?(?:tfhub\.dev)\Z"), re.compile(r"/([\w\-]+/[\w\-./]+?)(?:/\d+)?/?\Z"), "tfhub"),
    (re.compile(r"(?:www\.)?ollama\.(?:com|ai)\Z"), re.compile(r"/library/([\w.\-]+(?::[\w.\-]+)?)"), "ollama"),
    (re.compile(r"registry\.ollama\.ai\Z"), re.compile(r"/(?:v2/)?library/([\w.\-]+)"), "ollama"),
    (re.compile(r"(?:www\.)?replicate\.com\Z"), re.compile(r"/([\w\-]+/[\w\-.]+)"), "replicate"),
    (re.compile(r"storage\.googleapis\.com\Z"), re.compile(r"/(mediapipe-models/[^?#]+)"), "mediapipe"),
    (re.compile(r"download\.pytorch\.org\Z"), re.compile(r"/(models/[^?#]+)"), "torchvision"),
)

_API_MODEL: Final = (
    (
        re.compile(r"(?:api-inference|router)\.huggingface\.co\Z"),
        re.compile(rf"/(?:hf-inference/)?models/({_SEGMENT}/{_SEGMENT})"),
        "huggingface",
    ),
    (
        re.compile(r"(?:[\w-]+-)?generativelanguage\.googleapis\.com\Z"),
        re.compile(r"/v1\w*/models/([\w.\-]+)"),
        "google",
    ),
    (
        re.compile(r"(?:[\w-]+-)?aiplatform\.googleapis\.com\Z"),
        re.compile(r"/publishers/\w+/models/([\w.\-@]+)"),
        "vertex",
    ),
    (re.compile(r"bedrock-runtime[\w.\-]*\.amazonaws\.com\Z"), re.compile(r"/model/([\w.\-:]+)/"), "bedrock"),
    (re.compile(r"[\w-]+\.openai\.azure\.com\Z"), re.compile(r"/openai/deployments/([\w.\-]+)"), "azure"),
    (
        re.compile(r"[\w-]+\.cognitiveservices\.azure\.com\Z"),
        re.compile(r"/openai/deployments/([\w.\-]+)"),
        "azure",
    ),
    (re.compile(r"api\.replicate\.com\Z"), re.compile(r"/v1/models/([\w\-]+/[\w\-.]+)"), "replicate"),
    (re.compile(r"(?:queue\.)?fal\.run\Z"), re.compile(r"/([\w\-]+/[\w\-./]+)"), "fal"),
    (re.compile(r"api\.cloudflare\.com\Z"), re.compile(r"/ai/run/(@cf/[\w\-./]+)"), "cloudflare"),
)

_RELEASE = re.compile(r"/([\w.\-]+/[\w.\-]+)/releases/download/([^/]+)/([^/?#]+)")
_URL = re.compile(r"([a-z][a-z0-9+.\-]*)://([^/\s?#]*)([^\s?#]*)(\?[^\s#]*)?", re.IGNORECASE)
_MODEL_QUERY = re.compile(r"[?&]model=([\w.\-/:]+)")
_STORES: Final = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gs",
    "gcs": "gs",
    "oss": "oss",
    "az": "azure-blob",
    "abfs": "azure-blob",
    "abfss": "azure-blob",
    "wasbs": "azure-blob",
    "minio": "s3",
    "cos": "cos",
    "tos": "tos",
    "obs": "obs",
    "r2": "s3",
}
_ARN = re.compile(
    r"arn:(?:aws[\w-]*|\$\{[^{}]*\}):bedrock:(?:[\w-]*|\$\{[^{}]*\}|\*):(?:\d*|\$\{[^{}]*\}|\*):(?:foundation-model|inference-profile)/([\w.\-:]+)"
)
_OLLAMA = re.compile(r"([a-z0-9][\w.\-]*(?:/[\w.\-]+){0,3})(?::([\w.\-]+))?\Z", re.IGNORECASE)


def ollama_model(text: str) -> RegistryModel | HubModel | None:
    """Read a name as Ollama does: `qwen2:0.5b`, `user/model`, `hf.co/owner/name:Q4_K_M`."""
    match = _OLLAMA.match(text.strip())
    if not match or is_placeholder(text):
        return None
    name, tag = match.group(1), match.group(2)
    host, _, rest = name.partition("/")
    if host.lower() in {"hf.co", "huggingface.co"} and rest.count("/") == 1:
        return HubModel(rest)
    if host.lower() == "registry.ollama.ai":
        name = rest.removeprefix("library/")
    return RegistryModel("ollama", name.removeprefix("library/"), tag)


def _scheme(scheme: str, host: str, path: str, query: str) -> Address | None:
    whole = (host + path).strip("/")
    if scheme in {"hf", "huggingface", "hf-hub", "hf-snapshot"}:
        whole = whole.partition("*")[0].rstrip("/") or whole
    if is_placeholder(path if scheme in {"pvc", "file"} else whole):
        return None
    if scheme in {"hf", "huggingface", "hf-hub", "hf-snapshot"}:
        dataset = whole.startswith("datasets/")
        whole = whole.removeprefix("datasets/").removeprefix("models/")
        parts = whole.split("/")
        repo, _, revision = "/".join(parts[:2]).replace(":", "@").partition("@")
        file = "/".join(parts[2:]) or None
        if not _ID.match(repo):
            return None
        attributes = _attributes(revision=revision, filename=file)
        found: Target = HubDataset(repo, revision or None) if dataset else HubModel(repo, revision or None)
        return Address(found, 0.97, attributes)
    if scheme == "ollama":
        model = ollama_model(whole)
        return Address(model, 0.97) if model else None
    if scheme in {"pvc", "file"}:
        match = _MODEL_QUERY.search(query)
        if match:
            model = ollama_model(match.group(1))
            return Address(model, 0.85) if model else None
        return Address(WeightsFile(path), 0.8) if is_weights_name(path) else None
    if scheme in {"modelscope", "ms"} and _ID.match(whole):
        return Address(RegistryModel("modelscope", whole), 0.95)
    if scheme in {"ngc", "nim"}:
        name, _, tag = whole.partition(":")
        return Address(RegistryModel("ngc", name, tag or None), 0.9)
    if scheme in {"kaggle", "civitai", "azureml"}:
        return Address(RegistryModel(scheme, whole), 0.85)
    if scheme == "oci":
        name, _, tag = whole.rpartition(":") if ":" in whole.rpartition("/")[2] else (whole, "", "")
        return Address(RegistryModel("oci", name, tag or None), 0.7) if _WEIGHTY.search(whole) else None
    store = _STORES.get(scheme)
    if store and path.strip("/"):
        sure = is_weights_name(path)
        return Address(
            RegistryModel(store, whole),
            0.9 if sure else 0.6,
            _attributes(filename=path.rpartition("/")[2] if sure else None),
        )
    return None


def read_address(text: str) -> Address | None:
    """Read an address that names a model, a dataset or a file of weights; None for every other address.

    Object stores (`s3://bucket/path`) without a weights file give a low confidence: the caller's context has
    to say that a model is meant.
    """
    match = _URL.match(text.strip())
    if not match:
        arn = _ARN.search(text)
        return Address(HostedModel("bedrock", arn.group(1)), 0.95) if arn else None
    scheme, host, path, query = match.group(1).lower(), match.group(2), match.group(3), match.group(4) or ""
    if scheme not in {"http", "https"}:
        return _scheme(scheme, host, path, query)
    host = host.rpartition("@")[2].lower()
    bare = host.partition(":")[0]
    if bare in _HUB_HOSTS:
        # `owner/my_data/resolve/…/table.csv` is a file that is there, whatever its name.
        named = path.strip("/").removeprefix("datasets/").partition("/")[0] if "/resolve/" in path else path
        return None if is_placeholder(named) or is_placeholder(path.partition("/resolve/")[2]) else _hub(path)
    if bare.endswith(("modelscope.cn", "modelscope.ai")):
        return _modelscope(path)
    for hosts, pattern, provider in _API_MODEL:
        if hosts.match(bare):
            found = pattern.search(path)
            if found and not is_placeholder(found.group(1)):
                name = found.group(1)
                if provider == "huggingface":
                    return Address(HubModel(name), 0.9, _attributes(base_url=f"{scheme}://{host}"))
                return Address(HostedModel(provider, name, host), 0.9, _attributes(base_url=f"{scheme}://{host}"))
            return None
    for hosts, pattern, registry in _HOST_PATTERNS:
        if hosts.match(bare):
            found = pattern.match(path)
            if not found or (registry == "replicate" and found.group(1).split("/")[0] in _HUB_PAGES):
                break
            if registry == "ollama":
                model = ollama_model(found.group(1))
                return Address(model, 0.9) if model else None
            return Address(RegistryModel(registry, found.group(1)), 0.9)
    release = _RELEASE.match(path) if bare == "github.com" else None
    if release and is_weights_name(release.group(3)):
        name = f"{release.group(1)}/releases/download/{release.group(2)}/{release.group(3)}"
        return Address(
            RegistryModel("github", name), 0.9, _attributes(revision=release.group(2), filename=release.group(3))
        )
    last = path.rpartition("/")[2]
    if last and is_weights_name(unquote(last)) and "." in bare and not is_placeholder(path):
        registry = "s3" if bare.endswith("amazonaws.com") else "gs" if bare == "storage.googleapis.com" else "url"
        registry = "azure-blob" if bare.endswith("blob.core.windows.net") else registry
        return Address(RegistryModel(registry, f"{host}{path}"), 0.85, _attributes(filename=unquote(last)))
    return None


_IMAGE = re.compile(
    r"(?P<name>(?:[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?(?::\d+)?/)?[a-z0-9._\-]+(?:/[a-z0-9._\-]+)*)(?::(?P<tag>[\w.\-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?\Z",
    re.IGNORECASE,
)


def read_image(text: str) -> Address | None:
    """Read the name of a container image that carries a model (`nvcr.io/nim/meta/llama…`); None for all others."""
    match = _IMAGE.match(text.strip())
    if not match:
        return None
    name, tag = match.group("name"), match.group("tag")
    if name.startswith("nvcr.io/nim/"):
        model = name.removeprefix("nvcr.io/nim/")
        if "/" not in model:
            return None
        return Address(RegistryModel("ngc", model, tag), 0.95, _attributes(revision=match.group("digest")))
    if re.match(r"(?:docker\.io/|index\.docker\.io/)?ai/[\w.\-]+\Z", name):
        return Address(RegistryModel("docker", name[name.index("ai/") :], tag), 0.75)
    if name.startswith("registry.ollama.ai/"):
        model_name = name.removeprefix("registry.ollama.ai/").removeprefix("library/")
        return Address(RegistryModel("ollama", model_name, tag), 0.95)
    if (
        re.match(r"(?:ghcr\.io/(?:sozercan|kaito-project/aikit)|mcr\.microsoft\.com/aks/kaito/kaito-)", name)
        and tag
    ):
        return Address(RegistryModel("oci", name, tag), 0.8)
    if tag and name.endswith("/transformers-inference") and tag.startswith("sentence-transformers-"):
        return Address(HubModel(f"sentence-transformers/{tag.removeprefix('sentence-transformers-')}"), 0.85)
    return None


_CACHE = re.compile(
    r"(models|datasets)--([A-Za-z0-9][\w.\-]*?)--([A-Za-z0-9][\w.]*(?:-[\w.]+)*)(?:/snapshots/([0-9a-f]{40}|[\w.\-]+))?"
)


def read_cache_path(text: str) -> tuple[Address, int, int] | None:
    """Read `models--owner--name` with the revision of its snapshot; return it with its span in the text."""
    match = _CACHE.search(text)
    if not match:
        return None
    repo, revision = f"{match.group(2)}/{match.group(3)}", match.group(4)
    target: Target = HubModel(repo, revision) if match.group(1) == "models" else HubDataset(repo, revision)
    return Address(target, 0.9, _attributes(revision=revision)), match.start(), match.end()
