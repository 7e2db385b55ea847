"""Files that grow, shrink, vanish or turn into something else while they are read; trees of another user's."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aicheck.core.evidence import GapReason
from aicheck.core.reference import Inventory
from aicheck.discover import DiscoverSettings, discover
from tests.security.command import DENY, MODEL, scan

NOBODY = 65534
PADDING = "# a line of no interest\n"


def _seen(inventory: Inventory) -> set[str]:
    return {reference.occurrence.path for reference in inventory.references}


def _gaps(inventory: Inventory) -> dict[str, GapReason]:
    return {gap.path or gap.subject: gap.reason for gap in inventory.gaps}


def _once(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None], when: Callable[..., bool]) -> None:
    """Do something before the first call of a function of `os` that `when` holds for."""
    real: Callable[..., Any] = getattr(os, name)
    left = [act]

    def called(*arguments: Any, **named: Any) -> Any:
        if left and when(*arguments):
            left.pop()()
        return real(*arguments, **named)

    monkeypatch.setattr(os, name, called)


def _opens(name: str) -> Callable[..., bool]:
    return lambda path, *_: str(path).endswith(name)


def _replaced(path: Path, kind: str, elsewhere: Path) -> None:
    path.unlink()
    if kind == "link":
        path.symlink_to(elsewhere)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()


@pytest.mark.parametrize("kind", ["nothing", "link", "pipe", "folder"])
def test_a_file_that_is_another_thing_when_it_is_opened(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tree, secret = tmp_path / "tree", tmp_path / "secret.py"
    tree.mkdir()
    secret.write_text(MODEL.replace("Qwen/Qwen3-8B", "stolen/secret-7b"))
    for name in ("a.py", "b.py", "c.py"):
        (tree / name).write_text(MODEL)
    _once(monkeypatch, "open", lambda: _replaced(tree / "b.py", kind, secret), _opens("/b.py"))
    found = discover(tree)
    assert _seen(found) == {"a.py", "c.py"}
    assert _gaps(found) == {"b.py": GapReason.UNREADABLE}
    assert "stolen" not in repr(found)


def test_a_folder_that_vanishes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("a.py", "sub/b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(MODEL)

    def gone() -> None:
        (tmp_path / "sub/b.py").unlink()
        (tmp_path / "sub").rmdir()

    _once(monkeypatch, "scandir", gone, lambda path: str(path).rstrip("/").endswith("/sub"))
    found = discover(tmp_path)
    assert _seen(found) == {"a.py"}
    assert _gaps(found) == {"sub": GapReason.UNREADABLE}


@pytest.mark.parametrize("suffix", [".py", ".yaml", ".gguf", ".txt"])
def test_a_file_that_grows_without_end(suffix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is read is bounded, and what was written meanwhile is said to be unread."""
    path = tmp_path / f"requirements{suffix}"
    path.write_text(PADDING * 10_000)
    real, reads = os.read, []

    def read(handle: int, length: int) -> bytes:
        data = real(handle, length)
        reads.append(len(data))
        with path.open("a") as file:
            file.write(PADDING * 60_000 + MODEL)
        return data

    monkeypatch.setattr(os, "read", read)
    found = discover(tmp_path, DiscoverSettings(max_file_size=3 << 20))
    assert sum(reads) <= 4 << 20
    if suffix != ".gguf":
        assert _gaps(found) == {path.name: GapReason.TOO_LARGE}


