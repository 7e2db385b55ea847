"""`aicheck bom merge`, `query` and `upload`: many BOMs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aicheck.errors import ConfigError

if TYPE_CHECKING:
    from aicheck.inventory.documents import Problem
    from aicheck.inventory.duck import Analytics
    from aicheck.inventory.query import Answer

__all__ = ["merge", "query", "secret", "upload"]

_DATABASE = "inventory.sqlite"
_SHOWN = 20
_SECRET_LIMIT = 4096


def secret(variable: str, file: Path | None, what: str) -> str:
    """A key from a file or the environment; never from a flag, which every user of the machine could read."""
    if file is not None:
        try:
            with file.open("rb") as stream:
                text = stream.read(_SECRET_LIMIT).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the {what} cannot be read: {type(error).__name__}", path=str(file)) from None
    else:
        text = os.environ.get(variable, "").strip()
    if not text:
        raise ConfigError(f"no {what}", hint=f"set {variable}, or name a file that holds it")
    if not text.isprintable() or " " in text:
        raise ConfigError(f"the {what} has blanks or control characters")
    return text


def say_problems(problems: list[Problem], what: str) -> None:
    """Name the first problems on standard error, and count the rest."""
    from aicheck.report.safety import visible

    for one in problems[:_SHOWN]:
        click.echo(f"{what}: {visible(one.path, 300)}: {visible(one.message, 500)}", err=True)
    if len(problems) > _SHOWN:
        click.echo(f"{what}: and {len(problems) - _SHOWN} more", err=True)


def _by_project(path: Path, report: dict[str, Any]) -> None:
    """Leave it to the document."""
    del path, report


def _by_file(path: Path, report: dict[str, Any]) -> str:
    del report
    return path.name.removesuffix(".json").removesuffix(".cdx")


_NAMES: dict[str, Callable[[Path, dict[str, Any]], str | None]] = {"project": _by_project, "file": _by_file}


@click.command()
@click.argument("files", nargs=-1, type=str, metavar="FILE|DIR|@LIST…")
@click.option(
    "-d", "--db", type=click.Path(path_type=Path), default=_DATABASE, show_default=True, help="The inventory."
)
@click.option(
    "--name",
    type=click.Choice(["project", "file"]),
    default="project",
    show_default=True,
    help="What names the repository: the document's project, or its file.",
)
@click.option(
    "--export",
    "exports",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR|FILE.duckdb",
    help="Write Parquet files or a DuckDB database as well (extra 'analytics'; repeatable).",
)
def merge(files: tuple[str, ...], db: Path, name: str, exports: tuple[Path, ...]) -> None:
    """Merge JSON reports and CycloneDX BOMs into an inventory; the same document twice changes nothing.

    Exit 0: all merged. 3: some could not be read (named on standard error), the others stand. 2: none could.
    """
    from aicheck.inventory.documents import expand
    from aicheck.inventory.export import export
    from aicheck.inventory.merge import Inventory, MergeResult, merge_files
    from aicheck.inventory.schema import open_inventory, open_read_only

    if not files and not exports:
        raise ConfigError("nothing to merge", hint="name reports, BOMs or directories of them")
    paths = list(expand(files))
    interactive = sys.stderr.isatty()

    def progress(result: MergeResult) -> None:
        done = result.documents + len(result.problems)
        if interactive and (done % 100 == 0 or done == len(paths)):
            click.echo(f"\r{done:,} of {len(paths):,} documents", err=True, nl=done == len(paths))

    with Inventory(open_inventory(db)) as inventory:
        result = merge_files(inventory, paths, name_of=_NAMES[name], on_done=progress)
    say_problems(result.problems, "not merged")
    say_problems(result.warnings, "warning")
    if files:
        click.echo(f"{result.documents:,} documents in {db}, {result.new:,} of them new", err=True)
    for target in exports:
        database = open_read_only(db)
        try:
            tables = export(database, target)
        finally:
            database.close()
        click.echo(f"{len(tables)} tables in {target}", err=True)
    if result.problems:
        raise click.exceptions.Exit(3 if result.documents else 2)


def _write(data: bytes, output: Path | None) -> None:
    if output is None:
        click.echo(data, nl=False)
        return
    from aicheck.report import write_atomically

    write_atomically(output, data)


def _questions() -> str:
    from aicheck.inventory.query import QUESTIONS

    width = max(len(f"{name} {one.argument or ''}") for name, one in QUESTIONS.items())
    lines = [f"{f'{name} {one.argument or str()}':{width}}  {one.summary}" for name, one in QUESTIONS.items()]
    lines.append(f"{'dashboard':{width}}  one HTML page with totals, trends and what needs a look")
    return "\n".join(lines)


@click.command()
@click.argument("question", required=False)
@click.argument("value", required=False)
@click.option(
    "-d", "--db", type=click.Path(path_type=Path), default=_DATABASE, show_default=True,
    help="The inventory, or an export of it: FILE.duckdb, or a directory of Parquet files.",
)  # fmt: skip
@click.option("--sql", metavar="SELECT", help="A query of your own; reading only.")
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv", "html"]),
    help="Default: table; html for the dashboard.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; standard output otherwise.")
@click.option("--limit", type=click.IntRange(0), default=0, metavar="N", help="At most N rows (0: all).")
@click.option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=30.0,
    show_default=True,
    metavar="S",
    help="Seconds for --sql.",
)
def query(question: str | None, value: str | None, **flags: Any) -> None:
    """Ask the inventory: a ready question, or SQL. Without a question: the list of them.

    The answer says on standard error what it could not tell.
    """
    sql = flags["sql"]
    if question is None and sql is None:
        click.echo(_questions())
        return
    if question is not None and sql is not None:
        raise ConfigError("give a question or --sql, not both")
    from aicheck.inventory.duck import Analytics, is_analytics
    from aicheck.inventory.page import dashboard
    from aicheck.inventory.query import ask, run_sql
    from aicheck.inventory.schema import open_read_only

    if is_analytics(flags["db"]):
        answer = _ask_export(Analytics(flags["db"]), question, value, flags)
        _give(answer, flags)
        return
    database = open_read_only(flags["db"])
    try:
        if question == "dashboard":
            if flags["format_"] not in {None, "html"}:
                raise ConfigError("the dashboard is a page", hint="-f html, or ask a question")
            _write(dashboard(database), flags["output"])
            return
        limit = flags["limit"]
        answer = (
            run_sql(database, sql, seconds=flags["timeout"], limit=limit)
            if sql is not None
            else ask(database, question or "", value, limit=limit)
        )
    finally:
        database.close()
    _give(answer, flags)


def _ask_export(export: Analytics, question: str | None, value: str | None, flags: dict[str, Any]) -> Answer:
    """Ask a DuckDB file or a directory of Parquet files."""
    from aicheck.inventory.query import ask

    try:
        if question == "dashboard":
            raise ConfigError("the dashboard is drawn from the SQLite file", hint="-d inventory.sqlite")
        if flags["sql"] is not None:
            return export.run_sql(flags["sql"], seconds=flags["timeout"], limit=flags["limit"])
        return ask(export, question or "", value, limit=flags["limit"])
    finally:
        export.close()


def _give(answer: Answer, flags: dict[str, Any]) -> None:
    from aicheck.inventory.page import answer_page
    from aicheck.inventory.show import as_csv, as_json, as_table

    form = flags["format_"] or "table"
    if form == "json":
        _write(as_json(answer), flags["output"])
    elif form == "csv":
        _write(as_csv(answer), flags["output"])
    elif form == "html":
        _write(answer_page(answer, f"from {flags['db'].name}"), flags["output"])
    else:
        _write(as_table(answer).encode("utf-8", "backslashreplace"), flags["output"])
    more = ", and more" if answer.more else ""
    click.echo(f"{len(answer.rows):,} rows{more}{'; ' + answer.unseen if answer.unseen else ''}", err=True)


@click.command()
@click.argument("file", type=click.Path(), metavar="FILE")
@click.option(
    "--url",
    envvar="DEPENDENCY_TRACK_URL",
    required=True,
    metavar="URL",
    help="API server of Dependency-Track. Environment: DEPENDENCY_TRACK_URL.",
)
@click.option(
    "--api-key-file",
    type=click.Path(path_type=Path),
    help="File with the API key, instead of the environment's DEPENDENCY_TRACK_API_KEY.",
)
@click.option("--project-name", metavar="NAME", help="Default: what the BOM says.")
@click.option("--project-version", metavar="VERSION", help="Default: what the BOM says, else 'main'.")
@click.option("--parent-name", metavar="NAME", help="Parent of a project that is created.")
@click.option("--parent-version", metavar="VERSION", help="Its version.")
@click.option("--no-create", is_flag=True, help="The project must be there already.")
@click.option("--latest", is_flag=True, help="Mark this version as the latest one.")
@click.option("--tag", multiple=True, metavar="TAG", help="Tag of a project that is created (repeatable).")
@click.option(
    "--wait", type=click.FloatRange(0), default=120.0, show_default=True, metavar="S",
    help="Seconds to wait for the processing (0: do not wait).",
)  # fmt: skip
@click.option("--spec-version", default="1.6", show_default=True, help="CycloneDX version to send.")
def upload(file: str, **flags: Any) -> None:
    """Send a BOM to Dependency-Track and wait until it is processed.

    A JSON report is sent as its CycloneDX BOM. The key comes from DEPENDENCY_TRACK_API_KEY or a file, never from a
    flag. Exit 0: processed. 2: refused, with the server's reasons. 3: sent, but not processed in time.
    """
    from aicheck.cli.bom import read_document, read_report
    from aicheck.inventory.dependency_track import DependencyTrack, Upload
    from aicheck.report.convert import change_version
    from aicheck.report.plain import dump

    key = secret("DEPENDENCY_TRACK_API_KEY", flags["api_key_file"], "API key")
    document = read_document(file)
    if document.get("bomFormat") != "CycloneDX":
        from aicheck.report.cyclonedx import bom_dict

        document = bom_dict(read_report(file, document))
    if document.get("specVersion") != flags["spec_version"]:
        document, _ = change_version(document, flags["spec_version"])
    subject = (document.get("metadata") or {}).get("component") or {}
    name = flags["project_name"] or subject.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigError("the BOM names no project", path=file, hint="give --project-name")
    version = flags["project_version"] or subject.get("version") or "main"
    server = DependencyTrack(flags["url"], key)
    token = server.upload(
        Upload(
            dump(document),
            name,
            str(version),
            create=not flags["no_create"],
            parent=flags["parent_name"],
            parent_version=flags["parent_version"],
            latest=flags["latest"],
            tags=flags["tag"],
        )
    )
    from aicheck.report.safety import visible

    shown = f"{visible(name, 200)} {visible(str(version), 100)}"
    if token is None or not flags["wait"]:
        click.echo(f"{shown}: sent", err=True)
    elif server.wait(token, seconds=flags["wait"]):
        click.echo(f"{shown}: sent and processed", err=True)
    else:
        click.echo(
            f"{shown}: sent, but not processed after {flags['wait']:g} s (token {visible(token, 60)})", err=True
        )
        raise click.exceptions.Exit(3)
