"""The working directory belongs to the author of the pull request: nothing in it may run or count."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.action.conftest import Gate
from tests.action.test_scenarios import BAD, GOOD, GUARDED, says

TRAPS = ("venv.py", "pip.py", "sitecustomize.py", "usercustomize.py", "encodings.py", "click.py", "yaml.py",
         "aicheck.py", "aicheck/__init__.py", "json.py", "src/sitecustomize.py", "conftest.py")  # fmt: skip

PROGRAMS = ("git", "python", "python3", "bash", "env", "uv", "pip", "cat", "bin/git", "bin/cat", "bin/python3")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    return tmp_path / "something-ran"


def hostile_files(trap: Path) -> dict[str, str]:
    python = f"import pathlib\npathlib.Path({str(trap)!r}).write_text(__name__)\n"
    shell = f"#!/bin/sh\ntouch '{trap}'\n"
    files = dict.fromkeys(TRAPS, python)
    return files | {
        "uv.toml": 'index-url = "http://127.0.0.1:9/"\n',
        "pip.conf": "[global]\nindex-url = http://127.0.0.1:9/\n",
        ".python-version": "2.7\n",
        "pyproject.toml": "[tool.uv]\nindex-url = 'http://127.0.0.1:9/'\n[tool.aicheck]\nfail-on = 'never'\n",
        "aicheck.toml": 'policy = "baseline"\nfail-on = "never"\nexclude = ["**"]\n',
        ".env": "HF_ENDPOINT=http://127.0.0.1:9\nAICHECK_FAIL_ON=never\nAICHECK_POLICY=baseline\n",
        ".envrc": shell,
        **dict.fromkeys(PROGRAMS, shell),
        ".gitattributes": "* filter=evil diff=evil\n",
        'a b/it\'s "quoted".py': BAD,
        "$(touch something-ran)/x.py": BAD,
        "`touch something-ran`.py": BAD,
        "line\nbreak.py": BAD,
        "%0A::error::injected.py": BAD,
        "--help.py": BAD,
    }


def test_nothing_of_a_hostile_checkout_runs_or_counts(
    gate: Callable[..., Gate], trap: Path, tmp_path: Path
) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, hostile_files(trap))
    made.real = True
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch '{trap}'\n")
    script.chmod(0o755)
    made.repository.git("config", "filter.evil.smudge", str(script))
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "diff.evil.textconv", "core.alternateRefsCommand",
                "diff.external", "uploadpack.packObjectsHook", "credential.helper", "core.editor"):  # fmt: skip
        made.repository.git("config", "--add", key, str(script))
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction"):
        (hooks / name).write_text(script.read_text())
        (hooks / name).chmod(0o755)

    # The hooks bite only while the Action runs, not while the test builds the merge.
    run = made.run

    def armed(*arguments: object, **named: object) -> object:
        trap.unlink(missing_ok=True)
        made.repository.git("config", "core.hooksPath", str(hooks))
        for name in PROGRAMS:
            (made.repository.path / name).chmod(0o755)
        trap.unlink(missing_ok=True)
        return run(*arguments, **named)  # type: ignore[arg-type]

    made.run = armed  # type: ignore[method-assign]
    # As an earlier step can leave it: a relative entry, an empty one, and one inside the checkout.
    made.environment["PATH"] = f".::{made.repository.path}/bin:{os.environ['PATH']}"
    made.environment["PYTHONPATH"] = "."
    made.environment["PYTHONSTARTUP"] = "sitecustomize.py"
    result = made.pull_request()
    assert not trap.exists(), f"ran: {trap.read_text()}"
    assert not (made.repository.path / "something-ran").exists()
    says(result, "fail", 1)
    assert int(result.outputs["new-violations"]) == 6, result.log
    assert "\n::error::injected" not in result.log
    assert result.environment_file == ""
    assert result.path_file == ""


def test_the_token_is_never_printed_or_written(gate: Callable[..., Gate]) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"app.py": BAD})
    made.real = True
    token = "ghs_" + "s3cr3t" * 6
    result = made.pull_request(github_token=token, hf_token="hf_" + "s3cr3t" * 6, comment="true", fork=True)
    assert "s3cr3t" not in result.log
    assert "fork" in result.log
    for file in made.temp.rglob("*"):
        if file.is_file() and not file.is_symlink() and "aicheck-venv" not in file.parts:
            assert b"s3cr3t" not in file.read_bytes(), file
