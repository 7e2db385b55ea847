"""The walk to the roots itself, over parents that are given: what it says of each ancestor, and where it says that it ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from aicheck.core.component import Ancestor, DataSource, Lineage, Relation
from aicheck.core.evidence import Claim, ClaimSource, Disputed, Gap, GapReason, Known, Unseen
from aicheck.knowledge.lineage import KnownEdge
from aicheck.resolve import lineage as tested
from aicheck.resolve.evidence import CONCEALED
from aicheck.resolve.lineage import MAX_ANCESTORS, MAX_DEPTH, Facts, Parent, lineage_of
from aicheck.resolve.records import Base, RepoRecord
from tests import builders as b

ROOT = "meta-llama/Llama-3.1-8B"
HIDDEN = min(CONCEALED)


def parent(name: str, relation: Relation = Relation.FINETUNE, *, inferred: bool = False, locator: str = "card", confidence: float = 0.9) -> Parent:  # fmt: skip
    claim = Claim(
        name, ClaimSource.INFERENCE if inferred else ClaimSource.CARD, confidence, locator, note=f"says {name}"
    )
    return Parent(name, relation, not inferred, confidence, (claim,), inferred)


def record(name: str, answered_by: str = "hub", **fields: Any) -> RepoRecord:
    return RepoRecord(name, name, answered_by, "2025-01-01", **fields)


def walk(graph: dict[str, list[Parent]], *held: RepoRecord | tuple[str, Gap], start: RepoRecord | None = None) -> Lineage:  # fmt: skip
    records: dict[str, RepoRecord | Gap] = {}
    for one in held:
        if isinstance(one, RepoRecord):
            records[one.id.lower()] = one
        else:
            records[one[0].lower()] = one[1]
    facts = Facts(
        lambda child: tuple(graph.get(child.id, ())),
        lambda name: b.known(b.org(f"maker of {name}")),
        lambda name, seen: b.known(b.licence(name=f"{name} {seen.commit if seen else None}")),
    )
    return lineage_of(start or record("own/model"), records, facts)


def test_everything_of_an_ancestor() -> None:
    up = parent("Own/Base", Relation.QUANTIZED)
    found = walk({"own/model": [up], "own/base": [parent(ROOT)]}, record("own/base", commit="c1"))
    first, second = found.ancestors
    assert first == Ancestor(
        id="own/base", relation=Relation.QUANTIZED, child="own/model", depth=1, declared=True, confidence=0.9,
        developer=b.known(b.org("maker of own/base")), license=b.known(b.licence(name="own/base c1")), root=False, commit="c1",
        claims=up.claims, card_seen=True,
    )  # fmt: skip
    # The root is not held: nothing but its name is known, and its licence is asked for by name.
    assert (second.id, second.child, second.depth, second.root, second.commit) == (ROOT, "own/base", 2, True, None)
    assert second.license == b.known(b.licence(name=f"{ROOT} None"))
    assert found.concealed is False
    assert isinstance(found.complete, Known)
    (claim,) = found.complete.claims
    assert claim == Claim(value=True, source=ClaimSource.REGISTRY, confidence=0.95, locator=f"families:{ROOT}", note="every path ends at a model known to be trained from scratch")  # fmt: skip


def test_a_gap_above_is_licensed_by_its_name_and_leaves_the_end_open() -> None:
    gap = Gap("hf:own/base", GapReason.GATED, "gated", "p")
    found = walk({"own/model": [parent("own/base")]}, ("own/base", gap))
    assert found.ancestors[0].license == b.known(b.licence(name="own/base None"))
    assert found.complete == Unseen(Gap("hf:own/model#lineage", GapReason.GATED, "gated", "p"))


def test_who_is_declared_and_who_is_guessed() -> None:
    found = walk({"own/model": [parent(ROOT), parent("x/guess", inferred=True, confidence=0.6)]})
    assert found.complete == Disputed((
        Claim(value=True, source=ClaimSource.CARD, confidence=1.0, note=f"declares {ROOT}"),
        Claim(value=False, source=ClaimSource.INFERENCE, confidence=0.6, note="says x/guess"),
    ))  # fmt: skip


@pytest.mark.parametrize(("start", "shown"), [
    (record("own/model"), True), (record("own/model", "catalog"), False), (record("own/model", "catalog", has_card=True), True),
    (RepoRecord("own/model", "own/model", "catalog", "2023-12-31", has_card=True), False),
    (RepoRecord("own/model", "own/model", "catalog", "2024", has_card=True), True),
    (RepoRecord("own/model", "own/model", "catalog", None, has_card=True), False),
    (record("own/model", "catalog", has_card=False), False),
])  # fmt: skip
def test_hiding_a_base_takes_a_card_that_was_seen(start: RepoRecord, shown: bool) -> None:
    found = walk({"own/model": [parent(ROOT, inferred=True, locator=HIDDEN)]}, start=start)
    assert found.concealed is shown
    assert found.ancestors[0].card_seen is shown
    assert walk({"own/model": [parent(ROOT, inferred=True, locator="other")]}, start=start).concealed is False


def test_an_end_that_nobody_vouches_for() -> None:
    found = walk({"own/model": [parent("x/base")]})
    detail = "no source says whether x/base was trained from scratch or from another model"
    assert found.complete == Unseen(Gap("hf:own/model#lineage", GapReason.NOT_STATED, detail))
    assert [one.root for one in found.ancestors] == [True]


def test_one_end_open_says_which() -> None:
    found = walk({"own/model": [parent(ROOT), parent("x/base")]})
    assert isinstance(found.complete, Unseen)
    assert "x/base" in found.complete.gap.detail


def test_known_ones_are_passed_over_and_the_rest_is_read() -> None:
    graph = {
        "own/model": [parent("own/model"), parent("x/a"), parent("OWN/MODEL"), parent("x/b")],
        "x/a": [parent("x/b"), parent("own/model"), parent(ROOT)],
    }
    found = walk(graph)
    assert [(one.id, one.child, one.depth) for one in found.ancestors] == [("x/a", "own/model", 1), ("x/b", "own/model", 1), (ROOT, "x/a", 2)]  # fmt: skip
    assert [one.id for one in found.ancestors if one.root] == ["x/b", ROOT]


def test_the_name_that_was_asked_for_is_the_model_itself() -> None:
    start = RepoRecord("New/Name", "Old/Name", "hub", "2025-01-01")
    found = walk({"New/Name": [parent("old/name"), parent("new/name"), parent(ROOT)]}, start=start)
    assert [one.id for one in found.ancestors] == [ROOT]


def test_two_names_of_one_repository_are_one_ancestor() -> None:
    renamed = RepoRecord("x/new", "x/old", "hub", "2025-01-01")
    graph = {"own/model": [parent("x/new"), parent("x/old"), parent(ROOT)]}
    facts = Facts(lambda child: tuple(graph.get(child.id, ())), lambda _: b.not_seen(), lambda *_: b.not_seen())
    found = lineage_of(record("own/model"), {"x/new": renamed, "x/old": renamed}, facts)
    assert [one.id for one in found.ancestors] == ["x/new", ROOT]


def test_as_many_ancestors_as_are_read() -> None:
    exactly = walk({"own/model": [parent(f"x/a{number}") for number in range(MAX_ANCESTORS)]})
    assert len(exactly.ancestors) == MAX_ANCESTORS
    assert isinstance(exactly.complete, Unseen)
    assert exactly.complete.gap.reason is GapReason.NOT_STATED
    more = walk({"own/model": [parent(f"x/a{number}") for number in range(MAX_ANCESTORS + 1)]})
    assert len(more.ancestors) == MAX_ANCESTORS
    assert more.complete == Unseen(Gap("hf:own/model#lineage", GapReason.TOO_LARGE, "too many ancestors"))


def test_as_many_generations_as_are_read() -> None:
    def steps(count: int) -> dict[str, list[Parent]]:
        return {"own/model": [parent("x/1")]} | {f"x/{n}": [parent(f"x/{n + 1}")] for n in range(1, count)}

    whole = walk(steps(MAX_DEPTH - 1) | {f"x/{MAX_DEPTH - 1}": [parent(ROOT)]})
    assert isinstance(whole.complete, Known)
    assert whole.ancestors[-1].depth == MAX_DEPTH
    deep = walk(steps(MAX_DEPTH + 3))
    assert len(deep.ancestors) == MAX_DEPTH
    assert deep.complete == Unseen(
        Gap("hf:own/model#lineage", GapReason.TOO_DEEP, f"more than {MAX_DEPTH} generations")
    )


def test_a_deep_line_does_not_hide_the_others() -> None:
    graph = {"own/model": [parent("x/1"), parent("y/1")]}
    for name in ("x", "y"):
        graph |= {f"{name}/{n}": [parent(f"{name}/{n + 1}")] for n in range(1, MAX_DEPTH + 2)}
    assert len(walk(graph).ancestors) == 2 * MAX_DEPTH


def test_a_part_is_no_end_of_the_line() -> None:
    found = walk({"own/model": [parent(ROOT), parent("x/encoder", Relation.COMPONENT)], ROOT: [parent("y/encoder", Relation.COMPONENT)]})  # fmt: skip
    assert {one.id for one in found.ancestors if one.root} >= {ROOT, "x/encoder"}


DATA_RELATIONS = (Relation.QUANTIZED, Relation.COPY, Relation.CONVERSION, Relation.DISTILL, Relation.FINETUNE)


@pytest.mark.parametrize("relation", Relation)
def test_data_of_the_ancestor_comes_along(relation: Relation, monkeypatch: pytest.MonkeyPatch) -> None:
    edge = KnownEdge("x/base", "teacher", "openai/gpt-4", 0.8, "github:x")
    monkeypatch.setattr(tested, "known_edges", lambda name: (edge, KnownEdge("x/base", "finetune", "z/z", 1.0, "s")) if name == "x/base" else ())  # fmt: skip
    found = walk({"own/model": [parent("x/base", relation)]}, record("x/base", datasets=("a/set",)))
    if relation not in DATA_RELATIONS:
        assert found.data == ()
        return
    assert found.data == (
        DataSource("a/set", "dataset", b.known(b.org("maker of a/set")), (Claim("a/set", ClaimSource.CARD, 1.0, "hub:x/base#datasets", "2025-01-01"),)),
        DataSource("openai/gpt-4", "teacher", b.known(b.org("maker of openai/gpt-4")), (Claim("openai/gpt-4", ClaimSource.REGISTRY, 0.8, "lineage:github:x"),)),
    )  # fmt: skip


def _catalog(*ids: str) -> Any:
    return SimpleNamespace(by_name=lambda _: list(ids))


def test_of_repositories_of_one_name_the_declared_stands() -> None:
    def ids(parents: list[Parent], *order: str) -> list[str]:
        return [one.id for one in tested._without_namesakes(parents, _catalog(*order) if order else None)]

    guess, sure = parent("a/one", inferred=True, confidence=0.5), parent("b/one", inferred=True, confidence=0.7)
    other = parent("c/two", inferred=True, confidence=0.1)
    assert ids([guess, sure, other], "a/one", "b/one") == ["b/one", "c/two"]  # the surer of two guesses
    assert ids([guess, parent("b/One"), other], "a/one") == [
        "b/One",
        "c/two",
    ]  # what is declared, whatever the order
    assert ids([parent("a/one"), parent("b/one")], "b/one") == [
        "a/one",
        "b/one",
    ]  # what is declared is never dropped
    tied = [parent("a/one", inferred=True), parent("b/one", inferred=True)]
    assert ids(tied, "B/One", "a/one") == ["b/one"]  # the catalogue's order decides between equals
    assert ids(tied, "A/one") == ["a/one"]  # and one that it does not know comes last
    assert ids([guess, sure]) == ["a/one", "b/one"]  # without a catalogue nothing is dropped
    assert ids([parent("one"), guess], "a/one") == ["a/one"]  # bare names give way to full ones
    assert ids([parent("one")], "a/one") == ["one"]
    assert ids([other, guess, sure], "a/one", "b/one") == ["c/two", "b/one"]


@pytest.mark.parametrize(("child", "base", "relation", "declared", "expected"), [
    ("Qwen/Qwen3-8B", "stranger/Qwen3-8B", Relation.COPY, False, True),
    ("Qwen/Qwen3-8B", "stranger/Qwen3-8B", Relation.COPY, True, False),
    ("Qwen/Qwen3-8B", "stranger/Qwen3-8B", Relation.FINETUNE, False, False),
    ("Qwen/Qwen3-8B", "stranger/Other-8B", Relation.COPY, False, False),
    ("nobody-knows-them/Qwen3-8B", "stranger/Qwen3-8B", Relation.COPY, False, False),
    ("Qwen3-8B", "stranger/Qwen3-8B", Relation.COPY, False, False),
])  # fmt: skip
def test_a_makers_model_is_no_copy_of_a_namesake(child: str, base: str, relation: Relation, declared: bool, expected: bool) -> None:  # fmt: skip
    stated = Base(base, relation, ClaimSource.REGISTRY, declared, "list", 0.8)
    assert tested._namesake_of_its_maker(child, stated) is expected


@pytest.mark.parametrize(("child", "parent_id", "expected"), [
    ("acme/Llama-3.1-8B-tuned", "meta-llama/Llama-3.1-8B", True),
    ("acme/Mistral-7B", "meta-llama/Llama-3.1-8B", False), ("acme/gemma-tuned", "google/gemma", True), ("acme/phi2-x", "ms/phi2", False),
    ("llama/other", "meta-llama/llama-2", False), ("acme/Llama-2-7b-chat", "meta-llama/Llama-2-7b-hf", True), ("acme/abcde1", "x/abcde", True),
    ("acme/hfmodel-x", "x/hfmodel", True), ("acme/abcd1", "x/abcd", False),
])  # fmt: skip
def test_a_name_that_tells_its_base(child: str, parent_id: str, expected: bool) -> None:
    assert tested._names(child, parent_id) is expected
