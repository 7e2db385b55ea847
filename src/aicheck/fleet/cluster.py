"""A cluster through Dask distributed (extra `cluster`): its scheduler places, retries and replaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from aicheck.errors import ConfigError
from aicheck.fleet.engine import Failure, guarded
from aicheck.fleet.pool import default_workers

__all__ = ["DaskEngine"]

_AHEAD: Final = 4
"""Tasks at the scheduler for each thread of the cluster: enough to keep all busy, few enough to hold in memory."""
_RETRIES: Final = 2


class DaskEngine:
    """Runs tasks on the workers of a scheduler, or of a cluster of this machine; see `engine.Engine`."""

    def __init__(self, address: str, workers: int = 0) -> None:
        """Connect. `address` is `tcp://host:port`, `tls://host:port` or `local`. Raises `ConfigError`."""
        try:
            self._dask: Any = import_module("distributed")
        except ImportError:
            raise ConfigError(
                "--cluster needs the extra 'cluster'",
                hint="pip install 'aicheck-cli[cluster]', on the workers too",
            ) from None
        self._local: Any = None
        try:
            if address == "local":
                self._local = self._dask.LocalCluster(
                    n_workers=workers or default_workers(), threads_per_worker=1, dashboard_address=None
                )
                self.client = self._dask.Client(self._local)
            else:
                self.client = self._dask.Client(address, timeout="10s")
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(
                f"the cluster at {address} cannot be reached: {error}",
                hint="tcp://HOST:PORT of its scheduler, or local",
            ) from None

    def shares(self, marker: str) -> bool:
        """Whether all workers of now see a file; workers that join later mount the same."""
        answers = self.client.run(_sees, marker)
        return bool(answers) and all(answers.values())

    def close(self) -> None:
        """Leave the cluster; one of our own is ended."""
        self.client.close()
        if self._local is not None:
            self._local.close()

    def run(
        self, function: Callable[[Any, Any], Any], tasks: Iterable[Any], shared: Any
    ) -> Iterator[tuple[Any, Any]]:
        """As `Engine.run` says. Dask starts a task anew when its worker dies, and gives up after some deaths."""
        everywhere = self.client.scatter(shared, broadcast=True, hash=False)
        source = iter(tasks)
        pending: dict[str, Any] = {}
        arriving = self._dask.as_completed([], raise_errors=False)

        lives: dict[Any, int] = {}

        def submit(again: Any = None) -> bool:
            for task in source if again is None else (again,):
                # `pure=False`: two equal tasks are two tasks.
                future = self.client.submit(guarded, function, task, everywhere, pure=False, retries=_RETRIES)
                pending[future.key] = task
                arriving.add(future)
                return True
            return False

        width = max(sum(self.client.nthreads().values()), 1) * _AHEAD
        for _ in range(width):
            if not submit():
                break
        while pending:
            future = next(arriving)
            task = pending.pop(future.key)
            try:
                error = future.exception() if future.status == "error" else None
                result = future.result() if future.status == "finished" else None
            except Exception as lost:  # noqa: BLE001 - a result that died with its worker, under any of Dask's names
                error, result = lost, None
            if result is None and future.status != "error" and lives.get(task, 0) < _RETRIES:
                # Done, but the answer died with the worker that held it: what a task writes may be written twice.
                lives[task] = lives.get(task, 0) + 1
                submit(task)
                continue
            if result is None:
                result = Failure("unreadable", f"not scanned: {type(error).__name__ if error else future.status}")
            future.release()
            submit()
            yield task, result


def _sees(marker: str) -> bool:
    return Path(marker).exists()
