"""Plain text, documentation, HTML and XML: addresses, lists of downloads, pick lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aicheck.core.reference import Reference, Use
from aicheck.core.target import WeightsFile
from aicheck.discover.commandline import read_command
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.emit import Emitter, context_for
from aicheck.discover.judge import Context
from aicheck.discover.lexing import Places, Span
from aicheck.discover.shapes import ADDRESSES, HOSTS, NAMES
from aicheck.discover.source import SourceFile
from aicheck.discover.urls import is_weights_name
from aicheck.knowledge.keys import lookup

__all__ = ["DETECTORS"]

_DOCUMENTS: Final = tuple(
    """
.md .mdx .rst .adoc .tex .bib .cff .mdc .org .markdown .rmd .qmd .ipynb
""".split()
)
_LIST_NAME: Final = re.compile(
    r"(?:^|/)[\w.\-]*(?:links?|urls?|models?|downloads?|checkpoints?|weights|files|ids)[\w.\-]*\.(?:txt|list|lst)\Z",
    re.IGNORECASE,
)
_NEVER: Final = re.compile(
    r"(?:^|/)(?:requirements[\w.\-]*|constraints[\w.\-]*|licen[cs]e[\w.\-]*|notice|copying|authors|codeowners|robots|humans|cmakelists)\.?(?:txt|in)?\Z",
    re.IGNORECASE,
)
_OUT: Final = re.compile(r"^\s*(?:out|filename|dir|file|path|name)=(\S+)\s*$", re.MULTILINE)
_ITEM: Final = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])?[ \t]*([^\s#,;|]+)[ \t]*(?:[#,;|].*)?$", re.MULTILINE)
_ATTRIBUTE: Final = re.compile(rb"([\w:\-]+)\s*=\s*\Z")
_TEXT: Final = re.compile(rb">\s*+([^<>\s][^<>\n]{1,399}?)\s{0,200}</")
_SCRIPTED: Final = re.compile(rb"https?://[^\s\"'`<>]+")
_TAG: Final = re.compile(rb"<([\w:.\-]+)(?:\s[^<>]*?\bname=\"([^\"]*)\")?[^<>]*\Z")
_NAMED: Final = re.compile(rb"<[\w:]+[^<>]*?\b(?:key|name)=\"([^\"<>]+)\"[^<>]*\Z")
_SETTINGS: Final = (".xml", ".config", ".csproj", ".props", ".targets", ".plist", ".resx")
_REQUIREMENT: Final = re.compile(r"[=<>~!]=|\s@\s")


def _document(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Reference]:
    emitter = Emitter(source, "documentation", Use.DOCUMENTATION)
    yield from emitter.prose(0, len(emitter.text), [hit.start for hit in hits], use=Use.DOCUMENTATION)


def _list(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Reference]:
    """Addresses and weights, one a line; names where most lines are one."""
    emitter = Emitter(source, "text", Use.DEPLOY)
    text = emitter.text
    listed = list(_ITEM.finditer(text))
    lines = max(1, sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")))
    whole = len(listed) / lines > 0.7
    seen: list[tuple[int, int]] = []
    yield from emitter.addresses(text, 0, Context("model"))
    del seen
    for match in _OUT.finditer(text):
        if is_weights_name(match.group(1)):
            yield emitter.reference(WeightsFile(match.group(1)), match.start(1), match.end(1), 0.85, symbol="out")
    if not whole or _REQUIREMENT.search(text):
        return
    places = {source.line_bounds(source.line_of(hit.start))[0] for hit in hits}
    named = _LIST_NAME.search("/" + source.path) is not None
    for match in listed:
        if match.start() in places and "://" not in match.group(1) and "=" not in match.group(1):
            context = Context("model" if named else "")
            yield from emitter.value(match.group(1), match.start(1), context, symbol="list")


def detect_text(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what a text file names; documentation is told from lists by name and shape."""
    if not hits or _NEVER.search(source.path):
        return
    low = source.name.lower()
    if low.endswith(_DOCUMENTS):
        if not source.documentation:
            return
        yield from _document(source, hits)
    elif low.endswith((".txt", ".list", ".lst", ".csv", ".tsv", ".text", ".urls")) or "." not in low:
        text = source.text
        rows = [row for row in text.splitlines() if row.strip()]
        prose = sum(1 for row in rows if row.count(" ") > 4)
        if _LIST_NAME.search("/" + source.path) or (
            rows
            and prose * 5 < len(rows)
            and low.endswith((".txt", ".list", ".lst", ".urls"))
            and len(rows) < 2000
        ):
            yield from _list(source, hits)
        else:
            yield from _document(source, hits)


