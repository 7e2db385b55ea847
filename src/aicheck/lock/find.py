"""Where the lock of a project lies."""

from __future__ import annotations

from pathlib import Path

__all__ = ["find_lock"]


def find_lock(root: Path, name: str = "aicheck.lock") -> Path | None:
    """Return the lock of a directory: in it, or in a parent up to the root of its repository."""
    if Path(name).is_absolute():
        return Path(name) if Path(name).is_file() else None
    directory = (root if root.is_dir() else root.parent).resolve()
    if (directory / name).is_file():
        return directory / name
    parents = (directory, *directory.parents)
    top = next((place for place in parents if (place / ".git").exists()), None)
    for place in parents if top is not None else ():
        if (place / name).is_file():
            return place / name
        if place == top:
            break
    return None
