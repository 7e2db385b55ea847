"""Conditions of custom rules: a closed set of operators over the published facts, in three-valued logic.

Types are checked when the policy is read. A missing fact makes a condition unknown (None), never true or false;
a disputed fact decides only where all its sides give the same answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from aicheck.core.component import Component
from aicheck.evaluate.document import Document, Path
from aicheck.evaluate.facts import FACTS, FactSpec, Read
from aicheck.evaluate.matcher import compile_pattern
from aicheck.evaluate.spdx import satisfies
from aicheck.evaluate.values import glob

__all__ = ["CONDITION_SCHEMA", "MAX_TEXT", "OPERATORS", "Condition", "compile_condition", "facts_read"]

MAX_TEXT: Final = 2000
"""Characters of a fact that `matches` looks at; a longer one is unknown to it."""
MAX_TERMS: Final = 500

Condition = Callable[[Component], bool | None]
"""True, False, or None: cannot tell."""
Test = Callable[[Any], bool | None]

_LIST = ("strings",)
_ONE = ("string", "date")
OPERATORS: Final[dict[str, tuple[str, ...]]] = {
    "eq": ("string", "number", "boolean", "date"),
    "in": ("string", "number", "date"),
    "glob": (*_ONE, *_LIST),
    "matches": (*_ONE, *_LIST),
    "lt": ("number", "date"),
    "gt": ("number", "date"),
    "exists": ("string", "number", "boolean", "date", "strings"),
    "satisfies-license": ("string",),
    "any-of-list": ("string", "strings"),
}
"""Operators and the types of fact they read."""

_SCALAR: Final[dict[str, Any]] = {"type": ["string", "number", "boolean"]}
_MANY: Final[dict[str, Any]] = {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1}
_WORDS: Final[dict[str, Any]] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}
CONDITION_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "all": {"type": "array", "items": {"$ref": "#/definitions/condition"}, "minItems": 1},
        "any": {"type": "array", "items": {"$ref": "#/definitions/condition"}, "minItems": 1},
        "not": {"$ref": "#/definitions/condition"},
        "fact": {"type": "string"},
        "eq": _SCALAR,
        "in": _MANY,
        "glob": _WORDS,
        "matches": {"type": "string"},
        "lt": {"type": ["string", "number"]},
        "gt": {"type": ["string", "number"]},
        "exists": {"type": "boolean"},
        "satisfies-license": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "any-of-list": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
    "additionalProperties": False,
}


class _Compiler(NamedTuple):
    document: Document
    suggest: Callable[[object, list[str]], str | None]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _date(text: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _operand_error(operator: str, operand: Any, kind: str) -> str | None:
    """Say what is wrong with an operand, or None."""
    items = operand if isinstance(operand, list) else [operand]
    if kind == "number" and operator in {"eq", "in", "lt", "gt"} and not all(map(_is_number, items)):
        return "needs a number"
    if kind == "boolean" and operator == "eq" and not isinstance(operand, bool):
        return "needs true or false"
    if kind == "string" and operator in {"eq", "in"} and not all(isinstance(i, str) for i in items):
        return "needs a string; quote it"
    if kind == "date" and operator in {"eq", "in", "lt", "gt"} and not all(_date(i) for i in items):
        return "needs a date (YYYY-MM-DD)"
    if operator == "matches":
        try:
            compile_pattern(operand)
        except ValueError as error:
            return f"is not a pattern that aicheck can match: {error}"
    return None


def _test(operator: str, operand: Any) -> Test:
    words = [operand] if isinstance(operand, str) else operand
    if operator == "eq":
        return lambda value: bool(value == operand)
    if operator == "in":
        return lambda value: value in operand
    if operator == "glob":
        return lambda value: any(glob(word, value) for word in words)
    if operator == "matches":
        matcher = compile_pattern(operand)
        return lambda value: matcher.search(value) if len(value) <= MAX_TEXT else None
    if operator == "lt":
        return lambda value: bool(value < operand)
    if operator == "gt":
        return lambda value: bool(value > operand)
    if operator == "satisfies-license":
        accepted = frozenset(word.casefold() for word in operand)
        return lambda value: satisfies(value, lambda name: name.casefold() in accepted)
    return lambda value: value in operand  # any-of-list


def _any(results: list[bool | None]) -> bool | None:
    if True in results:
        return True
    return None if None in results else False


def _all(results: list[bool | None]) -> bool | None:
    if False in results:
        return False
    return None if None in results else True


def _leaf(spec: FactSpec, test: Test) -> Condition:
    many = spec.type == "strings"

    def value_of(value: Any) -> bool | None:
        if value is None:
            return None
        return _any([test(item) for item in value]) if many else test(value)

    def judge(component: Component) -> bool | None:
        read: Read = spec.read(component)
        if read.state == "known":
            return value_of(read.value)
        if read.state == "absent":
            return False
        if read.state == "disputed":
            answers = {value_of(side) for side in read.sides}
            return answers.pop() if len(answers) == 1 else None
        # Of an unseen list a part may be seen: a hit there is a hit, no hit there says nothing.
        return True if many and any(test(item) for item in read.sides) else None

    return judge


def _exists(spec: FactSpec, wanted: bool) -> Condition:  # noqa: FBT001 - the operand
    def judge(component: Component) -> bool | None:
        read = spec.read(component)
        found: bool | None
        if read.state == "known":
            found = bool(read.value) if spec.type == "strings" else True
        elif read.state == "disputed":
            found = True
        elif read.state == "absent":
            found = False
        else:
            found = True if read.sides else None
        return None if found is None else found is wanted

    return judge


def facts_read(node: Any) -> tuple[str, ...]:
    """Return the names of the facts that a condition reads, in order."""
    if isinstance(node, Mapping):
        own = (node["fact"],) if isinstance(node.get("fact"), str) else ()
        inner = [*node.get("all", ()), *node.get("any", ()), *([node["not"]] if "not" in node else ())]
        return tuple(dict.fromkeys((*own, *(name for child in inner for name in facts_read(child)))))
    return ()


def compile_condition(
    document: Document, path: Path, suggest: Callable[[object, list[str]], str | None]
) -> Condition:
    """Compile the condition at `path` of a document whose shape is checked.

    Raises `ConfigError` with its place for unknown facts, operators that do not fit the fact's type, wrong
    operands and patterns that cannot be matched in bounded time.
    """
    node: Any = document.data
    for part in path:
        node = node[part]
    return _compile(_Compiler(document, suggest), node, path)


def _compile(compiler: _Compiler, node: Mapping[str, Any], path: Path) -> Condition:
    document = compiler.document
    logic = [key for key in ("all", "any", "not") if key in node]
    if "fact" not in node:
        if len(logic) != 1 or len(node) != 1:
            raise document.error(
                "a condition is one of 'all', 'any', 'not', or a 'fact' with one operator",
                path,
                hint="nest further conditions inside 'all'",
            )
        key = logic[0]
        if key == "not":
            inner = _compile(compiler, node["not"], (*path, "not"))

            def negated(component: Component) -> bool | None:
                result = inner(component)
                return None if result is None else not result

            return negated
        parts = [_compile(compiler, child, (*path, key, index)) for index, child in enumerate(node[key])]
        combine = _all if key == "all" else _any
        return lambda component: combine([part(component) for part in parts])
    spec = FACTS.get(node["fact"])
    if spec is None:
        raise document.error(
            f"unknown fact '{node['fact']}'", (*path, "fact"), hint=compiler.suggest(node["fact"], list(FACTS))
        )
    operators = [key for key in node if key != "fact"]
    if len(operators) != 1 or operators[0] in {"all", "any", "not"}:
        raise document.error("a fact takes exactly one operator", path, hint="combine conditions with 'all'")
    operator = operators[0]
    place = (*path, operator)
    if spec.type not in OPERATORS[operator]:
        fitting = ", ".join(name for name, types in OPERATORS.items() if spec.type in types)
        raise document.error(
            f"'{operator}' does not read '{spec.name}', which is of type {spec.type}",
            place,
            key=True,
            hint=f"use one of {fitting}",
        )
    operand = node[operator]
    if operator == "exists":
        return _exists(spec, operand)
    wrong = _operand_error(operator, operand, spec.type)
    if wrong:
        raise document.error(f"'{operator}' on '{spec.name}' {wrong}", place)
    return _leaf(spec, _test(operator, operand))
