"""No single missing fact, and no single missing file, turns a failure into a pass."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.component import Component
from aicheck.core.evidence import Absent, Disputed, Known
from aicheck.core.finding import Verdict
from aicheck.evaluate import evaluate, load_policy
from tests import builders as b
from tests.security.command import MODEL, Ran, scan

TODAY = date(2026, 11, 23)
CHINA = b.org("Alibaba Cloud (Qwen)", "CN")
TERMS = st.sampled_from([
    b.licence(), b.licence("CC-BY-NC-4.0", category="non-commercial", commercial_use="no"), b.licence("MIT"),
])  # fmt: skip
WHO = st.sampled_from([b.org(), CHINA, b.org("Nobody", None)])
FORMATS = st.sampled_from([b.SAFETENSORS, b.PICKLE])


@st.composite
def components(draw: st.DrawFn) -> Component:
    steps = draw(st.integers(0, 2))
    ancestors = [
        b.ancestor(f"other/base-{depth}", depth=depth, developer=draw(WHO), terms=draw(TERMS), declared=draw(st.booleans()), root=depth == steps)
        for depth in range(1, steps + 1)
    ]  # fmt: skip
    scan_status = draw(st.sampled_from(["safe", "unsafe", "suspicious", None]))
    name = draw(st.sampled_from(["acme/one", "acme/two"]))
    return b.model(
        name,
        publisher=b.known(draw(WHO)),
        developer=b.known(draw(WHO)),
        license=b.known(draw(TERMS)),
        lineage=b.lineage(*ancestors, concealed=any(not each.declared for each in ancestors)),
        weights=b.known(b.weights(draw(FORMATS), scan_status=scan_status, auto_map=draw(st.booleans()))),
    )


def _without_one(part: Component) -> list[tuple[str, Component]]:
    """The component with each of its facts not seen in turn, and with each ancestor's."""
    found = [
        (field.name, replace(part, **{field.name: b.not_seen(field.name)}))
        for field in fields(part)
        if isinstance(getattr(part, field.name), Known | Disputed) or (isinstance(getattr(part, field.name), Absent) and field.name != "hosting")
    ]  # fmt: skip
    lineage = part.lineage
    for index, ancestor in enumerate(lineage.ancestors):
        for name in ("developer", "license"):
            lost = replace(ancestor, **{name: b.not_seen(name)})
            kept = (*lineage.ancestors[:index], lost, *lineage.ancestors[index + 1 :])
            found.append((f"{ancestor.id} {name}", replace(part, lineage=replace(lineage, ancestors=kept))))
        # A look-up that failed: everything from there on is not known, and the lineage says that it is not whole.
        cut = replace(lineage, ancestors=lineage.ancestors[:index], complete=b.not_seen("lineage"))
        found.append((f"{ancestor.id} not reached", replace(part, lineage=cut)))
    if isinstance(part.weights, Known):
        value = part.weights.value
        for name, less in (("scan_status", None), ("formats", ()), ("files", ())):
            found.append((name, replace(part, weights=b.known(replace(value, **{name: less})))))
    return found


@pytest.mark.parametrize("name", ["strict", "us-federal-vendor"])
@given(part=components())
def test_a_missing_fact_never_clears(name: str, part: Component) -> None:
    policy = load_policy(name)
    whole = evaluate(b.inventory(part), (part,), policy, today=TODAY)
    if whole.verdict is not Verdict.FAIL:
        return
    for what, less in _without_one(part):
        after = evaluate(b.inventory(less), (less,), policy, today=TODAY)
        assert after.verdict is not Verdict.PASS, (what, [each.rule for each in whole.findings])


@given(parts=st.lists(components(), min_size=2, max_size=4))
def test_order_and_company_do_not_matter(parts: list[Component]) -> None:
    policy = load_policy("strict")
    unique = list({part.ref: part for part in parts}.values())
    verdicts = [evaluate(b.inventory(part), (part,), policy, today=TODAY).verdict for part in unique]
    for order in (unique, unique[::-1]):
        together = evaluate(b.inventory(*order), tuple(order), policy, today=TODAY).verdict
        assert together is (Verdict.FAIL if Verdict.FAIL in verdicts else Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts else Verdict.PASS)  # fmt: skip


def test_an_unreadable_file_never_clears(tmp_path: Path) -> None:
    """Clean code beside a file that cannot be read is inconclusive; with a violation it fails as before."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "README.md").write_bytes(b"---\nbase_model: [\n---\n")
    (tree / "m.gguf").write_bytes(b"GGUF\3\0\0\0" + b"\xff" * 16)
    assert scan(tree).verdict == "inconclusive"
    (tree / "bad.py").write_text(MODEL)
    assert scan(tree).verdict == "fail"


def test_the_same_report_each_way(tmp_path: Path) -> None:
    """Directory, archive, git revision, many processes: the same findings of the same places."""
    import subprocess
    import tarfile

    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "bad.py").write_text(MODEL)
    (tree / "c.yaml").write_text(
        "model: Qwen/Qwen3-8B\nimage: vllm/vllm-openai\nargs: [--model, mistralai/Mistral-7B-v0.1]\n"
    )
    (tree / "requirements.txt").write_text("transformers==4.50.0\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tree)]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], check=True)
    archive = tmp_path / "tree.tar"
    with tarfile.open(archive, "w") as file:
        for each in ("bad.py", "c.yaml", "requirements.txt"):
            file.add(tree / each, each)
    env = {"SOURCE_DATE_EPOCH": "1780000000"}
    one = scan(tree, env=env)
    assert one.out == scan(tree, "--jobs", "4", env=env).out

    def shown(ran: Ran) -> str:
        keys = ("verdict", "findings", "components", "references", "gaps")
        return json.dumps([ran.report[key] for key in keys], sort_keys=True)

    assert shown(one) == shown(scan(tree, "--rev", "HEAD", env=env))
    assert shown(one) == shown(scan(archive, env=env))
