"""Every field of the Hub's answer with every wrong type, through the whole command: no traceback, an honest gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aicheck.cli.app import app
from hub.server import FakeHub, full

pytestmark = pytest.mark.network

DEEP: Any = []
for _ in range(300):
    DEEP = [DEEP]

VALUES: dict[str, Any] = {
    "null": None,
    "number": 7,
    "negative": -1,
    "beyond-64-bits": 10**400,
    "fraction": 1.5,
    "true": True,
    "text": "x",
    "empty": "",
    "mixed": [1, None, {"a": []}],
    "texts": ["a", "b\x00c"],
    "map": {"a": {"b": [1]}},
    "huge": "A" * 200_000,
    "control": "a\x00\x1b[31m\x07\r\nb",
    "bidi": "\u202eevil\u2066x",
    "half-a-character": "\ud800x",
    "markup": "<script>alert(1)</script>",
    "deep": DEEP,
    "no-day": "9999-99-99T00:00:00.000Z",
}
FIELDS = (
    "_id id modelId author sha lastModified createdAt private gated disabled downloads likes tags cardData config "
    "siblings safetensors gguf pipeline_tag library_name securityRepoStatus baseModels model-index usedStorage "
    "cardData.license cardData.license_name cardData.license_link cardData.base_model cardData.base_model_relation "
    "cardData.datasets cardData.language config.model_type config.architectures config.auto_map "
    "config.quantization_config config._name_or_path safetensors.total gguf.total gguf.architecture "
    "siblings.0 siblings.0.rfilename siblings.0.size siblings.0.lfs siblings.0.lfs.sha256 siblings.0.lfs.size "
    "securityRepoStatus.scansDone securityRepoStatus.filesWithIssues securityRepoStatus.filesWithIssues.0 "
    "securityRepoStatus.filesWithIssues.0.path securityRepoStatus.filesWithIssues.0.level baseModels.relation "
    "baseModels.models baseModels.models.0 baseModels.models.0.id tags.0"
).split()
# What decides something: a wrong type there must be said, not swallowed.
TOLD = {
    "sha": {"number", "text", "mixed", "map", "markup"},
    "tags": {"number", "text", "mixed", "map"},
    "cardData": {"number", "text", "mixed"},
    "siblings": {"number", "text", "mixed", "map"},
    "siblings.0.rfilename": {"null", "number", "mixed", "map", "empty"},
    "siblings.0.lfs.sha256": {"null", "number", "text", "map"},
    "config": {"number", "text", "mixed"},
    "gated": {"number", "mixed", "map", "text", "empty"},
    "disabled": {"number", "text", "mixed"},
    "createdAt": {"number", "text", "mixed", "no-day"},
    "cardData.license": {"number", "map", "mixed"},
    "cardData.base_model": {"number", "map", "mixed"},
    "config.auto_map": {"number", "text", "mixed"},
    "securityRepoStatus": {"number", "text", "mixed"},
    "securityRepoStatus.filesWithIssues": {"number", "text", "map"},
}


def put(answer: Any, path: str, value: Any) -> None:
    *way, last = path.split(".")
    for step in way:
        answer = answer[int(step)] if step.isdigit() else answer[step]
    answer[int(last) if last.isdigit() else last] = value


@pytest.fixture
def hostile(fake_hub: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, tuple[str, str]]:
    names = {}
    for number, field in enumerate(FIELDS):
        for kind, value in VALUES.items():
            repo = f"hostile-house/f{number}-{kind}"
            answer = full(repo)
            put(answer, field, value)
            fake_hub.models[repo] = answer
            names[repo] = (field, kind)
    for name, value in (("HF_ENDPOINT", fake_hub.url), ("XDG_CACHE_HOME", str(tmp_path / "cache"))):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return names


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in {0, 1, 3}, result.stderr
    return result.stdout


def test_scan_survives_and_tells(hostile: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    code = "".join(f"AutoModel.from_pretrained({name!r})\n" for name in hostile)
    (tmp_path / "tree" / "app.py").write_text("from transformers import AutoModel\n" + code, encoding="utf-8")
    report = json.loads(invoke("scan", str(tmp_path / "tree"), "-f", "json"))
    components = {component["target"].removeprefix("hf:"): component for component in report["components"]}
    assert components.keys() == hostile.keys()
    for name, (field, kind) in hostile.items():
        if kind in TOLD.get(field, ()):
            reasons = {gap["reason"] for gap in components[name]["gaps"]}
            assert "invalid-answer" in reasons, (field, kind)


def test_show_survives_and_prints_no_control_character(hostile: dict[str, tuple[str, str]]) -> None:
    # One of each field and of each value: `show` prints every fact of a model.
    values = list(VALUES)
    chosen = [name for name, (field, kind) in hostile.items() if values.index(kind) % 6 == FIELDS.index(field) % 6]
    text = invoke("show", *chosen)
    assert not [char for char in text if char != "\n" and (char < " " or "\u202a" <= char <= "\u2069")]
    assert text.count("\n") > len(chosen)
