"""The relation to a base that the card only names, read off the repository: each sign by itself, and which comes first."""

from __future__ import annotations

from typing import Any

import pytest

from aicheck.core.component import Relation
from aicheck.resolve.lineage import _guess_relation
from aicheck.resolve.records import from_hub
from tests.hub.server import record

PLAIN = ["README.md", "config.json", "model.safetensors"]


@pytest.mark.parametrize(
    ("repo", "fields", "count", "relation"),
    [
        ("acme/one", {}, 1, Relation.FINETUNE),
        ("acme/one", {"files": []}, 1, Relation.FINETUNE),
        ("acme/one", {"files": [*PLAIN, "adapter_config.json"]}, 1, Relation.ADAPTER),
        ("acme/one", {"files": [*PLAIN, "checkpoint-5/adapter_config.json"]}, 1, Relation.ADAPTER),
        ("acme/one", {"library_name": "peft"}, 1, Relation.ADAPTER),
        ("acme/one", {"tags": ["lora"]}, 1, Relation.ADAPTER),
        ("acme/one-gguf", {"tags": ["lora", "merge"]}, 2, Relation.ADAPTER),
        ("acme/one", {"tags": ["merge"]}, 2, Relation.MERGE),
        ("acme/one", {"tags": ["mergekit"]}, 2, Relation.MERGE),
        ("acme/one", {"tags": ["mergekit"]}, 1, Relation.FINETUNE),
        ("acme/one-awq", {"tags": ["merge"]}, 2, Relation.MERGE),
        ("acme/One-AWQ", {}, 1, Relation.QUANTIZED),
        ("acme/one-GPTQ-Int4", {}, 1, Relation.QUANTIZED),
        ("acme/one", {"files": ["README.md", "config.json", ".gitattributes", "one.gguf"]}, 1, Relation.QUANTIZED),
        ("acme/one", {"files": ["README.md", "config.json", ".gitattributes"]}, 1, Relation.FINETUNE),
        ("acme/one", {"files": ["one.gguf", "model.safetensors"]}, 1, Relation.FINETUNE),
    ],
)
def test_relation(repo: str, fields: dict[str, Any], count: int, relation: Relation) -> None:
    found = from_hub(record(repo, **fields), repo, seen="2026-11-23", endpoint="https://huggingface.co")
    assert found is not None
    assert _guess_relation(found, count) is relation
