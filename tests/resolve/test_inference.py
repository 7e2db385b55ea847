"""Names, types and sizes as evidence, and the restraint that goes with it."""

from __future__ import annotations

import pytest

from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve.inference import CONFIDENCE, Evidence, infer, name_candidates
from aicheck.resolve.records import RepoFile, RepoRecord, with_config


def record(repo_id: str, **fields: object) -> RepoRecord:
    return RepoRecord(repo_id, repo_id, "hub", None, **fields)


def first(repo_id: str, **fields: object):
    found = infer(record(repo_id, **fields), open_catalog())
    return found[0] if found else None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x/Qwen_QwQ-32B-GGUF", "Qwen/QwQ-32B"),
        ("x/DeepSeek-R1-Distill-Llama-8B-AWQ", "deepseek-ai/DeepSeek-R1-Distill-Llama-8B"),
        ("x/my-finetune-Qwen2.5-7B-Instruct-v3", "Qwen/Qwen2.5-7B-Instruct"),
        ("x/gemma-2-9b-it-sft", "google/gemma-2-9b-it"),
        ("x/Qwen3-Something-32B-RL", "Qwen/Qwen3-32B"),
        ("x/open_llama_7b-tuned", "openlm-research/open_llama_7b"),
        ("x/Llama-3.1-8B-mine", "meta-llama/Llama-3.1-8B"),
    ],
)
def test_names(name: str, expected: str) -> None:
    assert name_candidates(name, open_catalog())[0].id == expected


@pytest.mark.parametrize("name", ["x/patriot-7b", "x/llm", "Qwen/Qwen2.5-7B", "x/2024-05-01", "x/a"])
def test_names_that_say_nothing(name: str) -> None:
    assert name_candidates(name, open_catalog()) == ()


def test_the_exact_size_of_one_family() -> None:
    found = first("us/eagle", model_type="qwen2", parameters=7615616512)
    assert found.id.startswith("Qwen/")
    assert found.locator == f"inference:{Evidence.SIZE}"
    assert found.confidence == CONFIDENCE[Evidence.SIZE] < 1


def test_headless_embedding_models() -> None:
    assert first("us/embed", model_type="qwen2", parameters=7070619136).id.startswith("Qwen/")


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("llama", 7000000000), ("qwen2", 5000000000), ("bert", 109482240), ("llama", 6738415616), (None, 7000000000)],
)
def test_no_accusation_without_proof(kind: str | None, parameters: int) -> None:
    assert first("us/own-work", model_type=kind, parameters=parameters) is None


def test_a_house_is_not_accused_of_its_own_family() -> None:
    assert first("Qwen/Qwen9-Secret", model_type="qwen2", parameters=7615616512) is None


def test_a_known_root_has_no_base() -> None:
    assert infer(record("Qwen/Qwen2.5-7B", model_type="qwen2", parameters=7615616512), open_catalog()) == ()


def test_a_name_against_the_type_is_dropped() -> None:
    found = infer(record("x/mistral-7b-in-spirit", model_type="bloom", parameters=7069016064), open_catalog())
    assert not any(base.id.startswith("mistralai/") for base in found)


def test_the_path_in_the_configuration() -> None:
    config = {"model_type": "llama", "_name_or_path": "01-ai/Yi-34B", "a": 1}
    found = infer(with_config(record("us/eagle"), config), open_catalog())
    assert found[0].id == "01-ai/Yi-34B"
    local = with_config(
        record("us/eagle"), {"model_type": "qwen2", "_name_or_path": "/data/models/Qwen2.5-7B-Instruct"}
    )
    assert infer(local, open_catalog())[0].id == "Qwen/Qwen2.5-7B-Instruct"


@pytest.mark.parametrize("path", [5, "", "./out", "/tmp/checkpoint-100", "us/eagle", "x" * 5000])
def test_paths_that_say_nothing(path: object) -> None:
    assert infer(with_config(record("us/eagle"), {"_name_or_path": path}), open_catalog()) == ()


def test_the_parts_of_a_multimodal_model() -> None:
    text = {"model_type": "qwen2", "vocab_size": 152064, "hidden_size": 8192, "intermediate_size": 29568,
            "num_hidden_layers": 80, "num_attention_heads": 64, "num_key_value_heads": 8}  # fmt: skip
    vision = {"model_type": "intern_vit_6b", "hidden_size": 3200, "num_hidden_layers": 45}
    config = {"model_type": "EAGLE_D", "architectures": ["EagleDModel"], "llm_config": text, "vision_config": vision,
              "a": 1, "b": 2, "c": 3}  # fmt: skip
    found = infer(with_config(record("us/eagle-vlm", model_type="EAGLE_D"), config), open_catalog())
    assert [(base.id.partition("/")[0], base.relation.value) for base in found] == [
        ("Qwen", "component"),
        ("OpenGVLab", "component"),
    ]


@pytest.mark.parametrize(
    ("name", "kind", "doubtful"),
    [
        ("x/japanese-gpt2-medium", "gpt2", True),
        ("x/t5-base-dutch", "t5", True),
        ("x/t5-base-finetuned-emotion", "t5", False),
    ],
)
def test_the_name_of_an_architecture_is_a_weak_hint(name: str, kind: str, *, doubtful: bool) -> None:
    base = first(name, model_type=kind)
    assert base is not None
    assert (base.confidence == CONFIDENCE[Evidence.ARCHITECTURE]) is doubtful


