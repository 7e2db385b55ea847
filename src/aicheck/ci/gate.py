"""`aicheck ci github`: judge what a change brings, write every report, say it in GitHub's ways."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aicheck.ci.base import Base, find_base, stands, tree_differs
from aicheck.ci.event import Event, read_event
from aicheck.ci.inputs import Inputs, read_inputs
from aicheck.ci.outputs import append_summary, write_outputs
from aicheck.ci.trusted import Trusted
from aicheck.core.finding import Finding, Level, Status, Verdict
from aicheck.core.frozen import dataclass
from aicheck.core.report import Report
from aicheck.errors import AicheckError, ConfigError
from aicheck.settings import Sourced, load_settings

if TYPE_CHECKING:
    from aicheck.discover.git import GitTree
    from aicheck.scan import Clock

__all__ = ["run_gate"]

Say = Callable[[str], None]

_EXIT: Final = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}
_COULD_NOT_RUN: Final = 2
_REPORTS: Final = (
    ("json", "aicheck", ".json", "json"),
    ("cyclonedx", "bom", ".cdx.json", "bom"),
    ("sarif", "aicheck", ".sarif", "sarif"),
    ("html", "aicheck", ".html", "html"),
)
"""(format, stem, suffix, output)."""
_ANNOTATIONS: Final = 10
"""Of a level; GitHub shows no more of one step."""
_REFUSED: Final = {
    "upload": {
        403: "the token needs security-events: write, and a private repository needs code scanning switched on",
        404: "the token cannot see the repository, or it has no code scanning",
    },
    "comment": {
        403: "the token needs pull-requests: write",
        404: "the token cannot see the pull request",
    },
}
"""Why GitHub says no, by what was asked and the status."""
_LEVELS: Final = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}
_FAIL_ON: Final = {"error": 0, "warning": 1, "note": 2, "never": -1}


@dataclass(frozen=True, slots=True)
class Judged:
    """One scanned path with its report."""

    path: str
    report: Report
    sourced: Sourced
    notes: tuple[str, ...]
    new: int
    total: int
    files: Mapping[str, str]
    """Output name → path of the report."""


def run_gate(environ: Mapping[str, str], say: Say) -> int:
    """Run the gate and return 0, 1, 2 or 3; the caller of the step ends 0 whatever this returns.

    Everything that a later step needs is written even where the scan could not run.
    """
    output = _file(environ, "GITHUB_OUTPUT")
    summary = _file(environ, "GITHUB_STEP_SUMMARY")
    try:
        inputs = read_inputs(environ)
        event = read_event(environ)
        code = _gate(inputs, event, environ, say)
    except AicheckError as error:
        _could_not_run(str(error), output, summary, say)
        return _COULD_NOT_RUN
    except Exception as error:  # noqa: BLE001 - a defect of ours must neither pass nor lose the outputs
        _could_not_run(f"internal error: {type(error).__name__}: {error}", output, summary, say)
        return _COULD_NOT_RUN
    return code


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _could_not_run(message: str, output: Path | None, summary: Path | None, say: Say) -> None:
    from aicheck.report.github import command

    say(command("error", message, title="aicheck could not run"))
    append_summary(summary, f"## aicheck could not run\n\n```\n{message.replace('`', chr(0x2019))}\n```\n")
    write_outputs(
        output,
        {"verdict": "error", "exit-code": str(_COULD_NOT_RUN), "new-violations": "", "total-violations": ""},
    )


def _gate(inputs: Inputs, event: Event, environ: Mapping[str, str], say: Say) -> int:
    from aicheck.scan import Clock

    if inputs.hf_token:
        os.environ["HF_TOKEN"] = inputs.hf_token
    base = _base(inputs, event)
    clock = Clock.from_environment()
    inputs.output.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="aicheck-base-", dir=environ.get("RUNNER_TEMP") or None))
    try:
        judged = [_judge(path, inputs, base, directory, clock) for path in inputs.paths]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    verdict = max((one.report.verdict or Verdict.PASS for one in judged), key=_gravity)
    _tell(judged, verdict, inputs, event, environ, say)
    return _EXIT[verdict]


def _gravity(verdict: Verdict) -> int:
    return (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL).index(verdict)


def _base(inputs: Inputs, event: Event) -> Base:
    if inputs.base is None:
        return find_base(inputs.workspace, event)
    from aicheck.discover.git import GitTree

    try:
        return Base(GitTree(inputs.workspace, inputs.base).commit, f"base {inputs.base}, as the input says")
    except ConfigError as error:
        raise ConfigError(
            f"input base: {inputs.base!r} is not in the checkout", hint="set `fetch-depth: 0` on actions/checkout"
        ) from error


def _judge(path: str, inputs: Inputs, base: Base, directory: Path, clock: Clock) -> Judged:
    """Scan one path at the head and at the base with the base's policy, and compare."""
    from aicheck.ci.locked import trusted_lock
    from aicheck.ci.sides import scan_sides
    from aicheck.discover.git import GitTree
    from aicheck.evaluate import load_policy

    tree = GitTree(inputs.workspace, base.commit) if base.commit is not None else None
    _check_path(path, inputs, base)
    # Loaded from where they lie, so that messages and reports name `policy.yaml` and no directory of ours.
    with chdir(inputs.workspace if tree is None else directory):
        sourced, name, notes = _configuration(path, inputs, tree, directory)
        policy = load_policy(name)
    lock = None
    if tree is not None:
        lock, said = trusted_lock(tree, GitTree(inputs.workspace, "HEAD"), path, sourced.settings)
        notes = (*notes, *said)
    notes = (base.note, *notes)
    compared = base if inputs.new_only else Base(None, base.note)
    report = scan_sides(path, inputs, compared, sourced.settings, policy, clock, own_lock=tree is None, lock=lock)
    threshold = _FAIL_ON.get(sourced.settings.fail_on, 0)
    violations = [finding for finding in report.findings if _violates(finding, threshold)]
    fresh = None if report.baseline is None else set(report.baseline.new_findings)
    new = [finding for finding in violations if fresh is None or finding.fingerprint in fresh]
    files = _write(path, report, inputs)
    return Judged(path, report, sourced, notes, len(new), len(violations), files)


