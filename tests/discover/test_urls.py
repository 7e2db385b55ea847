"""Addresses of models, and addresses that only look alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.discover.urls import is_weights_name, read_address, read_cache_path, read_image


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://huggingface.co/a/b/resolve/main/x.ckpt", "hf:a/b"),
        ("https://hf-mirror.com/a/b", "hf:a/b"),
        ("https://huggingface.co/datasets/a/b/tree/main", "hf-dataset:a/b"),
        ("hf://a/b@rev", "hf:a/b"),
        ("ollama://gemma2:2b", "ollama:gemma2:2b"),
        ("pvc://my-pvc?model=qwen2:0.5b", "ollama:qwen2:0.5b"),
        ("oss://bucket/x.gguf", "oss:bucket/x.gguf"),
        ("s3://bucket/models/opt", "s3:bucket/models/opt"),
        ("https://github.com/o/r/releases/download/v1/x.pth", "github:o/r/releases/download/v1/x.pth"),
        ("https://www.modelscope.cn/models/qwen/Qwen2-7B", "modelscope:qwen/Qwen2-7B"),
        ("https://civitai.com/api/download/models/123?x=1", "civitai:123"),
        ("https://www.kaggle.com/models/google/gemma", "kaggle:google/gemma"),
        ("https://generativelanguage.googleapis.com/v1beta/models/gemini-1.5-flash:generateContent", "api:google/gemini-1.5-flash"),
        ("https://x.openai.azure.com/openai/deployments/gpt-4o/chat", "api:azure/gpt-4o"),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1", "api:bedrock/anthropic.claude-v2:1"),
        ("https://cdn.some.org/w/yolov8n.pt", "url:cdn.some.org/w/yolov8n.pt"),
    ],
)  # fmt: skip
def test_named(address: str, target: str) -> None:
    found = read_address(address)
    assert found is not None
    assert str(found.target) == target


def test_revision_and_file() -> None:
    found = read_address("https://huggingface.co/a/b/resolve/0123/sub/x.gguf?download=true")
    assert found is not None
    assert dict(found.attributes) == {"revision": "0123", "filename": "sub/x.gguf"}


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/openai/whisper", "https://huggingface.co/docs/transformers", "https://huggingface.co/papers/1", "ollama://<model>",
        "https://huggingface.co/spaces/a/b", "https://x.org/a.bin", "https://github.com/o/r/releases/download/v1/x.tar.gz", "hf://your-org/your-model", "mailto:a@b", "https://",
    ],
)  # fmt: skip
def test_not_named(address: str) -> None:
    assert read_address(address) is None


def test_images() -> None:
    found = read_image("nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8.0")
    assert found is not None
    assert str(found.target) == "ngc:meta/llama-3.1-8b-instruct:1.8.0"
    for image in (
        "vllm/vllm-openai:v0.8.3",
        "nim-llm:8000",
        "ollama/ollama:latest",
        "nvcr.io/nvidia/pytorch:24.01",
        "postgres:18",
    ):
        assert read_image(image) is None


def test_cache_path() -> None:
    commit = "0" * 40
    found = read_cache_path(f"/x/models--meta-llama--Llama-3.1-8B/snapshots/{commit}/config.json")
    assert found is not None
    assert str(found[0].target) == "hf:meta-llama/Llama-3.1-8B"
    assert dict(found[0].attributes) == {"revision": commit}


def test_weights_names() -> None:
    assert is_weights_name("x.gguf")
    assert is_weights_name("pytorch_model.bin")
    assert not is_weights_name("x.bin")
    assert not is_weights_name("a.zip")


@given(
    st.text(max_size=60),
    st.sampled_from(["https://huggingface.co/", "hf://", "s3://", "arn:aws:bedrock:", "https://", ""]),
)
def test_any_text_is_read(text: str, start: str) -> None:
    read_address(start + text)
    read_image(start + text)
    read_cache_path(start + text)
