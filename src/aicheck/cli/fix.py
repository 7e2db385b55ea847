"""`aicheck fix`: write pins into the code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from aicheck.errors import ConfigError
from aicheck.settings import load_settings

if TYPE_CHECKING:
    from aicheck.core.reference import Reference
    from aicheck.fix.plan import Plan

__all__ = ["command"]

_EXIT_TO_DO: Final = 1
_SHOWN: Final = 5


@click.command("fix", short_help="Write pins into the code; a diff by default.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Write the files. Default: print a unified diff.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where there is something to fix.")
@click.option("--model", "models", multiple=True, metavar="MODEL", help="Fix this model only (repeatable).")
@click.option("--remote-code", is_flag=True, help="Take out trust_remote_code where the model holds no code.")
@click.option(
    "--format", "format_", type=click.Choice(["safetensors"]), help="Ask for this format where the model has it."
)
@click.option("--no-pins", is_flag=True, help="Write no pins (with --remote-code or --format).")
@click.option("--offline", is_flag=True, default=None, help="Use no network: commits of lock and catalog only.")
@click.option("--locked", is_flag=True, default=None, help="Take commits from aicheck.lock alone.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave paths out (repeatable).")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, instead of the nearest one.")
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was not fixed.")
@click.option("-v", "--verbose", is_flag=True, help="Name every place that was not fixed, not five of each kind.")
def command(path: Path, **flags: Any) -> None:
    """Write the commit of every model into the code of PATH: revision="<commit>" in Python, { revision } in
    JavaScript, --revision on command lines, resolve/<commit>/ in addresses. Commits come from aicheck.lock, the
    catalog or the Hub.

    Edits are minimal, formatting and comments stay. Every result is scanned before it is shown: it is the same
    program, names the same models, and the pins are found. Where that is not so, the place is named instead.

    \b
    Exit codes: 0 done, or nothing to do · 1 something to fix (--check) · 2 could not run.
    """  # noqa: D205, D301 - shown as running text by --help; \b is click's
    if not path.is_dir():
        raise ConfigError("not a directory", path=str(path), hint="name the directory of the project")
    from dataclasses import replace

    from aicheck.fix.plan import Wishes, plan
    from aicheck.resolve import resolve
    from aicheck.scan import Clock, discover_all, discovery_of, sources_of

    settings = load_settings(
        path,
        {"offline": flags["offline"], "locked": flags["locked"], "exclude": flags["exclude"]},
        config=flags["config"],
    ).settings
    discovery = discovery_of(settings)
    inventory = discover_all(path, discovery)
    sources = replace(sources_of(settings, Clock.from_environment(), path), datasets=True)
    components = resolve(inventory, sources)
    wishes = Wishes(
        pins=not flags["no_pins"],
        remote_code=flags["remote_code"],
        safetensors=flags["format_"] == "safetensors",
        only=frozenset(_spelling(model) for model in flags["models"]),
    )
    found = plan(path, components, wishes, discovery)
    if flags["write"] and not flags["check"]:
        _write(path, found)
    else:
        from aicheck.fix.edits import unified

        for each in found.files:
            click.echo(unified(each.path, each.before, each.after), nl=False)
    _say(found, quiet=flags["quiet"], every=flags["verbose"], written=flags["write"] and not flags["check"])
    if flags["check"] and found.files:
        raise click.exceptions.Exit(_EXIT_TO_DO)


def _spelling(model: str) -> str:
    from aicheck.core.target import HubModel
    from aicheck.resolve.spelling import read_spelling

    query = read_spelling(model)
    if not isinstance(query, HubModel):
        raise ConfigError(f"'{model}' is not a model of the Hub", hint="write owner/name")
    return str(query)


def _write(root: Path, found: Plan) -> None:
    from aicheck.report import write_atomically

    for each in found.files:
        file = root / each.path
        if file.read_bytes() != each.before.encode("utf-8"):
            raise ConfigError("the file changed meanwhile", path=str(file), hint="run aicheck fix again")
        write_atomically(file, each.after.encode("utf-8"))
        click.echo(str(file))


def _say(found: Plan, *, quiet: bool, every: bool, written: bool) -> None:
    from aicheck.report.safety import visible

    if not quiet:
        reasons: dict[str, list[Reference]] = {}
        for reference, reason in found.refused:
            reasons.setdefault(reason, []).append(reference)
        for reason, references in reasons.items():
            shown = references if every else references[:_SHOWN]
            for reference in shown:
                place = reference.occurrence
                where = f"{place.path}:{place.line}:{place.column}"
                click.echo(visible(f"not fixed: {where}: {place.raw}: {reason}"), err=True)
            if len(references) > len(shown):
                more = len(references) - len(shown)
                click.echo(visible(f"not fixed: {more} more for this reason (--verbose names them)"), err=True)
    state = "fixed" if written else "to fix"
    click.echo(
        f"aicheck: {len(found.done)} {state} in {len(found.files)} files, {len(found.refused)} not fixed", err=True
    )
