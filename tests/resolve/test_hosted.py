"""Hosting facts."""

from __future__ import annotations

from aicheck.core.evidence import Absent, GapReason, Known, Unseen
from aicheck.core.target import Endpoint, HostedModel, HubModel, RegistryModel
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Sources, resolve_targets
from aicheck.resolve.hosted import hosting_fact


def value(target):
    fact = hosting_fact(target)
    assert isinstance(fact, Known)
    return fact.value


def test_nothing_is_hosted_by_others():
    assert isinstance(hosting_fact(HubModel("Qwen/Qwen3-8B")), Absent)


def test_endpoint():
    hosting = value(Endpoint("api.deepseek.com"))
    assert (hosting.operator_country, hosting.processing_countries) == ("CN", ("CN",))
    fact = hosting_fact(Endpoint("api.example.net"))
    assert isinstance(fact, Unseen)
    assert fact.gap.reason is GapReason.UNKNOWN_NAME


def test_the_host_in_the_code_beats_the_providers_usual_one():
    assert value(HostedModel("openai", "deepseek-chat", "api.deepseek.com")).operator_country == "CN"
    assert value(HostedModel("openai", "gpt-4o")).host == "api.openai.com"
    assert value(HostedModel("openai", "llama", "localhost:8000")).local
    fact = hosting_fact(HostedModel("openai", "gpt-4o", "gateway.example.net"))
    assert isinstance(fact, Unseen)


def test_unbound_and_unknown_providers():
    fact = hosting_fact(HostedModel(None, "gpt-4o"))
    assert isinstance(fact, Unseen)
    assert fact.gap.reason is GapReason.UNBOUND
    fact = hosting_fact(HostedModel("who-is-that", "gpt-4o"))
    assert isinstance(fact, Unseen)
    assert fact.gap.reason is GapReason.UNKNOWN_NAME


def test_self_hosted_providers_are_local():
    hosting = value(HostedModel("ollama", "qwen3:8b"))
    assert hosting.local
    assert hosting.operator_country is None


def test_bedrock_profiles_say_where():
    assert value(HostedModel("bedrock", "eu.anthropic.claude-sonnet-4")).processing_countries == ("EU",)
    assert value(HostedModel("bedrock", "anthropic.claude-sonnet-4")).processing_countries == ()
    host = "bedrock-runtime.us-east-1.amazonaws.com"
    assert value(HostedModel("bedrock", "deepseek.r1-v1:0", host)).processing_countries == ("US",)
    assert value(HostedModel("bedrock", "global.anthropic.claude-sonnet-4", host)).processing_countries == ()


def test_model_studio_in_virginia_is_global_unless_the_name_says_us():
    host = "dashscope-us.aliyuncs.com"
    assert value(HostedModel("alibaba", "qwen-plus", host)).processing_countries == ()
    assert value(HostedModel("alibaba", "qwen-plus-us", host)).processing_countries == ("US",)


def test_routers_say_that_they_route():
    assert value(HostedModel("openrouter", "moonshotai/kimi-k2")).router


def test_account_hosts_are_not_pretended():
    assert value(HostedModel("azure", "gpt-4o")).host is None


def test_who_puts_a_copy_into_a_registry_did_not_develop_it():
    names = ("hf.co/bartowski/Qwen2.5-7B-Instruct-GGUF", "hf.co/unsloth/DeepSeek-R1-GGUF")
    for name, maker in zip(names, ("Qwen", "DeepSeek"), strict=True):
        (found,) = resolve_targets([RegistryModel("ollama", name, "Q4_K_M")], Sources(catalog=open_catalog()))
        assert isinstance(found.developer, Known)
        assert maker in found.developer.value.name
        assert found.developer.value.country == "CN"
        assert isinstance(found.publisher, Known)
        assert f"/{found.publisher.value.namespace}/" in name
