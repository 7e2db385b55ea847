"""YAML: Kubernetes, Helm, compose, CI, and the configurations of training and serving tools."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aicheck.core.reference import Use
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.emit import Emitter, text_of
from aicheck.discover.faults import fault_of
from aicheck.discover.shapes import ADDRESSES, HOSTS, KEY_VALUE_KEYS, NAMES
from aicheck.discover.source import SourceFile
from aicheck.discover.structure.entries import Entry, decide, deployment_use
from aicheck.discover.structure.helm import template_links
from aicheck.discover.structure.yaml import YamlFile, read_yaml

__all__ = ["DETECTOR"]

_ID: Final = "yaml"
_HEAD: Final = 4096
_LARGE: Final = 512 << 10
_REACH: Final = 2000
"""Bytes around a needle in which values are looked at in a large file: a container's command, its variables."""
_LOCKS: Final = frozenset({"pnpm-lock.yaml", "pnpm-lock.yml"})
"""Megabytes of packages, which the dependencies are read from."""
_TOP_KEY: Final = re.compile(r"(?m)^([\w-]+):")
_POLICY_KEYS: Final = frozenset(
    "version name summary extends organisation max_waiver_days rules custom waivers test".split()
)


def _read(source: SourceFile) -> YamlFile:
    return read_yaml(text_of(source))


def _comments(file: YamlFile, emitter: Emitter, hits: Sequence[Hit]) -> Iterator[Detection]:
    starts = [hit.start for hit in hits]  # in order
    for begin, end in file.comments:
        inside = starts[bisect_left(starts, begin) : bisect_left(starts, end)]
        if inside:
            yield from emitter.prose(begin, end, inside, use=Use.COMMENT)


def _is_policy(text: str) -> bool:
    """Whether a file is a policy of aicheck: its version and name, and no key at the top that policies lack."""
    if "version: 1" not in text[:_HEAD]:
        return False
    keys = set(_TOP_KEY.findall(text))
    return {"version", "name"} <= keys <= _POLICY_KEYS and bool(keys & {"rules", "extends", "waivers", "custom"})


def _near(entries: Sequence[Entry], hits: Sequence[Hit]) -> list[Entry]:
    """The values that stand near something of interest: files of megabytes are mostly about other things."""
    starts = [hit.start for hit in hits]
    return [
        entry
        for entry in entries
        if bisect_left(starts, entry.start - _REACH) < bisect_right(starts, entry.end + _REACH)
    ]


def detect(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what the file names."""
    if not hits or source.name.lower() in _LOCKS:
        return
    text = text_of(source)
    emitter = Emitter(source, _ID, deployment_use(source.path, text[:_HEAD]))
    if "kind: CustomResourceDefinition" in text[:_HEAD]:
        # The schema of a resource is documentation of its fields; it names no model that anything uses.
        yield from emitter.prose(0, len(text), [hit.start for hit in hits], use=Use.DOCUMENTATION)
        return
    if _is_policy(text):
        # What a policy allows, denies or waives is judged, not used.
        yield from emitter.prose(0, len(text), [hit.start for hit in hits], use=Use.DOCUMENTATION)
        return
    file = source.parsed("yaml-lines", _read)
    if file.unread:
        source.leave(file.unread)
    entries = file.entries if len(text) < _LARGE else _near(file.entries, hits)
    yield from decide(entries, emitter)
    if "/templates/" in f"/{source.path}" and ".Values." in text:
        yield from template_links(entries, emitter)
    yield from _comments(file, emitter, hits)
    fault = fault_of(source)
    if fault is not None:
        yield fault


DETECTOR = Detector(
    _ID,
    tuple(
        """
*.yaml *.yml *.yaml.tpl *.yml.tpl *.yaml.j2 *.yml.j2 *.yaml.gotmpl *.yaml.example *.yml.example
*.yaml.template *.yaml.sample *.yml.sample *.yaml.dist *.tpl
""".split()
    ),
    (*NAMES, *ADDRESSES, *HOSTS, *KEY_VALUE_KEYS),
    detect,
)
