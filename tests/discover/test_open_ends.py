"""What cannot be seen is said: broken files, variables of scripts, models without a client; documents in values."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicheck.core.evidence import Gap, GapReason
from aicheck.discover import discover

_MODEL = "Qwen/Qwen3-8B"


def _scan(root: Path, files: dict[str, str]) -> tuple[set[tuple[str, int, str]], tuple[Gap, ...]]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    inventory = discover(root)
    return {
        (each.occurrence.path, each.occurrence.line, str(each.target)) for each in inventory.references
    }, inventory.gaps


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", f'{{"model": "{_MODEL}",'),
        ("a.yaml", f'model: {_MODEL}\nother: "not closed\nlist: [1, 2\n'),
        ("a.toml", f'model = "{_MODEL}"\n[section\n'),
    ],
)
def test_a_broken_file_gives_what_can_be_read_and_a_gap(tmp_path: Path, name: str, text: str) -> None:
    found, gaps = _scan(tmp_path, {name: text})
    assert found == {(name, 1, f"hf:{_MODEL}")}
    assert [(gap.path, gap.reason) for gap in gaps] == [(name, GapReason.UNPARSABLE)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", f'// with a comment\n{{"model": "{_MODEL}",}}'),
        ("templates/a.yaml", f"{{{{- if .Values.on }}}}\nmodel: {_MODEL}\n{{{{- end }}}}\n"),
        ("a.yaml", f"model: !custom {_MODEL}\n---\nmodel: {_MODEL}\n"),
    ],
)
def test_comments_templates_and_tags_are_no_faults(tmp_path: Path, name: str, text: str) -> None:
    found, gaps = _scan(tmp_path, {name: text})
    assert {target for _, _, target in found} == {f"hf:{_MODEL}"}
    assert not gaps


def test_a_script_that_takes_its_model_from_outside_leaves_a_gap(tmp_path: Path) -> None:
    script = f'vllm serve "$MODEL"\nOWN={_MODEL}\nvllm serve $OWN\nvllm serve ${{THIRD:-{_MODEL}}}\n'
    pod = 'spec:\n  containers:\n  - command: ["vllm", "serve", "$(MODEL)"]\n'
    told = pod + f"    env:\n    - name: MODEL\n      value: {_MODEL}\n"
    _, gaps = _scan(tmp_path, {"a.sh": script, "pod.yaml": pod, "told.yaml": told})
    assert [(gap.path, gap.line, gap.reason) for gap in gaps] == [
        ("a.sh", 1, GapReason.DYNAMIC),
        ("pod.yaml", 3, GapReason.DYNAMIC),
    ]


def test_an_unbound_name_is_one_gap_for_a_file(tmp_path: Path) -> None:
    text = "".join(f'{{"model": "gpt-4o", "n": {number}}},\n' for number in range(50))
    _, gaps = _scan(tmp_path, {"a.json": f"[{text}{{}}]"})
    assert [gap.reason for gap in gaps] == [GapReason.UNBOUND]
    assert "50 places" in gaps[0].detail


def test_documents_inside_values_are_read(tmp_path: Path) -> None:
    text = f"""kind: ConfigMap
data:
  config.yaml: |
    # proxy
    model_list:
      - model_name: smart
        litellm_params:
          model: deepseek/deepseek-chat
    embedding_model: BAAI/bge-m3
  other.json: |
    {{"model": "{_MODEL}",
     "n": 1}}
  note: |
    Read the manual: it says what Qwen/Qwen3-14B is good for.
"""
    found, gaps = _scan(tmp_path, {"cm.yaml": text})
    assert found == {
        ("cm.yaml", 8, "api:deepseek/deepseek-chat"),
        ("cm.yaml", 9, "hf:BAAI/bge-m3"),
        ("cm.yaml", 11, f"hf:{_MODEL}"),
    }
    assert not gaps


def test_sizes_of_whisper_and_names_of_nemo(tmp_path: Path) -> None:
    python = """import argparse, faster_whisper
p = argparse.ArgumentParser()
p.add_argument(
    "--whisper-model",
    default="medium.en",
)
SIZES = ["tiny", "tiny.en", "base", "large-v2"]
COLOURS = ["tiny", "small", "large"]
"""
    found, _ = _scan(tmp_path, {"a.py": python, "b.yaml": "vad:\n  model_path: vad_multilingual_marblenet\n"})
    assert found == {
        ("a.py", 5, "whisper:medium.en"),
        *((("a.py", 7, f"whisper:{size}")) for size in ("tiny", "tiny.en", "base", "large-v2")),
        ("b.yaml", 2, "ngc:vad_multilingual_marblenet"),
    }


def test_the_first_item_of_an_exported_list_counts(tmp_path: Path) -> None:
    found, _ = _scan(tmp_path, {"a.ts": 'export const ALL = ["gpt-4o-mini", "gpt-4o"] as const;\n'})
    assert {target for _, _, target in found} == {"api:?/gpt-4o-mini", "api:?/gpt-4o"}


def test_spellings_that_only_one_house_uses(tmp_path: Path) -> None:
    python = """import google.generativeai as genai
names = ["openai:gpt-4o", "anthropic:claude-3-5-haiku-latest", "other:thing"]
m = genai.GenerativeModel(model_name="models/gemini-1.5-flash")
p.add_argument("--whisper_model", default="base.en", choices="tiny.en,base.en,large-v3".split(","))
"""
    found, _ = _scan(
        tmp_path, {"a.py": python, "b.ts": 'export const M = [{ name: "Llama-3-8B-Instruct-q4f32_1-MLC-1k" }];\n'}
    )
    assert found == {
        ("a.py", 2, "api:openai/gpt-4o"),
        ("a.py", 2, "api:anthropic/claude-3-5-haiku-latest"),
        ("a.py", 3, "api:google/gemini-1.5-flash"),
        *((("a.py", 4, f"whisper:{size}")) for size in ("tiny.en", "base.en", "large-v3")),
        ("b.ts", 1, "hf:mlc-ai/Llama-3-8B-Instruct-q4f32_1-MLC"),
    }


def test_open_models_that_an_api_sells_count_in_code_but_not_in_clusters(tmp_path: Path) -> None:
    code = 'export const LIMITS = { "gpt-4o": 1, "mixtral-8x7b-32768": 2, "my-llama-3-8b-alias": 3 };\n'
    compared = 'if (settings.model === "gemini-pro-vision") go();\n'
    cluster = "apiVersion: v1\nkind: Service\nmetadata:\n  name: mixtral-8x7b-32768\n"
    table = "-- gpt-4o was the default once\nUPDATE chats SET model = 'gpt-4-turbo-preview' WHERE id = 1;\n"
    found, _ = _scan(tmp_path, {"a.ts": code, "b.ts": compared, "c.yaml": cluster, "d.sql": table})
    assert found == {
        ("a.ts", 1, "api:?/gpt-4o"),
        ("a.ts", 1, "api:?/mixtral-8x7b-32768"),
        ("b.ts", 1, "api:?/gemini-pro-vision"),
        ("d.sql", 2, "api:?/gpt-4-turbo-preview"),
    }
