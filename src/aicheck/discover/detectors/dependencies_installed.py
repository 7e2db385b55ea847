"""Distributions installed in a Python environment, with the licence that their metadata states."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aicheck.core.reference import Use
from aicheck.core.target import Library
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.formats.base import clean
from aicheck.discover.manifests.base import purl
from aicheck.discover.sighting import make_at_line
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError
from aicheck.knowledge.libraries import ai_library

__all__ = ["DETECTOR"]

_ID: Final = "dependencies-installed"
_HEADER: Final = re.compile(r"([A-Za-z-]{1,60}):[ \t]*([^\r\n]{0,2000})")
_INSTALLED: Final = re.compile(r"(?:^|/)(?:site|dist)-packages/")
_CLASSIFIER: Final = "License :: "


def _detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    """METADATA is a mail header: name, version, licence expression, licence, classifiers."""
    del hits
    if ".egg-info/" in source.path.lower() and not _INSTALLED.search(source.path):
        return  # a build of the project itself leaves its own metadata in the tree
    fields: dict[str, str] = {}
    classifiers: list[str] = []
    line_of_name = 1
    for number, line in enumerate(source.text[: 1 << 18].split("\n"), 1):
        if not line.strip():
            break  # the description follows
        match = _HEADER.match(line)
        if match is None:
            continue
        key, value = match[1].lower(), match[2].strip()
        if key == "classifier" and value.startswith(_CLASSIFIER):
            classifiers.append(value.rpartition(" :: ")[2])
        elif key not in fields:
            fields[key] = value
            if key == "name":
                line_of_name = number
    name, version = fields.get("name", ""), fields.get("version", "")
    text = purl("pypi", name, version) if name else None
    if text is None:
        raise SourceError("metadata of a distribution without a name")
    row = ai_library("pypi", name)
    stated = fields.get("license-expression") or fields.get("license", "")
    yield make_at_line(
        source,
        Library(text),
        line_of_name,
        detector=_ID,
        use=Use.PRESENT,
        confidence=0.99,
        symbol="installed",
        raw=name,
        attributes={
            "license": clean(stated if stated.upper() != "UNKNOWN" else "", 120),
            "license_classifiers": clean(";".join(classifiers), 300),
            "scope": "runtime",
            "ai": row.kind if row else None,
            "provider": row.provider if row else None,
            "vendor": row.vendor if row else None,
        },
    )


DETECTOR: Final = Detector(
    id=_ID,
    globs=("*.dist-info/metadata", "*.egg-info/pkg-info"),
    needles=(b"name:",),
    detect=_detect,
)
