"""Every fuzzing target takes its seed, its corpus, and a few hundred mutations of them."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.run import HERE, SEEDS, mutated


@pytest.mark.parametrize("name", list(SEEDS))
def test_target(name: str) -> None:
    target, seed = SEEDS[name]
    pool = [seed, *(path.read_bytes() for path in sorted((HERE / "corpus" / name).glob("*")))]
    for data in pool:
        target(data)
    rng = random.Random(name)
    for _ in range(40):
        target(mutated(rng.choice(pool), pool, rng)[: 1 << 14])
