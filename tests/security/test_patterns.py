"""No regular expression of the package can be made to backtrack for long; nor can a file whose text is pumped up."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS
from tests.security.patterns import slowest
from tests.security.pumped_files import told

SIZE = 600
"""Characters: enough for what is exponential, or cubic with more than one stage, to take more than a second."""


def _patterns() -> list[tuple[str, int, bool]]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "patterns.py")], capture_output=True, check=True
    )
    found: list[tuple[str, int, bool]] = json.loads(done.stdout)
    return found


def test_every_pattern_of_the_package() -> None:
    patterns = _patterns()
    assert len(patterns) > 400
    slow = {
        pattern: told
        for pattern, flags, of_bytes in patterns
        for took, told in [slowest(pattern, flags, of_bytes=of_bytes, size=SIZE)]
        if took > 0.5
    }
    assert slow == {}


def test_the_attack_finds_what_is_bad() -> None:
    assert slowest(r"(?:[._][a-z\d_]+)*\Z", 0, of_bytes=False, size=60)[0] > 0.5
    assert slowest(r"(a+)+\Z", 0, of_bytes=True, size=60)[0] > 0.5


def _pumped(size: int) -> Iterator[tuple[str, str]]:
    blank = " " * size
    yield "markup", f"<option>{blank}gpt-4o{blank}x"
    yield "component", f"<template><option>{blank}gpt-4o{blank}x</template>"
    yield "javascript", f'import {blank} a {blank} fro "openai"; const{blank}model = openai("gpt-4o")'
    yield "javascript", "import " * (size // 7) + '"gpt-4o" openai'
    yield "javascript", f'pipeline("a"{blank}; openai("gpt-4o")'
    yield (
        "python",
        f'from transformers import AutoModel\nAutoModel.from_pretrained("vit_a{"_a" * (size // 2)}-x")\n',
    )
    yield "python", f'import openai\nopenai.chat(model="gpt-4a{".." * (size // 2)}%")\n'
    yield "yaml", f'model: "gpt-4a{".." * 90}-%"\nbackbone: vit_a{"_a" * 90}-x\n'
    yield "yaml", f'env: {{MODEL: "gpt-4o{chr(10) * size}"}}\n'
    yield "ini", f"[{blank}a{blank}\nmodel = gpt-4o\n"


@pytest.mark.parametrize("number", range(len(list(_pumped(1)))))
def test_pumped_files(number: int) -> None:
    """What once took minutes: quadratic and worse in the length of a run of blanks, names or dots."""
    name, text = list(_pumped(20_000))[number]
    begin = time.process_time()
    TARGETS[name](text.encode())
    assert time.process_time() - begin < 4


def test_a_sample_of_the_attacks_inside_files() -> None:
    """All of them, in every kind of file: `pumped_files.py`."""
    assert list(told(2_000, 300)) == []
