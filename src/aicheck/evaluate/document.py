"""Policy files as data, read so that nothing in them can surprise.

YAML 1.2 core rules: `NO` stays a string and `2026-01-01` stays a string (YAML 1.1 reads false and a date).
Anchors, aliases, tags, duplicate keys, several documents, very large and very deep files are refused with the
place. The reader works on the parser's events, so a bomb is refused at its first byte and never built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Any, Final, NoReturn

import yaml

from aicheck.core.frozen import dataclass
from aicheck.errors import ConfigError

__all__ = ["MAX_BYTES", "Document", "Path", "read_document"]

MAX_BYTES: Final = 1 << 20
"""A policy is written by people: one mebibyte is far beyond any of them."""
MAX_DEPTH: Final = 32
MAX_NODES: Final = 100_000
MAX_DIGITS: Final = 18
"""What is longer is text: a commit or a sha256 may consist of digits alone, and no policy counts that far."""

Path = tuple[str | int, ...]
"""Keys and indices from the document's root to a value."""

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_CONSTANTS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
# The C parser is the same grammar ten times as fast; a build of PyYAML without libyaml has none.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data with the place of every key and value."""

    path: str
    """How the user named the file."""
    data: Any
    """`dict`, `list`, `str`, `int`, `float`, `bool` or None."""
    values: dict[Path, tuple[int, int]] = field(repr=False)
    """Line and column (both 1-based) at which the value at a path begins."""
    keys: dict[Path, tuple[int, int]] = field(repr=False)
    """Line and column of the key at a path."""

    def place(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column of a value (or its key), or of the nearest enclosing value that has one."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def error(self, message: str, path: Path, *, key: bool = False, hint: str | None = None) -> ConfigError:
        """Build the error for the value (or the key) at a path."""
        line, column = self.place(path, key=key)
        name = ".".join(str(part) for part in path) or None
        return ConfigError(message, path=self.path, line=line, column=column, key=name, hint=hint)


class _Reader:
    """One pass over the events of one file."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self.values: dict[Path, tuple[int, int]] = {}
        self.keys: dict[Path, tuple[int, int]] = {}

    def fail(self, message: str, mark: Any, hint: str | None = None) -> NoReturn:
        raise ConfigError(message, path=self.path, line=mark.line + 1, column=mark.column + 1, hint=hint)

    def next(self) -> Any:
        event = next(self.events)
        if isinstance(event, yaml.AliasEvent):
            self.fail("aliases are not allowed in a policy", event.start_mark, f"write *{event.anchor} out")
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            self.fail("anchors are not allowed in a policy", event.start_mark, f"remove &{event.anchor}")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.fail(f"tags are not allowed in a policy: {tag}", event.start_mark, "write the plain value")
        return event

    def document(self) -> Any:
        self.next()  # the stream starts
        event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            raise ConfigError(
                "the policy is empty", path=self.path, line=1, column=1, hint="begin with 'version: 1'"
            )
        data = self.node(self.next(), ())
        self.next()  # the document ends
        event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            self.fail("a policy is one document", event.start_mark, "remove what follows '---'")
        return data

    def node(self, event: Any, path: Path) -> Any:
        mark = event.start_mark
        self.values[path] = (mark.line + 1, mark.column + 1)
        if len(path) > MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH} levels", mark)
        if len(self.values) > MAX_NODES:
            self.fail(f"more than {MAX_NODES} values", mark)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := self.next(), yaml.SequenceEndEvent):
                items.append(self.node(event, (*path, len(items))))
            return items
        return self.mapping(path)

    def mapping(self, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            mark = event.start_mark
            if not isinstance(event, yaml.ScalarEvent):
                self.fail("a key must be a word", mark)
            key = event.value
            if event.implicit[0] and key == "<<":
                self.fail("merge keys are not allowed in a policy", mark, "use 'extends'")
            if key in result:
                first = self.keys[(*path, key)][0]
                self.fail(f"duplicate key '{key}', first given on line {first}", mark, "keep one of them")
            inner = (*path, key)
            self.keys[inner] = (mark.line + 1, mark.column + 1)
            result[key] = self.node(self.next(), inner)
        return result

    def scalar(self, event: Any) -> str | int | float | bool | None:
        text: str = event.value
        if not event.implicit[0]:  # quoted or a block: always a string
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if len(text) > MAX_DIGITS:
            return text
        if _INT.fullmatch(text):
            # YAML 1.2 reads 0123 as decimal, Python's base 0 does not.
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            return int(text, base)
        if _FLOAT.fullmatch(text):
            return float(text)
        return text


def read_document(data: bytes, path: str) -> Document:
    """Read one policy file.

    Raises `ConfigError` with file, line and column for whatever is not plain, small, single-valued YAML.
    """
    if len(data) > MAX_BYTES:
        size = len(data) / (1 << 20)
        message = f"the policy has {size:.1f} MiB; at most {MAX_BYTES >> 20} MiB are read"
        raise ConfigError(message, path=path, line=1, column=1, hint="is this the right file?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ConfigError("not UTF-8 text", path=path, line=line, column=column, hint="save it as UTF-8") from None
    reader = _Reader(path, text)
    try:
        return Document(path, reader.document(), reader.values, reader.keys)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "not YAML"
        raise ConfigError(
            f"not YAML: {what}",
            path=path,
            line=mark.line + 1 if mark else 1,
            column=mark.column + 1 if mark else 1,
            hint="check quotes and indentation",
        ) from None
    except yaml.YAMLError as error:  # a reader error (control characters) has a position, but no mark
        position = getattr(error, "position", 0) or 0
        raise ConfigError(
            f"not YAML: {getattr(error, 'reason', error)}",
            path=path,
            line=text.count("\n", 0, position) + 1,
            column=position - text.rfind("\n", 0, position),
            hint="remove control characters",
        ) from None
