"""Go, Rust, Java, Kotlin, C#, Swift, Ruby, PHP and others, at the level of literals and their surroundings."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aicheck.core.evidence import Gap
from aicheck.core.reference import Reference, Use
from aicheck.discover.bindings import Bindings, provider_in
from aicheck.discover.commandline import read_command
from aicheck.discover.constants import Found, constants, read_constant
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.emit import Emitter, context_for
from aicheck.discover.judge import OWN_MODELS_ONLY, Context, fits, fits_owner, hosted_developer, judge
from aicheck.discover.lexing import Lexed, Span, lex
from aicheck.discover.picklists import companions, records
from aicheck.discover.shapes import ADDRESSES, HOSTS, KEYS, NAMES
from aicheck.discover.source import SourceFile
from aicheck.discover.surroundings import Place, Surroundings
from aicheck.knowledge.keys import lookup
from aicheck.knowledge.names import OLLAMA_NAMES

__all__ = ["DETECTOR"]

_ID: Final = "source-code"
_LANGUAGES: Final = {
    "go": "go",
    "rs": "rust",
    "java": "jvm",
    "kt": "jvm",
    "kts": "jvm",
    "scala": "jvm",
    "sc": "jvm",
    "groovy": "groovy",
    "gradle": "groovy",
    "cs": "cs",
    "fs": "cs",
    "vb": "c",
    "swift": "swift",
    "rb": "ruby",
    "rake": "ruby",
    "php": "php",
    "dart": "dart",
    "c": "c",
    "h": "c",
    "cc": "c",
    "cpp": "c",
    "cxx": "c",
    "hpp": "c",
    "m": "c",
    "mm": "c",
    "zig": "c",
    "lua": "lua",
    "sql": "lua",
    "r": "r",
    "jl": "r",
    "ex": "elixir",
    "exs": "elixir",
    "pl": "ruby",
    "proto": "c",
    "pbtxt": "ruby",
    "prototxt": "ruby",
    "textproto": "ruby",
    "cu": "c",
    "tcl": "ruby",
    "nu": "ruby",
    "v": "c",
    "sol": "c",
    "cr": "ruby",
}
_CALLS: Final = tuple(
    """
model setmodel withmodel modelname modelid withmodelname llm generativemodel fromid openaichatmodel
chatmodel embeddingmodel withdefaultmodel usemodel
""".split()
)
_CALL_ENDS: Final = tuple(
    """
chatclient embeddingclient imageclient audioclient responseclient chatcompletion chatcompletionservice
textgeneration embeddinggenerator embeddinggeneration languagemodel chatmodel
""".split()
)
_BOUND: Final = frozenset({"model", "embedding", "reranker", "hosted", "ollama"})
_ANYONES: Final = frozenset(
    {"azure", "bedrock", "vertex", "openrouter", "groq", "together", "fireworks", "ollama", "huggingface",
     "github", "watsonx", "nvidia", "siliconflow", "deepinfra", "replicate", "cloudflare", "sambanova", "cerebras"}
)  # fmt: skip
"""Houses that serve other developers' models under their names."""
_COUNTED: Final = re.compile(r"encoding|tiktoken|tokenizer\.get|codec", re.IGNORECASE)
"""Tables of tokens by name: they count tokens and call nobody."""
_QUALIFIED: Final = re.compile(r"\?\.|\.|::")
_IMPORTING: Final = re.compile(rb"\s*(?:@import|import|use|pub use|using|package|from|require|namespace)\b")
_ARM: Final = re.compile(rb"\s*(?:=>|->)")
_GIVEN: Final = re.compile(rb"(?:\s*(?::[^=;,\n]{0,60})?=(?![=>])|\s+\w+\s*=(?![=>])|\s*\(\s*[\"'])")
_NAMED: Final = re.compile(rb"[\w$]")
_SETTING: Final = re.compile(r"([A-Za-z][\w.\-\[\]]{2,120})=([\w.:/@-]{2,120})\Z")
_MAX: Final = 400
_LARGEST: Final = 4 << 20
EMPTY: Final[tuple[tuple[str, str], ...]] = ()


def _is_call(place: Place) -> bool:
    """Whether a call's first argument is a model: `GetChatClient("…")`, `AddOpenAIChatCompletion("…")`."""
    last = place.callee.rpartition(".")[2].rpartition(":")[2].lower().replace("_", "")
    return place.argument == 0 and (last in _CALLS or last.endswith(_CALL_ENDS))


def _context(place: Place) -> Context:
    """What the key or the call says, before anybody asks whose API it is."""
    key = place.key
    row = lookup(key, place.parents) if key else None
    if row is None and _is_call(place):
        row = lookup("model")
    return context_for(row, key) if row is not None else Context(key=key)


