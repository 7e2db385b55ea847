from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.output.json import JsonV1Dot6, JsonV1Dot7
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from aicheck.core.component import Relation
from aicheck.core.evidence import Claim, ClaimSource, Gap, GapReason, Known
from aicheck.core.target import HubModel
from aicheck.errors import ConfigError, ReportError
from aicheck.report import render
from aicheck.report.bom_check import _resource, check_bom, schema_of
from aicheck.report.cyclonedx import bom_dict
from aicheck.report.cyclonedx_component import license_choices
from tests.report.samples import APACHE, COMMIT, big_report, component, empty_report, hostile_report, sample_report

MODEL = f"pkg:huggingface/nvidia/OpenReasoning-Nemotron-7B@{COMMIT}"


def by_ref(document: dict[str, Any]) -> dict[str, Any]:
    return {one["bom-ref"]: one for one in (*document["components"], *document.get("services", ()))}


def values(entry: dict[str, Any], name: str) -> list[str]:
    return [one["value"] for one in entry["properties"] if one["name"] == name]


@pytest.mark.parametrize("version", ["1.6", "1.7"])
@pytest.mark.parametrize("report", [sample_report(), empty_report(), hostile_report("<script>")])
def test_valid(report, version: str) -> None:
    document = json.loads(render(report, "cyclonedx", spec_version=version))
    assert check_bom(document) == []
    # jsonschema is the cross-check; link formats are left out, they cost 50 ms each there.
    registry = Registry().with_resources(
        (f"http://cyclonedx.org/schema/{name}", Resource.from_contents(_resource(name)))
        for name in (
            "spdx.SNAPSHOT.schema.json",
            "jsf-0.82.SNAPSHOT.schema.json",
            "cryptography-defs.SNAPSHOT.schema.json",
        )
    )
    errors = list(Draft7Validator(schema_of(version), registry=registry).iter_errors(document))
    assert [error.message for error in errors] == []


def test_gaps_that_read_the_same_are_one_annotation() -> None:
    twice = tuple(
        Gap("api:?/mystery", GapReason.UNKNOWN_NAME, "not known", "a.py", 1, column) for column in (1, 9)
    )
    document = json.loads(render(replace(sample_report(), gaps=twice), "cyclonedx"))
    assert len(document["annotations"]) == 1


