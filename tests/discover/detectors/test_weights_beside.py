"""Configuration, cards, caches, pointers and checksums; and how they join the weights beside them."""

from __future__ import annotations

import json
import runpy
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.reference import Reference, Use
from aicheck.core.target import Adapter, HubDataset, HubModel, WeightsFile
from aicheck.discover.beside import join_beside
from aicheck.discover.detector import Detector
from aicheck.discover.detectors import weights, weights_card, weights_config, weights_pointers
from aicheck.discover.gate import Gate
from aicheck.discover.prefilter import naive_hits
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError
from tests.discover.formats import samples

ALL: Sequence[Detector] = (
    weights.DETECTOR,
    weights_card.DETECTOR,
    weights_config.DETECTOR,
    *weights_pointers.DETECTORS,
)
GATE = Gate(ALL)


def raw(path: str, data: bytes) -> list[Reference]:
    mask = GATE.mask(path)
    found = []
    for index, detector in enumerate(ALL):
        if mask >> index & 1 and (not detector.needles or naive_hits(detector, data)):
            found += [item for item in detector.detect(SourceFile(path, data), ()) if isinstance(item, Reference)]
    return found


def detect(path: str, text: str | object) -> list[Reference]:
    data = (text if isinstance(text, str) else json.dumps(text, indent=2)).encode()
    return join_beside(raw(path, data))


CONFIG = {
    "_name_or_path": "meta-llama/Llama-3.2-1B",
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 2048,
    "num_hidden_layers": 16,
    "vocab_size": 128256,
    "auto_map": {"AutoModel": "someone/code-repo--modeling_x.Model"},
}


def test_config_names_base_and_foreign_code() -> None:
    found = detect("m/config.json", CONFIG)
    assert [(item.target, item.occurrence.line, item.attribute("relation")) for item in found] == [
        (HubModel("meta-llama/Llama-3.2-1B"), 2, "base"),
        (HubModel("someone/code-repo"), 11, "code"),
    ]
    assert found[0].occurrence.symbol == "_name_or_path"
    assert found[0].attribute("of") == "m"


@pytest.mark.parametrize(
    "path",
    ["./out", "/data/models/x", "output/checkpoint-500", "models/mine", "../x", "C:\\m\\x", "", "checkpoint-1000", "~/m",
     "results/final", "a/checkpoint-20", "x/y/z"],
)  # fmt: skip
def test_local_paths_are_no_bases(path: str) -> None:
    assert detect("config.json", {**CONFIG, "_name_or_path": path, "auto_map": {}}) == []


def test_root_ids_are_models() -> None:
    assert detect("config.json", {"_name_or_path": "gpt2", "model_type": "gpt2"})[0].target == HubModel("gpt2")


def test_another_tools_config_is_nothing() -> None:
    assert detect("config.json", {"base_model": "a/b", "name": "x"}) == []
    assert detect("config.json", {"base_model_name": "a/b"}) == []


def test_adapter_names_its_base() -> None:
    found = detect(
        "lora/adapter_config.json",
        {"base_model_name_or_path": "Qwen/Qwen2.5-7B", "peft_type": "LORA", "revision": "a" * 40},
    )
    assert [item.target for item in found] == [
        Adapter("lora", "Qwen/Qwen2.5-7B"),
        HubModel("Qwen/Qwen2.5-7B", "a" * 40),
    ]
    assert found[0].occurrence.use is Use.PRESENT
    assert found[1].attribute("relation") == "adapter"
    local = detect("lora/adapter_config.json", {"base_model_name_or_path": "/data/base", "peft_type": "LORA"})
    assert [item.target for item in local] == [Adapter("lora", "/data/base")]


def test_what_lies_beside_becomes_facts_of_the_weights() -> None:
    card = "---\nlicense: NO\nbase_model: [Qwen/Qwen2.5-7B]\nbase_model_relation: finetune\n---\n"
    references = join_beside(
        raw("m/model.safetensors", samples.safetensors())
        + raw("m/config.json", json.dumps(CONFIG).encode())
        + raw("m/README.md", card.encode())
        + raw("other/model.gguf", samples.gguf())
    )
    mine = next(
        item
        for item in references
        if item.target.__class__ is WeightsFile and item.occurrence.path.startswith("m/")
    )
    assert mine.attribute("model_type") == "llama"
    assert mine.attribute("license") == "NO"
    assert mine.attribute("vocab_size") == "32"  # the header's own number wins
    other = next(item for item in references if item.occurrence.path == "other/model.gguf")
    assert other.attribute("model_type") == "qwen2"
    assert not any(item.attribute("carrier") for item in references)


CARD = """---
license: apache-2.0
base_model:
- Qwen/Qwen2.5-7B
- mistralai/Mistral-7B-v0.1
datasets:
- HuggingFaceH4/ultrachat_200k
pipeline_tag: text-generation
---
# A model made from Qwen/Qwen2.5-7B
"""


def test_card_names_bases_and_data() -> None:
    found = detect("README.md", CARD)
    assert [(item.target, item.occurrence.line) for item in found] == [
        (HubModel("Qwen/Qwen2.5-7B"), 4),
        (HubModel("mistralai/Mistral-7B-v0.1"), 5),
        (HubDataset("HuggingFaceH4/ultrachat_200k"), 7),
    ]


