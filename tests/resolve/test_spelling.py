"""Everything that people type after `aicheck show`."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.target import Endpoint, HostedModel, HubDataset, HubModel, Library, RegistryModel, WeightsFile
from aicheck.errors import ConfigError
from aicheck.resolve.spelling import HostQuery, LicenseQuery, OrgQuery, read_spelling

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Qwen/Qwen3-8B", HubModel("Qwen/Qwen3-8B")),
        (f"Qwen/Qwen3-8B@{COMMIT}", HubModel("Qwen/Qwen3-8B", COMMIT)),
        ("gpt2", HubModel("gpt2")),
        ("hf:Qwen/Qwen3-8B", HubModel("Qwen/Qwen3-8B")),
        ("hf://Qwen/Qwen3-8B/model.safetensors", HubModel("Qwen/Qwen3-8B")),
        (f"pkg:huggingface/Qwen/Qwen3-8B@{COMMIT}", HubModel("Qwen/Qwen3-8B", COMMIT)),
        ("https://huggingface.co/Qwen/Qwen3-8B", HubModel("Qwen/Qwen3-8B")),
        ("huggingface.co/Qwen/Qwen3-8B", HubModel("Qwen/Qwen3-8B")),
        ("https://huggingface.co/Qwen/Qwen3-8B/tree/main", HubModel("Qwen/Qwen3-8B")),
        ("https://huggingface.co/Qwen/Qwen3-8B/blob/v1/config.json", HubModel("Qwen/Qwen3-8B", "v1")),
        ("https://huggingface.co/datasets/a/b", HubDataset("a/b")),
        ("ollama:qwen3:8b", RegistryModel("ollama", "qwen3", "8b")),
        ("https://ollama.com/library/qwen3:8b", RegistryModel("ollama", "qwen3", "8b")),
        (
            "pkg:oci/qwen3?repository_url=registry.ollama.ai/library/qwen3&tag=8b",
            RegistryModel("ollama", "qwen3", "8b"),
        ),
        ("nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8", RegistryModel("ngc", "meta/llama-3.1-8b-instruct", "1.8")),
        ("nvcr.io/nim/meta/x@sha256:00", RegistryModel("ngc", "meta/x")),
        ("registry.ollama.ai/library/qwen3:8b", RegistryModel("ollama", "qwen3", "8b")),
        ("modelscope:Qwen/Qwen3-8B", RegistryModel("modelscope", "Qwen/Qwen3-8B")),
        ("openrouter:moonshotai/kimi-k2", HostedModel("openrouter", "moonshotai/kimi-k2")),
        ("api:openai/gpt-4o", HostedModel("openai", "gpt-4o")),
        ("gpt-4o", HostedModel(None, "gpt-4o")),
        ("api.deepseek.com", Endpoint("api.deepseek.com")),
        ("https://api.deepseek.com/v1", Endpoint("api.deepseek.com")),
        ("pkg:pypi/transformers@4.50.0", Library("pkg:pypi/transformers@4.50.0")),
        ("models/x.gguf", WeightsFile("models/x.gguf")),
        ("org:Qwen", OrgQuery("Qwen")),
        ("host:api.deepseek.com", HostQuery("api.deepseek.com")),
        ("license:llama3.1", LicenseQuery("llama3.1")),
    ],
)
def test_spellings(text: str, expected: object) -> None:
    assert read_spelling(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "a b c",
        "hf:../etc",
        "https://huggingface.co/spaces/a/b",
        "pkg:x",
        "a\x00b",
        "hf:a/b@x y",
        "a/\udcf3",
        "ollama:\udcf3",
    ],
)
def test_nonsense_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_spelling(text)
    assert "Traceback" not in str(error.value)


@given(st.text(max_size=60))
def test_anything_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigError):
        read_spelling(text)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("ollama run llama3.2", "ollama:llama3.2"),
        ("mistral:7b-instruct-v0.2-q4_0", "ollama:mistral:7b-instruct-v0.2-q4_0"),
        ("solar:10.7b", "ollama:solar:10.7b"),
        ("mistral:codestral-embed", "api:mistral/codestral-embed"),
        ("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M", "hf:bartowski/Llama-3.2-3B-Instruct-GGUF"),
        ("vertex_ai/gemini-2.5-flash", "api:vertex_ai/gemini-2.5-flash"),
        ("groq/llama-3.3-70b-versatile", "api:groq/llama-3.3-70b-versatile"),
        ("models/text-embedding-004", "api:gemini/text-embedding-004"),
        ("segmind/SSD-1B", "hf:segmind/SSD-1B"),
        ("arcee-ai/Virtuoso-Large", "hf:arcee-ai/Virtuoso-Large"),
        ("docker.io/ai/llama3.2:3B-Q4_K_M", "docker:ai/llama3.2:3B-Q4_K_M"),
        ("oci:cohere.command-a-03-2025", "api:oci/cohere.command-a-03-2025"),
        ("azureml://registries/azureml/models/Phi-4/versions/7", "azureml:registries/azureml/models/Phi-4/versions/7"),
    ],
)  # fmt: skip
def test_what_clients_write_before_and_behind_a_name(text: str, target: str) -> None:
    assert str(read_spelling(text)) == target


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("@cf/qwen/qwq-32b", "cloudflare"),
        ("accounts/fireworks/models/kimi-k2-instruct", "fireworks"),
        ("us.meta.llama4-maverick-17b-instruct-v1:0", "bedrock"),
        ("moonshotai.kimi-k2-thinking", "bedrock"),
        ("gpt-4.1-mini", None),
        ("mistral.rs", None),
        ("llama-3.3-70b-versatile", None),
    ],
)
def test_the_form_of_a_name_tells_its_provider(text: str, provider: str | None) -> None:
    target = read_spelling(text)
    assert getattr(target, "provider", None) == provider