def test_a_house_does_not_derive_its_base_from_its_own_instruct_model() -> None:
    assert first("Qwen/Qwen2-VL-7B", model_type="qwen2_vl", parameters=8_291_375_616) is None


def test_tokens_added_or_padding_cut_do_not_hide_a_base() -> None:
    # Qwen3-Embedding keeps 151,665 of 151,936 rows.
    found = first("us/embed", parameters=4_021_774_336)
    assert found.id.startswith("Qwen/Qwen3-4B")
    assert found.locator == f"inference:{Evidence.RESIZED}"
    added = first("us/chat", model_type="llama", parameters=8_030_261_248 + 2 * 2 * 4096, created="2024-06-01")
    assert added.id.startswith("meta-llama/")


def test_a_head_of_its_own_does_not_either() -> None:
    assert first("us/reason", model_type="qwen2", parameters=1_777_088_000).id == "Qwen/Qwen2.5-1.5B"


def test_the_family_in_the_name_decides_between_equals() -> None:
    found = first("us/my_llama_2_chat", model_type="llama", parameters=6_738_415_616)
    assert found.id.startswith("meta-llama/Llama-2-7b")
    assert found.locator == f"inference:{Evidence.SIZE_NAMED}"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("us/small", 1_100_048_384 + 96 * 2 * 2048),  # the shape of TinyLlama, a vocabulary of its own
        ("us/north-33b", 33_342_991_360 + 300 * 2 * 7168),  # the shape of DeepSeek-Coder, and 300 rows more
        ("kakaocorp/kanana-next", 8_030_261_248),  # a house that trains in the shape of Llama
    ],
)
def test_one_shape_is_not_one_origin(name: str, parameters: int) -> None:
    assert first(name, model_type="llama", parameters=parameters) is None


def test_of_several_of_one_size_the_first_by_far_is_a_hint() -> None:
    found = first("us/stheno", model_type="llama", parameters=8_030_261_248)
    assert found.id.startswith("meta-llama/")
    assert found.confidence == CONFIDENCE[Evidence.SIZE_SHARED] < 0.8


def test_the_tokenizer_decides_between_equals() -> None:
    tokenizer = RepoFile(
        "tokenizer.model", 499723, "9e556afd44213b6bd1be2b850ebbbd98f5481437a8021afaf58ee7fb1818d347"
    )
    yi = RepoFile("tokenizer.model", 1, "386c49cf943d71aa110361135338c50e38beeff0a66593480421f37b319e1a39")
    assert first("us/x", model_type="llama", parameters=6_738_415_616, files=(yi,)) is None
    # Amber has Llama's tokenizer as well.
    assert first("us/x", model_type="llama", parameters=6_738_415_616, files=(tokenizer,)) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("x/RuQwen2.5-3B-Instruct", "Qwen/Qwen2.5-3B-Instruct"), ("x/InLegalLlama2-7B", "meta-llama/Llama-2-7b-hf")],
)
def test_a_family_in_the_middle_of_a_word(name: str, expected: str) -> None:
    assert name_candidates(name, open_catalog())[0].id == expected


def test_open_llama_is_not_llama() -> None:
    assert name_candidates("x/OpenLLaMA-7b", open_catalog()) != name_candidates("x/LLaMA-7b", open_catalog())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x/gpt-oss-120b-Distill-Llama3.1-8B-v9", "meta-llama/Llama-3.1-8B"),
        ("x/DeepSeek-R1-Distill-Qwen-7B-Japanese", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"),
        ("x/Qwen3-8B-Claude-Reasoning-Distill", "Qwen/Qwen3-8B"),
    ],
)
def test_the_student_stands_behind_the_word(name: str, expected: str) -> None:
    assert name_candidates(name, open_catalog())[0].id == expected


@pytest.mark.parametrize(
    ("kind", "parameters", "expected"),
    [
        (None, 567754752, "BAAI/bge-m3"),
        ("xlm-roberta", 567754752, "BAAI/bge-m3"),
        ("bert", 117653760, "microsoft/Multilingual-MiniLM-L12-H384"),
        ("bert", 470926848, "sentence-transformers/LaBSE"),
        (None, 8931813888, "Qwen/Qwen2.5-Omni-7B"),
        ("qwen3_5", 4539265536, "Qwen/Qwen3.5-4B-Base"),
        ("bert", 109482240, None),
        ("bert", 22713216, None),
        ("bert", 117653760 + 384, None),
    ],
)
def test_encoders_with_a_vocabulary_that_nobody_trains_anew_and_parts(
    kind: str | None, parameters: int, expected: str | None
) -> None:
    found = first("us/own-work", model_type=kind, parameters=parameters, created="2026-10-01")
    assert (found.id if found else None) == expected


def test_another_size_of_the_family_far_off_does_not_hide_two_added_tokens() -> None:
    found = first("us/chat-7b", model_type="mistral", parameters=7241748480)
    assert found.id.startswith("mistralai/Mistral-7B")
    assert "2 rows" in found.note


def test_only_a_house_with_roots_of_that_type_is_not_told_by_size() -> None:
    # Arcee trained a model of a type of its own from scratch; Kakao one in the shape of Llama.
    assert first("arcee-ai/Blitz", model_type="mistral", parameters=23572403200).id.startswith("mistralai/")
    assert first("kakaocorp/new", model_type="llama", parameters=8030261248) is None


def test_a_makers_model_is_nobodys_copy_by_name() -> None:
    assert all(
        candidate.id.startswith("google/")
        for candidate in name_candidates("google/gemma-3-12b-it-qat-q4_0-unquantized", open_catalog())
    )
