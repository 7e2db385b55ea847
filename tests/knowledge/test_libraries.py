"""The table of AI libraries: well-formed, sorted, unique, and looked up as the registries compare names."""

from __future__ import annotations

import re
from datetime import date

import pytest

from aicheck.knowledge.libraries import KINDS, ai_library, all_libraries


def test_rows_are_sorted_unique_and_complete() -> None:
    rows = all_libraries()
    keys = [(row.ecosystem, row.name) for row in rows]
    assert keys == sorted(set(keys))
    assert len(rows) >= 250
    for row in rows:
        assert row.kind in KINDS
        assert row.ecosystem in {"pypi", "npm", "golang", "cargo", "maven", "nuget", "conda"}
        assert row.name == row.name.lower()
        assert row.source
        assert date.fromisoformat(row.verified) <= date(2026, 11, 23)
        assert re.fullmatch(r"[a-z0-9.-]*", row.provider)


@pytest.mark.parametrize(
    ("ecosystem", "name", "kind", "provider"),
    [
        ("pypi", "OpenAI", "llm-client", "openai"),
        ("pypi", "sentence_transformers", "embedding", ""),
        ("pypi", "langchain-openai", "llm-client", "openai"),
        ("pypi", "langchain-whatever", "agent-framework", ""),
        ("conda", "vllm", "inference-engine", ""),
        ("npm", "@ai-sdk/anthropic", "llm-client", "anthropic"),
        ("npm", "@langchain/unheard-of", "agent-framework", ""),
        ("golang", "github.com/cohere-ai/cohere-go/v2", "llm-client", "cohere"),
        ("maven", "dev.langchain4j:langchain4j-ollama", "agent-framework", ""),
        ("nuget", "Microsoft.SemanticKernel.Connectors.Ollama", "agent-framework", ""),
        ("cargo", "candle-core", "inference-engine", ""),
    ],
)
def test_known_libraries(ecosystem: str, name: str, kind: str, provider: str) -> None:
    row = ai_library(ecosystem, name)
    assert row is not None
    assert (row.kind, row.provider) == (kind, provider)


@pytest.mark.parametrize(
    ("ecosystem", "name"), [("pypi", "requests"), ("npm", "react"), ("cargo", "serde"), ("npm", "langchainx")]
)
def test_ordinary_libraries_are_not(ecosystem: str, name: str) -> None:
    assert ai_library(ecosystem, name) is None
