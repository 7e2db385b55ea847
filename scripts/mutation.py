"""Mutation testing of what decides a verdict: which changes of the code no test notices.

    uv run --with mutmut python scripts/mutation.py [PATTERN…] [--jobs 1] [--minutes M] [--sample N] [--again] [--show]

mutmut writes the mutants and finds which tests reach which function (`[tool.mutmut]` in pyproject.toml); this runs
them. mutmut itself collects the tests anew for every mutant, which takes most of its time here; so the tests are
collected once, and each mutant gets a fork that runs the tests reaching it, those named after its module first, then the quick ones, until one fails. Caches
are emptied and tables built at import are built again in the fork, so that mutants in them count as well.

Results are kept in `mutants/results.json`, and only what has none is run; `--again` runs survivors anew (after tests
were added), `--show` prints the diffs of the survivors.
"""

from __future__ import annotations

import argparse
import fnmatch
import functools
import gc
import importlib
import json
import os
import random
import resource
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
MUTANTS = ROOT / "mutants"
RESULTS = MUTANTS / "results.json"
PREFIXES = ("aicheck.evaluate", "aicheck.resolve.lineage")
AT_IMPORT = {
    "aicheck.evaluate.facts": ("tests/evaluate/", "tests/property/"),
    "aicheck.evaluate.values": ("tests/evaluate/",),
    "aicheck.evaluate.rules.publisher_authentic": ("tests/evaluate/test_rules.py",),
}
"""Modules whose functions run at import, where mutmut sees no test: the tests that read what they build."""
MEMORY = 6 << 30


def mutants() -> dict[str, str]:
    """Return the names of all mutants, each with the name of its function as mutmut's statistics spell it."""
    found = {}
    for path in sorted((MUTANTS / "src").rglob("*.meta")):
        for name in json.loads(path.read_text())["exit_code_by_key"]:
            found[name] = name.rpartition("__mutmut_")[0]
    return found


