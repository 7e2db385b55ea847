"""What a person may choose about discovery."""

from __future__ import annotations

import os

from aicheck.core.frozen import dataclass

__all__ = ["DiscoverSettings"]


@dataclass(frozen=True, slots=True)
class DiscoverSettings:
    """Settings of one discovery; the defaults are those of the command."""

    include_docs: bool = False
    """Also report references in documentation and comments."""
    jobs: int = 0
    """Worker processes; 0 = one per core that this process may use."""
    max_file_size: int = 16 << 20
    """Bytes; larger text files are not read and become gaps. Weights are read by header whatever their size."""
    max_depth: int = 100
    """Folders below the root; deeper ones become gaps."""
    excludes: tuple[str, ...] = ()
    """Patterns as in a `.gitignore`; they hold for tracked files, too."""
    engine: str = "auto"
    """`hyperscan`, `python`, or `auto`: the first where it can be imported."""
    hash_weights: bool = False
    """Read files of weights whole and give their sha256."""
    cache: str | None = None
    """File that keeps what unchanged files gave, `:memory:` for this process alone, None for nowhere."""
    compiled: str | None = None
    """Folder that keeps compiled needle tables from one process to the next; None for nowhere. They hold nothing
    of what was scanned."""
    prefilter: bool = True
    """One pass for the needles of all detectors; False asks every detector for itself (slow; for tests)."""

    def worker_count(self) -> int:
        """Number of processes to use."""
        if self.jobs > 0:
            return self.jobs
        try:
            return len(os.sched_getaffinity(0))
        except AttributeError:
            return os.cpu_count() or 1