def _comparable(value: Any) -> Any:
    """The part that the library knows, without the order it gives to lists."""
    drop = {"modelCard", "data", "compositions", "annotations", "citations", "$schema", "governance"}
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items() if key not in drop}
    if isinstance(value, list):
        return sorted((_comparable(item) for item in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


@pytest.mark.parametrize(("version", "outputter"), [("1.6", JsonV1Dot6), ("1.7", JsonV1Dot7)])
def test_the_library_reads_and_writes_the_same(version: str, outputter: Any) -> None:
    document = bom_dict(sample_report(), version)
    for service in document["services"]:  # the library's data flows have two fields only
        service["data"] = [
            {"flow": one["flow"], "classification": one["classification"]} for one in service["data"]
        ]
    bom = Bom.from_json(json.loads(json.dumps(document)))
    again = json.loads(outputter(bom).output_as_string())
    ours, theirs = _comparable(document), _comparable(again)
    assert len(theirs["components"]) > 5
    theirs["metadata"]["timestamp"] = theirs["metadata"]["timestamp"].replace("+00:00", "Z")
    for key in ("components", "metadata", "dependencies", "serialNumber"):
        assert ours[key] == theirs[key]
    assert ours["services"] == theirs["services"]


def test_deterministic_and_serial_number_of_the_content() -> None:
    first, second = render(sample_report(), "cyclonedx"), render(sample_report(), "cyclonedx")
    assert first == second
    other = replace(sample_report(), project="other")
    assert bom_dict(other)["serialNumber"] != json.loads(first)["serialNumber"]
    assert json.loads(first)["metadata"]["timestamp"] == "2026-11-23T12:00:00Z"


def test_verdict_and_policy_do_not_change_the_bom() -> None:
    bare = replace(sample_report(), verdict=None, policy=None, findings=(), waivers=(), baseline=None)
    assert render(bare, "cyclonedx") == render(sample_report(), "cyclonedx")


def test_model() -> None:
    model = by_ref(bom_dict(sample_report()))[MODEL]
    assert model["type"] == "machine-learning-model"
    assert (model["group"], model["name"], model["version"]) == ("nvidia", "OpenReasoning-Nemotron-7B", COMMIT)
    assert model["manufacturer"] == {"name": "NVIDIA", "address": {"country": "US"}}
    assert model["publisher"] == "nvidia"
    assert model["supplier"]["name"] == "Hugging Face"
    parameters = model["modelCard"]["modelParameters"]
    assert parameters["task"] == "text-generation"
    assert parameters["architectureFamily"] == "qwen2"
    assert parameters["inputs"] == [{"format": "text"}]
    assert parameters["datasets"] == [{"ref": "hf-dataset:nvidia/OpenCodeReasoning"}]
    assert model["modelCard"]["considerations"]["technicalLimitations"] == ["May hallucinate."]
    assert model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "accuracy", "value": "0.91", "slice": "AIME 2025"},
        {"type": "pass@1", "value": "0.5"},
    ]
    assert values(
        model["modelCard"]["considerations"]["environmentalConsiderations"], "aicheck:card:co2-eq-emissions"
    ) == ["1250.5 g"]
    ancestors = model["pedigree"]["ancestors"]
    assert [one["name"] for one in ancestors] == ["Qwen2.5-7B-Instruct", "Qwen2.5-7B"]
    assert all("bom-ref" not in one for one in ancestors)
    assert "finetune" in model["pedigree"]["notes"]
    assert values(ancestors[0], "aicheck:lineage:relation") == ["finetune"]
    assert values(ancestors[1], "aicheck:lineage:ref") == [f"pkg:huggingface/Qwen/Qwen2.5-7B@{COMMIT}"]
    occurrences = model["evidence"]["occurrences"]
    place = next(one for one in occurrences if one["location"] == "services/rag/app.py")
    assert (place["line"], place["symbol"]) == (14, "AutoModel.from_pretrained")
    techniques = {one["technique"] for one in model["evidence"]["identity"][0]["methods"]}
    assert techniques == {"source-code-analysis", "manifest-analysis"}
    files = {one["name"]: one for one in model["components"]}
    assert files["model.safetensors"]["hashes"] == [{"alg": "SHA-256", "content": "b" * 64}]
    assert values(model, "aicheck:lineage:root-country") == ["CN"]
    assert values(model, "aicheck:developer:country") == ["US"]
    assert values(model, "aicheck:weights:format") == ["safetensors: safe", "pytorch-pickle: executable"]
    assert values(model, "aicheck:card:parameters") == ["7615616512"]
    assert values(model["modelCard"], "cdx:ai-ml:model:parameter:count") == ["7.62B"]


def test_disputed_licence_is_declared_but_not_concluded() -> None:
    model = by_ref(bom_dict(sample_report()))[MODEL]
    assert [one["license"]["acknowledgement"] for one in model["licenses"]] == ["declared"]
    assert values(model, "aicheck:license:state") == ["disputed"]
    assert model["evidence"]["licenses"][0]["license"]["name"] == "LicenseRef-scancode-llama-3.1-license-2024"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Apache-2.0", [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]),
        (
            "LicenseRef-aicheck-kimi",
            [{"license": {"name": "LicenseRef-aicheck-kimi", "acknowledgement": "declared"}}],
        ),
        ("not a licence", [{"license": {"name": "not a licence", "acknowledgement": "declared"}}]),
    ],
)
def test_licence_shapes(expression: str, expected: list[Any]) -> None:
    terms = replace(APACHE, expression=expression, link=None)
    fact = Known(terms, (Claim(terms, ClaimSource.CARD, 1.0),))
    assert license_choices(fact)[:1] == expected


def test_compound_expression_stands_alone() -> None:
    terms = replace(APACHE, expression="MIT OR LicenseRef-aicheck-x", link=None)
    fact = Known(terms, (Claim(terms, ClaimSource.CARD, 1.0),))
    assert license_choices(fact) == [{"expression": "MIT OR LicenseRef-aicheck-x", "acknowledgement": "concluded"}]


def test_hosted_models_and_their_services() -> None:
    document = bom_dict(sample_report())
    entries = by_ref(document)
    endpoint = entries["endpoint:api.deepseek.com"]
    assert endpoint["provider"] == {"name": "Hangzhou DeepSeek", "address": {"country": "CN"}}
    assert endpoint["endpoints"] == ["https://api.deepseek.com"]
    assert endpoint["x-trust-boundary"] is True
    assert endpoint["data"][0]["description"] == "processed in CN"
    assert values(endpoint, "aicheck:hosting:processing-country") == ["CN"]
    service = entries["service:openai/api.openai.com"]
    assert values(service, "aicheck:service:model") == ["openai/gpt-4o"]
    edges = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    assert edges["api:openai/gpt-4o"] == ["service:openai/api.openai.com"]
    assert MODEL in edges["project:demo"]
    assert edges[MODEL] == ["hf-dataset:nvidia/OpenCodeReasoning"]


