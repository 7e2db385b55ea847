"""Bases that only the weights' own header gives away, read by range: and the restraint that goes with it."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.component import Component, Relation
from aicheck.core.target import HubModel
from aicheck.discover.formats.header import header_of
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Hub, HubSettings, Sources, resolve_targets
from hub.server import FakeHub, weights

pytestmark = pytest.mark.network


def safetensors(tensors: dict[str, list[int]], padding: int = 0) -> bytes:
    header: dict[str, object] = {
        name: {"dtype": "BF16", "shape": shape, "data_offsets": [0, 0]} for name, shape in tensors.items()
    }
    header["__metadata__"] = {"format": "pt", "pad": "x" * padding}
    body = json.dumps(header).encode()
    return struct.pack("<Q", len(body)) + body


def decoder(vocabulary: int, hidden: int, inner: int, layers: int, keys: int, *, bias: bool = False) -> bytes:
    """The header of a whole dense decoder with an output head of its own."""
    tensors = {"model.embed_tokens.weight": [vocabulary, hidden], "model.norm.weight": [hidden]}
    for number in range(layers):
        block = f"model.layers.{number}."
        for name, shape in (
            ("input_layernorm.weight", [hidden]),
            ("post_attention_layernorm.weight", [hidden]),
            ("mlp.gate_proj.weight", [inner, hidden]),
            ("mlp.up_proj.weight", [inner, hidden]),
            ("mlp.down_proj.weight", [hidden, inner]),
            ("self_attn.q_proj.weight", [hidden, hidden]),
            ("self_attn.k_proj.weight", [keys, hidden]),
            ("self_attn.v_proj.weight", [keys, hidden]),
            ("self_attn.o_proj.weight", [hidden, hidden]),
        ):
            tensors[block + name] = shape
        for letter, size in (("q", hidden), ("k", keys), ("v", keys)) if bias else ():
            tensors[f"{block}self_attn.{letter}_proj.bias"] = [size]
    return safetensors(tensors | {"lm_head.weight": [vocabulary, hidden]})


def gguf(**pairs: str | int) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    body = b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs))
    for key, value in pairs.items():
        name = key.replace("__", ".")
        body += text(name)
        body += struct.pack("<I", 8) + text(value) if isinstance(value, str) else struct.pack("<II", 4, value)
    return body


def ask(
    fake_hub: FakeHub, tmp_path: Path, content: bytes, name: str = "model.safetensors", **fields: object
) -> Component:
    # A head of its own beside the weights: so the number alone tells nothing.
    fields.setdefault(
        "safetensors", {"total": int((header_of(content, 1 << 40) or {}).get("parameters", 0)) + 12_345}
    )
    fake_hub.add("new-house/eagle", files=["README.md", weights(name, "a" * 64, 1 << 40)], **fields)
    fake_hub.files["new-house/eagle", name] = content
    hub = Hub(HubSettings(endpoint=fake_hub.url), cache=tmp_path / "hub.sqlite", today="2026-11-23")
    sources = Sources(catalog=open_catalog(), hub=hub, offline=False, today="2026-11-23", headers=header_of)
    (found,) = resolve_targets([HubModel("new-house/eagle")], sources)
    return found


QWEN = decoder(152064, 3584, 18944, 28, 512, bias=True)


@pytest.mark.parametrize(
    "config", [{"model_type": "eagle"}, None, {"model_type": "eagle", "auto_map": {"A": "b"}}]
)
def test_the_tensors_tell_what_the_configuration_hides(fake_hub: FakeHub, tmp_path: Path, config: object) -> None:
    found = ask(fake_hub, tmp_path, QWEN, config=config)
    base = found.lineage.ancestors[0]
    assert base.id.startswith("Qwen/Qwen2.5-7B") or base.id.startswith("Qwen/Qwen2")
    assert not base.declared
    assert base.claims[0].locator == "inference:weights-header"
    assert found.lineage.concealed


@pytest.mark.parametrize(
    ("content", "house"),
    [
        (decoder(64000, 7168, 20480, 60, 1024), "01-ai"),
        (decoder(32256, 7168, 19200, 62, 1024), "deepseek-ai"),
        (decoder(128256, 8192, 28672, 80, 1024), "meta-llama"),
    ],
)
def test_yi_deepseek_and_llama_are_told_apart(
    fake_hub: FakeHub, tmp_path: Path, content: bytes, house: str
) -> None:
    found = ask(fake_hub, tmp_path, content, config={"model_type": "eagle"})
    assert found.lineage.ancestors[0].id.partition("/")[0] == house


@pytest.mark.parametrize(
    "content",
    [
        decoder(32000, 4096, 11008, 32, 4096),  # Llama, OpenLLaMA and Amber alike
        decoder(50000, 4096, 14336, 32, 1024),
        decoder(152064, 3584, 18944, 27, 512, bias=True),
        decoder(152064, 3584, 18944, 28, 512),
        safetensors({"encoder.weight": [5, 5]}),
        b"",
        b"\xff" * 64,
        struct.pack("<Q", 1 << 60) + b"{",
    ],
)
def test_an_architecture_accuses_nobody(fake_hub: FakeHub, tmp_path: Path, content: bytes) -> None:
    found = ask(fake_hub, tmp_path, content, config={"model_type": "eagle"})
    assert found.lineage.ancestors == ()


def test_a_first_shard_is_enough(fake_hub: FakeHub, tmp_path: Path) -> None:
    shard = decoder(152064, 3584, 18944, 7, 512, bias=True)
    name = "model-00001-of-00004.safetensors"
    found = ask(fake_hub, tmp_path, shard, name, config={"model_type": "eagle"}, safetensors={"total": 7615617024})
    assert found.lineage.ancestors[0].id.startswith("Qwen/")


def test_a_long_header_is_read_to_its_end(fake_hub: FakeHub, tmp_path: Path) -> None:
    tensors = json.loads(QWEN[8:])
    tensors["__metadata__"]["pad"] = "x" * 400_000
    body = json.dumps(tensors).encode()
    found = ask(fake_hub, tmp_path, struct.pack("<Q", len(body)) + body, config={"model_type": "eagle"})
    assert found.lineage.ancestors[0].id.startswith("Qwen/")


def test_gguf_names_its_base(fake_hub: FakeHub, tmp_path: Path) -> None:
    content = gguf(
        general__architecture="qwen2",
        general__name="Eagle",
        general__base_model__count=1,
        general__base_model__0__repo_url="https://huggingface.co/Qwen/Qwen2.5-7B-Instruct",
    )
    found = ask(fake_hub, tmp_path, content, "eagle-q4.gguf", config=None)
    base = found.lineage.ancestors[0]
    assert (base.id, base.relation, base.declared) == ("Qwen/Qwen2.5-7B-Instruct", Relation.QUANTIZED, True)


def test_gguf_keeps_the_name_of_what_it_was(fake_hub: FakeHub, tmp_path: Path) -> None:
    content = gguf(general__architecture="qwen2", general__name="Qwen2.5 7B Instruct")
    found = ask(fake_hub, tmp_path, content, "eagle-q4.gguf", config=None)
    assert found.lineage.ancestors[0].id == "Qwen/Qwen2.5-7B-Instruct"
    assert found.lineage.ancestors[0].claims[0].locator == "inference:name-in-header"


def test_who_declares_a_base_is_asked_for_no_header(fake_hub: FakeHub, tmp_path: Path) -> None:
    ask(fake_hub, tmp_path, QWEN, cardData={"base_model": "mistralai/Mistral-7B-v0.1"})
    assert not [path for path in fake_hub.asked if "/resolve/" in path]


@given(st.binary(max_size=300) | st.builds(lambda tail: QWEN[:200] + tail, st.binary(max_size=50)))
def test_any_bytes_are_survived(noise: bytes) -> None:
    header_of(noise, len(noise))
    header_of(b"GGUF" + noise, 1 << 40)
