"""What stands at the end of a long file is found, or its file is a gap; long lines cost what they are long."""

from __future__ import annotations

import os
import re
import time
from datetime import date
from pathlib import Path

import pytest

from aicheck.core.evidence import GapReason
from aicheck.discover import bounds, discover
from aicheck.discover.engine import Examined, Examiner
from aicheck.discover.gate import Gate
from aicheck.discover.registry import load_detectors
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile
from aicheck.evaluate import evaluate, load_policy

DETECTORS = load_detectors()
EXAMINER = Examiner(DETECTORS, DiscoverSettings(include_docs=True))
LINE = int(os.environ.get("AICHECK_TEST_LINE", "60000"))
"""Bytes of the one line of every kind of file; the figures of longer ones stand in docs/security/testing.md."""
LONGER = 2_600_000
"""Bytes of those files that a bound of some reader lies below."""
LONG = ("lines.yaml", "flow.yaml", "flows.yaml", "one.py", "list.py", "others.py", "value.json", "a.md")
TRANSFORMERS = "from transformers import AutoModel\n"

HAYSTACKS: dict[str, tuple[str, str, str]] = {
    # Name of the file: its head, what is said again and again, and the end that names the model.
    "lines.yaml": ("", "\n", "model: Qwen/Qwen3-8B\n"),
    "comments.yaml": ("", "# a\n", "model: Qwen/Qwen3-8B\n"),
    "list.yaml": ("a:\n", "- 1\n", "model: Qwen/Qwen3-8B\n"),
    "keys.yaml": ("", "a: 1\n", "model: Qwen/Qwen3-8B\n"),
    "documents.yaml": ("", "---\na: 1\n", "---\nmodel: Qwen/Qwen3-8B\n"),
    "flow.yaml": ("m: [", "1, ", "{model: Qwen/Qwen3-8B}]\n"),
    "folded.yaml": ("a: >\n", "  b\n", "model: Qwen/Qwen3-8B\n"),
    "flows.yaml": ("m: [", "1,\n ", "{model: Qwen/Qwen3-8B}]\n"),
    "same.yaml": ("", "m: gpt-4o\nmodel: gpt-4o\n", "model: Qwen/Qwen3-8B\n"),
    "list.json": ('{"a":[', "1,", '1],"model":"Qwen/Qwen3-8B"}'),
    "texts.json": ('{"a":[', '"a",', '"a"],"model":"Qwen/Qwen3-8B"}'),
    "objects.json": ('{"a":[', '{"b":1},', '{"model":"Qwen/Qwen3-8B"}]}'),
    "same.json": ('{"a":[', '{"model":"gpt-4o"},', '{"model":"Qwen/Qwen3-8B"}]}'),
    "value.json": ('{"a":"', "b", '","model":"Qwen/Qwen3-8B"}'),
    "tables.toml": ("", "[[a]]\nb=1\n", '[c]\nmodel="Qwen/Qwen3-8B"\n'),
    "keys.ini": ("[a]\n", "b=1\n", "model=Qwen/Qwen3-8B\n"),
    ".env": ("", "A=1\n", "MODEL_ID=Qwen/Qwen3-8B\n"),
    "a.sh": ("", "true\n", "vllm serve Qwen/Qwen3-8B\n"),
    "one.sh": ("", "true; ", "vllm serve Qwen/Qwen3-8B\n"),
    "same.sh": ("", "ollama run llama3\n", "vllm serve Qwen/Qwen3-8B\n"),
    "Dockerfile": ("FROM a\n", "RUN true\n", "RUN vllm serve Qwen/Qwen3-8B\n"),
    "Makefile": ("a:\n", "\ttrue\n", "\tvllm serve Qwen/Qwen3-8B\n"),
    "Modelfile": ("", "# a\n", "FROM hf.co/Qwen/Qwen3-8B\n"),
    "main.tf": ("", 'a "b" {\n c = 1\n}\n', 'a "b" {\n model = "Qwen/Qwen3-8B"\n}\n'),
    "lines.py": (TRANSFORMERS, "a = 1\n", "AutoModel.from_pretrained('Qwen/Qwen3-8B')\n"),
    "one.py": (TRANSFORMERS, "a = 1; ", "AutoModel.from_pretrained('Qwen/Qwen3-8B')\n"),
    "same.py": (TRANSFORMERS, "AutoModel.from_pretrained('a/b-7b')\n", "AutoModel.from_pretrained('Qwen/Qwen3-8B')\n"),
    "list.py": (TRANSFORMERS + "M = [", "'a/b-7b', ", "'Qwen/Qwen3-8B']\nfor m in M: AutoModel.from_pretrained(m)\n"),
    "others.py": (TRANSFORMERS + "M = [", "'a', ", "'Qwen/Qwen3-8B']\nfor m in M: AutoModel.from_pretrained(m)\n"),
    "a.ipynb": ('{"cells":[', '{"cell_type":"code","source":["a=1"]},', '{"cell_type":"code","source":["from transformers import AutoModel\\nAutoModel.from_pretrained(\'Qwen/Qwen3-8B\')"]}]}'),
    "a.js": ("", "a();\n", 'pipeline("text-generation", "Qwen/Qwen3-8B");\n'),
    "one.js": ("", "a();", 'const m = {model: "Qwen/Qwen3-8B"};\n'),
    "list.js": ("const a = [", '"b",', '"c"]; const m = {model: "Qwen/Qwen3-8B"};\n'),
    "a.go": ("package a\n", "var a = 1\n", 'const model = "Qwen/Qwen3-8B"\n'),
    "A.java": ("", "int a = 1;\n", 'x.modelName("Qwen/Qwen3-8B");\n'),
    "a.rs": ("", "let a = 1;\n", 'let model = "Qwen/Qwen3-8B";\n'),
    "a.html": ("", "<p>a</p>\n", '<script>const m = {model: "Qwen/Qwen3-8B"};</script>\n'),
    "a.md": ("", "a\n", "https://huggingface.co/Qwen/Qwen3-8B\n"),
    "README.md": ("---\nlicense: mit\ntags:\n", "- a\n", "base_model: Qwen/Qwen3-8B\n---\n"),
    "requirements.txt": ("", "a\n", "torch==2.0\n"),
    "same/requirements.txt": ("", "openai\n", "torch==2.0\n"),
    "setup.cfg": ("[options]\ninstall_requires =\n", "  a\n", "  torch\n"),
    "package.json": ('{"dependencies":{"a":"', "1", '","openai":"4.0.0"}}'),
    "pyproject.toml": ("[project]\ndependencies=[", '"a",', '"torch"]\n'),
    "go.mod": ("module a\nrequire (\n", "a.b/c v1.0.0\n", "github.com/openai/openai-go v1.0.0\n)\n"),
    ".gitmodules": ("", "# a\n", '[submodule "q"]\n url = https://huggingface.co/Qwen/Qwen3-8B\n'),
    "SHA256SUMS.sha256": ("", f"{'0' * 64}  a\n", f"{'1' * 64}  Qwen3-8B.gguf\n"),
    "a.dvc": ("outs:\n", "- md5: 1\n", "- md5: 2\n  path: Qwen3-8B.gguf\n"),
    "mcp.json": ('{"mcpServers":{"a":{"command":"npx","args":[', '"-y",', '"@a/b"]},"c":{"url":"https://example.com/mcp"}}}'),
    ".aider.conf.yml": ("", "a: 1\n", "model: Qwen/Qwen3-8B\n"),
    ".claude/agents/a.md": ("---\nname: a\n", "b: c\n", "model: sonnet\n---\n"),
}  # fmt: skip


