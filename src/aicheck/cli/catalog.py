"""`aicheck catalog`: say what the embedded catalog holds; bring it up to date from the Hub."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.group("catalog")
def command() -> None:
    """Say what the catalog of models holds, and update it from the Hub.

    The catalog ships inside aicheck, so that a scan without network gives real answers, dated as such.
    """


@command.command("info")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def info(as_json: bool) -> None:
    """Say where the catalog lies, how old it is, what it holds and where that comes from."""
    from aicheck.knowledge.catalog import open_catalog

    facts = open_catalog().info()
    if as_json:
        import json

        click.echo(json.dumps(facts, indent=2, sort_keys=True))
        return
    kind = "embedded" if facts["embedded"] else "updated by you"
    click.echo(f"catalog  {facts['path']} ({kind})")
    click.echo(f"date     {facts['date']}")
    click.echo(f"size     {facts['bytes'] / 1e6:.1f} MB")
    for name, count in facts["counts"].items():
        click.echo(f"{name.replace('_', ' '):<13}{count:>8,}")
    click.echo(f"sources  {len(facts['sources'])} (--json lists them)")


@command.command("update")
@click.option(
    "--limit", default=20_000, show_default=True, type=click.IntRange(1, 200_000), help="Models to ask for."
)
def update(limit: int) -> None:
    """Ask the Hub for the most used models and write a newer catalog into your cache directory.

    The embedded catalog stays; remove the written file to go back to it.
    """
    from aicheck.knowledge.catalog import cache_dir
    from aicheck.resolve.hub import offline_by_environment
    from aicheck.resolve.update import update_catalog

    if offline_by_environment():
        raise click.ClickException("HF_HUB_OFFLINE is set: nothing may be asked of the Hub")
    path, asked, counts = update_catalog(cache_dir() / "catalog.bin", limit=limit)
    click.echo(f"{path}: {counts['models']:,} models, {asked:,} of them read from the Hub now")
