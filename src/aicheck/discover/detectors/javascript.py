"""JavaScript and TypeScript, with JSX, Vue, Svelte and Astro."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference, Use
from aicheck.core.target import HostedModel, HubModel
from aicheck.discover.bindings import Bindings, provider_in
from aicheck.discover.commandline import read_command
from aicheck.discover.constants import Found, constants, read_constant
from aicheck.discover.detector import Detection, Detector, Hit, Link
from aicheck.discover.emit import Emitter, context_for
from aicheck.discover.jsfile import Client, JsFile, constant_span
from aicheck.discover.jslink import BIND, USE
from aicheck.discover.judge import OWN_MODELS_ONLY, Context, fits, fits_owner, judge
from aicheck.discover.lexing import Lexed, Span, lex_javascript
from aicheck.discover.picklists import alternatives, companions, records
from aicheck.discover.shapes import ADDRESSES, HOSTS, KEYS, NAMES
from aicheck.discover.source import SourceFile
from aicheck.discover.surroundings import Place, Surroundings
from aicheck.knowledge import hosts
from aicheck.knowledge.keys import lookup, normalize
from aicheck.knowledge.names import OLLAMA_NAMES

__all__ = ["DETECTOR"]

_ID: Final = "javascript"
_SINKS: Final = tuple(
    b"""