def _short(seen: Examined) -> set[str]:
    return {str(reference.target) for reference in seen.references}


def _unread(seen: Examined) -> set[GapReason]:
    return {gap.reason for gap in seen.gaps} & {GapReason.TOO_LARGE, GapReason.UNPARSABLE}


SIZES = [(name, 300_000) for name in HAYSTACKS] + [(name, LONGER) for name in LONG]


@pytest.mark.parametrize(("name", "size"), SIZES)
def test_the_end_of_a_long_file_is_found_or_said(name: str, size: int) -> None:
    head, unit, tail = HAYSTACKS[name]
    wanted = _short(EXAMINER.examine(SourceFile(name, (head + unit + tail).encode())))
    assert wanted, "the sample itself names nothing"
    seen = EXAMINER.examine(SourceFile(name, (head + unit * (size // len(unit)) + tail).encode()))
    assert wanted <= _short(seen) or _unread(seen), seen.gaps
    assert len(seen.references) <= bounds.LISTED
    assert not [gap for gap in seen.gaps if "please report it" in gap.detail]


def _names() -> list[str]:
    """One name for each set of detectors that looks at a name: every suffix and file name that they list."""
    gate = Gate(DETECTORS)
    chosen: dict[int, str] = {}
    for detector in DETECTORS:
        for glob in detector.globs:
            name = re.sub(r"\[.*?\]", "a", glob.replace("?", "a")).replace("*", "a")
            chosen.setdefault(gate.mask(name), name)
    return list(chosen.values())


def _line(name: str, size: int) -> bytes:
    """One line of everything that the detectors of that name look for, in the ways in which models are written."""
    mask = Gate(DETECTORS).mask(name)
    needles = [
        n
        for i, each in enumerate(DETECTORS)
        if mask >> i & 1
        for n in each.needles[:: 1 + len(each.needles) // 40]
    ]
    words = [
        b'"model":"gpt-4o",',
        b"model=Qwen/Qwen3-8B ",
        b"https://huggingface.co/Qwen/Qwen3-8B ",
        b"('gpt-4o')",
        b"--model a/b-7b; ",
    ]
    unit = b"".join(needle + words[number % len(words)] for number, needle in enumerate(needles or [b"a"]))
    return unit * (size // len(unit) + 1)


@pytest.mark.parametrize("name", _names())
def test_one_long_line_in_every_kind_of_file(name: str) -> None:
    """CPU by the byte: what is quadratic in the line takes minutes at this length already."""
    data = _line(name, LINE)
    begin = time.process_time()
    seen = EXAMINER.examine(SourceFile(name, data))
    assert time.process_time() - begin < 4 + len(data) / 50_000
    assert not [gap for gap in seen.gaps if "please report it" in gap.detail]
    assert len(seen.references) <= bounds.LISTED * 4


def test_of_one_thing_the_first_places_are_listed() -> None:
    """What else the file names is listed all the same, and the rest is counted."""
    count = bounds.PLACES + 5
    text = "model: Qwen/Qwen3-4B\n" * count + "model: Qwen/Qwen3-8B\n"
    seen = EXAMINER.examine(SourceFile("a.yaml", text.encode()))
    assert [str(each.target) for each in seen.references] == ["hf:Qwen/Qwen3-4B"] * bounds.PLACES + [
        "hf:Qwen/Qwen3-8B"
    ]
    assert [(gap.reason, gap.detail.split()[0]) for gap in seen.gaps] == [(GapReason.SKIPPED, "5")]


def test_what_is_beyond_the_bounds_is_never_a_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (("PLACES", 10), ("LISTED", 40), ("DRAWN", 80)):
        monkeypatch.setattr(bounds, name, value)
    policy = load_policy("strict")

    def verdict(name: str, text: str) -> tuple[str, str]:
        for each in tmp_path.iterdir():
            each.unlink()
        (tmp_path / name).write_text(text)
        inventory = discover(tmp_path)
        told = " ".join(gap.detail for gap in inventory.gaps if gap.reason is GapReason.TOO_LARGE)
        assert len(inventory.references) <= bounds.LISTED
        return evaluate(inventory, (), policy, today=date(2026, 11, 23)).verdict.value, told

    several = "".join(f"- a{number}/llama-{number}b\n" for number in range(47))
    assert verdict("a.yaml", several) == ("inconclusive", "7 references beyond the first 40 are not listed")
    assert verdict("requirements.txt", "openai==1\n" * 81) == (
        "inconclusive",
        "more than 80 references: the rest was not looked at",
    )
    assert verdict("requirements.txt", "openai==1\n" * 80) == ("pass", "")
