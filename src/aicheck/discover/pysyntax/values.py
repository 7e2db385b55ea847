"""What an expression may be: known strings with the place where each is written."""

from __future__ import annotations

import ast
import re
from typing import Final, NamedTuple

from aicheck.discover.pysyntax.module import Module, Statement

__all__ = ["Value", "dotted", "evaluate", "imported", "sketched"]

_MAX_DEPTH: Final = 6
_MAX_VALUES: Final = 24
_MAX_STEPS: Final = 1_000
_MAX_TEXT: Final = 100_000
_PERCENT: Final = re.compile(r"%(?:\(\w+\))?[sdr]")
_FORMAT: Final = re.compile(r"\{(\w*)(?:![rs])?(?::[^{}]*)?\}")
_JOINED: Final = frozenset({"join", "joinpath", "Path", "PurePath", "PosixPath", "str", "expanduser", "abspath"})
_STRIPPED: Final = frozenset(
    {"strip", "lower", "upper", "rstrip", "lstrip", "resolve", "as_posix", "format", "value"}
)
_DEFAULTED: Final = frozenset(
    {"getenv", "get", "pop", "setdefault", "getattr", "get_env", "env", "config", "getenv_default"}
)
_FIELD: Final = frozenset(
    {"Field", "field", "Option", "Argument", "option", "ib", "attrib", "Factory", "Parameter"}
)


_SAME_ELEMENTS: Final = frozenset(
    {"list", "tuple", "set", "sorted", "reversed", "tqdm", "trange", "iter", "track", "dict", "frozenset"}
)


class Value(NamedTuple):
    """One string that an expression may be."""

    text: str
    node: ast.expr
    statement: Statement
    exact: bool
    """The text stands in the file as it is; False where it was put together of parts."""
    default: bool
    """Used where nothing else is given (environment, option, field, argument)."""
    followed: bool
    """A name led from the place of use to another statement."""


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for a chain of names; calls and subscripts in it are left out (`a().b` gives `a.b`)."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Name):
            parts.append(node.id)
            break
        elif isinstance(node, ast.Await):
            node = node.value
        else:
            parts.append("")
            break
    return ".".join(reversed(parts))


def imported(module: Module, node: ast.expr) -> tuple[str, str] | None:
    """Return (module path as written, name) where the expression is a name imported from a module."""
    chain = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else ""
    if not chain:
        return None
    head, _, rest = chain.partition(".")
    path = module.imports.get(head)
    if path is None or head in {"self", "cls"}:
        return None
    full = f"{path}.{rest}" if rest else path
    scope, _, name = full.rpartition(".")
    return (scope, name) if name and name.isidentifier() else None


def evaluate(module: Module, node: ast.expr, statement: Statement, *, default: bool = False) -> list[Value]:
    """Return the strings that `node` may be; empty where it cannot be known."""
    return _Evaluation(module, statement, 0, default=default, followed=False).of(node)


def sketched(module: Module, node: ast.expr, statement: Statement) -> list[Value]:
    """Return a text that is put together, with `{}` for what is not known; empty for other expressions."""
    if not isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call):
        return []
    text = _sketch(_Evaluation(module, statement, 0, default=False, followed=False), node, 0)
    if len(text) > _MAX_TEXT or not text.strip("{} "):
        return []
    return [Value(text, node, statement, exact=False, default=False, followed=False)]


