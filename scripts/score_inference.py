"""Calibrate the inference of bases: python scripts/score_inference.py [--markdown] [-v]

Every catalog record with a base of a known family has its declarations hidden; what `infer` says from name, type,
size and configuration is compared with them. Second table: models known to be trained from scratch, none of
which may be given a base of another family.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import replace

from aicheck.knowledge import families
from aicheck.knowledge.catalog import Catalog, open_catalog
from aicheck.knowledge.lineage import known_edges
from aicheck.resolve import inference
from aicheck.resolve.records import from_catalog


def families_of(repo: str, catalog: Catalog, seen: frozenset[str] = frozenset()) -> set[str]:
    """Families of a model by what is declared or curated."""
    repo = catalog.canonical(repo) or repo
    known = families.base_model(repo)
    if known is not None:
        return {known.family}
    if repo.lower() in seen or len(seen) > 12:
        return set()
    inner = seen | {repo.lower()}
    record = catalog.get(repo)
    parents = [edge.parent for edge in record.edges] if record else []
    parents += [edge.parent for edge in known_edges(repo) if not edge.is_data]
    return {family for parent in parents for family in families_of(parent, catalog, inner)}


def main() -> None:
    catalog = open_catalog()
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    total = 0
    wrong: list[str] = []
    for row in catalog.records():
        if not row.edges or families.base_model(row.id) is not None:
            continue
        declared = {(catalog.canonical(edge.parent) or edge.parent).lower() for edge in row.edges}
        truth = {family for edge in row.edges for family in families_of(edge.parent, catalog)}
        if not truth or (row.model_type is None and row.parameters is None):
            continue
        total += 1
        found = inference.infer(replace(from_catalog(row, row.id), bases=()), catalog)
        if not found:
            continue
        best = found[0]
        got = families_of(best.id, catalog)
        counts = table[best.locator.partition(":")[2]]
        counts[0] += 1
        counts[1] += bool(got & truth)
        counts[2] += (catalog.canonical(best.id) or best.id).lower() in declared
        if not got & truth:
            wrong.append(f"{row.id}: {best.id} ({best.note}); declared {sorted(declared)[:3]}")
    print(f"{total} records with a declared base of a known family and a type or size\n")
    print("| evidence | claims | family right | base exactly as declared | stated confidence |")
    print("|---|---|---|---|---|")
    for name, (claims, family, exact) in sorted(table.items(), key=lambda item: -item[1][0]):
        stated = inference.CONFIDENCE[name]
        print(f"| {name} | {claims} | {family / claims:.3f} | {exact / claims:.3f} | {stated:.2f} |")
    claims, family, exact = (sum(counts[column] for counts in table.values()) for column in range(3))
    print(f"| all | {claims} | {family / claims:.3f} | {exact / claims:.3f} | |")
    print(f"\nrecall (family): {family / total:.3f}")
    root, families.is_root = families.is_root, lambda _: False  # type: ignore[assignment]
    accused = 0
    tried = 0
    for model in families.all_base_models():
        record = catalog.get(model.id)
        if record is None or not model.scratch:
            continue
        tried += 1
        for base in inference.infer(replace(from_catalog(record, record.id), bases=()), catalog):
            same_house = base.id.partition("/")[0].lower() == model.id.partition("/")[0].lower()
            if not same_house and not families_of(base.id, catalog) & {model.family}:
                accused += 1
                wrong.append(f"from scratch {model.id}: {base.id} ({base.note})")
    families.is_root = root
    print(f"models trained from scratch: {tried}; given a base of another house and family: {accused}")
    if "-v" in sys.argv:
        print("\n".join(wrong))


if __name__ == "__main__":
    main()
