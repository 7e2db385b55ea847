"""Terraform and other HCL, and Nix."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from aicheck.core.reference import Use
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.emit import Emitter, text_of
from aicheck.discover.shapes import ADDRESSES, HOSTS, KEY_VALUE_KEYS, NAMES
from aicheck.discover.source import SourceFile
from aicheck.discover.structure.braces import read_braces
from aicheck.discover.structure.entries import decide

__all__ = ["DETECTOR"]

_ID: Final = "infrastructure"


def detect(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what the file names."""
    if not hits:
        return
    emitter = Emitter(source, _ID, Use.DEPLOY)
    nix = source.name.lower().endswith(".nix")
    file = read_braces(text_of(source), lines=not nix, nix=nix)
    yield from decide(file.entries, emitter)
    starts = [hit.start for hit in hits]  # in order
    for begin, end in file.comments:
        inside = starts[bisect_left(starts, begin) : bisect_left(starts, end)]
        if inside:
            yield from emitter.prose(begin, end, inside, use=Use.COMMENT)


DETECTOR = Detector(
    _ID,
    ("*.tf", "*.tfvars", "*.hcl", "*.nomad", "*.nix", "*.bicep", "*.tftpl"),
    (*NAMES, *ADDRESSES, *HOSTS, *KEY_VALUE_KEYS),
    detect,
)
