"""The Action's inputs, as they arrive: text in environment variables, empty where nothing was said."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from aicheck.ci.base import locate
from aicheck.core.frozen import dataclass
from aicheck.errors import ConfigError

__all__ = ["Inputs", "read_inputs"]

_YES: Final = frozenset({"true", "1", "yes", "on"})
_NO: Final = frozenset({"false", "0", "no", "off"})


@dataclass(frozen=True, slots=True)
class Inputs:
    """Inputs of one run; None = empty, which means "as the configuration says"."""

    workspace: Path
    """The repository: `GITHUB_WORKSPACE`, or the checkout in it that `path` names."""
    paths: tuple[str, ...]
    """Relative to the workspace, `/` as separator, never out of it."""
    policy: str | None
    config: str | None
    base: str | None
    fail_on: str | None
    new_only: bool
    offline: bool | None
    locked: bool | None
    include_docs: bool | None
    upload_sarif: bool
    comment: bool
    output: Path
    github_token: str
    hf_token: str


def _boolean(environ: Mapping[str, str], name: str) -> bool | None:
    text = environ.get(f"AICHECK_INPUT_{name}", "").strip().lower()
    if not text:
        return None
    if text in _YES:
        return True
    if text in _NO:
        return False
    shown = name.lower().replace("_", "-")
    raise ConfigError(f"input {shown}: expected true or false, not {text!r}")


def _inside(text: str, name: str) -> str:
    """Return a path relative to the workspace; raises `ConfigError` for one that leaves it."""
    path = PurePosixPath(text.strip())
    if path.is_absolute() or ".." in path.parts:
        raise ConfigError(
            f"input {name}: {text!r} is not inside the checkout", hint="give a relative path without '..'"
        )
    return "." if str(path) == "." else str(path)


def _policy(text: str, workspace: Path) -> str:
    """Return the policy's path: of the base revision, or absolute where the workflow has put one elsewhere.

    What lies outside of the workspace is no part of the change; links into it do not help.
    """
    path = Path(text)
    if not path.is_absolute():
        return _inside(text, "policy")
    if path.resolve().is_relative_to(workspace.resolve()):
        raise ConfigError(
            f"input policy: {text!r} lies in the workspace, where the change can edit it",
            hint="give its path in the repository, or move it out of the workspace before the checkout",
        )
    if not path.is_file():
        raise ConfigError(f"input policy: {text!r} is not a file")
    return text


def read_inputs(environ: Mapping[str, str]) -> Inputs:
    """Read the inputs; raises `ConfigError` for one that cannot be meant."""

    def text(name: str) -> str | None:
        return environ.get(f"AICHECK_INPUT_{name}", "").strip() or None

    workspace = environ.get("GITHUB_WORKSPACE", "")
    if not workspace or not Path(workspace).is_dir():
        raise ConfigError("GITHUB_WORKSPACE is not a directory", hint="run actions/checkout before this action")
    paths = [line for line in (text("PATH") or ".").splitlines() if line.strip()]
    # Never below the workspace: what a gate writes must not become part of what is built or scanned.
    temp = Path(environ.get("RUNNER_TEMP") or tempfile.gettempdir())
    output = _inside(text("OUTPUT_DIRECTORY") or "aicheck", "output-directory")
    policy = text("POLICY")
    config = text("CONFIG")
    new_only = _boolean(environ, "NEW_ONLY")
    directory, inside = locate(Path(workspace), tuple(dict.fromkeys(_inside(line, "path") for line in paths)))
    return Inputs(
        workspace=directory,
        paths=inside,
        policy=policy if policy is None or not _is_path(policy) else _policy(policy, Path(workspace)),
        config=None if config is None else _inside(config, "config"),
        base=text("BASE"),
        fail_on=text("FAIL_ON"),
        new_only=True if new_only is None else new_only,
        offline=_boolean(environ, "OFFLINE"),
        locked=_boolean(environ, "LOCKED"),
        include_docs=_boolean(environ, "INCLUDE_DOCS"),
        upload_sarif=_boolean(environ, "UPLOAD_SARIF") or False,
        comment=_boolean(environ, "COMMENT") or False,
        output=temp / output,
        github_token=environ.get("AICHECK_GITHUB_TOKEN", ""),
        hf_token=environ.get("AICHECK_HF_TOKEN", ""),
    )


def _is_path(policy: str) -> bool:
    return "/" in policy or policy.endswith((".yaml", ".yml"))
