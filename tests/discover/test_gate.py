"""The gate answers by pieces of names; the plain meaning of every glob is the oracle."""

from __future__ import annotations

import fnmatch

from hypothesis import given
from hypothesis import strategies as st

from aicheck.discover.detector import Detector
from aicheck.discover.gate import Gate
from aicheck.discover.registry import load_detectors

DETECTORS = load_detectors()
GATE = Gate(DETECTORS)
GLOBS = sorted({glob for detector in DETECTORS for glob in detector.globs})


def plain(path: str) -> int:
    low = path.lower()
    parts = low.split("/")
    mask = 0
    for index, detector in enumerate(DETECTORS):
        for written in detector.globs:
            glob = written.lower()
            ends = ["/".join(parts[at:]) for at in range(len(parts))] if "/" in glob else parts[-1:]
            if any(fnmatch.fnmatchcase(end, glob) for end in ends):
                mask |= 1 << index
                break
    return mask


words = st.sampled_from(
    ["", "a", "src", ".continue", "requirements", "x.dist-info", "Models--A--b", "refs", ".env"]
)


@given(
    st.lists(words.filter(bool), max_size=3),
    st.sampled_from(GLOBS),
    st.sampled_from(["", "x", "a.b", "_1"]),
    st.sampled_from(["", "z", ".txt", ".bak"]),
    st.booleans(),
)
def test_every_glob_is_answered_as_fnmatch_does(
    folders: list[str], glob: str, star: str, end: str, upper: bool
) -> None:
    path = "/".join([*folders, glob.replace("*", star).replace("?", "1") + end])
    path = path.upper() if upper else path
    assert GATE.mask(path) == plain(path)


@given(
    st.lists(st.text(alphabet="abc._-/1", max_size=12), max_size=3), st.sampled_from([".py", ".md", "", "_env"])
)
def test_other_names_are_answered_as_fnmatch_does(parts: list[str], end: str) -> None:
    path = "/".join(part for part in parts if part) + end
    assert GATE.mask(path) == plain(path)


def test_a_folder_with_a_line_break_hides_nothing() -> None:
    gate = Gate([Detector("a", ("Dockerfile*", "models/*.bin"), (), lambda _source, _hits: ())])
    assert gate.mask("a\nb/Dockerfile.dev") == 1
    assert gate.mask("a\nb/models/x.bin") == 1
