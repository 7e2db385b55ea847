"""A pytest plugin for mutation testing: what one test computed and kept does not hide the mutant from the next.

pytest -p scripts.mutation_caches ...
"""

from __future__ import annotations

import functools
import gc

import pytest

MUTATED = ("aicheck.evaluate.", "aicheck.resolve.lineage")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Empty the caches of the mutated modules before every test."""
    global _known  # noqa: PLW0603 - the wrappers never change once the modules are loaded
    if not _known:
        _known = [
            each for each in gc.get_objects()
            if isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith(MUTATED)
        ]  # fmt: skip
    for each in _known:
        each.cache_clear()


_known: list[functools._lru_cache_wrapper[object]] = []
