"""Score lineage and origin against a table of known truth: python scripts/score_lineage.py FACTS.tsv

FACTS.tsv has the columns model_id, immediate_base, root_model, own_country, any_prc_in_weights_chain, confidence.
`root`: every true root is found; `root-strict`: the roots are exactly those of the table; `root-sound`: every true
root is found, and every further end is an ancestor of one (as its own card says) or a component built in.
Printed twice: as shipped, and with every curated row about these very models removed (what remains is what
aicheck would say of models nobody wrote down: catalog, names, sizes).
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

from aicheck.core.component import Ancestor, Component
from aicheck.core.evidence import Known
from aicheck.core.target import HubModel
from aicheck.knowledge import lineage as curated
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import open_sources, resolve_targets

PRC = {"CN", "HK", "MO"}


def country(fact: Any) -> str | None:
    return fact.value.country if isinstance(fact, Known) else None


def prc(component: Component) -> bool:
    # The publisher's own training counts: a fine-tune by a PRC house of US weights is a PRC link of the chain.
    own = [component.publisher, component.developer]
    facts = [*own, *(ancestor.developer for ancestor in component.lineage.ancestors)]
    return any(country(fact) in PRC for fact in facts)


def above(repo: str) -> tuple[Ancestor, ...]:
    (found,) = resolve_targets([HubModel(repo)], open_sources(offline=True))
    return found.lineage.ancestors


def run(rows: list[dict[str, str]], *, show: bool) -> dict[str, float]:
    catalog = open_catalog()
    components = {
        component.target.repo_id: component
        for component in resolve_targets([HubModel(row["model_id"]) for row in rows], open_sources(offline=True))
        if isinstance(component.target, HubModel)
    }
    hits: dict[str, list[bool]] = {
        key: [] for key in ("root", "root-strict", "root-sound", "base", "publisher", "prc", "falsely")
    }
    for row in rows:
        component = components[row["model_id"]]
        known = {ancestor.id.lower() for ancestor in component.lineage.ancestors} | {row["model_id"].lower()}
        ends = {ancestor.id.lower() for ancestor in component.lineage.ancestors if ancestor.root}

        def named(cell: str) -> set[str]:
            return {(catalog.canonical(part.strip()) or part.strip()).lower() for part in cell.split(";")}

        roots = named(row["root_model"])
        within = {
            ancestor.id.lower() for ancestor in component.lineage.ancestors if ancestor.relation == "component"
        }
        beyond = {end.id.lower() for root in roots for end in above(root)}
        answers = {
            "root": roots <= known,
            "root-strict": ends == roots,
            "root-sound": roots <= known and ends <= roots | beyond | within,
            "base": bool(named(row["immediate_base"]) & known),
            "publisher": country(component.publisher) == row["own_country"],
            "prc": prc(component) == (row["any_prc_in_weights_chain"] == "yes"),
        }
        for key, value in answers.items():
            hits[key].append(value)
        if row["any_prc_in_weights_chain"] == "no" and row["confidence"] == "high":
            hits["falsely"].append(any(country(a.developer) in PRC for a in component.lineage.ancestors))
        if show and not (answers["root"] and answers["prc"] and answers["publisher"]):
            chain = [(a.id, a.relation.value, country(a.developer)) for a in component.lineage.ancestors]
            wrong = [key for key, value in answers.items() if not value]
            truth = f"truth: {row['root_model']} {row['own_country']}"
            print(" ", row["model_id"], truth, "got:", country(component.publisher), chain, wrong)
    return {key: sum(values) / max(1, len(values)) for key, values in hits.items()}


def main(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if "(hosted)" not in row["model_id"]]
    print("rows", len(rows), "high", sum(row["confidence"] == "high" for row in rows))
    verbose = "-v" in sys.argv
    choices = (("all", rows), ("high", [row for row in rows if row["confidence"] == "high"]))
    for name, chosen in choices:
        scores = run(chosen, show=verbose and name == "all")
        print(name, {key: round(value, 3) for key, value in scores.items()})
    index = curated._index()  # noqa: SLF001 - the script measures what is left without these rows
    for row in rows:
        index.pop(row["model_id"].lower(), None)
    for name, chosen in choices:
        scores = run(chosen, show=verbose and name == "all")
        print("curated rows removed,", name, {key: round(value, 3) for key, value in scores.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
