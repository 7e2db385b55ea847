"""Licence expressions, read far enough to ask whether a list of licences satisfies one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

__all__ = ["identifiers", "satisfies"]

Node = str | tuple[str, tuple["Node", ...]]

_TOKEN = re.compile(r"\s*(\(|\)|[A-Za-z0-9.+:-]+)")
MAX_LENGTH: Final = 1000
MAX_NESTING: Final = 20


@lru_cache(maxsize=4096)
def _parse(expression: str) -> Node | None:
    """Read `A OR (B AND C WITH D)`; None for what is not an expression."""
    if len(expression) > MAX_LENGTH:
        return None
    tokens: list[str] = []
    position = 0
    text = expression.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            return None
        tokens.append(match[1])
        position = match.end()
    tokens.reverse()  # a stack: the next token is the last

    def operand(depth: int) -> Node | None:
        if not tokens or depth > MAX_NESTING:
            return None
        token = tokens.pop()
        if token == "(":  # noqa: S105 - a parenthesis
            inner = chain("OR", depth + 1)
            return inner if tokens and tokens.pop() == ")" else None
        if token.upper() in {")", "AND", "OR", "WITH"}:
            return None
        if tokens and tokens[-1].upper() == "WITH":
            tokens.pop()
            if not tokens:
                return None
            return f"{token} WITH {tokens.pop()}"
        return token

    def chain(operator: str, depth: int) -> Node | None:
        def below() -> Node | None:
            return chain("AND", depth) if operator == "OR" else operand(depth)

        parts = [below()]
        while tokens and tokens[-1].upper() == operator:
            tokens.pop()
            parts.append(below())
        if any(part is None for part in parts):
            return None
        known = tuple(part for part in parts if part is not None)
        return known[0] if len(known) == 1 else (operator, known)

    result = chain("OR", 0)
    return None if tokens else result


def satisfies(expression: str, accepted: Callable[[str], bool]) -> bool | None:
    """Say whether the terms can be met with accepted licences; None where the expression cannot be read.

    `A OR B` is met by either, `A AND B` by both. `X WITH exception` is met where `X WITH exception` is.
    """
    node = _parse(expression)

    def met(part: Node) -> bool:
        if isinstance(part, str):
            return accepted(part)
        operator, parts = part
        return any(map(met, parts)) if operator == "OR" else all(map(met, parts))

    return None if node is None else met(node)


def identifiers(expression: str) -> tuple[str, ...]:
    """Return the licences that an expression names, in order; () where it cannot be read."""

    def walk(part: Node) -> tuple[str, ...]:
        return (part,) if isinstance(part, str) else tuple(name for inner in part[1] for name in walk(inner))

    node = _parse(expression)
    return () if node is None else tuple(dict.fromkeys(walk(node)))