def _check_path(path: str, inputs: Inputs, base: Base) -> None:
    """Refuse a path that is nowhere: an empty scan would pass whatever a typing error hides."""
    here = stands(inputs.workspace, "HEAD", path)
    if here is None and base.commit is None and (inputs.workspace / path).is_dir():
        return  # made by an earlier step: without a base the directory itself is scanned
    if here is None and base.commit is not None and stands(inputs.workspace, base.commit, path) is not None:
        return  # the change removes it
    if here is None:
        raise ConfigError(f"input path: {path!r} is not in the checkout", hint="paths count from its root")
    if here == "blob":
        raise ConfigError(f"input path: {path!r} is a file", hint="give its directory")


def _violates(finding: Finding, threshold: int) -> bool:
    counts = finding.status is Status.VIOLATION and finding.waiver is None
    return counts and _LEVELS[finding.level] <= max(threshold, 0)


def _configuration(
    path: str, inputs: Inputs, tree: GitTree | None, directory: Path
) -> tuple[Sourced, str, tuple[str, ...]]:
    """Load settings and find the policy: in the base where there is one, else in the checkout itself."""
    flags: dict[str, object] = {
        "policy": inputs.policy,
        "fail_on": inputs.fail_on,
        "offline": inputs.offline,
        "locked": inputs.locked,
        "include_docs": inputs.include_docs,
    }
    if tree is None:
        config = Path(inputs.config) if inputs.config else None
        sourced = load_settings(Path(path), flags, config=config)
        policy = sourced.settings.policy
        if _is_path(policy) and sourced.path is not None and inputs.policy is None:
            policy = os.path.relpath(sourced.path.parent / policy)
        return sourced, policy, ()
    trusted = Trusted(tree, directory)
    settings = trusted.settings(path, inputs.config)
    if inputs.config and settings is None:
        raise ConfigError(f"input config: {inputs.config} is not in the base revision", hint="merge it first")
    sourced = load_settings(directory, flags, config=settings or Path(os.devnull))
    if inputs.policy is not None and Path(inputs.policy).is_absolute():
        policy = inputs.policy
    else:
        policy = trusted.policy(sourced.settings.policy, settings, from_settings=inputs.policy is None)
    if _is_path(policy) and not Path(policy).is_file():
        raise ConfigError(
            f"policy {sourced.settings.policy} is not in the base revision",
            hint="merge the policy first; a change cannot bring the policy that judges it",
        )
    notes: tuple[str, ...] = ()
    changed = tree_differs(inputs.workspace, tree.commit, tuple(trusted.copied))
    if changed:
        notes = (
            f"this change also changes the configuration of the gate ({', '.join(changed)}); judged by the base's",
        )
    return sourced, policy, notes


def _is_path(policy: str) -> bool:
    return "/" in policy or policy.endswith((".yaml", ".yml"))


