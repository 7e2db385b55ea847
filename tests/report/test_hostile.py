"""Text of strangers stays inert: every format, every payload."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from aicheck.core.report import Report
from aicheck.report import FORMATS, render
from aicheck.report.bom_check import check_bom
from tests.report.samples import hostile_report, poisoned_report
from tests.report.test_html import Page

PAYLOADS = {
    "script": "</script></title><script>alert(1)</script>",
    "handler": "\"'><img src=x onerror=alert(1)>",
    "terminal": "\x1b[2J\x1b]0;owned\x07\x9b31m\x08\x7f",
    "bidi": "safe\u202egnp.exe\u2066\u2069\u200f\u200b",
    "newlines": "a\r\nb\n\n# heading\n```\n\x85\u2028\u2029end",
    "command": "\n::error file=x::owned\n::set-output name=a::b",
    "formula": '=HYPERLINK("http://evil","x")',
    "plus": "+1+cmd|' /C calc'!A0",
    "markdown": "[x](javascript:alert(1)) @everyone #1 | `a` ![i](http://evil/x.png) <b> http://evil.example",
    "mermaid": 'a"] --> b; click a "javascript:alert(1)"; %%{init: {}}%%',
    "template": "{{ 7*7 }}{% raw %}${7*7}#{7*7}",
    "xml": "]]><!DOCTYPE x [<!ENTITY a 'b'>]>&a;\x00\x0b\ufffe",
    "long": "A" * 100_000,
    "percent": "%0A::error::x%25",
    "nul": "a\x00b",
    "undecodable": "caf\udce9/model",
    "surrogate": "a\ud800b/c\udfff",
}


@pytest.mark.parametrize("fmt", ["cyclonedx", "cyclonedx-xml"])
@pytest.mark.parametrize("payload", list(PAYLOADS))
def test_valid_as_the_newer_version(payload: str, fmt: str) -> None:
    assert render(poisoned_report(PAYLOADS[payload]), fmt, spec_version="1.7")  # checked before it is written


# Controls that a terminal acts on, and marks that reorder or hide text.
_ACTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@pytest.mark.parametrize("make", [hostile_report, poisoned_report], ids=["names", "every text"])
@pytest.mark.parametrize("payload", list(PAYLOADS))
@pytest.mark.parametrize("fmt", list(FORMATS))
def test_inert(fmt: str, payload: str, make: Callable[[str], Report]) -> None:
    data = render(make(PAYLOADS[payload]), fmt)
    text = data.decode()
    # No format prints a control or a hidden mark; CRLF belongs to CSV alone.
    found = _ACTIVE.search(text.replace("\r\n", "\n") if fmt == "csv" else text)
    assert found is None, repr(text[max(found.start() - 40, 0) : found.end() + 20])
    CHECKS[fmt](text)


def _text(text: str) -> None:
    assert all(not line.startswith("::") for line in text.splitlines())
    for line in text.splitlines():
        # Places stay whole, within reason, for people who copy them.
        assert len(line) <= (280 if line.lstrip().startswith("-->") else 100)


def _json(text: str) -> None:
    json.loads(text)


def _bom(text: str) -> None:
    assert check_bom(json.loads(text)) == []


def _html(text: str) -> None:
    seen = Page(text)
    assert seen.open == []
    assert [attributes.get("id") for tag, attributes, _ in seen.raw if tag == "script"] in (
        ["report-json", None],
        [None],
    )
    assert not any(tag in {"img", "iframe"} for tag, _ in seen.tags)
    for _, attributes in seen.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert len(text) < 3_000_000


def _xml(text: str) -> None:
    assert "<!DOCTYPE" not in text
    ET.fromstring(text)


def _csv(text: str) -> None:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(row) for row in rows}) == 1
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert "\n" not in cell


def _github(text: str) -> None:
    for line in text.splitlines():
        assert re.match(r"::(error|warning|notice) title=aicheck[^:]*?(,file=|::)", line), line[:200]
        properties = line[2:].partition("::")[0]
        assert properties.count(":") == 0


def _markdown(text: str) -> None:
    outside = re.sub(r"```mermaid.*?```", "", text, flags=re.DOTALL)
    plain = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outside)
    for sign in ("<script", "<img", "<b>", "](", "@everyone", "http://", "javascript:"):
        assert sign not in plain, sign
    assert not re.search(r"^# heading", text, flags=re.MULTILINE)
    for chart in re.findall(r"```mermaid\n(.*?)```", text, flags=re.DOTALL):
        for line in chart.splitlines()[1:]:
            assert re.fullmatch(r'  n\d+(\["[^"<>]*"\]| (--|-\.) [a-z]+ (-->|\.->) n\d+)', line), line


CHECKS = {
    "text": _text,
    "json": _json,
    "cyclonedx": _bom,
    "cyclonedx-xml": _xml,
    "spdx": _json,
    "sarif": _json,
    "html": _html,
    "markdown": _markdown,
    "csv": _csv,
    "junit": _xml,
    "github": _github,
    "github-summary": _markdown,
    "intoto": _json,
}
