"""What a reader of the HTML page sees first: what decides the verdict; origins, licences, where data goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aicheck.core.component import Component
from aicheck.core.evidence import Known
from aicheck.core.finding import Finding, Verdict
from aicheck.core.frozen import dataclass
from aicheck.core.report import Report
from aicheck.report.facts import fact_state, origin_text

__all__ = ["Bar", "Panel", "panels"]

_ROWS: Final = 8
_WIDTH: Final = 100
"""Units of the bars' own coordinates; the page stretches them."""
_CATEGORIES: Final = {
    "open-source": "open source",
    "open-weights-restricted": "open weights, restricted",
    "responsible-ai": "responsible AI",
    "non-commercial": "non-commercial",
    "research-only": "research only",
    "source-available": "source available",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a panel."""

    label: str
    text: str
    """What stands at the right: a count, a country."""
    width: float | None = None
    """0 to 100; None = no bar."""
    badge: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A small table with bars."""

    title: str
    rows: tuple[Bar, ...]
    more: int = 0
    note: str = ""


def _counted(title: str, labels: Iterable[str], note: str = "") -> Panel:
    counts = sorted(Counter(labels).items(), key=lambda item: (-item[1], item[0]))
    most = counts[0][1] if counts else 1
    rows = tuple(Bar(label, str(count), count * _WIDTH / most) for label, count in counts[:_ROWS])
    return Panel(title, rows, max(len(counts) - _ROWS, 0), note)


def _deciding(findings: Sequence[Finding], anchors: Mapping[tuple[str, str], str]) -> Panel:
    """The rules whose findings make the verdict what it is."""
    fail = [one for one in findings if one.effect is Verdict.FAIL]
    deciding = fail or [one for one in findings if one.effect is Verdict.INCONCLUSIVE]
    subjects: dict[tuple[str, str], set[str]] = {}
    for one in deciding:
        subjects.setdefault((one.level.value, one.rule), set()).add(one.component or one.subject)
    rows = sorted(subjects.items(), key=lambda item: (-len(item[1]), item[0]))
    return Panel(
        "What fails the policy" if fail else "What could not be told",
        tuple(
            Bar(
                rule,
                f"{len(found)} {'component' if len(found) == 1 else 'components'}",
                badge=level,
                href=anchors.get((level, rule), ""),
            )
            for (level, rule), found in rows[:_ROWS]
        ),
        max(len(rows) - _ROWS, 0),
    )


def _license_label(component: Component) -> str:
    fact = component.license
    if isinstance(fact, Known):
        category = fact.value.category or "unknown"
        return _CATEGORIES.get(category, category)
    return {"absent": "none stated", "disputed": "disputed"}.get(fact_state(fact), "unknown")


def panels(
    report: Report,
    models: Sequence[Component],
    services: Sequence[Mapping[str, Any]],
    anchors: Mapping[tuple[str, str], str],
) -> list[Panel]:
    """The panels that have something to say. `services`: rows of the table; `anchors`: (level, rule) → id."""
    found = [_deciding(report.findings, anchors)]
    found.append(
        _counted(
            "Models by origin", (origin_text(one) for one in models), "A ← B: made in A, weights descend from B"
        )
    )
    found.append(_counted("Models by licence", (_license_label(one) for one in models)))
    found.append(
        Panel(
            "Where data goes",
            tuple(
                Bar(str(row["name"]), "own host" if row["local"] else f"run from {row['country']}")
                for row in services[:_ROWS]
            ),
            max(len(services) - _ROWS, 0),
        )
    )
    return [one for one in found if one.rows]