def _attribute(key: str, text: str, span: Span, emitter: Emitter, data: bytes) -> Iterator[Reference]:
    """The value of an attribute: a command line, a setting by the name beside it, a choice."""
    if text.lstrip().startswith("--") and " " in text.strip():
        for argument in read_command(text):
            if argument.role != "comment" and (argument.sure or argument.flag):
                yield from emitter.argument(argument, span.start + argument.start, symbol=key)
        return
    if key == "value":
        named = _NAMED.search(data[max(0, span.outer - 200) : span.outer])
        row = lookup(named.group(1).decode("latin-1").replace(":", ".")) if named else None
        if named and row is not None:
            name = named.group(1).decode("latin-1")
            yield from emitter.value(text, span.start, context_for(row, name), symbol=name)
            return
    use = Use.CHOICE if key == "value" else None
    loose = key.lower() in {"include", "update", "name", "label", "header"}
    yield from emitter.value(text, span.start, Context(key=key, text=loose), symbol=key, use=use)


def _scripted(data: bytes, hit: Hit, begin: int, done: set[int], emitter: Emitter) -> Iterator[Reference]:
    """An address in a script or in the text of an element."""
    done.discard(begin)
    for found in _SCRIPTED.finditer(data, max(begin, hit.start - 200), hit.end + 300):
        if found.start() <= hit.start < found.end() and found.start() not in done:
            done.add(found.start())
            yield from emitter.addresses(
                found.group().decode("latin-1"), found.start(), Context(), symbol="script"
            )


def detect_markup(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what HTML and XML name: attributes, texts of elements, comments told apart."""
    if not hits:
        return
    data = source.data
    places = Places(data, "xml")
    emitter = Emitter(source, "markup", Use.CONFIG)
    done: set[int] = set()
    for hit in hits:
        span = places.at(hit.start)
        if span is not None and span.kind == "comment":
            yield from emitter.prose(span.start, span.end, [hit.start], use=Use.COMMENT)
        elif span is not None:
            if span.outer in done:
                continue
            done.add(span.outer)
            found = _ATTRIBUTE.search(data[max(0, span.outer - 60) : span.outer])
            key = found.group(1).decode("latin-1") if found else ""
            text = emitter.text[span.start : span.end]
            if (
                key.lower()
                in {
                    *"""
href src class style id alt title content
""".split()
                }
                and "resolve" not in text
                and not text.startswith(("hf:", "ollama:"))
            ):
                continue
            yield from _attribute(key, text, span, emitter, data)
        else:
            begin = data.rfind(b">", max(0, hit.start - 400), hit.start)
            if begin < 0 or begin in done:
                continue
            done.add(begin)
            element = _TEXT.match(data, begin)
            if element is None or b" " in element.group(1):
                yield from _scripted(data, hit, begin, done, emitter)
                continue
            if element:
                tag = _TAG.search(data[max(0, begin - 200) : begin])
                name = tag.group(2) or tag.group(1) if tag else b""
                key = name.decode("latin-1")
                row = lookup(key) if source.name.lower().endswith(_SETTINGS) else None
                yield from emitter.value(
                    element.group(1).decode("latin-1"),
                    element.start(1),
                    context_for(row, key) if row is not None else Context(),
                    symbol=key if row is not None else "text",
                    use=None if row is not None else Use.CHOICE,
                )


DETECTORS = (
    Detector(
        "text",
        (
            *(f"*{extension}" for extension in _DOCUMENTS if extension != ".ipynb"),
            "*.txt",
            "*.list",
            "*.lst",
            "*.csv",
            "*.tsv",
            "*.urls",
            "readme",
        ),
        (*NAMES, *ADDRESSES, *HOSTS),
        detect_text,
    ),
    Detector(
        "markup",
        tuple(
            """
*.csproj *.fsproj *.vbproj *.props *.targets *.xcscheme *.resx
*.html *.htm *.xml *.xhtml *.plist *.xaml *.config *.j2.html *.ejs *.hbs *.liquid *.erb *.razor *.cshtml
*.twig
""".split()
        ),
        (*NAMES, *ADDRESSES, *HOSTS),
        detect_markup,
    ),
)
