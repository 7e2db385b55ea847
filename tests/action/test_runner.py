"""The runner of the tests itself: an expression that it does not know must not pass for true."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.action.runner import Runner, parse_file


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path, tmp_path, "push", tmp_path / "event.json")


@pytest.mark.parametrize(
    ("text", "failed", "value"),
    [
        ("${{ always() }}", True, True),
        ("success()", True, False),
        ("inputs.comment == 'true'", False, True),
        ("inputs.comment != 'TRUE' || failure()", False, False),
        ("!(inputs.comment == 'x') && 'it''s'", False, "it's"),
        ("steps.scan.outputs.nothing", False, None),
    ],
)
def test_expressions(runner: Runner, text: str, failed: bool, value: object) -> None:
    context = {"inputs": {"comment": "true"}, "steps": {}}
    assert runner._expression(text, context, failed=failed) == value


@pytest.mark.parametrize("text", ["fromJSON('1')", "secrets.X", "inputs.a + 1", "contains(inputs.a, 'b')"])
def test_unknown_expressions_are_refused(runner: Runner, text: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        runner._expression(text, {"inputs": {"a": "x"}}, failed=False)


def test_output_files() -> None:
    assert parse_file(b"a=1\nb<<EOF\nx=y\n\nz\nEOF\nc=a<<b\n") == {"a": "1", "b": "x=y\n\nz", "c": "a<<b"}
    with pytest.raises(AssertionError):
        parse_file(b"b<<EOF\nnever closed\n")
