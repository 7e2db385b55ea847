"""What other people's linters say of the Action, its scripts, the workflows and the examples."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.action.runner import ROOT

WORKFLOWS = sorted([*ROOT.glob("examples/workflows/*.yml"), *ROOT.glob(".github/workflows/*.yml")])
SCRIPTS = sorted(
    [*ROOT.glob(".github/action/*.sh"), *ROOT.glob("scripts/*.sh"), ROOT / ".ci/run"], key=lambda path: path.name
)
PINNED = {
    "actions/checkout": ("08c6903cd8c0fde910a37f88322edcfb5dd907a8", "v5.0.0"),
    "actions/setup-python": ("a26af69be951a213d495a4c3e4e4022e16d87065", "v5.6.0"),
    "actions/upload-artifact": ("b7c566a772e6b6bfb58ed0dc250532a479d7789f", "v6.0.0"),
    "actions/attest": ("59d89421af93a897026c735860bf21b6eb4f7b26", "v4.1.0"),
}


def tool(name: str) -> str:
    """Find a linter beside the Python that runs the tests, or on PATH."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def check(*arguments: str | Path, text: str | None = None) -> None:
    done = subprocess.run(
        [str(argument) for argument in arguments],
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing() -> None:
    check(tool("zizmor"), "--offline", "--quiet", "--persona", "auditor", ROOT / "action.yml", *WORKFLOWS)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-actions", [ROOT / "action.yml"]),
        ("github-workflows", WORKFLOWS),
        ("gitlab-ci", [ROOT / "examples/gitlab-ci.yml"]),
        ("azure-pipelines", [ROOT / "examples/azure-pipelines.yml"]),
    ],
)
def test_schemas(schema: str, files: list[Path]) -> None:
    assert files
    azure = ("--regex-variant", "nonunicode", "--data-transform", "azure-pipelines") if "azure" in schema else ()
    check(tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *azure, *files)


def test_scripts() -> None:
    assert len(SCRIPTS) >= 5
    check(tool("shellcheck"), *SCRIPTS)
    check(tool("shellcheck"), "-x", *SCRIPTS)


def blocks(document: Any, key: str) -> list[str]:
    """Every text under a key, wherever it stands."""
    if isinstance(document, dict):
        own = [document[key]] if isinstance(document.get(key), str) else []
        return own + [text for value in document.values() for text in blocks(value, key)]
    return [text for value in document for text in blocks(value, key)] if isinstance(document, list) else []


def pieces() -> list[tuple[str, str]]:
    found = [
        (path.name, text)
        for path in (ROOT / "action.yml", *WORKFLOWS)
        for text in blocks(yaml.safe_load(path.read_text()), "run")
    ]
    azure = yaml.safe_load((ROOT / "examples/azure-pipelines.yml").read_text())
    found += [("azure", text) for text in blocks(azure, "bash")]
    job = yaml.safe_load((ROOT / "examples/gitlab-ci.yml").read_text())["models"]
    found.append(("gitlab", "\n".join(job["before_script"] + job["script"] + job["after_script"])))
    found += [
        ("jenkins", text)
        for text in re.findall(r"sh \'\'\'(.*?)\'\'\'", (ROOT / "examples/Jenkinsfile").read_text(), re.DOTALL)
    ]
    return found


def test_scripts_inside_of_workflows() -> None:
    texts = pieces()
    assert {"action.yml", "azure", "gitlab", "jenkins", "nightly-verify.yml"} <= {name for name, _ in texts}
    shellcheck = tool("shellcheck")
    for _, text in texts:
        script = re.sub(r"\A\s*#!.*\n", "", text)
        assert "${{" not in script, "inputs come through env, never into a script"
        # Every runner here stops at the first failing command (GitHub: bash -eo pipefail; GitLab: set -eo pipefail).
        check(shellcheck, "--shell=bash", "-", text=f"set -eo pipefail\n{script}")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    for name, commit, comment in re.findall(r"uses: ([\w./-]+)@(\S+)(.*)", path.read_text()):
        assert re.fullmatch(r"[0-9a-f]{40}", commit), name
        if name in PINNED:
            assert (commit, comment.strip(" #")) == PINNED[name]


def inputs_used(path: Path) -> set[str]:
    document = yaml.safe_load(path.read_text())
    steps = [step for job in document["jobs"].values() for step in job.get("steps", [])]
    own = [step for step in steps if str(step.get("uses", "")).startswith("aicheck-dev/aicheck@")]
    return {name for step in own for name in step.get("with", {})}


def test_examples_use_inputs_and_outputs_that_exist() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    for path in ROOT.glob("examples/workflows/*.yml"):
        assert inputs_used(path) <= set(action["inputs"]), path.name
        assert set(re.findall(r"steps\.aicheck\.outputs\.([\w-]+)", path.read_text())) <= set(action["outputs"])


def test_the_command_lines_of_the_examples_exist() -> None:
    from aicheck.cli.app import app

    for name in ("gitlab-ci.yml", "azure-pipelines.yml", "Jenkinsfile"):
        text = (ROOT / "examples" / name).read_text()
        command = app.get_command(None, "scan")  # type: ignore[arg-type]
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert (
            set(re.findall(r"(?<=\s)(?:\$\{base:\+)?(--[a-z-]+|-o)(?=\s)", text.partition("aicheck scan")[2]))
            <= known
        )


def test_the_lock_of_the_action_is_the_lock_of_the_project() -> None:
    lines = (ROOT / ".github/action/requirements.txt").read_text()
    done = subprocess.run(
        [tool("uv"), "export", "--frozen", "--no-dev", "--no-emit-project", "--format", "requirements-txt",
         "--no-annotate", "--no-header", "--quiet"],
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert lines == done.stdout, "write it anew with the command in this test"


def test_every_requirement_of_the_action_has_hashes() -> None:
    text = (ROOT / ".github/action/requirements.txt").read_text().replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if line.strip()]
    assert len(requirements) > 20
    for line in requirements:
        assert re.match(r"[a-z0-9-]+==\S+ ", line), line
        assert "--hash=sha256:" in line, line
        assert "://" not in line, line


SYSTEMS = {
    "linux x86_64": r"manylinux.*x86_64",
    "linux aarch64": r"manylinux.*aarch64",
    "macOS arm64": r"macosx.*(arm64|universal2)",
    "macOS x86_64": r"macosx.*(x86_64|universal2)",
    "Windows x86_64": r"win_amd64",
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_requirement_has_wheels(system: str) -> None:
    import tomllib

    from packaging.utils import parse_wheel_filename

    text = (ROOT / ".github/action/requirements.txt").read_text()
    names = set(re.findall(r"(?m)^([a-z0-9-]+)==", text))
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    missing = []
    for package in lock["package"]:
        if package["name"] not in names:
            continue
        tags = [
            tag
            for wheel in package.get("wheels", [])
            for tag in parse_wheel_filename(wheel["url"].rpartition("/")[2])[3]
        ]
        for minor in (11, 12, 13):
            fits = any(
                tag.platform == "any"
                or (
                    re.fullmatch(SYSTEMS[system], tag.platform)
                    and (
                        tag.interpreter in {f"cp3{minor}", "py3"}
                        or (tag.abi == "abi3" and int(tag.interpreter[3:]) <= minor)
                    )
                )
                for tag in tags
            )
            if not fits:
                missing.append(f"{package['name']} {package['version']} on 3.{minor}")
    assert missing == []
