"""Where a literal stands in code: its key, the call it is given to, the brackets around it.

Works on the blanked code of `aicheck.discover.lexing` for any language with C-like brackets.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from aicheck.core.frozen import dataclass
from aicheck.discover import backwards
from aicheck.discover.lexing import Lexed, Span

__all__ = ["Brackets", "Place", "Surroundings"]

_BRACKET: Final = re.compile(rb"[()\[\]{}]")
_WINDOW: Final = 200
_ARGUMENTS: Final = 2000
_WORDS: Final = frozenset(
    """
try return else do finally if for while switch catch func default false true
""".split()
)
_ENV: Final = re.compile(
    rb"(?:process\.env|import\.meta\.env|Bun\.env|env|Deno\.env)\.?(?:get\()?\[?[\"']?([A-Z][A-Z0-9_]+)?"
)
_SETTING_NAME: Final = re.compile(r"[A-Za-z][\w.:\-]{2,80}\Z")
_AFTER_NAME: Final = re.compile(rb"([\w$]+)[)\]\s!]*\Z")
_TERNARY: Final = re.compile(rb"([\w$]+)\s*[:=]\s*[^;{}\n]*\?\s*(?:[\"'`][^\n]*[\"'`]\s*:\s*)?\Z")
_OPENING: Final = frozenset(b"([{")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"([{}])"))
_MARKS: Final = bytes(set(range(256)) - set(b"([{}]),"))


@dataclass(frozen=True, slots=True)
class Place:
    """The surroundings of one literal."""

    key: str
    """Property, variable, attribute or environment variable it is given to; ''."""
    callee: str
    """Call whose argument it is, or whose argument's property it is: `openai.chat.completions.create`; ''."""
    argument: int
    """Position among the arguments where it is one itself; -1."""
    parents: tuple[str, ...]
    """Labels of the brackets around, outermost first: keys, variables and callees."""
    default: bool = False
    compared: bool = False
    imported: bool = False
    listed: bool = False
    """An item of a list, or a property of an item."""

    @property
    def symbol(self) -> str:
        """`chatModels[].id`, `openai.chat.completions.create(model)`."""
        parts = [part for part in (*self.parents[-2:],) if part]
        tail = self.key
        if self.callee and self.callee not in parts:
            parts.append(self.callee)
        text = ".".join(parts)
        return f"{text}.{tail}" if tail and text else tail or text


class Brackets:
    """The nesting of all brackets of a file, found in one pass."""

    __slots__ = ("_closes", "_events", "_opened", "_parents", "_tops", "code")

    def __init__(self, code: bytes) -> None:
        self.code = code
        self._events = [match.start() for match in _BRACKET.finditer(code)]
        self._tops: list[int] = []
        self._opened: list[int] = []
        self._parents: list[int] = []
        self._closes: dict[int, int] = {}
        closes = self._closes
        note, opened, parents = self._tops.append, self._opened.append, self._parents
        top = -1
        count = 0
        for position, mark in zip(self._events, code.translate(None, _NO_BRACKETS), strict=True):
            if mark in _OPENING:
                opened(position)
                parents.append(top)
                top = count
                count += 1
            elif top >= 0:
                closes[self._opened[top]] = position
                top = parents[top]
            note(top)

    def around(self, offset: int, limit: int = 6) -> list[int]:
        """Offsets of the brackets open at `offset`, innermost first, at most `limit`."""
        index = bisect_left(self._events, offset) - 1
        top = self._tops[index] if index >= 0 else -1
        found: list[int] = []
        while top >= 0 and len(found) < limit:
            found.append(self._opened[top])
            top = self._parents[top]
        return found

    def close_of(self, opener: int, limit: int = 20_000) -> int:
        """Offset of the bracket that closes `opener`, or of the end of the window."""
        index = bisect_left(self._events, opener)
        if index < len(self._events) and self._events[index] == opener and self.code[opener] in _OPENING:
            close = self._closes.get(opener, len(self.code))
            return close if close - opener <= limit and close < len(self.code) else self._window(opener, limit)
        depth = 0
        while index < len(self._events) and self._events[index] - opener <= limit:
            position = self._events[index]
            depth += 1 if self.code[position] in _OPENING else -1
            if depth == 0:
                return position
            index += 1
        return self._window(opener, limit)

    def _window(self, opener: int, limit: int) -> int:
        return min(len(self.code), opener + limit)


