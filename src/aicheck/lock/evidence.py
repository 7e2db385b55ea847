"""What the scanned tree says of a local file: the lock answers for the file only while that is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from aicheck.core.reference import Reference
from aicheck.core.target import Adapter, Target, WeightsFile

__all__ = ["evidence_of"]


def evidence_of(target: Target, references: Sequence[Reference]) -> str | None:
    """Digest of all that was read in and beside a local file; None for everything else."""
    if not isinstance(target, WeightsFile | Adapter):
        return None
    own = target.sha256 if isinstance(target, WeightsFile) else target.base
    said = sorted({pair for reference in references for pair in reference.attributes})
    text = repr((own, said)).encode("utf-8", "backslashreplace")
    return "sha256-" + hashlib.sha256(text).hexdigest()
