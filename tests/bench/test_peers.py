"""The bench's own pieces: commands of other scanners, and the limit that ends them."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.bench.peers import filled, read_peer, timed

pytestmark = pytest.mark.skipif(shutil.which("nice") is None or not hasattr(os, "killpg"), reason="POSIX")


def test_a_peer_is_a_name_and_a_command() -> None:
    assert read_peer("x=tool -o '{folder}/a b.json' --k=v {tree}") == (
        "x",
        ["tool", "-o", "{folder}/a b.json", "--k=v", "{tree}"],
    )


@pytest.mark.parametrize("text", ["", "tool", "=tool", "x=", "x=  "])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="NAME=COMMAND"):
        read_peer(text)


def test_places_are_put_in() -> None:
    assert filled(["a", "{folder}/x", "{tree}"], Path("/t"), Path("/f")) == ["a", "/f/x", "/t"]


def test_what_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    code = (
        "import os, time, pathlib\n"
        "child = os.fork()\n"
        "time.sleep(1.5 if child == 0 else 30)\n"
        f"pathlib.Path({str(mark)!r}).write_text('x')\n"
    )
    result = timed([sys.executable, "-c", code], dict(os.environ), tmp_path, 0.5)
    assert result["ended"] == 1
    assert result["exit"] < 0
    assert result["wall"] < 20
    time.sleep(1.5)
    assert not mark.exists()


def test_time_and_exit_are_said(tmp_path: Path) -> None:
    result = timed([sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ), tmp_path, 60)
    assert (result["exit"], result["ended"]) == (3, 0)
    assert result["cpu"] > 0
    assert result["mb"] > 1
