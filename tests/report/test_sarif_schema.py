from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest

from aicheck.report import RulePage, render
from tests.report.samples import big_report, empty_report, hostile_report, only_models, sample_report

SCHEMA = Path(__file__).parent / "fixtures" / "sarif-schema-2.1.0.json"


@cache
def validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8")), validate_formats=True)


@pytest.mark.parametrize(
    "report",
    [
        sample_report(),
        empty_report(),
        big_report(50),
        only_models(300),
        *(
            hostile_report(payload)
            for payload in ("<script>\x00", "A" * 5000, "a b%c?#", "\u202e::error", "\ud800")
        ),
    ],
    ids=["sample", "empty", "big", "models", "script", "long", "uri", "bidi", "surrogate"],
)
def test_valid_by_the_official_schema(report) -> None:
    rules = {"origin-allowed": RulePage("origin-allowed", "Origins.", "# Why\n\ntext", 7.5)}
    document = json.loads(render(report, "sarif", rules=rules))
    assert [error.message for error in validator().iter_errors(document)] == []


def test_the_schema_refuses_what_is_wrong() -> None:
    document = json.loads(render(sample_report(), "sarif"))
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert not validator().is_valid(document)


def test_descriptors_have_what_code_scanning_shows() -> None:
    driver = json.loads(render(sample_report(), "sarif"))["runs"][0]["tool"]["driver"]
    for one in (*driver["rules"], *driver["notifications"]):
        assert one["shortDescription"]["text"]
        assert one["fullDescription"]["text"]
        assert one["help"]["text"]
