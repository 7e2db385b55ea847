"""Large JSON files: what nothing can name is passed over, and what is found stays the same."""

from __future__ import annotations

import json
import random

import pytest

from aicheck.discover.detectors import json as json_detector
from aicheck.discover.prefilter import Finder
from aicheck.discover.source import SourceFile
from aicheck.discover.structure import skipping
from aicheck.discover.structure.skipping import LARGE, parts

_FINDER = Finder(json_detector.DETECTOR.needles)


def _plain(count: int) -> dict[str, object]:
    return {
        f"Shape{n}": {"type": "structure", "members": {"Id": {"shape": "S"}, "List": ["a", "b"]}}
        for n in range(count)
    }


def _found(data: bytes) -> list[str]:
    source = SourceFile("api/service.json", data)
    hits = _FINDER.hits(data)
    return sorted(map(str, json_detector.DETECTOR.detect(source, hits)))


def _read_length(data: bytes) -> int:
    starts = [hit.start for hit in _FINDER.hits(data)]
    return sum(end - begin for begin, end in parts(data.decode("latin-1"), data, starts))


def test_objects_without_needles_are_passed_over() -> None:
    data = json.dumps({"shapes": _plain(2000), "use": {"model": "gpt-4o-mini"}}, indent=1).encode()
    assert _read_length(data) < len(data) / 20
    assert any("gpt-4o-mini" in found for found in _found(data))


def test_one_line_is_read_whole() -> None:
    data = json.dumps({"shapes": _plain(500), "use": {"model": "gpt-4o-mini"}}).encode()
    assert _read_length(data) == len(data)


def test_below_a_key_that_speaks_of_models_everything_is_read() -> None:
    text = json.dumps({"models": _plain(40), "other": _plain(40)}, indent=2)
    start = text.index('"models"')
    kept = parts(text, text.encode(), [start])
    end = text.index('"other"')
    assert kept[0][0] == 0
    assert kept[0][1] > end


def test_brackets_in_strings_do_not_mislead() -> None:
    body = {
        "odd": {"text": "{ [ ( not closed", "deep": {"x": "]"}},
        "shapes": _plain(800),
        "z": {"model": "gpt-4o"},
    }
    data = json.dumps(body, indent=2).encode()
    assert len(data) > LARGE
    assert any("gpt-4o" in found for found in _found(data))


@pytest.mark.parametrize("seed", range(12))
def test_the_same_is_found_as_in_the_whole_file(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    models = [
        "gpt-4o",
        "meta-llama/Llama-3.1-8B-Instruct",
        "claude-3-5-sonnet-20241022",
        "text",
        "a b c",
        "qwen2.5:7b",
    ]
    keys = ["model", "name", "id", "provider", "llm", "items", "env", "value", "args", "notes", "image", "x"]

    def make(depth: int) -> object:
        kind = chance.random()
        if depth > 4 or kind < 0.35:
            return chance.choice([*models, "plain", 7, None, True, "s3://bucket/x"])
        if kind < 0.55:
            return [make(depth + 1) for _ in range(chance.randrange(4))]
        return {f"{chance.choice(keys)}": make(depth + 1) for _ in range(chance.randrange(5))}

    body = {f"part{n}": {"plain": _plain(6), "any": make(0)} for n in range(120)}
    data = (
        json.dumps(body, indent=chance.choice([1, 2, 4, "\t"]))
        .replace("\n", chance.choice(["\n", "\r\n"]))
        .encode()
    )
    assert len(data) > LARGE
    short = _read_length(data)
    skipped = _found(data)
    monkeypatch.setattr(json_detector, "LARGE", 1 << 40)
    assert _found(data) == skipped
    assert short < len(data)


def test_hostile_indentation_ends_in_reading_everything() -> None:
    text = '{\n  "a": [\n' * 40_000 + "}"
    assert parts(text, text.encode(), [0]) == [(0, len(text))]
    assert len(text) > LARGE
    assert skipping.LARGE == LARGE
