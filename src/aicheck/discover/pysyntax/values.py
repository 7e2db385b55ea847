"""What an expression may be: known strings with the place where each is written."""

from __future__ import annotations

import ast
import re
from typing import Final, NamedTuple

from aicheck.discover.pysyntax.module import Module, Statement

__all__ = ["Value", "dotted", "evaluate", "imported"]

_MAX_DEPTH: Final = 6
_MAX_VALUES: Final = 24
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


def evaluate(
    module: Module,
    node: ast.expr,
    statement: Statement,
    *,
    depth: int = 0,
    default: bool = False,
    followed: bool = False,
) -> list[Value]:
    """Return the strings that `node` may be; empty where it cannot be known."""
    if depth > _MAX_DEPTH:
        return []

    def inner(child: ast.expr, *, is_default: bool = default) -> list[Value]:
        return evaluate(module, child, statement, depth=depth + 1, default=is_default, followed=followed)

    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return [Value(node.value, node, statement, exact=True, default=default, followed=followed)]
        return []
    if isinstance(node, ast.JoinedStr):
        return _composed(module, [_piece(part) for part in node.values], node, statement, depth, default, followed)
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add):
            return _composed(module, [node.left, node.right], node, statement, depth, default, followed)
        if isinstance(node.op, ast.Div):
            return _composed(
                module, [node.left, ast.Constant("/"), node.right], node, statement, depth, default, followed
            )
        if isinstance(node.op, ast.Mod):
            return _percent(module, node, statement, depth, default, followed)
        return []
    if isinstance(node, ast.IfExp):
        return (inner(node.body) + inner(node.orelse))[:_MAX_VALUES]
    if isinstance(node, ast.BoolOp):
        found: list[Value] = []
        for index, child in enumerate(node.values):
            found += inner(child, is_default=default or index > 0)
        return found[:_MAX_VALUES]
    if isinstance(node, ast.NamedExpr | ast.Await | ast.Starred):
        return inner(node.value)
    if isinstance(node, ast.Call):
        return _call(module, node, statement, depth, default, followed)
    if isinstance(node, ast.Subscript):
        return _subscript(module, node, statement, depth, default, followed)
    if isinstance(node, ast.Name):
        return _follow(module, node.id, statement, depth, default)
    if isinstance(node, ast.Attribute):
        if node.attr == "value":
            return inner(node.value)
        if isinstance(node.value, ast.Name):
            head = node.value.id
            if head in {"self", "cls"}:
                return _follow(module, f"self.{node.attr}", statement, depth, default) or _follow(
                    module, f"cls.{node.attr}", statement, depth, default
                )
            return _bound(module, module.class_member(head, node.attr), depth, default)
    return []


def _piece(part: ast.expr) -> ast.expr:
    return part.value if isinstance(part, ast.FormattedValue) else part


def _bound(
    module: Module,
    found: list[tuple[ast.expr | None, Statement]],
    depth: int,
    default: bool,  # noqa: FBT001 - passed through
) -> list[Value]:
    result: list[Value] = []
    for node, where in found:
        if node is not None:
            result += evaluate(module, node, where, depth=depth + 1, default=default, followed=True)
    return result[:_MAX_VALUES]


def _follow(module: Module, name: str, statement: Statement, depth: int, default: bool) -> list[Value]:  # noqa: FBT001 - as above
    found = module.located_bindings(name, statement.start)
    # A value that is made of itself (`x = x.strip()`) leads nowhere.
    return _bound(module, [item for item in found if item[1].start != statement.start], depth, default)


def _composed(
    module: Module,
    parts: list[ast.expr],
    node: ast.expr,
    statement: Statement,
    depth: int,
    default: bool,
    followed: bool,  # noqa: FBT001 - as above
) -> list[Value]:
    texts = [""]
    is_default = default
    for part in parts:
        if isinstance(part, ast.Constant):
            texts = [text + str(part.value) for text in texts]
            continue
        known = evaluate(module, part, statement, depth=depth + 1, default=default, followed=followed)
        if not known:
            return []
        is_default = is_default or known[0].default
        texts = [text + value.text for text in texts for value in known][:_MAX_VALUES]
    return [Value(text, node, statement, exact=False, default=is_default, followed=followed) for text in texts]


_PERCENT: Final = re.compile(r"%(?:\((\w+)\))?[sdr]")


def _percent(
    module: Module,
    node: ast.BinOp,
    statement: Statement,
    depth: int,
    default: bool,
    followed: bool,  # noqa: FBT001 - as above
) -> list[Value]:
    result: list[Value] = []
    arguments = list(node.right.elts) if isinstance(node.right, ast.Tuple) else [node.right]
    for template in evaluate(module, node.left, statement, depth=depth + 1, default=default, followed=followed):
        text = template.text
        if isinstance(node.right, ast.Dict) or len(_PERCENT.findall(text)) != len(arguments):
            return []
        for argument in arguments:
            known = evaluate(module, argument, statement, depth=depth + 1, default=default, followed=followed)
            if not known:
                return []
            replacement = known[0].text
            text = _PERCENT.sub(lambda _found, r=replacement: r, text, count=1)  # type: ignore[misc]  # a bound default
        result.append(Value(text, node, statement, exact=False, default=default, followed=followed))
    return result