@pytest.mark.parametrize("left", [0, 100_000])
def test_a_file_that_is_cut_while_it_is_read(left: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "b.py"
    path.write_text(MODEL + PADDING * 100_000)
    _once(monkeypatch, "fstat", lambda: os.truncate(path, left), lambda *_: True)
    found = discover(tmp_path)
    assert _seen(found) == {"b.py"}  # it was in what had been read
    assert not [gap for gap in found.gaps if "please report it" in gap.detail]


def test_weights_that_vanish_while_they_are_hashed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF\3\0\0\0" + b"\0" * (5 << 20))
    _once(monkeypatch, "pread", lambda: os.truncate(path, 1 << 20), lambda *_: True)
    found = discover(tmp_path, DiscoverSettings(hash_weights=True))
    assert not [reference for reference in found.references if reference.attribute("sha256")]
    assert not [gap for gap in found.gaps if "please report it" in gap.detail]


def test_a_tree_that_never_rests(tmp_path: Path) -> None:
    """Files come, grow and go on another thread; the model that stays is found every time."""
    tree = tmp_path / "tree"
    (tree / "busy").mkdir(parents=True)
    (tree / "bad.py").write_text(MODEL)
    stop = threading.Event()

    def churn() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            path = tree / "busy" / f"{number % 50}.py"
            if path.exists():
                path.unlink()
            else:
                path.write_text(MODEL * (number % 7))

    worker = threading.Thread(target=churn)
    worker.start()
    try:
        for _ in range(15):
            found = discover(tree)
            assert "bad.py" in _seen(found)
            assert set(_gaps(found).values()) <= {GapReason.UNREADABLE}
    finally:
        stop.set()
        worker.join()


def _bound() -> None:
    """Let root be refused as anybody is: without the two capabilities that read over permissions."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
            os._exit(99)


def _unprivileged(*command: str | Path, cwd: Path, other: bool) -> subprocess.CompletedProcess[bytes]:
    """Run Python as another user, or as one that permissions hold for."""
    who: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if other else {}
    if not other and os.geteuid() == 0:
        who["preexec_fn"] = _bound
    return subprocess.run(
        [sys.executable, *map(os.fspath, command)], cwd=cwd, check=False, capture_output=True, timeout=90, **who,
        stdin=subprocess.DEVNULL, env={
            "PATH": os.environ["PATH"], "HOME": str(cwd), "XDG_CACHE_HOME": str(cwd / "cache"), "PYTHONDONTWRITEBYTECODE": "1",
        },
    )  # fmt: skip


@pytest.fixture(params=["another user", "bound by permissions"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Python under another uid where we are root and it can reach this installation; and as a user without privileges."""
    other = request.param == "another user"
    for folder in (tmp_path, *tmp_path.parents):
        if other and os.geteuid() == 0 and folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    if other and os.geteuid() != 0:
        pytest.skip("only root can become another user")
    probe = "open('closed').close()"
    (tmp_path / "closed").touch(mode=0o000)
    try:
        reached = _unprivileged("-c", "import aicheck", cwd=tmp_path, other=other).returncode == 0
        held = reached and _unprivileged("-c", probe, cwd=tmp_path, other=other).returncode == 1
    except PermissionError:
        reached = held = False
    (tmp_path / "closed").unlink()
    if not reached:
        pytest.skip("another user cannot reach this installation of Python")
    if not held:
        pytest.skip("permissions do not hold for root here, and its capabilities cannot be dropped")
    return partial(_unprivileged, other=other)


CLOSED: dict[str, tuple[str, int]] = {
    "closed.py": (MODEL, 0o000), "shut/b.py": (MODEL, 0o644), "unlisted/c.py": (MODEL, 0o644),
    ".gitignore": ("bad.py\n", 0o000), "requirements.txt": ("torch\n", 0o200), "model.safetensors": ("\2\0\0\0\0\0\0\0{}", 0o000),
}  # fmt: skip


Run = Callable[..., subprocess.CompletedProcess[bytes]]


def test_what_a_user_may_not_read_is_a_gap(run: Run, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name, (text, mode) in CLOSED.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
        (tree / name).chmod(mode)
    (tree / ".git").mkdir(mode=0o000)
    (tree / "shut").chmod(0o000)
    (tree / "unlisted").chmod(0o111)
    policy = tmp_path / "deny.yaml"
    policy.write_text(DENY)
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    flags = ("--offline", "-f", "json", "--policy", policy, "--config", os.devnull)
    command = ("-m", "aicheck", "scan", tree, *flags)
    ran = run(*command, cwd=home)
    assert ran.returncode == 3, ran.stderr
    report = json.loads(ran.stdout)
    assert report["verdict"] == "inconclusive"
    told = {gap["path"]: gap["reason"] for gap in report["gaps"] if gap.get("path")}
    unread = ("closed.py", "shut", "unlisted", "requirements.txt", "model.safetensors")
    assert {name: told.get(name) for name in unread} == dict.fromkeys(unread, "unreadable")
    assert told[".gitignore"] == "skipped"  # and hides nothing, although it names the file below
    (tree / "bad.py").write_text(MODEL)
    assert run(*command, cwd=home).returncode == 1


def test_a_user_without_a_home(run: Run, tmp_path: Path) -> None:
    """No cache can be written, and an output that cannot be written is an error, not a pass."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "bad.py").write_text(MODEL)
    policy = tmp_path / "deny.yaml"
    policy.write_text(DENY)
    tmp_path.chmod(0o555)
    flags = ("--offline", "--policy", policy, "--config", os.devnull)
    assert run("-m", "aicheck", "scan", tree, *flags, cwd=tmp_path).returncode == 1
    assert not (tmp_path / "cache").exists()
    refused = run("-m", "aicheck", "scan", tree, *flags, "-o", "json=out.json", cwd=tmp_path)
    assert refused.returncode == 2
    assert b"out.json" in refused.stderr
    assert b"Traceback" not in refused.stderr
    tmp_path.chmod(0o755)


def test_the_command_on_a_tree_that_is_unlinked(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "bad.py").write_text(MODEL)
    assert scan(tree).verdict == "fail"
    (tree / "bad.py").unlink()
    tree.rmdir()
    assert scan(tree).code == 2
