"""Namespaces, houses and lists: what the tables must hold and how they are asked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.knowledge import lists, origins

TYPES = {"company", "university", "government", "non-profit", "community", "individual"}
ROLES = {"developer", "redistributor", "requantiser", "mirror"}


@pytest.mark.parametrize(
    ("namespace", "country", "type_", "role"),
    [
        ("Qwen", "CN", "company", "developer"),
        ("meta-llama", "US", "company", "developer"),
        ("mistralai", "FR", "company", "developer"),
        ("stabilityai", "GB", "company", "developer"),
        ("tiiuae", "AE", "government", "developer"),
        ("Helsinki-NLP", "FI", "university", "developer"),
        ("LGAI-EXAONE", "KR", "company", "developer"),
        ("ai-forever", "RU", "company", "developer"),
        ("RedHatAI", "US", "company", "requantiser"),
        ("mlx-community", None, "community", "requantiser"),
        ("utter-project", None, "non-profit", "developer"),
    ],
)
def test_well_known_namespaces(namespace, country, type_, role):
    row = origins.organization(namespace)
    assert row is not None
    assert (row.country, row.type, row.role) == (country, type_, role)


def test_lookup_ignores_case_and_keeps_the_canonical_spelling():
    for spelling in ("qwen", "QWEN", "Qwen"):
        row = origins.organization(spelling)
        assert row is not None
        assert row.namespace == "Qwen"


def test_an_unknown_namespace_is_none_not_a_guess():
    for namespace in ("qwen-but-not-really-x91", "", "deepseek-ai-mirror-zz", "a/b"):
        assert origins.organization(namespace) is None


def test_two_houses_may_share_a_spelling_but_for_case():
    alibaba, instituto = origins.organization("iic"), origins.organization("IIC")
    assert alibaba is not None
    assert instituto is not None
    assert (alibaba.country, instituto.country) == ("CN", "ES")


def test_a_team_has_its_house_as_parent_and_the_house_itself_has_none():
    team, house = origins.organization("Tencent-Hunyuan"), origins.organization("tencent")
    assert team is not None
    assert house is not None
    assert (team.parent, team.parent_country) == ("Tencent Holdings Limited", "CN")
    assert house.parent is None


def test_other_namespaces_of_the_same_house():
    row = origins.organization("THUDM")
    assert row is not None
    assert "zai-org" in row.also
    assert "THUDM" not in row.also


def test_flags_flow_down_where_the_rule_reaches_down_and_only_there():
    qwen = origins.organization("Qwen")
    trendyol = origins.organization("Trendyol")
    deepseek = origins.organization("deepseek-ai")
    assert qwen is not None
    assert trendyol is not None
    assert deepseek is not None
    assert [flag.list for flag in qwen.lists] == ["1260H"]
    assert [flag.list for flag in trendyol.lists] == ["1260H"]
    assert [flag.list for flag in deepseek.lists] == ["ndaa-1532"]
    # A named entry does not reach a subsidiary, a controlled one does.
    assert {flag.list for flag in lists.flags_for(("sensetime",))} == {"1260H", "entity-list", "ns-cmic"}
    assert {flag.list for flag in lists.flags_for(("youdao", "sensetime"))} == {"1260H"}


def test_entity_lists_are_not_country_lists():
    row = origins.organization("moonshotai")
    assert row is not None
    assert row.country == "CN"
    assert row.lists == ()


def test_by_name_finds_rows_by_entity_house_and_namespace():
    assert {row.namespace for row in origins.by_name("meta platforms, inc.")} >= {"meta-llama", "facebook"}
    assert "SakanaAI" in {row.namespace for row in origins.by_name("Sakana AI Co., Ltd.")}
    assert origins.by_name("no such house") == ()


def test_other_registries_fall_back_to_organisations_only():
    row = origins.organization("moonshotai", "openrouter")
    assert row is not None
    assert row.country == "CN"
    assert origins.organization("TheBloke", "ollama") is None
    row = origins.organization("iic", "modelscope")
    assert row is not None
    assert row.registry == "modelscope"


@pytest.mark.parametrize(
    ("name", "namespace"),
    [
        ("gpt2", "openai-community"),
        ("bert-base-uncased", "google-bert"),
        ("bert-base-german-dbmdz-cased", "dbmdz"),
        ("distilbert-base-uncased", "distilbert"),
        ("xlm-roberta-large", "FacebookAI"),
        ("t5-small", "google-t5"),
        ("some-root-model", None),
    ],
)
def test_legacy_root_ids(name, namespace):
    assert origins.legacy_namespace(name) == namespace
    assert namespace is None or origins.organization(namespace) is not None


def test_every_row_is_well_formed():
    seen = set()
    houses = {house.id for house in origins.houses()}
    for row in origins.rows():
        key = (row.registry, row.namespace)
        assert key not in seen
        seen.add(key)
        assert row.type in TYPES, key
        assert row.role in ROLES, key
        assert row.confidence in origins.CONFIDENCE, key
        assert row.basis in {"source", "knowledge"}, key
        assert (row.basis == "source") == bool(row.source), key
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row.verified), key
        assert row.country is None or re.fullmatch(r"[A-Z]{2}", row.country), key
        assert row.country not in {"EU", "ZZ", "UK"}, key
        assert row.house is None or row.house in houses, key
        assert "/" not in row.namespace, key
        core = row.to_core()
        assert core.country == row.country


def test_houses_have_no_cycles_and_every_list_subject_exists():
    for house in origins.houses():
        chain, at = [], house.id
        while at is not None:
            assert at not in chain
            chain.append(at)
            above = origins.house(at)
            assert above is not None, at
            at = above.parent
    for entry in lists.entries():
        assert origins.house(entry.subject) is not None, entry
        assert entry.list in lists.LISTS, entry
        assert entry.reach in {lists.NAMED, lists.CONTROLLED}, entry
        assert re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", entry.since), entry


@given(st.text(max_size=60))
def test_any_text_may_be_asked(text):
    row = origins.organization(text)
    assert row is None or row.namespace.lower() == text.strip().lower()
