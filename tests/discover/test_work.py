"""Work grows with the size of a file, not with its square: calls are counted, since clocks say little on busy machines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from aicheck.discover.engine import Examiner
from aicheck.discover.registry import load_detectors
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile

_PUMPS: dict[str, Callable[[int], str]] = {
    "one-line.ts": lambda n: 'f("gpt-4o", {model: "gpt-4o"});' * n,
    "constants.ts": lambda n: "\n".join(f"const M{i} = 'gpt-4o'; call({{ model: M{i} }});" for i in range(n)),
    "nested.ts": lambda n: "f({ model: [" * n + '"gpt-4o"' + "] })" * n,
    "open.ts": lambda n: ('const a = { model: "gpt-4o", b: (\n' + " " * 300) * n,
    "templates.ts": lambda n: "`model: ${a}`" * n,
    "list.go": lambda n: "var models = []string{" + '"gpt-4o", ' * n + "}",
    "constants.go": lambda n: "\n".join(f"c.Model(openai.GPT4o{i})" for i in range(n)),
    "nested.rs": lambda n: "f(Model { model: vec![" * n + '"gpt-4o"' + "] })" * n,
    "quotes.cs": lambda n: '@"gpt-4o' * n,
    "comments.java": lambda n: "/* model gpt-4o " * n,
    "calls.kt": lambda n: 'model("gpt-4o").' * n,
    "list.yaml": lambda n: "models:\n" + "- gpt-4o\n" * n,
    "keys.yaml": lambda n: "".join(f"k{i}:\n  model: gpt-4o\n" for i in range(n)),
    "flow.yaml": lambda n: "models: [" + "gpt-4o, " * n + "]\n",
    "script.yaml": lambda n: "run: |\n" + "  vllm serve --model Qwen/Qwen3-8B\n" * n,
    "list.json": lambda n: '{"models": [' + '"gpt-4o",' * n + '""]}',
    "keys.json": lambda n: "{" + ",".join(f'"k{i}": {{"model": "gpt-4o"}}' for i in range(n)) + "}",
    "settings.toml": lambda n: "".join(f'[k{i}]\nmodel = "gpt-4o"\n' for i in range(n)),
    "comments.toml": lambda n: '# gpt-4o\nmodel = "gpt-4o"\n' * n,
    "serve.sh": lambda n: "vllm serve Qwen/Qwen3-8B --port 80\n" * n,
    "long.sh": lambda n: "echo gpt-4o " * n,
    "page.html": lambda n: '<option value="gpt-4o">gpt-4o</option>' * n,
    "cells.ipynb": lambda n: (
        '{"cells": ['
        + ",".join('{"cell_type": "code", "source": ["x = client(model=\\"gpt-4o\\")\\n"]}' for _ in range(n))
        + "]}"
    ),
    "build.dockerfile": lambda n: "RUN vllm serve Qwen/Qwen3-8B\n" * n,
    "main.tf": lambda n: "".join(f'resource "a" "b{i}" {{\n  model = "gpt-4o"\n}}\n' for i in range(n)),
    "dags.sh": lambda n: 'python -c "import m"\n' * n,
}


def _calls(examiner: Examiner, name: str, text: str) -> int:
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        del frame, argument
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        examiner.examine(SourceFile(name, text.encode()))
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", sorted(_PUMPS))
def test_calls_grow_with_the_size(name: str) -> None:
    examiner = Examiner(load_detectors(), DiscoverSettings())
    pump = _PUMPS[name]
    _calls(examiner, name, pump(10))  # tables are loaded at first need
    small, large = _calls(examiner, name, pump(150)), _calls(examiner, name, pump(600))
    assert large < 5.2 * small + 2000, (small, large)
