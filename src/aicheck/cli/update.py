"""`aicheck update`: look up again what the lock holds."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aicheck.cli.locking import write_lock
from aicheck.errors import ConfigError

if TYPE_CHECKING:
    from aicheck.core.reference import Inventory
    from aicheck.lock.file import LockFile

__all__ = ["command"]


@click.command("update", short_help="Refresh aicheck.lock, all of it or the models that are named.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "-C", "--directory", default=".", type=click.Path(path_type=Path), help="The project. Default: here."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Lock file. Default: aicheck.lock there.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where something would change.")
@click.option("--redate", is_flag=True, help="Date unchanged facts anew (for policies that use data-age).")
@click.option("--offline", is_flag=True, default=None, help="Use no network: refresh from the catalog.")
@click.option("--include-docs", is_flag=True, default=None, help="Lock what documentation and comments name too.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave paths out (repeatable).")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, instead of the nearest one.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what could not be refreshed.")
def command(models: tuple[str, ...], directory: Path, **flags: Any) -> None:
    """Look up again the models that are named (in any spelling), or all of them, and write aicheck.lock.

    A fact that did not change keeps the date on which it was first seen so: the difference of two locks is
    what changed in the world. What cannot be looked up now keeps its old block.

    \b
    Exit codes: 0 done · 1 something would change (--check) · 2 could not run · 3 some could not be looked up.
    """  # noqa: D301 - \b is click's

    def choose(inventory: Inventory, old: LockFile | None) -> Collection[str] | None:
        return _chosen(models, inventory, old) if models else None

    write_lock(directory, flags, choose)


def _chosen(models: tuple[str, ...], inventory: Inventory, old: LockFile | None) -> set[str]:
    from difflib import get_close_matches

    from aicheck.lock.blocks import key_of
    from aicheck.resolve.spelling import HostQuery, LicenseQuery, OrgQuery, read_spelling

    present = {key_of(reference.target): str(reference.target) for reference in inventory.references}
    present |= {name: name for name in old.blocks} if old is not None else {}
    chosen: set[str] = set()
    for model in models:
        query = read_spelling(model)
        if isinstance(query, OrgQuery | HostQuery | LicenseQuery):
            raise ConfigError(f"'{model}' is not a model", hint="name one as in 'aicheck show'")
        key = key_of(query)
        if key not in present:
            close = get_close_matches(key, present, n=1)
            hint = f"did you mean '{present[close[0]]}'?" if close else "it is neither in the code nor in the lock"
            raise ConfigError(f"'{model}' is not used here", hint=hint)
        chosen.add(key)
    return chosen
