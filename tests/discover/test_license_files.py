"""Licence texts beside weights and installed distributions become evidence, and only there."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from aicheck.core.evidence import ClaimSource, Disputed, Known, Unseen
from aicheck.core.target import Library, WeightsFile
from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.license_files import is_license_file
from aicheck.discover.trees import EnvironmentTree, open_tree
from aicheck.resolve import open_sources, resolve
from tests.discover.formats import samples

MIT = """MIT License

Copyright (c) 2026 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
LLAMA = "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version Release Date: July 23, 2024\n" + "terms " * 40
CARD = "---\nlicense: {}\nlibrary_name: transformers\npipeline_tag: text-generation\n---\n# A model\n"


def model(folder: Path, *, text: str | None = MIT, name: str = "LICENSE", card: str | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(samples.safetensors())
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}))
    if text is not None:
        (folder / name).write_text(text)
    if card is not None:
        (folder / "README.md").write_text(CARD.format(card))
    return folder


def terms_of(root: Path):
    inventory = discover(root, DiscoverSettings())
    components = resolve(inventory, open_sources(offline=True, today="2026-11-23"))
    (found,) = [each for each in components if isinstance(each.target, WeightsFile)]
    return found.license


@pytest.mark.parametrize(
    "name", ["LICENSE", "LICENSE.txt", "licence.md", "COPYING", "MODEL_LICENSE", "LICENSE-MODEL"]
)
def test_the_text_beside_a_model_is_its_licence(tmp_path: Path, name: str) -> None:
    terms = terms_of(model(tmp_path / "m", name=name).parent)
    assert isinstance(terms, Known)
    assert terms.value.expression == "MIT"
    (claim,) = terms.claims
    assert (claim.source, claim.locator) == (ClaimSource.FILE_LIST, f"m/{name}")


def test_a_custom_licence_is_told_by_its_text(tmp_path: Path) -> None:
    terms = terms_of(model(tmp_path, text=LLAMA))
    assert isinstance(terms, Known)
    assert terms.value.name.startswith("Llama 3.1")


def test_card_and_text_agree(tmp_path: Path) -> None:
    terms = terms_of(model(tmp_path, card="mit"))
    assert isinstance(terms, Known)
    assert [claim.locator for claim in terms.claims][-1] == "LICENSE"
    assert len(terms.claims) == 2


def test_card_and_text_contradict_each_other(tmp_path: Path) -> None:
    terms = terms_of(model(tmp_path, text=LLAMA, card="apache-2.0"))
    assert isinstance(terms, Disputed)
    assert {claim.value.expression for claim in terms.claims} > {"Apache-2.0"}


def test_an_unknown_text_is_no_licence_and_is_told(tmp_path: Path) -> None:
    terms = terms_of(model(tmp_path, text="You may look at these weights on Sundays. " * 20))
    assert isinstance(terms, Unseen)
    assert "LICENSE" in terms.gap.detail


def test_the_licence_of_a_project_is_not_that_of_a_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text(MIT)
    (tmp_path / "detector.safetensors").write_bytes(samples.safetensors())
    assert isinstance(terms_of(tmp_path), Unseen)


def test_the_text_of_another_folder_does_not_count(tmp_path: Path) -> None:
    model(tmp_path / "a", text=None)
    (tmp_path / "LICENSE").write_text(MIT)
    assert isinstance(terms_of(tmp_path), Unseen)


def test_two_texts_are_not_one_licence(tmp_path: Path) -> None:
    model(tmp_path)
    (tmp_path / "LICENSE-LLAMA").write_text(LLAMA)
    assert isinstance(terms_of(tmp_path), Unseen)


def test_an_archive_is_read_as_a_directory_is(tmp_path: Path) -> None:
    folder = model(tmp_path / "m")
    packed = tmp_path / "m.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            member = tarfile.TarInfo(f"m/{path.name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    inventory = discover(open_tree(str(packed)), DiscoverSettings())
    found = {
        reference.attribute("license_text")
        for reference in inventory.references
        if isinstance(reference.target, WeightsFile)
    }
    assert found == {"MIT"}


def test_a_distribution_without_a_stated_licence_has_that_of_its_text(tmp_path: Path) -> None:
    info = tmp_path / "lib" / "python3.12" / "site-packages" / "some_llm-1.0.dist-info"
    (info / "licenses").mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: some-llm\nVersion: 1.0\n")
    (info / "licenses" / "LICENSE").write_text(MIT)
    inventory = discover(EnvironmentTree(tmp_path), DiscoverSettings())
    (component,) = [
        each
        for each in resolve(inventory, open_sources(offline=True, today="2026-11-23"))
        if isinstance(each.target, Library)
    ]
    assert isinstance(component.license, Known)
    assert component.license.value.expression == "MIT"


@pytest.mark.parametrize(
    "name", ["license.py", "LICENSE.png", "licensed", "relicense.txt", "NOTICE", "license.json"]
)
def test_other_files_are_no_licence_texts(name: str) -> None:
    assert not is_license_file(f"a/{name}")
