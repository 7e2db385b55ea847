"""`aicheck scan`: the main job."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aicheck.cli import common
from aicheck.errors import ConfigError
from aicheck.settings import Sourced, load_settings

if TYPE_CHECKING:
    from aicheck.core.reference import Inventory
    from aicheck.core.report import Report
    from aicheck.discover.trees import Tree
    from aicheck.evaluate import Policy
    from aicheck.resolve import Sources
    from aicheck.scan import Clock

__all__ = ["command"]


@click.command("scan", short_help="Find the models in a project, resolve them and evaluate a policy.")
@click.argument("path", default=".", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--policy", metavar="NAME|FILE", help="A shipped pack or a policy file. Default: baseline.")
@click.option("-f", "--format", "format_", metavar="FORMAT", help="What standard output carries. Default: text.")
@click.option(
    "-o", "--output", multiple=True, metavar="FORMAT=FILE", help="Write a report to a file as well (repeatable)."
)
@click.option("--base", metavar="REF", help="Judge only what is new against this git revision.")
@click.option("--rev", metavar="REF", help="Scan this git revision of PATH, without a checkout.")
@click.option("--discover-only", is_flag=True, help="Stop after discovery: no policy, no network.")
@click.option("--offline", is_flag=True, default=None, help="Use no network: lock and embedded catalog only.")
@click.option("--locked", is_flag=True, default=None, help="Rest on aicheck.lock alone; implies --offline.")
@click.option("--include-docs", is_flag=True, default=None, help="Report documentation and comments too.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave paths out (repeatable).")
@click.option("--fail-on", metavar="LEVEL", help="Lowest level that fails: error, warning, note, never.")
@click.option("--hash", "hash_weights", is_flag=True, default=None, help="Hash local weights of any size.")
@click.option("--sbom", multiple=True, type=click.Path(path_type=Path), help="Merge in a CycloneDX or SPDX SBOM.")
@click.option("--hub-cache", type=click.Path(path_type=Path), help="Scan a local Hugging Face cache as well.")
@click.option(
    "--environment", type=click.Path(path_type=Path), help="Scan an installed Python environment as well."
)
@click.option(
    "--stdin-name", metavar="NAME", default="stdin.txt", help="File name that standard input (-) stands for."
)
@click.option("--no-cache", is_flag=True, help="Neither use nor keep what earlier scans saw.")
@click.option("--jobs", type=int, metavar="N", help="Worker processes (0 = automatic).")
@click.option("--spec-version", metavar="1.6|1.7", help="CycloneDX version. Default: 1.6.")
@click.option(
    "--predicate",
    type=click.Choice(["test-result", "svr", "vsa"]),
    default="test-result",
    help="What an in-toto statement says. Default: test-result; svr exists on a pass only.",
)
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, instead of the nearest one.")
@click.option("--show-settings", is_flag=True, help="Print every setting with its source, and stop.")
@click.option("-q", "--quiet", is_flag=True, help="No summary on standard error, no progress.")
@click.option("-v", "--verbose", count=True, help="Lineage trees, every reference.")
def command(path: Path, **flags: Any) -> None:
    """Find the AI models in PATH (a directory, file, archive, BOM, or - for standard input), resolve who made
    them, from what and on which terms, and evaluate a policy.

    \b
    Exit codes: 0 pass · 1 fail · 2 could not run · 3 inconclusive (nothing violated, but something that the
    policy requires could not be seen).
    """  # noqa: D205, D301 - shown as running text by --help; \b is click's
    is_stdin = str(path) == "-"
    if not is_stdin and not path.exists():
        raise ConfigError("no such file or directory", path=str(path), hint="name an existing path")
    sourced = load_settings(
        Path.cwd() if is_stdin else path,
        {
            "policy": flags["policy"],
            "format": flags["format_"],
            "output": flags["output"],
            "offline": flags["offline"],
            "locked": flags["locked"],
            "include_docs": flags["include_docs"],
            "exclude": flags["exclude"],
            "fail_on": flags["fail_on"],
            "hash_weights": flags["hash_weights"],
            "jobs": flags["jobs"],
            "cache": False if flags["no_cache"] else None,
            "spec_version": flags["spec_version"],
        },
        config=flags["config"],
    )
    if flags["show_settings"]:
        common.show_settings(sourced)
        return
    from aicheck.report import FORMATS

    outputs = common.parse_outputs(sourced.settings.output, tuple(FORMATS))
    report = _run(path, is_stdin=is_stdin, sourced=sourced, flags=flags)
    options = _options(sourced, flags, report)
    common.write_outputs(report, outputs, options)
    from aicheck.report import render

    if report.policy is not None and sourced.settings.cache and not flags["rev"]:
        from aicheck.cli.last import remember

        remember(report, path)
    chosen = sourced.settings.format
    data = render(report, chosen, **options.get(chosen, {}))
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    if chosen != "text" and not flags["quiet"]:
        _say(report)
    raise click.exceptions.Exit(common.exit_code(report))


def _say(report: Report) -> None:
    """Say the verdict on standard error where standard output carries a document."""
    if report.verdict is not None:
        click.echo(
            f"aicheck: {report.verdict.value}: {len(report.components)} components, "
            f"{len(report.findings)} findings, {len(report.gaps)} not seen",
            err=True,
        )


def _options(sourced: Sourced, flags: dict[str, Any], report: Report) -> dict[str, dict[str, object]]:
    """Return the options of each format."""
    version = sourced.settings.spec_version
    options: dict[str, dict[str, object]] = {
        "text": {
            "color": common.color_wanted(sys.stdout),
            "verbose": flags["verbose"] > 0,
            "width": _width(),
        },
        "cyclonedx": {"spec_version": version},
        "cyclonedx-xml": {"spec_version": version},
        # The statement is about the BOM that is written beside it: the same version, the same bytes, its name.
        "intoto": {"spec_version": version, "predicate": flags["predicate"], **_bom_name(sourced)},
    }
    written = {sourced.settings.format, *(one.partition("=")[0] for one in sourced.settings.output)}
    if report.policy is not None and written & {"sarif", "html"}:
        from aicheck.scan import rule_pages

        pages = rule_pages()
        options["sarif"] = {"rules": pages}
        options["html"] = {"rules": pages}
    return options


def _bom_name(sourced: Sourced) -> dict[str, object]:
    """Return the file name of the BOM that this run writes, for the statement about it."""
    files = [
        file for name, _, file in (one.partition("=") for one in sourced.settings.output) if name == "cyclonedx"
    ]
    return {"bom_name": Path(files[0]).name} if files else {}


def _width() -> int:
    import shutil

    return max(60, min(160, shutil.get_terminal_size((100, 24)).columns))


def _tree(path: Path, flags: dict[str, Any], *, is_stdin: bool) -> Path | Tree:
    """Return what discovery walks: the path itself, or a tree made of it."""
    from aicheck.discover import trees

    if is_stdin:
        return trees.MemoryTree({flags["stdin_name"]: common.read_stdin()}, name=flags["stdin_name"])
    if flags["rev"]:
        return _git_tree(path, flags["rev"])
    return trees.open_tree(str(path))


def _run(path: Path, *, is_stdin: bool, sourced: Sourced, flags: dict[str, Any]) -> Report:
    from aicheck.scan import Clock, compare, discover_only, discovery_of, scan, sources_of

    clock = Clock.from_environment()
    settings = sourced.settings
    project = flags["stdin_name"] if is_stdin else common.project_name(path)
    discovery = discovery_of(settings)
    tree = _tree(path, flags, is_stdin=is_stdin)
    if flags["discover_only"]:
        return discover_only(tree, project, clock, discovery, _extras(flags))
    from aicheck.evaluate import load_policy

    policy = load_policy(common.policy_path(sourced))
    root = path if path.is_dir() else path.parent
    sources = sources_of(settings, clock, None if is_stdin else root)
    if (document := _bom(path, is_stdin=is_stdin)) is not None:
        return _scan_bom(document, path, policy, sources, clock, settings.fail_on)
    report = scan(tree, project, policy, sources, clock, discovery, _extras(flags), fail_on=settings.fail_on)
    if flags["base"] and not is_stdin:
        base = scan(
            _git_tree(path, flags["base"]), project, policy, sources, clock, discovery, fail_on=settings.fail_on
        )
        report = compare(report, base, flags["base"], fail_on=settings.fail_on)
    return report


def _git_tree(path: Path, revision: str) -> Tree:
    """Return PATH as it stands at a revision, read from the object store."""
    from aicheck.discover.git import GitTree, prefix_of

    directory = path if path.is_dir() else path.parent
    prefix = prefix_of(directory)
    return GitTree(directory, revision, prefix=prefix)


def _bom(path: Path, *, is_stdin: bool) -> dict[str, Any] | None:
    """Return the document where PATH is a CycloneDX BOM or a JSON report; None where it is to be scanned."""
    if is_stdin or path.suffix.lower() != ".json" or not path.is_file():
        return None
    # Anywhere in it: there are tools that sort the keys, and then `components` come first.
    data = path.read_bytes()
    if b'"bomFormat"' not in data and b'"schema_version"' not in data:
        return None
    from aicheck.cli.bom import read_document

    document = read_document(str(path))
    return document if "bomFormat" in document or "schema_version" in document else None


def _scan_bom(
    document: dict[str, Any], path: Path, policy: Policy, sources: Sources, clock: Clock, fail_on: str
) -> Report:
    """Evaluate a policy over a BOM.

    Facts of our own documents are taken as they stand. Other tools write names without facts: what the
    catalog or the Hub knows of those is used, and the BOM's own words where they know nothing.
    """
    from aicheck.cli.bom import read_report
    from aicheck.resolve import resolve_targets
    from aicheck.scan import evaluate_report, info_of

    held = read_report(str(path), document)
    components, rests_on = held.components, held.sources
    if held.tool.name != "aicheck":
        rests_on = info_of(sources)
        answers = {str(each.target): each for each in resolve_targets([c.target for c in components], sources)}
        components = tuple(
            replace(answers[str(each.target)], references=each.references)
            if str(each.target) in answers and answers[str(each.target)].answered_by is not None
            else each
            for each in components
        )
    return evaluate_report(
        held.inventory, components, held.project, policy, rests_on, clock, fail_on=fail_on,
        version=held.project_version,
    )  # fmt: skip


def _extras(flags: dict[str, Any]) -> tuple[Tree | Inventory, ...]:
    """Return what is scanned or merged in besides the path."""
    from aicheck.core.reference import Inventory
    from aicheck.discover import trees

    extras: list[Tree | Inventory] = []
    for file in flags["sbom"]:
        from aicheck.discover.sbom import read_sbom

        try:
            data = file.read_bytes()
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror or error}", path=str(file)) from error
        references, gaps = read_sbom(data, str(file))
        extras.append(Inventory(str(file), references, gaps))
    if flags["hub_cache"]:
        extras.append(trees.HubCacheTree(flags["hub_cache"]))
    if flags["environment"]:
        extras.append(trees.EnvironmentTree(flags["environment"]))
    return tuple(extras)
