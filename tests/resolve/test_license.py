"""The licence of a derivative: relabelled, inherited, told apart by an ancestor, and the union of duties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.component import Ancestor, Component, License, Lineage, Relation, Revision, unseen
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Fact, GapReason, Known, Unseen
from aicheck.core.target import HubModel
from aicheck.knowledge.licenses import license_for, rows
from aicheck.knowledge.obligations import effective_obligations
from aicheck.resolve.license import contradiction, license_fact
from aicheck.resolve.origin import namespace_of, publisher_fact
from aicheck.resolve.records import RepoRecord


def terms(hub_id: str, **keywords: str) -> License:
    found = license_for(hub_id, **keywords)
    assert found is not None
    return found


def known(hub_id: str, **keywords: str) -> Known[License]:
    value = terms(hub_id, **keywords)
    return Known(value, (Claim(value, ClaimSource.CARD, 1.0, "README.md"),))


def ancestor(
    model: str,
    license_: Fact[License],
    relation: Relation = Relation.FINETUNE,
    *,
    declared: bool = True,
    confidence: float = 1.0,
    depth: int = 1,
) -> Ancestor:
    developer = unseen(model, "developer")
    return Ancestor(model, relation, "someone/model", depth, declared, confidence, developer, license_, depth > 1)


def record(**fields: str) -> RepoRecord:
    return RepoRecord(id="someone/model", asked="someone/model", answered_by="hub", seen="2026-11-01", **fields)  # type: ignore[arg-type]


NOT_STATED = unseen("hf:someone/model", "license", GapReason.NOT_STATED, "no source states a licence")


@pytest.mark.parametrize(
    "base", ["llama2", "llama3.1", "gemma", "cc-by-nc-4.0", "bigscience-bloom-rail-1.0", "apple-amlr", "gpl-3.0"]
)
@pytest.mark.parametrize("label", ["apache-2.0", "mit", "cc-by-4.0"])
@pytest.mark.parametrize(
    "relation", [Relation.FINETUNE, Relation.QUANTIZED, Relation.ADAPTER, Relation.MERGE, Relation.DISTILL]
)
def test_relabelling_a_binding_ancestor_is_disputed(base, label, relation):
    fact = license_fact(known(label), (ancestor("meta-llama/base", known(base), relation),))
    assert isinstance(fact, Disputed)
    assert fact.claims[0].value.hub_id == label
    assert "meta-llama/base" in fact.claims[-1].note
    assert fact.claims[-1].source is ClaimSource.INFERENCE


@pytest.mark.parametrize(
    ("label", "base"),
    [
        ("apache-2.0", "mit"),
        ("mit", "apache-2.0"),
        ("llama3.1", "llama3.1"),
        ("llama3.1", "llama3"),
        ("cc-by-nc-4.0", "llama3.1"),
        ("gpl-3.0", "apache-2.0"),
        ("llama3.1", "apache-2.0"),
        ("agpl-3.0", "gpl-3.0"),
        ("gemma,llama3.3", "llama3.3"),
    ],
)
def test_what_does_not_contradict(label, base):
    fact = license_fact(known(label), (ancestor("some/base", known(base)),))
    assert isinstance(fact, Known)


def test_a_deep_ancestor_binds_too():
    chain = (
        ancestor("x/middle", known("apache-2.0")),
        ancestor("meta-llama/Llama-3.1-8B", known("llama3.1"), depth=2),
    )
    assert isinstance(license_fact(known("apache-2.0"), chain), Disputed)


def test_an_inferred_ancestor_binds_only_where_it_is_nearly_certain():
    doubtful = (ancestor("meta-llama/Llama-3.1-8B", known("llama3.1"), declared=False, confidence=0.6),)
    sure = (ancestor("meta-llama/Llama-3.1-8B", known("llama3.1"), declared=False, confidence=0.95),)
    assert isinstance(license_fact(known("apache-2.0"), doubtful), Known)
    assert isinstance(license_fact(known("apache-2.0"), sure), Disputed)


@pytest.mark.parametrize("relation", [Relation.QUANTIZED, Relation.COPY, Relation.CONVERSION])
def test_the_same_weights_without_a_licence_have_their_parents(relation):
    fact = license_fact(NOT_STATED, (ancestor("meta-llama/Llama-3.1-8B", known("llama3.1"), relation),), record())
    assert isinstance(fact, Known)
    assert fact.value.hub_id == "llama3.1"
    assert fact.claims[0].source is ClaimSource.INFERENCE
    assert fact.claims[0].note


def test_a_fine_tune_without_a_licence_has_none_but_its_ancestors_terms_are_named():
    fact = license_fact(NOT_STATED, (ancestor("meta-llama/Llama-3.1-8B", known("llama3.1")),), record())
    assert isinstance(fact, Unseen)
    assert "Llama 3.1" in fact.gap.detail


def test_an_unknown_name_is_not_replaced_by_the_parents_licence():
    fact = unseen("hf:x", "license", GapReason.UNKNOWN_NAME, "aicheck does not know the licence 'acme-1.0'")
    parents = (ancestor("meta-llama/Llama-3.1-8B", known("llama3.1"), Relation.QUANTIZED),)
    assert isinstance(license_fact(fact, parents, record(license_id="other", license_name="acme-1.0")), Unseen)


def test_a_name_with_several_texts_is_told_by_the_ancestor():
    fact = unseen("hf:x", "license", GapReason.UNKNOWN_NAME, "aicheck does not know the licence 'modified-mit'")
    kimi = known("other", hub_name="modified-mit", model="moonshotai/Kimi-K2-Instruct")
    parents = (ancestor("moonshotai/Kimi-K2-Instruct", kimi),)
    found = license_fact(fact, parents, record(license_id="other", license_name="modified-mit"))
    assert isinstance(found, Known)
    assert "Kimi K2" in (found.value.attribution or "")


def test_a_card_with_two_different_names_is_disputed():
    both = record(license_id="mit", license_name="deepseek")
    fact = license_fact(known("mit"), (), both)
    assert isinstance(fact, Disputed)
    assert {claim.value.category for claim in fact.claims} == {"open-source", "responsible-ai"}
    same = record(license_id="llama3.1", license_name="llama-3.1-community-license")
    assert isinstance(license_fact(known("llama3.1"), (), same), Known)


def test_a_third_partys_list_does_not_outweigh_what_is_on_record_of_the_developer():
    listed = Known(terms("mit"), (Claim(terms("mit"), ClaimSource.REGISTRY, 0.8, "catalog:some-list"),))
    kimi = RepoRecord(
        id="moonshotai/Kimi-K2-Instruct", asked="x", answered_by="catalog", seen=None, license_id="mit"
    )
    fact = license_fact(listed, (), kimi)
    assert isinstance(fact, Known)
    assert "Kimi K2" in (fact.value.attribution or "")
    assert "some-list" in fact.claims[0].note
    assert license_fact(known("mit"), (), kimi) == known("mit")
    stranger = RepoRecord(
        id="someone/Kimi-K2-Instruct", asked="x", answered_by="catalog", seen=None, license_id="mit"
    )
    assert license_fact(listed, (), stranger) == listed


@given(st.sampled_from(sorted(rows())), st.sampled_from(sorted(rows())))
def test_no_licence_contradicts_itself_and_a_permissive_ancestor_contradicts_nothing(one, other):
    from aicheck.knowledge.licenses import by_id, is_permissive

    own, base = by_id(one), by_id(other)
    assert own is not None
    assert base is not None
    assert contradiction(own, own) is None
    if is_permissive(base):
        assert contradiction(own, base) is None


def component(license_: Fact[License], *ancestors: Ancestor) -> Component:
    subject = "hf:someone/model"
    lineage = Lineage(ancestors, (), unseen(subject, "lineage"))
    revision = Revision((), unseen(subject, "commit"), pinned=False)
    return Component(
        ref=subject, target=HubModel("someone/model"), purl=None, references=(), publisher=unseen(subject, "publisher"),
        developer=unseen(subject, "developer"), lineage=lineage, license=license_, weights=unseen(subject, "weights"),
        revision=revision, hosting=Absent(()),
    )  # fmt: skip


def test_duties_of_all_ancestors_apply_with_their_origin():
    found = effective_obligations(
        component(
            known("apache-2.0"),
            ancestor("a/finetune", known("llama3.1")),
            ancestor("meta-llama/Llama-3.1-8B", known("llama3.1"), depth=2),
            ancestor("x/unknown", NOT_STATED, depth=2),
        )
    )
    kinds = {duty.kind for duty in found}
    assert {"attribution", "naming", "use-restrictions", "threshold"} <= kinds
    naming = next(duty for duty in found if duty.kind == "naming")
    assert naming.origins == ("a/finetune", "meta-llama/Llama-3.1-8B")
    assert naming.depth == 1
    threshold = next(duty for duty in found if duty.kind == "threshold")
    assert threshold.threshold is not None
    assert threshold.threshold.value == 700_000_000
    assert not any(duty.text == "none" for duty in found)


def test_a_disputed_licence_imposes_the_duties_of_all_its_sides():
    fact = license_fact(known("apache-2.0"), (ancestor("some/nc", known("cc-by-nc-4.0")),))
    assert any(duty.kind == "non-commercial" for duty in effective_obligations(component(fact)))


def test_territories_are_listed():
    found = effective_obligations(component(known("llama4")))
    assert any(duty.kind == "territory" and duty.territories == ("EU",) for duty in found)


def step(model: str, child: str, license_: str, depth: int = 1) -> Ancestor:
    developer = publisher_fact(namespace_of(model), model)
    return Ancestor(
        model, Relation.FINETUNE, child, depth, declared=True, confidence=1.0, developer=developer,
        license=known(license_, model=model), root=False,
    )  # fmt: skip


def answer(repo: str) -> RepoRecord:
    return RepoRecord(id=repo, asked=repo, answered_by="hub", seen="2026-11-01")


def test_a_house_may_license_its_own_weights_anew():
    base = step("deepseek-ai/DeepSeek-V3-Base", "deepseek-ai/DeepSeek-R1", "deepseek")
    assert license_fact(known("mit"), (base,), answer("deepseek-ai/DeepSeek-R1")) == known("mit")


def test_what_a_house_released_binds_its_users_by_the_new_terms_only():
    chain = (
        step("deepseek-ai/DeepSeek-R1", "someone/model", "mit"),
        step("deepseek-ai/DeepSeek-V3-Base", "deepseek-ai/DeepSeek-R1", "deepseek", 2),
    )
    assert license_fact(known("mit"), chain, record()) == known("mit")


def test_nobody_else_may():
    base = step("deepseek-ai/DeepSeek-V3-Base", "someone/model", "gemma")
    assert isinstance(license_fact(known("mit"), (base,), record()), Disputed)
    meta = step("meta-llama/Llama-3.1-8B", "deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "llama3.1")
    fact = license_fact(known("mit"), (meta,), answer("deepseek-ai/DeepSeek-R1-Distill-Llama-8B"))
    assert isinstance(fact, Disputed)
    assert "Llama" in fact.claims[-1].value.name
