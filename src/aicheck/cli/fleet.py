"""`aicheck fleet`: many repositories, on this machine or on a cluster."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aicheck.cli import common
from aicheck.errors import ConfigError
from aicheck.settings import load_settings

if TYPE_CHECKING:
    from aicheck.fleet.engine import Engine
    from aicheck.fleet.repositories import Repository
    from aicheck.fleet.run import FleetSummary
    from aicheck.resolve import Sources
    from aicheck.scan import Clock
    from aicheck.settings import Settings

__all__ = ["command"]

_SHOWN = 20
_LIST_LIMIT = 64 << 20


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Scan many repositories and keep an inventory of what they use."""


@command.command("scan")
@click.argument("repositories", nargs=-1, type=str, metavar="REPOSITORY|LIST|-…")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Directory for reports and inventory."
)
@click.option("--policy", metavar="NAME|FILE", help="A shipped pack or a policy file. Default: baseline.")
@click.option("--github-org", metavar="NAME", help="Scan an organisation's repositories (token: GITHUB_TOKEN).")
@click.option("--archived", is_flag=True, help="With --github-org: archived repositories as well.")
@click.option("--forks", is_flag=True, help="With --github-org: forks as well.")
@click.option(
    "--dependency-track",
    metavar="URL",
    help="Scan the repositories that its projects name (DEPENDENCY_TRACK_API_KEY).",
)
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler (tcp://HOST:8786), or local. Extra 'cluster'.")
@click.option(
    "--workers", type=click.IntRange(0), default=0, metavar="N", help="Processes here (0: one per core)."
)
@click.option(
    "--timeout",
    type=click.FloatRange(1),
    default=1800.0,
    show_default=True,
    metavar="S",
    help="For one repository.",
)
@click.option(
    "--git-timeout", type=click.FloatRange(1), default=600.0, show_default=True, metavar="S", help="For one fetch."
)
@click.option(
    "--hub-budget", type=click.FloatRange(1), default=7200.0, show_default=True, metavar="S",
    help="For all questions to the Hub together.",
)  # fmt: skip
@click.option(
    "--mirrors", type=click.Path(path_type=Path), help="Cache of remote repositories. Default: OUTPUT/mirrors."
)
@click.option("--worktree", is_flag=True, help="Scan checkouts as they stand, not their HEAD.")
@click.option(
    "--repository-locks", is_flag=True,
    help="A repository's own aicheck.lock answers first. Who writes to the repository writes it.",
)  # fmt: skip
@click.option("--refresh", is_flag=True, help="Scan unchanged repositories again.")
@click.option(
    "--offline", is_flag=True, default=None, help="Ask no Hub: embedded catalog only. (git still fetches.)"
)
@click.option("--include-docs", is_flag=True, default=None, help="Report documentation and comments too.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave paths out (repeatable).")
@click.option("--fail-on", metavar="LEVEL", help="Lowest level that fails: error, warning, note, never.")
@click.option("--spec-version", metavar="1.6|1.7", help="CycloneDX version. Default: 1.6.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file; none is looked for otherwise.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
def scan(repositories: tuple[str, ...], **flags: Any) -> None:
    """Scan repositories: directories, bare mirrors, archives, git URLs (https, ssh, file), or a file with a list.

    Unchanged commits are not scanned again, the Hub is asked once for all, and a repository that fails is a gap,
    not the end. Run again after an interruption: it goes on where it stood.

    \b
    Exit codes: 0 all pass · 1 one fails · 2 could not run · 3 inconclusive, or a repository could not be scanned.
    """  # noqa: D301 - \b is click's
    from aicheck.evaluate import load_policy
    from aicheck.fleet.repositories import named
    from aicheck.fleet.run import FleetSettings, fleet_scan
    from aicheck.fleet.tasks import DiscoverShared
    from aicheck.scan import Clock, discovery_of

    # The settings of one scanned repository must not decide about the others: only a named file counts.
    sourced = load_settings(
        Path.cwd(),
        {
            name: flags[name]
            for name in ("policy", "offline", "include_docs", "exclude", "fail_on", "spec_version")
        },
        config=flags["config"] or Path(os.devnull),
    )
    settings = sourced.settings
    clock = Clock.from_environment()
    found, skipped = _repositories(repositories, flags)
    if not found:
        raise ConfigError("no repository to scan", hint="name directories, URLs, a file with a list, or -")
    output: Path = flags["output"]
    mirrors = flags["mirrors"] or output / "mirrors"
    fleet = FleetSettings(
        output=output,
        discover=DiscoverShared(
            discovery_of(settings),
            clock,
            mirrors.resolve(),
            flags["git_timeout"],
            flags["worktree"],
            flags["repository_locks"],
        ),
        policy=load_policy(common.policy_path(sourced)),
        fail_on=settings.fail_on,
        spec_version=settings.spec_version,
        refresh=flags["refresh"],
    )
    started = time.monotonic()
    engine = _engine(flags)
    try:
        summary = fleet_scan(
            named(found), fleet, _sources(settings, clock, flags["hub_budget"]), engine, _Progress(flags["quiet"])
        )
    finally:
        engine.close()
    summary.failures.extend(skipped)
    if not flags["quiet"]:
        _say(summary, output, time.monotonic() - started)
    raise click.exceptions.Exit(common.EXIT_CODES[summary.verdict])


def _engine(flags: dict[str, Any]) -> Engine:
    if flags["cluster"]:
        from aicheck.fleet.cluster import DaskEngine

        return DaskEngine(flags["cluster"], flags["workers"])
    from aicheck.fleet.pool import LocalEngine
    from aicheck.fleet.tasks import warm_up

    return LocalEngine(flags["workers"], timeout=flags["timeout"], warm_up=warm_up)


def _sources(settings: Settings, clock: Clock, budget: float) -> Sources:
    """As `aicheck scan`, with a budget of time for thousands of models."""
    from aicheck.scan import sources_of

    sources = sources_of(settings, clock)
    if sources.hub is not None:
        sources.hub.settings = replace(sources.hub.settings, total_budget=budget)
    return sources


def _repositories(
    arguments: tuple[str, ...], flags: dict[str, Any]
) -> tuple[list[Repository], list[tuple[str, str]]]:
    """Everything that was named; what cannot be a repository is a failure of that one, if a listing named it."""
    from aicheck.fleet.repositories import is_list, is_url, parse, read_list

    found: list[Repository] = []
    skipped: list[tuple[str, str]] = []

    def lines(data: bytes, shown: str) -> None:
        if len(data) > _LIST_LIMIT:
            raise ConfigError("the list is larger than 64 MiB", path=shown)
        for line in read_list(data, shown):
            try:
                found.append(parse(line))
            except ConfigError as error:
                skipped.append((line.strip()[:200], str(error)))

    for argument in arguments:
        if argument == "-":
            lines(common.read_stdin(), "stdin")
        elif not is_url(argument) and is_list(Path(argument)):
            with Path(argument).open("rb") as stream:
                lines(stream.read(_LIST_LIMIT + 1), argument)
        else:
            found.append(parse(argument))
    if flags["github_org"]:
        from aicheck.fleet.listing import github_repositories

        api = os.environ.get("GITHUB_API_URL") or "https://api.github.com"
        token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or ""
        listed = github_repositories(
            flags["github_org"], token, api=api, archived=flags["archived"], forks=flags["forks"]
        )
        found.extend(listed)
    if flags["dependency_track"]:
        from aicheck.cli.bom_inventory import secret
        from aicheck.fleet.listing import server_repositories
        from aicheck.inventory.dependency_track import DependencyTrack

        key = secret("DEPENDENCY_TRACK_API_KEY", None, "API key")
        for one in server_repositories(DependencyTrack(flags["dependency_track"], key)):
            if isinstance(one, tuple):
                skipped.append(one)
            else:
                found.append(one)
    return found, skipped


class _Progress:
    """One line on a terminal, several times a second at most; nothing elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self.on = sys.stderr.isatty() and not quiet
        self.last = 0.0

    def __call__(self, phase: str, done: int, total: int) -> None:
        now = time.monotonic()
        if self.on and (now - self.last > 0.2 or done >= total):  # noqa: PLR2004 - five times a second
            self.last = now
            click.echo(f"\r\x1b[K{phase}: {done:,} of {total:,}", err=True, nl=done >= total)


def _say(summary: FleetSummary, output: Path, seconds: float) -> None:
    from aicheck.report.safety import visible

    for name, why in summary.failures[:_SHOWN]:
        click.echo(f"not scanned: {visible(name, 200)}: {visible(why, 400)}", err=True)
    if len(summary.failures) > _SHOWN:
        click.echo(f"not scanned: and {len(summary.failures) - _SHOWN} more (aicheck bom query failing)", err=True)
    words = ", ".join(f"{count:,} {name or 'without verdict'}" for name, count in sorted(summary.verdicts.items()))
    click.echo(
        f"{summary.repositories:,} repositories: {summary.scanned:,} scanned, {summary.unchanged:,} unchanged, "
        f"{len(summary.failures):,} not scanned; {summary.evaluated:,} evaluated in {seconds:.1f} s"
    )
    click.echo(f"verdicts: {words or 'none'}")
    click.echo(f"ask: aicheck bom query -d {output / 'inventory.sqlite'}")
