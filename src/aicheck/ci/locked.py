"""The lock of a gated change is the base's: entries that the change itself brings are its own word.

They count once they are merged, which a person has reviewed and `aicheck verify` checks against the Hub.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from aicheck.discover.git import GitTree
from aicheck.errors import ConfigError
from aicheck.settings import Settings

if TYPE_CHECKING:
    from aicheck.lock.file import LockFile

__all__ = ["trusted_lock"]

_LIMIT: Final = 256 << 20
_NAMED: Final = 5


def trusted_lock(
    base: GitTree, head: GitTree, path: str, settings: Settings
) -> tuple[LockFile | None, tuple[str, ...]]:
    """Return the base's lock for a scanned path, and what to say where the change edits it.

    Raises `ConfigError` where the base's lock is damaged, and where the settings rest on a lock alone that the
    base does not have.
    """
    name = PurePosixPath(settings.lock)
    if name.is_absolute() or ".." in name.parts:
        raise ConfigError(f"lock: {settings.lock!r} is not inside the checkout")
    here = PurePosixPath(path)
    for place in dict.fromkeys((here, *here.parents)):
        file = str(place / name)
        data, change = base.read(file, _LIMIT), head.read(file, _LIMIT)
        if data is None and change is None:
            continue
        if data is None and settings.locked:
            break
        notes = () if data == change else (_said(file, data, change),)
        return None if data is None else _read(data, file, settings), notes
    if settings.locked:
        raise ConfigError(
            f"{settings.lock} is not in the base revision",
            hint="merge the lock first; a change cannot bring the facts that it is judged by",
        )
    return None, ()


def _read(data: bytes, file: str, settings: Settings) -> LockFile:
    from aicheck.lock.file import parse_lock

    return parse_lock(data, file, strict=settings.locked)


def _said(file: str, before: bytes | None, after: bytes | None) -> str:
    """Say in a sentence what a change does to the lock."""
    from aicheck.lock.file import parse_lock

    try:
        old = parse_lock(before, file).blocks if before is not None else {}
        new = parse_lock(after, file).blocks if after is not None else {}
    except ConfigError as error:
        return f"this change leaves a lock that cannot be read ({error}); judged by the base's"
    parts = [
        f"{what} {_names(sorted(names))}"
        for what, names in (
            ("adds", new.keys() - old.keys()),
            ("removes", old.keys() - new.keys()),
            ("changes", {name for name in new.keys() & old.keys() if new[name] != old[name]}),
        )
        if names
    ]
    what = "; ".join(parts) or "rewrites it without another fact"
    return (
        f"this change also changes {file} ({what}); judged by the base's lock, check the rest with: aicheck verify"
    )


def _names(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
