"""Names that were taken again, mirrors that lie about hashes, what the Hub says of a publisher, local copies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aicheck.core.component import Component
from aicheck.core.evidence import Disputed, Known, Unseen
from aicheck.core.reference import Inventory, Occurrence, Reference, Use
from aicheck.core.target import HostedModel, HubModel, WeightsFile
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Hub, HubSettings, Sources, resolve, resolve_targets
from hub.server import FakeHub, weights

pytestmark = pytest.mark.network


def sources(fake_hub: FakeHub, tmp_path: Path, *, overviews: bool = False) -> Sources:
    hub = Hub(HubSettings(endpoint=fake_hub.url), cache=tmp_path / "hub.sqlite", today="2026-11-23")
    return Sources(catalog=open_catalog(), hub=hub, offline=False, today="2026-11-23", overviews=overviews)


def ask(fake_hub: FakeHub, tmp_path: Path, repo: str, *, overviews: bool = False) -> Component:
    (found,) = resolve_targets([HubModel(repo)], sources(fake_hub, tmp_path, overviews=overviews))
    return found


def recorded() -> tuple[str, str, str]:
    """A model on record with a commit and hashes: id, commit, path of a file with a hash."""
    for record in open_catalog().records():
        hashed = next(
            (file.path for file in record.files if file.sha256 and file.path.endswith(".safetensors")), None
        )
        if record.commit and hashed and record.created and len(record.created) == 10:
            return record.id, record.commit, hashed
    raise AssertionError


def test_a_name_taken_again_is_told(fake_hub: FakeHub, tmp_path: Path) -> None:
    repo, _, _ = recorded()
    fake_hub.add(repo, createdAt="2026-11-20T00:00:00.000Z")
    found = ask(fake_hub, tmp_path, repo)
    assert found.availability == "recreated"
    assert any("made anew" in gap.detail for gap in found.gaps)


def test_the_same_repository_is_not(fake_hub: FakeHub, tmp_path: Path) -> None:
    repo, _, _ = recorded()
    held = open_catalog().get(repo)
    assert held is not None
    fake_hub.add(repo, createdAt=f"{held.created}T00:00:00.000Z")
    assert ask(fake_hub, tmp_path, repo).availability == "available"


def test_a_mirror_that_lies_about_a_hash_is_disputed(fake_hub: FakeHub, tmp_path: Path) -> None:
    repo, commit, path = recorded()
    fake_hub.add(repo, sha=commit, files=[weights(path, "f" * 64)])
    found = ask(fake_hub, tmp_path, repo)
    assert isinstance(found.weights, Disputed)
    assert {claim.source.value for claim in found.weights.claims} == {"file-list", "registry"}


def test_another_commit_may_have_other_bytes(fake_hub: FakeHub, tmp_path: Path) -> None:
    repo, _, path = recorded()
    fake_hub.add(repo, sha="9" * 40, files=[weights(path, "f" * 64)])
    assert isinstance(ask(fake_hub, tmp_path, repo).weights, Known)


def overview(fake_hub: FakeHub, answer: object) -> None:
    original = fake_hub.answer

    def reply(handler):
        if handler.path.startswith("/api/organizations/"):
            return 200, json.dumps(answer).encode(), {}
        return original(handler)

    fake_hub.answer = reply  # type: ignore[method-assign]


@pytest.mark.parametrize(("verified", "word"), [(True, "verified by the Hub"), (False, "not verified by the Hub")])
def test_the_hub_is_asked_who_publishes(fake_hub: FakeHub, tmp_path: Path, *, verified: bool, word: str) -> None:
    fake_hub.add("Qwen/Qwen9-1B")
    overview(fake_hub, {"name": "Qwen", "fullname": "Qwen", "isVerified": verified})
    found = ask(fake_hub, tmp_path, "Qwen/Qwen9-1B", overviews=True)
    assert isinstance(found.publisher, Known)
    assert found.publisher.claims[-1].note.startswith(word)


@pytest.mark.parametrize("answer", [None, 7, [], {}, {"name": 5, "isVerified": "yes"}, {"name": "other"}])
def test_odd_overviews_say_nothing(fake_hub: FakeHub, tmp_path: Path, answer: object) -> None:
    fake_hub.add("nobody-knows-them/m")
    overview(fake_hub, answer)
    assert isinstance(ask(fake_hub, tmp_path, "nobody-knows-them/m", overviews=True).publisher, Unseen)


def test_an_unknown_publisher_stays_unknown_though_the_hub_names_it(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("nobody-knows-them/m")
    overview(fake_hub, {"name": "nobody-knows-them", "fullname": "Nobody Ltd", "isVerified": True})
    publisher = ask(fake_hub, tmp_path, "nobody-knows-them/m", overviews=True).publisher
    assert isinstance(publisher, Unseen)
    assert "verified by the Hub as 'Nobody Ltd'" in publisher.gap.detail


@pytest.mark.parametrize(("local", "status"), [("a" * 64, "verified"), ("b" * 64, "modified"), (None, "unknown")])
def test_local_files_against_the_listing(
    fake_hub: FakeHub, tmp_path: Path, local: str | None, status: str
) -> None:
    fake_hub.add("new-house/m", files=[weights("model.safetensors", "a" * 64)])
    target = WeightsFile("weights/model.safetensors", local)
    where = Occurrence("weights/model.safetensors", 1, 1, 1, "", "", "weights", Use.LOAD)
    reference = Reference(target, where, 1.0, (("repo", "new-house/m"),))
    (found,) = resolve(Inventory(".", (reference,), ()), sources(fake_hub, tmp_path))
    assert isinstance(found.weights, Known)
    assert found.weights.value.files[0].status == status
    assert (found.resolved_id == "new-house/m") is (status == "verified")


def test_a_served_model_made_from_open_weights() -> None:
    (found,) = resolve_targets([HostedModel("cursor", "composer-2")], Sources(catalog=open_catalog()))
    assert found.lineage.ancestors[0].id == "moonshotai/Kimi-K2.5"
    assert isinstance(found.developer, Known)
    assert found.developer.value.country == "US"
