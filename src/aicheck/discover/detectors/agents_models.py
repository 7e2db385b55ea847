"""Definitions and settings of coding agents that name the model they run on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aicheck import toml
from aicheck.core.reference import Use
from aicheck.core.target import HostedModel, HubModel, RegistryModel, Target
from aicheck.discover import jsonc
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.formats.base import clean
from aicheck.discover.sighting import make
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

__all__ = ["DETECTOR", "bind"]

_ID: Final = "agents-models"

_PROVIDERS: Final = {
    "openai": "openai", "anthropic": "anthropic", "google": "google", "gemini": "google",
    "googleai": "google", "vertexai": "vertex",
    "vertex_ai": "vertex", "vertex": "vertex", "google-vertex": "vertex", "bedrock": "bedrock",
    "amazon-bedrock": "bedrock", "azure": "azure", "azure_ai": "azure", "openrouter": "openrouter",
    "deepseek": "deepseek", "mistral": "mistral", "codestral": "mistral", "groq": "groq", "xai": "xai",
    "together_ai": "together", "together": "together", "togetherai": "together", "fireworks_ai": "fireworks",
    "fireworks": "fireworks", "dashscope": "dashscope", "moonshot": "moonshot", "moonshotai": "moonshot",
    "zai": "zai", "z-ai": "zai",
    "zhipuai": "zhipu", "cohere": "cohere", "perplexity": "perplexity", "cerebras": "cerebras",
    "sambanova": "sambanova", "nvidia_nim": "nvidia", "nvidia": "nvidia", "copilot": "github-copilot",
    "github_copilot": "github-copilot", "github-copilot": "github-copilot", "github": "github",
    "deepinfra": "deepinfra", "opencode": "opencode", "vercel": "vercel", "lmstudio": "lmstudio",
    "lm_studio": "lmstudio", "sagemaker": "sagemaker", "watsonx": "watsonx", "volcengine": "volcengine",
    "siliconflow": "siliconflow", "minimax": "minimax", "free-trial": "continue", "alibaba": "dashscope",
    "replicate": "replicate", "databricks": "databricks",
}  # fmt: skip
"""Prefixes of LiteLLM, models.dev and the agents' own settings, to the provider's slug."""
_NAME: Final = re.compile(r"[A-Za-z0-9][\w./:@+-]{1,140}(?: [\w.()-]{1,40}){0,4}\Z")
_NOT_NAMES: Final = frozenset({
    "inherit", "default", "auto", "none", "null", "true", "false", "any", "opusplan", "autodetect", "your-model",
})  # fmt: skip


class _Found(NamedTuple):
    name: str
    provider: str | None
    key: str
    host: str | None = None


def bind(name: str, provider: str | None, host: str | None = None) -> tuple[Target, dict[str, str]] | None:
    """(target, attributes) of a model as an agent's settings name it, or None for what names none.

    `provider` is the one that the settings say; without it a prefix (`openrouter/…`) decides, and a bare name
    stays unbound.
    """
    name = name.strip().strip("\"'")
    if not _NAME.match(name) or name.lower() in _NOT_NAMES:
        return None
    if provider is None and "/" in name:
        prefix, _, rest = name.partition("/")
        low = prefix.lower()
        if low in {"ollama", "ollama_chat"}:
            provider, name = "ollama", rest
        elif low in {"huggingface", "hf"} and rest.count("/") >= 1:
            return HubModel(rest), {"provider": "huggingface"}
        elif low in _PROVIDERS and rest:
            provider, name = _PROVIDERS[low], rest
    elif provider is not None:
        provider = provider.lower()
        if provider.startswith("ollama"):
            provider = "ollama"
        provider = _PROVIDERS.get(provider, provider)
    if provider == "ollama":
        stem, _, tag = name.partition(":")
        return RegistryModel("ollama", stem, tag or None), {"client": "ollama"}
    return HostedModel(provider, name, host), {"router": "true"} if name == "openrouter/auto" else {}


_MODEL_LINE: Final = re.compile(r"(?P<key>model|llm)\s{0,4}:\s{0,4}(?P<list>\[[^\]\r\n]{0,600}\]|[^#\r\n]{1,200})")


def _head(source: SourceFile, most: int) -> str:
    """The text that is looked at; more than a person writes into such a file is said to be left out."""
    if len(source.text) > most:
        source.leave(f"only the first {most >> 10} KiB were looked at")
    return source.text[:most]


def _front_matter(source: SourceFile, provider: str | None) -> Iterator[_Found]:
    """`model:` in the front matter of a Markdown file; a list is several models to choose from."""
    matter = source.text.find("\n---", 3)
    lines = (source.text if matter < 0 else source.text[: matter + 4]).splitlines()
    if not lines or lines[0].lstrip("\ufeff").strip() != "---":
        return
    for line in lines[1:]:
        if line.strip() == "---":
            return
        match = _MODEL_LINE.match(line)
        if match is not None:
            for part in match["list"].strip().strip("[]").split(","):
                yield _Found(part.strip().strip("\"'"), provider, match["key"])


def _claude(source: SourceFile) -> Iterator[_Found]:
    return _front_matter(source, "anthropic")


def _copilot(source: SourceFile) -> Iterator[_Found]:
    for found in _front_matter(source, "github-copilot"):
        yield found._replace(name=re.sub(r"\s*\((?:copilot|Preview)\)\Z", "", found.name, flags=re.IGNORECASE))


def _prefixed(source: SourceFile) -> Iterator[_Found]:
    return _front_matter(source, None)


def _dotprompt(source: SourceFile) -> Iterator[_Found]:
    """Prompts of Genkit and Firebase: `model: googleai/gemini-2.5-flash` before the template."""
    return (found for found in _front_matter(source, None) if "/" in found.name)


def _get(value: object, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _json(source: SourceFile) -> Mapping[str, Any]:
    document = jsonc.loads(source.data)
    return document if isinstance(document, Mapping) else {}


def _strings(value: object, key: str, provider: str | None, host: str | None = None) -> Iterator[_Found]:
    if isinstance(value, str):
        yield _Found(value, provider, key, host)


def _claude_settings(source: SourceFile) -> Iterator[_Found]:
    document = _json(source)
    yield from _strings(document.get("model"), "model", "anthropic")
    environment = document.get("env")
    if isinstance(environment, Mapping):
        for key, value in environment.items():
            if isinstance(key, str) and re.fullmatch(r"ANTHROPIC_(?:\w+_)?MODEL|CLAUDE_CODE_SUBAGENT_MODEL", key):
                bedrock = environment.get("CLAUDE_CODE_USE_BEDROCK")
                yield from _strings(value, f"env.{key}", "bedrock" if bedrock else "anthropic")


def _gemini_settings(source: SourceFile) -> Iterator[_Found]:
    document = _json(source)
    yield from _strings(document.get("model"), "model", "google")
    yield from _strings(_get(document, "model", "name"), "model.name", "google")


def _opencode(source: SourceFile) -> Iterator[_Found]:
    document = _json(source)
    for key in ("model", "small_model"):
        yield from _strings(document.get(key), key, None)
    for section in ("agent", "mode", "command"):
        for name, entry in (_get(document, section) or {}).items():
            yield from _strings(_get(entry, "model"), f"{section}.{name}.model", None)


def _zed(source: SourceFile) -> Iterator[_Found]:
    document = _json(source)
    for section in ("agent", "assistant"):
        for key in ("default_model", "inline_assistant_model", "commit_message_model", "thread_summary_model"):
            entry = _get(document, section, key)
            provider = _get(entry, "provider")
            yield from _strings(
                _get(entry, "model"), f"{section}.{key}", provider if isinstance(provider, str) else None
            )


def _continue_json(source: SourceFile) -> Iterator[_Found]:
    document = _json(source)
    entries = document.get("models")
    listed = list(entries) if isinstance(entries, list) else []
    for key in ("tabAutocompleteModel", "embeddingsProvider", "reranker"):
        value = document.get(key)
        listed += value if isinstance(value, list) else [value]
    for entry in listed:
        provider, base = _get(entry, "provider"), _get(entry, "apiBase")
        host = (
            re.sub(r"\Ahttps?://([^/?#]{1,200}).*\Z", r"\1", base, flags=re.DOTALL)
            if isinstance(base, str)
            else None
        )
        yield from _strings(
            _get(entry, "model"), "models.model", provider if isinstance(provider, str) else None, host
        )


def _codex(source: SourceFile) -> Iterator[_Found]:
    try:
        document = toml.loads(source.data.decode("utf-8"))
    except ValueError as error:
        raise SourceError(f"not TOML: {clean(error, 120)}") from None
    for prefix, table in (
        ("", document),
        *((f"profiles.{name}.", item) for name, item in _items(document, "profiles")),
    ):
        provider = _get(table, "model_provider") or document.get("model_provider")
        slug = provider if isinstance(provider, str) else "openai"
        base = _get(document, "model_providers", slug, "base_url")
        host = (
            re.sub(r"\Ahttps?://([^/?#]{1,200}).*\Z", r"\1", base, flags=re.DOTALL)
            if isinstance(base, str)
            else None
        )
        for key in ("model", "review_model"):
            yield from _strings(_get(table, key), prefix + key, slug, host)


def _items(document: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    value = document.get(key)
    return list(value.items()) if isinstance(value, Mapping) else []


_AIDER_KEY: Final = re.compile(r"(?P<key>model|weak-model|editor-model)\s{0,4}:\s{0,4}(?P<value>[^#\r\n]{1,200})")


def _aider(source: SourceFile) -> Iterator[_Found]:
    for line in _head(source, 256 << 10).splitlines():
        match = _AIDER_KEY.match(line)
        if match is not None:
            name = match["value"].strip().strip("\"'")
            provider = None
            if "/" not in name:
                low = name.lower()
                families = (
                    ("claude", "anthropic"),
                    ("gpt", "openai"),
                    ("o1", "openai"),
                    ("o3", "openai"),
                    ("o4", "openai"),
                )
                provider = next((slug for stem, slug in families if low.startswith(stem)), None)
            yield _Found(name, provider, match["key"])


_CONTINUE_LINE: Final = re.compile(r"\s*(?:-\s+)?(?P<key>provider|model|apiBase)\s*:\s*(?P<value>[^#\r\n]{1,200})")


def _continue_yaml(source: SourceFile) -> Iterator[_Found]:
    """`models:` of Continue's YAML: blocks that begin with a dash, each with provider, model and base."""
    entry: dict[str, str] = {}

    def finish() -> Iterator[_Found]:
        if "model" in entry:
            host = re.sub(r"\Ahttps?://([^/?#]{1,200}).*\Z", r"\1", entry.get("apiBase", ""))
            yield _Found(entry["model"], entry.get("provider"), "models.model", host or None)

    for line in _head(source, 256 << 10).splitlines():
        if "model" in entry and re.match(r"\s{0,5}-\s", line):
            yield from finish()
            entry = {}
        match = _CONTINUE_LINE.match(line) if len(line) < 400 else None
        if match is not None:
            entry[match["key"]] = match["value"].strip().strip("\"'")
    yield from finish()


