"""Hosted and registry names: developers, weights behind a name, dated names, hostile names, and the data's order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.knowledge import hosted, hosted_tables
from aicheck.knowledge.hosted import hosted_model, lab_of, registry_model


def rows(file: str) -> list[list[str]]:
    return [line.split("\t") for line in hosted_tables.lines(file)]


def test_data_is_sorted_complete_and_names_known_labs():
    labs = hosted_tables.labs()[0]
    table = rows("hosted.tsv")
    assert len({row[0] for row in table}) >= 3000
    assert ["\t".join(row) for row in table] == sorted("\t".join(row) for row in table)
    for core, provider, lab, hub_id, state, since, until, source, _ in table:
        assert core == hosted.compared_name(core)
        assert provider
        assert lab in labs, core
        assert state in {"open", "closed", ""}
        assert not (state == "closed" and hub_id), core
        assert source
        for day in (since, until):
            assert not day or date.fromisoformat(day)
    registry = rows("registry_models.tsv")
    assert [row[0] for row in registry] == sorted(row[0] for row in registry)
    assert sum(row[0].startswith("ollama/") for row in registry) >= 250
    assert all(len(row) == 5 for row in registry)


@pytest.mark.parametrize(
    ("provider", "name", "lab", "hub_id"),
    [
        ("openai", "gpt-4o", "openai", None),
        ("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc", "openai", None),
        ("openai", "o3-mini", "openai", None),
        ("anthropic", "claude-sonnet-4-5-20250929", "anthropic", None),
        ("amazon-bedrock", "us.anthropic.claude-sonnet-4-20250514-v1:0", "anthropic", None),
        ("amazon-bedrock", "us.deepseek.r1-v1:0", "deepseek", "deepseek-ai/DeepSeek-R1"),
        ("amazon-bedrock", "amazon.nova-pro-v1:0", "amazon", None),
        ("amazon-bedrock", "meta.llama3-1-70b-instruct-v1:0", "meta", "meta-llama/Llama-3.1-70B-Instruct"),
        ("openrouter", "moonshotai/kimi-k2.6", "moonshot", "moonshotai/Kimi-K2.6"),
        ("openrouter", "deepseek/deepseek-v4-flash:free", "deepseek", "deepseek-ai/DeepSeek-V4-Flash"),
        ("openrouter", "~anthropic/claude-opus-latest", "anthropic", None),
        ("openrouter", "qwen/qwen3.6-27b", "alibaba", "Qwen/Qwen3.6-27B"),
        ("groq", "llama-3.3-70b-versatile", "meta", "meta-llama/Llama-3.3-70B-Instruct"),
        ("groq", "deepseek-r1-distill-llama-70b", "deepseek", "deepseek-ai/DeepSeek-R1-Distill-Llama-70B"),
        ("fireworks-ai", "accounts/fireworks/models/glm-5p2", "zhipu", "zai-org/GLM-5.2"),
        (
            "fireworks-ai",
            "accounts/fireworks/models/llama-v3p1-8b-instruct",
            "meta",
            "meta-llama/Llama-3.1-8B-Instruct",
        ),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "meta", "meta-llama/Llama-3.3-70B-Instruct"),
        ("together", "Qwen/Qwen3-235B-A22B-Instruct-2507-tput", "alibaba", "Qwen/Qwen3-235B-A22B-Instruct-2507"),
        ("cloudflare", "@cf/meta/llama-3.1-8b-instruct", "meta", "meta-llama/Llama-3.1-8B-Instruct"),
        ("watsonx", "ibm/granite-3-3-8b-instruct", "ibm", "ibm-granite/granite-3.3-8b-instruct"),
        ("google", "models/gemini-2.5-pro", "google", None),
        (None, "vertex_ai/claude-3-5-sonnet@20240620", "anthropic", None),
        ("perplexity", "sonar-pro", "perplexity", None),
        ("alibaba", "qwen-max", "alibaba", None),
        ("tencent", "tencent/deepseek-v4-pro", "deepseek", "deepseek-ai/DeepSeek-V4-Pro"),
        (None, "moonshot-v1-128k", "moonshot", None),
        (None, "abab6.5s-chat", "minimax", None),
        (None, "doubao-pro-32k", "bytedance", None),
        (None, "ernie-4.0-8k", "baidu", None),
        ("deepgram", "nova-2", "deepgram", None),
        ("amazon-bedrock", "amazon.nova-2-lite-v1:0", "amazon", None),
        ("mistral", "codestral-2501", "mistral", None),
        ("nvidia", "nvidia/DeepSeek-V3.2-NVFP4", "deepseek", None),
        (
            "nvidia",
            "nvidia/llama-3.1-nemotron-70b-instruct",
            "nvidia",
            "nvidia/Llama-3.1-Nemotron-70B-Instruct-HF",
        ),
        ("xai", "grok-4-0709", "xai", None),
        ("fal", "fal-ai/flux/schnell", "bfl", "black-forest-labs/FLUX.1-schnell"),
        (None, "yandexgpt", "yandex", None),
    ],
)
def test_names(provider, name, lab, hub_id):
    found = hosted_model(provider, name)
    assert found is not None
    assert found.lab == lab
    if hub_id is not None:
        assert found.hub_id == hub_id
    assert found.name == name
    assert found.provider == provider


def test_a_dated_name_answers_for_its_day():
    def weights(day: date | None) -> str | None:
        found = hosted_model("deepseek", "deepseek-chat", day)
        assert found is not None
        return found.hub_id

    assert weights(date(2025, 1, 10)) == "deepseek-ai/DeepSeek-V3"
    assert weights(date(2025, 4, 1)) == "deepseek-ai/DeepSeek-V3-0324"
    assert weights(date(2025, 12, 24)) == "deepseek-ai/DeepSeek-V3.2"
    newest = hosted_model("deepseek", "deepseek-chat")
    assert newest is not None
    assert newest.until == "2026-07-24"


@pytest.mark.parametrize(
    "name", ["text-embedding-3-large", "gpt-4o", "gemini-embedding-001", "voyage-3", "embed-v4.0"]
)
def test_what_is_served_only_has_no_weights(name):
    found = hosted_model(None, name)
    assert found is not None
    assert found.hub_id is None
    assert found.closed is True


def test_closed_and_retired():
    found = hosted_model("openai", "gpt-4.5-preview")
    assert found is not None
    assert (found.closed, found.until, found.hub_id) == (True, "2025-07-14", None)
    assert hosted_model("openai", "gpt-4o").closed is True  # type: ignore[union-attr]
    assert hosted_model("groq", "openai/gpt-oss-120b").closed is False  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "name", ["", "/", "my-secret-endpoint", "llm", "default", "openrouter/auto", "x" * 10_000, "a/b/c/d"]
)
def test_what_is_not_known_is_none(name):
    found = hosted_model(None, name)
    assert found is None or found.lab == "openrouter"


@pytest.mark.parametrize(
    ("name", "tag", "hub_id"),
    [
        ("qwen3", "8b", "Qwen/Qwen3-8B"),
        ("qwen3:8b", None, "Qwen/Qwen3-8B"),
        ("qwen3", "8b-q4_K_M", "Qwen/Qwen3-8B"),
        ("qwen3", None, "Qwen/Qwen3-8B"),
        ("llama3.1", "70b-instruct-q8_0", "meta-llama/Llama-3.1-70B-Instruct"),
        ("deepseek-r1", "14b", "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B"),
        ("deepseek-r1", "70b", "deepseek-ai/DeepSeek-R1-Distill-Llama-70B"),
        ("deepseek-r1", "671b", "deepseek-ai/DeepSeek-R1-0528"),
        ("gemma3", "27b-it-qat", "google/gemma-3-27b-it"),
        ("nomic-embed-text", None, "nomic-ai/nomic-embed-text-v1.5"),
        ("library/mistral", "latest", "mistralai/Mistral-7B-Instruct-v0.3"),
        ("hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF", "Q4_K_M", "bartowski/Llama-3.2-3B-Instruct-GGUF"),
        ("gpt-oss", "120b-cloud", "openai/gpt-oss-120b"),
    ],
)
def test_ollama(name, tag, hub_id):
    found = registry_model("ollama", name, tag)
    assert found is not None
    assert found.hub_id == hub_id


def test_a_distillation_is_not_the_model_it_is_called_after():
    found = registry_model("ollama", "deepseek-r1", "14b")
    assert found is not None
    assert "Qwen" in found.note


def test_ollama_uploads_of_others_and_unknown_sizes_are_not_guessed():
    assert registry_model("ollama", "someone/qwen3", "8b") is None
    odd = registry_model("ollama", "qwen3", "77b")
    assert odd is not None
    assert odd.hub_id is None
    assert odd.lab == "alibaba"


@pytest.mark.parametrize(
    ("registry", "name", "hub_id"),
    [
        ("modelscope", "LLM-Research/Meta-Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Instruct"),
        ("modelscope", "ZhipuAI/GLM-4.7-Flash", "zai-org/GLM-4.7-Flash"),
        ("modelscope", "Qwen/Qwen3-8B", "Qwen/Qwen3-8B"),
        ("ngc", "nim/meta/llama-3.1-8b-instruct", "meta-llama/Llama-3.1-8B-Instruct"),
        ("ngc", "nvcr.io/nim/deepseek-ai/deepseek-r1-distill-qwen-7b", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"),
        ("whisper", "large-v3", "openai/whisper-large-v3"),
        ("replicate", "meta/meta-llama-3-70b-instruct", "meta-llama/Meta-Llama-3-70B-Instruct"),
    ],
)
def test_other_registries(registry, name, hub_id):
    found = registry_model(registry, name)
    assert found is not None
    assert found.hub_id in {hub_id, hub_id.replace("Llama-3.1", "Meta-Llama-3.1")}


def test_modelscope_of_a_stranger_is_not_mapped():
    assert registry_model("modelscope", "some-body/some-model") is None


def test_labs_by_any_of_their_names():
    for slug in ("alibaba", "qwen", "Qwen"):
        lab = lab_of(slug)
        assert lab is not None
        assert (lab.namespace, lab.country) == ("Qwen", "CN")
    assert lab_of("nobody") is None


@given(st.text(max_size=60), st.sampled_from([None, "openai", "openrouter", "ollama", "fireworks-ai"]))
def test_any_name_is_answered_without_error(name, provider):
    found = hosted_model(provider, name)
    assert found is None or found.lab
    for registry in ("ollama", "modelscope", "ngc", "kaggle", "whisper"):
        registry_model(registry, name, name)


@given(
    st.sampled_from([row[0] for row in rows("hosted.tsv")]),
    st.sampled_from([":free", ":nitro", "-v1:0", "-maas", "@latest"]),
)
def test_a_routing_suffix_never_changes_the_developer(core, suffix):
    plain, suffixed = hosted_model(None, core), hosted_model(None, core + suffix)
    if plain is not None and suffixed is not None:
        assert plain.lab == suffixed.lab


@pytest.mark.parametrize(
    ("provider", "name", "country", "hub_id"),
    [
        # An organisation's Hub id served by others, though no row and no family knows the name.
        ("nebius", "PleIAs/Some-New-Model-7B", "FR", "PleIAs/Some-New-Model-7B"),
        ("together", "sapienzanlp/Minerva-9-Instruct-Turbo", "IT", "sapienzanlp/Minerva-9-Instruct"),
        # A router's slug names the organisation, but is no Hub id; copies by others tell no developer.
        ("openrouter", "pleias/some-new-model-7b", "FR", None),
        ("nvidia_nim", "yentinglin/llama-3-taiwan-70b-instruct", "TW", "yentinglin/Llama-3-Taiwan-70B-Instruct"),
        ("replicate", "ideogram-ai/ideogram-v9-turbo", "CA", None),
        ("bedrock", "deepseek.v3.2", "CN", "deepseek-ai/DeepSeek-V3.2"),
        ("bedrock", "deepseek.v3-v1:0", "CN", "deepseek-ai/DeepSeek-V3.1"),
        ("jina", "jina-reranker-v3", "DE", "jinaai/jina-reranker-v3"),
        ("gladia", "solaria-1", "FR", None),
        ("fal", "fal-ai/aura-flow", "US", "fal/AuraFlow"),
        ("together", "QuantFactory/Some-New-Model-GGUF", None, None),
        ("yandex", "gpt://b1gfolder/qwen3-32b/latest", "CN", "Qwen/Qwen3-32B"),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo-Free", "US", "meta-llama/Llama-3.3-70B-Instruct"),
    ],
)
def test_names_spelled_like_hub_ids(provider, name, country, hub_id):
    row = hosted_model(provider, name)
    assert (row.country, row.hub_id) == (country, hub_id) if country else row is None


@pytest.mark.parametrize(
    "name",
    [
        "open-sora", "open-o1", "huatuogpt-o1-7b", "gpt4-x-alpaca-13b", "claude2-alpaca-13b", "llama-3-taiwan-70b",
        "qwen3-8b-gemini-2.5-pro-distill", "deepseek-v3.2-claude-opus-distill", "mistral-7b-openorca",
        "japanese-gpt-neox-3.6b", "llama-3-storybreaker-70b",
    ],
)  # fmt: skip
def test_a_familys_word_in_somebody_elses_name_tells_no_developer(name: str) -> None:
    assert hosted_model(None, name) is None


@pytest.mark.parametrize(
    ("provider", "name", "weights"),
    [
        ("hyperbolic", "meta-llama/Meta-Llama-3.1-405B", "meta-llama/Llama-3.1-405B"),
        ("nebius", "Qwen/Qwen2.5-Coder-7B", "Qwen/Qwen2.5-Coder-7B"),
        (
            "nano-gpt",
            "huihui-ai/Llama-3.3-70B-Instruct-abliterated",
            "huihui-ai/Llama-3.3-70B-Instruct-abliterated",
        ),
    ],
)
def test_a_name_that_is_an_id_stands_for_that_repository(provider: str, name: str, weights: str) -> None:
    row = hosted_model(provider, name)
    assert row is not None
    assert row.hub_id == weights


def test_a_mirrors_row_names_no_other_model() -> None:
    """Of a house's own names on ModelScope only the spelling may differ from the Hub's."""
    plain = str.maketrans("", "", "-_. ")
    owners = {
        row[0].partition("/")[2]: row[2].lower()
        for row in rows("registry_models.tsv")
        if row[0].startswith("modelscope-owner/")
    }
    for key, _, hub_id, *_ in rows("registry_models.tsv"):
        place, _, rest = key.partition("/")
        owner, _, name = rest.partition("/")
        if place == "modelscope" and owners.get(owner) == hub_id.partition("/")[0].lower():
            theirs = hub_id.partition("/")[2].lower().translate(plain)
            assert theirs.startswith(name.translate(plain)[:6]), key
            assert ("math" in theirs) == ("math" in name), key
            assert ("awq" in theirs) == ("awq" in name), key
            assert ("int4" in theirs) == ("int4" in name), key


@pytest.mark.parametrize(
    ("registry", "name", "weights"),
    [
        ("modelscope", "qwen/Qwen2.5-Coder-7B-Instruct", "Qwen/Qwen2.5-Coder-7B-Instruct"),
        ("modelscope", "OpenBMB/MiniCPM-V-2_6", "openbmb/MiniCPM-V-2_6"),
        ("spacy", "en_core_web_sm", "spacy/en_core_web_sm"),
        ("timm", "resnet50.a1_in1k", "timm/resnet50.a1_in1k"),
        ("azureml", "registries/azureml/models/Phi-4/versions/7", "microsoft/phi-4"),
    ],
)
def test_registries_name_the_model_itself(registry: str, name: str, weights: str) -> None:
    row = registry_model(registry, name)
    assert row is not None
    assert (row.hub_id or "").lower() == weights.lower()
