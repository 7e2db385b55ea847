"""What YAML, JSON, TOML and their kin have in common: values with key paths, and deciding by both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, NamedTuple

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference, Use
from aicheck.core.target import HubModel, RegistryModel, Target
from aicheck.discover.bindings import provider_in
from aicheck.discover.commandline import read_command
from aicheck.discover.emit import Emitter, context_for
from aicheck.discover.judge import OWN_MODELS_ONLY, Context, fits_owner, hosted_developer
from aicheck.discover.structure.environment import plain, variables
from aicheck.discover.structure.registries import Registries, fits_house, is_label, names_record
from aicheck.discover.structure.revisions import Revisions
from aicheck.discover.structure.scripts import read_script
from aicheck.discover.urls import read_image
from aicheck.knowledge import hosts
from aicheck.knowledge.keys import KeyRow, lookup, normalize, provider_of

__all__ = ["Entry", "Mapping", "commands", "decide", "deployment_use", "is_command", "pair_names"]


@dataclass(slots=True)
class Mapping:
    """One mapping of the file: its scalar values by normalised key, for looking at neighbours."""

    scalars: dict[str, str] = field(default_factory=dict)
    parent: Mapping | None = None


@lru_cache(maxsize=1024)
def _keys(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for part in path if part[:1] != "[")


@dataclass(slots=True)
class Entry:
    """One scalar with its place."""

    path: tuple[str, ...]
    """Keys from the root; items of lists are `[n]`."""
    value: str
    """As written, quotes removed."""
    start: int
    """Byte offset of the value's first character."""
    end: int
    mapping: Mapping
    block: bool = False
    """A block scalar or another text of several lines."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The path without list positions."""
        return _keys(self.path)

    @property
    def item(self) -> bool:
        """The value is an item of a list."""
        return bool(self.path) and self.path[-1].startswith("[")

    @property
    def symbol(self) -> str:
        """The key path as people write it: `spec.containers[0].args[1]`."""
        return ".".join(self.path).replace(".[", "[")