_READERS: Final[tuple[tuple[re.Pattern[str], str, Callable[[SourceFile], Iterator[_Found]]], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), symbol, reader)
    for pattern, symbol, reader in (
        (r"(?:^|/)\.claude/(?:agents|commands|skills)/.*\.md\Z|(?:^|/)SKILL\.md\Z", "claude", _claude),
        (r"(?:^|/)\.claude/settings(?:\.local)?\.json\Z", "claude", _claude_settings),
        (r"\.(?:chatmode|agent|prompt)\.md\Z", "copilot", _copilot),
        (r"\.prompt\Z", "dotprompt", _dotprompt),
        (r"(?:^|/)\.opencode/(?:agents?|commands?|modes?)/.*\.md\Z", "opencode", _prefixed),
        (r"(?:^|/)\.cursor/agents/.*\.md\Z", "cursor", _prefixed),
        (r"(?:^|/)opencode\.jsonc?\Z", "opencode", _opencode),
        (r"(?:^|/)\.gemini/settings\.json\Z", "gemini", _gemini_settings),
        (r"(?:^|/)\.zed/settings\.json\Z", "zed", _zed),
        (r"(?:^|/)\.continue/config\.json\Z|(?:^|/)\.continuerc\.json\Z", "continue", _continue_json),
        (r"(?:^|/)\.continue/(?:config|assistants/.*|models/.*|agents/.*)\.ya?ml\Z", "continue", _continue_yaml),
        (r"(?:^|/)\.codex/config\.toml\Z", "codex", _codex),
        (r"(?:^|/)\.aider\.conf\.ya?ml\Z", "aider", _aider),
    )
)