def test_types_and_compositions() -> None:
    document = bom_dict(sample_report())
    entries = by_ref(document)
    assert entries["hf-dataset:nvidia/OpenCodeReasoning"]["data"][0]["type"] == "dataset"
    assert entries["pkg:pypi/transformers@4.56.0"]["scope"] == "required"
    assert entries["mcp:files"]["type"] == "application"
    incomplete = document["compositions"][0]
    assert incomplete["aggregate"] == "incomplete"
    assert "api:?/mystery-1" in incomplete["assemblies"]
    assert any("broken.yaml" in one["text"] for one in document["annotations"])
    empty = bom_dict(empty_report())
    assert empty["compositions"] == [{"aggregate": "unknown", "assemblies": ["project:demo"]}]


def test_citations_point_at_what_they_supplied() -> None:
    document = bom_dict(sample_report(), "1.7")
    number = [one["bom-ref"] for one in document["components"]].index(MODEL)
    cited = {pointer: one["attributedTo"] for one in document["citations"] for pointer in one["pointers"]}
    assert cited[f"/components/{number}/manufacturer"] == "source:aicheck-knowledge"
    assert cited[f"/components/{number}/pedigree/ancestors/0"] == "source:huggingface"
    assert "citations" not in bom_dict(sample_report(), "1.6")


@pytest.mark.parametrize(
    ("seen", "moment"),
    [("2026-10-01", "2026-10-01T00:00:00Z"), ("2026-10", "2026-10-01T00:00:00Z"), ("2025", "2025-01-01T00:00:00Z"),
     ("2026-13", None), ("yesterday", None), (None, None)],
)  # fmt: skip
def test_sources_that_name_a_month_alone_are_cited(seen: str | None, moment: str | None) -> None:
    report = sample_report()
    model = next(one for one in report.components if one.ref == MODEL)
    assert isinstance(model.developer, Known)
    claims = tuple(replace(one, seen=seen) for one in model.developer.claims)
    cited = replace(model, developer=replace(model.developer, claims=claims))
    document = json.loads(render(replace(report, components=(cited,)), "cyclonedx", spec_version="1.7"))
    found = {pointer: one["timestamp"] for one in document["citations"] for pointer in one["pointers"]}
    assert found["/components/0/manufacturer"] == (moment or report.created)


def test_property_values_fit_dependency_track() -> None:
    document = bom_dict(hostile_report("x" * 100_000))
    for entry in (*document["components"], *document["services"]):
        assert all(len(one["value"]) <= 1024 for one in entry["properties"])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d["components"].append({**d["components"][0], "name": "twin"}), "stands"),
        (lambda d: d["dependencies"].append({"ref": "nobody"}), "'nobody' is no bom-ref"),
        (
            lambda d: d["components"][-1].update({"modelCard": {}, "type": "library"}),
            "only a machine-learning-model",
        ),
        (lambda d: d["components"][0].update({"licenses": [{"expression": "MIT AND ("}]}), "no SPDX expression"),
        (lambda d: d["components"][0].update({"mime-type": "nonsense"}), "does not match"),
        (lambda d: d.update({"serialNumber": "1"}), "serialNumber"),
        (lambda d: d["components"][0].update({"surprise": 1}), "surprise"),
        (lambda d: d["compositions"].append({"aggregate": "unknown", "assemblies": ["gone"]}), "'gone'"),
        (
            lambda d: by_ref(d)[MODEL]["modelCard"]["modelParameters"].update({"datasets": [{"ref": "lost"}]}),
            "/modelCard/modelParameters/datasets/0/ref: 'lost'",
        ),
        (
            lambda d: by_ref(d)[MODEL]["pedigree"]["ancestors"][0].update(
                {"licenses": [{"expression": "MIT OR"}]}
            ),
            "/pedigree/ancestors/0/licenses/0/expression",
        ),
        (
            lambda d: by_ref(d)[MODEL]["components"][0].update({"data": [{"type": "dataset"}]}),
            "only a component of type data",
        ),
        (lambda d: d["services"][0].update({"licenses": [{"expression": "AND"}]}), "/services/0/licenses"),
    ],
)
def test_the_check_finds_damage(damage, message: str) -> None:
    document = bom_dict(sample_report())
    damage(document)
    assert any(message in problem for problem in check_bom(document)), check_bom(document)


