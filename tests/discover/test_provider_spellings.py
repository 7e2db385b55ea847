"""One slug for each provider, names behind a harness's task, and what a client of another house does not serve."""

from __future__ import annotations

import pytest

from aicheck.discover.engine import Examiner
from aicheck.discover.providers import one_slug
from aicheck.discover.registry import load_detectors
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile

EXAMINER = Examiner(load_detectors(), DiscoverSettings())


def targets(path: str, content: str) -> set[str]:
    found = EXAMINER.examine(SourceFile(path, content.encode())).references
    return {str(reference.target) for reference in found if not str(reference.target).startswith("pkg:")}


PROMPTFOO = "providers:\n  - id: {}\n"


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("anthropic:messages:claude-3-5-sonnet-20241022", "api:anthropic/claude-3-5-sonnet-20241022"),
        ("openai:chat:gpt-4o", "api:openai/gpt-4o"),
        ("openai:responses:gpt-5", "api:openai/gpt-5"),
        ("azureopenai:chat:gpt-4o", "api:azure/gpt-4o"),
        ("ollama:chat:llama3.3", "ollama:llama3.3"),
        ("ollama:completion:qwen2.5:7b", "ollama:qwen2.5:7b"),
        ("bedrock:converse:amazon.nova-pro-v1:0", "api:bedrock/amazon.nova-pro-v1:0"),
        ("huggingface:text-generation:mistralai/Mistral-7B-v0.1", "hf:mistralai/Mistral-7B-v0.1"),
        ("replicate:meta/meta-llama-3-8b-instruct", "api:replicate/meta/meta-llama-3-8b-instruct"),
        ("cloudflare-ai:chat:@cf/meta/llama-3-8b-instruct", "api:cloudflare/@cf/meta/llama-3-8b-instruct"),
    ],
)
def test_promptfoo_names_a_task_between_provider_and_model(written: str, target: str) -> None:
    assert targets("promptfooconfig.yaml", PROMPTFOO.format(written)) == {target}


@pytest.mark.parametrize("written", ["python:chat:gpt-4o.py", "file:chat:x", "exec:completion:run"])
def test_other_colons_name_no_provider(written: str) -> None:
    assert not {
        one for one in targets("promptfooconfig.yaml", PROMPTFOO.format(written)) if one.startswith("api:")
    }


def test_one_api_has_one_slug_in_every_language() -> None:
    python = "from langchain_community.chat_models import ChatZhipuAI\nChatZhipuAI(model='glm-4-plus')\n"
    litellm = "model_list:\n- model_name: k\n  litellm_params: {model: moonshot/kimi-k2-0711-preview}\n"
    client = "from openai import OpenAI\nc = OpenAI(base_url='https://api.moonshot.ai/v1')\nc.chat.completions.create(model='kimi-k2-0711-preview')\n"
    assert "api:zhipu/glm-4-plus" in targets("a.py", python)
    assert targets("litellm.yaml", litellm) == {"api:moonshot/kimi-k2-0711-preview"}
    assert "api:moonshot/kimi-k2-0711-preview" in targets("b.py", client)


def test_slugs_are_final() -> None:
    for name in ("alibaba", "zhipuai", "baidu", "openai", "nobody"):
        assert one_slug(one_slug(name)) == one_slug(name)


DEEPSEEK = "import { createOpenAI } from '@ai-sdk/openai';\nconst ds = createOpenAI({ baseURL: 'https://api.deepseek.com' });\n"


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("const r = streamText({ model: ds('deepseek-chat') });", "api:deepseek/deepseek-chat"),
        (
            "const p = await pipeline('feature-extraction', 'Xenova/all-MiniLM-L6-v2');",
            "hf:Xenova/all-MiniLM-L6-v2",
        ),
        ("const p = await AutoModel.from_pretrained('Qwen/Qwen3-0.6B');", "hf:Qwen/Qwen3-0.6B"),
        ("const MODELS = ['Qwen/Qwen3-8B'];", "hf:Qwen/Qwen3-8B"),
    ],
)
def test_a_house_serves_its_own_models_only(line: str, target: str) -> None:
    assert targets("t.ts", DEEPSEEK + line) == {"endpoint:api.deepseek.com", target}


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("from smolagents import HfApiModel\nHfApiModel('Qwen/Qwen2.5-Coder-32B-Instruct')\n", "api:huggingface/Qwen/Qwen2.5-Coder-32B-Instruct"),
        ("import instructor\ninstructor.from_provider('xai/grok-3')\n", "api:xai/grok-3"),
        ("import keras_hub\nkeras_hub.models.GemmaCausalLM.from_preset('gemma_2b_en')\n", "keras:gemma_2b_en"),
    ],
)  # fmt: skip
def test_calls_that_say_where_the_model_runs(code: str, target: str) -> None:
    assert targets("a.py", code) == {target}


REGISTRY = """
class LLM:
    def __init__(self):
        self.models = {
            "CLAUDE": [("Claude 3 Opus", "claude-3-opus-20240229")],
            "OPENAI": [("GPT-4o", "gpt-4o")],
            "GROQ": [("LLAMA3", "llama3-8b-8192")],
            "DEEPSEEK": [("GPT-4", "gpt-4")],
            "OLLAMA": ["qwen2.5:7b"],
            "FAST": ["gpt-4o-mini"],
        }
"""


def test_a_registry_by_provider_binds_its_models() -> None:
    assert targets("llm.py", REGISTRY) == {
        "api:anthropic/claude-3-opus-20240229",
        "api:openai/gpt-4o",
        "api:groq/llama3-8b-8192",
        "api:?/gpt-4",
        "ollama:qwen2.5:7b",
        "api:?/gpt-4o-mini",
    }


@pytest.mark.parametrize("name", ["glm5next-unit-tests", "inkling-unit-tests-b200", "qwen3_8b_smoke_test"])
def test_a_job_that_tests_a_model_is_no_model(name: str) -> None:
    assert not targets("ci.yaml", f"steps:\n- label: x\n  key: {name}\n  commands:\n  - pytest -v models\n")
