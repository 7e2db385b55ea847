from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from aicheck.core.reference import Inventory
from aicheck.errors import ConfigError
from aicheck.report import render
from aicheck.report.json_ import component_dict
from aicheck.report.plain import dump
from aicheck.report.read_json import component_from_dict, report_from_json
from aicheck.resources import schemas_dir
from tests.report.samples import empty_report, hostile_report, place, ref, sample_report


def _closed(schema: Any) -> Any:
    """The schema with every object closed: finds keys that the published schema does not describe."""
    if isinstance(schema, dict):
        result = {key: _closed(value) for key, value in schema.items()}
        if "properties" in result and isinstance(result["properties"], dict) and result.get("type") == "object":
            result.setdefault("additionalProperties", False)
        return result
    return [_closed(item) for item in schema] if isinstance(schema, list) else schema


SCHEMA = json.loads((schemas_dir() / "report.schema.json").read_text())


def test_schema_is_itself_valid() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("report", [sample_report(), empty_report()])
def test_valid_and_fully_described(report) -> None:
    document = json.loads(render(report, "json"))
    closed = _closed(SCHEMA)
    assert [error.message for error in Draft7Validator(closed).iter_errors(document)] == []
    jsonschema_rs.validator_for(closed).validate(document)


def test_contract_of_keys() -> None:
    document = json.loads(render(sample_report(), "json"))
    reference = next(one for one in document["references"] if one["path"] == "services/rag/app.py")
    assert reference["target"] == "hf:nvidia/OpenReasoning-Nemotron-7B"
    assert (reference["line"], reference["column"], reference["use"], reference["kind"]) == (
        14,
        35,
        "load",
        "model",
    )
    assert reference["attributes"] == {"trust_remote_code": "true"}
    model = next(one for one in document["components"] if one["name"] == "nvidia/OpenReasoning-Nemotron-7B")
    assert model["publisher"]["namespace"] == "nvidia"
    assert model["developer"]["organization"] == "NVIDIA"
    assert model["developer"]["country"] == "US"
    assert model["lineage"]["roots"] == ["Qwen/Qwen2.5-7B"]
    assert model["lineage"]["root_countries"] == ["CN"]
    assert model["lineage"]["countries"] == ["CN", "US"]
    assert model["lineage"]["complete"] is True
    assert [one["id"] for one in model["lineage"]["ancestors"]] == ["Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B"]
    assert model["states"]["license"] == "disputed"
    assert model["license"]["expression"] is None
    assert [claim["value"]["expression"] for claim in model["claims"]["license"]] == [
        "Apache-2.0",
        "LicenseRef-scancode-llama-3.1-license-2024",
    ]
    assert model["revision"] == "4f3c1a2b" * 5
    assert [one["id"] for one in model["weights"]["formats"]] == ["safetensors", "pytorch-pickle"]
    root = next(one for one in document["components"] if one["name"] == "Qwen/Qwen2.5-7B")
    assert root["lineage"]["roots"] == ["Qwen/Qwen2.5-7B"]
    assert root["lineage"]["root_countries"] == ["CN"]
    assert document["verdict"] == "fail"
    assert document["policy"]["sha256"] == "e" * 64
    assert document["references"][model["references"][0]]["component"] == model["ref"]


@pytest.mark.parametrize(
    "report", [sample_report(), empty_report(), replace(sample_report(), verdict=None, policy=None)]
)
def test_round_trip_is_lossless(report) -> None:
    assert report_from_json(render(report, "json")) == report


def test_component_without_references_round_trips() -> None:
    for part in sample_report().components:
        assert component_from_dict(component_dict(part), part.references) == part


@given(st.text(min_size=1, max_size=80))
def test_round_trip_of_any_text(text: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in text):
        return
    report = hostile_report(text)
    assert report_from_json(render(report, "json")) == report


def test_undecodable_paths_stay_readable_json() -> None:
    strange = place("data/\udcff\udcfe.py")
    sample = sample_report()
    target = sample.components[0].target
    report = replace(sample, inventory=Inventory(".", (ref(target, strange),), ()), components=(), findings=())
    data = render(report, "json")
    assert orjson.loads(data)["references"][0]["path"] == "data/\\xff\\xfe.py"


def test_invisible_characters_are_escaped_not_changed() -> None:
    data = dump({"a": "x\u202ey\x9b\U000e0041\x7f\x1b"})
    assert data.isascii()
    assert b"\x1b" not in data
    assert b"\x7f" not in data
    assert json.loads(data) == {"a": "x\u202ey\x9b\U000e0041\x7f\x1b"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON report"),
        (b'{"schema_version": "2.0", "references": []}', "schema version 2.0"),
        (b'{"schema_version": "1.0", "references": [{}]}', "damaged"),
        (b'{"schema_version": "1.0", "references": []}', "damaged"),
    ],
)
def test_bad_documents_are_named(data: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        report_from_json(data, path="base.json")


def test_deterministic() -> None:
    assert render(sample_report(), "json") == render(sample_report(), "json")
