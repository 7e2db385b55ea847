from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.evidence import Known
from aicheck.core.finding import Level, Verdict
from aicheck.report import render
from aicheck.report.terminal import Progress, fit, table, wants_color, width_of, wrap
from tests.report.samples import big_report, empty_report, sample_report


def text(report, **options) -> str:
    return render(report, "text", **options).decode()


def test_finding_as_compilers_show_it() -> None:
    shown = text(sample_report(), width=100)
    assert (
        """\
error[origin-allowed]: weights descend from a model developed in CN (new)
  --> services/rag/app.py:14:35
   |
14 | model = AutoModel.from_pretrained("nvidia/OpenReasoning-Nemotron-7B")
   |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = also:     services/rag/Dockerfile:3:20
   = lineage:  nvidia/OpenReasoning-Nemotron-7B → Qwen/Qwen2.5-7B-Instruct → Qwen/Qwen2.5-7B
               (Alibaba Cloud, CN)
   = evidence: base_model in the model card @ 4f3c1a2, declared
   = policy:   policies/us-dod.yaml:21  origin-allowed.deny_countries
   = help:     aicheck explain origin-allowed
"""
        in shown
    )


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("verbose", [False, True])
def test_every_line_fits(width: int, verbose: bool) -> None:
    for report in (sample_report(), big_report(300), empty_report()):
        for line in text(report, width=width, verbose=verbose).splitlines():
            assert width_of(line) <= width, line


def test_summary_says_what_matters() -> None:
    shown = text(sample_report(), width=80)
    assert "US ← CN  nvidia/OpenReasoning-Nemotron-7B" in shown
    assert "mystery-1 (provider unknown)" in shown
    assert "?/mystery" not in shown
    assert "Not seen (4): " in shown
    assert "waived[weights-safe]" in shown
    assert "2026-12-01 (expiring)" in shown
    assert shown.splitlines()[-2].startswith("FAIL  1 error, 1 warning, 1 note, 1 waived; 8 models, 1 library")
    assert "api.deepseek.com  CN        Hangzhou DeepSeek  CN" in shown


@pytest.mark.parametrize(
    ("verdict", "word"), [(Verdict.PASS, "PASS"), (Verdict.FAIL, "FAIL"), (Verdict.INCONCLUSIVE, "INCONCLUSIVE")]
)
def test_verdict(verdict: Verdict, word: str) -> None:
    shown = text(replace(empty_report(), verdict=verdict))
    assert f"{word}  no findings; 0 models" in shown


def _many(level: Level, number: int, message: str = "not pinned to a commit"):
    sample = sample_report()
    first = sample.findings[0]
    return tuple(
        replace(
            first,
            rule="revision-pinned",
            level=level,
            message=message,
            component=f"hf:owner/model-{one}",
            subject=f"owner/model-{one}",
            occurrences=(replace(first.occurrences[0], path=f"src/part_{one}.py", line=7),),
            fingerprint=f"{one:032x}",
            because=(("commit", f"{one:040x}"),),
        )
        for one in range(number)
    )


def test_the_same_of_the_same_model_is_one_block_with_every_place() -> None:
    sample = sample_report()
    first = sample.findings[0]
    place = first.occurrences[0]
    again = replace(first, fingerprint="f" * 32, occurrences=(place, replace(place, path="other/file.py", line=3)))
    base = sample.baseline
    assert base is not None
    known = replace(base, new_findings=(first.fingerprint, again.fingerprint))
    shown = text(replace(sample, findings=(first, again), baseline=known), width=100)
    assert shown.count("error[origin-allowed]") == 1
    assert "= also:     services/rag/Dockerfile:3:20" in shown
    assert "= also:     other/file.py:3:35" in shown


@pytest.mark.parametrize("level", [Level.WARNING, Level.NOTE])
def test_the_many_alike_are_one_list(level: Level) -> None:
    report = replace(sample_report(), findings=_many(level, 14), baseline=None)
    shown = text(report, width=100)
    assert (
        f"{level.value}[revision-pinned]: not pinned to a commit (14 components)\n"
        "  owner/model-0   src/part_0.py:7:35\n"
        "  owner/model-1   src/part_1.py:7:35\n"
    ) in shown
    assert "  … and 4 more (--verbose shows all)\n" in shown
    every = text(report, width=100, verbose=True)
    assert every.count(f"{level.value}[revision-pinned]:") == 14
    assert "0000000d" in every


