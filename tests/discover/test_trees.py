"""Trees: what is listed, what is refused, and that a hostile one ends."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from aicheck.core.evidence import Gap, GapReason
from aicheck.discover import trees
from aicheck.discover.git import GitTree
from aicheck.discover.source import SourceFile
from aicheck.errors import ConfigError

LIMIT = 1 << 20


def everything(path: str, size: int) -> bool:
    return True


def read(tree: trees.Tree, limit: int = LIMIT) -> tuple[dict[str, bytes], list[Gap]]:
    files: dict[str, bytes] = {}
    gaps: list[Gap] = []
    for item in tree.sources(everything, limit):
        if isinstance(item, SourceFile):
            files[item.path] = item.data
        else:
            gaps.append(item)
    return files, gaps


def make_tar(path: Path, mode: str, members: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type = tarfile.SYMTYPE
            info.linkname = target
            archive.addfile(info)
    return path


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../b", "C:\\x", "c:x", "a\0b", "", ".", "x" * 5000])
def test_names_that_escape_are_no_paths(name: str) -> None:
    assert trees.member_path(name) is None


@pytest.mark.parametrize(("name", "path"), [("./a/b", "a/b"), ("a//b", "a/b"), ("a\\b", "a/b")])
def test_names_are_normalised(name: str, path: str) -> None:
    assert trees.member_path(name) == path


@pytest.mark.parametrize(
    ("suffix", "mode"), [(".tar", "w"), (".tar.gz", "w:gz"), (".tar.bz2", "w:bz2"), (".tar.xz", "w:xz")]
)
def test_tar_gives_files_and_refuses_links_and_traversal(tmp_path: Path, suffix: str, mode: str) -> None:
    archive = make_tar(
        tmp_path / f"a{suffix}", mode, {"./a.py": b"1", "../evil": b"2", "d/b.py": b"3"}, {"link": "/etc/passwd"}
    )
    files, gaps = read(trees.ArchiveTree(archive))
    assert files == {"a.py": b"1", "d/b.py": b"3"}
    assert {gap.subject for gap in gaps} == {"../evil", "link"}
    assert {gap.reason for gap in gaps} == {GapReason.SKIPPED}


def test_zip_gives_files_and_refuses_links_and_traversal(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.py", b"1")
        archive.writestr("../evil", b"2")
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    files, gaps = read(trees.ArchiveTree(path))
    assert files == {"a.py": b"1"}
    assert {gap.subject for gap in gaps} == {"../evil", "link"}


def test_windows_reach_beyond_the_prefix(tmp_path: Path) -> None:
    data = bytes(range(256)) * 64
    (tmp_path / "f.bin").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("f.bin", data)
    make_tar(tmp_path / "a.tgz", "w:gz", {"f.bin": data})
    for tree in (
        trees.FileTree(tmp_path / "f.bin"),
        trees.ArchiveTree(tmp_path / "a.zip"),
        trees.ArchiveTree(tmp_path / "a.tgz"),
        trees.MemoryTree({"f.bin": data}),
    ):
        for source in tree.sources(everything, 100):
            assert isinstance(source, SourceFile)
            assert (source.data, source.size, source.whole) == (data[:100], len(data), False)
            assert source.read_at(5000, 10) == data[5000:5010]
            assert source.read_at(len(data) - 3, 10) == data[-3:]


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_bombs_end_and_say_so(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "_MIN_BUDGET", 1 << 20)
    path = tmp_path / f"bomb{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(40):
                archive.writestr(f"{number}.py", b"\0" * (1 << 20))
    else:
        make_tar(path, "w:gz", {"big.py": b"\0" * (40 << 20), "after.py": b"x"})
    files, gaps = read(trees.ArchiveTree(path))
    assert [gap.reason for gap in gaps] == [GapReason.TOO_LARGE]
    assert "after.py" not in files
    assert sum(map(len, files.values())) <= 8 << 20


def test_too_many_entries_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "_MAX_ENTRIES", 5)
    files, gaps = read(trees.ArchiveTree(make_tar(tmp_path / "a.tar", "w", {f"{n}": b"" for n in range(9)})))
    assert len(files) == 5
    assert gaps[0].reason is GapReason.TOO_LARGE


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz", ".tar.xz"])
def test_every_truncation_is_a_gap_or_a_shorter_tree(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.py", b"print(1)\n" * 20)
    else:
        modes = {".tar": "w", ".tar.gz": "w:gz", ".tar.xz": "w:xz"}
        make_tar(path, modes[suffix], {"a.py": b"print(1)\n" * 20})
    whole = path.read_bytes()
    cut = tmp_path / f"cut{suffix}"
    for length in range(0, len(whole), max(1, len(whole) // 150)):
        cut.write_bytes(whole[:length])
        read(trees.ArchiveTree(cut))  # must not raise


def test_corrupted_zip_bytes_never_raise(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", b"print(1)\n" * 20)
    whole = bytearray(path.read_bytes())
    bad = tmp_path / "bad.zip"
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0xFF
        bad.write_bytes(changed)
        read(trees.ArchiveTree(bad))


def test_open_tree_by_what_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x")
    assert trees.open_tree(str(tmp_path)) == tmp_path
    files, _ = read(trees.open_tree(str(tmp_path / "a.py")))  # type: ignore[arg-type]
    assert files == {"a.py": b"x"}
    files, _ = read(trees.open_tree("-", io.BytesIO(b"y"), "b.py"))  # type: ignore[arg-type]
    assert files == {"b.py": b"y"}
    with pytest.raises(ConfigError, match="cannot scan"):
        trees.open_tree(str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="cannot scan"):
        trees.open_tree("a\0b")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(ConfigError, match="regular"):
        trees.open_tree(str(tmp_path / "pipe.py"))
    _, gaps = read(trees.FileTree(tmp_path / "pipe.py"))
    assert gaps[0].reason is GapReason.SKIPPED


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@e", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a.py").write_bytes(b"one")
    (folder / "dir").mkdir()
    (folder / "dir" / "ü b.py").write_bytes(b"two")
    (folder / "link").symlink_to("/etc/passwd")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "1")
    (folder / "a.py").write_bytes(b"changed" * 1000)
    git(folder, "commit", "-qam", "2")
    return folder


def test_git_revision_without_checkout(repository: Path) -> None:
    files, gaps = read(GitTree(repository, "HEAD~1"))
    assert files == {"a.py": b"one", "dir/ü b.py": b"two"}
    assert gaps == []
    tree = GitTree(repository, "HEAD")
    files, _ = read(tree, 10)
    assert files["a.py"] == b"changedcha"
    assert tree.read("a.py", 7) == b"changed"
    assert tree.read("none", 7) is None


def test_git_windows_and_large_blobs(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicheck.discover.git._BATCH_LIMIT", 100)
    for source in GitTree(repository, "HEAD").sources(everything, 50):
        if isinstance(source, SourceFile) and source.path == "a.py":
            assert (len(source.data), source.size) == (50, 7000)
            assert source.read_at(6993, 20) == b"changed"


@pytest.mark.parametrize("revision", ["none", "--help", "HEAD:a.py", "a\0b", ""])
def test_bad_revisions_are_clear_errors(repository: Path, revision: str) -> None:
    with pytest.raises(ConfigError):
        GitTree(repository, revision)


def test_hostile_git_configuration_runs_nothing(repository: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    config = repository / ".git" / "config"
    config.write_text(
        config.read_text()
        + f"""
