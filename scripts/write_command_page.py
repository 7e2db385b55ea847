"""Write docs/commands.md from the command itself: python scripts/write_command_page.py [--check]."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from aicheck.cli.app import VERBS, app

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
HEAD = """\
# Commands

Every verb with every option, written by `scripts/write_command_page.py` from the command itself.
Exit codes, the same for every verb and format: `0` pass, `1` fail, `2` could not run, `3` inconclusive
(nothing violated, but something that is required could not be seen).
"""


def _text(help_text: str | None) -> str:
    """Help as Markdown: paragraphs that click must not rewrap are verbatim blocks."""
    parts = []
    for paragraph in inspect.cleandoc(help_text or "").split("\n\n"):
        if paragraph.startswith("\b\n"):
            parts.append("```text\n" + paragraph.removeprefix("\b\n") + "\n```")
        else:
            parts.append(" ".join(paragraph.split()))
    return "\n\n".join(part for part in parts if part)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    rows = []
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and not parameter.hidden:
            record = parameter.get_help_record(context)
            assert record is not None, parameter.name
            rows.append(f"| `{_cell(record[0])}` | {_cell(record[1])} |")
    if rows:
        yield "| option | meaning |\n|---|---|\n" + "\n".join(rows)


def _command(name: str, command: click.Command, parent: click.Context, depth: int) -> Iterator[str]:
    context = click.Context(command, parent=parent, info_name=name.rpartition(" ")[2], max_content_width=100)
    yield f"{'#' * depth} `aicheck {name}`"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```text\naicheck {name} {usage}\n```"
    yield _text(command.help)
    yield from _options(command, context)
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            found = command.get_command(context, sub)
            assert found is not None
            yield from _command(f"{name} {sub}", found, context, depth + 1)


def page() -> str:
    """The page."""
    root = click.Context(app, info_name="aicheck", max_content_width=100)
    parts = [HEAD.rstrip("\n")]
    for verb in VERBS:
        command = app.get_command(root, verb)
        assert command is not None
        parts += [part for part in _command(verb, command, root, 2) if part]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Write the page, or with --check say whether it is up to date."""
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
