"""Time aicheck and ripgrep over the same trees, in turn, and print a table.

    python tests/bench/run.py TREE... [--runs 3] [--json out.json] [--all-needles] [--second] [--fallback]
        [--peer NAME=COMMAND]... [--limit 120]
        [--corpus DIR --labels FILE.jsonl --scorer score.py]

Whole processes: start-up, walk, detection, offline resolving, policy, CycloneDX written. The yardstick is
`rg -on -i -F` with 300 of the engine's own needles, evenly taken (`--all-needles`: with all of them as well), in
the same run; ratios are taken pair by pair, and medians shown. CPU is user and system time of all processes,
memory the largest single one. Peers (`tests/bench/peers.py`) run once, after the others, over the same tree. With `--corpus` the label scores are printed beside the times.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from peers import LIMIT, filled, read_peer, timed  # noqa: E402 - run as a script and by tests


def needle_files(folder: Path) -> tuple[Path, Path, int]:
    """Write the engine's needles: all, and 300 evenly taken."""
    from aicheck.discover.prefilter import NeedleTable
    from aicheck.discover.registry import load_detectors

    needles = [one for one in NeedleTable(load_detectors()).needles if not set(one) & set(b"\r\n")]
    every, some = folder / "needles", folder / "needles-300"
    every.write_bytes(b"\n".join(needles) + b"\n")
    some.write_bytes(b"\n".join(needles[:: max(1, len(needles) // 300)]) + b"\n")
    return every, some, len(needles)


def commands(options: argparse.Namespace, folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Return what is timed, by name."""
    every, some, _ = needle_files(folder)
    # Without bytecode every start compiles a hundred modules again: not what an installed copy does.
    dropped = ("AICHECK_", "PYTHONDONTWRITEBYTECODE")
    plain = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    environment = plain | {"AICHECK_CACHE_DIR": str(folder / "cache"), "AICHECK_CONFIG": os.devnull}
    scan = [
        sys.executable,
        "-m",
        "aicheck",
        "scan",
        ".",
        "--offline",
        "-q",
        "-o",
        f"cyclonedx={folder / 'bom.json'}",
    ]
    rg = shutil.which("rg")
    if rg is None:
        sys.exit("ripgrep (rg) is needed as the yardstick")
    found = {
        "aicheck": ([*scan, "--no-cache"], environment),
        "rg": ([rg, "-on", "-i", "-F", "-f", str(some), "."], plain),
        "rg-read": ([rg, "-c", "-a", "", "."], plain),
    }
    if options.all_needles:
        found["rg-all"] = ([rg, "-on", "-i", "-F", "-f", str(every), "."], plain)
    if options.one_process:
        found["aicheck-1"] = ([*scan, "--no-cache", "--jobs", "1"], environment)
    if options.second:
        found["aicheck-filling"] = (scan, environment)
        found["aicheck-second"] = (scan, environment)
    if options.fallback:
        blocked = folder / "blocked"
        (blocked / "hyperscan").mkdir(parents=True)
        (blocked / "hyperscan" / "__init__.py").write_text("raise ImportError\n")
        found["aicheck-python"] = ([*scan, "--no-cache"], environment | {"PYTHONPATH": str(blocked)})
    return found


def measure(tree: Path, options: argparse.Namespace) -> dict[str, object]:
    """Time everything on one tree, in turn."""
    runs: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = commands(options, folder)
        for number in range(options.runs + options.warmup):
            shutil.rmtree(folder / "cache", ignore_errors=True)
            for key, (command, environment) in chosen.items():
                result = timed(command, environment, tree)
                if number >= options.warmup:
                    runs.setdefault(key, []).append(result)
        plain = {key: value for key, value in os.environ.items() if not key.startswith("AICHECK_")}
        peers = {}
        for peer, words in map(read_peer, options.peer):
            written = folder / f"peer-{len(peers)}"
            written.mkdir()
            peers[peer] = timed(filled(words, tree, written), plain, tree, options.limit)
        bom = folder / "bom.json"
        components = len(json.loads(bom.read_bytes()).get("components", ())) if bom.exists() else 0
    medians = {
        key: {field: round(statistics.median(run[field] for run in values), 3) for field in ("wall", "cpu", "mb")}
        for key, values in runs.items()
    }
    ratios = {
        key: {
            field: round(
                statistics.median(a[field] / b[field] for a, b in zip(values, runs["rg"], strict=True)), 2
            )
            for field in ("wall", "cpu")
        }
        for key, values in runs.items()
    }
    files = sum(len(names) for _, _, names in os.walk(tree))
    return {
        "tree": tree.name, "files": files, "components": components, "median": medians, "ratio_to_rg": ratios,
        "runs": runs, "peers": peers,
    }  # fmt: skip


def score(options: argparse.Namespace) -> str:
    """Run the scorer on the labelled corpus."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(HERE / "score_labels.py"), str(options.corpus), f"{folder}/p.json",
             "--labels", str(options.labels), "--scorer", str(options.scorer)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    return (done.stdout + done.stderr).strip()


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--all-needles", action="store_true")
    parser.add_argument("--one-process", action="store_true")
    parser.add_argument("--second", action="store_true")
    parser.add_argument("--fallback", action="store_true")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds after which a peer is ended")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--scorer", type=Path)
    options = parser.parse_args()
    results = []
    sys.stdout.write(
        "| tree | files | what | wall s | CPU s | MB | wall ÷ rg | CPU ÷ rg |\n|---|---|---|---|---|---|---|---|\n"
    )
    for tree in options.trees:
        found = measure(tree.resolve(), options)
        results.append(found)
        for key, row in found["median"].items():  # type: ignore[attr-defined]  # a dict, by construction
            ratio = found["ratio_to_rg"][key]  # type: ignore[index]  # as above
            sys.stdout.write(
                f"| {found['tree']} | {found['files']} | {key} | {row['wall']} | {row['cpu']} | {row['mb']:.0f} "
                f"| {ratio['wall']} | {ratio['cpu']} |\n"
            )
        yardstick = found["median"]["rg"]  # type: ignore[index]  # as above
        for key, row in found["peers"].items():  # type: ignore[attr-defined]  # as above
            note = " (ended)" if row["ended"] else "" if row["exit"] == 0 else f" (exit {row['exit']})"
            sys.stdout.write(
                f"| {found['tree']} | {found['files']} | {key}{note} | {row['wall']:.1f} | {row['cpu']:.1f} "
                f"| {row['mb']:.0f} | {row['wall'] / yardstick['wall']:.1f} | {row['cpu'] / yardstick['cpu']:.1f} |\n"
            )
        sys.stdout.flush()
    scores = score(options) if options.corpus and options.labels and options.scorer else ""
    if scores:
        sys.stdout.write(f"\n{scores}\n")
    if options.json:
        own = {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg()}
        options.json.write_text(json.dumps({"machine": own, "results": results, "scores": scores}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
