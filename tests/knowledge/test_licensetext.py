"""Licence texts: matched in spite of names and line breaks, and never taken for a text they only extend."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicheck.knowledge import licensetext
from aicheck.knowledge.licenses import key_of, license_for, rows

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the
Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT,
TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
CLAUSE = """
Our only modification part is that, if the Software (or any derivative works thereof) is used for any of your
commercial products or services that have more than 100 million monthly active users, or more than 20 million US
dollars (or equivalent in other currencies) in monthly revenue, you shall prominently display "{name}" on the user
interface of such product or service.
"""
APACHE = (Path(__file__).parents[2] / "LICENSE").read_text(encoding="utf-8")


def found(text: str) -> str | None:
    answer = licensetext.license_of_text(text)
    return None if answer is None else key_of(answer[0])


def test_mit_whoever_holds_the_copyright_and_however_it_is_wrapped():
    for text in (MIT, "MIT License\n\nCopyright (c) 2025 Some One\n\n" + MIT, " ".join(MIT.split()), MIT.upper()):
        assert licensetext.match(text)[0][0] == "mit"
        assert found(text) == "mit"


def test_apache():
    assert licensetext.match(APACHE)[0][0] == "apache-2.0"
    assert found(APACHE) == "apache-2.0"


@pytest.mark.parametrize(
    ("name", "key"), [("Kimi K2", "kimi-k2"), ("Kimi K2.5", "kimi-k2.5"), ("MiniMax M2.5", "minimax-m2.5")]
)
def test_a_modified_mit_is_told_by_its_clause(name, key):
    text = "Modified MIT License\n\nCopyright (c) 2025 Somebody\n\n" + MIT + CLAUSE.format(name=name)
    assert found(text) == key
    assert "mit" not in [match for match, _ in licensetext.match(text)]


def test_an_unknown_clause_makes_it_neither_mit_nor_anything_else():
    extra = " ".join(f"unheard{i} condition{i} binding{i} the{i} licensee{i}" for i in range(30))
    assert licensetext.match(MIT + extra) == []
    assert licensetext.license_of_text(MIT + extra) is None


def test_headers_of_custom_licences():
    start = "{}\n\nBy using or distributing any portion of the materials you agree to be bound by this agreement today."
    for title, key in (
        ("META LLAMA 3 COMMUNITY LICENSE AGREEMENT", "llama3"),
        ("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT", "llama3.1"),
        ("TENCENT HUNYUAN COMMUNITY LICENSE AGREEMENT", "tencent-hunyuan-community"),
        ("Mistral AI Research License", "mistral-research"),
        ("# Gemma Terms of Use", "gemma"),
    ):
        assert found(start.format(title)) == key


def test_a_mention_is_not_a_text():
    assert licensetext.match("Licensed under the MIT License.") == []
    assert licensetext.license_of_text("see the Gemma Terms of Use") is None


def test_titles_name_rows():
    assert {key for key, _ in licensetext._TITLES} <= set(rows())


def test_the_index_holds_no_text_and_is_small():
    data = licensetext._DATA / "license_texts.json"
    assert data.stat().st_size < 250_000
    assert "hereby" not in data.read_text(encoding="utf-8")
    assert len(licensetext._index()) >= 120


@settings(max_examples=30)
@given(st.text(max_size=2000))
def test_any_text_is_answered(text):
    licensetext.match(text)
    licensetext.license_of_text(text)


def test_a_huge_file_takes_bounded_time():
    begin = time.perf_counter()
    licensetext.match("lorem ipsum dolor sit amet " * 200_000)
    assert time.perf_counter() - begin < 5


TENCENT = "{}COMMUNITY LICENSE AGREEMENT\nTHIS LICENSE AGREEMENT DOES NOT APPLY IN THE EUROPEAN UNION"
NVIDIA = "NVIDIA License 3.3 The Work and any derivative works thereof only may be used or intended for use {}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (TENCENT.format("TENCENT HUNYUANWORLD-MIRROR "), "tencent-hunyuanworld"),
        (TENCENT.format("TENCENT HUNYUAN "), "tencent-hunyuan-community"),
        (NVIDIA.format("non-commercially"), "nvidia-non-commercial"),
        (
            "# FISH AUDIO RESEARCH LICENSE AGREEMENT\n**Last Updated: March 7, 2026**\nIntroduction",
            "fish-audio-research",
        ),
    ],
)
def test_texts_of_one_house_are_told_apart(text, key):
    assert found(text) == key


def test_world_models_of_tencent_have_the_lower_threshold():
    for model, limit in (("tencent/HunyuanWorld-Voyager", 1_000_000), ("tencent/HunyuanImage-2.1", 100_000_000)):
        terms = license_for("other", "tencent-hunyuan-community", None, "tencent", model)
        assert terms is not None
        assert [threshold.value for threshold in terms.thresholds] == [limit]
        assert set(terms.territory_exclusions) == {"EU", "GB", "KR"}
