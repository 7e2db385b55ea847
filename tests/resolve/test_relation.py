"""The relation to a base that the card only names, read off the repository: each sign by itself, and which comes first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from aicheck.core.component import Relation
from aicheck.core.evidence import Claim, ClaimSource, Disputed, Gap, GapReason, Known, Unseen
from aicheck.core.target import HubModel
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Sources, resolve_targets
from aicheck.resolve.lineage import _completeness, _guess_relation, _same_bytes
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


def _catalog(**others: str) -> Any:
    """A catalogue that knows who has the same weights, and since when."""
    created = {repo.replace("__", "/"): day for repo, day in others.items()}
    return SimpleNamespace(
        by_sha256=lambda _: [(repo, "model.safetensors") for repo in created],
        get=lambda repo: SimpleNamespace(created=created[repo]) if created.get(repo) else None,
    )


def _copy(created: str | None, size: int = 1 << 30, path: str = "model.safetensors", by: str = "hub") -> Any:
    file = SimpleNamespace(sha256="a" * 64, path=path, size=size)
    return SimpleNamespace(id="acme/copy", answered_by=by, files=[SimpleNamespace(sha256=None, path="README.md", size=1), file], created=created)  # fmt: skip


def test_same_bytes_are_a_copy_of_the_older() -> None:
    base = _same_bytes(_copy("2025-05-01"), _catalog(acme__copy="2025-05-01", first__one="2024-01-01"))
    assert base is not None
    assert (base.id, base.relation, base.declared) == ("first/one", Relation.COPY, False)
    assert base.note == "model.safetensors is first/one/model.safetensors, byte for byte"
    for seen in (
        None,
        "2025-05-01",
    ):  # of the same day, or of a day that is not known: no proof that it is younger
        assert _same_bytes(_copy("2025-05-01"), _catalog(first__one=seen or "")) is not None
    assert _same_bytes(_copy("2025-05-01"), _catalog(later__one="2026-01-01")) is None
    assert _same_bytes(_copy("2025-05-01"), _catalog(Acme__Copy="2024-01-01")) is None
    for other in (_copy("2025-05-01", size=10), _copy("2025-05-01", path="data.csv"), _copy("2025-05-01", by="catalog")):  # fmt: skip
        assert _same_bytes(other, _catalog(first__one="2024-01-01")) is None


def _ancestor(name: str, source: ClaimSource, *, declared: bool = False, root: bool = True) -> Any:
    claim = SimpleNamespace(source=source)
    return SimpleNamespace(id=name, declared=declared, root=root, claims=(claim,), confidence=0.55)


def test_a_lineage_is_whole_only_where_nothing_is_guessed() -> None:
    here: Any = SimpleNamespace(id="acme/one")
    sure = _ancestor("b/root", ClaimSource.REGISTRY)
    whole = _completeness(here, [_ancestor("c/mid", ClaimSource.NAME, declared=True, root=False), sure], [], [])
    assert isinstance(whole, Known)
    assert whole.value is True
    assert [(claim.source, claim.locator) for claim in whole.claims] == [(ClaimSource.REGISTRY, "families:b/root")]
    for source in (ClaimSource.INFERENCE, ClaimSource.NAME, ClaimSource.CONFIG):
        guessed = _completeness(here, [sure, _ancestor("x/guess", source)], [], [])
        assert isinstance(guessed, Unseen)
        assert guessed.gap.subject == "hf:acme/one#lineage"
        assert guessed.gap.detail == "x/guess is inferred with confidence 0.55"
    gap = Gap("hf:acme/one#lineage", GapReason.NOT_STATED, "an end")
    assert _completeness(here, [sure], [gap], []) == Unseen(gap)
    claims: list[Claim[bool]] = [
        Claim(value=True, source=ClaimSource.CARD, confidence=0.9),
        Claim(value=False, source=ClaimSource.REGISTRY, confidence=0.9),
    ]
    assert _completeness(here, [sure], [gap], claims) == Disputed(tuple(claims))


def test_a_gguf_beside_a_houses_own_weights_makes_no_quantised_copy() -> None:
    """The Hub calls `norallm/normistral-11b-warm` quantised from Mistral Nemo; Oslo trained it on."""
    (found,) = resolve_targets([HubModel("norallm/normistral-11b-warm")], Sources(open_catalog(), offline=True))
    assert isinstance(found.developer, Known)
    assert found.developer.value.country == "NO"
    assert found.lineage.ancestors[0].relation is Relation.FINETUNE
