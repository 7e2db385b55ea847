"""The walk lists what git lists; git itself is the oracle where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicheck.core.evidence import Gap, GapReason
from aicheck.discover.ignore import parse_ignore
from aicheck.discover.walk import Entry, read_index, walk

GIT = shutil.which("git")


def listed(root: Path, **options: object) -> set[str]:
    return {item.path for item in walk(root, **options) if isinstance(item, Entry)}


def run(root: Path, *arguments: str) -> str:
    environment = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(root),
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        ["git", *arguments], cwd=root, check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout


@pytest.mark.skipif(GIT is None, reason="git is the oracle")
def test_same_as_git(tmp_path: Path) -> None:
    rules = "*.log\n/build/\ndocs/**/gen\n!keep.log\nsecret?.txt\n*.py[co]\nfoo/*\n!foo/bar\nlogs\n# no\n\\#odd\ntrail \n"
    (tmp_path / ".gitignore").write_text(rules)
    names = [
        "a.py", "a.pyc", "x.log", "keep.log", "sub/keep.log", "build/out.bin", "sub/build/in.bin", "docs/gen/a", "docs/x/gen/b",
        "secret1.txt", "secret.txt", "foo/a", "foo/bar/b", "logs/a", "deep/logs/b", "#odd", "trail", "sub/.gitignore",
        "sub/tmp/a", "ümläut.py", "with space.py", "tracked.log",
    ]  # fmt: skip
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("tmp\n" if name.endswith(".gitignore") else "x")
    run(tmp_path, "init", "-q")
    run(tmp_path, "add", "-f", "tracked.log", "build/out.bin")
    expected = set(
        run(tmp_path, "-c", "core.quotepath=off", "ls-files", "-co", "--exclude-standard", "-z").split("\0")
    ) - {""}
    assert listed(tmp_path) == expected
    assert {"tracked.log", "build/out.bin", "keep.log"} <= expected
    assert listed(tmp_path / "sub") == {name[4:] for name in expected if name.startswith("sub/")}


@pytest.mark.skipif(GIT is None, reason="git is the oracle")
@pytest.mark.parametrize("version", ["2", "4"])
def test_index_versions(tmp_path: Path, version: str) -> None:
    for name in ("a", "b/c", "b/cd", "b/cde/f"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    run(tmp_path, "init", "-q")
    run(tmp_path, "add", ".")
    run(tmp_path, "update-index", "--index-version", version)
    assert list(read_index((tmp_path / ".git/index").read_bytes())) == ["a", "b/c", "b/cd", "b/cde/f"]


@given(st.binary(max_size=300))
def test_broken_index_never_raises(data: bytes) -> None:
    list(read_index(b"DIRC\0\0\0\4\0\0\0\5" + data))
    list(read_index(b"DIRC\0\0\0\2\0\0\0\5" + data))


@settings(deadline=500)
@given(st.text(alphabet="a*?[]!/\\-^.&|~", max_size=40), st.text(alphabet="ab/.-", min_size=1, max_size=60))
def test_no_pattern_raises_or_hangs(pattern: str, path: str) -> None:
    rules = parse_ignore(pattern.encode())
    if rules is not None:
        rules.decide(path, path.rpartition("/")[2], directory=False)


def test_hostile_stars_are_linear() -> None:
    rules = parse_ignore(b"/" + b"*a" * 60 + b"b")
    assert rules is not None
    assert rules.decide("a" * 250, "a" * 250, directory=False) is None


def test_links_pipes_and_depth_are_said(tmp_path: Path) -> None:
    (tmp_path / "inside.py").write_text("x")
    (tmp_path / "good").symlink_to(tmp_path / "inside.py")
    (tmp_path / "out").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/b/c/d.py").write_text("x")
    gaps = {item.subject: item.reason for item in walk(tmp_path, max_depth=2) if isinstance(item, Gap)}
    assert gaps == {"out": GapReason.SKIPPED, "pipe.py": GapReason.SKIPPED, "a/b/c": GapReason.TOO_DEEP}


def test_odd_names_and_excludes(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.py"
    Path(os.fsdecode(raw)).write_bytes(b"x")
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor/x.py").write_text("x")
    assert listed(tmp_path, excludes=("vendor/",)) == {"\udcff\udcfe.py"}


def test_ignore_files_outside_a_repository_mean_nothing(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*\n!*.py\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.py").write_text("x")
    assert listed(tmp_path) == {".gitignore", "deep/a.py"}
