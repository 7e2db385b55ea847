"""`aicheck init`: first settings, policy, workflow and hook. Asks nothing, overwrites nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from aicheck import toml
from aicheck.errors import ConfigError

if TYPE_CHECKING:
    from aicheck.core.report import Report

__all__ = ["command"]

_HOOK: Final = """\
  - repo: https://github.com/aicheck-dev/aicheck
    rev: v{version}
    hooks:
      - id: aicheck
"""
_WORKFLOW: Final = """\
name: aicheck

on:
  pull_request:
  push:
    branches: [{branch}]
  merge_group:
  schedule:
    # Facts change upstream also where the code does not.
    - cron: "17 4 * * 1"

permissions:
  contents: read

jobs:
  aicheck:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
          persist-credentials: false
      # Pin this to a full commit: aicheck is installed from the commit that is named here.
      - uses: aicheck-dev/aicheck@v{version}
"""
_POLICY: Final = """\
# The policy of this project: a shipped pack, and what it changes. 'aicheck policy show {path}' prints all of it;
# 'aicheck policy list' names the packs; 'aicheck explain' lists the rules.
version: 1
name: {name}
extends: [{pack}]

# Exemptions need a reason, an owner and an end: 'aicheck explain FINDING' prints one.
# waivers:
#   - rule: origin-allowed
#     purl: pkg:huggingface/OWNER/NAME
#     reason: why this is accepted
#     owner: who answers for it
#     expires: {expires}
"""


@click.command("init", short_help="Write first settings, a policy, a workflow and a pre-commit entry.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--pack", default="baseline", metavar="NAME", help="Pack to extend. Default: baseline.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
def command(path: Path, pack: str, *, dry_run: bool) -> None:
    """Look at the project in PATH and write what is missing: aicheck.toml, a policy that extends a shipped pack, a
    GitHub workflow (where the project is on GitHub) and an entry in .pre-commit-config.yaml (where there is one).

    Asks nothing. Files that are there are never overwritten.
    """  # noqa: D205 - shown as running text by --help
    if not path.is_dir():
        raise ConfigError("not a directory", path=str(path))
    from aicheck.evaluate import pack_names

    if pack not in pack_names():
        raise ConfigError(f"there is no pack '{pack}'", hint=f"one of {', '.join(pack_names())}")
    written: list[str] = []
    kept: list[str] = []
    for name, text in _files(path, pack).items():
        file = path / name
        if file.exists() or file.is_symlink():
            kept.append(name)
            continue
        written.append(name)
        if not dry_run:
            _create(file, text)
    hook, entry = _hook(path)
    if hook is not None:
        written.append(".pre-commit-config.yaml")
        if not dry_run:
            from aicheck.report import write_atomically

            write_atomically(path / ".pre-commit-config.yaml", hook.encode("utf-8"))
    for name in written:
        click.echo(f"{'would write' if dry_run else 'wrote'} {name}")
    for name in kept:
        click.echo(f"kept {name}: it is there")
    if hook is None and entry:
        click.echo(
            f"not added to .pre-commit-config.yaml, whose list of hooks does not end it:\n{entry}", nl=False
        )
    _say(_look(path))


def _create(file: Path, text: str) -> None:
    """Write a file that must not be there: another program may have been faster, and then its file stays."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise ConfigError(f"cannot write: {error.strerror or error}", path=str(file)) from error


def _name(path: Path) -> str:
    name = re.sub(r"[^a-z0-9-]+", "-", path.resolve().name.lower()).strip("-")
    return name or "project"


def _configured(path: Path) -> bool:
    """Whether settings stand in one of the other places."""
    if (path / ".github" / "aicheck.toml").exists():
        return True
    try:
        table = toml.loads((path / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return "aicheck" in table.get("tool", {})


def _files(path: Path, pack: str) -> dict[str, str]:
    from datetime import timedelta

    from aicheck._version import __version__
    from aicheck.scan import Clock

    policy = ".github/aicheck-policy.yaml" if (path / ".github").is_dir() else "aicheck-policy.yaml"
    files: dict[str, str] = {}
    if not _configured(path):
        excluded = _excluded(path)
        lines = [
            "# Settings of aicheck; 'aicheck scan --show-settings' prints every one with its source.",
            f'policy = "{policy}"',
        ]
        if excluded:
            lines += ["# Copies of other people's code:", f"exclude = {json.dumps(excluded)}"]
        files["aicheck.toml"] = "\n".join(lines) + "\n"
        if not (path / "aicheck.toml").exists():
            # Settings that are there name their own policy.
            expires = (Clock.from_environment().today + timedelta(days=90)).isoformat()
            files[policy] = _POLICY.format(path=policy, name=_name(path), pack=pack, expires=expires)
    if _on_github(path):
        branch = _branch(path)
        files[".github/workflows/aicheck.yml"] = _WORKFLOW.format(branch=branch, version=__version__)
    return files


def _excluded(path: Path) -> list[str]:
    found = [name for name in ("third_party", "vendor", "external", "extern") if (path / name).is_dir()]
    return [f"{name}/**" for name in found]


def _on_github(path: Path) -> bool:
    if (path / ".github").is_dir():
        return True
    try:
        return "github.com" in (path / ".git" / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _branch(path: Path) -> str:
    try:
        head = (path / ".git" / "HEAD").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "main"
    found = re.fullmatch(r"ref: refs/heads/([\w.-]+)\s*", head)
    return found[1] if found and found[1] in {"main", "master", "trunk", "develop"} else "main"


def _hook(path: Path) -> tuple[str | None, str]:
    """Return .pre-commit-config.yaml with the hook at its end, and the hook.

    The first is None where nothing is to be written; the second is '' where there is no such file, or it has it.
    """
    from aicheck._version import __version__

    file = path / ".pre-commit-config.yaml"
    try:
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None, ""
    if "aicheck" in text:
        return None, ""
    entry = _HOOK.format(version=__version__)
    if re.search(r"(?m)^- repo:", text):
        entry = re.sub(r"(?m)^  ", "", entry)
    text = re.sub(r"(?m)^repos:[ \t]*\[[ \t]*\]", "repos:", text)
    last = re.findall(r"(?m)^(\w[\w-]*):", text)
    if not re.search(r"(?m)^repos:[ \t]*(?:#.*)?\r?$", text) or last[-1] != "repos":
        return None, entry  # the list of hooks does not end the file: where it ends is the owner's to say
    return text + ("" if text.endswith("\n") else "\n") + entry, entry


def _look(path: Path) -> Report:
    from aicheck.cli.common import project_name
    from aicheck.discover import DiscoverSettings
    from aicheck.scan import Clock, discover_only

    return discover_only(path, project_name(path), Clock.from_environment(), DiscoverSettings())


def _say(report: Report) -> None:
    from aicheck.core.target import Library

    found = {str(each.target) for each in report.inventory.references if not isinstance(each.target, Library)}
    click.echo(f"models, endpoints and tool servers that the project names: {len(found)}")
    click.echo("next: aicheck scan   ·   aicheck lock   ·   aicheck fix", err=True)