def _prefix(path: str) -> str:
    """Return what stands before the name of a path's reports; nothing for the root."""
    return "" if path == "." else re.sub(r"[^A-Za-z0-9._-]+", "-", path).strip("-.") + "-"


def _write(path: str, report: Report, inputs: Inputs) -> dict[str, str]:
    from aicheck.report import render, write_atomically
    from aicheck.scan import rule_pages

    files: dict[str, str] = {}
    pages = rule_pages()
    for fmt, stem, suffix, output in _REPORTS:
        options: dict[str, object] = {}
        if fmt in {"sarif", "html"}:
            options["rules"] = pages
        if fmt == "sarif":
            options["base_path"] = "" if path == "." else path
        target = inputs.output / f"{_prefix(path)}{stem}{suffix}"
        write_atomically(target, render(report, fmt, **options))
        files[output] = str(target)
    return files


def _tell(
    judged: Sequence[Judged],
    verdict: Verdict,
    inputs: Inputs,
    event: Event,
    environ: Mapping[str, str],
    say: Say,
) -> None:
    """Write outputs first: nothing that follows may cost the verdict."""
    outputs = {
        "verdict": verdict.value,
        "exit-code": str(_EXIT[verdict]),
        "new-violations": str(sum(one.new for one in judged)),
        "total-violations": str(sum(one.total for one in judged)),
    }
    for _, _, _, name in _REPORTS:
        outputs[name] = "\n".join(one.files[name] for one in judged)
    write_outputs(_file(environ, "GITHUB_OUTPUT"), outputs)
    from aicheck.report import render
    from aicheck.report.github import command

    texts: list[str] = []
    for one in judged:
        notes = "".join(f"- {_markdown(note)}\n" for note in one.notes)
        options: dict[str, Any] = {"base_path": "" if one.path == "." else one.path}
        heading = f"### {_markdown(one.path)}\n\n" if len(judged) > 1 else ""
        texts.append(f"{heading}{render(one.report, 'github-summary', **options).decode()}\n{notes}")
        for note in one.notes[1:]:
            say(command("notice", note, title="aicheck"))
        share = max(_ANNOTATIONS // len(judged), 1)
        say(render(one.report, "github", annotations=share, **options).decode().rstrip("\n"))
    text = "\n".join(texts)
    append_summary(_file(environ, "GITHUB_STEP_SUMMARY"), text)
    _publish(judged, verdict, inputs, event, environ, text, say)


def _markdown(text: str) -> str:
    """Return text that no Markdown reads as anything but text."""
    from aicheck.report.markdown import escape

    return escape(text)


def _publish(
    judged: Sequence[Judged],
    verdict: Verdict,
    inputs: Inputs,
    event: Event,
    environ: Mapping[str, str],
    text: str,
    say: Say,
) -> None:
    """Upload and comment where asked to; a failure is a note, never the verdict."""
    if not (inputs.upload_sarif or inputs.comment):
        return
    from aicheck.inventory.github import GitHub, sticky_comment, upload_sarif
    from aicheck.report.github import command

    if event.fork:
        say(command("notice", "a fork's token can write nothing: the summary has the report", title="aicheck"))
        return
    if not inputs.github_token:
        say(command("notice", "input github-token is empty: no comment, no upload", title="aicheck"))
        return
    github = GitHub(
        environ.get("GITHUB_API_URL") or "https://api.github.com", event.repository, inputs.github_token
    )
    if inputs.upload_sarif:
        commit, ref = environ.get("GITHUB_SHA", ""), environ.get("GITHUB_REF", "")
        for one in judged:
            sarif = Path(one.files["sarif"]).read_bytes()
            _attempt("upload", "the SARIF upload failed", say, partial(upload_sarif, github, commit, ref, sarif))
    if inputs.comment and event.pull_request is not None:
        quiet = verdict is Verdict.PASS and not any(one.new for one in judged)
        name = "+".join(one.path for one in judged)
        body = None if quiet else text
        done = "aicheck: nothing left to object to in this change."
        _attempt(
            "comment",
            "the comment could not be written",
            say,
            partial(sticky_comment, github, event.pull_request, name, body, done),
        )


def _attempt(kind: str, what: str, say: Say, action: Callable[[], object]) -> None:
    """Do what may fail without any say in the verdict."""
    from aicheck.inventory.http import HttpError
    from aicheck.report.github import command

    try:
        action()
    except HttpError as error:
        why = _REFUSED[kind].get(error.status)
        say(command("notice", f"{what}: {error}{f' ({why})' if why else ''}", title="aicheck"))
