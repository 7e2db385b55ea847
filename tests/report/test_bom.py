"""BOMs read back, those of other tools, and the verb `aicheck bom`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from aicheck.cli.bom import command
from aicheck.core.evidence import Absent, Disputed, Known, Unseen, value_of
from aicheck.core.target import Endpoint, HubModel, Library
from aicheck.errors import ConfigError
from aicheck.report import render
from aicheck.report.bom_check import check_bom
from aicheck.report.convert import change_version
from aicheck.report.coverage import coverage, coverage_text
from aicheck.report.cyclonedx import bom_dict
from aicheck.report.read_bom import components_from_bom, report_from_bom
from tests.report.samples import LLAMA, known, sample_report

# The shapes of generators of model BOMs: the model as the subject, links to the Hub, no properties of ours.
FOREIGN = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {
        "tools": [{"name": "some-generator", "version": "1"}],
        "component": {
            "type": "machine-learning-model",
            "bom-ref": "m",
            "group": "deepseek-ai",
            "name": "DeepSeek-R1",
            "purl": "pkg:huggingface/deepseek-ai/DeepSeek-R1@1.0",
            "manufacturer": {"name": "DeepSeek", "address": {"country": "CN"}},
            "licenses": [{"license": {"id": "MIT", "url": "https://opensource.org/license/mit"}}],
            "modelCard": {
                "modelParameters": {"task": "text-generation", "datasets": [{"type": "dataset", "name": "c4"}]}
            },
        },
    },
    "components": [
        {
            "type": "library",
            "bom-ref": "t",
            "name": "transformers",
            "version": "4.1",
            "purl": "pkg:pypi/transformers@4.1",
        },
        {
            "type": "machine-learning-model",
            "name": "bert",
            "externalReferences": [
                {"type": "website", "url": "https://huggingface.co/google-bert/bert-base-uncased"}
            ],
            "pedigree": {"ancestors": [{"type": "machine-learning-model", "group": "a", "name": "b"}]},
        },
        {"type": "machine-learning-model", "name": "in-house-model"},
        {"type": "data", "name": "c4", "data": [{"type": "dataset"}]},
    ],
    "services": [{"name": "OpenAI", "bom-ref": "s", "endpoints": ["https://api.openai.com/v1"]}],
}


def test_our_own_bom_comes_back() -> None:
    report = sample_report()
    again = {part.ref: part for part in components_from_bom(json.loads(render(report, "cyclonedx")))}
    assert set(again) == {part.ref for part in report.components}
    for part in report.components:
        back = again[part.ref]
        assert back.target == part.target or str(back.target) == str(part.target)
        assert back.kind is part.kind
        for fact in ("publisher", "developer", "license"):
            ours, theirs = value_of(getattr(part, fact)), value_of(getattr(back, fact))
            if part.kind.value != "library" or fact == "license":
                assert (ours is None) == (theirs is None), (part.ref, fact)
                if ours is not None and fact == "license":
                    assert replace(theirs, link=None, verified=None) == replace(ours, link=None, verified=None)
                elif ours is not None:
                    assert (theirs.name, theirs.country) == (ours.name, ours.country)
        assert value_of(back.hosting) == value_of(part.hosting)
        assert type(back.hosting) is type(part.hosting)
        assert [(one.id, one.relation, one.root, one.depth) for one in back.lineage.ancestors] == [
            (one.id, one.relation, one.root, one.depth) for one in part.lineage.ancestors
        ]
        assert back.revision.pinned == part.revision.pinned
        assert value_of(back.revision.commit) == value_of(part.revision.commit)
        ours_files = value_of(part.weights)
        theirs_files = value_of(back.weights)
        assert (ours_files.files if ours_files else ()) == (theirs_files.files if theirs_files else ())
        assert (ours_files.formats if ours_files else ()) == (theirs_files.formats if theirs_files else ())
        assert [one.occurrence.path for one in back.references]
        for fact in (
            "task", "architecture", "parameters", "context_length", "languages", "datasets", "created", "limitations",
            "metrics", "emissions", "text_read",
        ):  # fmt: skip
            assert getattr(back.card, fact) == getattr(part.card, fact)


def test_thresholds_survive() -> None:
    report = sample_report()
    part = replace(report.components[0], license=known(LLAMA))
    (back,) = components_from_bom(bom_dict(replace(report, components=(part,))))
    assert value_of(back.license) == LLAMA


def test_states_survive() -> None:
    parts = {str(one.target): one for one in components_from_bom(bom_dict(sample_report()))}
    model = parts["hf:nvidia/OpenReasoning-Nemotron-7B"]
    assert isinstance(model.license, Disputed)
    assert isinstance(model.lineage.complete, Known)
    assert isinstance(parts["api:?/mystery-1"].hosting, Unseen)
    assert isinstance(parts["pkg:pypi/transformers@4.56.0"].hosting, Absent)
    assert isinstance(parts["adapter:adapters/sql"].developer, Unseen)


def test_foreign_bom() -> None:
    assert check_bom(FOREIGN) == []
    parts = {one.ref: one for one in components_from_bom(FOREIGN, "x.json")}
    model = parts["m"]
    assert model.target == HubModel("deepseek-ai/DeepSeek-R1", None) or model.name == "deepseek-ai/DeepSeek-R1"
    developer = value_of(model.developer)
    assert developer is not None
    assert developer.country == "CN"
    terms = value_of(model.license)
    assert terms is not None
    assert terms.expression == "MIT"
    assert value_of(model.revision.commit) is None
    assert model.card.task == "text-generation"
    assert not model.revision.pinned
    assert any(one.target == HubModel("google-bert/bert-base-uncased", None) for one in parts.values())
    assert any(str(one.target) == "dynamic:in-house-model" for one in parts.values())
    assert parts["t"].target == Library("pkg:pypi/transformers@4.1")
    assert parts["s"].target == Endpoint("api.openai.com")
    for fmt in ("json", "text", "markdown", "csv", "cyclonedx"):
        assert render(report_from_bom(FOREIGN), fmt)


def test_conversion_names_what_it_drops() -> None:
    newer = bom_dict(sample_report(), "1.7")
    older, dropped = change_version(newer, "1.6")
    assert dropped == ["/citations"]
    assert check_bom(older) == []
    same, nothing = change_version(FOREIGN, "1.7")
    assert nothing == []
    assert {**same, "specVersion": "1.6", "$schema": 0} == {**FOREIGN, "$schema": 0}
    with pytest.raises(ConfigError, match="is invalid as CycloneDX"):
        change_version({**FOREIGN, "components": [{"type": "nonsense", "name": "x"}]}, "1.6")
    with pytest.raises(ConfigError, match=r"no CycloneDX 2\.6"):
        change_version({**FOREIGN, "specVersion": "2.6", "components": [{"type": "nonsense"}]}, "1.6")


def test_coverage_has_the_fifty_elements() -> None:
    elements = coverage(bom_dict(sample_report()))
    assert len(elements) == 50
    by = [element.by for element in elements]
    assert (by.count("scan"), by.count("card"), by.count("people")) == (26, 17, 7)
    state = {(element.cluster, element.name): element.state for element in elements}
    assert state["metadata", "timestamp"] == "filled"
    assert state["metadata", "author signature"] == "missing"
    assert state["models", "model name"] == "filled"
    assert state["models", "model licence"] == "partly"
    assert state["system level properties", "data flow"] == "filled"
    text = coverage_text(elements)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "needs people" in text
    empty = coverage({"bomFormat": "CycloneDX", "specVersion": "1.6"})
    assert {element.state for element in empty if element.cluster == "models"} == {"not-applicable"}


def run(*arguments: str, stdin: bytes | None = None):
    return CliRunner().invoke(command, list(arguments), input=stdin)


def test_validate(tmp_path: Path) -> None:
    good, bad, report = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "r.json"
    good.write_bytes(render(sample_report(), "cyclonedx"))
    report.write_bytes(render(sample_report(), "json"))
    bad.write_text(json.dumps({**FOREIGN, "components": [{"type": "nonsense", "name": "x"}]}))
    result = run("validate", str(good), str(report))
    assert result.exit_code == 0, result.output
    assert "valid (CycloneDX 1.6)" in result.output
    result = run("validate", str(good), str(bad))
    assert result.exit_code == 1
    assert "/components/0/type" in result.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "unexpected end"),
        (b"<bom/>", "XML is not read"),
        (b"[]", "no JSON object"),
        (b"\xff\xfe", "UTF-8|utf-8"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    for verb in ("validate", "report", "coverage"):
        result = run(verb, str(path))
        assert isinstance(result.exception, ConfigError)
        with pytest.raises(ConfigError, match=message):
            raise result.exception
    missing = run("coverage", str(tmp_path / "no.json"))
    assert isinstance(missing.exception, ConfigError)
    assert "No such file" in str(missing.exception)


def test_report_convert_and_coverage(tmp_path: Path) -> None:
    path = tmp_path / "bom.json"
    path.write_text(json.dumps(FOREIGN))
    output = tmp_path / "out" / "x.csv"
    assert run("report", str(path), "-f", "csv", "-o", str(output)).exit_code == 0
    assert "deepseek-ai/DeepSeek-R1" in output.read_text()
    converted = run("convert", str(path), "--to", "cyclonedx", "--spec-version", "1.7")
    assert json.loads(converted.stdout)["specVersion"] == "1.7"
    measured = json.loads(run("coverage", str(path), "-f", "json").stdout)
    assert len(measured["elements"]) == 50
    assert "filled" in run("coverage", "-", stdin=render(sample_report(), "json")).output