_COMMANDS: Final = frozenset(
    """
command commands args arg cmd entrypoint run script scripts before_script after_script shell exec
post_create_command postcreatecommand post_start_command poststartcommand on_create_command setup start
launch model_args extra_args extraargs vllm_args server_args runargs inline steps execstart test
additional_args engine_args cli_args init_command tasks program dev serve containerargs modelargs
extra_arguments arguments user_data startup_script
""".split()
)
_IMAGES: Final = frozenset(
    {
        "image",
        "images",
        "repository",
        "container_image",
        "docker_image",
        "base_image",
        "imagename",
        "image_name",
        "image_uri",
        "nim_image",
        "from",
    }
)
_NOT_VALUES: Final = frozenset(
    """
api_version uses repo $schema $ref resolved integrity homepage bugs author namespace mountpath mount_path
rev cidr sha packages entry prompt system_prompt content instruction description summary readme
documentation changelog message question answer chat_template license_file text_content note notes tooltip
display_name displayname job_name container_name run_name output_dir hub_model_id served_model_name
package_name
""".split()
)
_SIZED_REPO: Final = re.compile(
    r"[A-Za-z][\w.-]*/[\w.-]*?(?<![A-Za-z0-9])\d+(?:x\d+)?(?:\.\d+)?[BbMm](?![A-Za-z0-9])[\w.-]*\Z"
)
"""`repo: Qwen/Qwen2.5-7B-Instruct`: code has no size, other repositories are left alone."""
_PROVIDERS: Final = (
    "provider", "llm_provider", "custom_llm_provider", "model_provider", "provider_name", "backend", "type",
    "vendor", "api_type", "client", "model_source",
)  # fmt: skip
_BASES: Final = (
    "api_base",
    "base_url",
    "api_base_url",
    "endpoint",
    "api_url",
    "openai_api_base",
    "openai_base_url",
    "azure_endpoint",
    "llm_base_url",
    "llm_api_base",
    "llm_endpoint",
    "openai_api_base_url",
    "openai_endpoint",
    "url",
)
_KNOWN_PROVIDERS: Final = frozenset(
    """
openai anthropic google gemini qianwen vertex vertexai vertex_ai mistral mistralai cohere groq deepseek openrouter
azure azure_openai azureopenai bedrock aws_bedrock ollama huggingface huggingface_hub together together_ai
fireworks fireworks_ai xai perplexity replicate dashscope tongyi zhipuai zhipu moonshot voyage jina nvidia
cerebras siliconflow volcengine minimax qianfan watsonx cloudflare sambanova deepinfra vllm lmstudio litellm
novita azure_ai nebius ernie hunyuan alibaba baidu tencent zai stepfun lm_studio
llamacpp localai xinference githubcopilot github
""".split()
)
_SAME_PROVIDER: Final = {
    "gemini": "google",
    "google_genai": "google",
    "vertexai": "vertex",
    "vertex_ai": "vertex",
    "mistralai": "mistral",
    "azure_openai": "azure",
    "azureopenai": "azure",
    "aws_bedrock": "bedrock",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "tongyi": "alibaba",
    "qianwen": "alibaba",
    "ernie": "baidu",
    "hunyuan": "tencent",
    "dashscope": "alibaba",
    "zhipu": "zhipuai",
    "qianfan": "baidu",
}
_OPEN: Final = frozenset({"huggingface", "huggingface_hub", "vllm", "llamacpp", "localai", "xinference"})
_WORD: Final = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_TAG: Final = re.compile(r"[\w.\-]+\Z")
_RUNNER: Final = re.compile(r"[\w.-]+/[\w./-]+(?::[\w.-]+)?\Z")
_VALUES: Final = frozenset({"value", "default", "defaultvalue", "default_value"})
_AZURE: Final = re.compile(
    r"azurerm_|/azurerm\b|Microsoft\.CognitiveServices|azapi_|schema\.management\.azure\.com"
)
_MODELS: Final = ("models",)
_LABELS: Final = frozenset({"labels", "annotations", "selector", "matchLabels", "nodeSelector"})
_HOST: Final = re.compile(r"[a-z]+://([^/\s]+)", re.IGNORECASE)
_TOOLS: Final = frozenset(
    """
vllm ollama sglang huggingface-cli hf llama-server lm_eval curl wget python python3 pip docker export accelerate
torchrun deepspeed git aria2c litellm aider llm lms modelscope trtllm-serve uv uvx text-generation-launcher
""".split()
)
_COMMANDISH: Final = re.compile(
    rf"(?:^|[\s;&|(/\"'])(?:{'|'.join(sorted(_TOOLS))}|mlx_lm\S*)\s"
    r"|(?:^|\s)--[a-z][\w-]*[ =]|^[ \t]*+[A-Z][A-Z0-9_]*+=",
    re.MULTILINE,
)
_KEYED_LINE: Final = re.compile(r"\s*(?:-\s|[\w.$\-\"'/]{1,80}:(?:\s|$)|\{\{|[{}\[\]])")
_FENCE: Final = re.compile(r"^[ \t]*```", re.MULTILINE)
_HEADING: Final = re.compile(r"^[ \t]*#{1,5} [A-Z]", re.MULTILINE)
_MAX_EMBEDDED: Final = 2
_VARIABLE: Final = re.compile(r"\$\(?\{?([A-Za-z_]\w*)\}?\)?")


def deployment_use(path: str, head: str) -> Use:
    """Tell configuration from deployment, by the file's path and its first kilobytes."""
    low = "/" + path.lower()
    name = low.rpartition("/")[2]
    if (
        "/.github/" in low
        or "/charts/" in low
        or "/helm/" in low
        or "/k8s/" in low
        or "/kubernetes/" in low
        or "/manifests/" in low
        or "/deploy/" in low
        or "/deployment/" in low
        or "/deployments/" in low
        or "/templates/" in low
        or "compose" in name
        or name.startswith(
            (
                ".gitlab-ci",
                "values",
                "chart",
                "kustomization",
                "skaffold",
                "cloudbuild",
                "azure-pipelines",
                "bitbucket-pipelines",
                "serverless",
                "fly.",
                "render.",
            )
        )
    ):
        return Use.DEPLOY
    if "apiVersion:" in head and "kind:" in head:
        return Use.DEPLOY
    if re.search(r"^services:\s*$", head, re.MULTILINE):
        return Use.DEPLOY
    return Use.CONFIG


