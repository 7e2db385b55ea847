"""Loads that no test suite waits for: a huge tree, many scans at once, one process for a thousand scans, a day of drift checks.

python tests/bench/load.py tree DIRECTORY            write 200,000 files with 20,000 references to 10,000 models
python tests/bench/load.py scan DIRECTORY            scan it: wall, CPU, memory, what was found; cold and warm
python tests/bench/load.py parallel [SCANS=100]      scans at once that share one cache
python tests/bench/load.py flat [SCANS=1000]         memory of one process over many whole scans
python tests/bench/load.py verify [CHECKS=1440]      `verify` once a minute for a day, against a Hub that changes
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES, PLACES, MODELS = 200_000, 20_000, 10_000
FILLER = {
    ".py": "import os\n\n\ndef area(width, height):\n    return width * height\n" * 6, ".js": "export function add(a, b) {\n  return a + b;\n}\n" * 8,
    ".json": json.dumps({f"key{number}": {"name": "value", "count": number} for number in range(20)}, indent=1), ".yaml": "service:\n  name: web\n  port: 80\n" * 9,
    ".md": "# Notes\n\nSome words on nothing in particular.\n" * 12, ".go": "package a\n\nfunc Add(a, b int) int { return a + b }\n" * 6,
}  # fmt: skip
NAMED = {
    ".py": 'from transformers import AutoModel\nm = AutoModel.from_pretrained("{}")\n', ".js": 'const m = await pipeline("text-generation", "{}");\n',
    ".json": '{{"model": "https://huggingface.co/{}"}}\n', ".yaml": "env:\n  - name: MODEL_ID\n    value: https://huggingface.co/{}\n",
    ".go": 'package a\n\nconst Model = "https://huggingface.co/{}"\n',
}  # fmt: skip


def write(root: Path) -> None:
    """Write the tree: 1,000 folders of 200 files; every tenth file names a model."""
    rng = random.Random(1)
    endings, naming = list(FILLER), list(NAMED)
    for number in range(FILES):
        folder = root / f"team{number // 20_000}" / f"part{number // 200}"
        if number % 200 == 0:
            folder.mkdir(parents=True, exist_ok=True)
        if number % (FILES // PLACES) == 0:
            place = number // (FILES // PLACES)
            ending = naming[rng.randrange(len(naming))]
            text = NAMED[ending].format(f"acme-{place % 97}/model-{place % MODELS}")
        else:
            ending = endings[rng.randrange(len(endings))]
            text = FILLER[ending]
        (folder / f"file{number}{ending}").write_text(text)


def _timed(command: list[str], folder: Path, cache: Path) -> dict[str, float]:
    environment = os.environ | {"AICHECK_CACHE_DIR": str(cache), "AICHECK_CONFIG": os.devnull}
    begin = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begin
    return {
        "exit": process.returncode, "wall_s": round(wall, 1), "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "largest_process_mb": round(usage.ru_maxrss / 1024),
    }  # fmt: skip


def _aicheck(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "aicheck", *arguments]


def scan(root: Path) -> None:
    """Scan the tree without network, cold and warm, into a JSON report and a BOM."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what in ("cold", "warm"):
            found = _timed(_aicheck("scan", str(root), "--offline", "-q", "-o", f"json={folder}/r.json", "-o", f"cyclonedx={folder}/b.json"), folder, folder / "cache")  # fmt: skip
            report = json.loads((folder / "r.json").read_bytes())
            size = (folder / "r.json").stat().st_size
            print(what, json.dumps(found | {"references": len(report["references"]), "components": len(report["components"]), "gaps": len(report["gaps"]), "report_mb": round(size / 1e6)}), flush=True)  # fmt: skip


