"""From a statement to what it names: strings with the place that says what they are.

The visitor yields `Sighting`s (a text with its `Context`) and `Open` places (a model is surely named, and its
name is not known here); `detectors.python` turns both into references and gaps.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

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

    def visit(self) -> list[Sighting | Open]:
        """Return everything in the statement, in order."""
        for node in self._statement.body:
            self._stmt(node)
        return self._found

    # Statements -------------------------------------------------------------------------------------------

    def _stmt(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            place = Place()
            for target in node.targets:
                place = keyed(target_name(target), Place())
            self._expr(node.value, place, 0)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            if node.value is not None:
                self._expr(node.value, keyed(target_name(node.target), Place()), 0)
            if isinstance(node, ast.AnnAssign):
                self._annotation(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._parameters(node)
        elif isinstance(node, ast.ClassDef):
            for keyword in node.keywords:
                self._expr(keyword.value, keyed(keyword.arg or "", Place()), 0)
        elif isinstance(node, ast.For | ast.AsyncFor):
            self._expr(node.iter, keyed(target_name(node.target), Place(use=Use.CHOICE)), 0)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                value = Value(
                    node.value.value, node.value, self._statement, exact=True, default=False, followed=False
                )
                self._found.append(Sighting(value, Context(text=True), "", Use.DOCUMENTATION))
        elif isinstance(node, ast.Raise | ast.Assert):
            test = getattr(node, "test", None)
            if test is not None:
                self._expr(test, Place(), 0)
        elif isinstance(node, ast.Delete | ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal):
            return
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self._expr(child, Place(), 0)
                elif isinstance(child, ast.withitem):
                    self._expr(child.context_expr, Place(), 0)

    def _annotation(self, node: ast.AnnAssign) -> None:
        """`model: Literal["a", "b"]`: the values that may be chosen."""
        for child in ast.walk(node.annotation):
            if isinstance(child, ast.Subscript) and dotted(child.value).endswith("Literal"):
                place = keyed(target_name(node.target), Place(use=Use.CHOICE))
                self._expr(child.slice, place._replace(use=Use.CHOICE), 0)

    def _parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
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
                self._expr(default, place._replace(use=Use.DEFAULT), 0)

    # Expressions ------------------------------------------------------------------------------------------

    def _expr(self, node: ast.expr, place: Place, depth: int) -> None:
        kind = type(node)
        if kind is ast.Name or depth > _MAX_DEPTH:
            return  # most of what there is are names, and nothing reads them
        if kind is ast.Constant:
            text = node.value  # type: ignore[attr-defined]  # of a constant, as its class says
            if type(text) is str and not place.muted:
                self._found.append(self._sighting(node, text, place, exact=True))
        elif kind is ast.Call:
            self._call(node, place, depth)  # type: ignore[arg-type]  # a call, as its class says
        else:
            read = self._readers.get(kind)
            if read is not None:
                read(self, node, place, depth)

    def _sequence(self, node: ast.List | ast.Tuple | ast.Set, place: Place, depth: int) -> None:
        many = len(node.elts) > 1 and place.use is not Use.LOAD
        inner = place._replace(use=Use.CHOICE) if many else place
        if many and sizes_of_whisper(node.elts):
            inner = inner._replace(context=inner.context._replace(kind="whisper", sure=False))
        member = self._grouped(inner, node.elts)
        for child in node.elts:
            self._expr(child, member if type(child) is ast.Constant else inner, depth + 1)

    def _either(self, node: ast.BoolOp, place: Place, depth: int) -> None:
        for index, child in enumerate(node.values):
            at = place._replace(use=Use.DEFAULT) if index and isinstance(child, ast.Constant) else place
            self._expr(child, at, depth + 1)

    def _condition(self, node: ast.IfExp, place: Place, depth: int) -> None:
        self._expr(node.test, Place(), depth + 1)
        self._expr(node.body, place, depth + 1)
        self._expr(node.orelse, place, depth + 1)

    def _attribute(self, node: ast.Attribute, place: Place, depth: int) -> None:
        self._member(node, place)
        if not isinstance(node.value, ast.Name):
            self._expr(node.value, place, depth + 1)

    def _subscript(self, node: ast.Subscript, place: Place, depth: int) -> None:
        self._expr(node.value, place, depth + 1)
        if not isinstance(node.slice, ast.Constant):
            self._expr(node.slice, place._replace(muted=True), depth + 1)

    def _walrus(self, node: ast.NamedExpr, place: Place, depth: int) -> None:
        self._expr(node.value, keyed(target_name(node.target), place), depth + 1)

    def _lambda(self, node: ast.Lambda, place: Place, depth: int) -> None:
        self._expr(node.body, place, depth + 1)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, place: Place, depth: int
    ) -> None:
        for generator in node.generators:
            self._expr(generator.iter, place, depth + 1)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        for part in parts:
            self._expr(part, place, depth + 1)

    def _wrapped(
        self, node: ast.Await | ast.Starred | ast.YieldFrom | ast.UnaryOp | ast.Yield, place: Place, depth: int
    ) -> None:
        inner = node.operand if isinstance(node, ast.UnaryOp) else node.value
        if inner is not None:
            self._expr(inner, place, depth + 1)

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

    def _composed(self, node: ast.JoinedStr | ast.BinOp, place: Place, depth: int) -> None:
        if place.muted:
            return
        values = evaluate(self._module, node, self._statement)
        for value in values:
            self._found.append(Sighting(value, place.context, place.symbol, place.use, place.attributes))
        if not values:
            for child in ast.walk(node):
                if isinstance(child, ast.Constant) and isinstance(child.value, str) and len(child.value) > 4:
                    loose = place.context._replace(text=True, kind="", sure=False)
                    self._found.append(
                        self._sighting(child, child.value, place._replace(context=loose), exact=True)
                    )
                elif isinstance(child, ast.Call):
                    self._expr(child, Place(), depth + 1)

    def _dict(self, node: ast.Dict, place: Place, depth: int) -> None:
        sized = sizes_of_whisper(node.keys)
        keys = self._grouped(place._replace(use=Use.CHOICE), node.keys).group
        alike = all(isinstance(value, ast.Constant) for value in node.values)
        values = self._grouped(place, node.values).group if alike else 0
        classes = alike and len(node.values) > 2 and all(_is_class(value) for value in node.values)
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self._expr(value, place, depth + 1)
                continue
            name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
            if classes and name.isidentifier():
                continue  # `{"qwen2_vl": "Qwen2_VL"}`: what code there is
            if name:
                # A registry by model: the keys are the names.
                at = place._replace(use=Use.CHOICE, group=keys)
                if sized:
                    at = at._replace(context=at.context._replace(kind="whisper", sure=False))
                self._found.append(self._sighting(key, name, at, exact=True))
            else:
                self._expr(key, place._replace(use=Use.CHOICE), depth + 1)
            if isinstance(value, ast.Constant) and not isinstance(value.value, str):
                continue  # a number, a flag
            below = keyed(name, place) if name and lookup(name, place.parents[-2:]) else place
            if below is place and name:
                below = place._replace(parents=(*place.parents, name), symbol=f"{place.symbol}.{name}".strip("."))
                if isinstance(value, ast.Constant) and _names_other_things(name):
                    below = below._replace(context=below.context._replace(key=name, kind="", sure=False))
            if below.group != values:
                below = below._replace(group=values)
            self._expr(value, below, depth + 1)

    def _compare(self, node: ast.Compare, place: Place, depth: int) -> None:
        sides = [node.left, *node.comparators]
        key = next((dotted(side) for side in sides if isinstance(side, ast.Name | ast.Attribute)), "")
        inner = keyed(key.rpartition(".")[2], place._replace(use=Use.CONFIG))
        for index, side in enumerate(sides):
            operator = node.ops[index] if index < len(node.ops) else None
            if isinstance(side, ast.Constant) and isinstance(operator, ast.In | ast.NotIn):
                continue  # `"qwen" in name` asks for a part of a name
            if isinstance(side, ast.Constant | ast.List | ast.Tuple | ast.Set):
                self._expr(side, inner, depth + 1)
            else:
                self._expr(side, Place(), depth + 1)

    def _member(self, node: ast.Attribute, place: Place) -> None:
        """A member of an enumeration of models: `ModelType.GPT_4O`, `SpeechModel.best`."""
        if not _MEMBER.match(node.attr):
            return
        owner = dotted(node.value).rpartition(".")[2]
        if owner and ENUM_CLASS.match(owner) and not NOT_ENUM.search(owner) and node.attr not in {"value", "name"}:
            context = place.context._replace(kind="enum", key=owner)
            value = Value(node.attr, node, self._statement, exact=False, default=False, followed=False)
            self._found.append(Sighting(value, context, place.symbol, Use.LOAD, place.attributes))
        elif "pipelines" in dotted(node.value) or (
            node.attr.isupper() and "_" in node.attr and owner == "pipelines"
        ):
            context = place.context._replace(kind="", key=owner)
            value = Value(node.attr, node, self._statement, exact=False, default=False, followed=False)
            self._found.append(Sighting(value, context, place.symbol, Use.LOAD, place.attributes))

    _readers: ClassVar[dict[type[ast.expr], Callable[[Visitor, Any, Place, int], None]]] = {
        ast.JoinedStr: _composed,
        ast.BinOp: _composed,
        ast.Dict: _dict,
        ast.List: _sequence,
        ast.Tuple: _sequence,
        ast.Set: _sequence,
        ast.Compare: _compare,
        ast.BoolOp: _either,
        ast.IfExp: _condition,
        ast.Attribute: _attribute,
        ast.Subscript: _subscript,
        ast.NamedExpr: _walrus,
        ast.Lambda: _lambda,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.DictComp: _comprehension,
        ast.Await: _wrapped,
        ast.Starred: _wrapped,
        ast.YieldFrom: _wrapped,
        ast.UnaryOp: _wrapped,
        ast.Yield: _wrapped,
    }
    """What reads an expression, by its kind: looked up in a fraction of what a chain of questions costs."""


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