class Surroundings:
    """Answers where literals stand, for one file."""

    __slots__ = ("_brackets", "_labels", "data", "lexed")

    def __init__(self, data: bytes, lexed: Lexed) -> None:
        self.data = data
        self.lexed = lexed
        self._brackets: Brackets | None = None
        self._labels: dict[int, str] = {}

    @property
    def brackets(self) -> Brackets:
        """The nesting, found when it is first asked for."""
        if self._brackets is None:
            self._brackets = Brackets(self.lexed.code)
        return self._brackets

    def _label(self, opener: int) -> str:
        """What stands before an opening bracket: a key, a variable or a callee; found once for all inside it."""
        label = self._labels.get(opener)
        if label is None:
            label = self._labels[opener] = self._find_label(opener)
        return label

    def opener_of(self, label: str, offset: int) -> int:
        """Offset of the bracket around `offset` that opens the call `label`, or -1."""
        for opener in self.brackets.around(offset, 12):
            if self.lexed.code[opener] == 0x28 and self._label(opener) == label:
                return opener
        return -1

    def _find_label(self, opener: int) -> str:
        code = self.lexed.code
        head = code[max(0, opener - _WINDOW) : opener].rstrip()
        if code[opener] == 0x28:
            called = backwards.callee(head)
            if called is not None:
                return called.decode("latin-1")
        if backwards.quoted_key(head):
            return self._string_before(opener)
        brace = code[opener] == 0x7B
        found = backwards.qualified_type(head) if brace else None
        if found:
            return found.decode("latin-1")
        found = backwards.key(head) or backwards.assigned(head) or backwards.typed(head) or backwards.label(head)
        if found:
            return found.decode("latin-1").strip("\"'")
        if brace:
            # Go and Rust name the type before the brace: `[]string{`, `Config {`; the variable stands before it.
            found = backwards.braced_type(head) or backwards.word(head)
            if found:
                return found.decode("latin-1")
        return ""

    def _string_before(self, offset: int) -> str:
        index = self.lexed.index_after(offset) - 1
        if index >= 0:
            span = self.lexed.spans[index]
            return self.data[span.start : span.end].decode("utf-8", "replace")
        return ""

    def place(self, span: Span) -> Place:
        """Describe the surroundings of a literal."""
        code = self.lexed.code
        head = code[max(0, span.outer - _WINDOW) : span.outer].rstrip()
        around = self.brackets.around(span.outer)
        labels = [self._label(opener) for opener in around]
        callee, argument = "", -1
        for depth, opener in enumerate(around[:3]):
            if code[opener] == 0x28:
                callee = labels[depth]
                if depth == 0:
                    argument = self._position(opener, span.outer)
                break
        parents = tuple(label for label in reversed(labels) if label and label not in _WORDS)
        imported = backwards.imported(head)
        compared = backwards.compared(head)
        listed = any(code[opener] == 0x5B for opener in around[:2]) or (
            len(around) > 0 and code[around[0]] == 0x7B and self._braced_list(head)
        )
        key, default = self._key(head, span)
        if not key and around and code[around[0]] == 0x5B:
            key = labels[0]
            parents = tuple(label for label in reversed(labels[1:]) if label)
        if not key and around and code[around[0]] == 0x7B and listed:
            key = labels[0]
        return Place(key, callee, argument, parents, default, compared, imported, listed)

    @staticmethod
    def _braced_list(head: bytes) -> bool:
        """A Go, Java or C# initialiser: the brace or a comma directly before the literal."""
        return head.endswith((b"{", b","))

    def _position(self, opener: int, offset: int) -> int:
        """Number of commas between an opening bracket and a literal, nested brackets left out."""
        segment = self.lexed.code[max(opener + 1, offset - _ARGUMENTS) : offset]
        depth = count = 0
        for byte in segment.translate(None, _MARKS):
            if byte in b"([{":
                depth += 1
            elif byte in b")]}":
                depth -= 1
            elif byte == 0x2C and depth <= 0:
                count += 1
        return count

    def _setting(self, offset: int) -> str:
        """The setting that a default belongs to: `GetEnvironmentVariable("MODEL") ?? …`, `config["A:Model"]`."""
        code = self.lexed.code
        while offset > 0 and code[offset - 1] in b" \t\r\n)]!":
            offset -= 1
        index = self.lexed.index_after(offset) - 1
        if index < 0 or self.lexed.spans[index].close != offset or self.lexed.spans[index].kind != "string":
            return ""
        text = self.data[self.lexed.spans[index].start : self.lexed.spans[index].end].decode("latin-1")
        return text.replace(":", ".").replace("__", ".") if _SETTING_NAME.match(text) else ""

    def _key(self, head: bytes, span: Span) -> tuple[str, bool]:
        operator = backwards.default_operator(head)
        if operator:
            left = head[:-operator]
            raw = self.data[max(0, span.outer - _WINDOW) : span.outer][: len(left)]
            variables = [env.group(1) for env in _ENV.finditer(raw[-100:]) if env.group(1)]
            if variables:
                return variables[-1].decode("latin-1"), True
            setting = self._setting(max(0, span.outer - _WINDOW) + len(left))
            if setting:
                return setting, True
            name = _AFTER_NAME.search(left)
            if name:
                before = left[: name.start()]
                outer = backwards.key(before.rstrip(b".$").rstrip()) or backwards.assigned(before.rstrip())
                own = name.group(1).decode("latin-1")
                return (outer.decode("latin-1") if outer and len(own) < 4 else own), True
            return "", True
        if backwards.quoted_key(head):
            return self._string_before(span.outer), False
        found = backwards.key(head) or backwards.assigned(head) or backwards.typed(head)
        if found:
            return found.decode("latin-1").rpartition(".")[2], False
        ternary = _TERNARY.search(head) if head[-1:] in {b"?", b":"} else None
        return (ternary.group(1).decode("latin-1") if ternary else ""), False
