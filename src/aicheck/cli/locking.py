"""What `aicheck lock` and `aicheck update` share."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from aicheck.errors import ConfigError
from aicheck.settings import load_settings

if TYPE_CHECKING:
    from aicheck.core.reference import Inventory
    from aicheck.lock.file import LockFile
    from aicheck.lock.make import Locked

__all__ = ["EXIT_DIFFERS", "EXIT_NOT_SEEN", "write_lock"]

EXIT_DIFFERS: Final = 1
EXIT_NOT_SEEN: Final = 3

Choose = Callable[["Inventory", "LockFile | None"], Collection[str] | None]


def write_lock(path: Path, flags: dict[str, Any], choose: Choose) -> None:
    """Discover in `path`, look up what `choose` says (keys, or None for all), write the lock, say what changed."""
    if not path.is_dir():
        raise ConfigError("not a directory", path=str(path), hint="name the directory of the project")
    sourced = load_settings(
        path,
        {
            "offline": flags["offline"],
            "include_docs": flags["include_docs"],
            "exclude": flags["exclude"],
        },
        config=flags["config"],
    )
    from dataclasses import replace

    from aicheck.lock.file import read_lock, render_lock
    from aicheck.lock.make import update_lock
    from aicheck.report import write_atomically
    from aicheck.scan import Clock, discover_all, discovery_of, sources_of

    settings = replace(sourced.settings, locked=False)
    clock = Clock.from_environment()
    place = flags["output"] or path / settings.lock
    shown = str(place)
    old = read_lock(place, shown=shown) if place.is_file() and not flags.get("fresh") else None
    inventory = discover_all(path, discovery_of(settings))
    sources = sources_of(settings, clock)
    locked = update_lock(inventory, sources, old, choose(inventory, old), redate=bool(flags.get("redate")))
    data = render_lock(locked.blocks)
    same = place.is_file() and place.read_bytes() == data
    if not flags["check"] and not same:
        write_atomically(place, data)
    if not flags["quiet"]:
        _say(locked, shown, check=flags["check"], same=same)
    for gap in locked.failed:
        click.echo(f"aicheck: not locked: {gap.subject}: {gap.reason.value}: {gap.detail}", err=True)
    if flags["check"] and not same:
        raise click.exceptions.Exit(EXIT_DIFFERS)
    if locked.failed:
        raise click.exceptions.Exit(EXIT_NOT_SEEN)


def _say(locked: Locked, shown: str, *, check: bool, same: bool) -> None:
    for sign, names in (("+", locked.added), ("~", locked.changed), ("-", locked.removed)):
        for name in names:
            click.echo(f"{sign} {name}")
    state = "is up to date" if same else ("is out of date" if check else "written")
    click.echo(
        f"{shown} {state}: {len(locked.blocks)} components "
        f"({len(locked.added)} added, {len(locked.changed)} changed, {len(locked.removed)} removed)",
        err=True,
    )
