"""Compiled needle tables: the same hits from what is kept, and never from what is not to be trusted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aicheck.discover import compiled
from aicheck.discover.prefilter import hyperscan_available

pytestmark = pytest.mark.skipif(not hyperscan_available(), reason="only the other engine here")

NEEDLES = (b'"qwen', b"from_pretrained(", b"meta-llama/")
TEXT = b'AutoModel.From_Pretrained("meta-llama/x", "Qwen")'


def hits(folder: Path | None, needles: tuple[bytes, ...] = NEEDLES) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    made = compiled.database(needles, str(folder) if folder else None)
    made.scan(TEXT, match_event_handler=lambda number, _start, end, _flags, _context: found.append((number, end)))
    return sorted(found)


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each table that is compiled."""
    made: list[int] = []
    compile_ = compiled._compile
    monkeypatch.setattr(
        compiled, "_compile", lambda module, needles: (made.append(1), compile_(module, needles))[1]
    )
    return made


def test_kept_table_gives_the_same_hits(tmp_path: Path, count: list[int]) -> None:
    fresh = hits(None)
    assert fresh == [(0, 47), (1, 26), (2, 38)]
    folder = tmp_path / "needles"
    assert [hits(folder), hits(folder)] == [fresh, fresh]
    assert len(count) == 2
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_other_needles_have_their_own_table(tmp_path: Path, count: list[int]) -> None:
    hits(tmp_path / "n")
    assert hits(tmp_path / "n", (b"auto", *NEEDLES))[0] == (0, 4)
    assert len(count) == 2


@pytest.mark.parametrize(
    "damage", ["flip", "cut", "empty", "other-key", "magic", "writable", "folder", "link", "fifo"]
)
def test_what_is_not_to_be_trusted_is_compiled_anew(tmp_path: Path, count: list[int], damage: str) -> None:
    folder = tmp_path / "needles"
    before = hits(folder)
    (file,) = folder.iterdir()
    data = file.read_bytes()
    if damage == "flip":
        file.write_bytes(data[:-200] + bytes([data[-200] ^ 1]) + data[-199:])
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "magic":
        file.write_bytes(b"x" + data)
    elif damage == "other-key":
        hits(folder, (b"something", b"else"))
        (other,) = (one for one in folder.iterdir() if one != file)
        file.write_bytes(other.read_bytes())
        count.clear()
        count.append(1)
    elif damage == "writable":
        file.chmod(0o666)
    elif damage == "folder":
        folder.chmod(0o777)
    elif damage == "link":
        file.rename(tmp_path / "elsewhere")
        file.symlink_to(tmp_path / "elsewhere")
    elif damage == "fifo":
        file.unlink()
        os.mkfifo(file)
    assert hits(folder) == before
    assert len(count) == 2


def test_whole_file_of_another_making_is_refused(tmp_path: Path, count: list[int]) -> None:
    """A right checksum over bytes that are no database of hyperscan's."""
    folder = tmp_path / "needles"
    before = hits(folder)
    (file,) = folder.iterdir()
    key = bytes.fromhex(file.name)
    body = b"\0" * 4096
    file.write_bytes(compiled._MAGIC + compiled._sum(key, body) + body)
    assert hits(folder) == before
    assert len(count) == 2


def test_no_place_to_keep_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert hits(tmp_path / "file" / "needles") == hits(None)
    assert hits(Path(os.devnull) / "needles") == hits(None)


def test_old_tables_make_room(tmp_path: Path) -> None:
    folder = tmp_path / "needles"
    hits(folder)
    for number in range(100):
        old = folder / f"{number:032x}"
        old.write_bytes(b"old")
        os.utime(old, (number, number))
    hits(folder, (b"something", b"else"))
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 64
    assert f"{0:032x}" not in names
    assert f"{99:032x}" in names
