"""Documents that other tools wrote for `examples/rag-service`: read whole, drawn, converted, judged.

The fixtures are the tools' own output (airom 0.5.0, ai-bom 3.6.0, aisbom 1.7.0, cdxgen 12.8.4, cyclonedx-py 7.5.0,
OWASP AIBOM Generator 1.0.2) with the folder's name replaced, and CycloneDX's own example of a model card.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicheck.cli.app import app
from aicheck.core.evidence import value_of
from aicheck.core.target import HostedModel, HubModel, Library, WeightsFile
from aicheck.errors import ConfigError
from aicheck.report import FORMATS, render
from aicheck.report.bom_check import check_bom
from aicheck.report.convert import change_version
from aicheck.report.read_bom import report_from_bom

FOLDER = Path(__file__).parent / "fixtures" / "foreign"
FILES = sorted(FOLDER.glob("*.json"))
# The defects of three of them, which are theirs: a type that does not exist, a reference that stands twice, and one
# that leads nowhere.
DEFECTS = {
    "ai-bom-3.6.0.json": "/components/14/type",
    "cdxgen-12.json": "stands 2 times",
    "owasp-aibom-generator-1.0.2.json": "is no bom-ref of this document",
}


def load(path: Path):
    return json.loads(path.read_text("utf-8"))


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_the_fixtures_are_there() -> None:
    assert len(FILES) == 7


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_validate_names_their_defects_and_no_others(path: Path) -> None:
    problems = check_bom(load(path))
    expected = DEFECTS.get(path.name)
    assert bool(problems) == (expected is not None)
    if expected is not None:
        assert any(expected in problem for problem in problems)
    assert run("bom", "validate", str(path)).exit_code == bool(problems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_dropped(path: Path) -> None:
    document = load(path)
    report = report_from_bom(document, path.name)
    wanted = [one.get("bom-ref") for one in (*document["components"], *document.get("services", ()))]
    assert sorted(one.ref for one in report.components) == sorted(wanted)
    if path.name.startswith("ai-bom"):  # invalid by the schema: said, not guessed at
        with pytest.raises(ConfigError, match='"service" is not one of'):
            change_version(document, "1.7")
        return
    converted, dropped = change_version(document, "1.7")
    assert dropped == []
    assert {key: value for key, value in converted.items() if key not in {"$schema", "specVersion"}} == {
        key: value for key, value in document.items() if key not in {"$schema", "specVersion"}
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_format_draws_it(path: Path) -> None:
    report = report_from_bom(load(path), path.name)
    for fmt in FORMATS:
        if fmt not in {"spdx", "intoto"}:  # an extra; a verdict is needed
            assert render(report, fmt) or fmt == "github", fmt


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_policy_judges_it(path: Path) -> None:
    done = run("scan", str(path), "--offline", "-f", "json", "-q")
    assert done.exit_code in {0, 3}, done.output
    report = json.loads(done.stdout)
    assert len(report["components"]) == len(load(path)["components"])
    assert run("bom", "coverage", str(path)).exit_code == 0
    strict = run("scan", str(path), "--offline", "-f", "json", "-q", "--policy", "strict")
    models = [one for one in report["components"] if one["kind"] not in {"library", "tool-server"}]
    # A name without facts is never a pass where the policy asks for facts.
    assert strict.exit_code in ({1, 3} if models else {0, 1, 3})


def leaves(value, path=()):
    """(path, scalar) of every leaf."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    else:
        yield path, value


