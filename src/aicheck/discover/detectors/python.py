"""References in Python: calls, constants, enumerations, defaults, registries, command lines in strings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.pysyntax.needles import PYTHON_NEEDLES
from aicheck.discover.pysyntax.report import detect_statements
from aicheck.discover.source import SourceFile

__all__ = ["DETECTOR"]

_ID: Final = "python"


def _detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    return detect_statements(source, hits, _ID)


DETECTOR: Final = Detector(
    id=_ID,
    globs=("*.py", "*.pyi", "*.pyw", "*.py.jinja", "*.py.j2", "*.py.tmpl", "SConstruct", "wscript"),
    needles=PYTHON_NEEDLES,
    detect=_detect,
)