@pytest.mark.parametrize(
    "text",
    ["# plain\nbase_model: a/b\n", "---\ntitle: post\ntags: [x]\n---\nbase_model: a/b\n", "---\nlicense: mit\n---\n",
     "---\nlicense: mit\nbase_model: a/b\n"],
)  # fmt: skip
def test_other_readmes_are_no_cards(text: str) -> None:
    assert detect("README.md", text) == []


@pytest.mark.parametrize(
    "matter",
    [
        "a: &a [x]\nb: *a\nbase_model: x/y",
        "base_model: [" * 3000,
        "base_model: {\n",
        "x: !!python/object:os.system\nbase_model: [",
    ],
)
def test_hostile_front_matter_is_a_source_error(matter: str) -> None:
    with pytest.raises(SourceError):
        detect("README.md", f"---\n{matter}\n---\n")


def test_hub_cache_folders_name_repository_and_commit() -> None:
    commit = "c" * 40
    base = "cache/models--Qwen--Qwen3-8B"
    for path, text in ((f"{base}/refs/main", commit), (f"{base}/snapshots/{commit}/config.json", "{}")):
        found = [item for item in raw(path, text.encode()) if isinstance(item.target, HubModel)]
        assert found[0].target == HubModel("Qwen/Qwen3-8B", commit)
        assert found[0].occurrence.use is Use.PRESENT
    assert raw("models--gpt2/refs/main", commit.encode())[0].target == HubModel("gpt2", commit)
    assert raw("datasets--a--b/refs/main", commit.encode())[0].target == HubDataset("a/b", commit)
    assert raw(f"{base}/refs/main", b"not a commit") == []


def test_download_records_give_commit_and_digest() -> None:
    data = f"{'c' * 40}\n{'d' * 64}\n1732300000.1\n".encode()
    found = raw("m/.cache/huggingface/download/model.safetensors.metadata", data)
    assert found[0].target == WeightsFile("m/model.safetensors", "d" * 64)
    assert found[0].attribute("revision") == "c" * 40
    assert raw("m/.cache/huggingface/download/a.txt.metadata", data) == []
    assert raw("other/model.safetensors.metadata", data) == []


def test_submodules_on_the_hub() -> None:
    text = """[submodule "m"]
	path = m
	url = https://huggingface.co/Qwen/Qwen3-8B
[submodule "d"]
	url = https://user:token@huggingface.co/datasets/squad/squad_v2.git
[submodule "s"]
	url = git@hf.co:BAAI/bge-m3
[submodule "g"]
	url = https://github.com/Qwen/Qwen3-8B
[submodule "x"]
	url = https://huggingface.co/spaces/a/b
"""
    assert [(str(item.target), item.occurrence.line) for item in detect(".gitmodules", text)] == [
        ("hf:Qwen/Qwen3-8B", 3),
        ("hf-dataset:squad/squad_v2", 5),
        ("hf:BAAI/bge-m3", 7),
    ]


def test_dvc_and_checksums() -> None:
    dvc = "outs:\n- md5: 0123\n  size: 7\n  path: model.pt\n- md5: 4567\n  path: data.csv\n"
    found = detect("models/model.pt.dvc", dvc)
    assert [(item.target, item.occurrence.line, item.attribute("md5")) for item in found] == [
        (WeightsFile("models/model.pt"), 4, "0123")
    ]
    digest = "e" * 64
    sums = f"{digest}  /data/models/a.ckpt\n{digest} *b.yaml\nSHA256 (c.gguf) = {digest}\n"
    found = detect("checksums.sha256", sums)
    assert [(item.target, item.occurrence.line) for item in found] == [
        (WeightsFile("/data/models/a.ckpt", digest), 1),
        (WeightsFile("c.gguf", digest), 3),
    ]


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_only_a_line_feed_begins_a_line(mark: str) -> None:
    """Other breaks once moved the place behind the end of the file, and the detector failed."""
    (found,) = detect("checksums.sha256", f"a{mark}b{mark}\n{'e' * 64}  /data/models/a.ckpt{mark}")
    assert found.occurrence.line == 2
    (found,) = detect(".gitmodules", f'[submodule "a"]{mark * 9}\n\turl = https://huggingface.co/acme/one\n')
    assert (found.target, found.occurrence.line) == (HubModel("acme/one"), 2)


@given(st.binary(max_size=300))
def test_hostile_bytes_raise_nothing_but_source_errors(data: bytes) -> None:
    for path in (
        "config.json",
        "adapter_config.json",
        "README.md",
        ".gitmodules",
        "a.dvc",
        "a.sha256",
        "models--a--b/refs/main",
    ):
        for prefix in (
            b"",
            b"---\nbase_model: ",
            b'{"model_type": "x", "peft_type": "y", "base_model_name_or_path": ',
        ):
            try:
                raw(path, prefix + data)
            except SourceError:
                continue


def test_the_sample_script_writes_a_file_that_reads_back(tmp_path: Path) -> None:
    script = Path(__file__).parents[3] / "scripts" / "make_sample_gguf.py"
    main = runpy.run_path(str(script))["main"]
    assert main([str(tmp_path / "m.gguf"), "general.name=Mine"]) == 0
    data = (tmp_path / "m.gguf").read_bytes()
    assert len(data) < 2000
    found = raw("m.gguf", data)
    assert found[0].attribute("name") == "Mine"
    assert found[0].attribute("quantization") == "Q4_K_M"
    assert found[1].target == HubModel("Qwen/Qwen2.5-7B-Instruct")
