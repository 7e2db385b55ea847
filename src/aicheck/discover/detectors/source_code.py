"""Go, Rust, Java, Kotlin, C#, Swift, Ruby, PHP and others, at the level of literals and their surroundings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aicheck.core.reference import Reference, Use
from aicheck.discover.commandline import read_command
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.emit import Emitter, context_for
from aicheck.discover.judge import Context
from aicheck.discover.lexing import Lexed, Span, lex
from aicheck.discover.shapes import ADDRESSES, HOSTS, KEYS, NAMES
from aicheck.discover.source import SourceFile
from aicheck.discover.surroundings import Place, Surroundings
from aicheck.knowledge.keys import lookup

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
    "cu": "c",
    "tcl": "ruby",
    "nu": "ruby",
    "v": "c",
    "sol": "c",
    "cr": "ruby",
}
_CLIENTS: Final = {
    "openai": "openai",
    "anthropic": "anthropic",
    "genai": "google",
    "gemini": "google",
    "mistral": "mistral",
    "cohere": "cohere",
    "groq": "groq",
    "ollama": "ollama",
    "bedrock": "bedrock",
    "azureopenai": "azure",
    "deepseek": "deepseek",
    "openrouter": "openrouter",
    "vertexai": "vertex",
    "perplexity": "perplexity",
    "xai": "xai",
    "dashscope": "alibaba",
    "zhipu": "zhipuai",
    "moonshot": "moonshot",
}
_CALLS: Final = tuple(
    """
model setmodel withmodel modelname modelid withmodelname llm generativemodel fromid openaichatmodel
chatmodel embeddingmodel withdefaultmodel usemodel
""".split()
)
_MAX: Final = 400


def _provider(place: Place, statement: str) -> str | None:
    """The SDK that a call's or type's name speaks of: `openai.ChatCompletionRequest{Model: …}`."""
    chain = statement if place.argument >= 0 else ""
    for label in (place.callee, *reversed(place.parents), chain):
        low = label.lower().replace("_", "")
        for word, provider in _CLIENTS.items():
            if word in low:
                return provider
    return None


def _context(place: Place, statement: str) -> Context:
    provider = _provider(place, statement)
    key = place.key
    row = lookup(key, place.parents) if key else None
    last = place.callee.rpartition(".")[2].rpartition(":")[2].lower().replace("_", "")
    if row is None and place.argument == 0 and last in _CALLS:
        row = lookup("model")
    if (
        row is None
        and place.argument >= 0
        and last
        in {
            *"""
getenv envor getenvor lookupenv getenvdefault env get
""".split()
        }
    ):
        return Context(key=key)
    if row is None:
        return Context(key=key)
    if row.kind in {"model", "embedding"} and provider == "ollama":
        return Context("ollama", row.sure, None, None, key)
    if row.kind in {"model", "embedding"} and provider:
        return Context("hosted", row.sure, provider, None, key)
    return context_for(row, key)


class _Scan:
    def __init__(self, source: SourceFile, lexed: Lexed) -> None:
        self.lexed = lexed
        self.emitter = Emitter(source, _ID, Use.CONFIG)
        self.around = Surroundings(source.data, lexed)

    def literal(self, span: Span) -> Iterator[Reference]:
        text = self.emitter.text[span.start : span.end]
        if "\n" in text or " " in text.strip() or len(text) > _MAX:
            yield from self._long(text, span)
            return
        place = self.around.place(span)
        if place.imported:
            return
        head = self.lexed.code[max(0, span.outer - 200) : span.outer]
        context = _context(place, head[max(head.rfind(b";"), head.rfind(b"}")) + 1 :].decode("latin-1"))
        if place.compared and not context.kind:
            context = Context(text=True, key=context.key)
        use = (
            Use.LOAD
            if context.sure and place.callee
            else Use.DEFAULT
            if place.default or "default" in place.key.lower()
            else Use.CONFIG
        )
        yield from self.emitter.value(text, span.start, context, symbol=place.symbol, use=use)

    def _long(self, text: str, span: Span) -> Iterator[Reference]:
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


def detect(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what the file names."""
    if not hits:
        return
    language = _LANGUAGES.get(source.name.lower().rpartition(".")[2])
    if language is None:
        return
    lexed = source.parsed("lexed", lambda file: lex(file.data, language))
    scan = _Scan(source, lexed)
    for index, starts in sorted(scan.chosen(hits).items()):
        span = lexed.spans[index]
        if span.kind == "comment":
            yield from scan.emitter.prose(span.start, span.end, starts, use=Use.COMMENT)
        else:
            yield from scan.literal(span)


DETECTOR = Detector(
    _ID, tuple(f"*.{extension}" for extension in _LANGUAGES), (*NAMES, *ADDRESSES, *HOSTS, *KEYS), detect
)