def _detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    del hits
    for pattern, symbol, reader in _READERS:
        if pattern.search(source.path) is None:
            continue
        position = 0
        for found in reader(source):
            bound = bind(found.name, found.provider, found.host)
            if bound is None:
                continue
            target, attributes = bound
            encoded = found.name.encode("utf-8", "replace")
            at = source.data.find(encoded, position)
            if at < 0:
                at = source.data.find(encoded)
            yield make(
                source,
                target,
                (at, at + len(encoded)) if at >= 0 else None,
                detector=_ID,
                use=Use.CONFIG,
                confidence=0.95,
                symbol=f"{symbol} {found.key}",
                raw=found.name,
                attributes={"client": symbol, **attributes},
            )
            position = max(position, at + 1) if symbol not in {"opencode", "continue"} else 0
        return


DETECTOR: Final = Detector(
    id=_ID,
    globs=(
        ".claude/*.md", ".claude/settings*.json", "skill.md", "*.chatmode.md", "*.agent.md", "*.prompt.md",
        "*.prompt",
        ".opencode/*.md", ".cursor/agents/*.md", "opencode.json", "opencode.jsonc", ".gemini/settings.json",
        ".zed/settings.json", ".continue/*.json", ".continuerc.json", ".continue/*.yaml", ".continue/*.yml",
        ".codex/config.toml", ".aider.conf.yml", ".aider.conf.yaml",
    ),
    needles=(b"model", b"llm"),
    detect=_detect,
)  # fmt: skip