def test_answers_of_a_rule_stand_under_each_other() -> None:
    findings = (*_many(Level.NOTE, 1, "first answer"), *_many(Level.NOTE, 3, "second answer")[1:])
    shown = text(replace(sample_report(), findings=findings, baseline=None), width=100)
    assert (
        "note[revision-pinned]: 3 components, 3 places\n"
        "  first answer:\n    owner/model-0  src/part_0.py:7:35\n"
        "  second answer:\n    owner/model-1  src/part_1.py:7:35\n    owner/model-2  src/part_2.py:7:35\n"
    ) in shown


def test_no_rule_of_level_error_hides_another_and_the_gravest_stand_last() -> None:
    many = _many(Level.ERROR, 60)
    other = replace(many[0], rule="weights-safe", message="runs code", fingerprint="a" * 32)
    note = replace(many[0], rule="data-age", level=Level.NOTE, message="old", fingerprint="b" * 32)
    report = replace(sample_report(), findings=(*many, other, note), baseline=None)
    shown = text(report, width=100)
    assert "error[weights-safe]: runs code\n" in shown
    assert shown.index("note[data-age]") < shown.index("error[revision-pinned]") < shown.index("Models by origin")
    assert len(shown.splitlines()) < 400
    assert shown.count("error[revision-pinned]") == 11


def test_a_place_without_room_keeps_its_file_and_line() -> None:
    (finding,) = _many(Level.NOTE, 1)
    place = replace(finding.occurrences[0], path="a/very/long/way/down/" * 5 + "file.py")
    shown = text(replace(sample_report(), findings=(replace(finding, occurrences=(place,)),)), width=60)
    assert "/file.py:7:35\n" in shown


def test_names_stay_whole_where_a_column_can_go() -> None:
    shown = text(sample_report(), width=60)
    assert "nvidia/OpenReasoning-Nemotron-7B" in shown.partition("Models by origin")[2].partition("Where data")[0]


def test_very_many_models_are_one_line_per_origin() -> None:
    shown = text(big_report(300), width=80)
    assert "--verbose shows the table" in shown
    assert len(shown.splitlines()) < 200


def test_discover_only_has_no_verdict() -> None:
    shown = text(replace(sample_report(), verdict=None, policy=None, findings=(), components=()))
    assert "13 references: 1 adapter, 1 dataset" in shown
    assert "FAIL" not in shown


def test_verbose_shows_the_tree() -> None:
    shown = text(sample_report(), verbose=True)
    assert (
        "  └─ finetune: Qwen/Qwen2.5-7B-Instruct  Alibaba Cloud (Qwen) (CN)\n     └─ finetune: Qwen/Qwen2.5-7B "
        in shown
    )
    assert "teacher deepseek-ai/DeepSeek-R1-0528" in shown
    assert "unparsable: broken.yaml (broken.yaml:3): mapping values" in shown


def test_colours_only_where_asked() -> None:
    assert "\x1b" not in text(sample_report())
    coloured = text(sample_report(), color=True)
    assert "\x1b[1;31merror[origin-allowed]\x1b[0m" in coloured


def test_a_span_far_to_the_right_is_in_view() -> None:
    report = sample_report()
    line = "x = {" + "1, " * 100 + '"nvidia/OpenReasoning-Nemotron-7B"}'
    column = line.index("nvidia") + 1
    finding = report.findings[0]
    place = replace(finding.occurrences[0], column=column, end=column + 32)
    inventory = replace(report.inventory, excerpts=((place.path, place.line, line),))
    shown = text(
        replace(report, findings=(replace(finding, occurrences=(place,)),), inventory=inventory), width=80
    )
    source, under = shown.splitlines()[3:5]
    start = under.index("^")
    assert source[start : start + 32] == "nvidia/OpenReasoning-Nemotron-7B"


