"""From a value at a place to references: addresses, images, defaults in templates, and the judge.

Detectors of text formats work on the file decoded as Latin-1, so that an offset in the text is an offset in
the bytes; `Emitter` turns values back into what they are and places into lines and columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from aicheck.core.reference import Occurrence, Reference, Use
from aicheck.core.target import Endpoint, HostedModel, HubModel, Target, WeightsFile
from aicheck.discover.bindings import GENERAL_CLOUDS
from aicheck.discover.commandline import Argument
from aicheck.discover.covered import Spans
from aicheck.discover.judge import Context, hosted_developer, judge, looks_like_model
from aicheck.discover.results import is_test_path
from aicheck.discover.source import SourceFile
from aicheck.discover.urls import read_address, read_cache_path, read_image
from aicheck.discover.wording import TIERS
from aicheck.knowledge import hosts, names
from aicheck.knowledge.keys import KeyRow, lookup

__all__ = ["Emitter", "context_for", "offered", "speaks", "text_of"]

MIN_CONFIDENCE: Final = 0.55
"""Below this a sighting is a guess, and a guess is not reported."""

_PROSE: Final = frozenset({Use.COMMENT, Use.DOCUMENTATION})
_ADDRESS: Final = re.compile(
    r"arn:(?:aws[\w-]*|\$\{[^{}]*\}):bedrock:(?:[\w*-]*|\$\{[^{}]*\}):(?:[\d*]*|\$\{[^{}]*\}):[\w.:/\-]+"
    r"|(?:[a-zA-Z][a-zA-Z0-9+.\-]{1,20}://|arn:aws[\w-]*:bedrock:)[^\s\"'`<>\\|,;(){}\[\]]+[^\s\"'`<>\\|,;(){}\[\].:]"
)
_SCHEME: Final = 21
"""Characters before `://` among which an address begins."""
_DEFAULT: Final = re.compile(r"\$\{(?:env\.)?[A-Za-z_]\w*:?[-=]([^{}]+)\}")
_OR: Final = re.compile(r"\$\{\{[^}]*\|\|\s*['\"]([^'\"]+)['\"]\s*\}\}")
_HELM_DEFAULT: Final = re.compile(r"\{\{[^}]*\bdefault\s+[\"']([^\"']+)[\"'][^}]*\}\}")
_SPRING: Final = re.compile(r"\$\{[A-Za-z][\w.\-]*:(?![-?+=])((?:[^{}]|\{[^{}]*\})+)\}")
"""`${OPENAI_MODEL:gpt-4o}`: Spring's and Quarkus's defaults."""
_JSON_PAIR: Final = re.compile(
    r"\\?\"([A-Za-z_]{0,40}[mM]odel[\w-]{0,40})\\?\"\s{0,20}:\s{0,20}\\?\"([\w.:/@-]{2,120})\\?\""
)
_YAML_PAIR: Final = re.compile(
    r"^[ \t]{0,80}(?:-[ \t]{1,8})?([A-Za-z_-]{0,40}[mM]odel[\w-]{0,40}):[ \t]{1,20}"
    r"[\"']?([\w.:/@-]{2,120})[\"']?[ \t]*(?:#[^\n]*)?\r?$",
    re.MULTILINE,
)
_HTTP: Final = re.compile(r"(?:https?|wss?)://([^/?#\s]+)([^\s?#]*)", re.IGNORECASE)
_API_PATH: Final = re.compile(
    r"\bapi\b|api[.\-]|/v\d|openai|compatible|/chat|inference|serving|invoke|runtime|generativelanguage|dashscope|aiplatform|router|integrate|gateway|/models?\b"
)
_TOOLS: Final = re.compile(r"/(?:v\d/)?mcp(?:/|\Z)")
"""Where a host serves tools to models, not models."""
_NEEDS_PATH: Final = {"api.cloudflare.com": "/ai"}
"""Hosts of clouds where only a part serves models."""
_ANY_NAME: Final = re.compile(
    r"(?:^|[.\-])(?:your|my|example|xxx+|placeholder|foo)(?:[.\-]|$)|x{4}", re.IGNORECASE
)
_PAGES: Final = frozenset(
    """
