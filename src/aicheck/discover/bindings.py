"""Whose API a model goes to in languages with braces: by types, builders, imports and base URLs of the file.

`provider_in` reads a provider off an identifier or import path, by whole words (`AzureOpenAiChatModel`,
`software.amazon.awssdk.services.bedrockruntime`, `github.com/sashabaranov/go-openai`). `Bindings` answers for one
file what neither the literal nor its call says: the type a chain of builder calls starts from, the base URL that
another statement gives the client, and the one SDK that the file imports. Two of them that disagree give nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from aicheck.discover.lexing import Span
from aicheck.discover.surroundings import Surroundings
from aicheck.knowledge import hosts
from aicheck.knowledge.keys import normalize

__all__ = ["Base", "Bindings", "provider_in"]

_WORDS: Final = {
    "openai": "openai",
    "openaigo": "openai",
    "asyncopenai": "openai",
    "azureopenai": "azure",
    "azureaiopenai": "azure",
    "azopenai": "azure",
    "azureai": "azure",
    "azureaiinference": "azure",
    "anthropic": "anthropic",
    "claude": "anthropic",
    "genai": "google",
    "googleai": "google",
    "googlegenai": "google",
    "gemini": "google",
    "googlegemini": "google",
    "googleaigemini": "google",
    "generativeai": "google",
    "googlegenerativeai": "google",
    "vertex": "vertex",
    "vertexai": "vertex",
    "vertexaigemini": "vertex",
    "aiplatform": "vertex",
    "firebasevertexai": "vertex",
    "firebaseai": "google",
    "mistral": "mistral",
    "mistralai": "mistral",
    "cohere": "cohere",
    "groq": "groq",
    "ollama": "ollama",
    "ollamars": "ollama",
    "ollamasharp": "ollama",
    "ollamakit": "ollama",
    "bedrock": "bedrock",
    "bedrockruntime": "bedrock",
    "bedrockconverse": "bedrock",
    "amazonbedrock": "bedrock",
    "deepseek": "deepseek",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "xai": "xai",
    "grok": "xai",
    "dashscope": "alibaba",
    "tongyi": "alibaba",
    "zhipu": "zhipuai",
    "zhipuai": "zhipuai",
    "moonshot": "moonshot",
    "minimax": "minimax",
    "qianfan": "baidu",
    "hunyuan": "tencent",
    "volcengine": "volcengine",
    "watsonx": "watsonx",
    "voyage": "voyage",
    "voyageai": "voyage",
    "jina": "jina",
    "jinaai": "jina",
    "nvidia": "nvidia",
    "cerebras": "cerebras",
    "together": "together",
    "togetherai": "together",
    "fireworks": "fireworks",
    "fireworksai": "fireworks",
    "siliconflow": "siliconflow",
    "replicate": "replicate",
    "workersai": "cloudflare",
    "cloudflareai": "cloudflare",
    "sambanova": "sambanova",
    "deepinfra": "deepinfra",
    "huggingface": "huggingface",
    "githubmodels": "github",
}
_IMPORTS: Final = re.compile(
    rb"^[ \t]*(?:@import|import|use|using(?:\s+static)?|open|require(?:_once)?|extern crate)\b[ \t]*"
    rb"(?P<path>[^;\n(={]*(?:\{[^}]*\})?)"
    rb"|^[ \t]*import[ \t]*\((?P<block>[^)]*)\)",
    re.MULTILINE,
)
_BASE_SET: Final = re.compile(
    rb"(?:base_?ur[il]|api_?base|with_?(?:api_?)?base(?:_?ur[il])?|base_?path|endpoint|service_?ur[il])\b\s*(?:=|:|\()"
)
"""In lower case."""
_BASE_WORDS: Final = (b"base", b"endpoint", b"service")
_BASE_PLACE: Final = re.compile(
    r"base|endpoint|url|uri|host|server|address|api|fetch|axios|request|\bpost\b", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"(?:https?|wss?)://([^/\s\"'?#]+)", re.IGNORECASE)
_ROOT: Final = re.compile(
    rb"(?:\b(?:new|return|await|yield|throw|const|var|val|let|final)\s+)*&?([A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)*)"
)
_LOCAL_BASE: Final = re.compile(r"base_?ur[il]|api_?base|with_?base|endpoint|ollama|openai|llm", re.IGNORECASE)
_FILE: Final = re.compile(
    r"\.(?:jpe?g|png|gif|svg|webp|mp[34]|wav|pdf|json|ya?ml|md|html?|js|css)(?:[?#]|\Z)", re.IGNORECASE
)
GENERAL_CLOUDS: Final = frozenset(
    "vercel-app modal hf-spaces alibaba tencent huawei snowflake databricks do-agents runpod".split()
)
"""Clouds under whose names anybody's applications answer."""
_SEPARATOR: Final = re.compile(r"[^\w$]+")
_MODEL_SET: Final = re.compile(rb"model(?:_?(?:name|id))?\s*[(:=]", re.IGNORECASE)
_BACK: Final = 1500
_HEAD: Final = 64 << 10
_SAME_LANGUAGE: Final = frozenset({None, "openai"})
"""Providers whose protocol others speak, so that the base URL decides."""


