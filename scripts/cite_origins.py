"""Let public collections confirm the countries in `origins.tsv`, and list where they contradict it.

`python scripts/cite_origins.py epoch FILE.csv SOURCE DATE`: FILE has the columns `Organization` and
`Country (of organization)`, as Epoch AI publishes its data on notable models; rows of one organisation count.
`python scripts/cite_origins.py list FILE.md COUNTRY SOURCE DATE`: FILE is a list of one country's models that
links the Hub or GitHub accounts of their makers.

A row whose basis is background knowledge takes SOURCE as its source and DATE (ISO) as the day of the reading where
its country is the one stated. Nothing else changes: contradictions are printed for a person to decide.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

from aicheck.knowledge.origins import house
from aicheck.knowledge.tables import DATA_DIR, cells, header, raw_lines

COUNTRIES = {
    "Australia": "AU",
    "Austria": "AT",
    "Canada": "CA",
    "China": "CN",
    "Denmark": "DK",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Hong Kong": "HK",
    "India": "IN",
    "Israel": "IL",
    "Italy": "IT",
    "Japan": "JP",
    "Korea (Republic of)": "KR",
    "Netherlands": "NL",
    "Russia": "RU",
    "Singapore": "SG",
    "South Korea": "KR",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "Taiwan": "TW",
    "United Arab Emirates": "AE",
    "United Kingdom of Great Britain and Northern Ireland": "GB",
    "United States of America": "US",
}
CALLED = {
    "ai2": "Allen Institute for AI",
    "huggingface": "Hugging Face",
    "meta": "Meta AI",
    "moonshot": "Moonshot",
    "pjlab": "Shanghai AI Lab",
    "pku": "Peking University",
    "tsinghua": "Tsinghua University",
    "zhipu": "Zhipu AI",
}
"""What the collections call a house, where its own names differ."""
LINK = re.compile(r"(?:huggingface\.co|github\.com)/([A-Za-z0-9][\w.-]*)/")


def plain(name: str) -> str:
    """Return a name without brackets, legal forms and signs, lower case."""
    bare = re.sub(r"\([^)]*\)", " ", name.casefold())
    bare = re.sub(r"\b(?:inc|ltd|llc|corp|corporation|co|limited|gmbh|sas|labs?)\b\.?", " ", bare)
    return re.sub(r"[^a-z0-9]", "", bare)


def stated_by_epoch(path: Path) -> dict[str, str]:
    """Return country by plain name, for organisations that the file places in one country only."""
    found: dict[str, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            name, country = row["Organization"] or "", COUNTRIES.get(row["Country (of organization)"] or "")
            if name and "," not in name and country:
                found[plain(name)].add(country)
    return {name: next(iter(countries)) for name, countries in found.items() if name and len(countries) == 1}


def main() -> int:
    mode, path, *rest = sys.argv[1:]
    source, day = rest[-2:]
    by_name: dict[str, str] = {}
    by_account: dict[str, str] = {}
    if mode == "epoch":
        by_name = stated_by_epoch(Path(path))
    else:
        accounts = {found.casefold() for found in LINK.findall(Path(path).read_text(encoding="utf-8"))}
        by_account = dict.fromkeys(accounts, rest[0])
    table, cited = [], 0
    for line in raw_lines("origins.tsv"):
        cell = cells("origins.tsv", line)
        own = house(cell["house"]) if cell["house"] else None
        names = [cell["name"], cell["legal_entity"], cell["namespace"]]
        if own is not None and own.country == cell["country"]:
            names += [own.name, own.legal_entity or "", own.id, CALLED.get(own.id, "")]
        told = by_account.get(cell["namespace"].casefold()) if cell["registry"] == "hf" else None
        told = told or next((by_name[plain(name)] for name in names if plain(name) in by_name), None)
        if told is not None and cell["basis"] == "knowledge":
            if told == cell["country"]:
                cell.update(basis="source", source=source, verified=day)
                cited += 1
            elif mode == "epoch" or cell["country"]:
                print(f"{cell['namespace']}: {cell['country'] or 'no country'} here, {told} there")
        table.append("\t".join(cell[column] for column in header("origins.tsv")))
    text = "\n".join(["\t".join(header("origins.tsv")), *table]) + "\n"
    (DATA_DIR / "origins.tsv").write_text(text, encoding="utf-8")
    print(f"{cited} rows confirmed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
