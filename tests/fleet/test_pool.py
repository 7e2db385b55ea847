from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from aicheck.errors import AicheckError
from aicheck.fleet.engine import Failure
from aicheck.fleet.pool import LocalEngine
from tests.fleet import work


def _run(workers: int, function: Any, tasks: Any, shared: Any, **settings: Any) -> list[tuple[Any, Any]]:
    engine = LocalEngine(workers, **settings)
    try:
        return list(engine.run(function, tasks, shared))
    finally:
        engine.close()


def test_every_task_gives_one_result() -> None:
    results = dict(_run(2, work.double, range(50), 3))
    assert results == {number: number * 3 for number in range(50)}
    assert list(_run(2, work.double, [], 3)) == []


def test_where_threads_run_the_workers_are_fresh_processes() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        results = dict(_run(2, work.double, range(8), 3))
    finally:
        stop.set()
        thread.join()
    assert results == {number: number * 3 for number in range(8)}


def test_what_a_task_raises_is_a_failure_of_that_task() -> None:
    results = dict(_run(1, work.failing, range(4), "no"))
    assert (results[0], results[3]) == (0, 3)
    assert results[1] == Failure("unreachable", "no")
    assert results[2] == Failure("unreadable", "internal error: ZeroDivisionError: no")


def test_a_task_that_ends_its_process_costs_only_itself() -> None:
    results = list(_run(2, work.poisoned, range(12), 4))
    assert sorted(task for task, _ in results) == list(range(12))
    assert dict(results)[4] == Failure("unreadable", "not scanned: its process ended (2 attempts)")
    assert all(result == task for task, result in results if task != 4)


def test_a_task_is_tried_again_when_its_worker_died(tmp_path: Path) -> None:
    results = list(_run(2, work.dying_once, range(10), str(tmp_path / "marker")))
    assert sorted(results) == [(number, number) for number in range(10)]


def test_a_worker_killed_from_outside_loses_nothing() -> None:
    engine = LocalEngine(2)
    seen = []
    for task, result in engine.run(work.dying_once, range(60), os.devnull):
        seen.append((task, result))
        if len(seen) in {10, 30}:
            os.kill(engine.pids[0], signal.SIGKILL)
    engine.close()
    assert sorted(seen) == [(number, number) for number in range(60)]


def test_one_crew_does_several_runs() -> None:
    engine = LocalEngine(2)
    assert dict(engine.run(work.double, range(5), 3)) == {number: number * 3 for number in range(5)}
    pids = engine.pids
    assert dict(engine.run(work.double, range(5), 4)) == {number: number * 4 for number in range(5)}
    assert engine.pids == pids
    engine.close()


def test_workers_that_cannot_work_end_the_run() -> None:
    with pytest.raises(AicheckError, match="as soon as they begin"):
        _run(1, work.hopeless, range(50), None, attempts=100)


def test_a_task_has_a_time_limit() -> None:
    results = dict(_run(2, work.slow, range(6), 60.0, timeout=2.5))
    assert results.pop(3) == Failure("unreadable", "not scanned: took longer than 2.5 s")
    assert results == {number: number for number in (0, 1, 2, 4, 5)}


def test_large_messages_in_both_directions_do_not_block() -> None:
    results = list(_run(2, work.big, [b"x" * 500_000] * 8, 4))
    assert [len(result) for _, result in results] == [2_000_000] * 8


def test_leaving_early_ends_the_workers() -> None:
    engine = LocalEngine(2)
    running = engine.run(work.slow, range(100), 0.0)
    next(running)
    pids = engine.pids
    running.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
