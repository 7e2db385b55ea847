"""Time of the Action's steps on a small repository with a warm environment and no network to the Hub.

    python tests/bench/action.py [RUNS]

Builds a repository of the example service in which a pull request adds a model, installs once with install.sh
(which needs the package index), and then times the three steps as bash runs them. Prints medians in seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.action.runner import BASH, parse_file  # noqa: E402 - the path above makes it importable
from tests.ci.gitrepo import Repository  # noqa: E402 - as above


def step(script: str, environment: dict[str, str], cwd: Path) -> tuple[float, int]:
    start = time.perf_counter()
    done = subprocess.run(
        [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", f'"$BASH" "$GITHUB_ACTION_PATH/.github/action/{script}.sh"'],
        cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    return time.perf_counter() - start, done.returncode


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        repository = Repository(directory / "service")
        shutil.copytree(ROOT / "examples/rag-service", repository.path, dirs_exist_ok=True)
        locker = [sys.executable, "-m", "aicheck", "lock", str(repository.path), "--offline"]
        subprocess.run(locker, capture_output=True, check=False)
        repository.commit()
        base = repository.git("rev-parse", "HEAD")
        repository.branch("change")
        code = (
            'from transformers import AutoModel\nmodel = AutoModel.from_pretrained("Qwen/Qwen2.5-7B-Instruct")\n'
        )
        head = repository.commit({"app/more.py": code})
        repository.checkout("main")
        merge = repository.merge("change")
        temp = directory / "temp"
        temp.mkdir()
        event = temp / "event.json"
        event.write_text(json.dumps({"pull_request": {"number": 7, "base": {"sha": base}, "head": {"sha": head}}}))
        output = temp / "output"
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "AICHECK_"))},
            "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_WORKSPACE": str(repository.path), "GITHUB_SHA": merge,
            "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event), "GITHUB_REPOSITORY": "acme/service",
            "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(temp / "summary"), "RUNNER_TEMP": str(temp),
        }  # fmt: skip
        print(f"files: {len(repository.git('ls-files').splitlines())}")
        print(f"first installation: {step('install', environment, repository.path)[0]:.2f}")
        for mode in ("OFFLINE", "LOCKED"):
            times: dict[str, list[float]] = {"install": [], "scan": [], "verdict": []}
            outputs: dict[str, str] = {}
            for _ in range(runs):
                output.write_text("")
                now = {**environment, f"AICHECK_INPUT_{mode}": "true"}
                for script in ("install", "scan"):
                    seconds, code_of = step(script, now, repository.path)
                    assert code_of == 0, script
                    times[script].append(seconds)
                outputs = parse_file(output.read_bytes())
                now |= {"AICHECK_EXIT_CODE": outputs["exit-code"], "AICHECK_VERDICT": outputs["verdict"]}
                times["verdict"].append(step("verdict", now, repository.path)[0])
            medians = {script: statistics.median(values) for script, values in times.items()}
            shown = ", ".join(f"{script} {seconds:.2f}" for script, seconds in medians.items())
            print(f"{mode.lower()}: {shown}, all {sum(medians.values()):.2f} ({outputs['verdict']})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
