"""Python that stands in scripts, images and pipelines: `python -c "…"` and `python - <<EOF`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.pysyntax.needles import FINDER
from aicheck.discover.pysyntax.report import detect_statements
from aicheck.discover.source import SourceFile

__all__ = ["DETECTOR"]

_ID: Final = "python-embedded"
_ARGUMENT: Final = re.compile(rb"""[ \t]+-c[ \t]+(?:"((?:[^"\\]|\\.)*+)"|'([^']*+)')""", re.DOTALL)
_HERE: Final = re.compile(rb"""[^\n<]{0,200}<<-?[ \t]*['"]?(\w{1,40})['"]?[^\n]*\n""")
_FLAGS: Final = re.compile(rb"python3?(?:[.]\d{1,2})?(?:[ \t]+-[abd-zA-Z]\w{0,10}){0,4}")
_MAX_BODIES: Final = 5_000


def _bodies(source: SourceFile, starts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where Python begins and ends in the file."""
    data = source.data
    if len(starts) > _MAX_BODIES:
        source.leave(f"Python in commands beyond the first {_MAX_BODIES} was not looked at")
    done = -1
    for start in starts[:_MAX_BODIES]:
        if start < done:
            continue
        flags = _FLAGS.match(data, start)
        at = flags.end() if flags else start
        argument = _ARGUMENT.match(data, at)
        if argument is not None:
            begin, end = argument.span(1 if argument.group(1) is not None else 2)
        else:
            here = _HERE.match(data, at)
            if here is None:
                continue
            begin = here.end()
            closed = re.compile(rb"^[ \t]*" + here.group(1) + rb"[ \t]*$", re.MULTILINE).search(data, begin)
            end = closed.start() if closed else len(data)
        yield begin, end
        done = end


def _detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    data = source.data
    parts: list[bytes] = []
    position = 0
    for begin, end in _bodies(source, [hit.start for hit in hits]):
        # Everything else becomes blank: places stay as they are in the file.
        parts += (_blank(data[position:begin]), data[begin:end].replace(b'\\"', b' "').replace(b"\\\n", b" \n"))
        position = end
    if not parts:
        return
    inner = SourceFile(source.path, b"".join(parts), documentation=False)
    yield from detect_statements(inner, FINDER.hits(inner.data), _ID)


def _blank(data: bytes) -> bytes:
    return b"\n".join(b" " * len(line) for line in data.split(b"\n"))


DETECTOR: Final = Detector(
    id=_ID,
    globs=("*.sh", "*.bash", "*.zsh", "dockerfile*", "*.dockerfile", "containerfile*", "*dockerfile", "*.yml",
           "*.yaml", "makefile*", "*.mk", "justfile", "*.sbatch", "*.slurm", "entrypoint", "*.sh.j2"),
    needles=(b"python -", b"python3 -", b"python3.", b"python <<", b"python3 <<"),
    detect=_detect,
)  # fmt: skip
