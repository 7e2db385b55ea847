"""Take over namespaces from a table of facts: `python scripts/import_origins.py DIR`.

DIR holds `orgs.tsv` with the columns namespace, developer_entity, country, type, role, ambiguity_note, basis,
source, confidence. Rows that `knowledge/data/origins.tsv` already has stay as they are; the others are added,
with a country only where the table's confidence is medium or high. The table stays sorted.
"""

from __future__ import annotations

import argparse
import csv
from datetime import UTC, datetime
from pathlib import Path

from aicheck.knowledge.origins import organization
from aicheck.knowledge.tables import DATA_DIR, header, raw_lines

TYPES = {"company", "university", "government", "non-profit", "individual"}


def sort_key(cells: list[str]) -> tuple[str, str, str, str]:
    return (cells[0].lower(), cells[1].lower(), cells[0], cells[1])


def taken_over(row: dict[str, str], today: str) -> list[str]:
    kind = row["type"]
    copies = kind == "community-requantiser"
    sure = row["confidence"] in {"high", "medium"}
    cells = {
        "registry": "hf",
        "namespace": row["namespace"],
        "name": row["developer_entity"],
        "legal_entity": "",
        "country": row["country"] if sure and row["country"] not in {"ZZ", "EU", "INTL"} else "",
        "type": kind if kind in TYPES else ("community" if copies else "company"),
        "role": "requantiser" if copies else ("redistributor" if row["role"] == "redistributor" else "developer"),
        "house": "",
        "note": row["ambiguity_note"],
        "basis": row["basis"] if row["source"] else "knowledge",
        "source": row["source"],
        "verified": today,
        "confidence": row["confidence"],
    }
    return [" ".join(cells[column].split()) for column in header("origins.tsv")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    today = datetime.now(UTC).date().isoformat()
    with (options.directory / "orgs.tsv").open(encoding="utf-8", newline="") as lines:
        facts = [{key: value or "" for key, value in row.items()} for row in csv.DictReader(lines, delimiter="\t")]
    new = [taken_over(row, today) for row in facts if organization(row["namespace"]) is None]
    if new:
        table = sorted([*(line.split("\t") for line in raw_lines("origins.tsv")), *new], key=sort_key)
        text = "\n".join("\t".join(cells) for cells in [list(header("origins.tsv")), *table])
        (DATA_DIR / "origins.tsv").write_text(text + "\n", encoding="utf-8")
    print(f"{len(new)} namespaces added, {len(facts) - len(new)} were known")


if __name__ == "__main__":
    main()
