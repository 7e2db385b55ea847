"""What people write in the front matter of cards, through the Hub client: no fact lost, none made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.component import Component
from aicheck.core.evidence import Disputed, GapReason, Known, Unseen
from aicheck.core.target import HubModel
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Hub, HubSettings, Sources, resolve_targets
from aicheck.resolve.base_text import bare_name, read_base, stated_bases
from aicheck.resolve.records import from_hub
from hub.server import FakeHub

QWEN = "Qwen/Qwen2.5-7B-Instruct"
LLAMA = "meta-llama/Llama-3.1-8B"


def show(hub: FakeHub, path: Path, *names: str) -> tuple[Component, ...]:
    client = Hub(HubSettings(endpoint=hub.url), cache=path / "cache.sqlite", today="2026-11-23")
    sources = Sources(catalog=open_catalog(), hub=client, offline=False, today="2026-11-23")
    return resolve_targets([HubModel(name) for name in names], sources)


def nearest(component: Component) -> list[tuple[str, str]]:
    return [(each.id, each.relation.value) for each in component.lineage.ancestors if each.depth == 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (QWEN, QWEN),
        (f"  {QWEN}/ ", QWEN),
        (f'"{QWEN}"', QWEN),
        (f"`{QWEN}`", QWEN),
        (f"https://huggingface.co/{QWEN}", QWEN),
        (f"http://www.huggingface.co/{QWEN}/", QWEN),
        (f"https://huggingface.co/{QWEN}/tree/main", QWEN),
        (f"https://huggingface.co/{QWEN}/blob/main/README.md?x=1#y", QWEN),
        (f"huggingface.co/{QWEN}", QWEN),
        (f"hf.co/{QWEN}:Q4_K_M", QWEN),
        (f"https://hf-mirror.com/{QWEN}", QWEN),
        (f"https://www.modelscope.cn/models/{QWEN}/summary", QWEN),
        (f"[the base]({'https://huggingface.co/' + QWEN})", QWEN),
        (f"[{QWEN}](https://example.org/x)", QWEN),
        (f"{QWEN}@main", QWEN),
        (f"{QWEN}:0123abc", QWEN),
        ("gpt2", "gpt2"),
        ("https://huggingface.co/gpt2", "gpt2"),
        ("https://huggingface.co/datasets/a/b", None),
        ("https://huggingface.co/spaces/a/b", None),
        ("https://huggingface.co/", None),
        ("datasets/squad", None),
        ("None", None),
        ("N/A", None),
        ("from scratch", None),
        ("", None),
        ("https://example.org/weights", "https://example.org/weights"),
        ("ftp://huggingface.co/a/b", "ftp://huggingface.co/a/b"),
        ("https://[broken/a/b", "https://[broken/a/b"),
    ],
)
def test_one_base(text: str, expected: str | None) -> None:
    assert read_base(text) == expected


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({"base_model": f"{QWEN}, {LLAMA}"}, [(QWEN, ""), (LLAMA, "")]),
        ({"base_model": f"{QWEN}\n{LLAMA}\n"}, [(QWEN, ""), (LLAMA, "")]),
        ({"base_model": f"{QWEN} and {LLAMA}"}, [(QWEN, ""), (LLAMA, "")]),
        ({"base_model": "one, two and three"}, [("one, two and three", "")]),
        ({"base_model": {"name": QWEN, "relation": "adapter"}}, [(QWEN, "adapter")]),
        ({"base_model": [{"id": QWEN}, {"model": LLAMA}]}, [(QWEN, ""), (LLAMA, "")]),
        ({"base_model": {"quantized": [QWEN]}}, [(QWEN, "quantized")]),
        ({"base_model": [[QWEN], [[LLAMA]]]}, [(QWEN, ""), (LLAMA, "")]),
        ({"base-model": QWEN}, [(QWEN, "")]),
        ({"base_models": [QWEN, None, 7]}, [(QWEN, "")]),
        ({"Base Model": QWEN}, [(QWEN, "")]),
        ({"base_model": None, "base_model_relation": "finetune", "database_model": QWEN}, []),
        ({"base_model": ["None", "scratch"]}, []),
    ],
)
def test_front_matter(card: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert list(stated_bases(card)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpt2", "gpt2"),
        ("./models/Qwen2.5-7B", "Qwen2.5-7B"),
        ("/data/models/Qwen2.5-7B/", "Qwen2.5-7B"),
        ("C:\\models\\Qwen2.5-7B", "Qwen2.5-7B"),
        ("a/b/c", "c"),
        (QWEN, None),
        ("https://example.org/a/Qwen2.5-7B", None),
    ],
)
def test_names_and_paths(text: str, expected: str | None) -> None:
    assert bare_name(text) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["base_model", "base_models", "license", "license_name", "x"]), JSON))
def test_any_front_matter_is_survived(card: dict[str, Any]) -> None:
    for base, relation in stated_bases(card):
        assert base
        assert isinstance(relation, str)
    answer = {"id": "a/b", "cardData": card, "config": {"peft": card.get("x")}}
    assert from_hub(answer, "a/b", seen=None, endpoint="https://h") is not None


@pytest.mark.network
def test_bases_reach_the_lineage_however_they_are_written(fake_hub: FakeHub, tmp_path: Path) -> None:
    forms = {
        "a/url": f"https://huggingface.co/{QWEN}/tree/main",
        "a/revision": f"{QWEN}@main",
        "a/mapping": {"name": QWEN},
        "a/lower": QWEN.lower(),
        "a/path": "/workspace/models/Qwen2.5-7B-Instruct",
        "a/words": "Qwen 2.5 7B Instruct",
    }
    for name, value in forms.items():
        fake_hub.add(name, cardData={"base_model": value})
    found = show(fake_hub, tmp_path, *forms)
    for component in found:
        (parent,) = (each for each in component.lineage.ancestors if each.depth == 1)
        assert (parent.id, parent.declared) == (QWEN, True), component.ref
        read = str(component.target) in {"hf:a/path", "hf:a/words"}
        assert (parent.confidence < 1) is read  # which model a name or path means is a reading
    assert not any("workspace" in path for path in fake_hub.asked)


@pytest.mark.network
def test_an_unknown_relation_in_a_tag_hides_no_base(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/b", tags=[f"base_model:distilled:{QWEN}", "base_model:", "base_model:finetune:"])
    (found,) = show(fake_hub, tmp_path, "a/b")
    assert [name for name, _ in nearest(found)] == [QWEN]


@pytest.mark.network
def test_the_hubs_excerpt_of_an_adapter_needs_no_second_question(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add(
        "a/lora",
        files=["adapter_config.json", "adapter_model.safetensors"],
        config={"peft": {"base_model_name_or_path": LLAMA, "task_type": "CAUSAL_LM"}},
    )
    (found,) = show(fake_hub, tmp_path, "a/lora")
    assert nearest(found) == [(LLAMA, "adapter")]
    assert not any(path.endswith("adapter_config.json") for path in fake_hub.asked)


@pytest.mark.network
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"cardData": {"license": ["apache-2.0", "mit"]}}, "Apache-2.0 AND MIT"),
        ({"cardData": {"license": ["mit", "mit"]}}, "MIT"),
        ({"tags": ["license:apache-2.0", "license:mit"]}, "Apache-2.0 AND MIT"),
        ({"cardData": {"license": {"name": "mit"}}}, "MIT"),
        (
            {"cardData": {"license": "other", "license_name": ["gemma"]}},
            "LicenseRef-scancode-gemma-tou-2025-03-24",
        ),
        (
            {
                "cardData": {
                    "license": "other",
                    "license_link": f"https://huggingface.co/{LLAMA}/blob/main/LICENSE",
                }
            },
            "LicenseRef-scancode-llama-3.1-license-2024",
        ),
    ],
)
def test_licences_however_they_are_written(
    fake_hub: FakeHub, tmp_path: Path, fields: dict[str, Any], expected: str
) -> None:
    fake_hub.add("a/b", **fields)
    (found,) = show(fake_hub, tmp_path, "a/b")
    assert isinstance(found.license, Known), found.license
    assert found.license.value.expression == expected


@pytest.mark.network
def test_card_and_tag_that_differ_are_disputed(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/b", cardData={"license": "mit"}, tags=["license:apache-2.0"])
    fake_hub.add("a/c", cardData={"license": ["mit", "apache-2.0"]}, tags=["license:apache-2.0", "license:mit"])
    fake_hub.add("a/d", cardData={"license": "other", "license_link": "https://example.org/LICENSE"})
    first, second, third = (component.license for component in show(fake_hub, tmp_path, "a/b", "a/c", "a/d"))
    assert isinstance(first, Disputed)
    assert isinstance(second, Known)
    assert isinstance(third, Unseen)
    assert third.gap.reason is GapReason.UNKNOWN_NAME
