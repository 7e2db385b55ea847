"""What every measurement returns, and how a table of facts is read."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Score:
    """Share of rows that agree."""

    name: str
    right: int
    total: int
    misses: list[str]
    goal: float | None = None

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 1.0

    @property
    def reached(self) -> bool:
        return self.goal is None or self.share >= self.goal

    def line(self, what: str) -> str:
        goal = (
            f"  (goal {self.goal:.2f}{'' if self.reached else ', NOT reached'})" if self.goal is not None else ""
        )
        return f"{what:10} {self.name:44} {self.right:5}/{self.total:<5} {self.share:.4f}{goal}"


def table(path: Path) -> list[dict[str, str]]:
    """Read a tab-separated table with quoting as spreadsheets write it."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [{key: value or "" for key, value in row.items()} for row in csv.DictReader(lines, delimiter="\t")]


def compare(name: str, pairs: list[tuple[str, object, object]], goal: float | None = None) -> Score:
    """Score `(label, found, expected)` triples by equality."""
    misses = [
        f"{label}: {found!r}, expected {expected!r}" for label, found, expected in pairs if found != expected
    ]
    return Score(name, len(pairs) - len(misses), len(pairs), misses, goal)
