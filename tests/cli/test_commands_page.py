"""The page of commands says what the command does, option by option."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from aicheck.cli.app import VERBS, app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def every_command() -> list[tuple[str, click.Command]]:
    context = click.Context(app)
    found: list[tuple[str, click.Command]] = []

    def walk(name: str, command: click.Command) -> None:
        found.append((name, command))
        if isinstance(command, click.Group):
            for sub in command.list_commands(context):
                inner = command.get_command(context, sub)
                assert inner is not None
                walk(f"{name} {sub}", inner)

    for verb in VERBS:
        command = app.get_command(context, verb)
        assert command is not None
        walk(verb, command)
    return found


@pytest.mark.parametrize(
    ("name", "command"), every_command(), ids=lambda each: each if isinstance(each, str) else ""
)
def test_every_option_is_on_the_page_and_helped(name: str, command: click.Command) -> None:
    _, heading, rest = PAGE.partition(f"# `aicheck {name}`\n")
    assert heading, f"{name} is not on the page: python scripts/write_command_page.py"
    section = rest.partition("\n#")[0]
    assert command.help, name
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            for spelling in (*parameter.opts, *parameter.secondary_opts):
                assert spelling in section, f"{name} {spelling}: python scripts/write_command_page.py"
            assert parameter.help or parameter.name == "format_", f"{name} {parameter.opts} has no help"


def test_the_page_is_up_to_date() -> None:
    script = ROOT / "scripts" / "write_command_page.py"
    done = subprocess.run([sys.executable, script, "--check"], check=False)
    assert done.returncode == 0, "python scripts/write_command_page.py"


def test_every_verb_says_the_same_in_the_list_and_on_its_own() -> None:
    for verb, (_, summary) in VERBS.items():
        assert summary.endswith("."), verb
