"""What lies beside a weights file belongs to it: facts of configuration and card join the files of their folder.

Detectors see one file at a time. A `config.json` or a card therefore yields a *carrier*: a reference to
`WeightsFile("<folder>/<file>")` with the attribute `carrier=true`; here its facts become attributes of the weights
files in the same folder, and the carrier goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from aicheck.core.reference import Reference, Use
from aicheck.core.target import Adapter, WeightsFile

__all__ = ["CARRIER", "described_folders", "join_beside"]

CARRIER = "carrier"
"""Key of the attribute that marks a carrier."""


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def described_folders(references: Iterable[Reference]) -> frozenset[str]:
    """Return the folders that hold the configuration or the card of a model."""
    return frozenset(
        _folder(reference.occurrence.path)
        for reference in references
        if reference.attribute(CARRIER) is not None or isinstance(reference.target, Adapter)
    )


def join_beside(references: Iterable[Reference]) -> list[Reference]:
    """Return the references without carriers; a weights file's own header wins over what lies beside it."""
    kept: list[Reference] = []
    carried: dict[str, dict[str, str]] = {}
    for reference in references:
        if reference.attribute(CARRIER) is None:
            kept.append(reference)
            continue
        facts = carried.setdefault(_folder(reference.occurrence.path), {})
        for key, value in reference.attributes:
            if key != CARRIER:
                facts.setdefault(key, value)
    if not carried:
        return kept
    for index, reference in enumerate(kept):
        if isinstance(reference.target, WeightsFile) and reference.occurrence.use is Use.PRESENT:
            facts = carried.get(_folder(reference.occurrence.path), {})
            if facts:
                merged = {**facts, **dict(reference.attributes)}
                kept[index] = replace(reference, attributes=tuple(sorted(merged.items())))
    return kept
