"""What a visitor hands on: a text with what its surroundings say, or a place that stays open."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Final

from aicheck.core.reference import Use
from aicheck.discover.judge import Context
from aicheck.discover.pysyntax.module import Statement
from aicheck.discover.pysyntax.values import Value
from aicheck.knowledge.keys import lookup

__all__ = ["Open", "Place", "Sighting", "keyed", "target_name"]


@dataclass(frozen=True, slots=True)
class Sighting:
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


@dataclass(frozen=True, slots=True)
class Open:
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


@dataclass(frozen=True, slots=True)
class Place:
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
    row = lookup(plain, place.parents[-2:]) if plain else None
    context = replace(place.context, key=plain, kind="", sure=False, provider=None) if plain else place.context
    if row is not None:
        context = replace(context, kind=row.kind, sure=row.sure, provider=None)
        provider = row.provider
        if provider == "whisper" and row.kind == "model":
            context = replace(context, kind="whisper", sure=False)
        elif provider == "ollama" and row.kind in {"model", "embedding"}:
            context = replace(context, kind="ollama", sure=False)
        elif provider and provider != "huggingface" and row.kind in {"model", "embedding"}:
            context = replace(context, provider=provider)
    elif plain and place.context.kind and not place.context.key:
        context = replace(place.context, key=plain)
    symbol = f"{place.symbol}.{plain}" if place.symbol and plain else plain or place.symbol
    parents = (*place.parents, plain) if plain else place.parents
    return replace(place, context=context, symbol=symbol, parents=parents)


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
