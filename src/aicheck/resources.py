"""Where the data files that ship with aicheck lie, in a wheel and in a checkout alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["policies_dir", "schemas_dir"]

_PACKAGE = Path(__file__).parent


@cache
def _shipped(name: str) -> Path:
    # A wheel carries policies/ and schemas/ inside the package; an editable install and a checkout have
    # them at the repository's root, two levels above.
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent.parent / name


def policies_dir() -> Path:
    """Directory of the shipped policy packs (`*.yaml`)."""
    return _shipped("policies")


def schemas_dir() -> Path:
    """Directory of the published JSON Schemas."""
    return _shipped("schemas")
