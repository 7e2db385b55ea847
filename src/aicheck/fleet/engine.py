"""How tasks are spread: one contract for processes of this machine (`pool`) and for a cluster (`cluster`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from aicheck.core.frozen import dataclass
from aicheck.errors import AicheckError

__all__ = ["Engine", "Failure", "guarded"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that gave no result: a gap of the inventory, never the end of the run."""

    reason: str
    """A `core.evidence.GapReason`: `unreachable` for what the task itself reports, `unreadable` for the rest."""
    detail: str


class Engine(Protocol):
    """Runs a function over tasks in other processes."""

    def run(
        self, function: Callable[[Any, Any], Any], tasks: Iterable[Any], shared: Any
    ) -> Iterator[tuple[Any, Any]]:
        """Yield (task, result or `Failure`) as they come, every task exactly once; `shared` goes out once."""

    def shares(self, marker: str) -> bool:
        """Whether every worker sees the file `marker` of this machine."""

    def close(self) -> None:
        """End the workers."""


def guarded(function: Callable[[Any, Any], Any], task: Any, shared: Any) -> Any:
    """Call the function; what it raises becomes a `Failure` with one line for people."""
    try:
        return function(task, shared)
    except AicheckError as error:
        return Failure("unreachable", str(error))
    except MemoryError:
        return Failure("unreadable", "the worker has not enough memory for it")
    except Exception as error:  # noqa: BLE001 - a defect in one repository's scan must not end the others
        return Failure("unreadable", f"internal error: {type(error).__name__}: {error}"[:500])
