"""What is followed through a file of Python stays bounded, however its functions call each other."""

from __future__ import annotations

import pytest

from aicheck.discover.detectors import python
from aicheck.discover.engine import Examiner
from aicheck.discover.pysyntax import values
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile

EXAMINER = Examiner((python.DETECTOR,), DiscoverSettings())


def _steps(monkeypatch: pytest.MonkeyPatch, functions: int) -> int:
    """Steps for one method that hands its parameter to many of its own name."""
    calls = "\n".join(
        f"        if name == {number}:\n            return K{number}.from_pretrained(name)"
        for number in range(functions)
    )
    text = (
        "from transformers import AutoModel\n\n\nclass Auto:\n    @classmethod\n    def from_pretrained(cls, name):\n"
        f"{calls}\n        return AutoModel.from_pretrained(name)\n"
    )
    taken = 0
    plain = values._Evaluation.of

    def counted(self: values._Evaluation, node: object) -> list[values.Value]:
        nonlocal taken
        taken += 1
        return plain(self, node)  # type: ignore[arg-type] - handed on as given

    with monkeypatch.context() as patch:
        patch.setattr(values._Evaluation, "of", counted)
        EXAMINER.examine(SourceFile("a.py", text.encode()))
    return taken


def test_methods_that_call_their_namesakes_do_not_multiply(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = _steps(monkeypatch, 3), _steps(monkeypatch, 14)
    assert few > 0
    assert many < 20_000