huggingface.co www.huggingface.co hf.co ollama.com www.ollama.com github.com kaggle.com modelscope.cn
www.modelscope.cn api.pinecone.io lightning.ai typecast.ai claude.ai
""".split()
)
_DOCKER_TAG: Final = re.compile(r"ai/[a-z][\w.-]+:\d+(?:\.\d+)?[BM](?:-\w+)*\Z")
"""A model of Docker's catalogue by size and quantisation, `ai/qwen2.5:7B-Q4_K_M`; nothing else looks so."""
_NAME_IN_TEXT: Final = re.compile(r"[A-Za-z0-9@][\w.\-]*(?:/[\w.\-]+)*(?::[\w.\-]+)?")
_CLEAN: Final = re.compile(r"[.,:;]+\Z")
_SIZED: Final = re.compile(r"\d+(?:\.\d+)?[bB](?![a-zA-Z])|-v?\d")
_CODE: Final = frozenset({"javascript", "source-code"})
_SETTINGS: Final = frozenset({"yaml", "json", "settings-files"})
_OPEN_HOUSES: Final = frozenset({"huggingface", "ollama", "whisper", "litellm"})
_KINDS: Final = {"word": "", "url": "model", "comment": "", "base-url": "base_url", "docker-model": "docker-model"}
_PROVIDER_ROLES: Final = frozenset({"openai", "anthropic", "google"})


def text_of(source: SourceFile) -> str:
    """Return the file as Latin-1 text: one character for each byte."""
    return source.parsed("latin-1", lambda file: file.data.decode("latin-1"))


def context_for(row: KeyRow | None, key: str, *, provider: str | None = None, host: str | None = None) -> Context:
    """Say what a key means for the value under it."""
    if row is None:
        return Context(key=key, provider=provider, host=host)
    named = row.provider
    kind = row.kind
    if kind == "model" and named in {"ollama", "whisper"}:
        kind = named
    if kind in {"model", "embedding"} and named and named not in _OPEN_HOUSES and named != "nvidia":
        kind = "hosted"
    chosen = provider or (named if named not in _OPEN_HOUSES else None)
    return Context(kind, row.sure, chosen, host, key)


def speaks(word: str, context: Context) -> bool:
    """Whether a word may name something where the text around says no more; `Emitter.value` tells what."""
    return (
        word.startswith(("nvcr.io/nim/", "ai/", "arn:"))
        or "s--" in word
        or "://" in word
        or judge(word, context) is not None
    )


def _addresses(text: str) -> Iterator[re.Match[str]]:
    """Yield the addresses in a text, looking only where the mark of one stands."""
    if "arn:" in text:
        yield from _ADDRESS.finditer(text)
        return
    place, after = text.find("://"), 0
    while place >= 0:
        match = _ADDRESS.search(text, max(after, place - _SCHEME))
        if match is None:
            return
        yield match
        after = match.end()
        place = text.find("://", max(after, place + 3))


def _unlatin(text: str) -> str:
    return text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "replace")


def _endpoint(address: str, *, sure: bool) -> Endpoint | None:
    """The host of an address where it serves models; pages for people on the same host are none."""
    match = _HTTP.match(address)
    if match is None:
        return None
    name, path = match.group(1).rpartition("@")[2].lower(), match.group(2)
    if _ANY_NAME.search(name) or ".." in name or name[:1] == "." or _TOOLS.match(path):
        return None
    if name.partition(":")[0] in _PAGES or "{" in name or "$" in name or "<" in name:
        return None
    row = hosts.host(name)
    if (
        row is None
        or hosts.is_local(name.partition(":")[0])
        or (row.kind == "cloud" and row.provider in GENERAL_CLOUDS)
    ):
        return None
    if name in _NEEDS_PATH and _NEEDS_PATH[name] not in path:
        return None
    if not sure and not _API_PATH.search(name + path) and name.count(".") < 3:
        return None
    return Endpoint(name)


