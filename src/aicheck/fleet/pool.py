"""Worker processes of this machine, each on a pipe of its own.

The standard library's pool breaks as a whole when one worker dies, and cannot tell whose task it was. Here a
worker that dies (out of memory, killed) or exceeds the time limit costs its own task one attempt; the tasks that
waited behind it move on.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from aicheck.discover.pool import can_fork
from aicheck.errors import AicheckError
from aicheck.fleet.engine import Failure, guarded

__all__ = ["LocalEngine", "default_workers"]

_DEPTH: Final = 2
"""Tasks at a worker: one at work, one waiting, so that nobody idles while the coordinator writes."""
_POLL: Final = 1.0
_BEGIN: Final = "begin"
_TASK: Final = "task"
_END: Final = object()
_BARREN: Final = 10
"""Workers that die one after the other without a result before we take it that none can work here."""


def default_workers() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _work(link: Connection, others: Sequence[Connection]) -> None:
    """Loop of a worker: it ends when the coordinator's end of the pipe is gone."""
    for other in others:
        other.close()  # a forked copy would keep a pipe open whose coordinator is gone
    with suppress(ValueError):  # not the main thread of this process
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what an interruption means
    # Read in a thread: a coordinator that sends the next task while we send a result must never wait for us.
    waiting: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_receive, args=(link, waiting), daemon=True).start()
    function: Any = None
    shared: Any = None
    while (message := waiting.get()) is not _END:
        if message[0] == _BEGIN:
            function, shared = message[1:]
            continue
        try:
            link.send(guarded(function, message[1], shared))
        except OSError:
            return


def _receive(link: Connection, waiting: SimpleQueue[Any]) -> None:
    try:
        with suppress(EOFError, OSError):
            while (message := link.recv()) is not None:
                waiting.put(message)
    finally:
        # Also where a message cannot be read (its function is not importable here): the worker ends, and the
        # coordinator sees that, instead of both waiting for each other for ever.
        waiting.put(_END)


class _Worker:
    def __init__(self, crew: list[_Worker]) -> None:
        # A fork has everything imported already; where threads run, only a fresh process is safe.
        fork = can_fork()
        context: Any = get_context("fork" if fork else "spawn")
        self.link, theirs = context.Pipe()
        others = [self.link, *(worker.link for worker in crew)] if fork else []
        self.process = context.Process(target=_work, args=(theirs, others), name="aicheck-fleet", daemon=True)
        self.process.start()
        theirs.close()
        self.tasks: deque[tuple[Any, int]] = deque()
        self.started = time.monotonic()

    def send(self, *message: Any) -> None:
        with suppress(OSError):  # it died: the coordinator sees that on the pipe
            self.link.send(message)

    def feed(self, task: Any, attempt: int) -> None:
        if not self.tasks:
            self.started = time.monotonic()
        self.tasks.append((task, attempt))
        self.send(_TASK, task)

    def done(self) -> Any:
        task, _ = self.tasks.popleft()
        self.started = time.monotonic()
        return task

    def end(self, *, now: bool = False) -> None:
        if not now:
            with suppress(OSError):
                self.link.send(None)
        self.link.close()
        if now:
            self.process.kill()
        self.process.join(10.0)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.process.close()


class LocalEngine:
    """Runs tasks in `workers` processes, which live until `close`; see `engine.Engine`."""

    def __init__(
        self,
        workers: int = 0,
        *,
        timeout: float = 1800.0,
        attempts: int = 2,
        warm_up: Callable[[], None] | None = None,
    ) -> None:
        self.workers = workers or default_workers()
        self._warm_up = warm_up
        self.timeout = timeout
        """Seconds that one task may take."""
        self.attempts = attempts
        """How often a task is tried whose worker dies."""
        self._crew: list[_Worker] = []
        self._barren = 0

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers."""
        return tuple(worker.process.pid or 0 for worker in self._crew)

    def shares(self, marker: str) -> bool:
        """Processes of one machine see the same files."""
        return Path(marker).exists()

    def close(self) -> None:
        """End the workers."""
        while self._crew:
            worker = self._crew.pop()
            worker.end(now=bool(worker.tasks))

    def run(
        self, function: Callable[[Any, Any], Any], tasks: Iterable[Any], shared: Any
    ) -> Iterator[tuple[Any, Any]]:
        """As `Engine.run` says; where the iteration is left early, workers that are busy are ended."""
        work = _Run(function, iter(tasks), shared)
        try:
            self._hire(work)
            for worker in self._crew:
                worker.send(_BEGIN, function, shared)
                work.fill(worker)
            while any(worker.tasks for worker in self._crew):
                ready = {id(link) for link in wait([worker.link for worker in self._crew], _POLL)}
                for worker in self._crew.copy():
                    late = bool(worker.tasks) and time.monotonic() - worker.started > self.timeout
                    if late:
                        yield from self._replace(worker, work, f"took longer than {self.timeout:g} s", attempts=1)
                    elif id(worker.link) in ready:
                        try:
                            result = worker.link.recv()
                        except (EOFError, OSError):
                            yield from self._replace(worker, work, "its process ended", attempts=self.attempts)
                        else:
                            self._barren = 0
                            task = worker.done()
                            work.fill(worker)
                            yield task, result
                for worker in self._crew:
                    work.fill(worker)
        finally:
            for worker in self._crew.copy():
                if worker.tasks:
                    self._crew.remove(worker)
                    worker.end(now=True)

    def _hire(self, work: _Run) -> None:
        """Bring the crew to its size, or to the number of tasks where that is smaller."""
        first: list[tuple[Any, int]] = []
        while len(first) < self.workers and (one := work.take()) is not None:
            first.append(one)
        work.again.extend(first)
        if self._warm_up is not None and first and not self._crew and can_fork():
            self._warm_up()  # once here instead of once in every fork
        while len(self._crew) < len(first):
            self._crew.append(_Worker(self._crew))

    def _replace(self, worker: _Worker, work: _Run, words: str, *, attempts: int) -> Iterator[tuple[Any, Any]]:
        """Put a new worker in the place of one that is gone; its first task is the suspect, the rest waited."""
        self._crew.remove(worker)
        tasks = list(worker.tasks)
        worker.end(now=True)
        self._barren += 1
        if self._barren > _BARREN + self.workers:
            raise AicheckError(
                "worker processes end as soon as they begin: try --workers 1, and look at the memory"
            )
        fresh = _Worker(self._crew)
        fresh.send(_BEGIN, work.function, work.shared)
        self._crew.append(fresh)
        work.again.extend(tasks[1:])
        if tasks:
            task, attempt = tasks[0]
            if attempt < attempts:
                work.again.append((task, attempt + 1))
            else:
                times = "" if attempt == 1 else f" ({attempt} attempts)"
                yield task, Failure("unreadable", f"not scanned: {words}{times}")


class _Run:
    """Tasks of one run that are with no worker."""

    def __init__(self, function: Callable[[Any, Any], Any], source: Iterator[Any], shared: Any) -> None:
        self.function = function
        self.shared = shared
        self.again: deque[tuple[Any, int]] = deque()
        self._source = source

    def take(self) -> tuple[Any, int] | None:
        if self.again:
            return self.again.popleft()
        for task in self._source:
            return task, 1
        return None

    def fill(self, worker: _Worker) -> None:
        while len(worker.tasks) < _DEPTH and (one := self.take()) is not None:
            worker.feed(*one)
