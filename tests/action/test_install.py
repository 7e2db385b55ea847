"""install.sh itself: what it decides without network, and, when asked for, real installs from the package index."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.action.runner import BASH, ROOT

PROGRAMS = ("env", "cat", "rm", "mkdir", "git")
REAL = pytest.mark.skipif(
    os.environ.get("AICHECK_TEST_INSTALL") != "1", reason="installs from the package index: AICHECK_TEST_INSTALL=1"
)


class Machine:
    """A runner with a PATH of its own, an Action's checkout and a hostile workspace, all with spaces."""

    def __init__(self, directory: Path) -> None:
        self.action = directory / "the action"
        self.temp = directory / "temp dir"
        self.workspace = directory / "work space"
        self.programs = directory / "programs"
        self.trap = directory / "something-ran"
        for place in (self.action, self.temp, self.workspace, self.programs):
            place.mkdir()
        for name in PROGRAMS:
            self.link(name, Path(shutil.which(name) or name))
        (self.action / "src").symlink_to(ROOT / "src")
        for name in ("policies", "schemas"):
            (self.action / name).symlink_to(ROOT / name)
        shutil.copytree(ROOT / ".github/action", self.action / ".github/action")
        bad = f"import pathlib\npathlib.Path({str(self.trap)!r}).touch()\n"
        for name in ("venv.py", "pip.py", "sitecustomize.py", "usercustomize.py", "aicheck.py", "sys.py"):
            (self.workspace / name).write_text(bad)
        (self.workspace / "uv.toml").write_text('index-url = "http://127.0.0.1:9/"\n')
        (self.workspace / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/\n")
        (self.workspace / ".python-version").write_text("2.7\n")
        for name in ("python3", "uv", "cat"):
            self.program(self.workspace / name, f"touch '{self.trap}'")

    def program(self, path: Path, body: str) -> None:
        path.write_text(f"#!{BASH}\n{body}\n")
        path.chmod(0o755)

    def link(self, name: str, target: Path) -> None:
        (self.programs / name).symlink_to(target)

    def run(self, script: str = "install.sh", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", f'"$BASH" "$GITHUB_ACTION_PATH/.github/action/{script}"'],
            cwd=self.workspace,
            env={
                "PATH": f".:{self.workspace}:{self.programs}",
                "GITHUB_ACTION_PATH": str(self.action),
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(self.temp),
                "PYTHONPATH": ".",
                **more,
            },
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_a_python_it_says_what_to_add(machine: Machine) -> None:
    done = machine.run()
    assert done.returncode == 2
    assert "add actions/setup-python" in done.stderr
    assert not machine.trap.exists()


def test_an_older_python_is_passed_over(machine: Machine) -> None:
    machine.program(machine.programs / "python3", "exit 1")
    assert machine.run().returncode == 2
    log = machine.temp / "asked"
    machine.program(
        machine.programs / "python3.12",
        f'[ "$3" = -m ] || [ "$2" = -m ] && echo "$@" >>"{log}"\necho "{machine.programs}/python3.12"',
    )
    done = machine.run()
    assert done.returncode == 2, "this one makes no environment"
    assert "-I -m venv" in log.read_text()
    assert "could not be installed" in done.stderr


def test_a_failing_uv_is_followed_by_pip(machine: Machine) -> None:
    log = machine.temp / "asked"
    machine.program(machine.programs / "uv", f'echo "uv $*" >>"{log}"\nenv >>"{log}"\nexit 1')
    machine.program(
        machine.programs / "python3",
        f'echo "python $*" >>"{log}"\n[ "$2" = -c ] && echo "{machine.programs}/python3"',
    )
    machine.run(UV_NO_VERIFY_HASHES="1", UV_CONFIG_FILE="uv.toml", UV_INDEX_URL="https://mirror.example/simple")
    asked = log.read_text()
    assert asked.index("uv --no-config --quiet venv") < asked.index("python -I -m venv")
    assert "UV_NO_VERIFY_HASHES" not in asked
    assert "UV_CONFIG_FILE" not in asked
    assert "UV_INDEX_URL=https://mirror.example/simple" in asked
    assert "PYTHONPATH" not in asked


def test_the_scan_without_an_installation_fails(machine: Machine) -> None:
    assert machine.run("scan.sh").returncode != 0


@REAL
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_a_real_installation(machine: Machine, installer: str) -> None:
    import sys

    kept = {name: value for name, value in os.environ.items() if name.startswith(("SSL_", "PIP_CERT", "HTTPS_"))}
    machine.link("python3", Path(sys.executable).resolve())
    if installer == "uv":
        machine.link("uv", Path(shutil.which("uv") or pytest.skip("uv is not installed")))
    first = machine.run(**kept)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "aicheck" in first.stdout
    stamp = machine.temp / "aicheck-venv/aicheck.stamp"
    made = stamp.stat().st_mtime_ns
    again = machine.run(**kept)
    assert (again.returncode, again.stdout) == (0, "")
    assert stamp.stat().st_mtime_ns == made, "the second run finds it ready"
    stamp.unlink()
    assert machine.run(**kept).returncode == 0, "an attempt that was cut short is made anew"
    assert stamp.exists()
    scan = machine.run("scan.sh", **kept)
    assert scan.returncode == 2, "no event: the verdict is not lost without GITHUB_OUTPUT"
    assert "GITHUB_EVENT_NAME" in scan.stdout
    assert not machine.trap.exists()
