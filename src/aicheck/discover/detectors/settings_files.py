"""TOML, INI, properties and `.env` files."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from aicheck.core.reference import Use
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.emit import Emitter, text_of
from aicheck.discover.faults import fault_of
from aicheck.discover.shapes import ADDRESSES, HOSTS, KEY_VALUE_KEYS, NAMES
from aicheck.discover.source import SourceFile
from aicheck.discover.structure.entries import decide
from aicheck.discover.structure.lines import read_lines

__all__ = ["DETECTOR"]

_ID: Final = "settings-files"
_LOCKS: Final = frozenset({"poetry.lock", "uv.lock", "cargo.lock", "pdm.lock", "pixi.lock", "gopkg.lock"})


def detect(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what the file names."""
    if not hits or source.name.lower() in _LOCKS:
        return
    emitter = Emitter(source, _ID, Use.CONFIG)
    entries, comments = read_lines(text_of(source))
    yield from decide(entries, emitter)
    starts = [hit.start for hit in hits]  # in order
    for begin, end in comments:
        inside = starts[bisect_left(starts, begin) : bisect_left(starts, end)]
        if inside:
            yield from emitter.prose(begin, end, inside, use=Use.COMMENT)
    fault = fault_of(source)
    if fault is not None:
        yield fault


DETECTOR = Detector(
    _ID,
    tuple(
        """
*.toml *.ini *.cfg *.conf *.properties *.env .env .env.* env.* *.env.* .envrc *.toml.example *.ini.example
*.conf.example *.cfg.example env_* *_env *.editorconfig *.env.template *.toml.template *.toml.j2 *.conf.j2
*.flagfile
""".split()
    ),
    (*NAMES, *ADDRESSES, *HOSTS, *KEY_VALUE_KEYS),
    detect,
)