def _bases(entry: Entry) -> Sequence[str]:
    """Keys of the base URL that belongs to a model's key: `OPENAI_MODEL` goes with `OPENAI_BASE_URL` only."""
    keys = entry.keys
    name = normalize(keys[-1]) if keys else ""
    if "_" in name and provider_of(name) is not None:
        prefix = name.partition("_")[0]
        return tuple(
            f"{prefix}_{base}" for base in ("base_url", "api_base", "api_base_url", "api_url", "endpoint", "url")
        )
    return _BASES


@lru_cache(maxsize=4096)
def _key_provider(key: str) -> str | None:
    """The provider that a key above a model is named after: `openai:`, `open-ai:`, `azure_openai:`."""
    name = normalize(key)
    if name in _KNOWN_PROVIDERS:
        return name
    found = provider_in(key)
    # `genai` is a word of many products; Google's is never alone.
    return None if found == "google" and "google" not in name and "gemini" not in name else found


def _provider(entry: Entry) -> tuple[str | None, str | None]:
    """Provider and host that the neighbours of a value name (`provider: openai`, `api_base: …`)."""
    host: str | None = None
    provider: str | None = None
    mapping: Mapping | None = entry.mapping
    for _ in range(2):
        if mapping is None:
            break
        scalars = mapping.scalars
        for key in _bases(entry):
            found = _HOST.match(plain(scalars[key])) if key in scalars else None
            if found and host is None and "{" not in found.group(1):
                # Any address may stand under `url`: only a host that serves models says who serves this one.
                row = hosts.host(found.group(1).lower())
                host = found.group(1).lower() if row is not None and row.provider not in _OPEN else None
        for key in _PROVIDERS:
            value = scalars.get(key)
            if value and provider is None:
                words = [word for word in _WORD.findall(normalize(value)) if word in _KNOWN_PROVIDERS]
                words = words or [word for word in normalize(value).split("_") if word in _KNOWN_PROVIDERS]
                if words:
                    provider = words[-1]
        mapping = mapping.parent
    keys = entry.keys
    if provider is None and "/" in entry.value and "litellm_params" in keys:
        provider = "litellm"  # which reads the provider off the name
    for key in reversed(keys[:-1]):
        if provider is None:
            provider = _key_provider(key)
    if provider is None and keys:
        named = provider_of(keys[-1])
        provider = named if named in _KNOWN_PROVIDERS else None
    provider = _SAME_PROVIDER.get(provider, provider) if provider else None
    if provider in OWN_MODELS_ONLY and "/" in entry.value and not fits_owner(entry.value, provider):
        provider = None  # another house's model behind a server that speaks this one's protocol
    return provider, host


def _above(entry: Entry) -> str | None:
    """The provider that one of the two keys above a record names, where the value can be a model of it."""
    for key in entry.keys[-1 if entry.item else -2 :: -1][:2]:
        provider = _key_provider(key)
        if provider is not None:
            provider = _SAME_PROVIDER.get(provider, provider)
            return provider if provider not in _OPEN and fits_house(provider, entry.value) else None
    return None


def _revision(entry: Entry, context: Context, revisions: Revisions) -> tuple[tuple[str, str], ...]:
    setting = revisions.of(entry, context.key or "model", dataset=context.kind == "dataset")
    return () if setting is None or "{" in setting.value else (("revision", setting.value),)