def _sketch(evaluation: _Evaluation, node: ast.expr, depth: int) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if depth > _MAX_DEPTH:
        return "{}"
    if isinstance(node, ast.JoinedStr):
        return "".join(_sketch(evaluation, _piece(part), depth + 1) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _sketch(evaluation, node.left, depth + 1) + _sketch(evaluation, node.right, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _PERCENT.sub("{}", _sketch(evaluation, node.left, depth + 1))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _FORMAT.sub("{}", _sketch(evaluation, node.func.value, depth + 1))
    known = evaluation.of(node)
    return known[0].text if known else "{}"


class _Evaluation:
    """One step of an evaluation: the file, the statement that names are seen from, how far it has led."""

    __slots__ = ("_default", "_depth", "_followed", "_fuel", "_module", "_statement")

    def __init__(
        self,
        module: Module,
        statement: Statement,
        depth: int,
        *,
        default: bool,
        followed: bool,
        fuel: list[int] | None = None,
    ) -> None:
        # Functions that call each other multiply what is followed at every step: one bound for all steps together.
        self._fuel = [_MAX_STEPS] if fuel is None else fuel
        self._module = module
        self._statement = statement
        self._depth = depth
        self._default = default
        self._followed = followed

    def _inner(self, *, default: bool | None = None, at: Statement | None = None) -> _Evaluation:
        return _Evaluation(
            self._module,
            at or self._statement,
            self._depth + 1,
            default=self._default if default is None else default,
            followed=self._followed or at is not None,
            fuel=self._fuel,
        )

    def _value(self, text: str, node: ast.expr, *, exact: bool = False, default: bool | None = None) -> Value:
        is_default = self._default if default is None else default
        return Value(text, node, self._statement, exact=exact, default=is_default, followed=self._followed)

    def of(self, node: ast.expr) -> list[Value]:
        self._fuel[0] -= 1
        if self._depth > _MAX_DEPTH or self._fuel[0] < 0:
            return []
        if isinstance(node, ast.Constant):
            return [self._value(node.value, node, exact=True)] if isinstance(node.value, str) else []
        if isinstance(node, ast.JoinedStr):
            return self._composed([_piece(part) for part in node.values], node)
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Add):
                return self._composed([node.left, node.right], node)
            if isinstance(node.op, ast.Div):
                return self._composed([node.left, ast.Constant("/"), node.right], node)
            return self._percent(node) if isinstance(node.op, ast.Mod) else []
        if isinstance(node, ast.IfExp):
            return (self._inner().of(node.body) + self._inner().of(node.orelse))[:_MAX_VALUES]
        if isinstance(node, ast.BoolOp):
            found: list[Value] = []
            for index, child in enumerate(node.values):
                found += self._inner(default=self._default or index > 0).of(child)
            return found[:_MAX_VALUES]
        if isinstance(node, ast.NamedExpr | ast.Await | ast.Starred):
            return self._inner().of(node.value)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        if isinstance(node, ast.Name):
            return self._named(node.id) or self._looped(node.id)
        return self._attribute(node) if isinstance(node, ast.Attribute) else []

    def _attribute(self, node: ast.Attribute) -> list[Value]:
        if node.attr == "value":
            return self._inner().of(node.value)
        if isinstance(node.value, ast.Name):
            if node.value.id in {"self", "cls"}:
                return self._named(f"self.{node.attr}") or self._named(f"cls.{node.attr}")
            return self._all(self._module.class_member(node.value.id, node.attr))
        return []

    def _all(self, found: list[tuple[ast.expr | None, Statement]]) -> list[Value]:
        result: list[Value] = []
        for node, where in found:
            if node is not None:
                result += self._inner(at=where).of(node)
        return result[:_MAX_VALUES]

    def _named(self, name: str) -> list[Value]:
        found = self._module.located_bindings(name, self._statement.start)
        # A value that is made of itself (`x = x.strip()`) leads nowhere.
        result = self._all(
            [item for item in found if item[1].start != self._statement.start or _is_header(item[1])]
        )
        for _, where in found:
            if _is_header(where) and len(result) < _MAX_VALUES:
                for node, place in self._module.passed(where, name):
                    result += self._inner(at=place).of(node)
        return result[:_MAX_VALUES]

    def _looped(self, name: str) -> list[Value]:
        """`for name in CANDIDATES:` and `[… for name in CANDIDATES]`: every element that is known."""
        loops: list[tuple[ast.expr, ast.expr, Statement]] = [
            (generator.target, generator.iter, self._statement)
            for generator in self._module.generators(self._statement)
        ]
        loops += self._module.loops(name, self._statement.start)
        for target, source, where in loops:
            position = _position(target, name)
            if position is not None:
                found = self._inner(at=where).elements(source, position)
                if found:
                    return found
        return []

    def elements(self, node: ast.expr, position: int) -> list[Value]:
        """What a loop over `node` gives to its target; `position` is that in a tuple target, or -1."""
        if self._depth > _MAX_DEPTH:
            return []
        result: list[Value] = []
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            for element in node.elts:
                if isinstance(element, ast.Starred):
                    result += self._inner().elements(element.value, position)
                elif position < 0:
                    result += self._inner().of(element)
                elif isinstance(element, ast.List | ast.Tuple) and position < len(element.elts):
                    result += self._inner().of(element.elts[position])
        elif isinstance(node, ast.Dict) and position <= 0:
            for key in node.keys:
                result += self._inner().of(key) if key is not None else []
        elif isinstance(node, ast.Call):
            result = self._iterated(node, position)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            result = self._inner().elements(node.left, position) + self._inner().elements(node.right, position)
        elif isinstance(node, ast.Name | ast.Attribute):
            for inner, where in self._containers(node):
                if inner is not None:
                    result += self._inner(at=where).elements(inner, position)
        return result[:_MAX_VALUES]

    def _iterated(self, node: ast.Call, position: int) -> list[Value]:
        method = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if isinstance(node.func, ast.Attribute) and method in {"items", "values", "keys"} and not node.args:
            containers = (
                [(node.func.value, self._statement)]
                if isinstance(node.func.value, ast.Dict)
                else self._containers(node.func.value)
            )
            result: list[Value] = []
            values = method == "values" or (method == "items" and position == 1)
            for inner, where in containers:
                if isinstance(inner, ast.Dict):
                    for part in inner.values if values else inner.keys:
                        result += self._inner(at=where).of(part) if part is not None else []
            return result
        if method == "enumerate" and node.args and position == 1:
            return self._inner().elements(node.args[0], -1)
        if method == "zip" and 0 <= position < len(node.args):
            return self._inner().elements(node.args[position], -1)
        if method in _SAME_ELEMENTS and node.args:
            return self._inner().elements(node.args[0], position)
        return []

    def _containers(self, node: ast.expr) -> list[tuple[ast.expr | None, Statement]]:
        if isinstance(node, ast.Name):
            return self._module.located_bindings(node.id, self._statement.start)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in {"self", "cls"}:
                return self._module.located_bindings(f"self.{node.attr}", self._statement.start)
            return self._module.class_member(node.value.id, node.attr)
        return []

    def _composed(self, parts: list[ast.expr], node: ast.expr) -> list[Value]:
        texts = [""]
        is_default = self._default
        for part in parts:
            if isinstance(part, ast.Constant):
                texts = [text + str(part.value) for text in texts]
                continue
            known = self._inner().of(part)
            if not known:
                return []
            is_default = is_default or known[0].default
            texts = [text + value.text for text in texts for value in known][:_MAX_VALUES]
        return [self._value(text, node, default=is_default) for text in texts if len(text) < _MAX_TEXT]

    def _percent(self, node: ast.BinOp) -> list[Value]:
        if isinstance(node.right, ast.Dict):
            return []
        arguments = list(node.right.elts) if isinstance(node.right, ast.Tuple) else [node.right]
        result: list[Value] = []
        for template in self._inner().of(node.left):
            pieces = _PERCENT.split(template.text)
            if len(pieces) != len(arguments) + 1:
                return []
            text = pieces[0]
            for argument, piece in zip(arguments, pieces[1:], strict=True):
                known = self._inner().of(argument)
                if not known:
                    return []
                text += known[0].text + piece
            result.append(self._value(text, node))
        return result

    def _call(self, node: ast.Call) -> list[Value]:
        last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        if last in _DEFAULTED:
            position = 2 if last == "getattr" else 1
            fallback = keywords.get("default") or (node.args[position] if len(node.args) > position else None)
            found = [value for item, where in self.nodes(node) for value in self._inner(at=where).of(item)]
            return (found + (self._inner(default=True).of(fallback) if fallback is not None else []))[:_MAX_VALUES]
        if last in _FIELD:
            fallback = keywords.get("default") or keywords.get("default_factory")
            fallback = fallback or (node.args[0] if node.args else None)
            if isinstance(fallback, ast.Lambda):
                fallback = fallback.body
            return self._inner(default=True).of(fallback) if fallback is not None else []
        method = node.func if isinstance(node.func, ast.Attribute) else None
        if last == "join" and method is not None:
            if isinstance(method.value, ast.Constant):
                listed = node.args[0] if node.args else None
                if not isinstance(listed, ast.List | ast.Tuple):
                    return []
                return self._joined(list(listed.elts), str(method.value.value), node)
            return self._joined(list(node.args), "/", node)
        if last == "joinpath" and method is not None:
            return self._joined([method.value, *node.args], "/", node)
        if last in _JOINED and node.args:
            if len(node.args) > 1:
                return self._joined(list(node.args), "/", node)
            return self._inner().of(node.args[0])
        if last == "format" and method is not None and (node.args or keywords):
            return self._format(method, node, keywords)
        if last in _STRIPPED and method is not None and not node.args:
            return self._inner().of(method.value)
        if last == "cast" and len(node.args) == 2:
            return self._inner().of(node.args[1])
        return []

    def _joined(self, parts: list[ast.expr], between: str, node: ast.expr) -> list[Value]:
        known: list[str] = []
        for part in parts:
            values = [] if isinstance(part, ast.Starred) else self._inner().of(part)
            if values:
                known.append(values[0].text.rstrip("/") if between == "/" else values[0].text)
            elif between != "/" or known:
                return []
            # An unknown folder in front: the rest of the path is what names the file.
        return [self._value(between.join(known), node)] if known else []

    def _format(self, method: ast.Attribute, node: ast.Call, keywords: dict[str, ast.expr]) -> list[Value]:
        result: list[Value] = []
        for template in self._inner().of(method.value):
            counter = iter(range(len(node.args)))
            text, position = "", 0
            for found in _FORMAT.finditer(template.text):
                name = found.group(1)
                index = int(name) if name.isdecimal() else next(counter, -1) if not name else -1
                part = keywords.get(name) if index < 0 else (node.args[index] if index < len(node.args) else None)
                known = self._inner().of(part) if part is not None else []
                if not known:
                    return []
                text += template.text[position : found.start()] + known[0].text
                position = found.end()
            result.append(self._value(text + template.text[position:], node))
        return result

    def _subscript(self, node: ast.Subscript) -> list[Value]:
        """An element of a registry of this file: the one that is named, or any."""
        result: list[Value] = []
        for element, where in self.nodes(node):
            result += self._inner(at=where).of(element)
        return result[:_MAX_VALUES]

    def nodes(self, node: ast.expr) -> list[tuple[ast.expr, Statement]]:
        """Return the expressions that `node` may stand for, through names, loops and elements of registries."""
        if self._depth > _MAX_DEPTH:
            return []
        if isinstance(node, ast.Name | ast.Attribute):
            result: list[tuple[ast.expr, Statement]] = []
            for inner, where in self._containers(node):
                if isinstance(inner, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
                    if where.start != self._statement.start:  # a name, or `dict(small="owner/name")`
                        result += self._inner(at=where).nodes(inner)
                elif inner is not None:
                    result.append((inner, where))
                elif isinstance(node, ast.Name):
                    for given, place in self._module.passed(where, node.id):
                        result += self._inner(at=place).nodes(given)
            if not result and isinstance(node, ast.Name):
                result = self._loop_nodes(node.id)
            return result[:_MAX_VALUES]
        if isinstance(node, ast.Subscript):
            return self._elements_of(node.value, None if isinstance(node.slice, ast.Slice) else node.slice)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dict" and node.keywords:
            keys: list[ast.expr | None] = [ast.Constant(item.arg) if item.arg else None for item in node.keywords]
            return [(ast.Dict(keys, [item.value for item in node.keywords]), self._statement)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            return self._elements_of(node.func.value, node.args[0]) if node.func.attr == "get" else []
        return [(node, self._statement)] if isinstance(node, ast.Dict | ast.List | ast.Tuple) else []

    def _elements_of(self, base: ast.expr, key: ast.expr | None) -> list[tuple[ast.expr, Statement]]:
        keys = self._inner().of(key) if key is not None else []
        wanted = {value.text for value in keys if not value.default}
        result: list[tuple[ast.expr, Statement]] = []
        for container, where in self._inner().nodes(base):
            if isinstance(container, ast.Dict):
                for name, value in zip(container.keys, container.values, strict=True):
                    if not wanted or (isinstance(name, ast.Constant) and name.value in wanted):
                        result.append((value, where))
            elif isinstance(container, ast.List | ast.Tuple):
                elements = container.elts
                if isinstance(key, ast.Constant) and isinstance(key.value, int):
                    elements = elements[key.value : key.value + 1 or None]
                result += [(element, where) for element in elements]
        return result[:_MAX_VALUES]

    def _loop_nodes(self, name: str) -> list[tuple[ast.expr, Statement]]:
        """What the loop that sets `name` gives it, where that is a mapping or list itself."""
        for target, source, where in self._module.loops(name, self._statement.start):
            position = _position(target, name)
            method = (
                source.func.attr if isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute) else ""
            )
            base = (
                source.func.value
                if isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute)
                else source
            )
            if position is None or (method and (method, position) not in {("items", 1), ("values", -1)}):
                continue
            if not method and position >= 0:
                continue
            result: list[tuple[ast.expr, Statement]] = []
            for container, at in self._inner(at=where).nodes(base):
                parts = (
                    container.values
                    if isinstance(container, ast.Dict) and method
                    else getattr(container, "elts", [])
                )
                result += [(part, at) for part in parts]
            return result[:_MAX_VALUES]
        return []


def _piece(part: ast.expr) -> ast.expr:
    return part.value if isinstance(part, ast.FormattedValue) else part


def _position(target: ast.expr, name: str) -> int | None:
    """Place of a name in the target of a loop: -1 where it is the whole; None where it is not there."""
    if isinstance(target, ast.Name):
        return -1 if target.id == name else None
    if isinstance(target, ast.Tuple | ast.List):
        for index, part in enumerate(target.elts):
            if isinstance(part, ast.Name) and part.id == name:
                return index
    return None


def _is_header(statement: Statement) -> bool:
    return bool(statement.body) and isinstance(statement.body[0], ast.FunctionDef | ast.AsyncFunctionDef)
