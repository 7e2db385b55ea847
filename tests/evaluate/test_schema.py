"""The published schemas are those of the code, and agree with what the loader accepts."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from aicheck.errors import ConfigError
from aicheck.evaluate.document import read_document
from aicheck.evaluate.facts import FACTS, facts_of, facts_schema
from aicheck.evaluate.schema import check_shape, policy_schema
from aicheck.resources import policies_dir, schemas_dir
from tests import builders as b


@pytest.mark.parametrize(("name", "schema"), [("policy", policy_schema()), ("facts", facts_schema())])
def test_published_schema_is_current_and_valid(name, schema):
    Draft7Validator.check_schema(schema)
    published = json.loads((schemas_dir() / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert published == schema, "run scripts/write_policy_schemas.py"


@pytest.mark.parametrize("path", sorted(policies_dir().glob("*.yaml")), ids=lambda p: p.stem)
def test_editors_accept_the_packs(path: Path):
    document = read_document(path.read_bytes(), path.name)
    assert list(Draft7Validator(policy_schema()).iter_errors(document.data)) == []


WRONG = [
    "version: 2",
    "version: true",
    "version: '1'",
    "version: 1\nrulez: {}",
    "name: x",
    "version: 1\nrules: []",
    "version: 1\nrules: {origin-alowed: {level: error}}",
    "version: 1\nrules: {origin-allowed/Bad_Label: {level: error}}",
    "version: 1\nrules: {origin-allowed: {level: fatal}}",
    "version: 1\nrules: {origin-allowed: loud}",
    "version: 1\nrules: {origin-allowed: {deny_countries: CN}}",
    "version: 1\nrules: {origin-allowed: {deny_countries: [UK]}}",
    "version: 1\nrules: {origin-allowed: {deny_countries: []}}",
    "version: 1\nrules: {origin-allowed: {deny_countries: [CN, CN]}}",
    "version: 1\nrules: {origin-allowed: {scope: any-ancestor}}",
    "version: 1\nrules: {data-age: {max_days: -1}}",
    "version: 1\nrules: {data-age: {max_days: soon}}",
    "version: 1\nrules: {license-allowed: {allow_unlicensed: 'yes'}}",
    "version: 1\nrules: {weights-safe: {applies_to: {kinds: [modle]}}}",
    "version: 1\nrules: {weights-safe: {on_unknown: maybe}}",
    "version: 1\nmax_waiver_days: 0",
    "version: 1\nmax_waiver_days: 1.5",
    "version: 1\nwaivers: [{rule: weights-safe}]",
    "version: 1\nwaivers: [{rule: a, purl: b, reason: c, owner: d, expires: soon}]",
    "version: 1\nextends: 5",
    "version: 1\nextends: [{url: 'http://x', sha256: aa}]",
    "version: 1\ncustom: [{id: x, message: m, level: error, on_unknown: warn, deny: {fcat: kind}}]",
    "version: 1\ncustom: [{id: X y, message: m, level: error, on_unknown: warn}]",
    "version: 1\ntest: [{name: x}]",
    "version: 1\norganisation: {territory: [Europe]}",
    "version: 1\norganisation: {metrics: {users: many}}",
    "[]",
    "just text",
]


@pytest.mark.parametrize("text", WRONG)
def test_loader_and_schema_refuse_the_same(text):
    document = read_document(text.encode(), "policy.yaml")
    assert not Draft7Validator(policy_schema()).is_valid(document.data)
    with pytest.raises(ConfigError) as caught:
        check_shape(document)
    assert caught.value.path == "policy.yaml"
    assert caught.value.line
    assert caught.value.column


ABSENT = {"publisher": b.absent(), "developer": b.absent(), "license": b.absent(), "weights": b.absent()}
SHAPES = {
    "model": b.model(),
    "hosted": b.hosted(stands_for=b.known("Qwen/Qwen3-8B")),
    "unresolvable": b.unresolvable(),
    "library": b.library(),
    "disputed": b.model(
        developer=b.disputed(b.org("A", "CN"), b.org("B", None)),
        license=b.disputed(b.licence("MIT"), b.licence("X", thresholds=())),
        hosting=b.disputed(b.host_facts("a"), b.host_facts("b", router=True)),
    ),
    "absent": b.model(**ABSENT),
    "deep": b.model(
        lineage=b.lineage(
            b.ancestor("Qwen/Qwen2.5-7B"), data=[b.teacher("deepseek-ai/DeepSeek-R1")], complete=False
        )
    ),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_facts_of_every_shape_fit_the_schema(shape):
    facts = facts_of(shape)
    assert list(facts) == list(FACTS)
    assert json.loads(json.dumps(facts)) == facts
    errors = [error.message for error in Draft7Validator(facts_schema()).iter_errors(facts)]
    assert errors == []


def test_facts_keep_the_four_states_apart():
    part = b.model(
        developer=b.disputed(b.org("Same", "CN"), b.org("Same", "US")),
        license=b.absent(),
        weights=b.not_seen("weights"),
    )
    facts = facts_of(part)
    assert facts["developer.country"]["state"] == "disputed"
    assert facts["developer.country"]["values"] == ["CN", "US"]
    assert facts["developer.name"] == {
        "state": "known",
        "value": "Same",
        "claims": facts["developer.country"]["claims"],
    }
    assert facts["license.expression"] == {"state": "absent"}
    assert facts["weights.formats"] == {"state": "unseen", "reason": "not-stated"}
    assert facts["kind"] == {"state": "known", "value": "model"}


def test_lists_over_an_incomplete_lineage_say_what_is_known_so_far():
    chain = b.lineage(b.ancestor("Qwen/Qwen2.5-7B", developer=b.org("Alibaba", "CN")), complete=False)
    facts = facts_of(b.model(lineage=chain))
    assert facts["lineage.countries"] == {"state": "unseen", "reason": "not-stated", "at_least": ["CN"]}
    whole = facts_of(b.model(lineage=b.lineage(*chain.ancestors)))
    assert whole["lineage.countries"] == {"state": "known", "value": ["CN"]}
