"""Helm templates: where `{{ .Values.model.name }}` stands in a place that takes a model.

The template says what the value is (`--model`, `MODEL_ID`, `ollama pull`, `hf://…`), the chart's `values.yaml`
says its name; a link joins them (`aicheck.discover.helmlink`). Inside `range` and `with`, and behind variables,
the dot is followed to the list or mapping that it stands for (`models[].name`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from aicheck.core.target import HostedModel
from aicheck.discover.commandline import Argument, read_command
from aicheck.discover.detector import Link
from aicheck.discover.emit import Emitter
from aicheck.discover.structure.entries import Entry, commands, is_command
from aicheck.discover.structure.environment import variables
from aicheck.knowledge.keys import lookup

__all__ = ["KIND", "template_links"]

KIND: Final = "helm-values"
_EXPRESSION: Final = re.compile(
    r"\{\{-?\s*+(?:(?:quote|squote|toString|tpl|default\s+[^\s{}]{1,80}|required\s+\"[^\"{}]{0,200}\")\s+\(?)?"
    r"(\$\w*)?(\.[A-Za-z_][\w.]*|\.)?(?:\)?\s+[.$])?\s*+(?:\|[^{}]*)?-?\}\}"
)
_HELD: Final = re.compile(r"\{\{\.Values\.([\w.\[\]]+)~*\}\}")
_SCOPE: Final = re.compile(
    r"\{\{-?\s*+(?:(range|with|if|define|block|end)\b|(?=\$\w++\s*+:?=))"
    r"(?:\s*+(?:\$\w++\s*+,\s*+)?(\$\w++)\s*+:?=)?\s*+(\$\w*)?(\.[A-Za-z_][\w.]*|\.)?\s*+(?:\|[^{}]*)?-?\}\}"
    r"|\{\{-?\s*+(range|with|if|define|block|end)\b"
)
_ROLES: Final = frozenset(
    {"model", "tokenizer", "embedding", "reranker", "adapter", "dataset", "ollama", "hosted", "whisper", "weights"}
)
_DEEPEST: Final = 100
_SCHEMES: Final = ("hf://", "ollama://", "https://huggingface.co/", "huggingface://", "hf.co/", "s3://", "gs://")


class _Scope(NamedTuple):
    """What the dot and the variables stand for, as paths below the values; '' is the root, `[]` any item."""

    dot: str | None
    variables: dict[str, str | None]

    def path(self, variable: str | None, members: str | None) -> str | None:
        """Return the path of `.Values.a`, `.a`, `$v.a` or `.`, None where it is no value of the chart."""
        start = self.dot if variable is None else "" if variable == "$" else self.variables.get(variable)
        rest = (members or "").strip(".")
        if start in {"", None} and rest.startswith("Values.") and variable in {None, "$"}:
            return rest.removeprefix("Values.")
        if not start or (variable is None and members is None):
            return None
        return f"{start}.{rest}" if rest else start


class _Scopes:
    """The scopes of `range`, `with` and assignments, by offset in a template."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        self._scopes = [_Scope("", {})]
        stack: list[_Scope] = []
        for found in _SCOPE.finditer(text):
            word = found.group(1) or found.group(5)
            now = self._scopes[-1]
            path = now.path(found.group(3), found.group(4)) if found.group(5) is None else None
            name = found.group(2)
            if word == "end":
                now = stack.pop() if stack else _Scope("", {})
            elif word is None:
                if len(now.variables) < _DEEPEST:
                    now = _Scope(now.dot, now.variables | {name: path})
            else:
                stack.append(now)
                if len(stack) > _DEEPEST:
                    return
                if word == "range":
                    path = path and f"{path}[]"
                if word in {"range", "with"}:
                    root = found.group(3) == "$" and found.group(4) is None
                    now = _Scope("" if root else path, now.variables | {name: path} if name else now.variables)
                elif word == "define":
                    now = _Scope("", {})
            self._starts.append(found.end())
            self._scopes.append(now)

    def at(self, offset: int) -> _Scope:
        """Return what holds at an offset."""
        return self._scopes[bisect_right(self._starts, offset) - 1]


def _held(text: str, start: int, scopes: _Scopes) -> str:
    """Spell expressions without blanks and pipes, in the same length, so that a shell sees one word."""

    def same_length(found: re.Match[str]) -> str:
        path = scopes.at(start + found.start()).path(found.group(1), found.group(2))
        if path is None:
            return found.group()
        head = "{{.Values." + path
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
    scopes = _Scopes(emitter.text)
    for group, _ in commands(entries):
        if any("{{" in entry.value for entry in group):
            for argument in read_command([_held(entry.value, entry.start, scopes) for entry in group]):
                if 0 <= argument.token < len(group):
                    yield from _argument(argument, group[argument.token], emitter)
    for entry in entries:
        if "{{" not in entry.value:
            continue
        text = _held(entry.value, entry.start, scopes)
        if "{{.Values." not in text:
            continue
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
