"""Tells strings, comments and code apart in the languages whose files carry references.

Not parsers: one pass over the bytes that knows each language's quotes and comments, so that a name in a
comment is never taken for code. All offsets are byte offsets; a span is the content without its quotes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from aicheck.core.frozen import dataclass

__all__ = ["Kind", "Lexed", "Places", "Span", "lex", "lex_javascript"]

Kind = str
"""`string`, `template` (a literal with substitutions, or one of its pieces), `comment`, `regex`."""


class Span(NamedTuple):
    """One literal or comment."""

    kind: Kind
    start: int
    """Byte offset of the content (after the quote or comment mark)."""
    end: int
    outer: int
    """Byte offset of the opening quote or mark."""
    close: int
    """Byte offset after the closing quote or mark."""


@dataclass(frozen=True, slots=True)
class Lexed:
    """The spans of one file in order, and its code with the contents of all spans blanked."""

    spans: Sequence[Span]
    code: bytes
    """Same length as the file; strings and comments are spaces, so that brackets and names are code's own."""
    outers: Sequence[int]

    def at(self, offset: int) -> Span | None:
        """Return the span that holds the byte at `offset` (quotes included), or None in code."""
        index = bisect_right(self.outers, offset) - 1
        if index >= 0 and offset < self.spans[index].close:
            return self.spans[index]
        return None

    def index_after(self, offset: int) -> int:
        """Index of the first span that begins at or after `offset`."""
        return bisect_right(self.outers, offset - 1)


class Places:
    """Where the literals and comments of a file are, for asking about a few of its bytes; as `Lexed.at`."""

    __slots__ = ("_bounds", "_data", "_starts")

    def __init__(self, data: bytes, language: str) -> None:
        self._data = data
        self._bounds = [match.span() for match in _pattern(language).finditer(data)]
        self._starts = [start for start, _ in self._bounds]

    def at(self, offset: int) -> Span | None:
        """Return the span that holds the byte at `offset` (quotes included), or None in code."""
        index = bisect_right(self._starts, offset) - 1
        if index >= 0 and offset < self._bounds[index][1]:
            return _span(self._data, *self._bounds[index])
        return None


# What is not closed ends with its line (or the file): a quote is never looked at twice, so time stays linear.
# Runs of ordinary characters are taken whole: an alternation tried at each of them costs ten times as much.
def _body(quote: str) -> bytes:
    return rf"[^{quote}\\\n]*+(?:\\(?:.|\Z)[^{quote}\\\n]*+)*+".encode()


def _long_body(quote: str) -> bytes:
    return rf"[^{quote}\\]*+(?:\\(?:.|\Z)[^{quote}\\]*+)*+".encode()


_STRING: Final = rb'"' + _body('"') + rb'(?:"|(?=\n)|\Z)'
_SINGLE: Final = rb"'" + _body("'") + rb"(?:'|(?=\n)|\Z)"
_SLASHES: Final = rb"//[^\n]*+"
_BLOCK: Final = rb"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)"
_TRIPLE: Final = rb'"""[^"]*+(?:"(?!"")[^"]*+)*+(?:"""|\Z)'
_HASH: Final = rb"(?<![^\s;])#[^\n]*+"

# Single quotes hold one character in Go, Java, Kotlin, C# and C; Rust's lifetimes have no second one.
_CHARACTER: Final = rb"'(?:[^'\\\n]|\\[^\n]{1,9})'"