def generate() -> None:
    """Let mutmut write the mutants and the statistics; it ends with an error, as no mutant has that name."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", "1", "none"]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


class Runner:
    """A pytest plugin that runs mutants in place of the session's tests."""

    def __init__(self, names: dict[str, str], results: dict[str, str], options: argparse.Namespace) -> None:
        self.names, self.results, self.options = names, results, options
        stats = json.loads((MUTANTS / "mutmut-stats.json").read_text())
        self.tests: dict[str, list[str]] = stats["tests_by_mangled_function_name"]
        self.seconds: dict[str, float] = stats["duration_by_test"]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the mutants; never the tests themselves."""
        from hypothesis import settings

        profile = settings(settings.get_profile("aicheck"), database=None, derandomize=True, max_examples=30)
        settings.register_profile("mutation", profile)
        settings.load_profile("mutation")
        # What a cache or an import would hide: emptied, and built again, in every fork.
        self.caches = [
            each for each in gc.get_objects()
            if isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith(PREFIXES)
        ]  # fmt: skip
        gc.freeze()
        items = {item.nodeid: item for item in session.items}
        stop = time.monotonic() + self.options.minutes * 60
        waiting: dict[int, str] = {}
        for name in self.names:
            if time.monotonic() > stop:
                break
            chosen = self._tests_of(name, items)
            if not chosen:
                self.results[name] = "no tests"
                continue
            if len(waiting) >= self.options.jobs:
                self._reap(waiting)
            pid = os.fork()
            if pid == 0:
                self._child(name, chosen)
            waiting[pid] = name
        while waiting:
            self._reap(waiting)
        return True

    def _tests_of(self, name: str, items: dict[str, pytest.Item]) -> list[pytest.Item]:
        chosen = set(self.tests.get(self.names[name], ()))
        for module, folders in AT_IMPORT.items():
            if name.startswith(module + "."):
                chosen |= {nodeid for nodeid in items if nodeid.startswith(folders)}
        module = self.names[name].rpartition(".x")[0].rpartition(".")[2]
        words = (module, module.replace("_", "-"))

        def key(nodeid: str) -> tuple[bool, float]:
            return not any(word in nodeid for word in words), self.seconds.get(nodeid, 0)

        return [items[each] for each in sorted(chosen, key=key) if each in items]

    def _reap(self, waiting: dict[int, str]) -> None:
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        self.results[waiting.pop(pid)] = "survived" if code == 0 else "killed" if code == 1 else "timeout"
        if len(self.results) % 50 == 0:
            save(self.results)

    def _child(self, name: str, chosen: list[pytest.Item]) -> None:
        code = 1
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for handle in (0, 1, 2):
                os.dup2(null, handle)
            limit = int(20 + 5 * sum(self.seconds.get(item.nodeid, 0.1) for item in chosen))
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            trampoline = importlib.import_module("mutmut.mutation.trampoline")
            trampoline.get_mutant_under_test = lambda: name
            for each in self.caches:
                each.cache_clear()
            facts = importlib.import_module("aicheck.evaluate.facts")
            rebuilt = {spec.name: spec for spec in facts._every_fact()}
            facts.FACTS.clear()
            facts.FACTS.update(rebuilt)
            code = self._run(chosen)
        except BaseException:  # noqa: BLE001 - a mutant that breaks the runner is noticed, too
            code = 1
        finally:
            os._exit(code)

    def _run(self, chosen: list[pytest.Item]) -> int:
        from _pytest.runner import runtestprotocol

        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                return 1
        return 0


def save(results: dict[str, str]) -> None:
    """Keep what is known so far."""
    RESULTS.write_text(json.dumps(results, indent=0, sort_keys=True))


def table(results: dict[str, str]) -> Iterator[str]:
    """Yield the figures by module."""
    yield "| module | mutants run | noticed | survived | not reached | noticed of those run |"
    yield "|---|---|---|---|---|---|"
    modules: dict[str, Counter[str]] = {}
    for name, result in results.items():
        for key in (name.rpartition(".x")[0].removeprefix("aicheck."), "all"):
            modules.setdefault(key, Counter())[result] += 1
    for key in sorted(modules, key=lambda key: (key == "all", key)):
        count = modules[key]
        noticed, total = count["killed"] + count["timeout"], sum(count.values())
        yield f"| `{key}` | {total} | {noticed} | {count['survived']} | {count['no tests']} | {noticed / total:.0%} |"


def main() -> int:
    """Run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    if not (MUTANTS / "mutmut-stats.json").exists():
        generate()
    results: dict[str, str] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    everything = mutants()
    wanted = {
        name: function for name, function in everything.items()
        if any(fnmatch.fnmatch(name, pattern) for pattern in options.patterns)
        and (results.get(name) not in {"killed", "timeout"} if options.again else name not in results)
    }  # fmt: skip
    if options.show:
        for name in sorted(name for name, result in results.items() if result == "survived"):
            if any(fnmatch.fnmatch(name, pattern) for pattern in options.patterns):
                command = [sys.executable, "-m", "mutmut", "show", name]
                print(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout)
        return 0
    order = sorted(wanted)
    random.Random(1).shuffle(order)  # so that a run that is cut short is a fair sample
    chosen = {name: wanted[name] for name in order[: options.sample or None]}
    config: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    os.chdir(MUTANTS)
    own = {str(ROOT / "src"), str(ROOT)}
    sys.path[:] = [str(MUTANTS / "src"), str(MUTANTS), *(each for each in sys.path if each not in own)]
    os.environ["MUTANT_UNDER_TEST"] = ""
    pairs = zip(config["pytest_add_cli_args"][::2], config["pytest_add_cli_args"][1::2], strict=True)
    plain = [each for pair in pairs if pair[1] != "scripts.mutation_caches" for each in pair]
    arguments = ["-q", "--rootdir=.", *plain, *config["pytest_add_cli_args_test_selection"]]
    pytest.main(arguments, plugins=[Runner(chosen, results, options)])
    save(results)
    print("\n".join(table({name: result for name, result in results.items() if name in everything})))
    print(f"{len(everything)} mutants in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