from_pretrained( pipeline( createmlcengine replicate.run languagemodel( embeddingmodel( getgenerativemodel
gateway( openai( anthropic( google( modelid modelname defaultmodel openrouter( mistral( groq( xai( deepseek(
bedrock(
""".split()
)
_TEXT: Final = re.compile(rb">\s*+([^<>{}\s][^<>{}\n]{1,99}?)\s{0,200}</")
_VALUE: Final = 240
_SEARCHED: Final = 128 << 10
"""Bytes of a file that is searched for each label anew."""
_REACH: Final = 200
_BUNDLE: Final = 64 << 10
_PROVIDER: Final = re.compile(rb"\bprovider\s*:\s*[\"'`]([\w.\-]+)[\"'`]")
_OPTIONS: Final = re.compile(rb"[\"'`]\s{0,200},\s{0,200}\{")
_REVISION: Final = re.compile(rb"\brevision\s{0,20}:\s{0,20}[\"'`]([\w./-]+)[\"'`]")
_LOADERS: Final = frozenset({"from_pretrained", "pipeline"})
_LOADER_CALL: Final = re.compile(rb"(?<![\w$])(?:from_pretrained|pipeline)\s{0,20}\(")
_HUB_CALLS: Final = frozenset({"snapshotDownload", "downloadFile", "downloadFileToCacheDir", "fileDownloadInfo"})
_CONSTANT: Final = re.compile(rb"\bconst\s{1,20}([\w$]{1,100})\s{0,20}(?::\s{0,20}string\s{0,20})?=\s{0,20}\Z")
_SHOWN: Final = frozenset({"name", "label", "title", "displayName", "modelName", "text"})
_NEVER_KEYS: Final = frozenset(
    {
        "className",
        "class",
        "href",
        "src",
        "style",
        "viewBox",
        "d",
        "placeholder",
        "alt",
        "title",
        "testId",
        "data-testid",
        "icon",
        "logo",
        "import",
        "type",
    }
)
_TAKES: Final = frozenset({"model", "hosted", "embedding", "reranker", "ollama", "replicate"})
_PIPELINE: Final = re.compile(
    rb"\bpipeline(?:<[^<>()]*>)?\s*+\(\s*+[\w\"'`$.][\w\"'`$. ]{0,200}?\s{0,200},\s*+"
    rb"([A-Za-z_$][\w$]*(?:\.[\w$]+)?)\s*[,)]"
)
_GATEWAYS: Final = frozenset({"gateway", "createGateway"})
_HUB: Final = frozenset({"huggingface"})
_COMMAND: Final = re.compile(r"^(?:\S*/)?(?:vllm|ollama|huggingface-cli|hf|llama-server|docker|npx|python3?)\s")


def _loads(place: Place) -> bool:
    """Tell whether the call loads weights here: no address of the file is asked for them."""
    return (
        place.argument >= 0
        and not place.key
        and place.callee.rpartition(".")[2] in {"from_pretrained", "pipeline"}
    )


def _context(place: Place, file: JsFile, value: str, offset: int) -> tuple[Context, Client | None]:
    """Say what the place means for the literal, and which client it is called with."""
    table = file.table
    client, called = file.binding(place, offset)
    provider, host = client.provider, client.host
    last = place.callee.rpartition(".")[2]
    key = place.key
    if place.argument >= 0 and not place.key:
        if last == "from_pretrained" and place.argument == 0:
            return Context("model", sure=True, key=place.callee), None
        if last == "pipeline":
            if place.argument == 1:
                return Context("model", sure=True, key=place.callee), None
            if value in table.tasks:
                return Context("none"), None
        if (
            last in {"CreateMLCEngine", "CreateWebWorkerMLCEngine", "CreateServiceWorkerMLCEngine", "reload"}
            and "MLC" in value
        ):
            return Context("webllm", sure=True), None
        if last == "run" and provider == "replicate":
            return Context("replicate", sure=True), None
        maker = last in table.model_methods or (
            "." not in place.callee and (provider != "vercel" or last in _GATEWAYS)
        )
        if called and place.argument == 0 and maker:
            return _bound(provider, host, place.callee, sure=True), client
    row = lookup(key, place.parents) if key else None
    if row is None and place.argument >= 0 and place.callee and place.argument == 0:
        # Helpers that take a model: `withModel("…")`, `setModel("…")`, `useState("…")` under a named variable.
        row = lookup(last.removeprefix("set").removeprefix("use").removeprefix("with").removeprefix("get"))
        if row is not None and row.provider == "ollama" and value.partition(":")[0].lower() not in OLLAMA_NAMES:
            row = None  # `ollamaFormatAllCustomModels("chat")`
    if row is None:
        return Context(
            key=key, provider=provider if called else None, host=host if called else None
        ), client if called else None
    if row.kind in {"model", "embedding", "reranker"}:
        chosen = provider or (None if row.provider or called else file.default)
        if chosen is None and not called:
            chosen = _keyed(place, value)
            if chosen:
                return _bound(chosen, None, key, sure=row.sure), None
        if called or (chosen and place.callee):
            return _bound(chosen, host, key, sure=called or row.sure), client
    return context_for(row, key, provider=provider, host=host), client


def _keyed(place: Place, value: str) -> str | None:
    """`replicate: { models: ["…"] }`: the provider that a key around is named after."""
    for label in reversed(place.parents):
        found = provider_in(label) if label.isidentifier() and normalize(label).count("_") < 2 else None
        if found and "." not in label:
            return found if found not in OWN_MODELS_ONLY or fits(value, found) else None
    return None


def _bound(provider: str | None, host: str | None, key: str, *, sure: bool) -> Context:
    if provider in _HUB:
        return Context("model", sure, None, host, key)
    if provider == "ollama":
        return Context("ollama", sure, None, host, key)
    if provider == "replicate":
        return Context("replicate", sure, provider, host, key)
    return Context("hosted", sure, provider or None, host, key)


def _use(place: Place, context: Context) -> Use:
    if (
        place.default
        or "default" in place.key.lower()
        or any("default" in part.lower() for part in place.parents[-1:])
    ):
        return Use.DEFAULT
    if context.sure and place.callee and context.kind:
        return Use.LOAD
    if place.listed or place.key in {"value", "option"}:
        return Use.CHOICE
    return Use.CONFIG


_MODEL_COMPARED: Final = re.compile(rb"model(?:_?(?:id|name))?\s{0,4}[!=]==?\s{0,4}\Z", re.IGNORECASE)
"""`settings.model === "…"`: what a model is compared with is one."""


_MODEL_SWITCH: Final = re.compile(
    rb"\bswitch\s{0,4}\([^(){}]{0,60}model(?:_?(?:id|name))?\)?\s{0,4}\)\s{0,4}\Z", re.IGNORECASE
)


class _Scan:
    def __init__(self, source: SourceFile, lexed: Lexed) -> None:
        self.source = source
        self.data = source.data
        self.lexed = lexed
        self.emitter = Emitter(source, _ID, Use.CONFIG)
        self.around = Surroundings(self.data, lexed)
        self._file: JsFile | None = None
        self._literals: list[str] | None = None
        self.bindings = Bindings(self.around)
        # Bundles keep neither names nor imports: only what a literal says by itself is read there.
        self.revised = b"revision" in self.data
        self.bundle = len(self.data) > _BUNDLE and self.data.count(b"\n") * 400 < len(self.data)

    @property
    def file(self) -> JsFile:
        """Imports and clients, read when a literal first asks for them."""
        if self._file is None:
            self._file = JsFile(self.data, self.around)
        return self._file

    def _sent(self, low: str) -> bool:
        """Whether a name in lower case stands in the file, too; looked up once for catalogues of megabytes."""
        if len(self.data) < _SEARCHED:
            return low.encode() in self.data
        if self._literals is None:
            text = self.emitter.text
            told = {text[span.start : span.end].rpartition("/")[2] for span in self.lexed.spans}
            self._literals = sorted(told)
        index = bisect_left(self._literals, low)
        return index < len(self._literals) and self._literals[index].startswith(low)

    def literal(self, span: Span) -> Iterator[Reference | Gap | Link]:
        text = self.emitter.text[span.start : span.end]
        if self.bundle:
            if " " not in text and len(text) < _VALUE:
                yield from self.emitter.value(text, span.start, Context(text=True), symbol="bundle")
            return
        prose = " " in text.strip() or len(text) > _VALUE
        document = "\n" in text and 'model"' in text
        if (
            span.kind == "string"
            and prose
            and not document
            and "://" not in text
            and not _COMMAND.match(text.strip())
        ):
            return
        place = self.around.place(span)
        if place.imported or (place.key in _NEVER_KEYS and "://" not in text and not text.startswith("gpt-")):
            return
        if span.kind == "template":
            yield from self.emitter.addresses(text, span.start, Context(), symbol=place.symbol)
            yield from self._dynamic(span, text, place)
            return
        if len(text) > _VALUE or "\n" in text or " " in text.strip():
            yield from self._long(text, span, place)
            return
        if place.key in _SHOWN and text != text.lower() and "/" not in text and self._sent(text.lower()):
            return  # what people read beside the name that is sent
        context, client = _context(place, self.file, text, span.outer)
        if context.kind in {"", "model", "hosted"} and context.provider is None and not place.callee:
            context = self._neighbour(span, context)
        if context.kind == "none":
            return
        if not context.kind and place.argument == 0 and text in OLLAMA_NAMES and self.file.default == "ollama":
            context = Context("ollama", key=place.callee)  # `run("mistral")` in a file of Ollama's client
        attributes = client.attributes if client is not None else ()
        if context.kind in {"model", "hosted"} and not (
            context.provider or context.host or attributes or _loads(place)
        ):
            context, attributes = self._fetched(text, span, context)
        use = _use(place, context)
        if self.revised:
            attributes += self._revision(span, place)
        if context.kind == "webllm":
            yield self.emitter.reference(
                HubModel(f"mlc-ai/{text}"), span.start, span.end, 0.85, symbol=place.symbol, use=use
            )
            return
        if not context.kind and self._case(span):
            context = Context("model", key="model")
        elif place.compared and not context.kind:
            named = _MODEL_COMPARED.search(self.lexed.code, max(0, span.outer - 80), span.outer)
            context = Context("model", key="model") if named else Context(text=True, key=context.key)
        for reference in self.emitter.value(
            text, span.start, context, symbol=place.symbol, use=use, attributes=attributes
        ):
            yield reference
            if client is not None and client.waits_for is not None:
                yield Link(BIND, client.waits_for[0], "", reference, client.waits_for[1])

    def _case(self, span: Span) -> bool:
        """`switch (model) { case "…":`: what a model is told apart by are models."""
        code = self.lexed.code
        if code[max(0, span.outer - 40) : span.outer].rstrip()[-4:] != b"case":
            return False
        around = self.around.brackets.around(span.outer, 1)
        return bool(around) and _MODEL_SWITCH.search(code, max(0, around[0] - 120), around[0]) is not None

    def _fetched(self, text: str, span: Span, context: Context) -> tuple[Context, tuple[tuple[str, str], ...]]:
        """`fetch("https://api…", { body: … model: "…" })`: the address that the request goes to."""
        base = self.bindings.base(span.outer, None)
        if base is None or base.provider in {"self-hosted", "ollama"}:
            return context, ()
        if base.house and not (fits_owner(text, base.provider) if "/" in text else fits(text, base.provider)):
            return context, ()
        return _bound(base.provider, base.host, context.key, sure=context.sure), (("base_url", base.url),)

    def constant(self, found: Found) -> Iterator[Reference | Link]:
        """A name instead of a literal: an SDK's constant, or one of this file or of another of the project."""
        if found.text.startswith(("this.", "props.", "process.", "import.meta")):
            return
        span = Span("string", found.start, found.end, found.start, found.end)
        place = self.around.place(span)
        if place.imported or place.compared:
            return
        file = self.file
        context, client = _context(place, file, found.text, found.start)
        attributes = client.attributes if client is not None else ()
        owner = found.text.partition(".")[0]
        known = read_constant(found.text) if "." in found.text and owner not in file.imports else None
        if known is not None and known.known and constant_span(self.lexed.code, self.lexed, found.text) is None:
            provider = context.provider or known.provider
            kind = "hosted" if known.kind == "hosted" else known.kind
            judged = judge(known.value, Context(kind, sure=True, provider=provider, host=context.host))
            if judged is not None:
                yield self.emitter.reference(
                    judged.target, found.start, found.end, 0.85, symbol=place.symbol, use=_use(place, context)
                )
            return
        if context.kind not in _TAKES:
            return
        defined = constant_span(self.lexed.code, self.lexed, found.text)
        if defined is not None:
            if context.provider or context.host or context.kind != "model":
                text = self.emitter.text[defined.start : defined.end]
                yield from self.emitter.value(
                    text, defined.start, context, symbol=found.text, attributes=attributes
                )
        elif (
            owner in file.imports
            and context.sure
            and (client is not None or context.kind == "model")
            and ("." in found.text or not found.text[:1].isupper() or found.text.isupper())
        ):
            original, module = file.imports[owner]
            member = found.text.partition(".")[2]
            waiting = self.emitter.reference(
                HostedModel(context.provider, found.text, context.host),
                found.start,
                found.end,
                0.9,
                symbol=place.symbol,
                use=Use.LOAD if place.callee else Use.CONFIG,
                attributes=attributes,
            )
            value = "|".join((context.kind, context.provider or "", context.host or ""))
            yield Link(USE, f"{original}.{member}" if member else original, value, waiting, module)

    def _revision(self, span: Span, place: Place) -> tuple[tuple[str, str], ...]:
        """`pipeline(task, "owner/name", { revision: "…" })`: in the options of the call that takes the name."""
        last = place.callee.rpartition(".")[2]
        found: bytes | None = None
        if last in _LOADERS:
            options = _OPTIONS.match(self.data, span.end)
            said = _REVISION.search(self.data, options.end(), options.end() + _VALUE) if options else None
            if options and said and b"}" not in self.data[options.end() : said.start()]:
                found = said.group(1)
        elif last in _HUB_CALLS:
            # `downloadFile({ repo: { type: "model", name: "…" }, path: "…", revision: "…" })`
            brackets = [at for at in self.around.brackets.around(span.outer, 3) if self.data[at] == 0x28]
            if brackets:
                close = self.around.brackets.close_of(brackets[0], 2000)
                said = _REVISION.search(self.data, brackets[0], close)
                found = said.group(1) if said else None
        elif not place.callee:
            found = self._revision_of_constant(span)
        return () if found is None else (("revision", found.decode("utf-8", "replace")),)

    def _revision_of_constant(self, span: Span) -> bytes | None:
        """`const MODEL = "…"`: the revision at which every call that is given the constant loads it."""
        head = _CONSTANT.search(self.data, max(0, span.outer - _REACH), span.outer)
        if head is None:
            return None
        name = re.compile(rb"(?<![\w$.])" + re.escape(head.group(1)) + rb"(?![\w$])")
        said: set[bytes | None] = set()
        for call in _LOADER_CALL.finditer(self.data):
            close = self.around.brackets.close_of(call.end() - 1, 2000)
            if name.search(self.data, call.end(), close):
                found = _REVISION.search(self.data, call.end(), close)
                said.add(found.group(1) if found else None)
        return said.pop() if len(said) == 1 else None

    def _neighbour(self, span: Span, context: Context) -> Context:
        """`{ modelId: "gpt-4o", provider: "openai" }`: the object says whose model it is."""
        around = self.around.brackets.around(span.outer, 1)
        if around and self.data[around[0]] == 0x7B:
            found = _PROVIDER.search(self.data, around[0], self.around.brackets.close_of(around[0], 2000))
            provider = hosts.canonical_provider(found.group(1).decode("latin-1")) if found else None
            if provider and provider != "self-hosted":
                return context._replace(provider=provider)
        return context

    def _long(self, text: str, span: Span, place: Place) -> Iterator[Reference]:
        if '"' in text and "model" in text and "\n" in text:
            yield from self.emitter.embedded(text, span.start, symbol=place.symbol)
        yield from self.emitter.addresses(text, span.start, Context(), symbol=place.symbol)
        if _COMMAND.match(text.strip()) or place.callee.rpartition(".")[2] in {
            "exec",
            "execSync",
            "spawn",
            "execa",
        }:
            for argument in read_command(text):
                if argument.role != "comment" and (argument.sure or argument.program):
                    yield from self.emitter.argument(argument, span.start + argument.start, use=Use.LOAD)

    def _dynamic(self, span: Span, text: str, place: Place) -> Iterator[Gap]:
        """`pipeline(task, `Xenova/${name}`)`: surely a model, its name not."""
        last = place.callee.rpartition(".")[2]
        if self.data[span.outer] == 0x60 and (
            (last == "pipeline" and place.argument == 1) or last == "from_pretrained"
        ):  # the first piece
            line, column = self.source.position(span.start)
            yield Gap(
                f"{self.source.path}:{line}",
                GapReason.DYNAMIC,
                f"{place.callee}(`{text}${{…}}`)",
                self.source.path,
                line,
                column,
            )

    def spans(self, hits: Sequence[Hit]) -> Iterator[tuple[Span, list[int]]]:
        """The literals and comments that hits touch, each once with the offsets of its hits."""
        chosen: dict[int, list[int]] = {}
        lexed = self.lexed
        for hit in hits:
            index = bisect_right(lexed.outers, hit.start) - 1
            if index >= 0 and hit.start < lexed.spans[index].close:
                chosen.setdefault(index, []).append(hit.start)
                if lexed.spans[index].kind == "comment":
                    continue
            if self.bundle:
                continue
            for following in self._after(hit.end):
                chosen.setdefault(following, [])
        for index in sorted(chosen):
            yield lexed.spans[index], chosen[index]

    def _after(self, offset: int) -> Iterator[int]:
        """Literals given to the key or call at `offset`: on its statement, or in the bracket it opens."""
        lexed = self.lexed
        index = lexed.index_after(offset)
        if index >= len(lexed.spans) or lexed.spans[index].outer - offset > _REACH:
            return
        first = lexed.spans[index].outer
        between = lexed.code[offset:first]
        if b";" in between or between.count(b"\n") > 3:
            return
        opener = re.search(rb"[=:(]\s*(?:new\s+Set\(|Object\.freeze\()?\s*([\[{])", between)
        limit = self.around.brackets.close_of(offset + opener.start(1)) if opener else first + _REACH
        count = 0
        while index < len(lexed.spans) and lexed.spans[index].outer < limit and count < (400 if opener else 3):
            if not opener and (
                b";" in lexed.code[first : lexed.spans[index].outer]
                or lexed.code[first : lexed.spans[index].outer].count(b"\n") > 1
            ):
                return
            yield index
            index += 1
            count += 1

    def markup(self, hits: Sequence[Hit]) -> Iterator[Reference]:
        """Text of JSX and HTML elements: `<option>gpt-4o</option>`."""
        done: set[int] = set()
        for hit in hits:
            if self.lexed.at(hit.start) is not None:
                continue
            begin = self.data.rfind(b">", max(0, hit.start - 120), hit.start)
            if begin < 0 or begin in done:
                continue
            done.add(begin)
            found = _TEXT.match(self.data, begin)
            if found:
                text = found.group(1).decode("latin-1")
                if " " not in text:
                    yield from self.emitter.value(text, found.start(1), Context(), symbol="text", use=Use.CHOICE)


def _piped(lexed: Lexed) -> Iterator[Found]:
    """The model of `pipeline(task, MODEL)`, which no key names."""
    for match in _PIPELINE.finditer(lexed.code):
        yield Found(match.group(1).decode("latin-1"), match.start(1), match.end(1))


def detect(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what the file names."""
    if not hits:
        return
    lexed = source.parsed("javascript-lexed", lambda file: lex_javascript(file.data))
    scan = _Scan(source, lexed)
    seen: list[tuple[Span, Reference]] = []
    for span, starts in scan.spans(hits):
        if span.kind == "comment":
            yield from scan.emitter.prose(span.start, span.end, starts, use=Use.COMMENT)
        elif span.kind in {"string", "template"}:
            for found in scan.literal(span):
                if isinstance(found, Reference):
                    seen.append((span, found))
                yield found
    if not scan.bundle:
        for name in (*constants(lexed, hits), *_piped(lexed)):
            yield from scan.constant(name)
        yield from companions(seen, scan.around, scan.emitter)
        yield from records(seen, scan.around, scan.emitter)
        yield from alternatives(seen, scan.around, scan.emitter)
    if source.name.lower().endswith(("x", ".vue", ".svelte", ".astro")):
        yield from scan.markup(hits)


DETECTOR = Detector(
    _ID,
    ("*.js", "*.jsx", "*.ts", "*.tsx", "*.mjs", "*.cjs", "*.mts", "*.cts", "*.vue", "*.svelte", "*.astro"),
    tuple(dict.fromkeys((*NAMES, *ADDRESSES, *HOSTS, *KEYS, *_SINKS))),
    detect,
)
