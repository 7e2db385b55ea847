"""Functions for workers: they must be importable in a fresh process."""

from __future__ import annotations

import os
import time
from pathlib import Path

from aicheck.errors import SourceError


def double(task: int, shared: int) -> int:
    return task * shared


def poisoned(task: int, shared: int) -> int:
    if task == shared:
        os._exit(9)
    return task


def slow(task: int, shared: float) -> int:
    time.sleep(shared if task == 3 else 0)
    return task


def failing(task: int, shared: str) -> int:
    if task == 1:
        raise SourceError(shared)
    if task == 2:
        raise ZeroDivisionError(shared)
    return task


def big(task: bytes, shared: int) -> bytes:
    return task * shared


def dying_once(task: int, shared: str) -> int:
    """The first process that gets task 5 dies; the second does it."""
    marker = Path(shared)
    if task == 5 and not marker.exists():
        marker.touch()
        os._exit(9)
    time.sleep(0.01)
    return task


def hopeless(task: int, shared: None) -> int:
    os._exit(7)
