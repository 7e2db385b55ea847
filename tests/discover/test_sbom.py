"""Foreign SBOMs become references; whatever is in them, nothing but a clear error comes out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicheck.core.evidence import GapReason
from aicheck.core.reference import Use
from aicheck.discover.sbom import read_sbom
from aicheck.errors import ConfigError

COMMIT = "a" * 40
CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [
        {"type": "library", "name": "openai", "purl": "pkg:pypi/OpenAI@1.54.0", "licenses": [{"license": {"id": "Apache-2.0"}}],
         "components": [{"type": "library", "name": "x", "purl": "pkg:npm/%40a/x@1.0.0"}]},
        {"type": "machine-learning-model", "name": "Qwen3-8B", "purl": f"pkg:huggingface/Qwen/Qwen3-8B@{COMMIT}"},
        {"type": "machine-learning-model", "group": "mistralai", "name": "Mistral-7B-v0.1"},
        {"type": "machine-learning-model", "name": "m.gguf", "hashes": [{"alg": "SHA-256", "content": "b" * 64}]},
        {"type": "machine-learning-model", "name": "Our secret model"},
        {"type": "data", "group": "squad", "name": "squad_v2"},
        {"type": "container", "name": "q", "purl": "pkg:oci/qwen3?repository_url=registry.ollama.ai/library/qwen3&tag=8b"},
        {"type": "file", "name": "readme"},
        "nonsense",
    ],
    "services": [{"name": "api", "endpoints": ["https://api.deepseek.com/v1"]}, {"endpoints": [1, "http://[bad"]}],
}  # fmt: skip


def test_cyclonedx() -> None:
    references, gaps = read_sbom(json.dumps(CYCLONEDX).encode(), "bom.json")
    assert [str(item.target) for item in references] == [
        "pkg:pypi/openai@1.54.0",
        "pkg:npm/%40a/x@1.0.0",
        "hf:Qwen/Qwen3-8B",
        "hf:mistralai/Mistral-7B-v0.1",
        "file:m.gguf",
        "hf-dataset:squad/squad_v2",
        "ollama:qwen3:8b",
        "endpoint:api.deepseek.com",
    ]
    assert references[0].attribute("license") == "Apache-2.0"
    assert references[0].attribute("ai") == "llm-client"
    assert references[0].occurrence.use is Use.DEPENDENCY
    assert references[2].attribute("revision") == COMMIT
    assert references[4].attribute("sha256") == "b" * 64
    assert [(gap.subject, gap.reason) for gap in gaps] == [("Our secret model", GapReason.UNKNOWN_NAME)]


def test_spdx() -> None:
    two = {
        "spdxVersion": "SPDX-2.3",
        "packages": [
            {"name": "torch", "licenseConcluded": "NOASSERTION", "licenseDeclared": "BSD-3-Clause",
             "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/torch@2.5"}]},
        ],
    }  # fmt: skip
    references, _ = read_sbom(json.dumps(two).encode(), "x.spdx.json")
    assert [(str(item.target), item.attribute("license")) for item in references] == [
        ("pkg:pypi/torch@2.5", "BSD-3-Clause")
    ]
    three = {
        "@graph": [
            {"type": "software_Package", "name": "torch", "software_packageUrl": "pkg:pypi/torch@2.5"},
            {"type": "ai_AIPackage", "name": "Qwen/Qwen3-8B"},
            {"type": "dataset_DatasetPackage", "name": "squad/squad_v2"},
        ]
    }
    references, _ = read_sbom(json.dumps(three).encode(), "x.json")
    assert [str(item.target) for item in references] == [
        "pkg:pypi/torch@2.5",
        "hf:Qwen/Qwen3-8B",
        "hf-dataset:squad/squad_v2",
    ]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"<xml/>", b'{"a":' * 100_000, b"\xff\xfe"])
def test_what_is_no_sbom_is_a_clear_error(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"b\.json"):
        read_sbom(data, "b.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("pkg:pypi/x@1"),
    lambda x: st.lists(x, max_size=3)
    | st.dictionaries(
        st.sampled_from(["components", "purl", "type", "name", "licenses", "license", "hashes", "services", "endpoints", "packages",
                         "externalRefs", "@graph", "externalIdentifier"]), x, max_size=4),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(JSON, st.sampled_from([{"bomFormat": "CycloneDX"}, {"spdxVersion": "SPDX-2.3"}, {}]))
def test_hostile_documents(value: object, head: dict[str, object]) -> None:
    document = {
        **(value if isinstance(value, dict) else {"components": value, "packages": value, "@graph": [value]}),
        **head,
    }
    try:
        read_sbom(json.dumps(document).encode(), "b.json")
    except ConfigError:
        return
