"""Policies and reports of aicheck name models that are judged, not used."""

from __future__ import annotations

import pytest

from aicheck.core.reference import Use
from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.trees import MemoryTree
from aicheck.resources import policies_dir

POLICY = """\
version: 1
name: ours
extends: [baseline]
waivers:
  - rule: origin-allowed
    purl: pkg:huggingface/Qwen/Qwen3-8B
    reason: r
    owner: o
    expires: 2027-01-01
"""


def uses(name: str, text: str, *, docs: bool = True) -> set[Use]:
    found = discover(MemoryTree({name: text.encode()}, name=name), DiscoverSettings(include_docs=docs))
    return {reference.occurrence.use for reference in found.references}


def test_a_policy_uses_nothing() -> None:
    assert uses("policy.yaml", POLICY) <= {Use.DOCUMENTATION}
    assert not uses("policy.yaml", POLICY, docs=False)


@pytest.mark.parametrize("path", sorted(policies_dir().glob("*.yaml")), ids=lambda path: path.stem)
def test_no_pack_uses_a_model(path) -> None:
    assert not uses(path.name, path.read_text(), docs=False)


def test_one_more_key_makes_it_a_configuration() -> None:
    text = POLICY + "model: Qwen/Qwen3-8B\n"
    assert uses("policy.yaml", text, docs=False)


@pytest.mark.parametrize("fmt", ["json", "cyclonedx", "sarif"])
def test_a_report_in_the_tree_uses_nothing(fmt: str) -> None:
    from aicheck.report import render
    from tests.report.samples import sample_report

    assert not uses("report.json", render(sample_report(), fmt).decode(), docs=False)
