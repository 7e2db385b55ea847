"""Scripts inside values: `run: |`, `command: vllm serve …`, and names in texts of several lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from aicheck.core.reference import Reference, Use
from aicheck.discover.commandline import Argument, read_command
from aicheck.discover.covered import Spans
from aicheck.discover.emit import Emitter, speaks
from aicheck.discover.judge import Context

if TYPE_CHECKING:
    from aicheck.discover.structure.entries import Entry

__all__ = ["read_script"]

_NAME: Final = re.compile(
    r"[\w.\-]+/[\w.\-]+(?::[\w.\-]+)?|[A-Za-z][\w.]*-[\w.\-]+(?::[\w.\-]+)?|[a-z][\w.]+:[\w.\-]+"
)
_RUN: Final = re.compile(r"[\w.\-/:]{3,}+")
"""Characters of which alone such names consist."""
_LONG_RUN: Final = 200
_JOINED: Final = frozenset("/.-@:${*")
_GOES_ON: Final = frozenset("/@*")
_LONG: Final = 4000
"""Characters of a script up to which it is kept what it says: pipelines repeat whole steps."""
_WORDS: Final = re.compile(r"[\w.\-]+/[\w.\-]+|[\w.]+-[\w.\-]+")
_NOTHING: Final = Context()
_IN_TEXT: Final = Context(text=True)


class _Script(NamedTuple):
    """What a text says wherever it stands; places count from its start."""

    arguments: tuple[Argument, ...]
    names: tuple[tuple[int, int], ...]


def read_script(entry: Entry, emitter: Emitter) -> Iterator[Reference]:
    """A text of several lines, or a command in one: read as a shell would."""
    covered: list[tuple[int, int]] = []
    value = entry.value
    script = _kept(value) if len(value) <= _LONG else _read(value)
    for argument in script.arguments:
        at = entry.start + argument.start
        if argument.role == "comment":
            hits = [at + found.start() for found in _WORDS.finditer(argument.value)]
            yield from emitter.prose(at, at + len(argument.value), hits, use=Use.COMMENT, symbol=entry.symbol)
            covered.append((at, at + len(argument.value)))
            continue
        if not emitter.text.startswith(argument.value, at):
            continue
        for reference in emitter.argument(argument, at, symbol=entry.symbol):
            covered.append((at, at + len(argument.value)))
            yield reference
    yield from emitter.addresses(value, entry.start, _NOTHING, symbol=entry.symbol)
    if not script.names:
        return
    known = Spans(covered)
    for begin, end in script.names:
        if entry.start + begin not in known:
            yield from emitter.value(value[begin:end], entry.start + begin, _IN_TEXT, symbol=entry.symbol)


def _read(value: str) -> _Script:
    names: list[tuple[int, int]] = []
    for run in _RUN.finditer(value):
        text = run.group()
        for begin, end in _names_in(text) if len(text) <= _LONG_RUN else _spans_in(text):
            start, stop = run.start() + begin, run.start() + end
            if value[start - 1 : start] not in _JOINED and value[stop : stop + 1] not in _GOES_ON:
                names.append((start, stop))
    return _Script(tuple(read_command(value)), tuple(names))


_kept = lru_cache(maxsize=512)(_read)


def _spans_in(run: str) -> list[tuple[int, int]]:
    return [found.span() for found in _NAME.finditer(run)]


@lru_cache(maxsize=4096)
def _names_in(run: str) -> tuple[tuple[int, int], ...]:
    """The places in a run of characters of names at which one may be named; most words name nothing."""
    return tuple(span for span in _spans_in(run) if speaks(run[slice(*span)], _IN_TEXT))
