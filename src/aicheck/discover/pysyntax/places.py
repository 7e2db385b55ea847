"""What a visitor hands on: a text with what its surroundings say, or a place that stays open."""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from aicheck.core.reference import Use
from aicheck.discover.judge import Context
from aicheck.discover.pysyntax.module import Statement
from aicheck.discover.pysyntax.values import Value
from aicheck.knowledge.keys import lookup

__all__ = ["Open", "Place", "Sighting", "keyed", "target_name"]


class Sighting(NamedTuple):
    """A text at a place."""

    value: Value
    context: Context
    symbol: str
    use: Use
    attributes: tuple[tuple[str, str], ...] = ()
    command: bool = False
    """The text is a command line."""
    group: int = 0
    """Number of the list, or of the keys or values of the mapping, that the text is a member of; 0 for none."""


class Open(NamedTuple):
    """A place where something is surely named, but not known."""

    node: ast.expr
    statement: Statement
    expression: str
    context: Context
    symbol: str
    attributes: tuple[tuple[str, str], ...] = ()
    scope: str = ""
    """Module that the name is imported from, where that is so."""
    name: str = ""


_NO_CONTEXT: Final = Context()


class Place(NamedTuple):
    """What the surroundings of an expression say."""

    context: Context = _NO_CONTEXT
    symbol: str = ""
    use: Use = Use.CONFIG
    parents: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    muted: bool = False
    group: int = 0


def keyed(key: str, place: Place) -> Place:
    """The place under a key: `model_name=`, `"model":`, `MODEL = `."""
    plain = key.removeprefix("self.").removeprefix("cls.")
    if not plain:
        return place
    row = lookup(plain, place.parents[-2:])
    above = place.context
    if row is not None:
        kind, sure, provider = row.kind, row.sure, None
        if row.provider == "whisper" and kind == "model":
            kind, sure = "whisper", False
        elif row.provider == "ollama" and kind in {"model", "embedding"}:
            kind, sure = "ollama", False
        elif row.provider and row.provider != "huggingface" and kind in {"model", "embedding"}:
            provider = row.provider
        context = Context(kind, sure, provider, above.host, plain, above.text)
    elif above.kind and not above.key:
        context = above._replace(key=plain)
    else:
        context = Context("", sure=False, provider=None, host=above.host, key=plain, text=above.text)
    symbol = f"{place.symbol}.{plain}" if place.symbol else plain
    return Place(context, symbol, place.use, (*place.parents, plain), place.attributes, place.muted)


def target_name(node: ast.expr) -> str:
    """Return the name that an assignment gives a value to: a variable, an attribute or a key; '' for others."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ):
        return node.slice.value
    return ""