def _call(
    module: Module,
    node: ast.Call,
    statement: Statement,
    depth: int,
    default: bool,
    followed: bool,  # noqa: FBT001 - as above
) -> list[Value]:
    last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}

    def inner(child: ast.expr, *, is_default: bool = default) -> list[Value]:
        return evaluate(module, child, statement, depth=depth + 1, default=is_default, followed=followed)

    if last in _DEFAULTED:
        position = 2 if last == "getattr" else 1
        fallback = keywords.get("default") or (node.args[position] if len(node.args) > position else None)
        return inner(fallback, is_default=True) if fallback is not None else []
    if last in _FIELD:
        fallback = (
            keywords.get("default") or keywords.get("default_factory") or (node.args[0] if node.args else None)
        )
        if isinstance(fallback, ast.Lambda):
            fallback = fallback.body
        return inner(fallback, is_default=True) if fallback is not None else []
    if last == "join" and isinstance(node.func, ast.Attribute):
        if isinstance(node.func.value, ast.Constant):
            listed = node.args[0] if node.args else None
            if not isinstance(listed, ast.List | ast.Tuple):
                return []
            return _joined(module, list(listed.elts), str(node.func.value.value), node, statement, depth, default)
        return _joined(module, list(node.args), "/", node, statement, depth, default)
    if last in {"joinpath"} and isinstance(node.func, ast.Attribute):
        return _joined(module, [node.func.value, *node.args], "/", node, statement, depth, default)
    if last in _JOINED and node.args:
        if len(node.args) > 1:
            return _joined(module, list(node.args), "/", node, statement, depth, default)
        return inner(node.args[0])
    if last == "format" and isinstance(node.func, ast.Attribute) and (node.args or keywords):
        return _format(module, node, keywords, statement, depth, default)
    if last in _STRIPPED and isinstance(node.func, ast.Attribute) and not node.args:
        return inner(node.func.value)
    if last in {"replace", "removeprefix", "removesuffix"} and isinstance(node.func, ast.Attribute):
        return []
    if last in {"cast", "TypeVar"} and len(node.args) == 2:
        return inner(node.args[1])
    return []


def _joined(
    module: Module,
    parts: list[ast.expr],
    between: str,
    node: ast.expr,
    statement: Statement,
    depth: int,
    default: bool,  # noqa: FBT001 - as above
) -> list[Value]:
    known: list[str] = []
    for part in parts:
        if isinstance(part, ast.Starred):
            return []
        values = evaluate(module, part, statement, depth=depth + 1, default=default)
        if values:
            known.append(values[0].text.rstrip("/") if between == "/" else values[0].text)
        elif between == "/" and not known:
            continue  # an unknown folder in front: the rest of the path is what names the file
        else:
            return []
    if not known:
        return []
    return [Value(between.join(known), node, statement, exact=False, default=default, followed=False)]


_FORMAT: Final = re.compile(r"\{(\w*)(?:![rs])?(?::[^{}]*)?\}")


def _format(
    module: Module,
    node: ast.Call,
    keywords: dict[str, ast.expr],
    statement: Statement,
    depth: int,
    default: bool,  # noqa: FBT001 - as above
) -> list[Value]:
    assert isinstance(node.func, ast.Attribute)
    result: list[Value] = []
    for template in evaluate(module, node.func.value, statement, depth=depth + 1, default=default):
        counter = iter(range(len(node.args)))
        text, position = "", 0
        for found in _FORMAT.finditer(template.text):
            name = found.group(1)
            index = int(name) if name.isdigit() else next(counter, -1) if not name else -1
            part = keywords.get(name) if index < 0 else (node.args[index] if index < len(node.args) else None)
            known = evaluate(module, part, statement, depth=depth + 1, default=default) if part is not None else []
            if not known:
                return []
            text += template.text[position : found.start()] + known[0].text
            position = found.end()
        result.append(
            Value(text + template.text[position:], node, statement, exact=False, default=default, followed=False)
        )
    return result


def _subscript(
    module: Module,
    node: ast.Subscript,
    statement: Statement,
    depth: int,
    default: bool,
    followed: bool,  # noqa: FBT001 - as above
) -> list[Value]:
    """An element of a registry of this file: the one that is named, or any."""
    containers: list[tuple[ast.expr | None, Statement]] = []
    if isinstance(node.value, ast.Name):
        containers = module.located_bindings(node.value.id, statement.start)
    elif isinstance(node.value, ast.Attribute) and isinstance(node.value.value, ast.Name):
        containers = module.located_bindings(f"self.{node.value.attr}", statement.start)
    elif isinstance(node.value, ast.Dict | ast.List | ast.Tuple):
        containers = [(node.value, statement)]
    keys = (
        evaluate(module, node.slice, statement, depth=depth + 1) if not isinstance(node.slice, ast.Slice) else []
    )
    wanted = {value.text for value in keys if not value.default}
    result: list[Value] = []
    for container, where in containers:
        if isinstance(container, ast.Dict):
            for key, value in zip(container.keys, container.values, strict=True):
                named = key.value if isinstance(key, ast.Constant) else None
                if not wanted or named in wanted:
                    result += evaluate(module, value, where, depth=depth + 1, default=default, followed=True)
        elif isinstance(container, ast.List | ast.Tuple):
            elements = container.elts
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                elements = elements[node.slice.value : node.slice.value + 1 or None]
            for element in elements:
                result += evaluate(module, element, where, depth=depth + 1, default=default, followed=True)
    del followed
    return result[:_MAX_VALUES]
