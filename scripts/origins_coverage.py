"""Measure how much of a set of Hub records the origins cover, and write `docs/knowledge-coverage.md`.

`python scripts/origins_coverage.py DIR [--write]`: DIR holds `models.jsonl` (Hub-shaped records with `id` and
`downloads`) and `lineage.tsv` (columns child, relation, parent). Without `--write` the table is printed.
`--uncovered N` lists the N most used namespaces that have no row.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from aicheck.knowledge import hosts, lists, origins

PAGE = Path(__file__).parent.parent / "docs" / "knowledge-coverage.md"


def owner(repo_id: str) -> str:
    """Return the namespace of an id; root ids count for the namespace they moved to."""
    head, slash, _ = repo_id.partition("/")
    return head if slash else (origins.legacy_namespace(repo_id) or repo_id)


def count(directory: Path) -> dict[str, Counter[str]]:
    models: Counter[str] = Counter()
    downloads: Counter[str] = Counter()
    edges: Counter[str] = Counter()
    with (directory / "models.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            name = owner(record.get("id") or record.get("modelId") or "")
            models[name] += 1
            downloads[name] += record.get("downloads") or 0
    with (directory / "lineage.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            edges[owner(row["parent"])] += 1
    return {"models": models, "downloads": downloads, "base-model edges": edges}


def share(counter: Counter[str], holds: Callable[[str], bool]) -> float:
    total = sum(counter.values())
    return sum(number for name, number in counter.items() if holds(name)) / total if total else 1.0


def has_row(name: str) -> bool:
    return origins.organization(name) is not None


def has_country(name: str) -> bool:
    row = origins.organization(name)
    return row is not None and row.country is not None


def copies(name: str) -> bool:
    row = origins.organization(name)
    return row is not None and row.role != "developer"


def settled(name: str) -> bool:
    """The country is known, or the namespace only copies and the answer comes from the copied model."""
    return has_country(name) or copies(name)


def page(counters: dict[str, Counter[str]]) -> str:
    rows = list(origins.rows())
    hub = [row for row in rows if row.registry == "hf"]
    countries = Counter(row.country or "not stated" for row in hub)
    host_rows = list(hosts.host_rows())
    ambiguous = [
        f"| {row.namespace} | {row.country or 'none'} | {row.note.removeprefix('ambiguous: ')} |"
        for row in rows
        if row.note.startswith("ambiguous: ")
    ]
    head = " | ".join(counters)
    lines = [
        "# What the knowledge covers",
        "",
        "Written by `scripts/origins_coverage.py` from a collection of public Hub records.",
        "How origin is decided, and how the answers fared when examined: [origin.md](origin.md).",
        "",
        (
            f"- {len(rows)} namespaces ({len(hub)} on the Hub), {len(origins.houses())} houses, "
            f"{len({row.country for row in rows if row.country})} countries, {len(lists.entries())} list entries."
        ),
        (
            f"- {sum(row.basis == 'source' for row in rows)} namespaces rest on a public source that is named, "
            "the others on background knowledge (`scripts/cite_origins.py` lets public collections confirm rows)."
        ),
        f"- {len(host_rows)} hosts and host patterns of {len(hosts.provider_rows())} providers.",
        "",
        f"| share of | {head} |",
        f"|---|{'---|' * len(counters)}",
    ]
    questions: list[tuple[str, Callable[[str], bool]]] = [
        ("namespace has a row", has_row),
        ("country stated", has_country),
        ("country stated, or copies only (origin comes from the copied model)", settled),
    ]
    for label, holds in questions:
        cells = " | ".join(f"{share(counter, holds):.1%}" for counter in counters.values())
        lines.append(f"| {label} | {cells} |")
    lines += [
        "",
        (
            f"The collection has {sum(counters['models'].values())} models "
            f"of {len(counters['models'])} namespaces; most of those without a row are people's. "
            "A person's country is stated only where it is public."
        ),
        "",
        "## Rules",
        "",
        "- The country is the seat of the responsible entity. Consortia, communities and most people have none.",
        (
            "- An entity list is not a country list: flags come from `lists.tsv` alone, each with date and reach "
            "(`named`: the entity and its own units; `controlled`: also the houses below it)."
        ),
        "- Copies made by redistributors, requantisers and mirrors take the developer of the copied model.",
        "- `basis` says whether a public source was read or the row is background knowledge.",
        "",
        "## Where sources differ",
        "",
        "| namespace | country stated | note |",
        "|---|---|---|",
        *ambiguous,
        "",
        "## By country and confidence",
        "",
        "| country | Hub namespaces |",
        "|---|---|",
        *(
            f"| {country} | {number} |"
            for country, number in sorted(countries.items(), key=lambda item: (-item[1], item[0]))
        ),
        "",
        "| confidence | Hub namespaces |",
        "|---|---|",
        *(f"| {word} | {sum(row.confidence == word for row in hub)} |" for word in origins.CONFIDENCE),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--uncovered", type=int, default=0, metavar="N")
    options = parser.parse_args()
    counters = count(options.directory)
    text = page(counters)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)
    if options.uncovered:
        totals = {label: sum(counter.values()) or 1 for label, counter in counters.items()}
        use = Counter[str]()
        for label, counter in counters.items():
            for name, number in counter.items():
                use[name] += round(1e6 * number / totals[label])
        missing = [name for name, _ in use.most_common() if not has_row(name)]
        print("\n".join(missing[: options.uncovered]))


if __name__ == "__main__":
    main()