class Base(NamedTuple):
    """A base URL in a file."""

    provider: str
    """Slug; `ollama` for its local server, `self-hosted` for other local ones."""
    host: str
    url: str
    offset: int
    start: int
    """Start of the statement that sets it."""
    end: int
    house: bool
    """A developer's own API, which serves its own models only."""
    alone: bool
    """The statement makes a client and names its model, too: it says nothing of other models."""


@lru_cache(maxsize=8192)
def provider_in(label: str) -> str | None:
    """Return the provider whose name the words of an identifier, type or path spell; the longest name wins."""
    words = [word for word in normalize(label.replace("::", ".").replace("->", ".")).split("_") if word]
    for count in range(min(4, len(words)), 0, -1):
        for start in range(len(words) - count + 1):
            found = _WORDS.get("".join(words[start : start + count]))
            if found:
                return found
    return None


class Bindings:
    """Answers for one file."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._code = around.lexed.code
        self._paths: tuple[str, ...] | None = None
        self._bases: list[Base] | None = None
        self._default: tuple[str | None] | None = None
        self._open: bool | None = None
        self._imported: dict[str, tuple[str, ...]] | None = None
        self._wildcards: tuple[tuple[str, ...], ...] | None = None

    @property
    def imports(self) -> tuple[str, ...]:
        """Paths that the file imports, as written."""
        if self._paths is None:
            head = self._around.data[:_HEAD]
            found: list[str] = []
            for match in _IMPORTS.finditer(head):
                if match["block"] is not None:
                    found.extend(re.findall(r'"([^"]+)"', match["block"].decode("latin-1")))
                else:
                    path = match["path"].decode("latin-1").strip()
                    prefix, brace, inside = path.partition("{")
                    names = inside.rstrip("} \n").split(",") if brace else [""]
                    found.extend((prefix + name.strip()).strip("\"'; ") for name in names)
            self._paths = tuple(path for path in found if path)
        return self._paths

    @property
    def default(self) -> str | None:
        """The provider of the only SDK that the file imports; Azure's stands on OpenAI's."""
        if self._default is None:
            known = {provider_in(path) for path in self.imports} - {None, "huggingface"}
            if known == {"azure", "openai"}:
                known = {"azure"}
            self._default = (next(iter(known)) if len(known) == 1 else None,)
        return self._default[0]

    def imported(self, name: str) -> tuple[str, ...]:
        """Parts of the import that brings `name` into the file; of a wildcard where nothing names it."""
        if self._imported is None:
            self._imported = {}
            for path in self.imports:
                parts = [part for part in _SEPARATOR.split(path) if part]
                if len(parts) > 1:
                    self._imported.setdefault(parts[-1], tuple(part for part in parts[:-1] if part != "static"))
        return self._imported.get(name, ())

    def wildcards(self) -> tuple[tuple[str, ...], ...]:
        """Parts of the imports that bring all members of a type into the file."""
        if self._wildcards is None:
            self._wildcards = tuple(
                tuple(part for part in _SEPARATOR.split(path) if part and part != "static")
                for path in self.imports
                if path.endswith(("*", "_"))
            )
        return self._wildcards

    def root(self, offset: int) -> str:
        """First name of the chain of calls that a literal's call belongs to: `OpenAiChatModel.builder()…`; ''."""
        code = self._code
        depth = 0
        position = offset
        stop = max(0, offset - _BACK)
        opened = False
        while position > stop:
            byte = code[position - 1]
            if byte in b")]":
                depth += 1
            elif byte in b"([":
                depth -= 1
                if depth < 0:
                    if opened:
                        break
                    opened, depth = True, 0
            elif depth == 0 and byte in b";{}=,?" and opened:
                break
            elif depth == 0 and byte in b";{}":
                return ""
            position -= 1
        while position < offset and code[position] in b" \t\r\n":
            position += 1
        found = _ROOT.match(code, position)
        return found.group(1).decode("latin-1") if found and opened and found.end() < offset else ""

    def _all_bases(self) -> list[Base]:
        if self._bases is None:
            self._bases = []
            around = self._around
            for span in around.lexed.spans:
                if span.kind == "comment":
                    continue
                text = around.data[span.start : span.start + 300]
                if b"://" not in text:
                    continue
                base = self._base(span, text[: span.end - span.start].decode("latin-1"))
                if base is not None:
                    self._bases.append(base)
        return self._bases

    def _base(self, span: Span, text: str) -> Base | None:
        found = _ADDRESS.match(text)
        if found is None:
            return None
        place = self._around.place(span)
        if place.imported or not _BASE_PLACE.search(" ".join((place.key, place.callee, *place.parents[-1:]))):
            return None
        host = found.group(1).lower()
        name, _, port = host.partition(":")
        local = hosts.is_local(name)
        row = None if local or "." not in name else hosts.host(name)
        if local and not _LOCAL_BASE.search(f"{place.key} {place.callee}"):
            return None
        if (row is None and not local) or _FILE.search(text):
            return None
        if row is not None and row.kind == "cloud" and row.provider in GENERAL_CLOUDS:
            return None  # anybody's buckets and applications
        provider = row.provider if row else "ollama" if port == "11434" else "self-hosted"
        start, end = self._statement(span.outer)
        alone = _MODEL_SET.search(self._code, start, end) is not None
        house = row is not None and row.kind == "vendor-api" and not row.router
        return Base(provider, host, text, span.outer, start, end, house, alone)

    def _statement(self, offset: int) -> tuple[int, int]:
        """Bounds of the statement around a place, its calls included, as far as brackets tell."""
        code = self._code
        start = end = offset
        depth = 0
        while start > max(0, offset - _BACK):
            byte = code[start - 1]
            depth += (byte in b")]") - (byte in b"([")
            if byte in b";{}" and depth <= 0:
                break
            start -= 1
        depth = 0
        while end < min(len(code), offset + _BACK):
            byte = code[end]
            depth += (byte in b"([{") - (byte in b")]}")
            if (byte == 0x3B and depth <= 0) or (byte == 0x7D and depth < 0):
                break
            end += 1
        return start, end

    def base(self, offset: int, provider: str | None) -> Base | None:
        """The base URL that the client of a model at `offset` is given; None where none or several may be it."""
        if provider not in _SAME_LANGUAGE and provider != "ollama":
            return None
        bases = [base for base in self._all_bases() if not base.alone or base.start <= offset < base.end]
        if not bases:
            return None
        inside = [base for base in bases if base.alone]
        if inside:
            return inside[-1]
        if len({base.host for base in bases}) == 1:
            return bases[0]
        here = self._around.brackets.around(offset, 40)
        best: tuple[int, Base] | None = None
        tied = False
        for base in bases:
            there = set(self._around.brackets.around(base.offset, 40))
            shared = sum(1 for opener in here if opener in there)
            if best is None or shared > best[0]:
                best, tied = (shared, base), False
            elif shared == best[0] and base.host != best[1].host:
                tied = True
        return None if best is None or tied else best[1]

    def open_base(self) -> bool:
        """Whether the file sets a base URL that it does not say: whose API that is cannot be told here."""
        if self._all_bases():
            return False
        if self._open is None:
            low = self._code.lower()
            self._open = any(word in low for word in _BASE_WORDS) and _BASE_SET.search(low) is not None
        return self._open