_LANGUAGES: Final[dict[str, tuple[bytes, ...]]] = {
    "go": (_SLASHES, _BLOCK, _STRING, rb"`[^`]*(?:`|\Z)", _CHARACTER),
    "rust": (
        _SLASHES,
        _BLOCK,
        rb'r#"[^"]*+(?:"(?!#)[^"]*+)*+(?:"#|\Z)',
        rb'"' + _long_body('"') + rb'(?:"|\Z)',
        _CHARACTER,
    ),
    "jvm": (_SLASHES, _BLOCK, _TRIPLE, _STRING, _CHARACTER),
    "cs": (_SLASHES, _BLOCK, _TRIPLE, rb'\$?@\$?"[^"]*+(?:""[^"]*+)*"', _STRING, _CHARACTER),
    "swift": (_SLASHES, _BLOCK, _TRIPLE, _STRING),
    "dart": (_SLASHES, _BLOCK, _TRIPLE, _STRING, _SINGLE),
    "c": (_SLASHES, _BLOCK, _STRING, _CHARACTER),
    "php": (
        _SLASHES,
        _BLOCK,
        _HASH,
        rb'"' + _long_body('"') + rb'(?:"|\Z)',
        rb"'" + _long_body("'") + rb"(?:'|\Z)",
    ),
    "ruby": (_HASH, _STRING, _SINGLE),
    "elixir": (_HASH, _TRIPLE, _STRING),
    "r": (_HASH, _STRING, _SINGLE),
    "lua": (rb"--\[\[[^\]]*+(?:\](?!\])[^\]]*+)*+(?:\]\]|\Z)", rb"--[^\n]*", _STRING, _SINGLE),
    "hcl": (_SLASHES, _BLOCK, _HASH, _STRING),
    "nix": (_HASH, _BLOCK, _STRING, rb"''(?:[^']|'(?!'))*(?:''|\Z)"),
    "groovy": (_SLASHES, _BLOCK, _TRIPLE, _STRING, _SINGLE),
    "xml": (rb"<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->|\Z)", rb'"[^"<>]*+"', rb"'[^'<>\n]*+'"),
}


@cache
def _pattern(language: str) -> re.Pattern[bytes]:
    return re.compile(b"|".join(_LANGUAGES[language]), re.DOTALL)


def _span(data: bytes, start: int, end: int) -> Span:
    first = data[start]
    if first == 0x2F:
        return Span("comment", start, end, start, end)
    if first == 0x22 and end - start > 1 and data[end - 1] == 0x22 and data[start + 1] != 0x22:
        return Span("string", start + 1, end - 1, start, end)
    head = data[start : start + 4]
    if head.startswith((b"//", b"--", b"#")) and not head.startswith(b"--[["):
        return Span("comment", start, end, start, end)
    if head.startswith((b"/*", b"<!--", b"--[[")):
        return Span("comment", start, end, start, end)
    prefix = 0
    while prefix < 3 and data[start + prefix : start + prefix + 1] in b"r#$@":
        prefix += 1
    quote = data[start + prefix : start + prefix + 1]
    width = 3 if data.startswith(quote * 3, start + prefix) and end - start - prefix >= 6 else 1
    if quote == b"'" and data.startswith(b"''", start) and end - start >= 4 and width == 1:
        width = 2
    inner = min(start + prefix + width, end)
    if end - inner < width or data[end - 1 : end] not in {quote, b"#"}:
        return Span("string", inner, end, start, end)
    tail = width + (1 if prefix and data[start : start + 2] == b"r#" else 0)
    return Span("string", inner, max(inner, end - tail), start, end)


def _blank(data: bytes, spans: Sequence[Span]) -> bytes:
    parts: list[bytes] = []
    last = 0
    for span in spans:
        if span.kind == "comment":
            parts.append(data[last : span.outer])
            parts.append(b" " * (span.close - span.outer))
            last = span.close
        else:
            parts.append(data[last : span.start])
            parts.append(b" " * (span.end - span.start))
            last = span.end
    parts.append(data[last:])
    return b"".join(parts)


def lex(data: bytes, language: str) -> Lexed:
    """Read the literals and comments of a file.

    `language` is a key of the table (`go`, `rust`, `jvm`, `cs`, `swift`, `dart`, `c`, `php`, `ruby`, `elixir`,
    `r`, `lua`, `hcl`, `nix`, `groovy`, `xml`) or `javascript`. Linear in the size; broken files give what can
    be told apart.
    """
    if language == "javascript":
        return lex_javascript(data)
    spans = [_span(data, match.start(), match.end()) for match in _pattern(language).finditer(data)]
    return Lexed(spans, _blank(data, spans), [span.outer for span in spans])


_JS: Final = re.compile(rb"//|/\*|<!--|/|\"|'|`")
_JS_BRACES: Final = re.compile(rb"//|/\*|/|\"|'|`|[{}]")
_JS_DOUBLE: Final = re.compile(rb'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"', re.DOTALL)
_JS_SINGLE: Final = re.compile(rb"[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'", re.DOTALL)
_JS_TEMPLATE: Final = re.compile(rb"[^`\\$]*+(?:(?:\\.|\$(?!\{))[^`\\$]*+)*+(`|\$\{|\Z)", re.DOTALL)
_JS_REGEX: Final = re.compile(rb"(?:[^/\\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+/[a-z]*")
_OPERAND_END: Final = frozenset(b")]}\"'`")
_KEYWORD: Final = re.compile(
    rb"(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield)\s*\Z"
)


