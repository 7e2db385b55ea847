"""Licences: identifiers, names, links, texts of one name, combinations, and the terms of the important ones."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.component import License
from aicheck.knowledge import licenses
from aicheck.resources import schemas_dir

HUB_IDS = [
    "apache-2.0",
    "mit",
    "openrail",
    "bigscience-openrail-m",
    "creativeml-openrail-m",
    "bigscience-bloom-rail-1.0",
    "bigcode-openrail-m",
    "afl-3.0",
    "artistic-2.0",
    "bsl-1.0",
    "bsd",
    "bsd-2-clause",
    "bsd-3-clause",
    "bsd-3-clause-clear",
    "c-uda",
    "cc",
    "cc0-1.0",
    "cc-by-2.0",
    "cc-by-2.5",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc-by-nc-2.0",
    "cc-by-nc-3.0",
    "cc-by-nc-4.0",
    "cc-by-nd-4.0",
    "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0",
    "cdla-sharing-1.0",
    "cdla-permissive-1.0",
    "cdla-permissive-2.0",
    "wtfpl",
    "ecl-2.0",
    "epl-1.0",
    "epl-2.0",
    "etalab-2.0",
    "eupl-1.1",
    "eupl-1.2",
    "agpl-3.0",
    "gfdl",
    "gpl",
    "gpl-2.0",
    "gpl-3.0",
    "lgpl",
    "lgpl-2.1",
    "lgpl-3.0",
    "isc",
    "h-research",
    "intel-research",
    "lppl-1.3c",
    "ms-pl",
    "apple-ascl",
    "apple-amlr",
    "mpl-2.0",
    "odc-by",
    "odbl",
    "openmdw-1.0",
    "openmdw-1.1",
    "openrail++",
    "osl-3.0",
    "postgresql",
    "ofl-1.1",
    "ncsa",
    "unlicense",
    "zlib",
    "pddl",
    "lgpl-lr",
    "deepfloyd-if-license",
    "fair-noncommercial-research-license",
    "llama2",
    "llama3",
    "llama3.1",
    "llama3.2",
    "llama3.3",
    "llama4",
    "grok2-community",
    "gemma",
]


def answer(*args: object, **keywords: object) -> License:
    found = licenses.license_for(*args, **keywords)  # type: ignore[arg-type]
    assert found is not None, (args, keywords)
    return found


def test_rows_follow_their_schema_and_are_sorted_and_unique():
    path = licenses._DATA / "licenses.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads((schemas_dir() / "knowledge-licenses.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(document)
    keys = [row["key"] for row in document["rows"]]
    assert keys == sorted(set(keys))
    assert len(keys) >= 180


def test_scancode_references_name_aboutcode_keys():
    # Published after the LicenseDB snapshot; read on scancode-licensedb.aboutcode.org.
    newer = {"ltx-2-cla-2026", "upstage-solar-2026-01-16", "tencent-hunyuan-image-3.0-cla"}
    known = {entry[0] for entry in licenses._licensedb_table().values()} | newer
    for row in licenses.rows().values():
        if row["expression"].startswith("LicenseRef-scancode-"):
            assert row["expression"].removeprefix("LicenseRef-scancode-") in known, row["key"]


def test_spdx_identifiers_are_spdx():
    known = {entry[1].split(" ")[0] for entry in licenses._licensedb_table().values()} | {"OpenMDW-1.0"}
    for row in licenses.rows().values():
        if not row["expression"].startswith("LicenseRef-"):
            assert row["expression"] in known, row["key"]


@pytest.mark.parametrize("hub_id", HUB_IDS)
def test_every_hub_identifier_is_known(hub_id):
    found = answer(hub_id)
    assert found.hub_id == hub_id
    assert found.category is not None
    assert found.verified
    assert licenses.by_id(hub_id) is not None


@pytest.mark.parametrize(
    "junk", ["license", "other", "unknown", "???", "", "None", "not specified", "m", "see-base-model"]
)
def test_junk_is_not_a_licence(junk):
    assert licenses.license_for(junk) is None


def test_an_unknown_name_is_not_guessed():
    assert licenses.license_for("other", "acme-secret-sauce-1.0") is None
    assert licenses.license_for(["apache-2.0", "acme-secret-sauce-1.0"]) is None


@pytest.mark.parametrize(
    ("written", "expression"),
    [
        ("MIT", "MIT"),
        ("Apache 2.0", "Apache-2.0"),
        ("apache-2", "Apache-2.0"),
        ("apache_2_0", "Apache-2.0"),
        ("BSD-3", "BSD-3-Clause"),
        ("PDDL", "PDDL-1.0"),
        ("Academic Free License v3.0", "AFL-3.0"),
        ("CC-BY-NC-SA-4.0", "CC-BY-NC-SA-4.0"),
        ("llama_3_1_community_license", "LicenseRef-scancode-llama-3.1-license-2024"),
        ("llama3_2", "LicenseRef-scancode-llama-3.2-license-2024"),
        ("gemma-terms-of-use", "LicenseRef-scancode-gemma-tou-2025-03-24"),
        ("LFM-Open-License-v1.0", "LicenseRef-aicheck-lfm1.0"),
        ("nvidia_open_model_license_agreement", "LicenseRef-scancode-nvidia-open-model-2025-04-28"),
        ("https://huggingface.co/LiquidAI/LFM2-VL-450M/blob/main/LICENSE", "LicenseRef-aicheck-lfm1.0"),
        ("apache-2.0 OR mit", "Apache-2.0 OR MIT"),
        ("apache-2.0,mit", "Apache-2.0 AND MIT"),
        ("bsl-1.0", "BSL-1.0"),
        ("openmdw-1.0", "OpenMDW-1.0"),
    ],
)
def test_spellings(written, expression):
    assert answer(written).expression == expression


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("moonshotai/Kimi-K2-Instruct", "kimi-k2"),
        ("moonshotai/Kimi-K2.5", "kimi-k2.5"),
        ("unsloth/Kimi-K2.5-GGUF", "kimi-k2.5"),
        ("moonshotai/Kimi-K2-Thinking", "kimi-k2"),
        ("MiniMaxAI/MiniMax-M2", "minimax-m2"),
        ("MiniMaxAI/MiniMax-M2.1", "minimax-m2.1"),
        ("nvidia/MiniMax-M2.5-NVFP4", "minimax-m2.5"),
        ("mistralai/Devstral-2-123B-Instruct-2512", "mistral-modified-mit"),
    ],
)
def test_modified_mit_is_told_apart_by_model(model, key):
    found = answer("other", "modified-mit", model=model)
    assert licenses.key_of(found) == key


def test_modified_mit_without_context_is_not_guessed():
    assert licenses.license_for("other", "modified-mit") is None
    assert licenses.license_for("other", "modified-mit", model="someone/finetune") is None


def test_modified_mit_is_told_apart_by_link_and_namespace():
    by_link = answer(
        "other", "modified-mit", "https://huggingface.co/moonshotai/Kimi-K2-Instruct/blob/main/LICENSE"
    )
    assert licenses.key_of(by_link) == "kimi-k2"
    assert licenses.key_of(answer("other", "modified-mit", namespace="mistralai")) == "mistral-modified-mit"


def test_other_without_a_name_falls_back_to_the_developers_own_repository_only():
    assert licenses.key_of(answer("other", model="Qwen/Qwen2.5-72B-Instruct")) == "qwen"
    assert licenses.license_for("other", model="someone/Qwen2.5-72B-Instruct") is None
    assert licenses.key_of(answer(None, model="Qwen/Qwen2.5-72B-Instruct")) == "qwen"
    assert licenses.license_for(None, model="someone/anything") is None


def test_a_list_applies_together_in_the_strictest_form():
    both = answer(["gemma", "llama3.3"])
    assert both.category == "open-weights-restricted"
    assert both.thresholds[0].value == 700_000_000
    assert "Prohibited Use Policy" in (both.use_restrictions or "")
    assert "Acceptable Use Policy" in (both.use_restrictions or "")
    mixed = answer(["mit", "cc-by-nc-4.0"])
    assert mixed.commercial_use == "no"
    assert mixed.osi_approved is False


def test_terms_of_llama():
    llama2, llama33, llama4 = answer("llama2"), answer("llama3.3"), answer("llama4")
    for found in (llama2, llama33, llama4):
        (limit,) = found.thresholds
        assert (limit.metric, limit.value, limit.unit) == ("monthly-active-users", 700_000_000, "users")
        assert found.commercial_use == "yes-with-conditions"
    assert llama4.territory_exclusions == ("EU",)
    assert llama33.territory_exclusions == ()
    assert answer("llama3.2").territory_exclusions == ("EU",)
    assert answer("llama3.2", model="meta-llama/Llama-3.2-1B-Instruct").territory_exclusions == ()
    assert answer("llama3.2", model="meta-llama/Llama-3.2-11B-Vision").territory_exclusions == ("EU",)
    assert "Llama" in (llama33.naming or "")
    assert "must not" in (llama2.output_restrictions or "")


def test_terms_of_hunyuan_and_minimax():
    hunyuan = answer("other", "tencent-hunyuan-community")
    assert set(hunyuan.territory_exclusions) == {"EU", "GB", "KR"}
    assert hunyuan.thresholds[0].value == 100_000_000
    three_d = answer("other", "tencent-hunyuan-community", model="tencent/Hunyuan3D-2.1")
    assert three_d.thresholds[0].value == 1_000_000
    h3 = answer("other", "minimax-h3-community-license-agreement")
    assert "US" in h3.territory_exclusions
    assert answer("other", "minimax-m2.7-non-commercial").commercial_use == "no"


def test_cohere_policy_stands_on_top_of_the_creative_commons_licence():
    assert answer("cc-by-nc-4.0").expression == "CC-BY-NC-4.0"
    cohere = answer("cc-by-nc-4.0", model="CohereLabs/c4ai-command-a-03-2025")
    assert "Acceptable Use Policy" in (cohere.use_restrictions or "")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("LicenseRef-scancode-llama-2-license-2023", "LicenseRef-scancode-llama-2-license-2023"),
        ("llama-2-license-2023", "LicenseRef-scancode-llama-2-license-2023"),
        ("Llama 3.1 Community License Agreement", "LicenseRef-scancode-llama-3.1-license-2024"),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0"),
        ("kimi-k3", "LicenseRef-aicheck-kimi-k3"),
        ("Artistic-1.0", "Artistic-1.0"),
        ("mit OR gpl-2.0", "MIT OR GPL-2.0-only"),
    ],
)
def test_by_id(text, expression):
    found = licenses.by_id(text)
    assert found is not None
    assert found.expression == expression


def test_by_id_of_nothing():
    assert licenses.by_id("no-such-licence-anywhere") is None
    assert licenses.by_id("") is None


def test_licences_of_the_licensedb_carry_their_category_and_say_that_terms_were_not_read():
    found = licenses.by_id("APSL-2.0")
    assert found is not None
    assert found.category == "copyleft"
    assert "not read" in found.note


def test_permissive_and_restrictive_do_not_overlap():
    for key in licenses.rows():
        found = licenses.by_id(key)
        assert found is not None
        assert not (licenses.is_permissive(found) and licenses.is_restrictive(found)), key


@given(st.text(max_size=80))
def test_any_text_is_answered_without_error(text):
    found = licenses.license_for(text, text, text, text, text)
    assert found is None or re.match(r"[A-Za-z0-9]", found.expression)
    licenses.by_id(text)


@given(
    st.lists(
        st.sampled_from(["mit", "apache-2.0", "llama3.1", "cc-by-nc-4.0", "gpl-3.0", "openrail"]),
        min_size=1,
        max_size=4,
    )
)
def test_a_combination_is_never_freer_than_a_member(members):
    combined = answer(members)
    if any(answer(member).commercial_use == "no" for member in members):
        assert combined.commercial_use == "no"
    if any(licenses.is_restrictive(answer(member)) for member in members):
        assert licenses.is_restrictive(combined)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("qwen (Qwen LICENSE AGREEMENT 2024-09-19)", "qwen"),
        ("deepseek-v1 (DeepSeek License Agreement 1.0, 2023-10-23)", "deepseek"),
        ("glm-4 (2024)", "glm-4"),
        ("yi-license (old)", "yi-license"),
        ("internlm (free commercial by form)", "internlm"),
        ("llama-1 (LLaMA license 2023)", "llama-1"),
        ("kimi-k2 (Modified MIT)", "kimi-k2"),
        ("CC-BY-NC-4.0 + C4AI AUP", "cohere-c4ai"),
        ("Llama 3.1 model license", "llama3.1"),
        ("Gemma Terms of Use 2024", "gemma"),
        ("FLUX.1-dev", "flux-1-dev-nc"),
    ],
)
def test_names_as_people_write_them(written, key):
    found = licenses.by_id(written)
    assert found is not None
    assert found.name == licenses.rows()[key]["name"]


@pytest.mark.parametrize(
    "written",
    [
        "gpl (MIT)",
        "apache-2.0 (modified)",
        "model license",
        "community license 2024",
        "foo (bar)",
        "()",
        "( 2024 )",
    ],
)
def test_what_is_written_around_a_name_makes_no_licence(written):
    assert licenses.by_id(written) is None


@pytest.mark.parametrize("text", ["(" * 2000, "MIT (" * 400, "spdx:" * 400, "MIT AND " * 5000, "((MIT) " * 30])
def test_a_licence_of_brackets_is_no_licence(text: str) -> None:
    assert licenses.by_id(text) is None