def parallel(count: int) -> None:
    """Start scans at once on one tree with one cache: all end alike."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tree = folder / "tree"
        tree.mkdir()
        for number in range(40):
            (tree / f"a{number}.py").write_text(NAMED[".py"].format(f"Qwen/Qwen3-{number % 9}B"))
        environment = os.environ | {"AICHECK_CACHE_DIR": str(folder / "cache"), "AICHECK_CONFIG": os.devnull, "SOURCE_DATE_EPOCH": "1780000000"}  # fmt: skip
        begin = time.perf_counter()
        command = _aicheck("scan", "tree", "--offline", "-f", "json", "--jobs", "1")
        running = [subprocess.Popen(command, cwd=folder, env=environment, stdout=(folder / f"{number}.json").open("wb"), stderr=subprocess.PIPE) for number in range(count)]  # fmt: skip
        said = [process.communicate()[1] for process in running]
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(json.dumps({
            "scans": count, "exits": Counter(process.returncode for process in running), "different_reports": len({(folder / f"{number}.json").read_bytes() for number in range(count)}),
            "noise": len([err for err in said if b"error" in err.lower()]), "wall_s": round(time.perf_counter() - begin, 1), "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        }))  # fmt: skip


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / (1 << 20)


def flat(count: int) -> None:
    """Scan again and again in one process: discover, resolve, evaluate, render in five formats."""
    from datetime import UTC, datetime

    from aicheck.evaluate import load_policy
    from aicheck.report import render
    from aicheck.resolve import open_sources
    from aicheck.scan import Clock
    from aicheck.scan import scan as whole

    clock = Clock(datetime(2026, 11, 23, tzinfo=UTC))
    sources, policy = open_sources(offline=True, today="2026-11-23"), load_policy("strict")
    marks = {}
    for number in range(1, count + 1):
        report = whole(ROOT / "examples", "examples", policy, sources, clock)
        for name in ("json", "cyclonedx", "sarif", "html", "text"):
            render(report, name)
        if number in {1, count // 10, count // 4, count // 2, count}:
            marks[number] = round(_resident(), 1)
            print(json.dumps({"scans": number, "resident_mb": marks[number]}), flush=True)


def verify(count: int) -> None:
    """Check a lock again and again while the Hub changes now and then: every change is told, nothing else is."""
    sys.path.insert(0, str(ROOT))
    from tests.hub.server import FakeHub, serve

    hub, rng = FakeHub(), random.Random(1)
    names = [f"acme-{number % 7}/model-{number}" for number in range(50)]
    for name in names:
        hub.add(name, sha=f"{names.index(name):040x}", cardData={"license": "mit"}, tags=["license:mit"])
    with tempfile.TemporaryDirectory() as folder, serve(hub) as server:
        tree = Path(folder) / "tree"
        tree.mkdir()
        (tree / "a.py").write_text("from transformers import AutoModel\n" + "".join(f'AutoModel.from_pretrained("{name}")\n' for name in names))  # fmt: skip
        environment = os.environ | {"HF_ENDPOINT": server.url, "AICHECK_CACHE_DIR": f"{folder}/cache", "AICHECK_CONFIG": os.devnull}  # fmt: skip
        subprocess.run(_aicheck("lock", "."), cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL)
        wrong, drifted, begin = 0, 0, time.perf_counter()
        for number in range(count):
            changed = number % 60 == 30
            if changed:
                name = rng.choice(names)
                before = hub.models[name]
                hub.models[name] = before | {"sha": f"{rng.getrandbits(160):040x}", "tags": ["license:other"], "cardData": {"license": "other"}}  # fmt: skip
            done = subprocess.run(
                _aicheck("verify", "."), cwd=tree, env=environment, check=False, capture_output=True
            )
            wrong += done.returncode != (1 if changed else 0)
            drifted += done.returncode == 1
            if changed:
                hub.models[name] = before
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(json.dumps({
            "checks": count, "drift_told": drifted, "wrong": wrong, "asked_of_the_hub": sum(hub.asked.values()), "wall_s": round(time.perf_counter() - begin),
            "cpu_s": round(usage.ru_utime + usage.ru_stime), "largest_process_mb": round(usage.ru_maxrss / 1024), "cache_mb": round(sum(path.stat().st_size for path in Path(folder, "cache").rglob("*")) / 1e6, 1),
        }))  # fmt: skip


def main() -> int:
    """Run one load."""
    verb, *rest = sys.argv[1:] or [""]
    if verb in {"tree", "scan"} and rest:
        (write if verb == "tree" else scan)(Path(rest[0]))
    elif verb in {"parallel", "flat", "verify"}:
        count = int(rest[0]) if rest else {"parallel": 100, "flat": 1000, "verify": 1440}[verb]
        {"parallel": parallel, "flat": flat, "verify": verify}[verb](count)
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
