"""Every way to match and to run gives the same inventory, and nothing that lies in a tree ends a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicheck.core.evidence import GapReason
from aicheck.core.reference import Inventory, Use
from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.engine import Examiner
from aicheck.discover.pool import examine_in_workers
from aicheck.discover.prefilter import NeedleTable, hyperscan_available, make_matcher, naive_positions
from aicheck.discover.registry import load_detectors
from aicheck.discover.source import SourceFile
from aicheck.discover.trees import MemoryTree

FILES = {
    "app.py": b'from transformers import AutoModel\nm = AutoModel.from_pretrained("acme/thing", revision="v1")\n',
    "client.py": b'from openai import OpenAI\nc = OpenAI(base_url="https://api.deepseek.com")\n'
    b'c.chat.completions.create(model="deepseek-chat")\n',
    "chart/values.yaml": b"model:\n  name: Qwen/Qwen2.5-7B-Instruct\n",
    "web/a.ts": b'import { openai } from "@ai-sdk/openai";\nexport const m = openai("gpt-4o-mini");\n',
    ".env.example": b"OPENAI_MODEL=gpt-4o\n",
    "run.sh": b"vllm serve meta-llama/Llama-3.1-8B-Instruct --port 80\n",
    "nb.ipynb": b'{"cells": [{"cell_type": "code", "source": ["x = load_dataset(\\"acme/data\\")\\n"]}]}',
    "tests/test_a.py": b'MODEL = "Qwen/Qwen2.5-0.5B"\n',
    "plain.py": b"print('nothing here')\n",
}


def scanned(files: dict[str, bytes], **options: object) -> Inventory:
    return discover(MemoryTree(files), DiscoverSettings(**options))


def shown(inventory: Inventory) -> list[tuple[str, int, str]]:
    return [(r.occurrence.path, r.occurrence.line, str(r.target)) for r in inventory.references]


def test_finds_and_binds() -> None:
    found = shown(scanned(FILES))
    assert ("app.py", 2, "hf:acme/thing") in found
    assert ("client.py", 3, "api:deepseek/deepseek-chat") in found
    assert ("client.py", 2, "endpoint:api.deepseek.com") in found
    assert ("nb.ipynb", 1, "hf-dataset:acme/data") in found
    assert ("chart/values.yaml", 2, "hf:Qwen/Qwen2.5-7B-Instruct") in found
    uses = {r.occurrence.path: r.occurrence.use for r in scanned(FILES).references}
    assert uses["tests/test_a.py"] is Use.TEST


@pytest.mark.parametrize(
    "options", [{"prefilter": False}, {"engine": "python"}, {"include_docs": False, "jobs": 1}]
)
def test_every_way_gives_the_same(options: dict[str, object]) -> None:
    assert scanned(FILES, **options) == scanned(FILES)


NEEDLES = tuple({needle for detector in load_detectors() for needle in detector.needles})


@pytest.mark.skipif(not hyperscan_available(), reason="only one engine here")
@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(NEEDLES), st.binary(max_size=6)), max_size=30))
def test_engines_agree(parts: list[bytes]) -> None:
    data = b"".join(part.upper() if index % 3 == 0 else part for index, part in enumerate(parts))
    table = _table()
    fast = sorted(_FAST.scan(data))
    assert sorted(_PLAIN.scan(data)) == fast
    expected = [(table.needles.index(hit.needle), hit.end) for hit in naive_positions(NEEDLES, data)]
    assert sorted(expected) == fast


def _table() -> NeedleTable:
    return _TABLE


_TABLE = NeedleTable(load_detectors())
_FAST = make_matcher(_TABLE)
_PLAIN = make_matcher(_TABLE, "python")


@settings(max_examples=20, deadline=None)
@given(st.text(alphabet="ab \n#=(", max_size=80), st.text(alphabet="xy \n#", max_size=80))
def test_padding_changes_nothing(before: str, after: str) -> None:
    line = 'model = AutoModel.from_pretrained("acme/thing")'
    text = (
        "".join(f"# {part}\n" for part in before.split("\n"))
        + line
        + "\n"
        + "".join(f"# {p}\n" for p in after.split("\n"))
    )
    found = shown(scanned({"a.py": text.encode()}))
    assert found == [("a.py", before.count("\n") + 2, "hf:acme/thing")]


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.py", "b.ipynb", "c.yaml", "d.ts", "e.json", "f.sh", "g.md"]))
def test_no_content_raises(data: bytes, name: str) -> None:
    for body in (data, b'from_pretrained("a/b")' + data, data + b'\nmodel: "qwen/qwen3'):
        inventory = scanned({name: body})
        assert not [gap for gap in inventory.gaps if "please report" in gap.detail]


def test_encodings_and_limits() -> None:
    text = 'MODEL = "Qwen/Qwen2.5-7B"\n'
    both = scanned({"a.py": text.encode("utf-16"), "b.py": text.encode("utf-8-sig")})
    assert [path for path, _, _ in shown(both)] == ["a.py", "b.py"]
    large = scanned({"a.py": text.encode() * 100}, max_file_size=200)
    assert [gap.reason for gap in large.gaps] == [GapReason.TOO_LARGE]


def test_secrets_are_masked() -> None:
    text = b'import openai\nopenai.api_key, model = "sk-abcdefghijklmnopqrstuvwxyz012345", "gpt-4o"\n'
    inventory = scanned({"a.py": text})
    assert inventory.references
    assert "abcdefghijklmnop" not in repr(inventory)


def test_names_are_followed_across_files() -> None:
    files = {
        "app/config.py": b'MODEL = "acme/thing"\nclass Settings:\n    name: str = "acme/other"\nsettings = Settings()\n',
        "app/main.py": b"from app.config import MODEL, settings\nfrom transformers import AutoModel\n"
        b'AutoModel.from_pretrained(MODEL, revision="v1")\nAutoModel.from_pretrained(settings.name)\n'
        b"from elsewhere import NAME\nAutoModel.from_pretrained(NAME)\n",
    }
    inventory = scanned(files)
    main = [r for r in inventory.references if r.occurrence.path == "app/main.py"]
    assert [(r.occurrence.line, str(r.target), r.attribute("via")) for r in main] == [
        (3, "hf:acme/thing", "app/config.py:1"),
        (4, "hf:acme/other", "app/config.py:3"),
    ]
    assert main[0].target.revision == "v1"
    assert [(gap.reason, gap.line) for gap in inventory.gaps] == [(GapReason.DYNAMIC, 6)]


def test_workers_give_what_one_process_gives(tmp_path: Path) -> None:
    for number in range(30):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, data in FILES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
    alone = discover(tmp_path, DiscoverSettings(jobs=1))
    examiner = Examiner(load_detectors(), DiscoverSettings())
    paths = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    batches = iter([paths[start : start + 50] for start in range(0, len(paths), 50)])
    found = [
        item
        for result, *_ in examine_in_workers(examiner, str(tmp_path), batches, 2)
        for item in result.references
    ]
    assert sorted(found, key=repr) == sorted(alone.references, key=repr)


def test_a_lost_worker_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(FILES["app.py"])

    class Dying(Examiner):
        def examine_path(self, root: str, path: str) -> object:
            os._exit(9)

    results = list(
        examine_in_workers(Dying(load_detectors(), DiscoverSettings()), str(tmp_path), iter([["a.py"]]), 1)
    )
    assert [gap.reason for result, *_ in results for gap in result.gaps] == [GapReason.UNREADABLE]


def test_needles_are_not_too_short() -> None:
    assert min(map(len, NEEDLES)) >= 2, "one letter makes the matching many times slower"


def test_a_file_is_read_without_following_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_bytes(FILES["app.py"])
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a.py").symlink_to(outside)
    examiner = Examiner(load_detectors(), DiscoverSettings())
    assert examiner.examine_path(str(tmp_path / "tree"), "a.py").references == []
    assert examiner.examine(SourceFile("a.py", FILES["app.py"])).references
