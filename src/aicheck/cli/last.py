"""The report of the last scan of a directory, kept in the cache of the user for `aicheck explain`."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aicheck.core.report import Report

__all__ = ["last_report", "remember"]

_MAX_BYTES: Final = 64 << 20


def _place(root: Path) -> Path:
    from aicheck.knowledge.catalog import cache_dir

    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    return cache_dir() / "last" / f"{name}.json"


def _explained(report: Report) -> Report:
    """What `aicheck explain` speaks of: findings and the components that they are of, a part of a large report."""
    named = {finding.component for finding in report.findings}
    components = tuple(component for component in report.components if component.ref in named)
    references = tuple(reference for component in components for reference in component.references)
    inventory = replace(report.inventory, references=references, gaps=(), excerpts=())
    return replace(report, components=components, inventory=inventory, gaps=())


def remember(report: Report, root: Path) -> None:
    """Keep a report, readable by this user alone. Never fails: what cannot be kept is not remembered.

    Not in CI, where nobody comes back to ask.
    """
    if os.environ.get("CI") or not root.is_dir():
        return
    from aicheck.report.json_ import render_compact

    try:
        place = _place(root)
        data = render_compact(_explained(report))
        if len(data) > _MAX_BYTES:
            return
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = place.with_suffix(f".{os.getpid()}")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, RuntimeError):
        return


def last_report(directory: Path) -> tuple[Path, Path] | None:
    """Return (file, scanned directory) of the last scan of a directory or of the nearest one above it."""
    here = directory.resolve()
    for root in (here, *here.parents):
        try:
            place = _place(root)
            if place.is_file():
                return place, root
        except OSError:
            continue
    return None
