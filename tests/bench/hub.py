"""Asking a Hub for many models: python -m tests.bench.hub [--models 500] [--latency 0.03] [--runs 3]

A Hub on loopback in a process of its own answers after `latency` seconds. The bound is `models * latency / workers`:
one request a model, the pool always full. Printed: requests and wall time of the Hub stage alone and of the whole
command, cold and with a warm cache, each the best of the runs and as a multiple of the bound.

`silent` models state no base (each would like a second look), `stated` ones name one on their card.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))


def names(count: int) -> list[str]:
    return [f"acme-{number % 7}/model-x{number}" for number in range(count)]


def serve_forever(count: int, latency: float, *, stated: bool) -> None:
    from hub.server import FakeHub, serve

    hub = FakeHub()
    for name in names(count):
        hub.add(name, **({"cardData": {"base_model": "Qwen/Qwen3-8B-Base"}} if stated else {}))
    hub.latency = latency
    with serve(hub) as running:
        print(running.url, flush=True)
        sys.stdin.read()


def stage(url: str, cache: Path, count: int) -> tuple[float, int]:
    """Seconds of asking for all models and their ancestors, and the requests that it took."""
    from aicheck.knowledge.catalog import open_catalog
    from aicheck.resolve import Hub, HubSettings, Sources
    from aicheck.resolve.store import Store

    hub = Hub(HubSettings(endpoint=url), cache=cache)
    store = Store(Sources(catalog=open_catalog(), hub=hub, offline=False))
    started = time.perf_counter()
    store.load(dict.fromkeys(names(count)))
    return time.perf_counter() - started, hub.requests


def command(tree: Path, environment: dict[str, str], *options: str) -> float:
    started = time.perf_counter()
    code = [sys.executable, "-c", "import sys; from aicheck.cli.app import app; sys.exit(app())"]
    done = subprocess.run(
        [*code, "scan", str(tree), "-q", "-o", f"json={tree.parent / 'out.json'}", *options],
        env=environment, check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode in {0, 1, 3}, done.stderr.decode()
    return time.perf_counter() - started


def measure(kind: str, count: int, latency: float, runs: int) -> None:
    bound = count * latency / 16
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", kind, "--models", str(count), "--latency", str(latency)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    times: dict[str, list[float]] = {}
    requests: dict[str, int] = {}
    try:
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                home = Path(folder)
                tree = home / "tree"
                tree.mkdir()
                code = "\n".join(f"AutoModel.from_pretrained({name!r})" for name in names(count))
                (tree / "app.py").write_text(f"from transformers import AutoModel\n{code}\n", encoding="utf-8")
                for state in ("cold", "warm"):
                    seconds, asked = stage(url, home / "stage.sqlite", count)
                    times.setdefault(f"stage {state}", []).append(seconds)
                    requests[f"stage {state}"] = asked
                environment = {**os.environ, "HF_ENDPOINT": url, "XDG_CACHE_HOME": folder, "HOME": folder}
                environment.pop("HF_HUB_OFFLINE", None)
                for state, options in (("offline", ["--offline"]), ("cold", []), ("warm", [])):
                    times.setdefault(f"command {state}", []).append(command(tree, environment, *options))
    finally:
        server.stdin.close()
        server.wait()
    print(f"{count} {kind} models, {latency * 1000:.0f} ms, 16 workers: bound {bound:.2f} s")
    for name, seconds_of in times.items():
        best = min(seconds_of)
        print(f"  {name:16} {best:6.2f} s  {best / bound:5.2f} x  {requests.get(name, '')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.03)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--serve", choices=("silent", "stated"))
    options = parser.parse_args()
    if options.serve:
        serve_forever(options.models, options.latency, stated=options.serve == "stated")
        return
    import huggingface_hub  # noqa: F401 - the stage is timed without the import of the library

    for kind in ("stated", "silent"):
        measure(kind, options.models, options.latency, options.runs)


if __name__ == "__main__":
    main()
