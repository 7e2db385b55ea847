"""Answers that die with their worker after the work was done: asked for again, and a gap where it goes on dying."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")

from aicheck.fleet.cluster import DaskEngine
from aicheck.fleet.engine import Failure


class Future:
    """One task's future; `lives` answers are lost before one is given."""

    def __init__(self, key: int, task: str, lost: bool, says: str) -> None:
        self.key, self.task, self.lost = key, task, lost
        self.status = says if lost else "finished"

    def result(self) -> str:
        if self.lost:
            self.status = "cancelled"
            raise RuntimeError("cancelled for reason: unknown")
        return self.task.upper()

    def release(self) -> None:
        pass


def engine(losses: dict[str, int], says: str) -> DaskEngine:
    made: list[Future] = []

    class Client:
        def scatter(self, shared: Any, **_: Any) -> Any:
            return shared

        def nthreads(self) -> dict[str, int]:
            return {"a": 1}

        def submit(self, guarded: Any, function: Any, task: str, shared: Any, **_: Any) -> Future:
            losses[task] = losses.get(task, 0) - 1
            made.append(Future(len(made), task, losses[task] >= 0, says))
            return made[-1]

    class Arriving(list[Future]):
        def add(self, future: Future) -> None:
            self.append(future)

        def __next__(self) -> Future:
            return self.pop(0)

    held = DaskEngine.__new__(DaskEngine)
    held._dask = SimpleNamespace(as_completed=lambda *_, **__: Arriving())
    held.client = Client()
    return held


@pytest.mark.parametrize("says", ["finished", "cancelled", "lost"])
def test_a_lost_answer_is_asked_for_again(says: str) -> None:
    found = dict(engine({"b": 1}, says).run(len, ["a", "b", "c"], None))
    assert found == {"a": "A", "b": "B", "c": "C"}


@pytest.mark.parametrize("says", ["finished", "cancelled"])
def test_an_answer_that_is_lost_for_ever_is_a_gap_and_the_others_stand(says: str) -> None:
    found = dict(engine({"b": 99}, says).run(len, ["a", "b", "c"], None))
    assert (found["a"], found["c"]) == ("A", "C")
    assert isinstance(found["b"], Failure)
