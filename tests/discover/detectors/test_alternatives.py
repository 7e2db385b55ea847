"""Unions and `case` tables of model names, Bedrock's newer spellings, keys that mean two things."""

from __future__ import annotations

import pytest

from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.trees import MemoryTree


def targets(path: str, text: str) -> set[str]:
    return {str(r.target) for r in discover(MemoryTree({path: text.encode()}), DiscoverSettings()).references}


FOUND = {
    "a type that is named after models": (
        "a.ts",
        'export type OllamaModel =\n  | "llama3.2"\n  | "mistral"\n  | "nomic-embed-text";\n',
        {"ollama:llama3.2", "ollama:mistral", "ollama:nomic-embed-text"},
    ),
    "two known members tell of the third": (
        "a.ts",
        'let which: "o1" | "gpt-4o" | "sonar" | "o3-mini" = pick();\n',
        {"api:?/gpt-4o", "api:?/sonar", "api:?/o3-mini"},
    ),
    "a switch over a model": (
        "a.ts",
        'switch (settings.model) { case "o1": case "gpt-4o": return 1; case "qwen2p5-72b-instruct": return 2; }\n',
        {"api:?/o1", "api:?/gpt-4o", "api:?/qwen2p5-72b-instruct"},
    ),
    "houses on Bedrock without a version": (
        "a.tf",
        'x = ["qwen.qwen3-32b", "moonshot.kimi-k2-thinking", "openai.gpt-oss-120b-1:0", "zai.glm-4.6"]\n',
        {
            "api:bedrock/qwen.qwen3-32b",
            "api:bedrock/moonshot.kimi-k2-thinking",
            "api:bedrock/openai.gpt-oss-120b-1:0",
            "api:bedrock/zai.glm-4.6",
        },
    ),
    "regions of Bedrock": (
        "a.go",
        'package a\nvar m = "jp.anthropic.claude-sonnet-4-5-20250929-v1:0"\n',
        {"api:bedrock/jp.anthropic.claude-sonnet-4-5-20250929-v1:0"},
    ),
    "what draws an image is no container": (
        "application.yml",
        "spring:\n  ai:\n    openai:\n      image:\n        options:\n          model: dall-e-3\n",
        {"api:openai/dall-e-3"},
    ),
    "a closed model under a key of architectures": (
        "a.rs",
        'let r = Request { model_type: "gpt-4o".to_string() };\n',
        {"api:?/gpt-4o"},
    ),
    "records of which others are known": (
        "a.go",
        (
            'package a\nvar l = []ModelConfig{\n{Model: "qwen-max", Owner: "ali-1"},\n{Model: "qwen-plus"},\n'
            '{Model: "qwen-turbo"},\n{Model: "kling-v1"},\n{Model: "none"},\n}\n'
        ),
        {"api:?/kling-v1", "api:?/qwen-max"},
    ),
    "a helper of Ollama's client": (
        "a.rs",
        (
            "use ollama_rs::{coordinator::Coordinator, Ollama};\n"
            'fn f() { let c = Coordinator::new(ollama, "llama3.2".to_string(), history); }\n'
        ),
        {"ollama:llama3.2"},
    ),
    "settings of .NET": ("a.json", '{"x": {"TextModel": "gpt-3.5-turbo"}}', {"api:?/gpt-3.5-turbo"}),
    "a repository of a size": (
        "values.yaml",
        "models:\n  - name: small\n    repo: Qwen/Qwen2.5-7B-Instruct\n",
        {"hf:Qwen/Qwen2.5-7B-Instruct"},
    ),
}
LIST = 'var l = []C{{Model: "gpt-4"}, {Model: "gpt-4o"}, {Model: "gpt-4.1"}, {Model: "kling-v1"}}\n'
STATEMENTS = "".join(
    f'c{n} := C{{Model: "{name}"}}\n' for n, name in enumerate(("gpt-4", "gpt-4o", "gpt-4.1", "kling-v1"))
)
NOTHING = {
    "a union of levels": ("a.ts", 'type Level = "o1" | "o2" | "mistral" | "low";\n'),
    "a switch over winds": ("a.ts", 'switch (wind) { case "mistral": return 1; case "sonar": return 2; }\n'),
    "keys of texts": ("a.ts", 'const t = translate("openai.gpt-settings.title");\n'),
    "architectures": ("a.json", '{"model_type": "minimax-m2"}'),
    "helpers named after Ollama": ("a.ts", 'const x = await ollamaFormatAllCustomModels("chat");\n'),
    "code of a house": (".pre-commit-config.yaml", "repos:\n  - repo: Qwen/Qwen3\n"),
}


@pytest.mark.parametrize("name", FOUND)
def test_is_found(name: str) -> None:
    path, text, expected = FOUND[name]
    assert expected <= targets(path, text)


@pytest.mark.parametrize("name", NOTHING)
def test_is_nothing(name: str) -> None:
    path, text = NOTHING[name]
    assert targets(path, text) == set()


def test_only_records_of_lists_tell_of_their_neighbours() -> None:
    assert "api:?/kling-v1" in targets("a.go", "package a\n" + LIST)
    assert "api:?/kling-v1" not in targets("a_test.go", "package a\n" + LIST)
    assert "api:?/kling-v1" not in targets("a.go", "package a\nfunc f() {\n" + STATEMENTS + "}\n")
    assert "api:?/kling-v1" not in targets("a.go", "package a\n" + LIST.replace("Model", "Title"))
