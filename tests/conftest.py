"""Shared fixtures. Unit tests must not open sockets; tests that need the loopback Hub ask for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A shared machine is slow at times; a property is not false because of that. Speed is measured by benchmarks.
settings.register_profile("aicheck", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
settings.load_profile("aicheck")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "network: opens loopback sockets (never anything else)")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the cache of the person who runs it."""
    before = os.environ.get("AICHECK_CACHE_DIR")
    os.environ.pop("COLUMNS", None)  # set for workers that run in parallel: output would be wrapped there alone
    os.environ["AICHECK_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["AICHECK_CACHE_DIR"]
    else:
        os.environ["AICHECK_CACHE_DIR"] = before


@pytest.fixture(autouse=True)
def _no_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("network"):
        real = socket.socket.connect

        def loopback_only(self: socket.socket, address: object) -> None:
            host = address[0] if isinstance(address, tuple) else "127.0.0.1"
            if host not in {"127.0.0.1", "::1", "localhost"}:
                pytest.fail(f"connects to {address!r}")
            real(self, address)

        monkeypatch.setattr(socket.socket, "connect", loopback_only)
    else:

        def refuse(self: socket.socket, address: object) -> None:
            pytest.fail(f"a unit test connects to {address!r}")

        monkeypatch.setattr(socket.socket, "connect", refuse)
