"""`aicheck verify` against a loopback Hub on which something happened since the lock was written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aicheck.cli.app import app
from hub.server import FakeHub, weights

pytestmark = pytest.mark.network
A, B = "a" * 40, "b" * 40
MODEL = "someone/some-model"


def add(hub: FakeHub, **fields: Any) -> None:
    card = fields.pop("cardData", {"license": "mit", "base_model": "Qwen/Qwen2.5-7B"})
    hub.add(
        MODEL,
        **{
            "sha": A,
            "cardData": card,
            "files": ["config.json", weights("model.safetensors", "1" * 64)],
            "securityRepoStatus": {"scansDone": True, "filesWithIssues": []},
            **fields,
        },
    )


@pytest.fixture
def project(fake_hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_ENDPOINT", fake_hub.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "AICHECK_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "project"
    place.mkdir()
    (place / "app.py").write_text(f'from transformers import AutoModel\nAutoModel.from_pretrained("{MODEL}")\n')
    add(fake_hub)
    done = run("lock", place)
    assert done.exit_code == 0, done.output
    return place


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def verified(project: Path, *more: str) -> tuple[int, dict[str, Any]]:
    done = run("verify", project, "-f", "json", *more)
    assert done.stdout, done.exception
    return done.exit_code, json.loads(done.stdout)


def kinds(document: dict[str, Any]) -> set[str]:
    return {change["kind"] for entry in document["changed"] for change in entry["changes"]}


def test_nothing_happened(project: Path) -> None:
    code, document = verified(project)
    assert (code, document["unchanged"], document["changed"]) == (0, [f"hf:{MODEL}"], [])


def _delete(hub: FakeHub) -> None:
    del hub.models[MODEL]


def _move(hub: FakeHub) -> None:
    add(hub)
    hub.models["other/name"] = {**hub.models.pop(MODEL), "id": "other/name"}
    hub.redirects[MODEL] = "other/name"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (lambda hub: add(hub, sha=B), {"revision"}),
        (lambda hub: add(hub, cardData={"license": "cc-by-nc-4.0", "base_model": "Qwen/Qwen2.5-7B"}), {"license"}),
        (lambda hub: add(hub, cardData={"base_model": "Qwen/Qwen2.5-7B"}), {"license"}),
        (lambda hub: add(hub, cardData={"license": "mit", "base_model": "microsoft/phi-4"}), {"lineage"}),
        (lambda hub: add(hub, files=["config.json", weights("model.safetensors", "2" * 64)]), {"files"}),
        (
            lambda hub: add(hub, files=["config.json", weights("model.safetensors", "1" * 64), weights("x.bin", "3" * 64)]),
            {"files"},
        ),
        (lambda hub: add(hub, gated="manual"), {"gated"}),
        (lambda hub: add(hub, disabled=True), {"disabled"}),
        (lambda hub: add(hub, createdAt="2026-11-01T00:00:00.000Z"), {"recreated"}),
        (
            lambda hub: add(
                hub,
                securityRepoStatus={
                    "scansDone": True,
                    "filesWithIssues": [{"path": "model.safetensors", "level": "unsafe"}],
                },
            ),
            {"security"},
        ),
        (_delete, {"deleted"}),
        (_move, {"moved"}),
    ],
    ids=[
        "revision", "license", "license-gone", "lineage", "files", "more-files", "gated", "disabled", "recreated",
        "security", "deleted", "moved",
    ],
)  # fmt: skip
def test_what_happened_is_named(
    project: Path, fake_hub: FakeHub, event: Callable[[FakeHub], None], expected: set[str]
) -> None:
    event(fake_hub)
    code, document = verified(project)
    assert expected <= kinds(document)
    assert code == 1
    # A licence of the base may come to bear with another base; nothing else changes besides what happened.
    assert kinds(document) <= expected | ({"origin", "license"} if expected & {"lineage", "moved"} else set())
    if expected == kinds(document):
        assert verified(project, "--ignore", next(iter(expected)))[0] == 0
    assert run("verify", project).stdout.startswith(f"hf:{MODEL}\n")


def test_files_under_the_same_commit_are_said_to_be_so(project: Path, fake_hub: FakeHub) -> None:
    add(fake_hub, files=["config.json", weights("model.safetensors", "2" * 64)])
    (entry,) = verified(project)[1]["changed"]
    assert entry["changes"][0]["detail"] == "under the same commit"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((429, b"", {"RateLimit": '"api";r=0;t=295'}), "rate-limited"),
        ((503, b"", {}), "unreachable"),
    ],
)
def test_what_cannot_be_asked_is_never_a_pass(
    project: Path, fake_hub: FakeHub, monkeypatch: pytest.MonkeyPatch, reply: Any, reason: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    fake_hub.special[MODEL] = lambda _: reply
    code, document = verified(project)
    assert code == 3
    assert [each["reason"] for each in document["not_compared"]] == [reason]
    assert not document["changed"]


def test_offline_is_inconclusive(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert verified(project)[0] == 3


def test_a_commit_that_is_gone(project: Path, fake_hub: FakeHub) -> None:
    (project / "app.py").write_text(
        f'from transformers import AutoModel\nAutoModel.from_pretrained("{MODEL}", revision="{A}")\n'
    )
    assert run("lock", project).exit_code == 0
    assert verified(project)[0] == 0
    add(fake_hub, sha=B)
    code, document = verified(project)
    assert (code, kinds(document)) == (1, {"revision"})


def test_a_bom_is_verified_as_well(project: Path, fake_hub: FakeHub, tmp_path: Path) -> None:
    bom, report = tmp_path / "bom.cdx.json", tmp_path / "report.json"
    run("scan", project, "-o", f"cyclonedx={bom}", "-o", f"json={report}", "-q")
    for document in (bom, report):
        assert run("verify", document).exit_code == 0, run("verify", document).output
    add(fake_hub, sha=B)
    for document in (bom, report):
        assert kinds(verified(document)[1]) == {"revision"}
