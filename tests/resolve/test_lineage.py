"""From declarations to roots: many parents, loops, depth, wrong case, contradictions."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicheck.core.component import Relation
from aicheck.core.evidence import Disputed, GapReason, Known, Unseen
from aicheck.core.target import Adapter, HubModel, WeightsFile
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Sources, resolve_targets
from aicheck.resolve.hub import Hub, HubSettings
from hub.server import FakeHub, weights

pytestmark = pytest.mark.network
ROOT = "meta-llama/Llama-3.1-8B"
QWEN_7B = {
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": 152064, "hidden_size": 3584,
    "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4,
    "rope_theta": 1000000.0, "max_position_embeddings": 32768, "tie_word_embeddings": False,
}  # fmt: skip
YI_34B = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 64000, "hidden_size": 7168,
    "intermediate_size": 20480, "num_hidden_layers": 60, "num_attention_heads": 56, "num_key_value_heads": 8,
    "rope_theta": 5000000.0,
}  # fmt: skip
CODER_33B = {
    **YI_34B,
    "vocab_size": 32256,
    "intermediate_size": 19200,
    "num_hidden_layers": 62,
    "rope_theta": 100000,
}


def show(fake: FakeHub, tmp_path: Path, repo: str):
    hub = Hub(HubSettings(endpoint=fake.url), cache=tmp_path / "c.sqlite", today="2026-11-23")
    (component,) = resolve_targets(
        [HubModel(repo)], Sources(open_catalog(), hub, offline=False, today="2026-11-23")
    )
    return component


def chain(component) -> list[tuple[str, int]]:
    return [(ancestor.id, ancestor.depth) for ancestor in component.lineage.ancestors]


def base(*ids: str, relation: str = "finetune", **card):
    return {"tags": [f"base_model:{relation}:{one}" for one in ids], "cardData": {"base_model": list(ids), **card}}


def test_to_the_root(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/tuned", **base(ROOT))
    fake_hub.add("b/quant", **base("a/tuned", relation="quantized"))
    component = show(fake_hub, tmp_path, "b/quant")
    assert chain(component) == [("a/tuned", 1), (ROOT, 2)]
    assert [ancestor.root for ancestor in component.lineage.ancestors] == [False, True]
    assert component.lineage.ancestors[0].relation is Relation.QUANTIZED
    assert isinstance(component.lineage.complete, Known)
    assert not component.lineage.concealed


def test_self_loops_and_cycles_end(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/x", **base("a/x", "a/y"))
    fake_hub.add("a/y", **base("A/X"))
    component = show(fake_hub, tmp_path, "a/x")
    assert chain(component) == [("a/y", 1)]
    assert [ancestor.root for ancestor in component.lineage.ancestors] == [True]


def test_a_circle_above_has_an_end(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("c/own", **base("a/x"))
    fake_hub.add("a/x", **base("a/y"))
    fake_hub.add("a/y", **base("a/x"))
    component = show(fake_hub, tmp_path, "c/own")
    assert [(ancestor.id, ancestor.root) for ancestor in component.lineage.ancestors] == [
        ("a/x", False),
        ("a/y", True),
    ]


def test_two_ways_to_one_root_make_one_root(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("c/merge", **base("a/x", "a/y", relation="merge"))
    fake_hub.add("a/x", **base(ROOT))
    fake_hub.add("a/y", **base("a/x"))
    component = show(fake_hub, tmp_path, "c/merge")
    assert [ancestor.id for ancestor in component.lineage.ancestors if ancestor.root] == [ROOT]


def test_many_parents(fake_hub: FakeHub, tmp_path: Path) -> None:
    parents = [f"p/m{number}" for number in range(65)]
    for parent in parents:
        fake_hub.add(parent, **base(ROOT))
    fake_hub.add("a/merge", **base(*parents, relation="merge"))
    found = chain(show(fake_hub, tmp_path, "a/merge"))
    assert {repo for repo, depth in found if depth == 1} == set(parents)
    assert (ROOT, 2) in found


def test_sixteen_generations_and_no_more(fake_hub: FakeHub, tmp_path: Path) -> None:
    for number in range(30):
        fake_hub.add(f"a/g{number}", **base(f"a/g{number + 1}"))
    component = show(fake_hub, tmp_path, "a/g0")
    assert max(depth for _, depth in chain(component)) == 16
    assert isinstance(component.lineage.complete, Unseen)


def test_a_diamond_names_each_ancestor_once(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/left", **base(ROOT))
    fake_hub.add("a/right", **base(ROOT.upper()))
    fake_hub.add("a/both", **base("a/left", "a/right", relation="merge"))
    assert chain(show(fake_hub, tmp_path, "a/both")) == [("a/left", 1), ("a/right", 1), (ROOT, 2)]


def test_a_missing_parent_is_an_open_end(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/tuned", **base("gone/forever"))
    component = show(fake_hub, tmp_path, "a/tuned")
    assert chain(component) == [("gone/forever", 1)]
    assert isinstance(component.lineage.complete, Unseen)
    assert component.lineage.complete.gap.reason is GapReason.NOT_FOUND


def test_a_renamed_parent_is_followed(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("new/name", **base(ROOT))
    fake_hub.redirects["old/name"] = "new/name"
    fake_hub.add("a/tuned", **base("old/name"))
    assert chain(show(fake_hub, tmp_path, "a/tuned")) == [("new/name", 1), (ROOT, 2)]


def test_free_text_bases_do_not_break_it(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/x", cardData={"base_model": ["./out/checkpoint-5", 7, None, "<script>", "Llama-3.1-8B"]})
    found = chain(show(fake_hub, tmp_path, "a/x"))
    assert (ROOT, 1) in found


@pytest.mark.parametrize(
    ("config", "expected"),
    [(QWEN_7B, "Qwen/Qwen2.5-7B"), (YI_34B, "01-ai/Yi-34B"), (CODER_33B, "deepseek-ai/deepseek-coder-33b-base")],
)
def test_a_concealed_base_is_inferred_from_the_shape(
    fake_hub: FakeHub, tmp_path: Path, config: dict[str, object], expected: str
) -> None:
    import json

    fake_hub.add(
        "us/patriot-one",
        config={"model_type": config["model_type"]},
        createdAt="2023-12-01T00:00:00.000Z" if config is YI_34B else "2025-01-02T03:04:05.000Z",
    )
    fake_hub.files["us/patriot-one", "config.json"] = json.dumps(config).encode()
    component = show(fake_hub, tmp_path, "us/patriot-one")
    first = component.lineage.ancestors[0]
    assert first.id.partition("-")[0] == expected.partition("-")[0]
    assert not first.declared
    assert first.claims[0].note
    assert component.lineage.concealed
    assert isinstance(component.lineage.complete, Unseen | Known)


def test_an_architecture_alone_accuses_nobody(fake_hub: FakeHub, tmp_path: Path) -> None:
    import json

    own = {**QWEN_7B, "hidden_size": 3072, "num_hidden_layers": 30, "vocab_size": 100000}
    fake_hub.add("us/from-scratch", config={"model_type": "qwen2"})
    fake_hub.files["us/from-scratch", "config.json"] = json.dumps(own).encode()
    component = show(fake_hub, tmp_path, "us/from-scratch")
    assert component.lineage.ancestors == ()
    assert isinstance(component.lineage.complete, Unseen)


def test_card_against_shape_is_disputed(fake_hub: FakeHub, tmp_path: Path) -> None:
    parameters = 7615616512  # of Qwen2.5-7B
    fake_hub.add(
        "us/claims-llama", config={"model_type": "qwen2"}, safetensors={"total": parameters}, **base(ROOT)
    )
    component = show(fake_hub, tmp_path, "us/claims-llama")
    assert isinstance(component.lineage.complete, Disputed)
    assert {ancestor.id for ancestor in component.lineage.ancestors} >= {ROOT, "Qwen/Qwen2.5-7B"}


def test_a_copied_card_does_not_hide_the_parent(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("x/QwQ-32B-Preview-GGUF", **base("Qwen/Qwen2.5-32B-Instruct", relation="quantized"))
    found = {
        ancestor.id: ancestor.declared
        for ancestor in show(fake_hub, tmp_path, "x/QwQ-32B-Preview-GGUF").lineage.ancestors
    }
    assert found["Qwen/QwQ-32B-Preview"] is False
    assert found["Qwen/Qwen2.5-32B-Instruct"] is True


def test_adapters_name_their_base_in_the_configuration(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/lora", files=["adapter_config.json", "adapter_model.safetensors"], config={})
    fake_hub.files["a/lora", "adapter_config.json"] = b'{"base_model_name_or_path": "%s"}' % ROOT.encode()
    first = show(fake_hub, tmp_path, "a/lora").lineage.ancestors[0]
    assert (first.id, first.relation, first.declared) == (ROOT, Relation.ADAPTER, True)


def test_the_teacher_is_data_and_no_ancestor(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", cardData={"datasets": ["a/b"]})
    component = show(fake_hub, tmp_path, "deepseek-ai/DeepSeek-R1-Distill-Llama-8B")
    assert chain(component) == [(ROOT, 1)]
    assert [(row.id, row.kind) for row in component.lineage.data] == [
        ("a/b", "dataset"),
        ("deepseek-ai/DeepSeek-R1", "teacher"),
    ]


def test_local_adapter_and_file() -> None:
    sources = Sources(open_catalog(), today="2026-11-23")
    adapter, file = resolve_targets([Adapter("out/lora", ROOT), WeightsFile("x.safetensors", "00" * 32)], sources)
    assert [ancestor.id for ancestor in adapter.lineage.ancestors] == [ROOT]
    assert isinstance(file.weights, Known)
    assert file.weights.value.files[0].status == "unknown"


def test_a_known_hash_verifies_a_local_file() -> None:
    catalog = open_catalog()
    record = next(
        row
        for row in catalog.records()
        if any(file.sha256 and file.path.endswith(".safetensors") for file in row.files)
    )
    known = next(file for file in record.files if file.sha256 and file.path.endswith(".safetensors"))
    (component,) = resolve_targets([WeightsFile("models/w.safetensors", known.sha256)], Sources(catalog))
    assert isinstance(component.weights, Known)
    assert component.weights.value.files[0].status == "verified"
    assert component.resolved_id is not None
    assert component.lineage.ancestors[0].relation is Relation.COPY


def test_a_reupload_is_told_by_its_bytes(fake_hub: FakeHub, tmp_path: Path) -> None:
    catalog = open_catalog()
    record = next(
        row
        for row in catalog.records()
        if any(file.sha256 and file.path.endswith(".safetensors") for file in row.files)
    )
    known = next(file for file in record.files if file.sha256 and file.path.endswith(".safetensors"))
    fake_hub.add("us/brand-new", files=[weights("model.safetensors", known.sha256)], config={})
    component = show(fake_hub, tmp_path, "us/brand-new")
    assert isinstance(component.weights, Known)
    assert record.id in component.weights.value.identical_to
    assert record.id in {ancestor.id for ancestor in component.lineage.ancestors}


def test_a_makers_model_is_no_copy_of_a_strangers() -> None:
    # A list maps it to an upload of the same name by others.
    (found,) = resolve_targets([HubModel("mistralai/Codestral-22B-v0.1")], Sources(catalog=open_catalog()))
    assert not any(ancestor.relation is Relation.COPY for ancestor in found.lineage.ancestors)
    (copy,) = resolve_targets([HubModel("NousResearch/Meta-Llama-3-8B")], Sources(catalog=open_catalog()))
    assert [(each.id, each.relation) for each in copy.lineage.ancestors] == [
        ("meta-llama/Meta-Llama-3-8B", Relation.COPY)
    ]


def test_a_size_in_the_name_is_not_another_size() -> None:
    (found,) = resolve_targets([HubModel("google/mt5-xxl")], Sources(catalog=open_catalog()))
    assert found.lineage.ancestors == ()


def test_a_familys_first_weights_in_a_mirror_have_their_maker() -> None:
    (found,) = resolve_targets([HubModel("huggyllama/llama-7b")], Sources(catalog=open_catalog()))
    assert isinstance(found.developer, Known)
    assert found.developer.value.country == "US"
    assert isinstance(found.publisher, Unseen) or found.publisher.value.country is None
