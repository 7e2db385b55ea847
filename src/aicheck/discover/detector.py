"""The contract of detectors.

A detector is a value. *Contract*: if `detect` yields anything for a file, then one of the detector's needles
stands in the file's bytes (ASCII case-insensitively), at or near the place; so one multi-pattern pass over the
raw bytes decides which detectors run and where they look. Detectors without needles run on every file that
their globs match (manifests, weights files). A detector is pure: it gets bytes and hits, opens nothing, keeps
nothing, and never imports, executes or unpickles what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from aicheck.core.evidence import Gap
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Reference
from aicheck.discover.source import SourceFile

__all__ = ["Detection", "Detector", "Hit", "Link"]


class Hit(NamedTuple):
    """One needle found in the bytes."""

    needle: bytes
    """Lower-case needle as the detector lists it."""
    start: int
    """Byte offset of its first byte."""
    end: int
    """Byte offset after its last byte."""


@dataclass(frozen=True, slots=True)
class Link:
    """What one file tells others, for the project-wide pass that follows names across files.

    `kind` `define`: this file gives `name` (dotted: module path of the file is added by the linker) the string
    `value`; kind `use`: a reference waits for `name`; the linker turns it into a Reference or a Gap.
    """

    kind: str
    name: str
    value: str
    reference: Reference | None = None
    scope: str = ""
    """Import path or file that the name belongs to, as written."""


Detection = Reference | Gap | Link


@dataclass(frozen=True, slots=True)
class Detector:
    """One source of references."""

    id: str
    """Kebab-case; equals the module's name with `-` and stands in `Occurrence.detector`."""
    globs: tuple[str, ...]
    """Patterns on the file's name (`*.py`, `Dockerfile*`) or, with a `/`, on its path; lower case, matched
    case-insensitively. An empty tuple = every text file."""
    needles: tuple[bytes, ...]
    """Lower-case ASCII literals of at least two bytes; empty = run on every file that the globs match."""
    detect: Callable[[SourceFile, Sequence[Hit]], Iterable[Detection]]
    """Yields what it sees. Raises `SourceError` where the file cannot be parsed (becomes a Gap; what was
    yielded before stays)."""
    binary: bool = False
    """Also runs on files with NUL bytes; gets the first MiB as `SourceFile.data` where the file is larger."""