def _attributes(entry: Entry) -> tuple[tuple[str, str], ...]:
    scalars = entry.mapping.scalars
    found = []
    for key, name in (
        ("trust_remote_code", "trust_remote_code"),
        ("use_safetensors", "use_safetensors"),
        ("quantization", "quantization"),
        ("api_key_env", "api_key_env"),
        ("task", "task"),
    ):
        value = scalars.get(key)
        if value and "{" not in value:
            found.append((name, value.lower() if value in {"True", "False"} else value))
    for key in _bases(entry):
        value = plain(scalars[key]) if key in scalars else ""
        if value.startswith(("http://", "https://")) and "{" not in value:
            found.append(("base_url", value))
            break
    key = scalars.get("api_key", "")
    match = re.match(r"(?:os\.environ/|\$\{?\{?\s*(?:env[.:]|secrets\.)?)([A-Z][A-Z0-9_]+)", key)
    if match:
        found.append(("api_key_env", match.group(1)))
    return tuple(found)


def commands(entries: Sequence[Entry]) -> Iterator[tuple[list[Entry], str]]:
    """Group the items of one command (`command:` and `args:` of one container are one command)."""
    group: list[Entry] = []
    owner: tuple[str, ...] | None = None
    for entry in entries:
        if not entry.item:
            continue
        keys = entry.path[:-1]
        if not keys or normalize(keys[-1]) not in _COMMANDS:
            continue
        if owner is not None and (keys[:-1] != owner or entry.mapping is not group[-1].mapping):
            yield group, ""
            group = []
        owner = keys[:-1]
        group.append(entry)
    if group:
        yield group, ""


def is_command(entry: Entry) -> bool:
    """Whether a value stands under a key of commands: `command:`, `args:`, `run:`."""
    return bool(entry.keys) and normalize(entry.keys[-1]) in _COMMANDS


def _arguments(entries: Sequence[Entry], emitter: Emitter, done: set[int]) -> Iterator[Reference | Gap]:
    for group, _ in commands(entries):
        tokens = [entry.value for entry in group]
        for argument in read_command(tokens):
            if not 0 <= argument.token < len(group) or argument.role == "comment":
                continue
            entry = group[argument.token]
            made = False
            for reference in emitter.argument(argument, entry.start + argument.start, symbol=entry.symbol):
                made = True
                yield reference
            if made:
                done.add(id(entry))
            elif argument.sure and argument.program and argument.role == "model":
                variable = _VARIABLE.fullmatch(argument.value)
                if variable and not any(variable[1] in {each.value, *each.path[-1:]} for each in entries):
                    yield dynamic_gap(entry, emitter)


def pair_names(entries: Sequence[Entry]) -> dict[int, str]:
    """Values of `- name: MODEL` / `value: x` pairs: their key is the name."""
    found: dict[int, str] = {}
    for entry in entries:
        if entry.path and normalize(entry.path[-1]) in _VALUES:
            for key in ("name", "key", "id", "variable", "env_name", "env"):
                name = entry.mapping.scalars.get(key)
                if name:
                    found[id(entry)] = name
                    break
    return found


def _image(entry: Entry, low: str, emitter: Emitter) -> Iterator[Reference]:
    """A container image that may carry a model; Helm writes its name and tag apart."""
    value = entry.value
    if low == "model":
        name, _, version = value.partition(":")
        owner, _, rest = name.partition("/")
        on_hub = owner in {"hf.co", "huggingface.co"}
        target: Target = HubModel(rest) if on_hub else RegistryModel("docker", name, version or None)
        yield emitter.reference(target, entry.start, entry.start + len(value), 0.85, symbol=entry.symbol)
        return
    tag = entry.mapping.scalars.get("tag", "")
    address = read_image(f"{value}:{tag}") if low == "repository" and _TAG.match(tag) else None
    if address is not None:
        end = entry.start + len(value)
        yield emitter.reference(address.target, entry.start, end, address.confidence, symbol=entry.symbol)
    else:
        yield from emitter.value(value, entry.start, Context(key=low), symbol=entry.symbol, image=True)


