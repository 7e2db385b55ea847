"""`aicheck verify`: the lock or a BOM against the Hub as it is today."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aicheck.cli import common
from aicheck.errors import ConfigError
from aicheck.settings import load_settings

if TYPE_CHECKING:
    from aicheck.core.component import Component
    from aicheck.lock.verify import Verified

__all__ = ["command"]

KINDS = "deleted disabled recreated moved gated security files revision license origin lineage hosting".split()


@click.command("verify", short_help="Compare the lock or a BOM with the Hub as it is today.")
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--ignore", multiple=True, type=click.Choice(KINDS), metavar="KIND", help="Pass over a kind of change."
)
@click.option(
    "--main", "main_counts", is_flag=True, help="What is new on the main branch of a pinned model is a change too."
)
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, instead of the nearest one.")
@click.option("-q", "--quiet", is_flag=True, help="No summary on standard error.")
def command(
    path: Path, format_: str, ignore: tuple[str, ...], config: Path | None, *, main_counts: bool, quiet: bool
) -> None:
    """Compare PATH - an aicheck.lock, a directory that holds one, a CycloneDX BOM or a JSON report - with what
    the Hub says today: new revision, files, licence, origin, lineage, gated, moved, deleted, made anew under the
    same name, new security finding. Made for a nightly job.

    What the code pins is compared at the pin, which is what runs; how the main branch differs from it today is
    said besides, and counts as a change with --main only.

    \b
    Kinds of change: deleted, disabled, recreated, moved, gated, security, files, revision, license, origin,
    lineage, hosting.

    \b
    Exit codes: 0 as it was · 1 something changed · 2 could not run · 3 something could not be compared (rate
    limit, no network); what was not seen is never "unchanged".
    """  # noqa: D205, D301 - shown as running text by --help; \b is click's
    from aicheck.lock.verify import verify
    from aicheck.scan import Clock, sources_of

    if not path.exists():
        raise ConfigError("no such file or directory", path=str(path))
    settings = load_settings(path, {"cache": False}, config=config).settings
    components, subject = _components(path, settings.lock)
    if path.is_dir():
        from aicheck.lock.verify import as_pinned
        from aicheck.scan import discover_all, discovery_of

        components = as_pinned(components, discover_all(path, discovery_of(settings)).references)
    # Yesterday's answer is not today's: the cache is passed over.
    sources = sources_of(settings, Clock.from_environment())
    result = verify(components, sources, frozenset(ignore), main_counts=main_counts)
    if format_ == "json":
        import orjson

        document = _document(result, subject)
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE), nl=False)
    else:
        click.echo(_text(result), nl=False)
    if not quiet:
        click.echo(
            f"{subject}: {result.verdict.value}: {len(result.unchanged)} as they were, {len(result.changed)} "
            f"changed, {len(result.unseen)} not compared, {len(result.other)} not on the Hub"
            + (f"; main differs from the pin of {len(result.main)}" if result.main else ""),
            err=True,
        )
    raise click.exceptions.Exit(common.EXIT_CODES[result.verdict])


def _components(path: Path, lock: str) -> tuple[tuple[Component, ...], str]:
    """Return what PATH holds, and how to call it."""
    if path.is_dir():
        from aicheck.lock.find import find_lock

        found = find_lock(path, lock)
        if found is None:
            raise ConfigError(f"there is no {lock}", path=str(path), hint="write it: aicheck lock")
        path = found
    if path.suffix == ".json":
        from aicheck.cli.bom import read_document, read_report

        document = read_document(str(path))
        if "lock_version" not in document:
            return read_report(str(path), document).components, path.name
    from aicheck.lock.file import read_lock
    from aicheck.lock.verify import components_of

    return components_of(read_lock(path)), path.name


def _document(result: Verified, subject: str) -> dict[str, Any]:
    from dataclasses import asdict

    from aicheck.report.json_ import gap_dict

    return {
        "schema_version": "1.0",
        "subject": subject,
        "verdict": result.verdict.value,
        "unchanged": list(result.unchanged),
        "changed": [
            {"target": name, "changes": [asdict(change) for change in found]} for name, found in result.changed
        ],
        "main_differs": [
            {"target": name, "changes": [asdict(change) for change in found]} for name, found in result.main
        ],
        "not_compared": [{"target": name, **gap_dict(gap)} for name, gap in result.unseen],
        "not_on_hub": list(result.other),
    }


def _text(result: Verified) -> str:
    from aicheck.report.safety import visible

    lines: list[str] = []
    for heading, group in (("", result.changed), (": main differs from the pin", result.main)):
        for name, found in group:
            lines.append(name + heading)
            for change in found:
                what = f"{change.before or 'nothing'} → {change.after or 'nothing'}"
                detail = f" ({change.detail})" if change.detail else ""
                lines.append(f"  {change.kind:<9}  {what}{detail}")
    for name, gap in result.unseen:
        lines.append(name)
        lines.append(f"  not compared: {gap.reason.value}: {gap.detail}")
    return "".join(visible(line) + "\n" for line in lines)
