"""The whole of `resolve` on the embedded catalog, without any network."""

from __future__ import annotations

import pytest

from aicheck.core.evidence import Absent, GapReason, Known, Unseen
from aicheck.core.reference import Inventory, Occurrence, Reference, Use
from aicheck.core.target import HostedModel, HubModel, Library, RegistryModel
from aicheck.resolve import open_sources, resolve, resolve_targets

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def _reference(target, line=1, use=Use.LOAD, **attributes):
    place = Occurrence("app.py", line, 1, 2, str(target), "from_pretrained", "test", use)
    return Reference(target, place, 0.9, tuple(sorted(attributes.items())))


def _resolve(*references):
    return resolve(Inventory(".", tuple(references), ()), open_sources(offline=True, today="2026-11-23"))


def _show(target):
    (component,) = resolve_targets([target], open_sources(offline=True, today="2026-11-23"))
    return component


def test_a_concealed_chain_reaches_its_root() -> None:
    component = _show(HubModel("nvidia/OpenReasoning-Nemotron-7B"))
    chain = [(ancestor.id, ancestor.depth, ancestor.root) for ancestor in component.lineage.ancestors]
    assert chain == [("Qwen/Qwen2.5-7B-Instruct", 1, False), ("Qwen/Qwen2.5-7B", 2, True)]
    assert isinstance(component.lineage.complete, Known)
    assert [row.id for row in component.lineage.data] == ["deepseek-ai/DeepSeek-R1-0528"]
    assert isinstance(component.developer, Known)
    assert component.developer.value.country == "US"


def test_references_to_one_model_are_one_component_with_all_revisions() -> None:
    first = _reference(HubModel("Qwen/Qwen3-8B"), 1, revision=COMMIT)
    second = _reference(HubModel("qwen/qwen3-8b"), 2)
    (component,) = _resolve(first, second)
    assert component.references == (first, second)
    assert component.revision.requested == ("", COMMIT)
    assert not component.revision.pinned


def test_a_pinned_model_has_its_commit_in_the_purl() -> None:
    (component,) = _resolve(_reference(HubModel("Qwen/Qwen3-8B"), revision=COMMIT.upper()))
    assert component.purl == component.ref == f"pkg:huggingface/Qwen/Qwen3-8B@{COMMIT}"
    assert component.revision.pinned


def test_a_legacy_id_is_the_model_that_answers_for_it() -> None:
    component = _show(HubModel("gpt2"))
    assert component.resolved_id == "openai-community/gpt2"
    assert component.purl is not None
    assert component.purl.startswith("pkg:huggingface/openai-community/gpt2")


def test_two_ids_of_one_model_become_one_component() -> None:
    components = _resolve(_reference(HubModel("gpt2"), 1), _reference(HubModel("openai-community/gpt2"), 2))
    assert len(components) == 1
    assert len(components[0].references) == 2


def test_the_unknown_stays_a_gap() -> None:
    component = _show(HubModel("nobody-at-all/never-heard-of"))
    assert [gap.reason for gap in component.gaps] == [GapReason.OFFLINE]
    assert isinstance(component.lineage.complete, Unseen)
    assert isinstance(component.license, Unseen)
    assert component.answered_by is None


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("abacusai/Smaug-72B-v0.1", "knowledge"),
        # Patterns and namespaces fit names that do not exist as well.
        ("EuroBERT/EuroBERT-999m", None),
        ("meta-llama/Llama-9-unknown", None),
    ],
)
def test_a_row_about_the_very_model_is_an_answer(name: str, source: str | None) -> None:
    component = _show(HubModel(name))
    assert component.answered_by == source
    assert component.gaps


def test_other_kinds_come_through() -> None:
    library = Library("pkg:pypi/transformers@4.50.0")
    components = _resolve(
        _reference(library, 1),
        _reference(HostedModel("openai", "gpt-4o"), 2),
        _reference(RegistryModel("ollama", "qwen3", "8b"), 3),
    )
    by_target = {str(component.target): component for component in components}
    assert by_target[str(library)].version == "4.50.0"
    assert isinstance(by_target[str(library)].hosting, Absent)
    assert (
        by_target["ollama:qwen3:8b"].purl == "pkg:oci/qwen3?repository_url=registry.ollama.ai/library/qwen3&tag=8b"
    )
    assert len({component.ref for component in components}) == 3
