"""An examination of the knowledge, written before looking at its tables, kept as it was once judged right.

The tables under `data` say what is publicly known of well-known names; an empty cell is not asked. Answers are
those of a machine without network. A row that fails is either a mistake in the knowledge or a fact that changed:
then the row changes with it, and says so in its commit.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from aicheck.core.component import Component
from aicheck.core.evidence import Disputed, Known, Unseen
from aicheck.knowledge import hosts
from aicheck.knowledge.catalog import open_catalog
from aicheck.knowledge.origins import organization
from aicheck.resolve import Sources, resolve_targets
from aicheck.resolve.spelling import read_spelling

DATA = Path(__file__).parent / "data"
PRC = {"CN", "HK", "MO"}


def table(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines()[1:]]


def resolved(names: list[str]) -> dict[str, Component]:
    """Ask for each name alone: two spellings of one model are one component where they are asked for together."""
    sources = Sources(open_catalog(), offline=True, today="2026-11-23")
    found = {}
    for name in names:
        (found[name],) = resolve_targets([read_spelling(name)], sources)  # type: ignore[list-item]  # models only
    return found


@pytest.fixture(scope="module")
def models() -> dict[str, Component]:
    return resolved([row[0] for row in table("models.tsv")])


def country(component: Component) -> str:
    return (component.developer.value.country or "") if isinstance(component.developer, Known) else ""


def countries(component: Component) -> set[str]:
    facts = [component.developer, *(ancestor.developer for ancestor in component.lineage.ancestors)]
    return {fact.value.country or "" for fact in facts if isinstance(fact, Known)}


def terms(component: Component) -> str:
    if isinstance(component.license, Disputed):
        return "disputed: " + "; ".join(sorted({claim.value.expression for claim in component.license.claims}))
    return component.license.value.expression if isinstance(component.license, Known) else ""


def test_developers_of_models(models: dict[str, Component]) -> None:
    wrong = [(name, said, country(models[name])) for name, said, *_ in table("models.tsv") if said]
    assert [row for row in wrong if row[1] != row[2]] == []


def test_weights_from_the_prc(models: dict[str, Component]) -> None:
    rows = [(name, said) for name, _, said, *_ in table("models.tsv") if said]
    assert [row for row in rows if bool(countries(models[row[0]]) & PRC) != (row[1] == "yes")] == []


def test_ancestors_of_models(models: dict[str, Component]) -> None:
    wrong = []
    for name, _, _, said, _ in table("models.tsv"):
        found = {ancestor.id for ancestor in models[name].lineage.ancestors}
        if said and (found if said == "none" else said not in found):
            wrong.append((name, said, sorted(found)))
    assert wrong == []


def test_licences_of_models(models: dict[str, Component]) -> None:
    rows = [(name, said, terms(models[name])) for name, *_, said in table("models.tsv") if said]
    assert [row for row in rows if row[1] != row[2]] == []


def test_countries_of_namespaces() -> None:
    found = [(name, said, getattr(organization(name), "country", None)) for name, said in table("namespaces.tsv")]
    assert [row for row in found if row[1] != row[2]] == []


def test_operators_of_hosts() -> None:
    wrong = []
    for name, said in table("hosts.tsv"):
        row = hosts.host(name)
        if row is None or (not row.local if said == "local" else row.operator_country != said):
            wrong.append((name, said))
    assert wrong == []


def test_hosted_names() -> None:
    rows = table("hosted.tsv")
    found = resolved([row[0] for row in rows])
    wrong = []
    for name, said, weights in rows:
        behind = found[name].stands_for
        if said and country(found[name]) != said:
            wrong.append((name, said, country(found[name])))
        if weights == "closed" and isinstance(behind, Known):
            wrong.append((name, weights, behind.value))
        if weights not in {"", "closed"} and (
            isinstance(behind, Unseen) or weights != getattr(behind, "value", "")
        ):
            wrong.append((name, weights, str(behind)))
    assert wrong == []
