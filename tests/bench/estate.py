"""A simulated estate: thousands of small repositories from templates, scanned with one worker and with several.

    python tests/bench/estate.py build DIRECTORY --repositories 2000 --models 5000
    python tests/bench/estate.py run DIRECTORY --workers 1 --workers 2
    python tests/bench/estate.py run DIRECTORY --workers 2 --kill          # a worker dies in the middle of each phase
    python tests/bench/estate.py run DIRECTORY --workers 2 --cluster       # through Dask on this machine
    python tests/bench/estate.py merge DIRECTORY --documents 10000 --components 30

What a repository holds is drawn with a fixed seed: sizes and counts follow the shape of ordinary organisations (most
repositories have no model or one, a few have dozens; a handful of models is everywhere, most are in one place). Models
are ids of the embedded catalog. Figures go to standard output, one JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILLER = '"""Ordinary code."""\n\n\ndef total(rows):\n    return sum(row["amount"] for row in rows)\n' * 20
HOSTED = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "o3-mini", "text-embedding-3-large")
HOSTS = ("https://api.deepseek.com", "https://api.mistral.ai/v1", "https://openrouter.ai/api/v1")


def _loader(models: list[str]) -> str:
    lines = ["from transformers import AutoModelForCausalLM, pipeline"]
    lines += [f'm{n} = AutoModelForCausalLM.from_pretrained("{one}")' for n, one in enumerate(models)]
    return "\n".join(lines) + "\n"


def _service(rng: random.Random) -> str:
    base = f', base_url="{rng.choice(HOSTS)}"' if rng.random() < 0.2 else ""
    return (
        f"from openai import OpenAI\nclient = OpenAI({base.lstrip(', ')})\n"
        f'client.chat.completions.create(model="{rng.choice(HOSTED)}", messages=[])\n'
    )


def _chart(model: str) -> str:
    return f"image:\n  repository: vllm/vllm-openai\nargs:\n  - --model\n  - {model}\nmodel: {model}\n"


def _say(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def build(directory: Path, repositories: int, models: int) -> None:
    """Write the estate; every directory is a plain one (git's own cost is git's)."""
    from aicheck.knowledge.catalog import open_catalog

    rng = random.Random(11)
    ids = sorted(row.id for row in open_catalog().records() if "/" in row.id and '"' not in row.id)
    rng.shuffle(ids)
    chosen, common = ids[:models], ids[:40]
    unused = iter(chosen)
    shutil.rmtree(directory, ignore_errors=True)
    used: set[str] = set()
    for number in range(repositories):
        root = directory / "estate" / f"team-{number % 50:02}" / f"service-{number:05}"
        (root / "app").mkdir(parents=True)
        for part in range(min(60, int(rng.lognormvariate(2.3, 0.9)) + 1)):
            (root / "app" / f"part_{part}.py").write_text(FILLER)
        (root / "requirements.txt").write_text(
            "flask==3.0.0\nrequests>=2\n" + ("transformers==4.56.0\n" * (number % 2))
        )
        count = min(60, int(rng.paretovariate(0.9))) if rng.random() < 0.75 else 0
        here = [
            rng.choice(common) if rng.random() < 0.3 else next(unused, rng.choice(chosen)) for _ in range(count)
        ]
        used.update(here)
        if here:
            (root / "app" / "models.py").write_text(_loader(here[: len(here) // 2 + 1]))
            for extra, model in enumerate(here[len(here) // 2 + 1 :]):
                (root / f"values-{extra}.yaml").write_text(_chart(model))
        if rng.random() < 0.4:
            (root / "app" / "llm.py").write_text(_service(rng))
    left = [one for one in chosen if one not in used]
    for number in range(0, len(left), 50):  # the long tail: model zoos and benchmarks name dozens
        root = directory / "estate" / "research" / f"zoo-{number:05}"
        root.mkdir(parents=True)
        (root / "zoo.py").write_text(_loader(left[number : number + 50]))
    places = sorted(path for path in (directory / "estate").glob("*/*"))
    lines = [f"{path.relative_to(directory / 'estate')}\t{path}" for path in places]
    (directory / "list").write_text("\n".join(lines) + "\n")
    files = sum(1 for path in (directory / "estate").rglob("*") if path.is_file())
    _say({"repositories": len(places), "files": files, "models": len(chosen)})


def _memory() -> float:
    """Largest resident size of this process and of the largest child, MiB."""
    return round(
        max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024,
        1,
    )


def run(directory: Path, workers: int, *, kill: bool, cluster: bool) -> None:
    """Scan the estate afresh, then once more unchanged."""
    from aicheck.discover import DiscoverSettings
    from aicheck.evaluate import load_policy
    from aicheck.fleet.cluster import DaskEngine
    from aicheck.fleet.pool import LocalEngine
    from aicheck.fleet.repositories import named, parse, read_list
    from aicheck.fleet.run import FleetSettings, fleet_scan
    from aicheck.fleet.tasks import DiscoverShared
    from aicheck.knowledge.catalog import open_catalog
    from aicheck.resolve import Sources
    from aicheck.scan import Clock

    output = directory / f"out-{workers}{'-dask' if cluster else ''}{'-kill' if kill else ''}"
    shutil.rmtree(output, ignore_errors=True)
    places = named(parse(line) for line in read_list((directory / "list").read_bytes(), "list"))
    shared = DiscoverShared(
        DiscoverSettings(), Clock(datetime(2026, 11, 23, tzinfo=UTC)), output / "mirrors", 60.0
    )
    for again in (False, True):
        engine: Any = DaskEngine("local", workers) if cluster else LocalEngine(workers)
        marks: dict[str, float] = {}
        killed = []

        def progress(
            phase: str, done: int, total: int, engine: Any = engine, marks: Any = marks, killed: Any = killed
        ) -> None:
            marks.setdefault(phase, time.perf_counter())
            marks[f"{phase}-end"] = time.perf_counter()
            if kill and done == total // 2 and total > 2 and phase not in killed:
                killed.append(phase)
                pids = list(engine.client.run(os.getpid).values()) if cluster else engine.pids
                os.kill(pids[0], signal.SIGKILL)

        start, cpu = time.perf_counter(), os.times()
        try:
            summary = fleet_scan(
                places,
                FleetSettings(output, shared, load_policy("baseline")),
                Sources(catalog=open_catalog()),
                engine,
                progress,
            )
        finally:
            engine.close()
        end = os.times()
        seconds = time.perf_counter() - start
        phases = {
            name: round(marks[f"{name}-end"] - marks[name], 2)
            for name in ("discover", "evaluate")
            if name in marks
        }
        _say(
                {
                    "workers": workers, "cluster": cluster, "again": again, "killed": killed,
                    "repositories": len(places), "scanned": summary.scanned, "unchanged": summary.unchanged,
                    "evaluated": summary.evaluated, "failures": len(summary.failures), "seconds": round(seconds, 1),
                    "ms_per_repository": round(seconds * 1000 / len(places), 1),
                    "coordinator_cpu_s": round(end.user + end.system - cpu.user - cpu.system, 1),
                    "workers_cpu_s": round(
                        end.children_user + end.children_system - cpu.children_user - cpu.children_system, 1
                    ),
                    "phases": phases, "largest_process_mib": _memory(),
                }
        )  # fmt: skip


def merge(directory: Path, documents: int, components: int, models: int) -> None:
    """Merge many synthetic reports, then ask: how long, how large, how fast the answers."""
    from aicheck.core.target import HubModel
    from aicheck.inventory.merge import Inventory
    from aicheck.inventory.query import ask
    from aicheck.inventory.schema import open_inventory, open_read_only
    from aicheck.knowledge.catalog import open_catalog
    from aicheck.report.json_ import component_dict
    from aicheck.resolve import Sources, resolve_targets

    rng = random.Random(7)
    catalog = open_catalog()
    ids = sorted(row.id for row in catalog.records() if "/" in row.id)
    rng.shuffle(ids)
    found = resolve_targets([HubModel(one) for one in ids[:models]], Sources(catalog=catalog))
    unique = [component_dict(one) for one in found]
    base = {
        "schema_version": "1.0", "tool": {"name": "aicheck", "version": "0"}, "created": "2026-11-23T00:00:00Z",
        "project_version": None, "verdict": "pass", "policy": None, "sources": {}, "findings": [], "gaps": [],
    }  # fmt: skip
    path = directory / "merge.sqlite"
    path.unlink(missing_ok=True)
    start, cpu = time.perf_counter(), time.process_time()
    total = 0
    with Inventory(open_inventory(path)) as inventory:
        for number in range(documents):
            chosen = rng.sample(unique, min(components, len(unique)))
            references, parts = [], []
            for index, one in enumerate(chosen):
                reference = {
                    "path": "app/models.py", "line": index + 1, "column": 1, "end": 9, "raw": one["name"],
                    "target": one["target"], "kind": one["kind"], "use": "load", "confidence": 1.0,
                    "detector": "python", "symbol": "from_pretrained", "attributes": {}, "identity": {},
                }  # fmt: skip
                references.append(reference)
                parts.append({**one, "references": [index]})
            total += len(parts)
            inventory.add(
                {
                    **base,
                    "project": f"project-{number:05}",
                    "components": parts,
                    "references": references,
                    "findings": [],
                    "gaps": [],
                }
            )
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    database = open_read_only(path)
    answers = {}
    for name, value in (("derived-from", "Qwen"), ("developed-in", "CN"), ("calls-host", "api.deepseek.com")):
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            rows = len(ask(database, name, value).rows)
            times.append(time.perf_counter() - begin)
        answers[f"{name} {value}"] = {"rows": rows, "ms": round(sorted(times)[2] * 1000, 1)}
    _say(
            {
                "documents": documents, "components": total, "distinct": len(unique), "seconds": round(seconds, 1), "cpu_s": round(cpu, 1),
                "mib_on_disk": round(path.stat().st_size / 2**20, 1), "largest_process_mib": _memory(),
                "questions": answers,
            }
    )  # fmt: skip


def main() -> None:
    """Run one of the three parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["build", "run", "merge"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--repositories", type=int, default=2000)
    parser.add_argument("--models", type=int, default=5000)
    parser.add_argument("--workers", type=int, action="append")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--components", type=int, default=30)
    given = parser.parse_args()
    directory = given.directory.resolve()
    if given.part == "build":
        build(directory, given.repositories, given.models)
    elif given.part == "merge":
        merge(directory, given.documents, given.components, given.models)
    else:
        for workers in given.workers or [1, 2]:
            run(directory, workers, kill=given.kill, cluster=given.cluster)


if __name__ == "__main__":
    main()
