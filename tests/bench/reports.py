"""Time and memory of writing reports: `python -m tests.bench.reports [--formats a,b] [--counts 1000,10000]`.

Every measurement is a process of its own that makes the report's values first; what is printed is the writing
(validation included) and the peak memory of the whole process, in MiB. One component in ten is a model with
lineage and weights, the rest are libraries; `--models` makes all of them models.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import subprocess
import sys
import time

FORMATS = "cyclonedx,cyclonedx-xml,json,sarif,html,markdown,csv,text,junit,github,spdx"


def measure(fmt: str, count: int, *, models: bool, profile: bool) -> dict[str, float]:
    from aicheck.report import render
    from tests.report.samples import big_report, only_models

    report = only_models(count) if models else big_report(count)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    data = render(report, fmt)
    if profile:
        profiler.disable()
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(25)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall": wall,
        "user": after.ru_utime - before.ru_utime,
        "system": after.ru_stime - before.ru_stime,
        "peak": after.ru_maxrss / 1024,
        "bytes": len(data),
    }


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formats", default=FORMATS)
    parser.add_argument("--counts", default="1000,10000")
    parser.add_argument("--models", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--one", action="store_true", help="measure in this process and print JSON")
    arguments = parser.parse_args()
    counts = [int(one) for one in arguments.counts.split(",")]
    if arguments.one:
        json.dump(
            measure(arguments.formats, counts[0], models=arguments.models, profile=arguments.profile), sys.stdout
        )
        return
    say(f"{'format':15} {'components':>10} {'wall s':>8} {'user s':>8} {'sys s':>7} {'peak MiB':>9} {'MB':>7}")
    for fmt in arguments.formats.split(","):
        for count in counts:
            command = [
                sys.executable,
                "-m",
                "tests.bench.reports",
                "--one",
                "--formats",
                fmt,
                "--counts",
                str(count),
            ]
            command += ["--models"] * arguments.models + ["--profile"] * arguments.profile
            done = subprocess.run(command, capture_output=not arguments.profile, check=False, text=True)
            if done.returncode:
                say(f"{fmt:15} {count:>10} {done.stderr.strip().splitlines()[-1]}")
                continue
            if arguments.profile:
                continue
            seen = json.loads(done.stdout)
            say(
                f"{fmt:15} {count:>10} {seen['wall']:8.2f} {seen['user']:8.2f} {seen['system']:7.2f}"
                f" {seen['peak']:9.0f} {seen['bytes'] / 1e6:7.1f}"
            )


if __name__ == "__main__":
    main()
