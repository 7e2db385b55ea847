"""Outputs and summary carry untrusted text into files with a syntax."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aicheck.ci.outputs import SUMMARY_LIMIT, append_summary, write_outputs
from tests.action.runner import parse_file

lines = st.text(
    alphabet=st.sampled_from(list("ab=<>\n\r%: \"'$`\\\u2028\x85é")) | st.characters(codec="utf-8"), max_size=30
)


@given(value=lines, other=lines)
def test_no_value_makes_another_output(tmp_path_factory: object, value: str, other: str) -> None:
    file = tmp_path_factory.mktemp("outputs") / "file"  # type: ignore[attr-defined]
    write_outputs(file, {"html": value, "verdict": "fail", "json": other})
    read = parse_file(file.read_bytes())
    assert set(read) == {"html", "verdict", "json"}
    assert read["verdict"] == "fail"
    if "\r" not in value:
        assert read["html"] == value


def test_forged_outputs_stay_values(tmp_path: Path) -> None:
    file = tmp_path / "outputs"
    file.write_text("earlier=1\n")
    write_outputs(file, {"html": "x\nverdict=pass\naicheck-0<<EOF", "verdict": "fail"})
    assert parse_file(file.read_bytes())["verdict"] == "fail"


def test_the_summary_stays_below_the_limit_and_is_cut_at_a_line(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("from an earlier action\n")
    append_summary(file, "é" * 70 + "\n")
    append_summary(file, ("é" * 70 + "\n") * 10_000)
    text = file.read_bytes()
    assert len(text) <= SUMMARY_LIMIT + 1
    assert text.decode().rstrip().endswith("the reports have the rest._")
    assert set(text.decode().splitlines()[1:-2]) <= {"é" * 70, ""}
    append_summary(file, "more\n" * 1000)
    assert len(file.read_bytes()) <= SUMMARY_LIMIT + 1


def test_without_files_nothing_happens() -> None:
    write_outputs(None, {"verdict": "pass"})
    append_summary(None, "text")
