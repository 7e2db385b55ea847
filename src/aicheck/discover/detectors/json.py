"""JSON (comments allowed), JSON5 and Jsonnet: configurations, pick lists, registries of models."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aicheck.core.reference import Use
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.emit import Emitter, text_of
from aicheck.discover.faults import fault_of
from aicheck.discover.judge import Context
from aicheck.discover.shapes import ADDRESSES, HOSTS, KEYS, NAMES
from aicheck.discover.source import SourceFile
from aicheck.discover.structure.braces import BraceFile, read_braces
from aicheck.discover.structure.entries import decide, deployment_use
from aicheck.discover.structure.skipping import LARGE, parts

__all__ = ["DETECTOR"]

_ID: Final = "json"
_NEVER: Final = frozenset(
    """
package-lock.json composer.lock npm-shrinkwrap.json tokenizer.json vocab.json merges.json added_tokens.json
special_tokens_map.json composer.json lerna.json angular.json .eslintrc.json tslint.json manifest.json.lock
deno.lock bun.lock cspell.json
""".split()
)
_KEYLESS: Final = re.compile(
    r"(?:^|/)(?:package|tsconfig[\w.\-]*|jsconfig|components|renovate|biome|turbo|nx|project)\.json\Z"
)
_BARE: Final = re.compile(r"^\.[\w-]+\Z")
"""`.taskmasterconfig`, `.babelrc`: settings of a tool without an ending, mostly in JSON."""
_VOCABULARY: Final = re.compile(rb'"vocab"\s{0,20}:\s{0,20}[{\[]')
_RESULTS: Final = re.compile(
    r"(?:chat_history|conversation|transcript|trace|predictions?|responses?|annotations?)[\w\-]*\.json\Z",
    re.IGNORECASE,
)


def _read(source: SourceFile, starts: Sequence[int]) -> BraceFile:
    text = text_of(source)
    large = len(text) >= LARGE and source.name.lower().endswith(".json")
    return read_braces(text, lines=False, parts=parts(text, source.data, starts) if large else ())


def _keys(file: BraceFile, emitter: Emitter) -> Iterator[Detection]:
    """Keys that are themselves models: tables of prices, limits, aliases."""
    for key in file.keys:
        if len(key.text) > 2 and ("/" in key.text or "-" in key.text) and "://" not in key.text:
            yield from emitter.value(key.text, key.start, Context(), symbol=".".join(key.path))


def _is_report(head: str) -> bool:
    document = '"bomFormat"' in head or '"spdxVersion"' in head or ("sarif" in head and '"runs"' in head)
    return document or ('"schema_version"' in head and '"name": "aicheck"' in head)


def detect(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what the file names."""
    if not hits or source.name.lower() in _NEVER:
        return
    text = text_of(source)
    if _BARE.search(source.name.lower()) and text.lstrip()[:1] != "{":
        return  # another language under a name that says none
    emitter = Emitter(source, _ID, deployment_use(source.path, text[:4096]))
    if _RESULTS.search(source.path) or _is_report(text[:4096]):
        # Recorded conversations and the reports of scanners speak of models; they use none (BOMs: `--sbom`).
        return
    if source.name.lower().endswith("tokenizer.json") and _VOCABULARY.search(source.data):
        return  # `bert-tokenizer.json`: tens of thousands of words
    starts = [hit.start for hit in hits]  # in order
    file = _read(source, starts)
    yield from decide(file.entries, emitter)
    if not _KEYLESS.search(source.path):
        yield from _keys(file, emitter)
    for begin, end in file.comments:
        inside = starts[bisect_left(starts, begin) : bisect_left(starts, end)]
        if inside:
            yield from emitter.prose(begin, end, inside, use=Use.COMMENT)
    fault = fault_of(source)
    if fault is not None:
        yield fault


DETECTOR = Detector(
    _ID,
    (
        "*.json",
        "*.jsonc",
        "*.json5",
        "*.jsonnet",
        "*.libsonnet",
        "*.webmanifest",
        "*.json.example",
        "*.json.template",
        "*.json.sample",
        "*.json.j2",
        "*.json.tpl",
        ".*rc",
        ".*config",
    ),
    (*NAMES, *ADDRESSES, *HOSTS, *KEYS),
    detect,
)
