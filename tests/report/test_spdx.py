from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest

from aicheck.core.target import HubModel
from aicheck.errors import ConfigError
from aicheck.report import render
from aicheck.report.spdx import missing
from tests.report.samples import hostile_report, sample_report

pytest.importorskip("spdx_python_model")


def spdx(report):
    return json.loads(render(report, "spdx"))


def graph(report):
    return {one["spdxId"]: one for one in spdx(report)["@graph"] if "spdxId" in one}


def test_models_datasets_lineage_and_licences() -> None:
    elements = graph(sample_report())
    model = next(one for one in elements.values() if one.get("name") == "nvidia/OpenReasoning-Nemotron-7B")
    assert model["type"] == "ai_AIPackage"
    assert model["ai_typeOfModel"] == ["qwen2", "Qwen2ForCausalLM"]
    relations = [
        one for one in elements.values() if one["type"] == "Relationship" and one["from"] == model["spdxId"]
    ]
    kinds = {one["relationshipType"]: one for one in relations}
    parents = {elements[ref]["name"] for ref in kinds["descendantOf"]["to"]}
    assert parents == {"Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B"}
    assert elements[kinds["trainedOn"]["to"][0]]["type"] == "dataset_DatasetPackage"
    assert [one["relationshipType"] for one in relations].count("hasConcludedLicense") == 1
    # The card and the licence file contradict each other: declared is what the card says, nothing is concluded.
    assert elements[kinds["hasDeclaredLicense"]["to"][0]]["simplelicensing_licenseExpression"] == "Apache-2.0"
    assert kinds["hasConcludedLicense"]["to"][0].endswith("NoAssertion")


def test_profiles_are_claimed_only_where_they_are_met() -> None:
    report = sample_report()
    document = next(one for one in graph(report).values() if one["type"] == "SpdxDocument")
    assert "ai" not in document["profileConformance"]
    assert "not claimed" in document["comment"]
    full = tuple(one for one in report.components if isinstance(one.target, HubModel) and one.card.created)
    whole = replace(report, components=full)
    document = next(one for one in graph(whole).values() if one["type"] == "SpdxDocument")
    assert set(document["profileConformance"]) >= {"core", "ai", "dataset"}
    assert missing(spdx(whole)) == {}


def test_every_reference_is_defined_and_ids_are_unique() -> None:
    for report in (sample_report(), hostile_report("A" * 5000), hostile_report("<script>")):
        elements = [one for one in spdx(report)["@graph"] if "spdxId" in one]
        ids = [one["spdxId"] for one in elements]
        assert len(ids) == len(set(ids))
        known = {*ids, "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertion"}
        for one in elements:
            assert set(one.get("to", ())) <= known
            assert set(one.get("element", ())) <= known
            assert one.get("from", ids[0]) in known


def test_deterministic() -> None:
    assert render(sample_report(), "spdx") == render(sample_report(), "spdx")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spdx_python_model", None)
    with pytest.raises(ConfigError, match=r"aicheck-cli\[spdx\]"):
        render(sample_report(), "spdx")
