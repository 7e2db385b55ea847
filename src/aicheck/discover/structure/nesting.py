"""How deep what strangers write may nest, and YAML loaded only where it stays below."""

from __future__ import annotations

from typing import Any, Final

import yaml

from aicheck.errors import SourceError

__all__ = ["MAX_DEPTH", "load_yaml", "too_deep"]

MAX_DEPTH: Final = 200
"""Levels; people write a dozen, generators some dozens. Paths of keys make deeper ones quadratic."""


def too_deep() -> SourceError:
    """The error for what nests deeper; discovery makes a gap of it."""
    return SourceError(f"nested deeper than {MAX_DEPTH} levels; not read")


def load_yaml(text: str, loader: type) -> Any:
    """Load one small document of plain values (no anchors: those the caller refuses).

    The depth is taken from the parser's events first: composing in C recurses without a limit and takes the
    process down. Raises `SourceError` where it nests too deep and `yaml.YAMLError` where it is not YAML.
    """
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise too_deep()
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return yaml.load(text, Loader=loader)  # noqa: S506 - callers pass safe loaders
