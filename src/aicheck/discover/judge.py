"""Deciding: does this text, at this place, name a model, and which?

The one place where candidate, context and knowledge meet. Detectors say *what the place is* (`Context`: which
kind of thing stands there, how sure that is, which provider the call goes to) and hand over the text as
written; the answer is a target with a confidence, or None. A bare `owner/name` is never enough: either the
place says that a model is named, or the owner or the name is known to be one of a model.
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import Final, NamedTuple

from aicheck.core.target import (
    HostedModel,
    HubDataset,
    HubModel,
    RegistryModel,
    Target,
    WeightsFile,
)
from aicheck.discover import naming, wording
from aicheck.discover.locators import read_locator
from aicheck.discover.naming import fits, fits_owner, has_stem, hosted_developer, is_hub_id, looks_like_model
from aicheck.knowledge import names, slugs

__all__ = [
    "OWN_MODELS_ONLY",
    "Context",
    "Judgement",
    "fits",
    "fits_owner",
    "has_stem",
    "hosted_developer",
    "is_hub_id",
    "judge",
    "looks_like_model",
]


class Context(NamedTuple):
    """What the place says about the text that stands there."""

    kind: str = ""
    """What stands at such a place: `model`, `tokenizer`, `embedding`, `reranker`, `adapter`, `dataset`,
    `weights`, `base_url`, `hosted` (an API's model), `ollama`, `whisper`, `sentence-transformers`, `spacy`,
    `nltk`, `torchhub`, `torchaudio`, `torchvision`, `timm`, `openclip`, `ultralytics`, `keras`, `modelscope`,
    `replicate` …; `named` (an argument of a function that speaks of models); '' where the place says
    nothing (an item of a list, any string)."""
    sure: bool = False
    """The place leaves no doubt (an argument of the call table, `--model` of a serving command)."""
    provider: str | None = None
    """Provider that the call, key or client is bound to."""
    host: str | None = None
    """Host of the base URL of that client."""
    key: str = ""
    """Key, variable, option or argument that the text was given to, as written; guards against output folders."""
    text: bool = False
    """The text is a piece of longer prose or code; only unmistakable names count."""


class Judgement(NamedTuple):
    """What the text names there."""

    target: Target
    confidence: float
    attributes: tuple[tuple[str, str], ...] = ()
    """As `Reference.attributes`, sorted: `filename`, `revision`, `router` …"""


_ROOT_ID: Final = re.compile(rf"{naming.NAME}\Z")
_SIZED: Final = re.compile(r"(?<![a-z0-9])\d+(?:x\d+)?(?:[._]\d+)?[bm](?![a-z0-9])")
_LEVEL: Final = re.compile(r"opt|level|amp|fp16|flag", re.IGNORECASE)
_CACHE_FOLDER: Final = re.compile(r"(?:^|/)(models|datasets)--([\w.-]+?)--([\w.-]+?)(?=/|$)")
_OLLAMA: Final = re.compile(r"(?:([\w-]+)/)?([a-z0-9][a-z0-9._-]*)(?::([A-Za-z0-9][\w.-]{0,80}))?\Z")
_DECOY: Final = re.compile(r"[\s<>|\"'`\\;,()=^$#%&!?]|\.\.|--[a-z]|//|\{|\}")
_SIZE_KEY: Final = re.compile(r"model_?size|whisper|asr|stt", re.IGNORECASE)
_VERSIONED: Final = re.compile(r"[a-z]+\d+(?:p\d+)?[a-z]{0,6}\Z")
_CONTAINERS: Final = frozenset({"npy", "npz", "xml", "zip", "tar", "gz", "tgz"})
"""Endings of files that weights may come in, where the place says that weights are named."""
_SNAKE: Final = re.compile(r"[a-z]+\d*(?:_[a-z\d]+)+\Z")
_DATEISH: Final = re.compile(r"[\d./-]+\Z")
_MODEL_KINDS: Final = frozenset(
    "model tokenizer embedding reranker adapter sentence-transformers whisper weights keras".split()
)
_CLOSED: Final = frozenset({"openai", "anthropic", "xai", "google"})
_REGISTRY_KINDS: Final = frozenset(
    "ollama torchhub torchaudio torchvision timm openclip spacy nltk ultralytics whisper keras modelscope "
    "replicate kaggle civitai tfhub doctr mediapipe ngc".split()
)
OWN_MODELS_ONLY: Final = frozenset(
    {"openai", "anthropic", "google", "mistral", "cohere", "deepseek", "xai", "zhipuai", "moonshot", "minimax",
     "baidu", "stepfun", "voyage", "jina", "perplexity"}
)  # fmt: skip
"""Houses whose own API serves their own models and nobody else's."""
_SIZE_FIRST: Final = re.compile(r"\d+(?:\.\d+)?[bm](?:[_-]|\Z)")
_QUANTIZED: Final = re.compile(r"(?:UD-)?(?:I?Q\d\w*|B?F(?:16|32)|MXFP4\w*)\Z", re.IGNORECASE)
_BARE_OLLAMA: Final = frozenset({"nomic-embed-text", "mxbai-embed-large", "snowflake-arctic-embed", "all-minilm"})
_OPEN_GATEWAYS: Final = frozenset(
    {"openrouter", "together", "together_ai", "fireworks", "fireworks_ai", "deepinfra", "novita", "siliconflow",
     "nebius", "hyperbolic", "groq", "replicate", "vercel", "litellm", "huggingface", "cloudflare", "nvidia",
     "nvidia_nim", "sambanova", "cerebras", "featherless", "aimlapi", "requesty", "portkey", "helicone", "chutes",
     "ppio", "modelscope", "infinity", "vllm", "local", "openai", "azure", "poe", "github", "anyscale", "baseten",
     "lepton", "parasail", "friendli", "kluster", "inference"}
)  # fmt: skip


def is_class_name(text: str) -> bool:
    """Tell whether a text is the name of a class or an architecture, which names a model at no place."""
    return wording.CLASS_NAME.match(text) is not None


def _refused(text: str) -> bool:
    # What ends with a dash is the beginning of names.
    return (
        len(text) < 2
        or len(text) > 400
        or text[-1] == "-"
        or bool(_DATEISH.match(text))
        or bool(wording.CLASS_NAME.match(text))
    )


def _is_file(low: str) -> bool:
    """A file of code, text, tables or pictures (`models/qwen3_next.py`) is no model, whatever its name carries."""
    before, dot, ending = low.rpartition(".")
    return bool(dot and before) and ending in names.ARCHIVE_WORDS and ending not in _CONTAINERS


def judge(text: str, context: Context) -> Judgement | None:
    """Decide what `text` names at a place described by `context`, or None where it names nothing of interest."""
    return _decided(text, context)


@lru_cache(maxsize=8192)
def _decided(text: str, context: Context) -> Judgement | None:
    text = text.strip().strip("\"'`")
    if text.startswith("//pretrained/"):
        text = text[2:]  # how AudioCraft and its kin write what they download
    if text.startswith("../") and text.lower().endswith(names.WEIGHT_SUFFIXES):
        text = text.lstrip("./")
    if _refused(text):
        return None
    if (":" in text or "?" in text) and "://" not in text:
        text = wording.plain_name(text)
    if "\\" in text and text.lower().endswith(names.WEIGHT_SUFFIXES) and "\n" not in text:
        text = text.replace("\\\\", "/").replace("\\", "/")  # a path of Windows
        text = text.removeprefix("../") if text.count("../") == 1 else text
        while text.startswith("../"):
            text = text[3:]
    if "://" in text or text.startswith(
        ("www.", "arn:", "huggingface.co/", "hf.co/", "hf:", "ollama.com/", "models--")
    ):
        return _located(text, context)
    if context.kind == "base_url":
        return _located(text, context)
    if _DECOY.search(text):
        return _shaped_path(text, context) if "models--" in text else None
    if context.key and wording.OUTPUT.search(context.key) and not context.sure:
        return None
    low = text.lower()
    if (
        _is_file(low)
        or wording.CODE_NAME.match(text)
        or (
            not context.sure
            and "/" not in text
            and wording.CLASS_NAME.match(context.key)
            and not (context.kind and hosted_developer(low))  # settings of .NET: `"TextModel": "gpt-4o"`
        )
    ):
        return None
    if context.kind == "dataset":
        return _dataset(text, low, context)
    for decide in (_slug, _special, _hub_path, _weights, _path, _hosted, _owned, _bare):
        found = decide(text, low, context)
        if found is not None:
            return found
    return None


def _located(text: str, context: Context) -> Judgement | None:
    found = read_locator(text, expects=context.kind)
    if found is None:
        return None
    confidence = found.confidence if not context.text else found.confidence - 0.1
    return Judgement(found.target, max(confidence, 0.3), found.attributes)


def _dataset(text: str, low: str, context: Context) -> Judgement | None:
    if text.startswith(("/", ".", "~")):
        return None
    if is_hub_id(text):
        owner, _, name = low.partition("/")
        if owner in names.NOT_OWNERS or name.rpartition(".")[2] in names.ARCHIVE_WORDS:
            return None
        if wording.ANY_OWNER.match(owner):
            return None
        repo_id, _, revision = text.partition("@")
        known = owner in names.NAMESPACES
        return Judgement(HubDataset(repo_id, revision or None), 0.95 if context.sure else 0.85 if known else 0.7)
    if low in names.DATASET_ROOTS:
        return Judgement(HubDataset(text), 0.9 if context.sure else 0.5)
    if context.sure and not context.key and wording.OLD_DATASET.fullmatch(low) and low not in wording.BUILDERS:
        return Judgement(HubDataset(text), 0.6)
    return None


def _slug(text: str, low: str, context: Context) -> Judgement | None:
    """A model behind its provider or house: `groq/llama-3.1-70b`, `anthropic/claude-…`, `openai:gpt-4o`."""
    if context.kind not in {"", "named", "model", "hosted", "embedding", "reranker", "tokenizer"}:
        return None
    if low.startswith("@cf/") and low.count("/") == 2:
        return Judgement(HostedModel("cloudflare", text, context.host), 0.95)
    if low.startswith("accounts/fireworks/models/"):
        return Judgement(HostedModel("fireworks", text, context.host), 0.95)
    slash, colon = low.find("/"), low.find(":")
    cut = slash if slash > 0 and not 0 < colon < slash else colon
    if cut <= 0:
        return None
    prefix, rest, low_rest = low[:cut], text[cut + 1 :], low[cut + 1 :]
    provider = slugs.PROVIDERS.get(prefix)
    if not low_rest or (provider is None and prefix not in slugs.DEVELOPERS):
        return None
    if low[cut] == ":" and prefix in names.OLLAMA_NAMES and wording.TAG.fullmatch(low_rest):
        return None  # `mistral:latest`, a house that is a model of Ollama's library, too
    last = low_rest.rpartition("/")[2]
    developer = hosted_developer(last)
    likely = developer is not None or looks_like_model(last.partition(":")[0])
    if (
        provider is not None
        and prefix in names.NAMESPACES
        and context.provider is None
        and low_rest.count("/") == 0
        and (developer is None or (text[:cut] != prefix and developer in {"", prefix}))
    ):
        return None  # `Snowflake/snowflake-arctic-embed-m`: a house on the Hub that has an API, too
    local = provider == "ollama" and (context.kind in _MODEL_KINDS or context.kind == "hosted")
    if (
        not likely
        and not local
        and (
            context.kind in {"", "named"}
            or ("_" not in prefix and not context.sure)
            or last.rpartition(".")[2] in names.ARCHIVE_WORDS
        )
    ):
        return None
    confidence = 0.95 if context.sure else 0.9 if context.kind else 0.8
    if (
        low[cut] == "/"
        and prefix in slugs.DEVELOPERS
        and low_rest.count("/") == 0
        and context.provider != "litellm"
    ):
        # A house's name: the slug of some gateway where the model is not one to download.
        opened = low_rest.startswith("gpt-oss") or (prefix in names.NAMESPACES and text != low)
        if prefix not in names.NAMESPACES and likely and not developer and context.provider is None:
            # `meta/llama-3.1-70b-instruct`: an open model under a name that only gateways and NIM give its house.
            return Judgement(HostedModel(None, text, context.host), confidence)
        if not developer or opened or context.provider not in {None, prefix}:
            return None
        return Judgement(HostedModel(context.provider, text, context.host), confidence)
    if provider == "ollama":
        found = _OLLAMA.match(rest)
        if found is None:
            return None
        owner, name, tag = found.groups()
        return Judgement(RegistryModel("ollama", f"{owner}/{name}" if owner else name, tag), confidence)
    if provider == "huggingface":
        repo_id = "/".join(rest.split("/")[-2:])
        return Judgement(HubModel(repo_id), confidence) if is_hub_id(repo_id) else None
    if provider is None or (
        low[cut] == ":" and (slash > 0 and provider not in {"openrouter", "together", "groq", "replicate"})
    ):
        return None
    if low[cut] == ":" and not (developer is not None or context.sure):
        return None
    return Judgement(HostedModel(provider, rest, context.host), confidence)


def _special(text: str, low: str, context: Context) -> Judgement | None:
    """Names that only mean something where the place says which registry they belong to."""
    kind = context.kind
    if (
        kind in {"sentence-transformers", "embedding", "model", "reranker", "named", ""}
        and low in names.SENTENCE_TRANSFORMERS
    ):
        sure = kind == "sentence-transformers" or context.sure
        return Judgement(HubModel(f"sentence-transformers/{text}"), 0.95 if sure else 0.85)
    if kind == "whisper":
        if low in names.WHISPER_SIZES:
            return Judgement(RegistryModel("whisper", text), 0.9 if context.sure else 0.75)
        return None
    if kind == "ollama":
        found = _OLLAMA.match(text)
        if found is None or low.rpartition(".")[2] in names.ARCHIVE_WORDS:
            return None
        owner, name, tag = found.groups()
        return Judgement(
            RegistryModel("ollama", f"{owner}/{name}" if owner else name, tag), 0.95 if context.sure else 0.8
        )
    if kind == "ultralytics" and "/" in text and low.endswith((".pt", ".onnx", ".engine", ".torchscript")):
        return Judgement(WeightsFile(text), 0.9)  # a path; a bare name is downloaded by the library
    if kind in _REGISTRY_KINDS and (kind != "keras" or wording.PRESET.fullmatch(text)):
        if text.startswith((".", "/", "~")):
            return None
        name, _, tag = text.partition(":") if kind != "timm" else (text, "", "")
        if kind == "timm" and low.startswith(("hf_hub:", "hf-hub:")):
            return Judgement(HubModel(text.partition(":")[2]), 0.97)
        if kind == "openclip" and low.startswith("hf-hub:"):
            return Judgement(HubModel(text.partition(":")[2]), 0.97)
        return Judgement(RegistryModel(kind, name, tag or None), 0.95 if context.sure else 0.7)
    if low in names.WHISPER_SIZES and (
        (kind in _MODEL_KINDS and wording.WHISPER_ONLY.search(low))
        or (not context.text and _SIZE_KEY.search(context.key) and wording.WHISPER_ONLY.search(low))
    ):
        return Judgement(RegistryModel("whisper", text), 0.8)
    if kind in _MODEL_KINDS and names.NEMO_MODEL.fullmatch(low):
        return Judgement(RegistryModel("ngc", text), 0.85)
    compiled = wording.MLC.fullmatch(text)
    if compiled and kind in {"", "model", "hosted"} and not context.text:
        return Judgement(HubModel(f"mlc-ai/{compiled.group(1)}"), 0.9)
    if wording.COQUI.fullmatch(low):
        return Judgement(RegistryModel("coqui", text), 0.95)
    if text.startswith(names.TORCHAUDIO_BUNDLES):
        return Judgement(RegistryModel("torchaudio", text), 0.9)
    return None


def _weights(text: str, low: str, context: Context) -> Judgement | None:
    if low.endswith(".mlmodel") and not text.endswith(".mlmodel"):
        return None  # `models.MLModel`: a class
    strong = low.endswith(names.WEIGHT_SUFFIXES)
    weak = low.endswith(names.WEIGHT_SUFFIXES_WEAK)
    if (not strong and not weak) or "[" in text or low.endswith("tokenizer.model"):
        return None
    if low.endswith(".model") and "/" not in low and not any(map(str.isdigit, low)):
        return None  # `llm.model`: an attribute
    base = low.rpartition("/")[2]
    stem = base.rpartition(".")[0]
    if (
        len(stem) < 3
        or "*" in stem
        or stem[0] in "_{%-"  # the end of a name whose beginning only the run knows
        or (base in wording.GENERIC_FILES and "/" not in text.lstrip("/"))
    ):
        return None
    if "/" not in text and wording.OWN_CHECKPOINT.match(low):
        return None
    if strong and low.endswith((".task", ".ort", ".hef")) and not context.sure and not has_stem(stem):
        return None
    if strong:
        generic = stem in {"model", "weights", "test", "example", "dummy", "foo", "output", "file", "empty"}
        if generic and not context.sure:
            return None
        return Judgement(WeightsFile(text), 0.9 if context.sure else 0.8 if looks_like_model(stem) else 0.65)
    if (
        low.endswith((".zip", ".xml", ".npz", ".msgpack", ".model", ".params", ".plan", ".engine"))
        and not context.sure
    ):
        return None
    torch = low.endswith((".pt", ".pth")) and any(character.isdigit() for character in stem)
    if context.kind in {"weights", "ultralytics"} or (
        context.kind in _MODEL_KINDS
        and (context.sure or torch or has_stem(stem) or ("/" in text and not wording.OWN_CHECKPOINT.match(base)))
    ):
        return Judgement(WeightsFile(text), 0.9 if context.sure else 0.75)
    if looks_like_model(stem) and low.endswith((".pt", ".pth", ".bin", ".h5", ".keras")):
        return Judgement(WeightsFile(text), 0.7)
    if low.endswith((".pt", ".pth")) and not context.text and wording.WEIGHTS_FOLDER.search(low):
        return Judgement(WeightsFile(text), 0.6)
    if base in {"pytorch_model.bin", "adapter_model.bin", "diffusion_pytorch_model.bin"} and "/" in text:
        return Judgement(WeightsFile(text), 0.6)
    return None


def _hub_path(text: str, low: str, context: Context) -> Judgement | None:
    """`owner/name/` and `owner/name/file.bin` where the key speaks of the Hub."""
    repo, _, file = text.rpartition("/")
    if context.kind not in _MODEL_KINDS or not (
        (context.sure and wording.HUB_KEY.search(context.key))
        or (repo.endswith("-GGUF") and low.endswith(".gguf"))
    ):
        return None
    if not is_hub_id(repo) or (file and not low.endswith((*names.WEIGHT_SUFFIXES, *names.WEIGHT_SUFFIXES_WEAK))):
        return None
    return Judgement(HubModel(repo), 0.95, (("filename", file),) if file else ())


def _path(text: str, low: str, context: Context) -> Judgement | None:
    garden = wording.PUBLISHED.search(text)
    if garden:
        return Judgement(HostedModel("vertex", garden.group(1), context.host), 0.9)
    cached = _CACHE_FOLDER.search(text)
    if cached:
        repo_id = f"{cached.group(2)}/{cached.group(3)}"
        return Judgement(HubDataset(repo_id) if cached.group(1) == "datasets" else HubModel(repo_id), 0.9)
    if low.count("/") >= 2 or text.startswith(("/", "./", "../", "~")):
        return _shaped_path(text, context)
    return None


def _shaped_path(text: str, context: Context) -> Judgement | None:
    """A local path that carries `owner/name` of a known owner: a copy of that model."""
    cached = _CACHE_FOLDER.search(text)
    if cached:
        kind, owner, name = cached.groups()
        return Judgement(
            HubDataset(f"{owner}/{name}") if kind == "datasets" else HubModel(f"{owner}/{name}"), 0.85
        )
    if context.provider or context.host:
        developer = _gateway(text, context)
        if developer is not None:
            return developer
    parts = text.split("/")
    for owner, name in itertools.pairwise(parts):
        if hosted_developer(name) in _CLOSED and not name.lower().startswith("gpt-oss"):
            continue  # `fixtures/google/gemini-2.0-flash`: a folder of an API's model
        if owner.lower() in names.NAMESPACES and looks_like_model(name) and is_hub_id(f"{owner}/{name}"):
            stem, _, ending = name.rpartition(".")
            if ending.lower() in names.ARCHIVE_WORDS and stem:
                continue
            return Judgement(HubModel(f"{owner}/{name}"), 0.7 if not context.text else 0.5)
    return None


def _gateway(text: str, context: Context) -> Judgement | None:
    """Slugs of gateways with more than one slash: `accounts/fireworks/models/…`, `openrouter/google/gemini…`."""
    if text.startswith((".", "/", "~")) or context.kind not in {"hosted", "model", "embedding", "reranker"}:
        return None
    return Judgement(HostedModel(context.provider, text, context.host), 0.85 if context.sure else 0.7)


def _hosted(text: str, low: str, context: Context) -> Judgement | None:
    if low.startswith("models/") and hosted_developer(low[7:]) == "google":
        return Judgement(
            HostedModel(context.provider or "google", text[7:], context.host), 0.9
        )  # Google's own spelling
    if "/" in text:
        return None
    developer = hosted_developer(low)
    if (developer is None and wording.ANY_NAME.match(low)) or low.endswith(wording.DOMAINS):
        return None
    if len(text) <= 3 and developer and (text != low or (not context.kind and _LEVEL.search(context.key))):
        return None  # `O1` is a level of optimisation
    if context.key == "model_type" and context.provider is None and developer not in _CLOSED:
        return None  # an architecture of that name
    if len(text) == 2 and not context.kind and not context.key:
        return None  # `o1` in a test is the first of some things
    if developer is None:
        if context.kind == "hosted" and context.sure and _ROOT_ID.match(text.replace(":", "-").replace("@", "-")):
            return Judgement(HostedModel(context.provider, text, context.host), 0.85)
        if context.kind == "hosted" and looks_like_model(low):
            return Judgement(HostedModel(context.provider, text, context.host), 0.75)
        if (
            low in wording.TIERS
            and context.kind in {"model", "hosted"}
            and context.provider in wording.TIER_HOUSES
        ):
            return Judgement(HostedModel(context.provider, text, context.host), 0.75)
        if context.kind == "hosted" and context.provider and "model" in context.key.lower() and naming.sold(low):
            return Judgement(HostedModel(context.provider, text, context.host), 0.85)
        return None
    if context.text and not any(character.isdigit() for character in low):
        return None
    if developer == "" and not context.kind and _VERSIONED.match(low):
        return None  # `qwen2`, `glm4`, `phi3v`: architectures, as registries of code list them
    if developer == "" and context.kind in {"", "tokenizer", "adapter"} and context.provider is None:
        # An open model's name without its owner and without a client: some served name, hardly more.
        return Judgement(HostedModel(None, text, context.host), 0.5) if not context.text else None
    confidence = 0.95 if context.sure else 0.9 if context.kind else 0.8
    provider = context.provider
    if provider is None and context.host is None:
        # Two clouds have spellings of their own: `anthropic.claude-…-v1:0`, `gpt-35-turbo`.
        provider = "bedrock" if naming.on_bedrock(low) else "azure" if developer == "azure" else None
    return Judgement(HostedModel(provider, text, context.host), confidence)


def _owned(text: str, low: str, context: Context) -> Judgement | None:
    if text.count("/") != 1 or not is_hub_id(text):
        return _colon_slug(text, low, context)
    owner, _, name = low.partition("/")
    if owner.isdecimal() or wording.ANY_OWNER.match(owner):
        return None  # `1/second` is a rate
    if owner in names.NOT_OWNERS or (name.rpartition(".")[2] in names.ARCHIVE_WORDS and "." in name):
        return None
    if owner not in names.NAMESPACES and not context.sure and (_SIZE_FIRST.match(name) or _recipe(text, context)):
        return None  # `qwen2_5/1.5B_full`: a family's folder of recipes
    if context.provider in _OPEN_GATEWAYS and context.kind in {"hosted", "model", "embedding", "reranker"}:
        # An OpenAI client that asks for another house's open model talks to some compatible server, not to OpenAI.
        provider = None if context.provider == "openai" and owner != "openai" else context.provider
        return Judgement(HostedModel(provider, text, context.host), 0.9 if context.sure else 0.8)
    repo_id, _, revision = text.partition("@")
    target: Target = HubModel(repo_id, revision or None)
    if context.kind == "hosted":
        target = HostedModel(context.provider, text, context.host)
    name = name.partition("@")[0]
    known = owner in names.NAMESPACES
    shaped = looks_like_model(name)
    numbered = any(character.isdigit() for character in name)
    if not (shaped or numbered or context.sure) and owner in slugs.PROVIDERS and not _published(owner, repo_id):
        return None  # `openai/local`: an API's prefix before a name of one's own
    if not (known or context.sure or name.startswith("gpt-oss")) and hosted_developer(name) in _CLOSED:
        # `cot/gpt-4-turbo`: a house's own word before a name that is on no Hub.
        return Judgement(HostedModel(context.provider, text.partition("/")[2], context.host), 0.6)
    if context.kind in _MODEL_KINDS or context.kind == "hosted":
        if context.sure:
            return Judgement(target, 0.97 if known or shaped else 0.9)
        if known or shaped:
            return Judgement(target, 0.93 if known and shaped else 0.88)
        if has_stem(name) or any(character.isdigit() for character in name):
            return Judgement(target, 0.6)
        return Judgement(target, 0.5) if context.kind != "weights" else None
    if known and shaped:
        return Judgement(target, 0.85 if not context.text else 0.6)
    if not known and not context.text and _published(owner, repo_id):
        return Judgement(target, 0.8)
    if known and owner not in names.AMBIGUOUS_NAMESPACES and not context.text:
        return Judgement(target, 0.65)
    if (
        shaped
        and not context.text
        and (has_stem(name) == "strong" or naming.SIZE.search(name) or wording.SPEAKING.search(name))
    ):
        return Judgement(target, 0.7)
    if not context.text and wording.PARAMETERS.search(name) and owner not in wording.FOLDERS:
        return Judgement(target, 0.65)
    return None


def _recipe(text: str, context: Context) -> bool:
    """Tell whether `owner/name` is the path of a file or configuration: `solver/musicgen_32khz`, `net/net.pt`."""
    return text.endswith((".pt", ".pth", ".ckpt")) or (not context.kind and wording.SNAKES.match(text) is not None)


@lru_cache(maxsize=4096)
def _published(owner: str, repo_id: str) -> bool:
    """Tell whether a known organisation has a model of exactly this name; the tables are opened at first need."""
    from aicheck.knowledge.catalog import open_catalog  # noqa: PLC0415 - megabytes that most scans do not need
    from aicheck.knowledge.origins import organization  # noqa: PLC0415

    return organization(owner) is not None and open_catalog().get(repo_id) is not None


def _colon_slug(text: str, low: str, context: Context) -> Judgement | None:
    """`owner/name:variant`: a gateway's slug or an Ollama name with its owner."""
    head, colon, tail = text.partition(":")
    if not colon or not is_hub_id(head) or not re.fullmatch(r"[\w.-]+", tail):
        return None
    if _QUANTIZED.match(tail) and context.kind in {"", "model", "weights"} and not context.text:
        # llama.cpp's `-hf owner/name:Q4_K_M`: a file of a repository.
        known = looks_like_model(low.partition("/")[2].partition(":")[0])
        return Judgement(HubModel(head), 0.9 if known else 0.7, (("quantization", tail),))
    if context.provider in _OPEN_GATEWAYS or tail in {
        "free",
        "nitro",
        "beta",
        "online",
        "extended",
        "thinking",
        "exacto",
    }:
        provider = context.provider or ("openrouter" if tail != "beta" else None)
        return Judgement(HostedModel(provider, text, context.host), 0.9)
    if context.kind in {"model", "hosted"} and context.sure and looks_like_model(low.partition("/")[2]):
        return Judgement(HostedModel(context.provider, text, context.host), 0.7)
    return None


def _bare(text: str, low: str, context: Context) -> Judgement | None:
    if "/" in text:
        return None
    name, colon, tag = low.partition(":")
    if colon and name in names.OLLAMA_NAMES and re.fullmatch(r"[\w.-]+", tag):
        return Judgement(RegistryModel("ollama", text.partition(":")[0], text.partition(":")[2]), 0.9)
    if colon:
        return None
    if low in names.ROOT_MODELS:
        if context.kind in _MODEL_KINDS:
            return Judgement(HubModel(text), 0.95 if context.sure else 0.85)
        return Judgement(HubModel(text), 0.6) if "-" in text and not context.text else None
    if low in _BARE_OLLAMA and not context.text:
        return Judgement(RegistryModel("ollama", text), 0.8)
    if context.kind in _MODEL_KINDS and wording.BACKBONE.match(low):
        return Judgement(RegistryModel("timm", text), 0.7 if context.sure else 0.6)
    if not context.sure and _SNAKE.match(text) and not _SIZED.search(low):
        return None  # `qwen2_moe`: an architecture, or a variable's name
    if (
        (context.kind in _MODEL_KINDS or context.kind == "named")
        # `ColQwen2`, `Qwen2_VL`: classes
        and (context.sure or text == low or not (text.isidentifier() and (text[0].isupper() or "_" not in text)))
        and looks_like_model(low)
        and low.rpartition(".")[2] not in names.ARCHIVE_WORDS
    ):
        # The name of a model without its owner: a served name, a folder or an alias that cannot be told apart.
        return Judgement(HostedModel(context.provider, text, context.host), 0.6 if context.sure else 0.5)
    return None
