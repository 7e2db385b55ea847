"""Hosts against `hosted.tsv`: operator's country, contract or processing country, compatibility, kind."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from measure import Score, compare, table

from aicheck.knowledge.hosts import HostRow, host


def _find(name: str) -> HostRow | None:
    return host(name.replace("*", "us-east-1"))


def _compatible(text: str) -> bool | None:
    # `partial`, `no (… is OpenAI-compatible)` and the like are judgements in words; only plain answers are scored.
    return {"yes": True, "no": False}.get(text)


def _second(row: HostRow | None) -> set[str]:
    if row is None:
        return set()
    return {row.contract_country or "", *row.processing_countries}


def score(facts: Path) -> Iterable[Score]:
    rows = [(row, _find(row["host"])) for row in table(facts / "hosted.tsv")]
    yield compare("host known", [(row["host"], found is not None, True) for row, found in rows], 0.98)
    remote = [(row, found) for row, found in rows if row["operator_country"] != "ZZ"]
    local = [
        (row["host"], found is not None and found.local, True)
        for row, found in rows
        if row["operator_country"] == "ZZ"
    ]
    yield compare("local hosts are local", local, 1.0)
    yield compare(
        "operator's country",
        [
            (row["host"], found.operator_country if found else None, row["operator_country"])
            for row, found in remote
        ],
        0.98,
    )
    column = "contracting_or_processing_country"
    yield compare(
        "contract or processing country",
        [(row["host"], row[column] in _second(found), True) for row, found in remote],
        0.98,
    )
    plain = [(row, found) for row, found in remote if _compatible(row["openai_compatible"]) is not None]
    yield compare(
        "OpenAI-compatible, where said plainly",
        [
            (row["host"], found.openai_compatible if found else None, _compatible(row["openai_compatible"]))
            for row, found in plain
        ],
        0.98,
    )
    yield compare(
        "kind", [(row["host"], found.kind if found else None, row["kind"]) for row, found in remote], 0.95
    )
