"""`aicheck bom`: validate, convert, draw and measure AI-BOMs, also those that other tools wrote."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aicheck.cli.bom_inventory import merge, query, upload
from aicheck.errors import ConfigError

if TYPE_CHECKING:
    from aicheck.core.report import Report

__all__ = ["command"]

_LIMIT = 512 * 1024 * 1024


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Validate, convert, draw and measure AI-BOMs (CycloneDX JSON, JSON reports of aicheck)."""


def read_document(path: str) -> dict[str, Any]:
    """The JSON object in a file, or on standard input where `path` is `-`.

    Raises `ConfigError` where it cannot be read or is not a JSON object.
    """
    import orjson

    try:
        with click.open_file(path, "rb") as stream:
            data = stream.read(_LIMIT + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", path=path) from error
    if len(data) > _LIMIT:
        raise ConfigError("is larger than 512 MiB", path=path)
    try:
        document = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        hint = "XML is not read: convert it to JSON first" if data.lstrip()[:1] == b"<" else None
        raise ConfigError(error.msg, path=path, line=error.lineno, column=error.colno, hint=hint) from error
    if not isinstance(document, dict):
        raise ConfigError("is no JSON object", path=path, hint="give a CycloneDX BOM or a JSON report")
    return document


def read_report(path: str, document: dict[str, Any] | None = None) -> Report:
    """The report behind a file: a JSON report as it is, a CycloneDX BOM as far as it says.

    `document`: the file's content where it was read already (standard input is read once).
    """
    from aicheck.report.read_bom import report_from_bom
    from aicheck.report.read_json import is_report, report_from_json

    if document is None:
        document = read_document(path)
    if is_report(document):
        return report_from_json(document, path=path)
    if document.get("bomFormat") == "CycloneDX":
        try:
            return report_from_bom(document, "stdin" if path == "-" else Path(path).name)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"damaged CycloneDX document: {error}", path=path, hint="aicheck bom validate says where"
            ) from error
    raise ConfigError(
        "is neither a CycloneDX BOM nor a JSON report of aicheck", path=path, hint="SPDX input is not read"
    )


def _write(data: bytes, output: str | None) -> None:
    if output is None or output == "-":
        click.echo(data, nl=False)
        return
    from aicheck.report import write_atomically

    write_atomically(output, data)


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE…")
def validate(files: tuple[str, ...]) -> None:
    """Check BOMs and JSON reports against their schemas and for what schemas cannot say.

    Exit 0: valid. 1: a document is invalid. 2: a file could not be read.
    """
    from aicheck.report.bom_check import check_bom, check_report
    from aicheck.report.read_json import is_report
    from aicheck.report.safety import visible

    code = 0
    for path in files:
        document = read_document(path)
        problems = check_report(document) if is_report(document) else check_bom(document)
        kind = "aicheck report" if is_report(document) else f"CycloneDX {document.get('specVersion')}"
        if not problems:
            click.echo(f"{visible(path)}: valid ({visible(kind, 40)})")
            continue
        code = 1
        for problem in problems:
            click.echo(f"{visible(path)}: {visible(problem, 500)}")
    sys.exit(code)


@command.command()
@click.argument("file", type=click.Path(), metavar="FILE")
@click.option("-f", "--format", "fmt", default="html", show_default=True, help="Any format of `aicheck scan`.")
@click.option("-o", "--output", type=click.Path(), help="File to write; standard output otherwise.")
@click.option("-v", "--verbose", is_flag=True, help="More detail (text).")
def report(file: str, fmt: str, output: str | None, verbose: bool) -> None:
    """Draw a report from a BOM or a JSON report."""
    from aicheck.report import render

    _write(render(read_report(file), fmt, verbose=verbose), output)


@command.command()
@click.argument("file", type=click.Path(), metavar="FILE")
@click.option("-t", "--to", "fmt", required=True, help="cyclonedx, cyclonedx-xml, spdx, csv, markdown, json …")
@click.option("--spec-version", default="1.6", show_default=True, help="CycloneDX version to write.")
@click.option("-o", "--output", type=click.Path(), help="File to write; standard output otherwise.")
def convert(file: str, fmt: str, spec_version: str, output: str | None) -> None:
    """Write a BOM or a JSON report in another format.

    CycloneDX to CycloneDX keeps every field that the other version has; the rest is named on standard error.
    """
    from aicheck.report import render
    from aicheck.report.convert import change_version
    from aicheck.report.plain import dump
    from aicheck.report.safety import visible

    document = read_document(file)
    if fmt == "cyclonedx" and document.get("bomFormat") == "CycloneDX":
        converted, dropped = change_version(document, spec_version)
        for pointer in dropped:
            click.echo(f"left out, CycloneDX {spec_version} has no such field: {visible(pointer, 200)}", err=True)
        _write(dump(converted), output)
        return
    _write(render(read_report(file, document), fmt, spec_version=spec_version), output)


@command.command()
@click.argument("file", type=click.Path(), metavar="FILE")
@click.option(
    "-f", "--format", "fmt", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output."
)
def coverage(file: str, fmt: str) -> None:
    """Say which of the 50 minimum elements of an SBOM for AI (G7, May 2026) a document fills, and who could fill
    the rest. A description, never a verdict.
    """  # noqa: D205 - shown as running text by --help
    from aicheck.report.coverage import coverage as measure
    from aicheck.report.coverage import coverage_text

    document = read_document(file)
    if document.get("bomFormat") != "CycloneDX":
        from aicheck.report.cyclonedx import bom_dict

        document = bom_dict(read_report(file, document))
    elements = measure(document)
    if fmt == "text":
        click.echo(coverage_text(elements), nl=False)
        return
    from aicheck.report.plain import dump, plain

    rows = [{**plain(element), "state": element.state} for element in elements]
    _write(dump({"elements": rows}), None)


# The verbs over many BOMs stand in a room of their own; the group is the place where people look for them.
for _verb in (merge, query, upload):
    command.add_command(_verb)
