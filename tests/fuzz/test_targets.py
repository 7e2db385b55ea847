"""Every fuzzing target takes its corpus, and some mutations of it."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.run import mutated
from tests.fuzz.targets import CORPUS, TARGETS, seeds


def test_every_target_has_a_corpus() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    assert all(seeds(name) for name in TARGETS)


@pytest.mark.parametrize("name", list(TARGETS))
def test_target(name: str) -> None:
    target, pool = TARGETS[name], seeds(name)
    for data in pool:
        target(data)
    rng = random.Random(name)
    for _ in range(15):
        target(mutated(rng.choice(pool), pool, rng)[: 1 << 14])