class _Scan:
    def __init__(self, source: SourceFile, lexed: Lexed) -> None:
        self.lexed = lexed
        self.emitter = Emitter(source, _ID, Use.CONFIG)
        self.around = Surroundings(source.data, lexed)
        self.bindings = Bindings(self.around)
        self._definitions: dict[bytes, bool] = {}

    def literal(self, span: Span) -> Iterator[Reference | Gap]:
        text = self.emitter.text[span.start : span.end]
        if "\n" in text or " " in text.strip() or len(text) > _MAX:
            yield from self._long(text, span)
            return
        pair = _SETTING.match(text) if "=" in text else None
        if pair:
            yield from self._setting(pair, span)
            return
        place = self.around.place(span)
        if place.imported or _COUNTED.search(place.callee):
            return
        context = _context(place)
        attributes = EMPTY
        if context.kind in _BOUND or (not context.kind and hosted_developer(text) is not None):
            context, attributes = self.bound(text, span.outer, place, context)
        library = not context.kind and text.partition(":")[0].lower() in OLLAMA_NAMES
        if library and (
            provider_in(place.callee) == "ollama"
            or (place.argument >= 0 and not place.key and any(map(str.isdigit, text)) and self._local())
        ):
            context = Context("ollama", sure=True, key=context.key)  # `new OllamaApiClient(uri, "llama3.2")`
        if place.compared and not context.kind:
            context = Context(text=True, key=context.key)
        yield from self.emitter.value(
            text, span.start, context, symbol=place.symbol, use=_use(place, context), attributes=attributes
        )

    def _local(self) -> bool:
        """Whether the file imports a client of Ollama: `Coordinator::new(ollama, "llama3.2".to_string(), …)`."""
        return self.bindings.default == "ollama"

    def _setting(self, pair: re.Match[str], span: Span) -> Iterator[Reference]:
        """`"spring.ai.openai.chat.options.model=gpt-4o"`: a setting inside a literal."""
        key = pair.group(1)
        row = lookup(key)
        if row is not None and row.kind in _BOUND:
            provider = next(filter(None, map(provider_in, reversed(key.split(".")[:-1]))), None)
            context = context_for(row, key.rpartition(".")[2])
            if provider == "ollama":
                context = context._replace(kind="ollama")
            elif provider and provider != "huggingface":
                context = context._replace(kind="hosted", provider=provider)
            yield from self.emitter.value(pair.group(2), span.start + pair.start(2), context, symbol=key)

    def bound(
        self, name: str, offset: int, place: Place, context: Context, provider: str | None = None
    ) -> tuple[Context, tuple[tuple[str, str], ...]]:
        """Say whose API a model goes to: its call and types, its builder's start, the base URL, the imports."""
        bindings = self.bindings
        provider = provider or self._said(offset, place) or context.provider
        base = bindings.base(offset, provider)
        if base is not None and base.provider == "ollama" and hosted_developer(name):
            base = None  # nobody runs this one at home
        if base is not None and base.house and not fits(name, base.provider):
            base = None  # the address of another client
        host, attributes = None, EMPTY
        if base is not None and base.provider == "ollama" and provider is None:
            provider, host, attributes = "ollama", base.host, (("base_url", base.url),)
        elif base is not None:
            provider = base.provider if base.provider not in {"self-hosted", "ollama"} else provider
            host, attributes = base.host, (("base_url", base.url),)
        elif provider in {None, "openai"} and context.kind and bindings.open_base():
            provider = None
        elif provider is None and context.kind:
            guess = bindings.default
            provider = guess if guess and (guess in _ANYONES or fits(name, guess)) else None
            if provider == "ollama" and hosted_developer(name):
                provider = None
        if provider in OWN_MODELS_ONLY and host is None and "/" in name and not fits_owner(name, provider):
            provider = None
        if provider in OWN_MODELS_ONLY and base is None and not fits(name, provider):
            provider = None  # a type of that house's protocol, filled by others
        kind = context.kind
        if provider == "ollama":
            return Context("ollama" if kind else "", context.sure, None, host, context.key), attributes
        if provider == "huggingface":
            return Context("model" if kind == "hosted" else kind, context.sure, None, None, context.key), EMPTY
        if kind in _BOUND and (provider or host):
            kind = "hosted"
        return Context(kind, context.sure, provider, host, context.key), attributes

    def _said(self, offset: int, place: Place) -> str | None:
        """The provider that the call, the types around or the start of the chain of calls name."""
        root = self.bindings.root(offset) if place.argument >= 0 else ""
        for label in (place.callee, root):
            provider = provider_in(label) if label else None
            if provider:
                return provider
        if root[:1].isupper():
            return None  # a builder of some other type: what the result is called says nothing
        return next(filter(None, map(provider_in, (*reversed(place.parents), place.key))), None)

    def constant(self, found: Found) -> Iterator[Reference]:
        """A constant of an SDK instead of a literal."""
        alone = not _QUALIFIED.search(found.text)
        constant = read_constant(found.text, self.bindings.imported(found.text) if alone else ())
        if constant is None and not alone:
            return
        if alone and (constant is None or not constant.known):
            for path in self.bindings.wildcards():
                wild = read_constant(found.text, path)
                if wild is not None and wild.known:
                    constant = wild
                    break
        line = self.lexed.code.rfind(b"\n", 0, found.start) + 1
        if (
            constant is None
            or _ARM.match(self.lexed.code, found.end)
            or _IMPORTING.match(self.lexed.code, line)
            or self._defined(found)
        ):
            return
        outer = found.start - (self.lexed.code[found.start - 1 : found.start] == b".")  # Swift: `model: .gpt4_o`
        span = Span("string", found.start, found.end, outer, found.end)
        place = self.around.place(span)
        if place.compared:
            return
        context = _context(place)
        if not constant.known and context.kind not in _BOUND:
            return
        if constant.kind == "hosted":
            context, attributes = self.bound(
                constant.value, found.start, place, context._replace(kind="hosted", sure=True), constant.provider
            )
            context = context._replace(kind=context.kind or "hosted", sure=True)
        else:
            context, attributes = Context(constant.kind, sure=True), EMPTY
        judged = judge(constant.value, context)
        if judged is not None:
            yield self.emitter.reference(
                judged.target,
                found.start,
                found.end,
                min(judged.confidence, 0.9),
                symbol=place.symbol,
                use=_use(place, context),
                attributes=attributes,
            )

    def _defined(self, found: Found) -> bool:
        """Whether the file gives the name its value: the definition says it already."""
        member = _QUALIFIED.split(found.text)[-1].encode("latin-1")
        known = self._definitions.get(member)
        if known is None:
            known = self._definitions[member] = self._defines(member)
        return known

    def _defines(self, member: bytes) -> bool:
        code = self.lexed.code
        at = code.find(member)
        while at >= 0:
            end = at + len(member)
            if _GIVEN.match(code, end) and not _NAMED.match(code, at - 1, at):
                return True
            at = code.find(member, at + 1)
        return False

    def _long(self, text: str, span: Span) -> Iterator[Reference]:
        if "model" in text and len(text) < _LARGEST:
            yield from self.emitter.embedded(text, span.start)
        if "://" in text:
            yield from self.emitter.addresses(text, span.start, Context())
        if len(text) < 4000 and " " in text:
            for argument in read_command(text):
                if argument.role != "comment" and argument.program and argument.sure:
                    yield from self.emitter.argument(argument, span.start + argument.start)

    def chosen(self, hits: Sequence[Hit]) -> dict[int, list[int]]:
        """The literals and comments that hits touch, and those a key or call on the same line is given."""
        lexed = self.lexed
        found: dict[int, list[int]] = {}
        for hit in hits:
            index = bisect_right(lexed.outers, hit.start) - 1
            if index >= 0 and hit.start < lexed.spans[index].close:
                found.setdefault(index, []).append(hit.start)
                continue
            following = lexed.index_after(hit.end)
            if following < len(lexed.spans):
                gap = lexed.code[hit.end : lexed.spans[following].outer]
                if len(gap) < 120 and b";" not in gap and gap.count(b"\n") <= 1:
                    found.setdefault(following, [])
        return found


def _use(place: Place, context: Context) -> Use:
    if context.sure and place.callee:
        return Use.LOAD
    return Use.DEFAULT if place.default or "default" in place.key.lower() else Use.CONFIG


def detect(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what the file names."""
    if not hits:
        return
    language = _LANGUAGES.get(source.name.lower().rpartition(".")[2])
    if language is None:
        return
    lexed = source.parsed("lexed", lambda file: lex(file.data, language))
    scan = _Scan(source, lexed)
    seen: list[tuple[Span, Reference]] = []
    for index, starts in sorted(scan.chosen(hits).items()):
        span = lexed.spans[index]
        if span.kind == "comment":
            yield from scan.emitter.prose(span.start, span.end, starts, use=Use.COMMENT)
        else:
            for found in scan.literal(span):
                if isinstance(found, Reference):
                    seen.append((span, found))
                yield found
    yield from companions(seen, scan.around, scan.emitter)
    yield from records(seen, scan.around, scan.emitter)
    for name in constants(lexed, hits):
        yield from scan.constant(name)


DETECTOR = Detector(
    _ID, tuple(f"*.{extension}" for extension in _LANGUAGES), (*NAMES, *ADDRESSES, *HOSTS, *KEYS), detect
)
