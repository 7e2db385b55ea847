r"""Regular expressions that cannot hang: a small syntax, matched in time linear in the text.

Thompson's construction with sets of states. Supported: literals, `.`, `[…]`, `\d \w \s` and their negations,
`( )`, `|`, `* + ?`, `{m}` `{m,n}` with n ≤ 50, `^`, `$`. No back-references, no look-around, no flags.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

__all__ = ["MAX_PATTERN", "MAX_STATES", "Matcher", "compile_pattern"]

MAX_PATTERN: Final = 200
MAX_STATES: Final = 2000
MAX_REPEAT: Final = 50
MAX_NESTING: Final = 20

Test = Callable[[str], bool]
_CLASSES: Final[dict[str, Test]] = {
    "d": str.isdigit,
    "w": lambda c: c.isalnum() or c == "_",
    "s": str.isspace,
    "D": lambda c: not c.isdigit(),
    "W": lambda c: not (c.isalnum() or c == "_"),
    "S": lambda c: not c.isspace(),
}
_ESCAPES: Final = {"n": "\n", "t": "\t"}

# A syntax tree: ("test", Test) | ("start",) | ("end",) | ("cat", [..]) | ("alt", [..]) | ("rep", node, m, n|None)
_Tree = tuple[str, tuple["_Tree | Test | int | None", ...]]


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        self.at += 1
        return char

    def alternatives(self, depth: int) -> _Tree:
        if depth > MAX_NESTING:
            raise ValueError(f"groups are nested deeper than {MAX_NESTING}")
        parts = [self.sequence(depth)]
        while self.peek() == "|":
            self.take()
            parts.append(self.sequence(depth))
        return parts[0] if len(parts) == 1 else ("alt", tuple(parts))

    def sequence(self, depth: int) -> _Tree:
        parts: list[_Tree] = []
        while self.peek() and self.peek() not in "|)":
            parts.append(self.repeated(depth))
        return ("cat", tuple(parts))

    def repeated(self, depth: int) -> _Tree:
        node = self.atom(depth)
        char = self.peek()
        bounds: tuple[int, int | None]
        if char and char in "*+?":
            self.take()
            bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        elif char == "{":
            bounds = self.counts()
        else:
            return node
        if self.peek() and self.peek() in "*+?{":
            raise ValueError(f"a repetition of a repetition at character {self.at + 1}")
        if node[0] in {"start", "end"}:
            raise ValueError(f"nothing to repeat at character {self.at}")
        return ("rep", (node, *bounds))

    def counts(self) -> tuple[int, int | None]:
        close = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at + 1 : close].partition(",")
        self.at = close + 1
        if close < 0 or not low.isdecimal() or (high and not high.isdecimal()) or (comma and not high):
            raise ValueError("write repetitions as {m} or {m,n}")
        first, last = int(low[:4]), int((high or low)[:4])
        if not first <= last <= MAX_REPEAT:
            raise ValueError(f"at most {MAX_REPEAT} repetitions, the smaller number first")
        return first, last

    def atom(self, depth: int) -> _Tree:
        char = self.take()
        if char == "(":
            if self.peek() == "?":
                raise ValueError("(?…) is not supported: only plain groups")
            inner = self.alternatives(depth + 1)
            if self.take() != ")":
                raise ValueError("a group is not closed")
            return inner
        if char == "[":
            return ("test", (self.char_class(),))
        if char == ".":
            return ("test", (lambda c: c != "\n",))
        if char == "^":
            return ("start", ())
        if char == "$":
            return ("end", ())
        if char in "*+?{":
            raise ValueError(f"nothing to repeat at character {self.at}")
        return ("test", (self.escape() if char == "\\" else char.__eq__,))

    def escape(self) -> Test:
        char = self.take()
        if char in _CLASSES and char:
            return _CLASSES[char]
        if not char or (char.isalnum() and char not in _ESCAPES):
            raise ValueError(f"\\{char} is not supported")
        return _ESCAPES.get(char, char).__eq__

    def char_class(self) -> Test:
        negated = self.peek() == "^"
        if negated:
            self.take()
        tests: list[Test] = []
        first = True
        while first or self.peek() != "]":
            first = False
            char = self.take()
            if not char:
                raise ValueError("a character class is not closed")
            if char == "\\":
                tests.append(self.escape())
            elif self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in {"]", ""}:
                self.take()
                high = self.take()
                if high < char or high == "\\":
                    raise ValueError(f"a bad range {char}-{high}")
                tests.append(lambda c, low=char, top=high: low <= c <= top)  # type: ignore[misc]  # bound now
            else:
                tests.append(char.__eq__)
        self.take()
        frozen = tuple(tests)
        return lambda c: any(test(c) for test in frozen) is not negated


class Matcher:
    """A compiled pattern."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_PATTERN:
            raise ValueError(f"longer than {MAX_PATTERN} characters")
        parser = _Parser(pattern)
        tree = parser.alternatives(0)
        if parser.at < len(pattern):
            raise ValueError(f"unexpected '{parser.peek()}' at character {parser.at + 1}")
        self._tests: list[Test | None] = []
        self._next: list[tuple[int, ...]] = []
        self._anchor: list[str] = []
        self._final = self._state()
        self._start = self._build(tree, self._final)

    def _state(self, test: Test | None = None, following: tuple[int, ...] = (), anchor: str = "") -> int:
        if len(self._tests) >= MAX_STATES:
            raise ValueError("too large when its repetitions are written out")
        self._tests.append(test)
        self._next.append(following)
        self._anchor.append(anchor)
        return len(self._tests) - 1

    def _build(self, tree: _Tree, after: int) -> int:
        """Return the state that begins `tree` and goes on at `after`."""
        kind, parts = tree
        if kind == "test":
            return self._state(parts[0], (after,))  # type: ignore[arg-type]  # the tree's first shape
        if kind in {"start", "end"}:
            return self._state(None, (after,), kind)
        if kind == "cat":
            for part in reversed(parts):
                after = self._build(part, after)  # type: ignore[arg-type]  # trees only
            return after
        if kind == "alt":
            return self._state(None, tuple(self._build(part, after) for part in parts))  # type: ignore[arg-type]
        inner, low, high = parts
        assert isinstance(inner, tuple)
        assert isinstance(low, int)
        if high is None:
            loop = self._state()
            self._next[loop] = (self._build(inner, loop), after)
            after = loop
        else:
            assert isinstance(high, int)
            end = after
            for _ in range(high - low):
                after = self._state(None, (self._build(inner, after), end))
        for _ in range(low):
            after = self._build(inner, after)
        return after

    def _closure(self, states: set[int], position: int, length: int) -> set[int]:
        stack, seen = list(states), set(states)
        while stack:
            state = stack.pop()
            if self._tests[state] is not None:
                continue
            anchor = self._anchor[state]
            if (anchor == "start" and position) or (anchor == "end" and position != length):
                continue
            for following in self._next[state]:
                if following not in seen:
                    seen.add(following)
                    stack.append(following)
        return seen

    def search(self, text: str) -> bool:
        """Say whether the pattern occurs anywhere in the text; time is length x states."""
        length = len(text)
        states: set[int] = set()
        for position in range(length + 1):
            states.add(self._start)
            states = self._closure(states, position, length)
            if self._final in states:
                return True
            if position < length:
                char = text[position]
                states = {
                    self._next[state][0]
                    for state in states
                    if (test := self._tests[state]) is not None and test(char)
                }
        return False


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Matcher:
    """Compile a pattern; raises `ValueError` with what is wrong."""
    return Matcher(pattern)
