"""SPDX 3.0.1 by the official JSON Schema, SHACL shapes and bindings, and by what none of them enforces."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest

from aicheck.core.target import HubModel
from aicheck.report import render
from aicheck.report.spdx import missing, problems
from tests.report.samples import empty_report, hostile_report, sample_report

OFFICIAL = Path(__file__).parent / "fixtures" / "spdx-3.0.1"
NO_LICENSE = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense"


def spdx(report):
    return json.loads(render(report, "spdx"))


def graph(report):
    return {one["spdxId"]: one for one in spdx(report)["@graph"] if "spdxId" in one}


def whole_report():
    """Only models of which everything is stated that the AI profile asks for."""
    report = sample_report()
    return replace(
        report,
        components=tuple(
            one for one in report.components if isinstance(one.target, HubModel) and one.card.created
        ),
    )


@cache
def schema() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads((OFFICIAL / "schema.json").read_bytes()))


def shacl(document: dict) -> str:
    """What the official shapes find; '' = nothing."""
    import pyshacl
    from rdflib import Graph

    context = json.loads((OFFICIAL / "spdx-context.jsonld").read_bytes())["@context"]
    data = Graph().parse(data=json.dumps({**document, "@context": context}), format="json-ld")
    shapes = Graph().parse(OFFICIAL / "spdx-model.ttl")
    conforms, _, text = pyshacl.validate(data, shacl_graph=shapes, ont_graph=shapes)
    return "" if conforms else str(text)


@pytest.mark.parametrize(
    "report",
    [
        sample_report(),
        whole_report(),
        empty_report(),
        hostile_report("<script>\x00\u202e&"),
        hostile_report("ſ" * 5000),
    ],
    ids=["sample", "whole", "empty", "hostile", "long"],
)
def test_valid_by_the_official_json_schema(report) -> None:
    assert [f"{one.instance_path}: {one.message[:200]}" for one in schema().iter_errors(spdx(report))] == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the RDF library's own reader of JSON-LD
@pytest.mark.parametrize("report", [sample_report(), whole_report()], ids=["sample", "whole"])
def test_valid_by_the_official_shapes(report) -> None:
    assert shacl(spdx(report)) == ""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_shapes_would_have_said_so() -> None:
    document = spdx(whole_report())
    relation = next(one for one in document["@graph"] if one.get("relationshipType") == "hasConcludedLicense")
    relation["to"] = ["https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertion"]
    assert "ClassConstraintComponent" in shacl(document)


def test_the_official_bindings_read_it() -> None:
    from spdx_python_model import v3_0_1 as model

    objects = model.SHACLObjectSet()
    model.JSONLDDeserializer().read(io.BytesIO(render(sample_report(), "spdx")), objects)
    assert {one.name for one in objects.foreach_type("ai_AIPackage")} >= {"nvidia/OpenReasoning-Nemotron-7B"}


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
    assert "Qwen/Qwen2.5-7B-Instruct (finetune" in kinds["descendantOf"]["comment"]
    assert "dataset_DatasetPackage" in {elements[ref]["type"] for ref in kinds["trainedOn"]["to"]}
    assert [one["relationshipType"] for one in relations].count("hasConcludedLicense") == 1
    # The card and the licence file contradict each other: declared is what the card says, nothing is concluded.
    assert elements[kinds["hasDeclaredLicense"]["to"][0]]["simplelicensing_licenseExpression"] == "Apache-2.0"
    assert kinds["hasConcludedLicense"]["to"] == [NO_LICENSE]


def test_places_and_facts_without_a_field_are_carried() -> None:
    model = next(
        one for one in graph(sample_report()).values() if one.get("name") == "nvidia/OpenReasoning-Nemotron-7B"
    )
    assert model["comment"].startswith("referred to at ")
    entries = [
        (one["extension_cdxPropName"], one["extension_cdxPropValue"])
        for one in model["extension"][0]["extension_cdxProperty"]
    ]
    assert ("aicheck:lineage:root-country", "CN") in entries
    assert ("aicheck:developer:country", "US") in entries


def test_profiles_are_claimed_only_where_they_are_met() -> None:
    document = next(one for one in graph(sample_report()).values() if one["type"] == "SpdxDocument")
    assert "ai" not in document["profileConformance"]
    assert "not claimed" in document["comment"]
    document = next(one for one in graph(whole_report()).values() if one["type"] == "SpdxDocument")
    assert set(document["profileConformance"]) >= {"core", "ai", "dataset"}
    assert missing(spdx(whole_report())) == {}


def test_every_mandatory_field_that_is_taken_away_is_missed() -> None:
    for field in ("releaseTime", "suppliedBy", "software_downloadLocation", "software_packageVersion"):
        document = spdx(whole_report())
        model = next(one for one in document["@graph"] if one["type"] == "ai_AIPackage")
        del model[field]
        assert missing(document) == {"ai": [f"{model['spdxId']}: {field}"]}
        assert any(field in one for one in problems(document))


def test_own_check_sees_what_no_schema_sees() -> None:
    document = spdx(sample_report())
    assert problems(document) == []
    relation = next(one for one in document["@graph"] if one.get("type") == "Relationship")
    document["@graph"].append({**relation, "to": ["urn:nowhere"]})
    found = " ".join(problems(document))
    assert "stands twice" in found
    assert "urn:nowhere" in found


def test_every_reference_is_defined_and_ids_are_unique() -> None:
    for report in (sample_report(), hostile_report("A" * 5000), hostile_report("<script>"), empty_report()):
        assert problems(spdx(report)) == []


def test_deterministic_and_named_by_its_content() -> None:
    assert render(sample_report(), "spdx") == render(sample_report(), "spdx")
    assert not set(graph(sample_report())) & set(graph(whole_report()))
