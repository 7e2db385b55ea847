"""The same files give the same references, whatever they are scanned as; large weights are read by header."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from aicheck.core.evidence import GapReason
from aicheck.core.reference import Inventory, Use
from aicheck.core.target import HubModel, WeightsFile
from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.git import GitTree
from aicheck.discover.trees import ArchiveTree, EnvironmentTree, FileTree, HubCacheTree, MemoryTree, open_tree
from tests.discover.formats import samples

FILES: dict[str, bytes] = {
    **{f"models/{name}": data for name, data in samples.ALL.items()},
    "models/config.json": json.dumps(
        {"_name_or_path": "Qwen/Qwen2.5-7B", "model_type": "qwen2"}, indent=1
    ).encode(),
    "models/README.md": b"---\nbase_model: Qwen/Qwen2.5-7B\nlicense: mit\n---\n",
    "requirements.txt": b"torch==2.5.1\nvllm\n",
    "web/package.json": b'{\n "dependencies": {"openai": "4.0.0"}\n}\n',
    ".mcp.json": b'{"mcpServers": {"a": {"command": "npx", "args": ["x-mcp@1.0.0"]}}}',
    ".claude/agents/a.md": b"---\nmodel: opus\n---\n",
    "app.py": b'from transformers import AutoModel\nAutoModel.from_pretrained("Qwen/Qwen3-8B")\n',
}


def seen(inventory: Inventory) -> list[tuple[object, ...]]:
    return [(str(item.target), item.occurrence, item.confidence, item.attributes) for item in inventory.references]


def weights_of(inventory: Inventory) -> list[object]:
    return [item.target for item in inventory.references if isinstance(item.target, WeightsFile)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for path, data in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def test_directory_archive_revision_and_memory_are_identical(folder: Path, tmp_path: Path) -> None:
    expected = discover(folder)
    assert len(expected.references) > 20
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in FILES.items():
            archive.writestr(path, data)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        for path, data in FILES.items():
            info = tarfile.TarInfo("./" + path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@e"]
    for arguments in (["init", "-q"], ["add", "-Af"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    for tree in (
        ArchiveTree(tmp_path / "a.zip"),
        ArchiveTree(tmp_path / "a.tar.gz"),
        GitTree(folder, "HEAD"),
        MemoryTree(FILES),
    ):
        found = discover(tree)
        assert seen(found) == seen(expected), type(tree).__name__
        assert found.gaps == expected.gaps
    assert seen(discover(folder)) == seen(expected)


def test_the_prefilter_changes_nothing(folder: Path) -> None:
    assert seen(discover(folder, DiscoverSettings(prefilter=False))) == seen(discover(folder))
    assert seen(discover(folder, DiscoverSettings(engine="python"))) == seen(discover(folder))


def test_weights_of_gigabytes_are_read_by_header(tmp_path: Path) -> None:
    header = json.dumps(
        {"embed_tokens.weight": {"dtype": "F16", "shape": [1 << 20, 1024], "data_offsets": [0, 2 << 30]}}
    )
    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header.encode())
        os.truncate(file.fileno(), 8 + len(header) + (2 << 30))
    inventory = discover(tmp_path)
    assert inventory.gaps == ()
    assert inventory.references[0].attribute("parameters") == str(1 << 30)
    assert weights_of(inventory) == [WeightsFile("model.safetensors")]
    assert inventory.stats.bytes_read < 4 << 20


def test_large_weights_are_hashed_only_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    data = samples.gguf() + b"\0" * (17 << 20)
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    asked = DiscoverSettings(hash_weights=True)
    assert weights_of(discover(tmp_path)) == [WeightsFile("model.gguf")]
    assert weights_of(discover(tmp_path, asked)) == [WeightsFile("model.gguf", digest)]
    assert weights_of(discover(FileTree(path), asked)) == [WeightsFile("model.gguf", digest)]


def test_a_large_lock_file_is_still_read(tmp_path: Path) -> None:
    entry = '    "node_modules/p{0}": {{\n      "version": "1.0.{0}",\n      "integrity": "{1}"\n    }},\n'
    text = '{\n "lockfileVersion": 3,\n  "packages": {\n' + "".join(
        entry.format(n, "x" * 2000) for n in range(9000)
    )
    assert len(text) > 16 << 20
    (tmp_path / "package-lock.json").write_text(text + "}}")
    inventory = discover(tmp_path)
    assert sum(item.occurrence.use is Use.DEPENDENCY for item in inventory.references) == 9000


def test_hub_cache_and_environment_are_inputs(tmp_path: Path) -> None:
    commit = "c" * 40
    snapshot = tmp_path / "hub" / "models--Qwen--Qwen3-8B" / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text('{"model_type": "qwen3"}')
    (snapshot / "model.safetensors").write_bytes(samples.safetensors())
    found = discover(HubCacheTree(tmp_path / "hub"))
    assert HubModel("Qwen/Qwen3-8B", commit) in {item.target for item in found.references}
    packages = tmp_path / "env" / "lib" / "python3.12" / "site-packages" / "vllm-0.6.3.dist-info"
    packages.mkdir(parents=True)
    (packages / "METADATA").write_text("Name: vllm\nVersion: 0.6.3\nLicense-Expression: Apache-2.0\n")
    found = discover(EnvironmentTree(tmp_path / "env"))
    assert [str(item.target) for item in found.references] == ["pkg:pypi/vllm@0.6.3"]
    assert found.references[0].attribute("license") == "Apache-2.0"


def test_a_hostile_weights_file_is_a_gap_and_the_rest_is_read(folder: Path) -> None:
    (folder / "bad.safetensors").write_bytes(struct.pack("<Q", 1 << 62) + b"{}")
    inventory = discover(folder)
    assert [(gap.path, gap.reason) for gap in inventory.gaps if gap.path == "bad.safetensors"] == [
        ("bad.safetensors", GapReason.UNPARSABLE)
    ]
    assert any(item.target == HubModel("Qwen/Qwen3-8B") for item in inventory.references)


def test_an_archive_is_as_deep_as_a_directory(tmp_path: Path) -> None:
    """Thousands of folders in a name took the gate quadratic time, for each of up to 250,000 names."""
    tree = tmp_path / "tree"
    (tree / "/".join(["d"] * 101)).mkdir(parents=True)
    (tree / "/".join(["d"] * 100) / "near.py").write_text("")
    (tree / "/".join(["d"] * 101) / "far.py").write_text("")
    (tree / "/".join(["d"] * 101) / "far.yaml").write_text("")
    path = tmp_path / "tree.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(tree, ".")
        for number in range(300):
            info = tarfile.TarInfo("a/" * 2000 + f"{number}.py")
            archive.addfile(info)
    deep = discover(tree)
    begin = time.process_time()
    found = discover(open_tree(str(path)))
    assert time.process_time() - begin < 5
    gaps = {gap for gap in found.gaps if not gap.subject.startswith("a/")}
    assert gaps == set(deep.gaps)
    assert [gap.reason for gap in gaps] == ["too-deep"]
    assert len(found.gaps) == 2
