"""What a file costs grows with its length, not with the square of it: any line of the corpus, said again and again.

Compared is the CPU time of a text and of the same text four times as long, so the machine's speed does not matter:
linear is 4, quadratic is 16, and the line is drawn at 9, on the best of three.
"""

from __future__ import annotations

import time

import pytest

from tests.fuzz.targets import TARGETS

SIZE = 12_000
SLOPE = 9.0
FLOOR = 0.06
"""CPU seconds; below it, the clock and what is built at first use weigh more than the text."""

PUMPED: dict[str, tuple[str, ...]] = {
    "python": (
        '"k": "Qwen/Qwen3-8B",', "https://huggingface.co/Qwen/Qwen3-8B ", '"gpt-4o" ', '"""gpt-4o"""', "https://huggingface.co/a/b\n",
        "# Qwen/Qwen3-8B\n", "f('gpt-4o')(", "'gpt-4o' + ", "M = 'gpt-4o'; f(M);\n", "/* gpt-4o */",
    ),
    "notebook": ('"k": "Qwen/Qwen3-8B",', '{"cell_type":"code","source":"m=\'gpt-4o\'"},'),
    "javascript": ("model: gpt-4o\n", "X_MODEL=gpt-4o\n", '{"model":"gpt-4o"},', 'openai("gpt-4o");', "`${", "const m = 'gpt-4o';\n"),
    "java": ('model="gpt-4o" ', '{"model":"gpt-4o"},', "ollama run llama3 && "),
    "go": ('model="gpt-4o" ', '{"model":"gpt-4o"},', "https://huggingface.co/Qwen/Qwen3-8B "),
    "sql": ('model="gpt-4o" ', "ollama run llama3 && "),
    "yaml": ("model: gpt-4o\n", "- gpt-4o\n", "a: &a gpt-4o\nb: *a\n"),
    "json": ('{"model":"gpt-4o"},', '"gpt-4o",', '{"a":'),
    "shell": ("ollama run llama3 && ", "X_MODEL=gpt-4o\n", "--model Qwen/Qwen3-8B "),
    "text": ("https://huggingface.co/Qwen/Qwen3-8B ", "[m](https://huggingface.co/Qwen/Qwen3-8B) ", "| gpt-4o | Qwen/Qwen3-8B |\n"),
    "markup": ('<a b="gpt-4o">', "<!-- gpt-4o -->", "gpt-4o "),
    "ignore": ("a*b*c\n!d\n", "**/a/", "[a-"),
}  # fmt: skip
CASES = [(name, unit) for name, units in PUMPED.items() for unit in units]


def _cost(name: str, text: bytes) -> float:
    begin = time.process_time()
    TARGETS[name](text)
    return time.process_time() - begin


def steepest(name: str, unit: str) -> float:
    """CPU of the longer text over that of the shorter; 0 where both are too quick to tell."""
    short = (unit * (SIZE // len(unit))).encode()
    _cost(name, short[: len(short) // 8])
    best = float("inf")
    for _ in range(3):
        long = _cost(name, short * 4)
        if long < FLOOR * 2:
            return 0.0
        best = min(best, long / max(_cost(name, short), FLOOR / 4))
        if best < SLOPE:
            break
    return best


@pytest.mark.parametrize(("name", "unit"), CASES, ids=[f"{name}-{unit.strip()[:24]}" for name, unit in CASES])
def test_cost_grows_with_length(name: str, unit: str) -> None:
    assert steepest(name, unit) < SLOPE


def test_the_measure_sees_what_is_quadratic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS, "square", lambda data: sum(data.count(b"\0", at) for at in range(len(data))))
    assert steepest("square", "abcd") >= SLOPE


NAMES_BY_THE_THOUSAND: dict[str, tuple[str, str]] = {
    "constants of other files": ("from b import *\n", "AutoModel.from_pretrained(N{0})\n"),
    "parameters of methods": (
        "class C:\n",
        "    def f{0}(self, n):\n        return AutoModel.from_pretrained(n)\n",
    ),
    "loops": ("", "for n{0} in N:\n    AutoModel.from_pretrained(n{0})\n"),
    "classes": (
        "",
        "class C{0}(B):\n    n = 'a/b-7b'\n    def f(self):\n        AutoModel.from_pretrained(self.n)\n",
    ),
}


@pytest.mark.parametrize("kind", NAMES_BY_THE_THOUSAND)
def test_names_by_the_thousand(kind: str) -> None:
    """Each of them its own look-up: a file is not read once for each."""
    head, unit = NAMES_BY_THE_THOUSAND[kind]

    def cost(count: int) -> float:
        text = "from transformers import AutoModel\n" + head + "".join(map(unit.format, range(count)))
        return _cost("python", text.encode())

    cost(100)
    assert min(cost(4_000) / cost(1_000) for _ in range(2)) < SLOPE
