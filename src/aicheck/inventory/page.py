"""The dashboard: one HTML file in the style of the report, no request to anywhere, readable without JavaScript."""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

from aicheck._version import __version__
from aicheck.inventory.query import Answer, ask
from aicheck.inventory.show import cell

__all__ = ["answer_page", "dashboard"]

_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ")
_ROWS: Final = 2000
_BARS: Final = 10
_DAYS: Final = 400
_WIDTH: Final = 340.0
_HEIGHT: Final = 85.0

# One point a day that has scans: the state of every repository at the end of that day.
_TREND: Final = {
    "repositories": (
        "Repositories scanned so far",
        "SELECT count(*) FROM repository WHERE substr(first_seen, 1, 10) <= :day",
    ),
    "models": (
        "Distinct models in use",
        (
            "SELECT count(DISTINCT p.target) FROM presence p JOIN component c ON c.id = p.component_id"
            " WHERE substr(p.first_seen, 1, 10) <= :day"
            " AND (p.left_on IS NULL OR substr(p.left_on, 1, 10) > :day) AND c.is_model = 1"
        ),
    ),
    "uses": (
        "Uses of models",
        (
            "SELECT count(*) FROM presence p JOIN component c ON c.id = p.component_id"
            " WHERE substr(p.first_seen, 1, 10) <= :day"
            " AND (p.left_on IS NULL OR substr(p.left_on, 1, 10) > :day) AND c.is_model = 1"
        ),
    ),
    "failing": (
        "Repositories that fail their policy",
        (
            "SELECT count(*) FROM (SELECT s.verdict, max(s.created) FROM scan s"
            " WHERE substr(s.created, 1, 10) <= :day GROUP BY s.repository_id) WHERE verdict = 'fail'"
        ),
    ),
}
_SHARES: Final = {
    "Repositories by verdict": (
        "SELECT coalesce(s.verdict, 'not scanned'), count(*) FROM repository r"
        " LEFT JOIN scan s ON s.id = r.latest_scan GROUP BY 1 ORDER BY 2 DESC, 1"
    ),
    "Uses by country of the developer": (
        "SELECT coalesce(c.developer_country, 'unknown'), count(*) FROM presence p"
        " JOIN component c ON c.id = p.component_id WHERE p.left_on IS NULL AND c.is_model = 1"
        " GROUP BY 1 ORDER BY 2 DESC, 1"
    ),
    "Uses by category of licence": (
        "SELECT coalesce(c.license_category, 'unknown'), count(*) FROM presence p"
        " JOIN component c ON c.id = p.component_id WHERE p.left_on IS NULL AND c.is_model = 1"
        " GROUP BY 1 ORDER BY 2 DESC, 1"
    ),
    "Most used models": (
        "SELECT c.name, count(DISTINCT p.repository_id) FROM presence p JOIN component c ON c.id = p.component_id"
        " WHERE p.left_on IS NULL AND c.is_model = 1 GROUP BY 1 ORDER BY 2 DESC, 1"
    ),
    "Hosts called": (
        "SELECT c.host, count(DISTINCT p.repository_id) FROM presence p JOIN component c ON c.id = p.component_id"
        " WHERE p.left_on IS NULL AND c.host IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    ),
    "Rules violated": (
        "SELECT rule, count(DISTINCT repository) FROM current_finding WHERE effect = 'fail'"
        " GROUP BY 1 ORDER BY 2 DESC, 1"
    ),
}


def _resource(package: str, name: str) -> str:
    return files(package).joinpath("templates", name).read_text("utf-8")


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _shown(value: Any) -> tuple[str, bool]:
    """A value for people, and whether it is a time: its day and minute, the zone being UTC everywhere."""
    text = cell(value)
    time = _TIME.fullmatch(text)
    return (f"{time[1]} {time[2]}", True) if time else (text, False)


def _table(answer: Answer, number: int, title: str | None = None) -> dict[str, Any]:
    return {
        "id": f"t{number}",
        "title": title or answer.title,
        "columns": [name.replace("_", " ") for name in answer.columns],
        "rows": [[_shown(value) for value in row] for row in answer.rows],
        "unseen": answer.unseen,
        "more": answer.more,
    }


def _chart(title: str, days: Sequence[str], values: Sequence[int]) -> dict[str, Any]:
    top = max(*values, 1) if len(values) > 1 else max(values[0], 1)
    step = _WIDTH / max(len(days) - 1, 1)
    points = [
        (round(10 + number * step, 1), round(100 - value / top * _HEIGHT, 1), f"{day}: {value:,}")
        for number, (day, value) in enumerate(zip(days, values, strict=True))
    ]
    return {
        "title": title,
        "last": f"{values[-1]:,}",
        "label": f"{title}: {values[0]:,} on {days[0]}, {values[-1]:,} on {days[-1]}",
        "path": "M" + "L".join(f"{x} {y}" for x, y, _ in points),
        "points": points,
        "first_day": days[0],
        "last_day": days[-1] if len(days) > 1 else "",
    }


def _charts(database: sqlite3.Connection) -> list[dict[str, Any]]:
    found = database.execute("SELECT DISTINCT substr(created, 1, 10) FROM scan ORDER BY 1").fetchall()
    days = [row[0] for row in found][-_DAYS:]
    if not days:
        return []
    return [
        _chart(title, days, [database.execute(sql, {"day": day}).fetchone()[0] for day in days])
        for title, sql in _TREND.values()
    ]


def _bars(database: sqlite3.Connection) -> list[dict[str, Any]]:
    groups = []
    for title, sql in _SHARES.items():
        rows = database.execute(f"{sql} LIMIT {_BARS}").fetchall()
        top = max((row[1] for row in rows), default=1)
        groups.append(
            {
                "title": title,
                "rows": [
                    {"name": cell(name), "count": f"{count:,}", "share": round(100 * count / top, 1)}
                    for name, count in rows
                ],
            }
        )
    return groups


def _render(**context: Any) -> bytes:
    import jinja2  # noqa: PLC0415 - only a page needs it
    import markupsafe  # noqa: PLC0415

    css = _resource("aicheck.report", "report.css") + _resource("aicheck.inventory", "dashboard.css")
    script = _resource("aicheck.inventory", "dashboard.js")
    policy = (
        f"default-src 'none'; style-src {_hash(css)}; script-src {_hash(script)}; base-uri 'none';"
        " form-action 'none'"
    )
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    safe = markupsafe.Markup  # our own files; every value of the inventory is escaped
    page = environment.from_string(_resource("aicheck.inventory", "dashboard.html.j2")).render(
        **context, csp=safe(policy), css=safe(css), js=safe(script), version=__version__
    )
    return page.encode("utf-8", "backslashreplace")


def answer_page(answer: Answer, subtitle: str) -> bytes:
    """Return one answer as a page."""
    return _render(
        title=cell(answer.title),
        subtitle=subtitle,
        tiles=[],
        charts=[],
        bars=[],
        tables=[_table(answer, 1, "Answer")],
    )


def dashboard(database: sqlite3.Connection, title: str = "AI models across all repositories") -> bytes:
    """Return the state of the inventory: totals, trends over scans, shares, repositories that need a look."""

    def one(sql: str) -> str:
        return f"{database.execute(sql).fetchone()[0]:,}"

    tables = [
        ("failing", "Repositories that need a look", None),
        ("unpinned", "Models that are not pinned", None),
        ("repositories", "Repositories", None),
    ]
    last = database.execute("SELECT max(created) FROM scan").fetchone()[0]
    uses = "SELECT count(*) FROM current_component WHERE is_model = 1"
    tiles = [
        {"number": one("SELECT count(*) FROM repository"), "label": "repositories", "href": "t3-section"},
        {
            "number": one(uses.replace("count(*)", "count(DISTINCT target)")),
            "label": "models",
            "href": "shares",
        },
        {"number": one(uses), "label": "uses", "href": "shares"},
        {
            "number": one(
                "SELECT count(*) FROM repository r JOIN scan s ON s.id = r.latest_scan WHERE s.verdict = 'fail'"
            ),
            "label": "failing",
            "href": "t1-section",
        },
        {
            "number": one("SELECT count(DISTINCT repository_id) FROM gap WHERE snapshot_id IS NULL"),
            "label": "not scanned",
            "href": "t1-section",
        },
    ]
    return _render(
        title=title,
        subtitle=f"as of the latest scan, {last}" if last else "nothing was merged yet",
        tiles=tiles,
        charts=_charts(database),
        bars=_bars(database),
        tables=[
            _table(ask(database, name, value, limit=_ROWS), number, title)
            for number, (name, title, value) in enumerate(tables, 1)
        ],
    )