def test_tabs_and_wide_characters_keep_the_caret_in_place() -> None:
    report = sample_report()
    line = '\tm = "模型", "nvidia/OpenReasoning-Nemotron-7B"'
    column = line.index("nvidia") + 1
    finding = report.findings[0]
    place = replace(finding.occurrences[0], column=column, end=column + 32)
    inventory = replace(report.inventory, excerpts=((place.path, place.line, line),))
    shown = text(
        replace(report, findings=(replace(finding, occurrences=(place,)),), inventory=inventory), width=80
    )
    source, under = shown.splitlines()[3:5]
    assert width_of(source[: source.index("nvidia")]) == under.index("^")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        (io.StringIO(), {}, False),
        (_Terminal(), {}, True),
        (_Terminal(), {"NO_COLOR": "1"}, False),
        (_Terminal(), {"NO_COLOR": ""}, True),
        (_Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "0"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_conventions(stream, environment, expected: bool) -> None:
    assert wants_color(stream, environment) is expected


@given(st.lists(st.lists(st.text(max_size=60), min_size=3, max_size=3), max_size=6), st.integers(20, 120))
def test_table_always_fits(rows: list[list[str]], width: int) -> None:
    lines = table(["a", "b", "c"], rows, width)
    assert len(lines) == len(rows) + 1
    assert all(width_of(line) <= width for line in lines)


@given(st.text(), st.integers(1, 100))
def test_fit(value: str, columns: int) -> None:
    result = fit(value, columns)
    assert width_of(result) <= max(columns, 1)
    assert result.isprintable()


def test_progress_is_silent_where_nobody_watches() -> None:
    quiet = io.StringIO()
    Progress(quiet, enabled=False).show("resolving", 1, 2)
    assert quiet.getvalue() == ""
    loud = io.StringIO()
    progress = Progress(loud, enabled=True, width=40)
    progress.show("resolving \x1b[2J models", 3, 10)
    progress.clear()
    progress.clear()
    assert loud.getvalue() == "\r\x1b[2Kresolving \\x1b[2J models  3/10\r\x1b[2K"


def test_what_decides_the_verdict_comes_first_among_the_next_steps() -> None:
    report = sample_report()
    error, warning = report.findings[0], replace(report.findings[0], level=Level.WARNING, rule="license-allowed")
    many = tuple(replace(warning, component=f"c{number}", fingerprint=f"{number:032x}") for number in range(9))
    findings = (replace(error, effect=Verdict.FAIL), *many)
    shown = text(replace(report, findings=findings))
    steps = shown.partition("What to do next")[2].splitlines()[1:3]
    assert steps == [
        "  • aicheck explain origin-allowed   (1 component)",
        "  • aicheck explain license-allowed   (9 components)",
    ]


@pytest.mark.parametrize("width", [-5, 0, 1, 2, 7, 40])
@given(text=st.text(max_size=60))
def test_wrapping_ends_and_loses_nothing(width: int, text: str) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_of(line) <= max(width, 2) for line in lines)


def test_a_rule_with_a_very_long_name_is_shown() -> None:
    report = sample_report()
    named = tuple(replace(one, rule="custom/" + "x" * 300) for one in report.findings)
    for line in text(replace(report, findings=named), width=80).splitlines():
        assert width_of(line) <= 80, line


def test_the_country_of_a_host_is_never_cut_off() -> None:
    report = sample_report()
    parts = tuple(
        replace(one, hosting=Known(replace(one.hosting.value, operator="O" * 90), ()))
        if isinstance(one.hosting, Known)
        else one
        for one in report.components
    )
    row = next(
        line
        for line in text(replace(report, components=parts), width=80).splitlines()
        if "api.deepseek.com  " in line
    )
    assert row.split()[1] == "CN"
    assert len(row) <= 80


def test_it_says_what_rests_on_the_catalog_and_how_old_that_is() -> None:
    report = sample_report()
    first, second, *rest = (
        replace(component, answered_by="hub", as_of="2026-11-01") for component in report.components
    )
    dated = (replace(first, answered_by="catalog", as_of="2024-05"), replace(second, answered_by="catalog"), *rest)
    sources = replace(report.sources, catalog_date="2026-10")
    shown = text(replace(report, components=dated, sources=sources), width=140)
    assert "catalog of 2026-10 (2 models; oldest facts of 2024-05)" in shown
    assert "oldest facts" not in text(replace(report, components=(first,), sources=sources), width=140)
