"""The lock: lossless, stable, and an error wherever it is not what aicheck wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.component import Component
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Inventory, Occurrence, Reference, Use
from aicheck.core.target import Endpoint, HostedModel, HubDataset, HubModel, Target, WeightsFile
from aicheck.errors import ConfigError
from aicheck.knowledge.catalog import open_catalog
from aicheck.lock.blocks import component_of, make_block, settled
from aicheck.lock.file import LockFile, parse_lock, render_lock
from aicheck.lock.find import find_lock
from aicheck.lock.make import Locked, lock_inventory, update_lock
from aicheck.resolve import Sources, resolve, resolve_targets
from aicheck.resources import schemas_dir
from tests.report.samples import sample_report

ROOT = Path(__file__).parents[2]
SOURCES = Sources(catalog=open_catalog(), today="2026-11-23")
COMMIT = "4f3c1a2b4f3c1a2b4f3c1a2b4f3c1a2b4f3c1a2b"


def reference(target: Target, path: str = "app.py", **attributes: str) -> Reference:
    place = Occurrence(path, 1, 1, 5, "x", "load", "python", Use.LOAD)
    return Reference(target, place, 0.9, tuple(sorted(attributes.items())))


def inventory(*references: Reference) -> Inventory:
    return Inventory(".", tuple(references), ())


USED = inventory(
    reference(HubModel("Qwen/Qwen3-8B")),
    reference(HubModel("nvidia/OpenReasoning-Nemotron-7B")),
    reference(HostedModel("deepseek", "deepseek-chat", "api.deepseek.com")),
    reference(Endpoint("api.deepseek.com")),
    reference(WeightsFile("models/a.bin", "ab" * 32), format="pytorch-pickle", safety="executable"),
)


def lock_of(used: Inventory = USED, old: LockFile | None = None) -> LockFile:
    return parse_lock(render_lock(lock_inventory(used, SOURCES, old).blocks))


def same_but_for_the_source(component: Component) -> Component:
    card = replace(component.card, downloads=None, likes=None)
    return replace(component, answered_by=None, card=card)


@pytest.mark.parametrize("component", sample_report().components, ids=lambda component: component.ref)
def test_a_block_reads_back(component: Component) -> None:
    block = json.loads(json.dumps(make_block(component)))
    target = component.target
    held = component_of(block, target, component.references)
    if isinstance(target, HubModel | HubDataset):
        # Revision and ref are told anew from the references, as the code stands.
        held = replace(held, revision=component.revision, purl=component.purl, ref=component.ref)
    assert same_but_for_the_source(held) == same_but_for_the_source(component)
    assert (held.answered_by is None) == (component.answered_by is None)


def test_the_lock_says_what_the_sources_said() -> None:
    lock = lock_of()
    locked = resolve(USED, Sources(lock=lock, locked=True, today="2026-11-23"))
    fresh = resolve(USED, SOURCES)
    assert [same_but_for_the_source(each) for each in locked] == [same_but_for_the_source(each) for each in fresh]
    assert {each.answered_by for each in locked if isinstance(each.target, HubModel)} == {"lock"}


def test_the_lock_fits_its_schema_and_the_schema_is_derived() -> None:
    schema = json.loads((schemas_dir() / "lock.schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    validator.validate(json.loads(lock_of().text))
    everything = {str(each.target): make_block(each) for each in sample_report().components}
    validator.validate(json.loads(render_lock(everything)))
    script = ROOT / "scripts" / "build_lock_schema.py"
    assert subprocess.run([sys.executable, script, "--check"], check=False).returncode == 0


def test_locking_twice_changes_no_byte() -> None:
    first = render_lock(lock_inventory(USED, SOURCES).blocks)
    later = Sources(catalog=SOURCES.catalog, today="2027-05-05")
    assert render_lock(lock_inventory(USED, later, parse_lock(first)).blocks) == first
    refreshed = update_lock(USED, later, parse_lock(first))
    assert render_lock(refreshed.blocks) == first
    assert not refreshed.changed
    assert not refreshed.added


def _dates(value: Any) -> list[str]:
    if isinstance(value, dict):
        return ([value["seen"]] if "seen" in value else []) + [
            one for item in value.values() for one in _dates(item)
        ]
    return [one for item in value for one in _dates(item)] if isinstance(value, list) else []


def test_only_a_changed_fact_gets_a_new_date() -> None:
    (component,) = resolve_targets([HubModel("Qwen/Qwen3-8B")], SOURCES)
    old = json.loads(json.dumps(make_block(component)))
    text = json.dumps(old).replace('"seen": "', '"seen": "2030-01-01", "was": "')
    later = json.loads(text)
    assert settled(_without(later, "was"), old) == old
    changed = _without(later, "was")
    changed["availability"] = "gated"
    result = settled(changed, old)
    assert result["availability"] == "gated"
    assert "2030-01-01" not in _dates(result)
    assert result["integrity"] != old["integrity"]
    changed["license"] = {"expression": "MIT"}
    changed["claims"]["license"][0]["value"] = {"expression": "MIT"}
    assert "2030-01-01" in _dates(settled(changed, old))


def _without(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _without(item, key) for name, item in value.items() if name != key}
    return [_without(item, key) for item in value] if isinstance(value, list) else value


def test_what_the_code_no_longer_names_is_dropped() -> None:
    first = lock_of()
    fewer = inventory(USED.references[0], reference(HubModel("microsoft/phi-4")))
    done = lock_inventory(fewer, SOURCES, first)
    assert done.added == ("hf:microsoft/phi-4",)
    assert done.kept == ("hf:Qwen/Qwen3-8B",)
    assert len(done.removed) == 4
    assert sorted(done.blocks) == ["hf:Qwen/Qwen3-8B", "hf:microsoft/phi-4"]
    assert done.blocks["hf:Qwen/Qwen3-8B"] == first.blocks["hf:Qwen/Qwen3-8B"]


def test_what_no_source_answers_is_not_locked_but_named() -> None:
    done = lock_inventory(inventory(reference(HubModel("nobody/knows-this"))), SOURCES)
    assert not done.blocks
    assert [(gap.subject, gap.reason) for gap in done.failed] == [("hf:nobody/knows-this", GapReason.OFFLINE)]


def test_a_failing_source_leaves_the_old_block() -> None:
    first = lock_of(inventory(reference(HubModel("Qwen/Qwen3-8B"))))
    done = update_lock(inventory(reference(HubModel("Qwen/Qwen3-8B"))), Sources(today="2026-11-23"), first)
    assert dict(done.blocks) == dict(first.blocks)
    assert len(done.failed) == 1


def locked(used: Inventory, lock: LockFile) -> Component:
    (component,) = resolve(used, Sources(lock=lock, locked=True))
    return component


def not_locked(component: Component) -> Gap | None:
    return next((gap for gap in component.gaps if gap.reason is GapReason.NOT_LOCKED), None)


def test_what_is_not_in_the_lock_is_a_gap_even_where_the_catalog_knows_it() -> None:
    used = inventory(reference(HubModel("microsoft/phi-4")))
    (component,) = resolve(used, replace(SOURCES, lock=lock_of(), locked=True))
    gap = not_locked(component)
    assert gap is not None
    assert gap.subject == "hf:microsoft/phi-4"
    assert "aicheck lock" in gap.detail
    assert component.answered_by is None


def test_ids_are_found_in_any_case() -> None:
    assert not_locked(locked(inventory(reference(HubModel("qwen/qwen3-8b"))), lock_of())) is None


def test_another_revision_is_not_what_was_locked() -> None:
    lock = lock_of()
    pinned = locked(inventory(reference(HubModel("Qwen/Qwen3-8B", COMMIT))), lock)
    assert not_locked(pinned) is not None
    assert (
        lock.component(HubModel("Qwen/Qwen3-8B", COMMIT), (reference(HubModel("Qwen/Qwen3-8B", COMMIT)),)) is None
    )


def test_the_pin_that_the_lock_gives_is_what_was_locked() -> None:
    lock = lock_of()
    plain = locked(inventory(reference(HubModel("Qwen/Qwen3-8B"))), lock)
    commit = plain.ref.partition("@")[2]
    assert len(commit) == 40
    assert not plain.revision.pinned
    pinned = locked(inventory(reference(HubModel("Qwen/Qwen3-8B", commit), revision=commit)), lock)
    assert not_locked(pinned) is None
    assert pinned.revision.pinned
    assert pinned.license == plain.license


def test_a_changed_local_file_is_not_what_was_locked() -> None:
    lock = lock_of()
    same = USED.references[4]
    assert not_locked(locked(inventory(same), lock)) is None
    other = reference(WeightsFile("models/a.bin", "cd" * 32), format="pytorch-pickle", safety="executable")
    assert not_locked(locked(inventory(other), lock)) is not None
    header = reference(WeightsFile("models/a.bin", "ab" * 32), format="safetensors", safety="safe")
    assert not_locked(locked(inventory(header), lock)) is not None


def test_another_host_is_not_what_was_locked() -> None:
    used = inventory(reference(HostedModel("deepseek", "deepseek-chat", "evil.example")))
    assert not_locked(locked(used, lock_of())) is not None


# -- broken locks ---------------------------------------------------------------------------------------------


def broken(data: bytes) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_lock(data)
    assert caught.value.path == "aicheck.lock"
    assert caught.value.line is not None
    return caught.value


def test_a_merge_conflict_is_named_with_its_line() -> None:
    lines = lock_of().text.splitlines(keepends=True)
    lines[5:5] = [b"<<<<<<< HEAD\n", b'"a": 1,\n', b"=======\n", b">>>>>>> other\n"]
    error = broken(b"".join(lines))
    assert "conflict" in error.message
    assert error.line == 6


@pytest.mark.parametrize("share", [0.05, 0.3, 0.77, 0.999])
def test_a_truncated_lock_is_an_error(share: float) -> None:
    text = lock_of().text
    broken(text[: int((len(text) - 2) * share)])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "not a lock"),
        (b'{"lock_version": 1}', "components"),
        (b'{"lock_version": "1", "components": {}}', "lock_version"),
        (b'{"lock_version": true, "components": {}}', "lock_version"),
        (b'{\n  "lock_version": 2,\n  "components": {}\n}', "newer"),
        (b'{"lock_version": 1, "components": {"hf:a/b": 5}}', "hf:a/b"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_what_is_no_lock_is_an_error(data: bytes, words: str) -> None:
    error = broken_or_deep(data)
    assert words in error.message or "deep" in error.message


def broken_or_deep(data: bytes) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_lock(data)
    return caught.value


def test_an_edited_block_is_named_with_its_line() -> None:
    text = lock_of().text
    assert b'"country": "CN"' in text
    error = broken(text.replace(b'"country": "CN"', b'"country": "US"', 1))
    assert "integrity" in error.message
    assert text.splitlines()[error.line - 1].strip() == b'"' + (error.key or "").encode() + b'": {'


def test_a_block_listed_twice_is_an_error() -> None:
    text = lock_of(inventory(reference(HubModel("Qwen/Qwen3-8B")))).text
    start = text.index(b'    "hf:')
    block = text[start : text.rindex(b"    }\n") + 5]
    error = broken(text[:start] + block + b",\n" + text[start:])
    assert "twice" in error.message


def test_a_block_that_is_sealed_but_damaged_is_an_error() -> None:
    from aicheck.lock.blocks import sealed

    (component,) = resolve_targets([HubModel("Qwen/Qwen3-8B")], SOURCES)
    block = {**make_block(component), "states": {"license": "nonsense"}}
    lock = parse_lock(render_lock({"hf:Qwen/Qwen3-8B": sealed(block)}))
    with pytest.raises(ConfigError) as caught:
        lock.component(HubModel("Qwen/Qwen3-8B"))
    assert caught.value.line == 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_lock_or_an_error(value: Any) -> None:
    data = json.dumps(value).encode()
    try:
        parse_lock(data)
    except ConfigError:
        return
    assert isinstance(value, dict)
    assert value["lock_version"] == 1


@given(st.data())
def test_any_damage_to_a_block_is_found_or_harmless(data: st.DataObject) -> None:
    text = _ONE.text
    at = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:at] + bytes([data.draw(st.integers(32, 126))]) + text[at + 1 :]
    try:
        held = parse_lock(damaged)
        target = HubModel("Qwen/Qwen3-8B")
        component = held.component(target)
    except ConfigError:
        return
    assert component in (None, _ONE.component(target))


_ONE = lock_of(inventory(reference(HubModel("Qwen/Qwen3-8B"))))


# -- where it lies ---------------------------------------------------------------------------------------------


def test_the_lock_is_found_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / "services" / "rag"
    inner.mkdir(parents=True)
    (tmp_path / "aicheck.lock").write_text("{}")
    assert find_lock(inner) is None
    (tmp_path / "repo" / ".git").mkdir()
    assert find_lock(inner) is None
    (tmp_path / "repo" / "aicheck.lock").write_text("{}")
    assert find_lock(inner) == tmp_path / "repo" / "aicheck.lock"
    (inner / "aicheck.lock").write_text("{}")
    assert find_lock(inner) == inner / "aicheck.lock"


def test_the_outcome_names_everything_once() -> None:
    done = lock_inventory(USED, SOURCES)
    assert isinstance(done, Locked)
    assert isinstance(done.blocks, Mapping)
    assert set(done.added) == set(done.blocks)
