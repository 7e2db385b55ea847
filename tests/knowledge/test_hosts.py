"""Hosts, providers, regions and environment variables."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.knowledge import hosts, origins

KINDS = {"vendor-api", "inference-host", "aggregator", "router", "cloud", "gateway"}


@pytest.mark.parametrize(
    ("host", "provider", "operator", "contract", "processing"),
    [
        ("api.openai.com", "openai", "US", "US", ("US",)),
        ("api.deepseek.com", "deepseek", "CN", "CN", ("CN",)),
        ("api.z.ai", "zai", "CN", "SG", ("SG",)),
        ("dashscope-us.aliyuncs.com", "alibaba-us", "CN", "US", ()),
        ("api.mistral.ai", "mistral", "FR", "FR", ("EU",)),
        ("foo.openai.azure.com", "azure", "US", "US", ()),
        ("bedrock-runtime.eu-central-1.amazonaws.com", "bedrock", "US", "US", ("DE",)),
        ("europe-west4-aiplatform.googleapis.com", "vertex", "US", "US", ("NL",)),
        ("us-south.ml.cloud.ibm.com", "watsonx", "US", "US", ("US",)),
        ("x.eu-west-1.aws.endpoints.huggingface.cloud", "huggingface-endpoints", "US", "US", ("IE",)),
        ("inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com", "oci", "US", "US", ("DE",)),
        ("gigachat.devices.sberbank.ru", "gigachat", "RU", "RU", ("RU",)),
    ],
)
def test_operator_contract_and_processing_are_three_things(host, provider, operator, contract, processing):
    row = hosts.host(host)
    assert row is not None
    assert (row.provider, row.operator_country, row.contract_country) == (provider, operator, contract)
    assert row.processing_countries == processing


def test_the_flags_of_the_house_reach_its_hosts():
    def names(host):
        row = hosts.host(host)
        assert row is not None
        return {flag.list for flag in row.lists}

    assert "1260H" in names("dashscope.aliyuncs.com")
    assert "ndaa-1532" in names("api.deepseek.com")
    assert "ofac-sdn" in names("gigachat.devices.sberbank.ru")
    assert names("api.moonshot.cn") == set()


@pytest.mark.parametrize(
    "text",
    [
        "api.deepseek.com",
        "API.DeepSeek.com.",
        "https://api.deepseek.com/v1",
        "https://user:pw@api.deepseek.com:443/v1?x=1",
        "api.deepseek.com:443",
    ],
)
def test_a_host_is_read_out_of_a_url(text):
    row = hosts.host(text)
    assert row is not None
    assert row.provider == "deepseek"


@pytest.mark.parametrize(
    "text",
    [
        "localhost",
        "localhost:11434",
        "127.0.0.1:8000",
        "http://vllm:8000/v1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.5:1234",
        "100.64.1.1",
        "[::1]:8080",
        "fe80::1",
        "0.0.0.0:8000",
        "vllm.models.svc.cluster.local",
        "vllm.models.svc",
        "model-server.internal",
        "host.docker.internal:11434",
        "box.local",
    ],
)
def test_local_hosts(text):
    row = hosts.host(text)
    assert row is not None
    assert row.local
    assert row.operator_country is None
    assert row.to_core().local


@pytest.mark.parametrize(
    "text",
    [
        "api.example.com",
        "8.8.8.8",
        "",
        "   ",
        "https://",
        "evilapi.deepseek.com.attacker.io",
        "deepseek.com.evil.io",
        ".openai.azure.com",
    ],
)
def test_unknown_hosts_stay_unknown(text):
    assert hosts.host(text) is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("openai", "openai"),
        ("Fireworks_AI", "fireworks"),
        ("fireworks-ai", "fireworks"),
        ("vertex_ai", "vertex"),
        ("gemini", "google"),
        ("dashscope", "alibaba-cn"),
        ("together_ai", "together"),
        ("ChatAnthropic", "anthropic"),
        ("@ai-sdk/amazon-bedrock", "bedrock"),
        ("bedrock_converse", "bedrock"),
        ("ollama_chat", "ollama"),
        ("hosted_vllm", "vllm"),
    ],
)
def test_aliases(name, slug):
    assert hosts.canonical_provider(name) == slug


def test_provider_gives_the_usual_host():
    row = hosts.provider("together_ai")
    assert row is not None
    assert row.host == "api.together.xyz"
    assert hosts.provider("ollama") is None
    assert hosts.provider("no-such-provider") is None


@pytest.mark.parametrize(
    ("variable", "slug"),
    [
        ("OPENAI_API_KEY", "openai"),
        ("openai_api_key", "openai"),
        ("AZURE_OPENAI_ENDPOINT", "azure"),
        ("DASHSCOPE_API_KEY", "alibaba-cn"),
        ("ANTHROPIC_BASE_URL", "anthropic"),
        ("NEXT_PUBLIC_GROQ_API_KEY", "groq"),
        ("DEEPSEEK_TOKEN", "deepseek"),
        ("OPENROUTER_API_KEY_2", "openrouter"),
        ("OLLAMA_HOST", "ollama"),
        ("GITHUB_TOKEN", None),
        ("AWS_ACCESS_KEY_ID", None),
        ("DATABASE_URL", None),
        ("API_KEY", None),
        ("MY_SERVICE_API_KEY", None),
        ("A" * 5000 + "_API_KEY", None),
    ],
)
def test_environment_variables(variable, slug):
    assert hosts.provider_for_env(variable) == slug


def test_every_row_is_well_formed():
    slugs = {row.slug for row in hosts.provider_rows()}
    seen = set()
    for row in hosts.host_rows():
        assert row.pattern not in seen
        seen.add(row.pattern)
        assert row.pattern == row.pattern.lower()
        assert re.fullmatch(r"[a-z0-9*.-]+", row.pattern), row.pattern
        assert row.provider in slugs, row.pattern
        assert row.kind in KINDS, row.pattern
        assert row.confidence in origins.CONFIDENCE, row.pattern
        for country in (row.operator_country, row.contract_country):
            assert country is None or re.fullmatch(r"[A-Z]{2}", country), row.pattern
            assert country not in {"EU", "UK", "ZZ"}, row.pattern
        for country in row.processing_countries:
            assert re.fullmatch(r"[A-Z]{2}", country), row.pattern
        assert row.house is None or origins.house(row.house) is not None, row.pattern
        if "*" not in row.pattern:
            found = hosts.host(row.pattern)
            assert found is not None
            assert found.pattern == row.pattern
            assert row.base_url.startswith(f"https://{row.pattern}"), row.pattern


def test_every_provider_has_its_host_and_no_alias_means_two():
    patterns = {row.pattern for row in hosts.host_rows()}
    seen: dict[str, str] = {}
    variables: dict[str, str] = {}
    for row in hosts.provider_rows():
        assert row.host == "" or row.host in patterns, row.slug
        for alias in (row.slug, *row.aliases):
            key = alias.lower().replace("_", "-")
            assert seen.setdefault(key, row.slug) == row.slug, alias
        for variable in row.env:
            assert variables.setdefault(variable, row.slug) == row.slug, variable
            assert hosts.provider_for_env(variable) == row.slug


def test_needles_are_in_every_known_host():
    needles = hosts.host_needles()
    assert list(needles) == sorted(set(needles))
    for row in hosts.host_rows():
        example = row.pattern.replace("*", "x1")
        assert any(needle in example for needle in needles), row.pattern
    assert all(len(needle) >= 5 for needle in needles)


@given(st.text(max_size=80))
def test_any_text_may_be_asked(text):
    row = hosts.host(text)
    assert row is None or row.local or row.provider
    hosts.provider_for_env(text)
    hosts.canonical_provider(text)


@given(
    st.sampled_from([row.pattern for row in hosts.host_rows() if "*" in row.pattern]),
    st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True),
)
def test_a_pattern_matches_what_it_says(pattern, filling):
    row = hosts.host(pattern.replace("*", filling))
    assert row is not None


@pytest.mark.parametrize(
    ("name", "region", "processing"),
    [
        ("api-ap-southeast-1.modelarts-maas.com", "ap-southeast-1", ("HK",)),
        ("europe-west4-aiplatform.googleapis.com", "europe-west4", ("NL",)),
        ("eu-documentai.googleapis.com", "eu", ("EU",)),
        ("q.eu-central-1.amazonaws.com", "eu-central-1", ("DE",)),
        ("api.us-south.assistant.watson.cloud.ibm.com", "us-south", ("US",)),
    ],
)
def test_region_beside_the_service_in_one_label(name, region, processing):
    row = hosts.host(name)
    assert row is not None
    assert row.region == region
    assert row.processing_countries == processing


@pytest.mark.parametrize("name", ["SYNC_TOKEN", "BASE64_KEY", "FACTORY_API_URL", "CONTINUE_TOKEN", "CAPTIONS_KEY"])
def test_words_of_everyday_are_no_providers(name):
    assert hosts.provider_for_env(name) is None