# What every version from 1.2 on calls a property, and so may hold anything.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
PROPERTIES = st.lists(st.fixed_dictionaries({"name": TEXT, "value": TEXT}), max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_every_leaf_survives_a_conversion(version: str, data: st.DataObject) -> None:
    document = load(data.draw(st.sampled_from([path for path in FILES if "ai-bom-3" not in path.name])))
    for component in document["components"]:
        component["properties"] = [*component.get("properties", ()), *data.draw(PROPERTIES)]
        component["description"] = data.draw(TEXT)
    converted, dropped = change_version(document, version)
    before, after = dict(leaves(document)), dict(leaves(converted))
    gone = {"/" + "/".join(map(str, path)) for path in before.keys() - after.keys()}
    # What the other version has no field for is named, and nothing else is missing, new or different.
    assert all(any(one == name or one.startswith(f"{name}/") for name in dropped) for one in gone), gone
    changed = {path for path in after if before.get(path) != after[path]}
    assert changed <= {("specVersion",), ("$schema",)}


def test_what_the_owasp_generator_wrote_is_read_as_a_model() -> None:
    (model,) = report_from_bom(load(FOLDER / "owasp-aibom-generator-1.0.2.json")).components
    assert str(model.target) == "hf:example/support-triage-7b"
    assert model.card.task == "text-generation"
    assert model.card.datasets == ("example/support-tickets",)
    terms = value_of(model.license)
    assert terms is not None
    assert terms.expression == "Apache-2.0"


def test_names_of_other_tools_are_read_as_what_they_are() -> None:
    airom = {str(one.target): one.target for one in report_from_bom(load(FOLDER / "airom-0.5.0.json")).components}
    assert isinstance(airom["hf:baai/bge-reranker-v2-m3"], HubModel)
    assert isinstance(airom["api:?/gpt-4o-mini"], HostedModel)
    assert isinstance(airom["hf:sentence-transformers/all-MiniLM-L6-v2"], HubModel)
    ai_bom = {
        str(one.target): one.target for one in report_from_bom(load(FOLDER / "ai-bom-3.6.0.json")).components
    }
    # Packages that it calls models are packages all the same.
    assert isinstance(ai_bom["pkg:pypi/transformers"], Library)
    assert isinstance(ai_bom["file:support-classifier.Q4_K_M.gguf"], WeightsFile)


@pytest.mark.parametrize("fmt", ["cyclonedx", "cyclonedx-xml", "spdx"])
@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_the_example_is_written_in_every_version(version: str, fmt: str, tmp_path: Path) -> None:
    path = tmp_path / "bom"
    example = Path(__file__).parents[2] / "examples" / "rag-service"
    done = run("scan", str(example), "--offline", "-q", "--spec-version", version, "-o", f"{fmt}={path}")
    assert done.exit_code in {0, 1, 3}, done.output
    if fmt == "cyclonedx":
        assert run("bom", "validate", str(path)).exit_code == 0


def test_a_bom_with_sorted_keys_is_a_bom(tmp_path: Path) -> None:
    document = load(FOLDER / "cyclonedx-py-7.5.0.json")
    path = tmp_path / "bom.json"
    document["components"][0]["description"] = "x" * 200_000
    rest = {key: value for key, value in document.items() if key != "bomFormat"}
    path.write_text(json.dumps({**rest, "bomFormat": "CycloneDX"}))
    done = run("scan", str(path), "--offline", "-f", "json", "-q")
    assert len(json.loads(done.stdout)["components"]) == len(document["components"])


def test_a_statement_is_about_the_bom_of_the_same_run(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text('from transformers import AutoModel\nAutoModel.from_pretrained("gpt2")\n')
    bom, statement = tmp_path / "my.cdx.json", tmp_path / "s.json"
    done = run(
        "scan", str(tmp_path / "app.py"), "--offline", "-q", "--spec-version", "1.7", "--predicate", "vsa",
        "-o", f"cyclonedx={bom}", "-o", f"intoto={statement}",
    )  # fmt: skip
    assert done.exit_code in {0, 1, 3}, done.output
    written = json.loads(statement.read_text())
    assert written["predicateType"] == "https://slsa.dev/verification_summary/v1"
    assert written["subject"][0] == {
        "name": "my.cdx.json",
        "digest": {"sha256": hashlib.sha256(bom.read_bytes()).hexdigest()},
    }
