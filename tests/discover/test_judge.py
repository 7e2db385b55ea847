"""What a text names at a place: identifiers of code are no models."""

from __future__ import annotations

import pytest

from aicheck.core.target import HostedModel, RegistryModel
from aicheck.discover.detectors.shell import DETECTOR as SHELL
from aicheck.discover.engine import Examiner
from aicheck.discover.judge import Context, judge
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile

MODEL = Context(kind="model", key="model_name")


@pytest.mark.parametrize(
    "text",
    [
        "Qwen2AudioModel", "Kosmos2_5Config", "Qwen2_5OmniThinkerModel", "LlamaForCausalLM", "Gemma3Processor",
        "Qwen2TokenizerFast", "DeepseekV3Attention", "Nemotron3_5TranscribeConfig", "Phi3SmallDecoderLayer",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["", "model", "hosted", "embedding"])
def test_class_names_of_a_library_are_no_models(text: str, kind: str) -> None:
    assert judge(text, Context(kind=kind, key="model")) is None


@pytest.mark.parametrize("text", ["qwen2_moe", "qwen3_5_vl_moe", "gpt_neox_v2", "llama4_text"])
def test_architectures_in_snake_case_are_no_models_where_nothing_is_sure(text: str) -> None:
    assert judge(text, MODEL) is None


@pytest.mark.parametrize(
    "text", ["gemma_2b_en", "llama3_8b", "qwen2.5-7b-instruct", "Llama-3-8B", "claude-sonnet-4-5"]
)
def test_names_with_a_size_or_hyphens_stay(text: str) -> None:
    assert judge(text, MODEL) is not None


@pytest.mark.parametrize("text", ["command-r", "minimax-m2"])
def test_the_type_of_an_architecture_is_no_hosted_model(text: str) -> None:
    assert judge(text, Context(key="model_type")) is None
    found = judge(text, Context(kind="model", key="model"))
    assert found is not None
    assert isinstance(found.target, HostedModel)


@pytest.mark.parametrize(
    "text",
    [
        "resnet50",
        "resnet50d",
        "swin_tiny_patch4_window7_224",
        "vit_base_patch16_224.augreg_in21k",
        "convnext_base",
    ],
)
def test_backbones_are_models_of_timm_and_not_of_an_api(text: str) -> None:
    found = judge(text, Context(kind="model", key="backbone"))
    assert found is not None
    assert isinstance(found.target, RegistryModel)
    assert found.target.registry == "timm"


@pytest.mark.parametrize("kind", ["", "model", "hosted", "embedding"])
@pytest.mark.parametrize(
    "text",
    [
        "vllm/model_executor/models/qwen3_next.py", "templates/qwen3_reranker.jinja", "GLM-5.2-NVFP4-HiSparse.yaml",
        "vllm.models.qwen4_exp", "app.models.llama3.loader", "kubeai.org/v1", "serving.kserve.io/v1beta1", "openai/gpt-4o.md", "Qwen/Qwen3-8B.json",
    ],
)  # fmt: skip
def test_files_and_modules_are_no_models(text: str, kind: str) -> None:
    assert judge(text, Context(kind=kind, key="model")) is None


def test_archives_of_weights_stay_where_weights_are_named() -> None:
    assert judge("ckpts/llama-3-8b.npz", Context(kind="weights", sure=True, key="weights")) is not None


@pytest.mark.parametrize("text", ["qwen2", "exaone4", "glm4", "phi3v", "step3p5"])
def test_families_with_a_number_in_lists_of_code_are_architectures(text: str) -> None:
    assert judge(text, Context()) is None


def test_an_open_model_of_another_house_is_not_served_by_openai() -> None:
    found = judge(
        "jinaai/jina-embeddings-v3", Context(kind="embedding", sure=True, provider="openai", key="model")
    )
    assert found is not None
    assert found.target == HostedModel(None, "jinaai/jina-embeddings-v3")


@pytest.mark.parametrize("text", ["phi3", "llama4", "Gemma3n"])
def test_what_a_registry_of_classes_maps_to_is_a_module(text: str) -> None:
    assert judge(text, Context(kind="model", key="Phi3ForCausalLM")) is None


@pytest.mark.parametrize("text", ["-of-00002.safetensors", "-q4_0.gguf", "_ema.safetensors"])
def test_the_end_of_a_name_is_no_file(text: str) -> None:
    assert judge(text, Context(kind="weights", key="file_path")) is None


def test_the_parameters_of_a_pytest_case_are_told_from_the_model() -> None:
    script = (
        b"pytest -s tests/test_a.py::test_models[False-False-5-32-facebook/opt-125m]\n"
        b'pytest "tests/test_b.py::test_generate[Qwen/Qwen3-8B-auto-True]"\n'
        b"declare -A names; echo ${names[False-7-facebook/opt-350m]}\n"
    )
    found = Examiner((SHELL,), DiscoverSettings()).examine(SourceFile("a.sh", script)).references
    places = {(str(r.target), r.occurrence.line, r.occurrence.column) for r in found}
    assert ("hf:facebook/opt-125m", 1, 57) in places
    assert ("hf:Qwen/Qwen3-8B", 2, 40) in places
