"""Which calls name models: one row of `data/calls.json` per callable, so that one more API is one row."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["CallRow", "call_names", "call_rows"]


class CallRow(NamedTuple):
    """One callable."""

    name: str
    """Dotted tail of the callee: `from_pretrained`, `chat.completions.create`."""
    modules: frozenset[str]
    """Top-level modules of which the file must import one; empty = any file."""
    kind: str
    """What the arguments name (see `Context.kind` of `discover.judge`), or `client`: the call makes an API
    client, and the arguments name its base URL."""
    arguments: tuple[str, ...]
    """Positions (`0`) and keywords."""
    provider: str
    """Slug of the provider, '' = none or told by the name itself, `@client` = of the object it is called on."""


@cache
def _table() -> dict[str, tuple[CallRow, ...]]:
    raw = json.loads(files("aicheck.knowledge").joinpath("data/calls.json").read_text("utf-8"))
    table: dict[str, list[CallRow]] = {}
    for name, modules, kind, arguments, provider in raw["rows"]:
        needed = frozenset() if modules == "*" else frozenset(modules.split(","))
        row = CallRow(name, needed, kind, tuple(arguments.split(",")), provider)
        table.setdefault(name.rpartition(".")[2], []).append(row)
    # The most specific tail first: `spacy.load` before `load`.
    return {last: tuple(sorted(rows, key=lambda row: -row.name.count("."))) for last, rows in table.items()}


def call_rows(last: str) -> tuple[CallRow, ...]:
    """Return the rows for the last name of a callee, most specific first."""
    return _table().get(last, ())


@cache
def call_names() -> frozenset[str]:
    """Return the last names of all callables in the table."""
    return frozenset(_table())
