"""Registries without keys that say so, lists in scripts, names with something around them; and what is none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicheck.discover import DiscoverSettings, discover


def _found(root: Path, files: dict[str, str]) -> set[str]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    inventory = discover(root, DiscoverSettings(jobs=1))
    return {str(reference.target) for reference in inventory.references}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "supported.json",
            '{"groq": [{"id": "llama-3.3-70b-versatile"}, {"id": "gemma2-9b-it"}], "openai": [{"id": "gpt-4o"}]}',
            {"api:groq/llama-3.3-70b-versatile", "api:groq/gemma2-9b-it", "api:openai/gpt-4o"},
        ),
        (
            "bench.json",
            '[{"name": "gpt-4o-mini"}, {"name": "claude-3-haiku-20240307"}, {"name": "o3-mini"}, {"name": "Llama-3.3-70B-Instruct"}, {"name": "week-12"}]',
            {
                "api:?/gpt-4o-mini",
                "api:?/claude-3-haiku-20240307",
                "api:?/o3-mini",
                "api:?/Llama-3.3-70B-Instruct",
            },
        ),
        (
            ".someagentconfig",
            '{"models": {"main": {"provider": "perplexity", "modelId": "sonar"}}}',
            {"api:perplexity/sonar"},
        ),
        (
            "prompts/a.prompt",
            "---\nmodel: googleai/gemini-2.5-flash\n---\nHi {{name}}\n",
            {"api:google/gemini-2.5-flash"},
        ),
        ("agent.yaml", "default_model: gpt-5-mini?reasoning=low\n", {"api:?/gpt-5-mini"}),
        ("agent.yaml", "default_model: haiku\n", {"api:?/haiku"}),
        (
            "gateway.toml",
            'model = "anthropic::claude-3-5-haiku-20241022"\n',
            {"api:?/anthropic/claude-3-5-haiku-20241022"},
        ),
        (
            "run.yaml",
            "models:\n- model_id: ${env.SAFETY_MODEL:=meta-llama/Llama-Guard-3-1B}\n",
            {"hf:meta-llama/Llama-Guard-3-1B"},
        ),
        ("Model.swift", 'enum M: String {\n    case law = "voyage-law-2"\n}\n', {"api:?/voyage-law-2"}),
        (".env", "DEFAULT_MODEL=mistral:latest\n", {"ollama:mistral:latest"}),
        (
            "runner.ts",
            'const names = { small: "ai/smollm2:360M-Q4_K_M", big: "ai/llama3.3:70B-F16" };\n',
            {"docker:ai/smollm2:360M-Q4_K_M", "docker:ai/llama3.3:70B-F16"},
        ),
    ],
)
def test_registries_and_spellings(tmp_path: Path, name: str, text: str, expected: set[str]) -> None:
    found = _found(tmp_path, {name: text})
    assert {target for target in found if not target.startswith("unresolvable")} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# ollama\nMODELS=(llama3.2 qwen3:8b)\n", {"ollama:llama3.2", "ollama:qwen3:8b"}),
        ('for m in mistral-nemo phi4; do\n  ollama pull "$m"\ndone\n', {"ollama:mistral-nemo", "ollama:phi4"}),
        (
            'LIST=(all-minilm phi4)\nfor x in "${LIST[@]}"; do ollama pull $x; done\n',
            {"ollama:all-minilm", "ollama:phi4"},
        ),
        ('MODELS="${MODELS:-gpt-4o claude-3-opus-20240229}"\n', {"api:?/gpt-4o", "api:?/claude-3-opus-20240229"}),
        ("for f in llama.txt phi4.json; do rm $f; done\n", set()),
        ('FLAGS="--fast --quiet gpt"\nfor d in build dist; do ollama list $d; done\n', set()),
    ],
)
def test_lists_in_scripts(tmp_path: Path, text: str, expected: set[str]) -> None:
    assert _found(tmp_path, {"pull.sh": text}) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "agents.json",
            '{"clients": ["claude-code", "codex-cli", "gemini-cli"], "path": "integrations/claude-code"}',
        ),
        (
            "ci.yml",
            'jobs:\n  a:\n    steps:\n      - run: |\n          X=\'["openai/o1*", "google/gemini-3*pro*"]\'\n',
        ),
        ("mcp.yaml", "servers:\n  github:\n    url: https://api.githubcopilot.com/mcp/\n"),
        ("azure.yaml", 'base_url: "https://...resource.openai.azure.com/"\n'),
        ("cases.json", '{"fixture_dir": "google/gemini-2.0-flash/tool_use"}'),
        ("stack.yaml", "providers:\n- provider_type: inline::llama-guard\n  model: inline::llama-guard\n"),
        ("sound.yaml", "codec: opus\nname: sonnet\n"),
        ("release.json", '[{"name": "beta-12"}, {"name": "gpt"}, {"name": "rc-3"}]'),
        (".shrc", "model=gpt-4o\n"),
        ("tests/stream.test.ts", 'await client.chat.completions.create({ model: "large-output" });\n'),
        ("src/store.ts", 'export const a = { modelId: "old-model" };\n'),
    ],
)
def test_decoys(tmp_path: Path, name: str, text: str) -> None:
    assert not {target for target in _found(tmp_path, {name: text}) if not target.startswith(("mcp:", "tool"))}


def test_the_label_beside_an_id_is_no_second_model(tmp_path: Path) -> None:
    text = '{"models": [{"id": "gpt-4o", "name": "GPT-4o"}]}'
    assert _found(tmp_path, {"models.json": text}) == {"api:?/gpt-4o"}
