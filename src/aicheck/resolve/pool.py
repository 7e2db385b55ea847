"""Questions in parallel, each with an end: a server that never finishes its answer holds up nothing but itself."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

__all__ = ["ask_all"]

_STOP: Final = -1


def ask_all(
    ask: Callable[[Any], Any],
    items: Sequence[Any],
    *,
    workers: int,
    patience: float,
    late: Callable[[Any], Any],
) -> list[Any]:
    """Return `ask` of every item, in order, with at most `workers` at a time.

    What has no answer `patience` seconds after it was begun has `late(item)` instead. Its thread is left behind:
    no library bounds the time of headers that drip or of a name server that is silent, and a process may end
    without it. An error of `ask` is raised here, after everything else.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Any, BaseException | None]] = queue.SimpleQueue()
    begun: dict[int, float] = {}

    def work() -> None:
        while (number := waiting.get()) != _STOP:
            begun[number] = time.monotonic()
            try:
                done.put((number, ask(items[number]), None))
            except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
                done.put((number, None, error))

    def start() -> None:
        threading.Thread(target=work, name="aicheck-hub", daemon=True).start()

    for number in range(len(items)):
        waiting.put(number)
    count = min(workers, len(items))
    for _ in range(count):
        start()
    found: dict[int, Any] = {}
    failed: BaseException | None = None
    while len(found) < len(items):
        try:
            number, answer, error = done.get(timeout=min(1.0, patience / 4))
        except queue.Empty:
            now = time.monotonic()
            overdue = [number for number, at in list(begun.items()) if number not in found and now - at > patience]
            for number in overdue:
                found[number] = late(items[number])
                start()
            continue
        if number not in found:
            found[number] = answer
            failed = failed or error
    for _ in range(count):
        waiting.put(_STOP)
    if failed is not None:
        raise failed
    return [found[number] for number in range(len(items))]