_LAST_WORD: Final = re.compile(rb"(?:^|[^\w$])([a-z]+)\Z")
_BEFORE_STRING: Final = frozenset(
    {b"return", b"case", b"from", b"import", b"in", b"of", b"typeof", b"else", b"default", b"as", b"extends"}
)


def _regex_allowed(data: bytes, slash: int) -> bool:
    """Tell whether a `/` begins a regular expression, from the code before it."""
    position = slash - 1
    while position >= 0 and data[position] in b" \t\r\n":
        position -= 1
    if position < 0:
        return True
    previous = data[position]
    if previous in _OPERAND_END:
        return False
    if previous in b"<":
        return False
    if chr(previous).isalnum() or previous in b"_$":
        return _KEYWORD.search(data[max(0, position - 12) : position + 1]) is not None
    return True


def _in_word(data: bytes, quote: int) -> bool:
    """Tell whether an apostrophe stands in or after a word of text (`don't`), not behind a keyword."""
    if not data[quote - 1 : quote].isalnum():
        return False
    word = _LAST_WORD.search(data[max(0, quote - 12) : quote])
    return word is None or word.group(1) not in _BEFORE_STRING


def lex_javascript(data: bytes) -> Lexed:
    """Read JavaScript or TypeScript, JSX and the scripts of Vue and Svelte files included.

    Quotes in JSX and HTML text that do not close on their line are text. Pieces of a template literal are
    spans of their own; a template without substitutions is a `string`.
    """
    spans: list[Span] = []
    depth: list[int] = []
    braces = 0
    dead = {b'"': 0, b"'": 0}
    position, size = 0, len(data)
    while position < size:
        match = (_JS_BRACES if depth else _JS).search(data, position)
        if match is None:
            break
        start, mark = match.start(), match.group()
        position = match.end()
        if mark == b"//":
            # The `//` of an address in JSX text is no comment.
            if start and data[start - 1] == 0x3A and data[start - 2 : start - 1].isalpha():
                continue
            end = data.find(b"\n", position)
            position = size if end < 0 else end
            spans.append(Span("comment", start, position, start, position))
        elif mark in {b"/*", b"<!--"}:
            close = b"*/" if mark == b"/*" else b"-->"
            end = data.find(close, position)
            position = size if end < 0 else end + len(close)
            spans.append(Span("comment", start, position, start, position))
        elif mark in {b'"', b"'"}:
            if position < dead[mark] or (mark == b"'" and _in_word(data, start)):
                continue
            found = (_JS_DOUBLE if mark == b'"' else _JS_SINGLE).match(data, position)
            if found:
                spans.append(Span("string", position, found.end() - 1, start, found.end()))
                position = found.end()
            else:
                # Nothing closes it on this line, nor any later quote of its kind there: never look again.
                end = data.find(b"\n", position)
                dead[mark] = size if end < 0 else end
        elif mark == b"`":
            position = _template(data, start, position, spans, depth, braces)
            if depth and depth[-1] == -1:
                depth[-1] = braces
        elif mark == b"/":
            if _regex_allowed(data, start):
                found = _JS_REGEX.match(data, position)
                if found:
                    spans.append(Span("regex", position, found.end(), start, found.end()))
                    position = found.end()
        elif mark == b"{":
            braces += 1
        elif depth and braces == depth[-1]:
            depth.pop()
            position = _template(data, start, position, spans, depth, braces)
            if depth and depth[-1] == -1:
                depth[-1] = braces
        else:
            braces -= 1
    return Lexed(spans, _blank(data, spans), [span.outer for span in spans])


def _template(data: bytes, outer: int, position: int, spans: list[Span], depth: list[int], braces: int) -> int:
    """Read on in a template literal up to its end or the next `${`; returns the offset after it."""
    match = _JS_TEMPLATE.match(data, position)
    if match is None:
        return position
    end = match.start(1)
    substitution = match.group(1) == b"${"
    whole = data[outer] == 0x60 and not substitution
    spans.append(Span("string" if whole else "template", position, end, outer, match.end()))
    if substitution:
        depth.append(braces)
    return match.end()
