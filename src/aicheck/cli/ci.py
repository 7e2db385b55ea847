"""`aicheck ci`: what the Action calls."""

from __future__ import annotations

import os
import sys

import click

__all__ = ["command"]


@click.group("ci", short_help="Gate a change in continuous integration.")
def command() -> None:
    """Gate a change in continuous integration."""


@command.command("github")
def github() -> None:
    """Run inside GitHub Actions: read the event, judge what is new against the base, write every report.

    Inputs come as AICHECK_INPUT_* variables (see docs/action.md). Ends 0 whatever the verdict, so that the
    steps that publish reports run; the outputs `verdict` and `exit-code` carry it, and the Action's last step
    ends with it. Without GITHUB_OUTPUT it ends with the verdict itself.
    """
    from aicheck.ci.gate import run_gate

    code = run_gate(os.environ, lambda text: click.echo(text) if text else None)
    if not os.environ.get("GITHUB_OUTPUT"):
        # Nobody can read the outputs: the verdict must not be lost.
        sys.exit(code)