def _embedded(entry: Entry, emitter: Emitter, depth: int) -> Iterator[Reference | Gap]:
    """A file inside a value: `config.yaml: |` of a ConfigMap, `config: |` of a server's settings."""
    from aicheck.discover.structure.yaml import read_yaml  # noqa: PLC0415 - that reader makes the entries of this room

    inner = read_yaml(entry.value)
    moved: set[int] = set()
    for each in inner.entries:
        if id(each) not in moved:
            moved.add(id(each))
            each.start += entry.start
            each.end += entry.start
            each.path = (*entry.path, *each.path)
    yield from decide(inner.entries, emitter, depth + 1)


def _several_lines(
    entry: Entry, low: str, emitter: Emitter, depth: int, *, known: bool
) -> Iterator[Reference | Gap]:
    """A text of several lines: a document in the document, a script, or prose with addresses in it."""
    if low not in _COMMANDS and _FENCE.search(entry.value) and _HEADING.search(entry.value):
        # A page in Markdown: its examples are documentation, as they are in a file of their own.
        for reference in read_script(entry, emitter):
            yield replace(reference, occurrence=replace(reference.occurrence, use=Use.DOCUMENTATION))
    elif depth < _MAX_EMBEDDED and low not in _COMMANDS and _is_document(entry.value):
        yield from _embedded(entry, emitter, depth)
    elif low in _COMMANDS or known or _commandish(entry.value):
        yield from read_script(entry, emitter)
    else:
        yield from emitter.addresses(entry.value, entry.start, Context(key=low), symbol=entry.symbol)


