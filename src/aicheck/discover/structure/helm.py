"""Helm templates: where `{{ .Values.model.name }}` stands in a place that takes a model.

The template says what the value is (`--model`, `MODEL_ID`, `ollama pull`, `hf://…`), the chart's `values.yaml`
says its name; a link joins them (`aicheck.discover.helmlink`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aicheck.core.target import HostedModel
from aicheck.discover.commandline import Argument, read_command
from aicheck.discover.detector import Link
from aicheck.discover.emit import Emitter
from aicheck.discover.structure.entries import Entry, commands, is_command
from aicheck.discover.structure.environment import variables
from aicheck.knowledge.keys import lookup

__all__ = ["KIND", "template_links"]

KIND: Final = "helm-values"
_EXPRESSION: Final = re.compile(r"\{\{-?\s*(?:\$?\.Values|\$\.Values)\.([A-Za-z_][\w.]*)\s*(?:\|[^{}]*)?-?\}\}")
_HELD: Final = re.compile(r"\{\{\.Values\.([\w.]+)~*\}\}")
_ROLES: Final = frozenset(
    {"model", "tokenizer", "embedding", "reranker", "adapter", "dataset", "ollama", "hosted", "whisper", "weights"}
)
_SCHEMES: Final = ("hf://", "ollama://", "https://huggingface.co/", "huggingface://", "hf.co/", "s3://", "gs://")


def _held(text: str) -> str:
    """Spell expressions without blanks and pipes, in the same length, so that a shell sees one word."""

    def same_length(found: re.Match[str]) -> str:
        head = "{{.Values." + found.group(1)
        return head + "~" * max(0, len(found.group()) - len(head) - 2) + "}}"

    return _EXPRESSION.sub(same_length, text)


def _link(text: str, kind: str, provider: str, entry: Entry, emitter: Emitter) -> Iterator[Link]:
    found = _HELD.search(text)
    if found is None or _HELD.search(text, found.end()):
        return
    waiting = emitter.reference(
        HostedModel(None, f".Values.{found.group(1)}"), entry.start, entry.end, 0.9, symbol=entry.symbol
    )
    context = "\n".join((kind, provider, text[: found.start()], text[found.end() :]))
    yield Link(KIND, found.group(1), context, waiting)


def _argument(argument: Argument, entry: Entry, emitter: Emitter) -> Iterator[Link]:
    if argument.role in _ROLES and (argument.sure or argument.flag):
        provider = dict(argument.attributes).get("provider", "")
        yield from _link(argument.value, argument.role, provider, entry, emitter)


def template_links(entries: Sequence[Entry], emitter: Emitter) -> Iterator[Link]:
    """Yield a link for each value of the chart that the template hands to something that takes a model."""
    named = variables(entries)
    for group, _ in commands(entries):
        if any("Values." in entry.value for entry in group):
            for argument in read_command([_held(entry.value) for entry in group]):
                if 0 <= argument.token < len(group):
                    yield from _argument(argument, group[argument.token], emitter)
    for entry in entries:
        if "Values." not in entry.value:
            continue
        text = _held(entry.value)
        if entry.block or is_command(entry) or (" " in text and not _HELD.fullmatch(text)):
            for argument in read_command(text):
                yield from _argument(argument, entry, emitter)
            continue
        if text.startswith(_SCHEMES):
            yield from _link(text, "model", "", entry, emitter)
            continue
        seen = named.get(id(entry), entry)
        keys = seen.keys
        row = lookup(keys[-1], () if seen is not entry else keys[:-1]) if keys else None
        if row is not None and row.kind in _ROLES and (row.sure or _HELD.fullmatch(text)):
            kind = row.provider if row.provider == "ollama" else row.kind
            provider = "" if row.provider in {None, "ollama", "huggingface"} else str(row.provider)
            yield from _link(text, kind, provider, entry, emitter)
