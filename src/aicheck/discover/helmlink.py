"""From a Helm template to the chart's `values.yaml`, and to the values of the chart that it is a part of.

What a template hands to a model server is named in the values: the reference stands there, with the template's
place as `via`. A value that the chart leaves empty is a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Occurrence, Reference, Use
from aicheck.discover.detector import Link
from aicheck.discover.emit import bind
from aicheck.discover.judge import Context, judge
from aicheck.discover.source import SourceFile
from aicheck.discover.structure.entries import Entry
from aicheck.discover.structure.yaml import read_yaml
from aicheck.errors import SourceError

__all__ = ["HelmLinker"]

_PART: Final = re.compile(r"(?:(.*)/)?charts/([^/]+)\Z")
_MAX_SIZE: Final = 4 << 20
_NOTHING: Final = frozenset({"", "null", "~", "nil"})


class _Values(NamedTuple):
    path: str
    source: SourceFile
    entries: dict[tuple[str, ...], list[Entry]]

    def at(self, keys: tuple[str, ...]) -> Iterator[Entry]:
        """Yield the values at a path, in which `[]` stands for any item of a list or mapping."""
        if "[]" not in keys:
            yield from self.entries.get(keys, ())
            return
        for path, entries in self.entries.items():
            if len(path) == len(keys) and all(key in {"[]", part} for key, part in zip(keys, path, strict=True)):
                yield from entries


class HelmLinker:
    """Looks values up in the charts of one tree."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self._files: dict[str, _Values | None] = {}

    def follow(self, link: Link, waiting: Reference) -> Iterator[Reference | Gap]:
        """Yield what the values name for one place of a template."""
        place = waiting.occurrence
        kind, provider, before, after = [*link.value.split("\n"), "", "", "", ""][:4]
        if kind in {"model", "embedding"} and provider:
            kind = "hosted"
        context = Context(kind, sure=True, provider=provider or None)
        known = False
        for values, entry in self._values(link.name, place.path):
            known = True
            written = entry.value
            if written.strip().lower() in _NOTHING or "{{" in written:
                known = False
                continue
            judged = judge(before + written + after, context)
            if judged is None:
                continue
            line, column = values.source.position(entry.start)
            text = values.source.data[entry.start : entry.end].decode("utf-8", "replace")
            attributes = dict(judged.attributes) | {"via": f"{place.path}:{place.line}"}
            where = Occurrence(
                values.path, line, column, column + len(text), text[:500], ".".join(entry.path), "yaml", Use.DEPLOY
            )
            confidence = min(judged.confidence, 0.95)
            yield Reference(bind(judged.target), where, confidence, tuple(sorted(attributes.items())))
        if not known:
            detail = f"{place.symbol} takes .Values.{link.name}, which the chart's values leave open"
            subject = f"dynamic:.Values.{link.name}"
            yield Gap(subject, GapReason.DYNAMIC, detail, place.path, place.line, place.column)

    def _values(self, name: str, path: str) -> Iterator[tuple[_Values, Entry]]:
        root = path.rpartition("/templates/")[0] if "/templates/" in path else ""
        keys = tuple(name.replace("[]", ".[]").split("."))
        while True:
            for file in ("values.yaml", "values.yml"):
                values = self._file(f"{root}/{file}" if root else file)
                if values is not None:
                    for entry in values.at(keys):
                        yield values, entry
            part = _PART.match(root)
            if part is None:
                return
            # A part of another chart: that one's values stand under the part's name.
            root = part.group(1) or ""
            keys = keys if keys[0] == "global" else (part.group(2), *keys)

    def _file(self, path: str) -> _Values | None:
        if path not in self._files:
            data = self._read(path)
            self._files[path] = None
            if data is not None and len(data) <= _MAX_SIZE:
                entries: dict[tuple[str, ...], list[Entry]] = {}
                try:
                    for entry in read_yaml(data.decode("latin-1")).entries:
                        entries.setdefault(entry.path, []).append(entry)
                except SourceError:
                    entries = {}
                self._files[path] = _Values(path, SourceFile(path, data), entries)
        return self._files[path]
