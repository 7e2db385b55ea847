"""`aicheck lock`: write what was resolved into `aicheck.lock`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from aicheck.cli.locking import write_lock

__all__ = ["command"]


@click.command("lock", short_help="Write aicheck.lock: every model with commit, hashes, licence and lineage.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Lock file. Default: PATH/aicheck.lock.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the lock is out of date.")
@click.option("--fresh", is_flag=True, help="Pass over the present lock, readable or not, and lock all anew.")
@click.option("--offline", is_flag=True, default=None, help="Use no network: lock what the catalog knows.")
@click.option("--include-docs", is_flag=True, default=None, help="Lock what documentation and comments name too.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave paths out (repeatable).")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, instead of the nearest one.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what could not be locked.")
def command(path: Path, **flags: Any) -> None:
    """Resolve every model that the project in PATH names, and write aicheck.lock: commits, files with sha256,
    licence, lineage, origin, and the date and source of each fact.

    What the lock already holds stays as it is (see 'aicheck update'); what the code no longer names is dropped.

    \b
    Exit codes: 0 locked · 1 out of date (--check) · 2 could not run · 3 some models could not be looked up
    (they are listed, and are not in the lock).
    """  # noqa: D205, D301 - shown as running text by --help; \b is click's
    write_lock(path, flags, lambda _inventory, _old: ())