def _is_document(value: str) -> bool:
    """Tell whether a text of several lines is itself a mapping in YAML or JSON."""
    head = value[:4000]
    if head.lstrip()[:1] == "{":
        return '":' in head
    lines = [line for line in head.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    keyed = sum(_KEYED_LINE.match(line) is not None for line in lines)
    return bool(lines) and _KEYED_LINE.match(lines[0]) is not None and keyed * 5 >= len(lines) * 3


class _Place(NamedTuple):
    """What the keys of a value say of it."""

    key: str
    parents: tuple[str, ...]
    low: str
    """The key, normalised."""
    row: KeyRow | None
    image: bool
    label: bool


@lru_cache(maxsize=4096)
def _place(keys: tuple[str, ...]) -> _Place:
    key, parents = (keys[-1], keys[:-1]) if keys else ("", ())
    low = normalize(key)
    return _Place(
        key,
        parents,
        low,
        lookup(key, parents),
        # `openai.image.options.model` is what an image is drawn by.
        low in _IMAGES
        or (low != "model" and any(normalize(part) in {"image", "images"} for part in parents[-3:])),
        bool(_LABELS.intersection(parents)),
    )


def _commandish(value: str) -> bool:
    """Whether a command stands in a value; whole words are looked at before the places that they stand at."""
    if "--" not in value and "=" not in value and "mlx_lm" not in value:
        words = value
        for mark in ";&|(/\"'":
            words = words.replace(mark, " ")
        if _TOOLS.isdisjoint(words.split()):
            return False
    return _COMMANDISH.search(value) is not None


def decide(entries: Sequence[Entry], emitter: Emitter, depth: int = 0) -> Iterator[Reference | Gap]:
    """Yield what the values of one file name; `depth` counts documents inside values."""
    done: set[int] = set()
    yield from _arguments(entries, emitter, done)
    revisions = Revisions(entries, pair_names(entries))
    named = variables(entries)
    registries = Registries()
    compose = "compose" in emitter.source.name.lower()
    on_azure = emitter.detector in {"infrastructure", "json"} and _AZURE.search(emitter.text) is not None
    for entry in entries:
        if id(entry) in done or len(entry.value) < 2:
            continue
        variable = named.get(id(entry))
        key, parents, low, row, image, label = _place(entry.keys if variable is None else (variable.path[-1],))
        symbol = entry.symbol
        original = entry
        entry = variable or entry  # noqa: PLW2901 - the same value under its name
        value = entry.value
        if low in _NOT_VALUES:
            if low == "repo" and _SIZED_REPO.match(value):
                yield from emitter.value(value, entry.start, Context(key=key), symbol=symbol)
            elif "://" in value and low in {"repo", "content", "description"}:
                yield from emitter.addresses(value, entry.start, Context(key=key), symbol=symbol)
            continue
        if entry.block or "\n" in value:
            yield from _several_lines(entry, low, emitter, depth, known=row is not None)
            continue
        if low in _COMMANDS and (" " in value or not entry.item):
            yield from read_script(entry, emitter)
            continue
        if image or (
            low == "model" and compose and len(parents) == 2 and parents[0] == "models" and _RUNNER.match(value)
        ):
            yield from _image(entry, low, emitter)
            continue
        if row is None and " " in value and "://" not in value and not _commandish(value):
            continue
        if label:
            continue
        record = row is None and names_record(entry)
        if is_label(entry):
            continue
        provider, host = _provider(entry) if row is not None else (_above(entry) if record else None, None)
        if on_azure and host is None and row is not None and provider in {None, "openai"}:
            provider = "azure" if hosted_developer(value) in {"openai", "azure"} else None
        context = context_for(row, key, provider=None if provider in _OPEN else provider, host=host)
        if (
            host
            and not hosts.is_local(host.partition(":")[0])
            and context.kind in {"model", "embedding", "reranker"}
        ):
            context = Context("hosted", context.sure, provider if provider not in _OPEN else None, host, key)
        elif provider == "ollama" and context.kind in {"model", "hosted", "embedding"}:
            context = Context("ollama", context.sure, None, host, key)
        elif provider and provider not in _OPEN and context.kind in {"model", "embedding", "reranker"}:
            context = Context("hosted", context.sure, provider, host, key)
        if row is None and " " in value.strip():
            if _commandish(value):
                yield from read_script(entry, emitter)
            else:
                yield from emitter.addresses(value, entry.start, context, symbol=symbol)
            continue
        attributes = (*_attributes(entry), *_revision(original, context, revisions)) if context.kind else ()
        if record and entry is original:
            if provider is not None:
                kind = "ollama" if provider == "ollama" else "hosted"
                context = Context(kind, provider=provider, key=key)
            made = list(_listed(entry, value, context, attributes, emitter, symbol))
            registries.add(entry, made)
            yield from made
            continue
        yield from _listed(entry, value, context, attributes, emitter, symbol)
    yield from registries.companions(emitter)


def _listed(
    entry: Entry,
    value: str,
    context: Context,
    attributes: tuple[tuple[str, str], ...],
    emitter: Emitter,
    symbol: str,
) -> Iterator[Reference]:
    """A value, or several in one: `a;b`, `a,b,c` under a key that names models."""
    plural = bool(entry.keys) and entry.keys[-1].lower().endswith("s")
    use = Use.CHOICE if entry.item and context.kind and plural and emitter.use is Use.CONFIG else None
    if (
        context.kind
        and "{" not in value
        and ("," in value or ";" in value)
        and "://" not in value.partition(",")[0][:12]
    ):
        position = 0
        for part in re.split(r"[;,]", value):
            inner = part
            _, equals, after = part.partition("=")
            shift = 0
            if equals and re.match(r"\s*[+\-]?[\w.\-]+=", part):
                inner, shift = after, len(part) - len(after)
            yield from emitter.value(
                inner.lstrip("+"),
                entry.start + position + shift + len(inner) - len(inner.lstrip("+")),
                context,
                symbol=symbol,
                use=use,
                attributes=attributes,
            )
            position += len(part) + 1
        return
    yield from emitter.value(value, entry.start, context, symbol=symbol, use=use, attributes=attributes)


def dynamic_gap(entry: Entry, emitter: Emitter) -> Gap:
    """A place where a model is surely named by something that the file does not say."""
    line, column = emitter.source.position(entry.start)
    detail = f"{entry.symbol} takes {entry.value[:120]!r}, which this file does not set"
    return Gap(f"dynamic:{entry.value[:120]}", GapReason.DYNAMIC, detail, emitter.source.path, line, column)
