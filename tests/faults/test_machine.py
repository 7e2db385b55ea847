"""The machine's faults: killed writers, full disks, homes that cannot be written, damaged caches, wrong clocks, crowds."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hub.server import FakeHub, serve
from tests.security.command import DENY, MODEL, aicheck

ARGUMENTS = ["scan", "tree", "-f", "json", "--policy", "deny.yaml", "--config", os.devnull, "--jobs", "1"]
EPOCH = {"SOURCE_DATE_EPOCH": "1780000000"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "bad.py").write_text(MODEL)
    (tree / "c.yaml").write_text("model: Qwen/Qwen3-8B\n")
    long_ago = time.time() - 86400  # so that the cache trusts the files' times
    for path in tree.iterdir():
        os.utime(path, (long_ago, long_ago))
    (tmp_path / "deny.yaml").write_text(DENY)
    return tmp_path


def _cached(place: Path) -> Path:
    return place / ".home" / "cache"


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """Killed at thirty odd moments of a loop that writes half a megabyte."""
    target = tmp_path / "bom.json"
    script = (
        "import sys\nfrom aicheck.report import write_atomically\n"
        "number = 0\nwrite_atomically(sys.argv[1], b'0' * (1 << 19))\nprint('ready', flush=True)\n"
        "while True:\n    number = (number + 1) % 10\n    write_atomically(sys.argv[1], str(number).encode() * (1 << 19))\n"
    )
    rng = random.Random(1)
    for _ in range(6):
        with subprocess.Popen([sys.executable, "-c", script, str(target)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            for _ in range(5):
                time.sleep(rng.random() / 100)
                data = target.read_bytes()  # a reader beside it never sees half, either
                assert len(data) == 1 << 19
                assert len(set(data)) == 1
            process.send_signal(signal.SIGKILL)
        data = target.read_bytes()
        assert len(data) == 1 << 19
        assert len(set(data)) == 1


@pytest.mark.parametrize("limit", [0, 100, 5000])
def test_a_file_that_may_not_grow(limit: int, place: Path) -> None:
    """`ulimit -f`: the signal must not end the run, nor the report be half."""
    (place / "out.json").write_text("old")
    done = subprocess.run(
        [sys.executable, "-m", "aicheck", *ARGUMENTS, "--offline", "-o", "json=out.json"], cwd=place, capture_output=True, text=True, check=False, timeout=90,
        env={"PATH": os.environ["PATH"], "HOME": str(place), "AICHECK_CACHE_DIR": str(place / "cache"), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "cannot write out.json" in done.stderr
    assert (place / "out.json").read_text() == "old"


def test_a_disk_that_is_full(place: Path) -> None:
    """A real one, where this user may mount one: outputs and caches on 64 KiB."""
    disk = place / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False)  # fmt: skip
    if mounted.returncode:
        pytest.skip("a disk cannot be mounted here")
    try:
        (disk / "out.json").write_text("old")
        ran = aicheck(*ARGUMENTS, "--offline", cwd=place, env={"AICHECK_CACHE_DIR": str(disk / "cache")})
        assert ran.code == 1  # the cache is gone without
        (disk / "filler").write_bytes(b"")
        with (disk / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 512)
            except OSError:
                pass
        ran = aicheck(*ARGUMENTS, "--offline", "-o", f"json={disk}/out.json", cwd=place, env={"AICHECK_CACHE_DIR": str(disk / "cache")})  # fmt: skip
        assert ran.code == 2
        assert "No space left" in ran.err
        assert (disk / "out.json").read_text() == "old"
        assert {each.name for each in disk.iterdir()} <= {"out.json", "filler", "cache"}
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.network
@pytest.mark.parametrize("home", ["file", "missing", "/proc", "/dev/null"])
def test_a_home_that_cannot_be_written(home: str, place: Path) -> None:
    where = home if home.startswith("/") else str(place / home)
    (place / "file").write_text("not a folder")
    hub = FakeHub()
    hub.add("Qwen/Qwen3-8B")
    with serve(hub) as server:
        env = {"HOME": where, "XDG_CACHE_HOME": f"{where}/cache", "HF_ENDPOINT": server.url}
        assert aicheck(*ARGUMENTS, cwd=place, env=env).code == 1
    assert aicheck(*ARGUMENTS, "--offline", cwd=place, env=env).code == 1


@pytest.mark.parametrize("seed", range(2))
def test_a_cache_with_flipped_bits(seed: int, place: Path) -> None:
    """Wherever the file of what was seen is damaged: the same findings, or an honest end."""
    first = aicheck(*ARGUMENTS, "--offline", cwd=place, env=EPOCH)
    file = _cached(place) / "aicheck" / "detections.sqlite"
    if not file.exists():
        (file,) = _cached(place).rglob("detections.sqlite")
    whole = file.read_bytes()
    names = [at for at in range(len(whole)) if whole.startswith((b"Qwen", b"bad.py", b"hf:"), at)]
    assert names
    rng = random.Random(seed)
    for _ in range(3):
        damaged = bytearray(whole)
        for at in rng.sample(names, min(3, len(names))):
            damaged[at + rng.randrange(4)] ^= 1 << rng.randrange(7)
        for _ in range(rng.choice((0, 5, 500))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        file.write_bytes(bytes(damaged))
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        again = aicheck(*ARGUMENTS, "--offline", cwd=place, env=EPOCH)
        assert again.code == 1
        assert again.out == first.out


@pytest.mark.network
@pytest.mark.parametrize("damage", ["text", "empty", "truncated", "newer", "folder", "flipped"])
def test_answers_of_the_hub_that_are_damaged_or_of_another_version(damage: str, place: Path) -> None:
    import sqlite3

    (place / "tree" / "c.yaml").unlink()
    (place / "tree" / "bad.py").write_text(MODEL.replace("Qwen/Qwen3-8B", "acme-w3/tuned"))
    hub = FakeHub()
    hub.add("acme-w3/tuned", cardData={"base_model": "Qwen/Qwen3-8B"}, tags=["base_model:finetune:Qwen/Qwen3-8B"])
    hub.add("Qwen/Qwen3-8B")
    with serve(hub) as server:
        env = {**EPOCH, "HF_ENDPOINT": server.url}
        first = aicheck(*ARGUMENTS, cwd=place, env=env)
        assert first.code == 1
        (file,) = [each for each in _cached(place).rglob("*.sqlite") if "detections" not in each.name]
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        if damage == "text":
            file.write_text("this is not a database\n" * 100)
        elif damage == "empty":
            file.write_bytes(b"")
        elif damage == "truncated":
            file.write_bytes(file.read_bytes()[:5000])
        elif damage == "newer":
            with sqlite3.connect(file) as database:
                database.execute("drop table answers")
                database.execute("create table answers(key text, something integer)")
                database.execute("pragma user_version=99")
            database.close()
        elif damage == "folder":
            file.unlink()
            file.mkdir()
        else:
            data = bytearray(file.read_bytes())
            rng = random.Random(1)
            for _ in range(len(data) // 50):
                data[rng.randrange(100, len(data))] ^= 1 << rng.randrange(8)
            file.write_bytes(bytes(data))
        ran = aicheck(*ARGUMENTS, cwd=place, env=env)
        assert ran.code == 1
        assert ran.report["findings"] == first.report["findings"]


@pytest.mark.network
@pytest.mark.parametrize("epoch", ["0", "253402300799", "9" * 20, "²"])
def test_a_clock_that_is_wrong(epoch: str, place: Path) -> None:
    """In 1970, in 2100, at the end of the calendar, and where it is nonsense."""
    hub = FakeHub()
    hub.add("Qwen/Qwen3-8B")
    with serve(hub) as server:
        env = {"HF_ENDPOINT": server.url}
        assert aicheck(*ARGUMENTS, cwd=place, env=env).code == 1
        ran = aicheck(*ARGUMENTS, cwd=place, env={**env, "SOURCE_DATE_EPOCH": epoch})
    assert ran.code in {1, 2}
    if ran.code == 2:
        assert "SOURCE_DATE_EPOCH" in ran.err


def test_many_at_once_share_a_cache(place: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(place), "AICHECK_CACHE_DIR": str(place / "cache"), **EPOCH}
    command = [sys.executable, "-m", "aicheck", *ARGUMENTS, "--offline", "-o", "json=same.json"]
    running = [subprocess.Popen(command, cwd=place, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(6)]  # fmt: skip
    said = [process.communicate() for process in running]
    assert {process.returncode for process in running} == {1}
    assert len({out for out, _ in said}) == 1
    assert b"Traceback" not in b"".join(err for _, err in said)
    assert json.loads((place / "same.json").read_bytes())["verdict"] == "fail"
    assert [each.name for each in place.iterdir() if each.name.startswith(".same")] == []


@pytest.mark.network
def test_a_network_that_dies_within_an_answer(place: Path) -> None:
    """Half of the body, then nothing: not the answer, and not "no such model"."""
    (place / "tree" / "c.yaml").unlink()
    (place / "tree" / "bad.py").write_text(MODEL.replace("Qwen/Qwen3-8B", "acme-w3/tuned"))

    def half(handler: object) -> None:
        handler.wfile.write(
            b'HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{"id": "acme-w3/tuned", "cardData": {'
        )  # type: ignore[attr-defined]  # a request handler
        handler.wfile.flush()  # type: ignore[attr-defined]  # as above
        handler.close_connection = True  # type: ignore[attr-defined]  # as above

    hub = FakeHub()
    hub.special["acme-w3/tuned"] = half
    with serve(hub) as server:
        ran = aicheck(*ARGUMENTS, cwd=place, env={"HF_ENDPOINT": server.url})
    assert ran.code == 3
    assert ran.verdict == "inconclusive"
