"""From a statement to what it names: strings with the place that says what they are.

The visitor yields `Sighting`s (a text with its `Context`) and `Open` places (a model is surely named, and its
name is not known here); `detectors.python` turns both into references and gaps.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

from aicheck.core.reference import Use
from aicheck.discover.judge import Context
from aicheck.discover.pysyntax.callsites import REPOSITORIES, SPLITS, CallVisitor
from aicheck.discover.pysyntax.enums import ENUM_CLASS, NOT_ENUM
from aicheck.discover.pysyntax.places import Open, Place, Sighting, keyed, target_name
from aicheck.discover.pysyntax.values import Value, dotted, evaluate
from aicheck.knowledge.keys import lookup
from aicheck.knowledge.names import WHISPER_SIZES

__all__ = ["Open", "Sighting", "Visitor"]

_MEMBER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_MAX_DEPTH: Final = 60
_CLASS: Final = re.compile(r"(?:[a-z_][\w.]*[.:])?[A-Z]\w*\Z")
"""A class, maybe with the module it stands in."""


class Visitor(CallVisitor):
    """Reads one statement; `seen` keeps what followed names have yielded already."""

    def visit(self) -> Iterator[Sighting | Open]:
        """Yield everything in the statement, in order."""
        for node in self._statement.body:
            yield from self._stmt(node)

    # Statements -------------------------------------------------------------------------------------------

    def _stmt(self, node: ast.stmt) -> Iterator[Sighting | Open]:
        if isinstance(node, ast.Assign):
            place = Place()
            for target in node.targets:
                place = keyed(target_name(target), Place())
            yield from self._expr(node.value, place, 0)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            if node.value is not None:
                yield from self._expr(node.value, keyed(target_name(node.target), Place()), 0)
            if isinstance(node, ast.AnnAssign):
                yield from self._annotation(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from self._parameters(node)
        elif isinstance(node, ast.ClassDef):
            for keyword in node.keywords:
                yield from self._expr(keyword.value, keyed(keyword.arg or "", Place()), 0)
        elif isinstance(node, ast.For | ast.AsyncFor):
            yield from self._expr(node.iter, keyed(target_name(node.target), Place(use=Use.CHOICE)), 0)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                value = Value(
                    node.value.value, node.value, self._statement, exact=True, default=False, followed=False
                )
                yield Sighting(value, Context(text=True), "", Use.DOCUMENTATION)
        elif isinstance(node, ast.Raise | ast.Assert):
            test = getattr(node, "test", None)
            if test is not None:
                yield from self._expr(test, Place(), 0)
        elif isinstance(node, ast.Delete | ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal):
            return
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    yield from self._expr(child, Place(), 0)
                elif isinstance(child, ast.withitem):
                    yield from self._expr(child.context_expr, Place(), 0)

    def _annotation(self, node: ast.AnnAssign) -> Iterator[Sighting | Open]:
        """`model: Literal["a", "b"]`: the values that may be chosen."""
        for child in ast.walk(node.annotation):
            if isinstance(child, ast.Subscript) and dotted(child.value).endswith("Literal"):
                place = keyed(target_name(node.target), Place(use=Use.CHOICE))
                yield from self._expr(child.slice, place._replace(use=Use.CHOICE), 0)

    def _parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Sighting | Open]:
        arguments = node.args
        plain = arguments.posonlyargs + arguments.args
        defaults: list[tuple[ast.arg, ast.expr | None]] = list(
            zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True)
        )
        defaults += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        data = any(argument.arg in SPLITS for argument in (*plain, *arguments.kwonlyargs))
        for argument, default in defaults:
            if default is not None:
                place = keyed(argument.arg, Place(use=Use.DEFAULT, symbol=node.name))
                if data and argument.arg in REPOSITORIES:
                    place = place._replace(context=place.context._replace(kind="dataset"))
                yield from self._expr(default, place._replace(use=Use.DEFAULT), 0)

    # Expressions ------------------------------------------------------------------------------------------
    def _expr(  # noqa: PLR0912 - one branch per kind of node
        self, node: ast.expr, place: Place, depth: int
    ) -> Iterator[Sighting | Open]:
        if depth > _MAX_DEPTH:
            return
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and not place.muted:
                yield self._sighting(node, node.value, place, exact=True)
        elif isinstance(node, ast.Call):
            yield from self._call(node, place, depth)
        elif isinstance(node, ast.JoinedStr | ast.BinOp):
            yield from self._composed(node, place, depth)
        elif isinstance(node, ast.Dict):
            yield from self._dict(node, place, depth)
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            many = len(node.elts) > 1 and place.use is not Use.LOAD
            inner = place._replace(use=Use.CHOICE) if many else place
            if many and sizes_of_whisper(node.elts):
                inner = inner._replace(context=inner.context._replace(kind="whisper", sure=False))
            member = self._grouped(inner, node.elts)
            for child in node.elts:
                yield from self._expr(child, member if isinstance(child, ast.Constant) else inner, depth + 1)
        elif isinstance(node, ast.Compare):
            yield from self._compare(node, place, depth)
        elif isinstance(node, ast.BoolOp):
            for index, child in enumerate(node.values):
                at = place._replace(use=Use.DEFAULT) if index and isinstance(child, ast.Constant) else place
                yield from self._expr(child, at, depth + 1)
        elif isinstance(node, ast.IfExp):
            yield from self._expr(node.test, Place(), depth + 1)
            yield from self._expr(node.body, place, depth + 1)
            yield from self._expr(node.orelse, place, depth + 1)
        elif isinstance(node, ast.Attribute):
            yield from self._member(node, place)
            if not isinstance(node.value, ast.Name):
                yield from self._expr(node.value, place, depth + 1)
        elif isinstance(node, ast.Subscript):
            yield from self._expr(node.value, place, depth + 1)
            if not isinstance(node.slice, ast.Constant):
                yield from self._expr(node.slice, place._replace(muted=True), depth + 1)
        elif isinstance(node, ast.NamedExpr):
            yield from self._expr(node.value, keyed(target_name(node.target), place), depth + 1)
        elif isinstance(node, ast.Lambda):
            yield from self._expr(node.body, place, depth + 1)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            for generator in node.generators:
                yield from self._expr(generator.iter, place, depth + 1)
            for part in ast.iter_child_nodes(node):
                if isinstance(part, ast.expr):
                    yield from self._expr(part, place, depth + 1)
        elif isinstance(node, ast.Await | ast.Starred | ast.YieldFrom | ast.UnaryOp | ast.Yield):
            inner_node = getattr(node, "value", None) or getattr(node, "operand", None)
            if isinstance(inner_node, ast.expr):
                yield from self._expr(inner_node, place, depth + 1)

    def _sighting(self, node: ast.expr, text: str, place: Place, *, exact: bool) -> Sighting:
        value = Value(text, node, self._statement, exact=exact, default=False, followed=False)
        return Sighting(value, place.context, place.symbol, place.use, place.attributes, group=place.group)

    def _grouped(self, place: Place, members: Sequence[ast.expr | None]) -> Place:
        """The place of texts that stand side by side: what most of them are, the others may be."""
        texts = sum(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in members)
        if texts < 2:
            return place
        self._groups += 1
        return place._replace(group=self._groups)

    def _composed(self, node: ast.JoinedStr | ast.BinOp, place: Place, depth: int) -> Iterator[Sighting | Open]:
        if place.muted:
            return
        values = evaluate(self._module, node, self._statement)
        for value in values:
            yield Sighting(value, place.context, place.symbol, place.use, place.attributes)
        if not values:
            for child in ast.walk(node):
                if isinstance(child, ast.Constant) and isinstance(child.value, str) and len(child.value) > 4:
                    loose = place.context._replace(text=True, kind="", sure=False)
                    yield self._sighting(child, child.value, place._replace(context=loose), exact=True)
                elif isinstance(child, ast.Call):
                    yield from self._expr(child, Place(), depth + 1)

    def _dict(self, node: ast.Dict, place: Place, depth: int) -> Iterator[Sighting | Open]:
        sized = sizes_of_whisper(node.keys)
        keys = self._grouped(place._replace(use=Use.CHOICE), node.keys).group
        alike = all(isinstance(value, ast.Constant) for value in node.values)
        values = self._grouped(place, node.values).group if alike else 0
        classes = alike and len(node.values) > 2 and all(_is_class(value) for value in node.values)
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                yield from self._expr(value, place, depth + 1)
                continue
            name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
            if classes and name.isidentifier():
                continue  # `{"qwen2_vl": "Qwen2_VL"}`: what code there is
            if name:
                # A registry by model: the keys are the names.
                at = place._replace(use=Use.CHOICE, group=keys)
                if sized:
                    at = at._replace(context=at.context._replace(kind="whisper", sure=False))
                yield self._sighting(key, name, at, exact=True)
            else:
                yield from self._expr(key, place._replace(use=Use.CHOICE), depth + 1)
            if isinstance(value, ast.Constant) and not isinstance(value.value, str):
                continue  # a number, a flag
            below = keyed(name, place) if name and lookup(name, place.parents[-2:]) else place
            if below is place and name:
                below = place._replace(parents=(*place.parents, name), symbol=f"{place.symbol}.{name}".strip("."))
                if isinstance(value, ast.Constant) and _names_other_things(name):
                    below = below._replace(context=below.context._replace(key=name, kind="", sure=False))
            if below.group != values:
                below = below._replace(group=values)
            yield from self._expr(value, below, depth + 1)

    def _compare(self, node: ast.Compare, place: Place, depth: int) -> Iterator[Sighting | Open]:
        sides = [node.left, *node.comparators]
        key = next((dotted(side) for side in sides if isinstance(side, ast.Name | ast.Attribute)), "")
        inner = keyed(key.rpartition(".")[2], place._replace(use=Use.CONFIG))
        for index, side in enumerate(sides):
            operator = node.ops[index] if index < len(node.ops) else None
            if isinstance(side, ast.Constant) and isinstance(operator, ast.In | ast.NotIn):
                continue  # `"qwen" in name` asks for a part of a name
            if isinstance(side, ast.Constant | ast.List | ast.Tuple | ast.Set):
                yield from self._expr(side, inner, depth + 1)
            else:
                yield from self._expr(side, Place(), depth + 1)

    def _member(self, node: ast.Attribute, place: Place) -> Iterator[Sighting | Open]:
        """A member of an enumeration of models: `ModelType.GPT_4O`, `SpeechModel.best`."""
        if not _MEMBER.match(node.attr):
            return
        owner = dotted(node.value).rpartition(".")[2]
        if owner and ENUM_CLASS.match(owner) and not NOT_ENUM.search(owner) and node.attr not in {"value", "name"}:
            context = place.context._replace(kind="enum", key=owner)
            value = Value(node.attr, node, self._statement, exact=False, default=False, followed=False)
            yield Sighting(value, context, place.symbol, Use.LOAD, place.attributes)
        elif "pipelines" in dotted(node.value) or (
            node.attr.isupper() and "_" in node.attr and owner == "pipelines"
        ):
            context = place.context._replace(kind="", key=owner)
            value = Value(node.attr, node, self._statement, exact=False, default=False, followed=False)
            yield Sighting(value, context, place.symbol, Use.LOAD, place.attributes)


def sizes_of_whisper(elements: Sequence[ast.expr | None]) -> bool:
    """A list in which sizes stand that only Whisper has: `tiny` and `base` beside them are sizes, too."""
    texts = [
        item.value.lower() for item in elements if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]
    if len(texts) < 3 or not all(text in WHISPER_SIZES for text in texts):
        return False
    return sum(not text.isalpha() for text in texts) >= 2


def _is_class(node: ast.expr) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and _CLASS.match(text) is not None and not (text.isupper() and "_" in text)


def _names_other_things(key: str) -> bool:
    """Keys whose values only look like models: descriptions, licences, titles, output folders."""
    return bool(
        re.search(
            r"desc|title|label|license|author|output|save|dir$|url_path|color|icon|help|doc", key, re.IGNORECASE
        )
    )
