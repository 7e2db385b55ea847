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


# -- what the code pins ------------------------------------------------------------------------------------------


@pytest.fixture
def pinned(project: Path, fake_hub: FakeHub) -> Path:
    code = f'from transformers import AutoModel\nAutoModel.from_pretrained("{MODEL}", revision="{A}")\n'
    (project / "app.py").write_text(code)
    assert run("lock", project).exit_code == 0
    fake_hub.history[MODEL, A] = fake_hub.models[MODEL]
    return project


def main_kinds(document: dict[str, Any]) -> set[str]:
    return {change["kind"] for entry in document["main_differs"] for change in entry["changes"]}


def test_a_pin_is_compared_at_the_pin_and_main_is_said_besides(pinned: Path, fake_hub: FakeHub) -> None:
    code, document = verified(pinned)
    assert (code, document["unchanged"], document["main_differs"]) == (0, [f"hf:{MODEL}"], [])
    card = {"license": "cc-by-nc-4.0", "base_model": "microsoft/phi-4"}
    add(fake_hub, sha=B, cardData=card, files=["config.json", weights("model.safetensors", "2" * 64)])
    code, document = verified(pinned)
    assert (code, document["changed"], document["unchanged"]) == (0, [], [f"hf:{MODEL}"])
    assert {"revision", "license", "lineage", "files"} <= main_kinds(document)
    assert verified(pinned, "--main")[0] == 1
    assert verified(pinned, "--main", *(f"--ignore={kind}" for kind in main_kinds(document)))[0] == 0
    text = run("verify", pinned).output
    assert f"hf:{MODEL}: main differs from the pin\n" in text
    assert f"{A} → {B}" in text


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"gated": "manual"}, {"gated"}),
        ({"disabled": True}, {"disabled"}),
        ({"createdAt": "2026-11-01T00:00:00.000Z"}, {"recreated"}),
        ({"files": ["config.json", weights("model.safetensors", "2" * 64)]}, {"files"}),
        (
            {
                "securityRepoStatus": {
                    "scansDone": True,
                    "filesWithIssues": [{"path": "model.safetensors", "level": "unsafe"}],
                }
            },
            {"security"},
        ),
    ],
    ids=["gated", "disabled", "recreated", "files", "security"],
)
def test_what_happens_to_the_pinned_state_itself_is_a_change(
    pinned: Path, fake_hub: FakeHub, event: dict[str, Any], expected: set[str]
) -> None:
    add(fake_hub, **event)
    fake_hub.history[MODEL, A] = fake_hub.models[MODEL]
    code, document = verified(pinned)
    assert (code, kinds(document), document["main_differs"]) == (1, expected, [])


def test_a_pin_that_is_gone_or_a_repository_that_is_gone(pinned: Path, fake_hub: FakeHub) -> None:
    fake_hub.history.clear()
    add(fake_hub, sha=B)
    code, document = verified(pinned)
    assert (code, kinds(document)) == (1, {"revision"})
    (change,) = document["changed"][0]["changes"]
    assert (change["before"], change["after"]) == (A, None)
    _delete(fake_hub)
    code, document = verified(pinned)
    assert (code, kinds(document), document["main_differs"]) == (1, {"deleted"}, [])


def test_main_that_cannot_be_asked_is_no_pass(pinned: Path, fake_hub: FakeHub) -> None:
    def limited(handler: Any) -> Any:
        if "/revision/" in handler.path:
            return 200, json.dumps(fake_hub.models[MODEL]).encode(), {}
        return 429, b"", {"RateLimit": '"api";r=0;t=295'}

    fake_hub.special[MODEL] = limited
    code, document = verified(pinned)
    assert (code, document["changed"]) == (3, [])
    assert document["not_compared"][0]["reason"] == "rate-limited"


# -- datasets ----------------------------------------------------------------------------------------------------

DATA = "someone/some-data"


@pytest.fixture
def trained(project: Path, fake_hub: FakeHub) -> Path:
    fake_hub.datasets[DATA] = {"id": DATA, "sha": A, "tags": ["license:mit"], "cardData": {"license": "mit"}}
    code = f'from datasets import load_dataset\nload_dataset("{DATA}", split="train")\n'
    (project / "app.py").write_text(code)
    assert run("lock", project).exit_code == 0
    return project


def test_datasets_are_locked_verified_and_pinned(trained: Path, fake_hub: FakeHub) -> None:
    block = json.loads((trained / "aicheck.lock").read_text())["components"][f"hf-dataset:{DATA}"]
    assert (block["revision"], block["license"]["expression"]) == (A, "MIT")
    assert verified(trained)[0] == 0
    asked = fake_hub.asked.total()
    assert "--- a/app.py" in run("fix", trained, "--locked").stdout
    assert fake_hub.asked.total() == asked
    assert run("fix", trained, "--write", "--locked").exit_code == 0
    assert f'load_dataset("{DATA}", revision="{A}", split="train")' in (trained / "app.py").read_text()
    done = run("scan", trained, "--locked", "-f", "json")
    assert '"not-locked"' not in done.stdout
    fake_hub.datasets[DATA] = {"id": DATA, "sha": B, "cardData": {"license": "cc-by-nc-4.0"}}
    code, document = verified(trained)
    # The pin is gone, and main says something else.
    assert (code, kinds(document), main_kinds(document)) == (1, {"revision"}, {"revision", "license"})
    del fake_hub.datasets[DATA]
    assert kinds(verified(trained)[1]) == {"deleted"}


def test_a_dataset_pinned_elsewhere_is_not_what_was_locked(trained: Path) -> None:
    code = f'from datasets import load_dataset\nload_dataset("{DATA}", revision="{B}")\n'
    (trained / "app.py").write_text(code)
    done = run("scan", trained, "--locked", "-f", "json")
    assert '"not-locked"' in done.stdout
    assert done.exit_code == 3


def test_a_scan_asks_for_no_datasets(project: Path, fake_hub: FakeHub) -> None:
    (project / "app.py").write_text(f'from datasets import load_dataset\nload_dataset("{DATA}")\n')
    (project / "aicheck.lock").unlink()
    run("scan", project)
    assert not any(path.startswith("/api/datasets") for path in fake_hub.asked)
