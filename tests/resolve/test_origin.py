"""Publisher and developer facts."""

from __future__ import annotations

import pytest

from aicheck.core.component import Organization, Relation
from aicheck.core.evidence import Claim, ClaimSource, Disputed, GapReason, Known, Unseen
from aicheck.resolve.origin import Parent, developer_fact, named_as_copy, namespace_of, publisher_fact, same_house


def known(namespace):
    fact = publisher_fact(namespace, "hf:x/y")
    assert isinstance(fact, Known)
    return fact


def test_namespace_of_modern_and_legacy_ids():
    assert namespace_of("Qwen/Qwen3-8B") == "Qwen"
    assert namespace_of("gpt2") == "openai-community"
    assert namespace_of("not-a-known-root") is None


def test_publisher_carries_its_claim():
    fact = known("Qwen")
    assert fact.value.country == "CN"
    assert fact.claims[0].source is ClaimSource.REGISTRY
    assert fact.claims[0].locator == "origins:Qwen"
    assert fact.claims[0].seen


def test_unknown_publisher_is_a_gap():
    for namespace in ("nobody-knows-me-77", None, ""):
        fact = publisher_fact(namespace, "hf:x/y")
        assert isinstance(fact, Unseen)
        assert fact.gap.reason is GapReason.UNKNOWN_NAME
        assert fact.gap.subject == "hf:x/y#publisher"


def test_a_developer_namespace_made_its_fine_tune():
    fact = developer_fact("arcee-ai", "hf:x/y", [Parent("Qwen/Qwen2.5-7B", Relation.FINETUNE, known("Qwen"))])
    assert isinstance(fact, Known)
    assert fact.value.country == "US"


def test_a_requantiser_made_nothing():
    fact = developer_fact("bartowski", "hf:x/y", [Parent("Qwen/Qwen3-8B", Relation.QUANTIZED, known("Qwen"))])
    assert isinstance(fact, Known)
    assert fact.value.namespace == "Qwen"
    assert fact.claims[0].source is ClaimSource.INFERENCE
    assert "Qwen/Qwen3-8B" in fact.claims[0].note


def test_a_mirror_without_a_known_source_is_a_gap_not_the_mirror():
    fact = developer_fact("AI-ModelScope", "hf:x/y")
    assert isinstance(fact, Unseen)
    assert fact.gap.reason is GapReason.NOT_STATED


def test_a_quantised_copy_under_a_developer_namespace_belongs_to_the_original():
    fact = developer_fact(
        "nvidia", "hf:x/y", [Parent("deepseek-ai/DeepSeek-R1", Relation.QUANTIZED, known("deepseek-ai"))]
    )
    assert isinstance(fact, Known)
    assert fact.value.namespace == "deepseek-ai"


def test_unknown_namespace():
    parents = [Parent("Qwen/Qwen3-8B", Relation.QUANTIZED, known("Qwen"))]
    fact = developer_fact("nobody-knows-me-77", "hf:x/y", parents)
    assert isinstance(fact, Known)
    assert fact.value.namespace == "Qwen"
    parents = [Parent("Qwen/Qwen3-8B", Relation.FINETUNE, known("Qwen"))]
    assert isinstance(developer_fact("nobody-knows-me-77", "hf:x/y", parents), Unseen)
    assert isinstance(developer_fact("nobody-knows-me-77", "hf:x/y"), Unseen)


def test_merges_of_several_houses_by_a_redistributor_are_nobodys():
    parents = [
        Parent("Qwen/Qwen3-8B", Relation.MERGE, known("Qwen")),
        Parent("meta-llama/Llama-3.1-8B", Relation.MERGE, known("meta-llama")),
    ]
    fact = developer_fact("mradermacher", "hf:x/y", parents)
    assert isinstance(fact, Unseen)
    assert "several developers" in fact.gap.detail


def test_parts_do_not_make_the_developer():
    parents = [Parent("openai/clip-vit-large-patch14", Relation.COMPONENT, known("openai"))]
    fact = developer_fact("allenai", "hf:x/y", parents)
    assert isinstance(fact, Known)
    assert fact.value.namespace == "allenai"
    assert isinstance(developer_fact("bartowski", "hf:x/y", parents), Unseen)


def test_a_dispute_about_the_original_stays_a_dispute():
    one, other = Organization("One", "US"), Organization("Other", "CN")
    disputed = Disputed((Claim(one, ClaimSource.CARD, 1.0), Claim(other, ClaimSource.INFERENCE, 0.9)))
    fact = developer_fact("bartowski", "hf:x/y", [Parent("a/b", Relation.QUANTIZED, disputed)])
    assert isinstance(fact, Disputed)
    assert [claim.value for claim in fact.claims] == [one, other]


def test_same_house():
    assert same_house(known("Qwen").value, known("Wan-AI").value)
    assert not same_house(known("Qwen").value, known("tencent").value)


@pytest.mark.parametrize(
    ("child", "parent", "copy"),
    [
        ("nvidia/DeepSeek-R1-FP4", "deepseek-ai/DeepSeek-R1", True),
        ("amd/Llama-3.1-8B-Instruct-FP8-KV", "meta-llama/Llama-3.1-8B-Instruct", True),
        ("RedHatAI/Qwen3-8B-quantized.w4a16", "Qwen/Qwen3-8B", True),
        ("x/Qwen3-8B-AWQ-4bit", "Qwen/Qwen3-8B", True),
        ("x/Qwen3-8B", "Qwen/Qwen3-8B", False),
        ("x/Qwen3-8B-Instruct", "Qwen/Qwen3-8B", False),
        ("x/Qwen3-8B-Coder-AWQ", "Qwen/Qwen3-8B", False),
        ("x/Dolphin-Qwen3-8B-AWQ", "Qwen/Qwen3-8B", False),
        ("x/Qwen3-80B-AWQ", "Qwen/Qwen3-8B", False),
    ],
)
def test_names_of_copies(child, parent, copy):
    assert named_as_copy(child, parent) is copy


def test_a_copy_by_name_belongs_to_the_original_whatever_the_card_calls_the_relation():
    parents = [Parent("deepseek-ai/DeepSeek-R1", Relation.FINETUNE, known("deepseek-ai"))]
    fact = developer_fact("nvidia", "hf:nvidia/DeepSeek-R1-FP4", parents)
    assert isinstance(fact, Known)
    assert fact.value.namespace == "deepseek-ai"
    fact = developer_fact("nvidia", "hf:nvidia/DeepSeek-R1-Chat", parents)
    assert isinstance(fact, Known)
    assert fact.value.namespace == "nvidia"
