from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from aicheck.core.finding import Level, Verdict
from aicheck.report import RulePage, render
from aicheck.report.html_graph import layout
from tests.report.samples import empty_report, only_models, sample_report


class Page(HTMLParser):
    """Tags with their attributes, text, and what is inside style and script."""

    VOID = frozenset({"meta", "input", "br", "img", "link", "rect", "wbr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, dict[str, str | None], str]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"style", "script"}:
            self.raw.append((tag, dict(attrs), ""))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"style", "script"}:
            tag, attributes, text = self.raw.pop()
            self.raw.append((tag, attributes, text + data))
        else:
            self.text.append(data)


def page(report, **options) -> Page:
    return Page(render(report, "html", **options).decode())


def test_well_formed_and_complete() -> None:
    seen = page(
        sample_report(),
        policy_text="deny: [CN]\n  # <b>",
        rules={"origin-allowed": RulePage("origin-allowed", "Origins that are allowed.")},
    )
    assert seen.open == []
    text = " ".join(seen.text)
    for expected in (
        "FAIL",
        "weights descend from a model developed in CN",
        "Qwen/Qwen2.5-7B-Instruct",
        "Hangzhou DeepSeek",
        "loaded with use_safetensors",
        "mapping values are not allowed here",
        "deny: [CN]",
        "Origins that are allowed.",
        "hf:openai-community/gpt2",
        "README.md@4f3c1a2b",
        "2026-10-01",
    ):
        assert expected in text, expected


def test_policy_of_hashes_matches_and_allows_nothing_else() -> None:
    seen = page(sample_report())
    csp = next(attributes["content"] for tag, attributes in seen.tags if attributes.get("http-equiv"))
    assert csp is not None
    assert csp.startswith("default-src 'none';")
    assert "unsafe" not in csp
    for tag, attributes, text in seen.raw:
        if attributes.get("type") == "application/json":
            continue
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in csp


@pytest.mark.parametrize(
    "report", [sample_report(), empty_report(), replace(empty_report(), verdict=None, policy=None)]
)
def test_nothing_points_outside_or_styles_inline(report) -> None:
    seen = page(report)
    ids = [attributes["id"] for _, attributes in seen.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in seen.tags:
        assert tag not in {"img", "link", "iframe", "object", "embed", "form", "base"}
        assert not any(name == "style" or name.startswith("on") or name == "src" for name in attributes)
        href = attributes.get("href")
        if href is not None:
            assert href.startswith("#")
            assert href[1:] in ids


def test_embedded_report_is_the_report() -> None:
    seen = page(sample_report())
    data = next(text for _, attributes, text in seen.raw if attributes.get("id") == "report-json")
    assert "<" not in data
    assert json.loads(data) == json.loads(render(sample_report(), "json"))


def test_a_large_report_says_that_it_embeds_nothing() -> None:
    seen = page(only_models(500))
    assert not any(attributes.get("id") == "report-json" for _, attributes, _ in seen.raw)
    assert "too large to be embedded" in " ".join(seen.text)


def test_graph_layers_go_from_roots_to_models() -> None:
    report = sample_report()
    graph = layout(report.components, {}, frozenset())
    assert graph is not None
    x = {node.title.partition(":")[0]: node.x for node in graph.nodes}
    assert x["Qwen/Qwen2.5-7B"] < x["Qwen/Qwen2.5-7B-Instruct"] < x["nvidia/OpenReasoning-Nemotron-7B"]
    assert layout(empty_report().components, {}, frozenset()) is None


def test_graph_survives_a_cycle_and_boxes_do_not_overlap() -> None:
    report = only_models(40)
    part = report.components[0]
    first, second = part.lineage.ancestors
    circle = replace(
        part.lineage,
        ancestors=(first, second, replace(second, id=first.id, child=second.id), replace(first, child=second.id)),
    )
    graph = layout([replace(part, lineage=circle), *report.components[1:]], {}, frozenset())
    assert graph is not None
    places = [(node.x, node.y) for node in graph.nodes]
    assert len(places) == len(set(places))


def test_what_is_not_drawn_is_counted() -> None:
    graph = layout(only_models(400).components, {}, frozenset())
    assert graph is not None
    assert len(graph.nodes) <= 160
    assert graph.more == 400 - sum(node.classes.startswith("used") for node in graph.nodes)


def test_landmarks_are_unique_for_models_of_the_same_name() -> None:
    report = sample_report()
    twin = replace(report.components[5], ref="twin")
    seen = page(replace(report, components=(*report.components, twin)))
    regions = [attributes.get("aria-label") for _, attributes in seen.tags if attributes.get("role") == "region"]
    assert len(regions) == len(set(regions))


def test_source_span_is_marked() -> None:
    text = render(sample_report(), "html").decode()
    assert re.search(r"<code>model = AutoModel\.from_pretrained\(<mark>&#34;nvidia/", text)


def test_many_models_are_packed_and_the_gravest_are_written_out() -> None:
    report = only_models(700)
    seen = page(report)
    data = json.loads(next(text for _, attributes, text in seen.raw if attributes.get("id") == "details-json"))
    written = {attributes["id"] for tag, attributes in seen.tags if attributes.get("class") == "model"}
    assert len(written) == 300
    assert len(data["sections"]) == 400
    assert not written & data["sections"].keys()
    flagged = {finding.component for finding in report.findings}
    numbers = {f"m{number}" for number, one in enumerate(report.components) if one.ref in flagged}
    assert numbers <= written
    key = next(iter(data["sections"]))
    name, _, facts, tables, places, more = data["sections"][key]
    assert data["texts"][name] == report.components[int(key[1:])].name
    words = [[data["texts"][cell] for cell in data["rows"][row]] for row in facts]
    assert ["kind", "model"] in words
    assert [data["texts"][table[0]] for table in tables] == [
        "Weights descend from",
        "Claims and their sources",
        "Weight files",
    ]
    assert len(data["rows"][places]) == 1
    assert more == 0


def test_packed_text_cannot_end_the_script_element() -> None:
    payload = "</script><script>alert(1)</script>\u2028"
    report = only_models(400)
    parts = tuple(replace(one, card=replace(one.card, task=payload)) for one in report.components)
    text = render(replace(report, components=parts), "html").decode()
    assert "<script>alert" not in text
    data = next(body for _, attributes, body in Page(text).raw if attributes.get("id") == "details-json")
    assert "</script><script>alert(1)</script>\\u2028" in json.loads(data)["texts"]


def test_the_first_screen_says_what_decides_and_where_things_come_from() -> None:
    sample = sample_report()
    failing = tuple(
        replace(one, effect=Verdict.FAIL) if one.level is Level.ERROR and one.waiver is None else one
        for one in sample.findings
    )
    report = replace(sample, findings=failing)
    seen = page(report)
    head = " ".join(" ".join(seen.text).partition("Skip to the content")[2].partition("Findings")[0].split())
    deciding = {one.rule for one in report.findings if one.effect is Verdict.FAIL}
    assert deciding
    for expected in (
        "What fails the policy",
        *deciding,
        "Models by origin",
        "US ← CN",
        "Models by licence",
        "Where data goes",
    ):
        assert expected in head, expected
    # Each deciding rule leads to its group.
    ids = {attributes.get("id") for _, attributes in seen.tags}
    links = {
        attributes["href"] for tag, attributes in seen.tags if (attributes.get("href") or "").startswith("#rule-")
    }
    assert len(links) == len(deciding)
    assert {link[1:] for link in links if link} <= ids


def test_a_rule_that_is_used_several_times_has_its_summary() -> None:
    report = sample_report()
    rule = report.findings[0].rule
    several = replace(report, findings=(replace(report.findings[0], rule=f"{rule}/eu"),))
    text = render(several, "html", rules={rule: RulePage(rule, "What the rule wants.")}).decode()
    assert "What the rule wants." in text


def test_few_findings_lie_open_and_many_warnings_do_not() -> None:
    report = sample_report()

    def state(one) -> list[bool]:
        return ["open" in attributes for _, attributes in page(one).tags if attributes.get("class") == "rule"]

    assert state(report) == [True, True, True]
    warning = replace(report.findings[0], level=Level.WARNING)
    many = tuple(
        replace(warning, message=f"number {number}", fingerprint=f"{number:032x}") for number in range(20)
    )
    assert state(replace(report, findings=(report.findings[0], *many))) == [True, False]