def bind(target: Target) -> Target:
    """Spell a hosted model's provider as the host table does, and take it from the host where one is named."""
    if not isinstance(target, HostedModel):
        return target
    provider = target.provider
    if target.host and not hosts.is_local(target.host.partition(":")[0]):
        row = hosts.host(target.host)
        provider = row.provider if row is not None else provider
    elif target.host:
        provider = "self-hosted"
    if provider:
        provider = hosts.canonical_provider(provider) or provider
    return target if provider == target.provider else replace(target, provider=provider)


def _lower(target: Target) -> bool:
    """APIs spell names in lower case; what people read has capitals."""
    return isinstance(target, HostedModel) and target.name == target.name.lower()


@lru_cache(maxsize=1024)
def offered(name: str) -> bool:
    """Tell whether some provider sells a model under exactly this name; the table is opened at first need."""
    from aicheck.knowledge.hosted import hosted_model  # noqa: PLC0415 - a table that most files do not need

    return hosted_model(None, name) is not None


class Emitter:
    """Makes the references of one detector in one file."""

    __slots__ = ("detector", "source", "text", "use")

    def __init__(self, source: SourceFile, detector: str, use: Use) -> None:
        self.source = source
        self.detector = detector
        self.use = use
        self.text = text_of(source)

    def reference(
        self,
        target: Target,
        start: int,
        end: int,
        confidence: float,
        *,
        symbol: str = "",
        use: Use | None = None,
        attributes: Sequence[tuple[str, str]] = (),
        raw: str | None = None,
    ) -> Reference:
        """Make a reference for the bytes from `start` to `end`."""
        line, column = self.source.position(start)
        written = _unlatin(self.text[start:end]) if raw is None else raw
        first = written.partition("\n")[0]
        place = Occurrence(
            self.source.path,
            line,
            column,
            column + len(first),
            first[:500],
            symbol[:200],
            self.detector,
            use or self.use,
        )
        return Reference(
            bind(target), place, round(min(confidence, 1.0), 2), tuple(sorted(dict(attributes).items()))
        )

    def value(
        self,
        value: str,
        start: int,
        context: Context,
        *,
        symbol: str = "",
        use: Use | None = None,
        attributes: Sequence[tuple[str, str]] = (),
        image: bool = False,
    ) -> Iterator[Reference]:
        """Yield what one value names; `start` is the offset of its first character.

        Defaults inside templates are read as values of their own.
        """
        lead = len(value) - len(value.lstrip())
        value, start = value.strip(), start + lead
        if len(value) < 2 or len(value) > 2000:
            return
        if "{" in value and "}" in value and not value.startswith("arn:"):
            found = False
            for pattern in (_DEFAULT, _HELM_DEFAULT, _OR, _SPRING):
                for match in pattern.finditer(value):
                    found = True
                    yield from self.value(
                        match.group(1),
                        start + match.start(1),
                        context,
                        symbol=symbol,
                        use=Use.DEFAULT if self.use is not Use.COMMENT else None,
                        attributes=attributes,
                        image=image,
                    )
            if found:
                return
        if "://" in value or value.startswith("arn:"):
            yield from self.addresses(value, start, context, symbol=symbol, use=use, attributes=attributes)
            return
        if image or value.startswith("nvcr.io/nim/"):
            address = read_image(value)
            if address is not None:
                yield self.reference(
                    address.target,
                    start,
                    start + len(value),
                    address.confidence,
                    symbol=symbol,
                    use=use,
                    attributes=(*address.attributes, *attributes),
                )
            return
        if "models--" in value or "datasets--" in value:
            cached = read_cache_path(value)
            if cached is not None:
                address, begin, end = cached
                yield self.reference(
                    address.target,
                    start + begin,
                    start + end,
                    address.confidence,
                    symbol=symbol,
                    use=use,
                    attributes=(*address.attributes, *attributes),
                )
                return
        if (
            context.kind in {"model", "embedding", "hosted"}
            and not context.host
            and context.provider in {None, "ollama"}
            and value.lower() in names.OLLAMA_NAMES
            and self.speaks_of_ollama
        ):
            context = context._replace(kind="ollama")
        if value.startswith("ai/") and (
            context.kind in {"model", "embedding", "hosted"} or (not context.text and _DOCKER_TAG.match(value))
        ):
            address = read_image(value)  # Docker's catalogue, which its model runner serves by name
            if address is not None:
                yield self.reference(
                    address.target, start, start + len(value), address.confidence, symbol=symbol, use=use
                )
                return
        judged = judge(value, context)
        if judged is None or self._alias(judged.target, context) or self._invented(judged.target):
            return
        if judged.confidence < MIN_CONFIDENCE and not (
            judged.confidence >= 0.5 and self._sold(judged.target, context)
        ):
            return
        yield self.reference(
            judged.target,
            start,
            start + len(value),
            judged.confidence,
            symbol=symbol,
            use=use,
            attributes=(*judged.attributes, *self._fitting(judged.target, attributes)),
        )

    @property
    def speaks_of_ollama(self) -> bool:
        """Whether the file names Ollama: what it calls a model by a name of that library is one of it."""
        return self.source.parsed("ollama", lambda file: b"ollama" in file.data.lower())

    def _alias(self, target: Target, context: Context) -> bool:
        """A name that only this project gives a model (`llama-3-8b-chat` served by its own cluster)."""
        if isinstance(target, WeightsFile):
            # Tests are full of invented files.
            return not context.sure and is_test_path(self.source.path) and not _SIZED.search(target.path)
        if not isinstance(target, HostedModel) or target.provider is not None or "/" in target.name:
            return False
        spoken = self.detector in _CODE or (self.detector in _SETTINGS and context.kind in {"model", "hosted"})
        if spoken and self.use is not Use.DEPLOY and not context.text and offered(target.name):
            return False  # a name under which some API sells it; clusters are set up elsewhere
        opened = not hosted_developer(target.name) or target.name.lower().startswith("gpt-oss")
        return opened and (self.use is Use.DEPLOY or not context.sure or context.text)

    def _invented(self, target: Target) -> bool:
        """A word of a test where a model is asked for (`contract-model`, `offline`): neither number nor family."""
        if not isinstance(target, HostedModel) or not is_test_path(self.source.path):
            return False
        low = target.name.lower()
        if any(map(str.isdigit, low)) or hosted_developer(low.rpartition("/")[2]) is not None:
            return False
        return not (looks_like_model(low) or low in TIERS or offered(target.name)) or low.endswith("-model")

    def _sold(self, target: Target, context: Context) -> bool:
        """A name under which some API sells a model; clusters, where names are made up, are set up elsewhere."""
        return (
            (
                self.detector == "javascript"
                or (self.detector in _CODE and (context.kind != "" or _lower(target)))
                or (self.detector in _SETTINGS and self.use is Use.CONFIG and context.kind in {"model", "hosted"})
            )
            and not context.text
            and isinstance(target, HostedModel)
            and offered(target.name)
        )

    def _fitting(self, target: Target, attributes: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        for key, value in attributes:
            if key == "provider" or (
                key == "base_url" and not isinstance(target, HostedModel | Endpoint | HubModel)
            ):
                continue
            yield key, value

    def addresses(
        self,
        text: str,
        start: int,
        context: Context,
        *,
        symbol: str = "",
        use: Use | None = None,
        attributes: Sequence[tuple[str, str]] = (),
    ) -> Iterator[Reference]:
        """Yield what the addresses inside a text name: models, files of weights, endpoints of model APIs."""
        for match in _addresses(text):
            written = match.group()
            address = read_address(written)
            begin = start + match.start()
            if address is not None:
                likely = address.confidence
                if likely < 0.7:
                    likely = 0.8 if context.kind not in {"", "base_url", "dataset"} or "model" in written else 0.0
                if likely >= MIN_CONFIDENCE:
                    yield self.reference(
                        address.target,
                        begin,
                        begin + len(written),
                        likely,
                        symbol=symbol,
                        use=use,
                        attributes=(*address.attributes, *self._fitting(address.target, attributes)),
                    )
                continue
            endpoint = _endpoint(written, sure=context.kind == "base_url")
            if endpoint is not None:
                yield self.reference(endpoint, begin, begin + len(written), 0.9, symbol=symbol, use=use)

    def embedded(self, text: str, start: int, *, symbol: str = "", use: Use | None = None) -> Iterator[Reference]:
        """Yield what the keys of a document inside a literal of code name: `{"model": "…"}`, `model: …`."""
        for found in (*_JSON_PAIR.finditer(text), *(_YAML_PAIR.finditer(text) if "\n" in text else ())):
            row = lookup(found.group(1))
            if row is not None and row.kind in {"model", "embedding", "reranker"}:
                context = context_for(row, found.group(1))
                yield from self.value(
                    found.group(2), start + found.start(2), context, symbol=symbol or found.group(1), use=use
                )

    def prose(
        self, start: int, end: int, hits: Sequence[int], *, use: Use, symbol: str = "", kind: str = ""
    ) -> Iterator[Reference]:
        """Yield the unmistakable names in comments and documentation, around the offsets `hits`.

        Nothing where nobody asks for them.
        """
        if not self.source.documentation and use in _PROSE:
            return
        text = self.text[start:end]
        context = Context(kind=kind, text=True)
        seen: set[int] = set()
        yield from self.addresses(text, start, context, use=use, symbol=symbol)
        addresses = Spans((start + match.start(), start + match.end()) for match in _addresses(text))
        for hit in hits:
            if hit in addresses:
                continue
            begin = hit
            while begin > start and (self.text[begin - 1].isalnum() or self.text[begin - 1] in "._-/@:"):
                begin -= 1
                if hit - begin > 200:
                    break
            while begin < hit and self.text[begin] in "./:-_":
                begin += 1
            match = _NAME_IN_TEXT.match(self.text, begin, end)
            if match is None or begin in seen:
                continue
            seen.add(begin)
            word = _CLEAN.sub("", match.group())
            judged = judge(word, context)
            if judged is not None and judged.confidence >= 0.5:
                yield self.reference(
                    judged.target, begin, begin + len(word), judged.confidence, symbol=symbol, use=use
                )

    def argument(
        self, argument: Argument, start: int, *, use: Use | None = None, symbol: str = ""
    ) -> Iterator[Reference]:
        """Yield what one argument of a command line names; `start` is the offset of its value."""
        role = argument.role
        attributes = dict(argument.attributes)
        provider = attributes.pop("provider", None)
        if argument.default:
            use = Use.DEFAULT
        label = symbol or " ".join(part for part in (argument.program, argument.flag) if part)
        rest = tuple(attributes.items())
        if role == "image":
            yield from self.value(argument.value, start, Context(), symbol=label, use=use, image=True)
            return
        if role == "docker-model":
            for image in (argument.value, f"ai/{argument.value}"):
                address = read_image(image)
                if address is not None:
                    end = start + len(argument.value)
                    yield self.reference(address.target, start, end, 0.9, symbol=label, use=use)
                    return
            role = "model"
        kind = _KINDS.get(role, role)
        if role in _PROVIDER_ROLES:
            kind, provider = "hosted", role
        elif kind in {"model", "embedding"} and provider and provider not in _OPEN_HOUSES:
            kind = "hosted"
        elif kind == "model" and provider in {"ollama", "whisper"}:
            kind = provider
        elif kind == "model" and argument.flag:
            row = lookup(argument.flag)
            kind = row.provider if row is not None and row.provider in {"ollama", "whisper"} else kind
        context = Context(kind, argument.sure, None if provider in _OPEN_HOUSES else provider, None, argument.flag)
        made = False
        for reference in self.value(argument.value, start, context, symbol=label, use=use, attributes=rest):
            made = True
            yield reference
        if not made and kind == "model" and argument.sure and argument.program and ":" in argument.value:
            # `ramalama run llama3:8b`, `lms get …`: names of other registries in a place for models.
            context = Context("ollama", sure=False, provider=None, host=None, key=argument.flag)
            yield from self.value(argument.value, start, context, symbol=label, use=use, attributes=rest)
