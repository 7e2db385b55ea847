"""How often the Hub is asked a second time, and that what is not asked is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aicheck.core.component import Component
from aicheck.core.evidence import GapReason
from aicheck.core.target import HubModel
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Hub, HubSettings, Sources, resolve_targets
from aicheck.resolve.records import RepoFile, RepoRecord
from aicheck.resolve.second_look import allowance, could_tell, second_looks
from hub.server import FakeHub

QWEN = {
    "model_type": "qwen2", "vocab_size": 152064, "hidden_size": 3584, "intermediate_size": 18944,
    "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4, "rope_theta": 1000000.0,
}  # fmt: skip
QWEN_7B = 7615616512


def ask(hub: FakeHub, path: Path, *names: str) -> tuple[tuple[Component, ...], Hub]:
    client = Hub(HubSettings(endpoint=hub.url), cache=path / "cache.sqlite", today="2026-11-23")
    sources = Sources(catalog=open_catalog(), hub=client, offline=False, today="2026-11-23")
    return resolve_targets([HubModel(name) for name in names], sources), client


def record(**fields: Any) -> RepoRecord:
    return RepoRecord("us/one", "us/one", "hub", None, **fields)


@pytest.mark.network
def test_models_that_say_nothing_do_not_double_the_questions(fake_hub: FakeHub, tmp_path: Path) -> None:
    names = [f"acme/model-{number}" for number in range(100)]
    for name in names:
        fake_hub.add(name)
    found, _ = ask(fake_hub, tmp_path, *names)
    assert sum(fake_hub.asked.values()) == 100 + allowance(100)
    unread = [each for each in found if any(gap.reason is GapReason.SKIPPED for gap in each.gaps)]
    assert len(unread) == 100 - allowance(100)
    assert all(gap.subject.endswith("#config") for each in unread for gap in each.gaps)


@pytest.mark.network
def test_a_few_are_all_read(fake_hub: FakeHub, tmp_path: Path) -> None:
    names = [f"acme/model-{number}" for number in range(20)]
    for name in names:
        fake_hub.add(name, config={"model_type": "qwen2"})
        fake_hub.files[name, "config.json"] = json.dumps(QWEN).encode()
    found, _ = ask(fake_hub, tmp_path, *names)
    assert all(each.lineage.ancestors[0].id.startswith("Qwen/") for each in found)
    assert not any(each.gaps for each in found)


@pytest.mark.network
def test_the_second_time_nothing_is_asked_or_loaded(fake_hub: FakeHub, tmp_path: Path) -> None:
    # The listings promise files that are not there: that they are missing is remembered as well.
    names = [f"acme/model-{number}" for number in range(9)]
    for name in names:
        fake_hub.add(name, files=["config.json", "model.sig", "model.safetensors"])
    cold, first = ask(fake_hub, tmp_path, *names)
    first.close()
    fake_hub.asked.clear()
    warm, second = ask(fake_hub, tmp_path, *names)
    assert warm == cold
    assert sum(fake_hub.asked.values()) == second.requests == 0
    assert second._session is None  # the library behind it takes a quarter of a second to load


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"model_type": "bert"}, False),
        ({"model_type": "qwen2"}, None),
        ({"model_type": "unheard-of", "parameters": 7}, None),
        ({"model_type": "qwen2", "parameters": QWEN_7B}, True),
        ({"model_type": "qwen2", "parameters": QWEN_7B + 40 * 3584}, True),
        ({"model_type": "qwen2", "parameters": 5_100_000_000}, False),
        ({"model_type": "qwen2", "parameters": 5_100_000_000, "quantization": "awq"}, None),
        ({"model_type": "qwen2", "files": (RepoFile("model.safetensors", 2 * QWEN_7B + 40_000),)}, True),
        ({"model_type": "qwen2", "files": (RepoFile("pytorch_model.bin", 4 * QWEN_7B + 90_000),)}, True),
        ({"model_type": "qwen2", "files": (RepoFile("model.safetensors", 5_100_000_000),)}, False),
        ({"model_type": "qwen2", "files": (RepoFile("model.safetensors", None),)}, None),
        ({"model_type": "qwen2", "files": (RepoFile("model.safetensors", 10),)}, None),
        (
            {
                "model_type": "qwen2",
                "files": (
                    RepoFile("model-00001-of-00002.safetensors", QWEN_7B),
                    RepoFile("model-00002-of-00002.safetensors", QWEN_7B),
                ),
            },
            True,
        ),
    ],
)
def test_a_size_that_no_base_has_needs_no_question(fields: dict[str, Any], expected: bool | None) -> None:
    assert could_tell(record(**fields)) is expected


def test_what_fits_a_base_comes_first() -> None:
    fits = RepoRecord("z/fits", "z/fits", "hub", None, model_type="qwen2", parameters=QWEN_7B)
    silent = [RepoRecord(f"a/{n}", f"a/{n}", "hub", None, model_type="qwen2") for n in range(3)]
    chosen, left = second_looks([*silent, fits], lambda _: (), 2)
    assert [each.id for each in chosen] == ["z/fits", "a/0"]
    assert [each.id for each in left] == ["a/1", "a/2"]
    assert second_looks(silent, lambda _: (), 0) == ([], silent)


@pytest.mark.network
def test_a_name_that_settles_it_needs_no_question(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("us/Qwen2.5-7B-Instruct-AWQ", config={"model_type": "qwen2"})
    (found,), _ = ask(fake_hub, tmp_path, "us/Qwen2.5-7B-Instruct-AWQ")
    assert found.lineage.ancestors[0].id == "Qwen/Qwen2.5-7B-Instruct"
    assert not any("config.json" in path for path in fake_hub.asked)


def test_a_size_of_its_own_is_asked_last_and_never_missed() -> None:
    own = RepoRecord("a/own", "a/own", "hub", None, model_type="qwen2", parameters=5_100_000_000)
    encoder = RepoRecord("a/encoder", "a/encoder", "hub", None, model_type="bert", parameters=5_100_000_000)
    fits = RepoRecord("z/fits", "z/fits", "hub", None, model_type="qwen2", parameters=QWEN_7B)
    assert second_looks([own, encoder, fits], lambda _: (), 2) == ([fits, own], [])
    assert second_looks([own, encoder, fits], lambda _: (), 1) == ([fits], [])


@pytest.mark.network
def test_a_pruned_models_configuration_still_tells_what_it_was_saved_from(
    fake_hub: FakeHub, tmp_path: Path
) -> None:
    config = {**QWEN, "num_hidden_layers": 17, "_name_or_path": "Qwen/Qwen2.5-7B-Instruct"}
    fake_hub.add("acme/pruned", config={"model_type": "qwen2"}, safetensors={"total": 5_100_000_000})
    fake_hub.files["acme/pruned", "config.json"] = json.dumps(config).encode()
    (found,), _ = ask(fake_hub, tmp_path, "acme/pruned")
    assert found.lineage.ancestors[0].id == "Qwen/Qwen2.5-7B-Instruct"
    assert not found.lineage.ancestors[0].declared