def test_a_text_that_looks_like_a_ref_is_none() -> None:
    text = '", "bom-ref": "twin", \\"bom-ref\\": \\"twin\\" {"bom-ref":"twin"}'
    document = json.loads(render(hostile_report(text), "cyclonedx"))
    assert check_bom(document) == []
    assert any("twin" in str(one) for one in document["components"])


@pytest.mark.parametrize("ref", ['a"b\\', "caf\u00e9\u2028", "\\"])
def test_refs_of_any_spelling_are_counted(ref: str) -> None:
    document = bom_dict(empty_report())
    part = {"type": "library", "name": "x", "bom-ref": ref}
    document["components"] = [part]
    document["dependencies"].append({"ref": ref})
    assert check_bom(document) == []
    document["components"] = [part, {**part, "name": "y"}]
    assert any("stands 2 times" in problem for problem in check_bom(document))


def test_what_a_kind_cannot_have_is_not_said_of_it() -> None:
    document = bom_dict(sample_report())
    for entry in (*document["components"], *document["services"]):
        if values(entry, "aicheck:kind")[0] in {"library", "endpoint", "provider"}:
            names = {one["name"] for one in entry["properties"]}
            assert not any(name.startswith(("aicheck:lineage", "aicheck:card")) for name in names)
            assert not names & {"aicheck:publisher:state", "aicheck:license:state", "aicheck:revision:requested"}


def test_since_1_7_an_expression_stands_beside_what_was_declared() -> None:
    compound = replace(APACHE, expression="Apache-2.0 OR MIT")
    fact = Known(
        compound,
        (
            Claim(compound, ClaimSource.FILE_LIST, 1.0, "LICENSE"),
            Claim(APACHE, ClaimSource.CARD, 1.0, "README.md"),
        ),
    )
    assert license_choices(fact) == [{"expression": "Apache-2.0 OR MIT", "acknowledgement": "concluded"}]
    assert [
        (one.get("expression") or one["license"]["id"], (one.get("license") or one)["acknowledgement"])
        for one in license_choices(fact, mixed=True)
    ] == [("Apache-2.0", "declared"), ("Apache-2.0 OR MIT", "concluded")]


def test_an_adapter_depends_on_what_it_adapts() -> None:
    report = sample_report()
    model = next(one for one in report.components if one.ref == MODEL)
    first = replace(model.lineage.ancestors[0], relation=Relation.ADAPTER)
    base = component(HubModel(first.id), ref="base", resolved_id=first.id)
    adapter = replace(model, lineage=replace(model.lineage, ancestors=(first,)))
    document = bom_dict(replace(report, components=(adapter, base)))
    edges = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    assert "base" in edges[MODEL]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (7_615_616_512, "7.62B"),
        (999_600_000, "1000M"),
        (135_000_000, "135M"),
        (1_040_000_000_000, "1.04T"),
        (12, "12"),
    ],
)
def test_parameters_in_the_units_of_the_taxonomy(count: int, text: str) -> None:
    report = sample_report()
    part = next(one for one in report.components if one.ref == MODEL)
    part = replace(part, card=replace(part.card, parameters=count))
    card = by_ref(bom_dict(replace(report, components=(part,))))[MODEL]["modelCard"]
    assert values(card, "cdx:ai-ml:model:parameter:count") == [text]


def test_refusals() -> None:
    with pytest.raises(ConfigError, match=r"1\.4 is not written"):
        render(sample_report(), "cyclonedx", spec_version="1.4")
    twice = sample_report()
    with pytest.raises(ReportError, match="two components"):
        bom_dict(replace(twice, components=(*twice.components, twice.components[0])))
    assert check_bom([]) == ["/bomFormat: not a CycloneDX JSON document"]
    assert "has no schema" in check_bom({"bomFormat": "CycloneDX", "specVersion": "9"})[0]


def test_linear() -> None:
    # A guard against quadratic steps, not a stopwatch: 4 times the components take about 4 times as long.
    from time import process_time

    def cost(count: int) -> float:
        report = big_report(count)
        start = process_time()
        render(report, "cyclonedx")
        return process_time() - start

    cost(50)
    small, large = cost(500), cost(2000)
    assert large < 12 * small