[core]
    fsmonitor = {script}
    hooksPath = {tmp_path}
    pager = {script}
    sshCommand = {script}
    gitProxy = {script}
    editor = {script}
[diff "x"]
    textconv = {script}
[filter "x"]
    smudge = {script}
    clean = {script}
    required = true
[remote "origin"]
    url = ext::{script}
    promisor = true
    uploadpack = {script}
[alias]
    cat-file = !{script}
    ls-tree = !{script}
"""
    )
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text("* filter=x diff=x\n")
    files, _ = read(GitTree(repository, "HEAD"))
    assert set(files) == {"a.py", "dir/ü b.py"}
    assert not marker.exists()


def test_hub_cache_follows_links_to_its_own_blobs_only(tmp_path: Path) -> None:
    folder = tmp_path / "models--Qwen--Qwen3-8B"
    snapshot = folder / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (folder / "blobs").mkdir()
    (folder / "blobs" / "123").write_bytes(b"{}")
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("a" * 40)
    (snapshot / "config.json").symlink_to("../../blobs/123")
    (snapshot / "evil").symlink_to("/etc/hostname")
    (snapshot / "gone").symlink_to("../../blobs/none")
    (tmp_path / "version.txt").write_text("1")
    files, gaps = read(trees.HubCacheTree(tmp_path))
    prefix = f"models--Qwen--Qwen3-8B/snapshots/{'a' * 40}"
    assert files == {f"{prefix}/config.json": b"{}", "models--Qwen--Qwen3-8B/refs/main": b"a" * 40}
    assert {gap.subject for gap in gaps} == {f"{prefix}/evil", f"{prefix}/gone"}


def test_environment_gives_distribution_metadata(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    (packages / "torch-2.5.dist-info").mkdir(parents=True)
    (packages / "torch-2.5.dist-info" / "METADATA").write_text("Name: torch\nVersion: 2.5\n")
    (packages / "torch").mkdir()
    (packages / "torch" / "a.py").write_text("")
    files, gaps = read(trees.EnvironmentTree(tmp_path))
    assert list(files) == ["lib/python3.11/site-packages/torch-2.5.dist-info/METADATA"]
    assert gaps == []
    _, gaps = read(trees.EnvironmentTree(packages / "torch"))
    assert gaps[0].reason is GapReason.NOT_FOUND
