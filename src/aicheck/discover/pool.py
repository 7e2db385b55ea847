"""Worker processes for large trees: forked, fed with batches of paths over socket pairs.

Threads are slower than one process here, and a process pool of the standard library costs more than it saves on
small trees; so a scan starts in its own process and forks only when the tree turns out to be large. Where there
is no `fork` everything stays in one process.
"""

from __future__ import annotations

import os
import pickle
import selectors
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from aicheck.core.evidence import Gap, GapReason
from aicheck.discover.engine import Examined, Examiner

__all__ = ["BATCH", "Batch", "can_fork", "examine_in_workers"]

BATCH: Final = 128
_LENGTH: Final = struct.Struct("<Q")


def can_fork() -> bool:
    """Tell whether workers can be forked here (POSIX, and no other thread is running)."""
    if not hasattr(os, "fork"):
        return False
    import threading  # noqa: PLC0415 - asked once, and only for large trees

    return threading.active_count() == 1


def _send(link: socket.socket, data: bytes) -> None:
    link.sendall(_LENGTH.pack(len(data)) + data)


def _receive(link: socket.socket) -> bytes | None:
    head = _exactly(link, _LENGTH.size)
    return None if head is None else _exactly(link, _LENGTH.unpack(head)[0])


def _exactly(link: socket.socket, count: int) -> bytes | None:
    parts: list[bytes] = []
    while count:
        try:
            part = link.recv(min(count, 1 << 20))
        except OSError:
            return None
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _work(link: socket.socket, examiner: Examiner, root: str) -> None:
    while True:
        task = _receive(link)
        if not task:
            return
        results = [
            examiner.examine_path(root, path) for path in task.decode("utf-8", "surrogateescape").split("\0")
        ]
        rows = examiner.cache.take() if examiner.cache is not None else []
        _send(link, pickle.dumps(_joined(results, rows), protocol=pickle.HIGHEST_PROTOCOL))


class Batch(NamedTuple):
    """What one batch of paths gave."""

    seen: Examined
    read: int
    """Files."""
    skipped: int
    kept: list[bytes]
    """What the cache knows each path by, in the order of `paths`."""
    rows: list[tuple[bytes, bytes]]
    """What the cache is to keep."""
    paths: list[str]


def _joined(results: list[Examined], rows: list[tuple[bytes, bytes]]) -> Batch:
    """One message for a batch; the parent knows the paths."""
    total = Examined([], [], [], [], sum(result.read for result in results), skipped=False)
    for result in results:
        total.references.extend(result.references)
        total.gaps.extend(result.gaps)
        total.links.extend(result.links)
        total.excerpts.extend(result.excerpts)
    skipped = sum(result.skipped for result in results)
    kept = [result.kept for result in results] if rows or any(result.kept for result in results) else []
    return Batch(total, len(results) - skipped, skipped, kept, rows, [])


class _Worker:
    def __init__(self, examiner: Examiner, root: str, others: list[_Worker]) -> None:
        self.task: list[str] = []
        self.link, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                for other in others:
                    other.link.close()
                self.link.close()
                _work(theirs, examiner, root)
                status = 0
            finally:
                os._exit(status)  # no clean-up of the parent's: its buffers are not ours to flush
        theirs.close()

    def feed(self, batch: list[str]) -> bool:
        self.task = batch
        try:
            _send(self.link, "\0".join(batch).encode("utf-8", "surrogateescape"))
        except OSError:
            return False
        return True

    def end(self) -> None:
        with suppress(OSError):  # it is gone already
            _send(self.link, b"")
        self.link.close()
        with suppress(ChildProcessError):  # somebody else waited for it
            os.waitpid(self.pid, 0)


def examine_in_workers(examiner: Examiner, root: str, batches: Iterator[list[str]], count: int) -> Iterator[Batch]:
    """Yield what the batches gave, in no particular order.

    A worker that dies (out of memory, killed) leaves its batch as gaps, and a new one takes its place.
    """
    examiner.prepare()
    workers: list[_Worker] = []
    try:
        with selectors.DefaultSelector() as selector:
            for _ in range(count):
                batch = next(batches, None)
                if batch is None:
                    break
                _start(workers, selector, examiner, root, batch)
            while selector.get_map():
                for key, _ in selector.select():
                    worker: _Worker = key.data
                    answer = _receive(worker.link)
                    if answer is None:
                        selector.unregister(worker.link)
                        workers.remove(worker)
                        lost = worker.task
                        worker.end()
                        yield Batch(_lost(lost), 0, len(lost), [], [], lost)
                        batch = next(batches, None)
                        if batch is not None:
                            _start(workers, selector, examiner, root, batch)
                        continue
                    # The next batch goes out before the answer is unpacked: the worker should not wait for us.
                    done, batch = worker.task, next(batches, None)
                    if batch is None:
                        selector.unregister(worker.link)
                        workers.remove(worker)
                        worker.end()
                    else:
                        worker.feed(batch)
                    result: Batch = pickle.loads(answer)  # noqa: S301 - from our own child, over a private socket pair
                    yield result._replace(paths=done)
    finally:
        for worker in workers:
            worker.end()


def _start(
    workers: list[_Worker], selector: selectors.BaseSelector, examiner: Examiner, root: str, batch: list[str]
) -> None:
    worker = _Worker(examiner, root, workers)
    workers.append(worker)
    selector.register(worker.link, selectors.EVENT_READ, worker)
    worker.feed(batch)


def _lost(batch: list[str]) -> Examined:
    gaps = [Gap(path, GapReason.UNREADABLE, "the process that read it ended", path) for path in batch]
    return Examined([], gaps, [], [], 0, skipped=True)
