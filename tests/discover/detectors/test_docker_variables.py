"""Variables that a Dockerfile sets reach the commands that take them."""

from __future__ import annotations

import pytest

from aicheck.core.evidence import GapReason
from aicheck.discover.engine import Examiner
from aicheck.discover.registry import load_detectors
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile

EXAMINER = Examiner(load_detectors(), DiscoverSettings())


@pytest.mark.parametrize(
    "instruction",
    [
        "ARG MODEL=google/gemma-2-2b-it",
        "ENV MODEL=google/gemma-2-2b-it",
        'ENV A=1 \\\n    MODEL="google/gemma-2-2b-it"',
        "ENV MODEL google/gemma-2-2b-it",
        "arg MODEL=google/gemma-2-2b-it",
    ],
)
def test_a_set_variable_is_followed(instruction: str) -> None:
    text = f"FROM python:3.12\n{instruction}\nRUN hf download ${{MODEL}}\n"
    found = EXAMINER.examine(SourceFile("Dockerfile", text.encode()))
    last = text.count("\n")
    assert ("hf:google/gemma-2-2b-it", last) in {
        (str(one.target), one.occurrence.line) for one in found.references
    }
    assert not found.gaps


@pytest.mark.parametrize("instruction", ["ARG MODEL", "ARG OTHER=google/gemma-2-2b-it"])
def test_an_argument_of_the_build_is_a_gap(instruction: str) -> None:
    text = f"FROM python:3.12\n{instruction}\nRUN hf download ${{MODEL}}\n"
    found = EXAMINER.examine(SourceFile("Dockerfile", text.encode()))
    assert [(gap.subject, gap.reason, gap.line) for gap in found.gaps] == [
        ("dynamic:${MODEL}", GapReason.DYNAMIC, 3)
    ]


def test_two_values_are_neither() -> None:
    text = "FROM a\nENV MODEL=google/gemma-2-2b-it\nENV MODEL=Qwen/Qwen3-8B\nRUN hf download $MODEL\n"
    found = EXAMINER.examine(SourceFile("Dockerfile", text.encode()))
    assert {one.occurrence.line for one in found.references} == {2, 3}
