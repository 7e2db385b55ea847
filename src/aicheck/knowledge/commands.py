"""Which programs take models on their command line, and where."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from aicheck.core.frozen import dataclass

__all__ = ["CommandTable", "Program", "command_table"]


@dataclass(frozen=True, slots=True)
class Program:
    """One program (with its sub-command) that is given models."""

    words: tuple[str, ...]
    """`("vllm", "serve")`; a Python module run with `-m` is one word (`vllm.entrypoints.openai.api_server`)."""
    positional: tuple[str, ...]
    """Role of each positional argument; a role with `*` takes all that follow."""
    flags: dict[str, str]
    """Role by option: `model`, `tokenizer`, `adapter`, `adapter-list`, `dataset`, `ollama`, `weights`, `url`,
    `filename`, `keyvalues`, `hosted`, `json`, `none` (looks like a model and is none) or a provider."""
    skip: frozenset[str]
    """Sub-sub-commands before the positional arguments."""
    type_flag: str | None
    """Option whose value `dataset` makes the positional `model` a dataset."""


@dataclass(frozen=True, slots=True)
class CommandTable:
    """All programs by their first word, and the options that say something about the model."""

    programs: dict[str, tuple[Program, ...]]
    attributes: dict[str, str]
    """Attribute of the reference by option; '' = the value is a secret and is never looked at."""
    boolean: frozenset[str]
    """Options that take no value."""
    containers: frozenset[str]
    container_values: frozenset[str]
    """Options of `docker run` that take a value."""
    images: tuple[tuple[str, Program], ...]
    """(fragment of an image's name, program that it runs): the image's arguments are that program's."""


@cache
def command_table() -> CommandTable:
    """Return the table, read once."""
    raw: dict[str, Any] = json.loads(files("aicheck.knowledge").joinpath("data/commands.json").read_text("utf-8"))
    by_name = {" ".join(row["words"]): row for row in raw["programs"]}
    programs: dict[str, list[Program]] = {}
    for row in raw["programs"]:
        body = by_name[row["same"]] if "same" in row else row
        program = Program(
            tuple(row["words"]),
            tuple(body.get("positional", ())),
            body["flags"],
            frozenset(body.get("skip", ())),
            body.get("type-flag"),
        )
        programs.setdefault(program.words[0], []).append(program)
    return CommandTable(
        {name: tuple(sorted(rows, key=lambda row: -len(row.words))) for name, rows in programs.items()},
        raw["attributes"],
        frozenset(raw["boolean"]),
        frozenset(raw["container"]),
        frozenset(raw["values"]),
        tuple((fragment, _named(programs, words)) for fragment, words in raw["images"].items()),
    )


def _named(programs: dict[str, list[Program]], name: str) -> Program:
    words = tuple(name.split())
    return next(row for row in programs[words[0]] if row.words == words)
