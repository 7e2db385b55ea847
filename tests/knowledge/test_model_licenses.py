"""Terms of models on record: exact ids before patterns, patterns before nothing; every row names a licence."""

from __future__ import annotations

import pytest

from aicheck.knowledge.licenses import by_id
from aicheck.knowledge.model_licenses import known_license
from aicheck.knowledge.tables import raw_lines

ROWS = [line.split("\t") for line in raw_lines("model_licenses.tsv")]


def test_rows_are_sorted_unique_and_name_known_licences():
    names = [(row[0].lower(), row[0]) for row in ROWS]
    assert names == sorted(names)
    assert len({name for name, _ in names}) == len(names)
    assert all(by_id(row[1]) is not None for row in ROWS)
    assert {row[2] for row in ROWS} <= {"high", "medium", "low"}
    assert all("/" in row[0] and not row[0].startswith("*") for row in ROWS)


@pytest.mark.parametrize(
    ("model", "expression", "sure"),
    [
        ("openai/whisper-large-v3", "Apache-2.0", True),
        ("openai/whisper-large-v3-turbo", "MIT", True),
        ("OPENAI/Whisper-Large-V3-Turbo", "MIT", True),
        ("facebook/wav2vec2-base-960h", "Apache-2.0", False),
        ("facebook/wav2vec2-base-10k-voxpopuli", "CC-BY-NC-4.0", False),
        ("google/gemma-2-9b", "LicenseRef-scancode-gemma-tou-2025-03-24", True),
        ("mosaicml/mpt-30b-chat", "CC-BY-NC-SA-4.0", True),
    ],
)
def test_terms_on_record(model, expression, sure):
    found = known_license(model)
    assert found is not None
    assert (found.license.expression, found.sure) == (expression, sure)


@pytest.mark.parametrize("model", ["someone/whisper-large-v3", "openai", "openai/unheard-of", "", "x/y"])
def test_others_are_not_guessed(model):
    assert known_license(model) is None
