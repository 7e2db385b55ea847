"""Constants of JavaScript and TypeScript, in the file and across files, and the clients that they are used with."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicheck.core.target import HostedModel
from aicheck.discover import discover
from aicheck.discover.detectors.javascript import DETECTOR
from aicheck.discover.engine import Examiner
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile

EXAMINER = Examiner((DETECTOR,), DiscoverSettings())


def targets(content: str) -> set[str]:
    return {str(r.target) for r in EXAMINER.examine(SourceFile("a.ts", content.encode())).references}


CLIENT = 'import OpenAI from "openai";\n{}const c = new OpenAI({{ {} }});\nc.chat.completions.create({{ model: "deepseek-chat" }});\n'


@pytest.mark.parametrize(
    ("before", "options", "expected"),
    [
        ("", "apiKey: process.env.KEY", "api:openai/deepseek-chat"),
        ("", 'baseURL: "https://api.deepseek.com"', "api:deepseek/deepseek-chat"),
        ("", 'baseURL: process.env.URL ?? "https://api.deepseek.com"', "api:deepseek/deepseek-chat"),
        ("", 'baseURL: process.env["URL"] || "https://api.deepseek.com"', "api:deepseek/deepseek-chat"),
        ('const BASE = "https://api.deepseek.com";\n', "baseURL: BASE", "api:deepseek/deepseek-chat"),
        ('const baseURL = "https://api.deepseek.com";\n', "baseURL, apiKey: k", "api:deepseek/deepseek-chat"),
        # What the file does not say is not guessed.
        ("", "baseURL: process.env.OPENAI_BASE_URL", "api:?/deepseek-chat"),
        ("", "baseURL: options.url", "api:?/deepseek-chat"),
        ("", "baseURL: process.env.DEEPSEEK_BASE_URL", "api:deepseek/deepseek-chat"),
    ],
)
def test_a_client_is_known_by_its_base_url(before: str, options: str, expected: str) -> None:
    assert expected in targets(CLIENT.format(before, options))


def test_the_variable_of_the_base_url_is_told() -> None:
    code = CLIENT.format("", "baseURL: process.env.OPENAI_BASE_URL")
    (reference,) = EXAMINER.examine(SourceFile("a.ts", code.encode())).references
    assert reference.attribute("base_url_env") == "OPENAI_BASE_URL"


def test_a_class_takes_model_and_base_url_at_once() -> None:
    code = 'import { ChatOpenAI } from "@langchain/openai";\nnew ChatOpenAI({ model: "deepseek-chat", configuration: { baseURL: "https://api.deepseek.com" } });'
    assert "api:deepseek/deepseek-chat" in targets(code)


def test_a_request_goes_to_its_address() -> None:
    code = 'await fetch("https://api.groq.com/openai/v1/chat/completions", { body: JSON.stringify({ model: "llama-3.1-8b-instant" }) });'
    assert "api:groq/llama-3.1-8b-instant" in targets(code)


def test_a_constant_of_the_file_is_bound_by_its_use() -> None:
    code = 'import { openai } from "@ai-sdk/openai";\nconst MODEL = "gpt-4o";\ngenerateText({ model: openai(MODEL) });\n'
    assert targets(code) == {"api:openai/gpt-4o"}


def test_names_of_the_project_s_own_provider_are_no_provider_s() -> None:
    code = (
        'import { customProvider } from "ai";\nimport { groq } from "@ai-sdk/groq";\n'
        'customProvider({ languageModels: { "fast": groq("llama-3.1-8b-instant") } });'
    )
    assert targets(code) == {"api:groq/llama-3.1-8b-instant"}


def test_lists_under_the_key_of_a_provider_are_its_models() -> None:
    code = 'const P = { openai: { models: ["dall-e-3"] }, anthropic: { models: ["gpt-4o"] } };'
    assert targets(code) == {"api:openai/dall-e-3", "api:?/gpt-4o"}


def test_what_a_helper_of_ollama_s_client_is_given() -> None:
    assert targets('import ollama from "ollama";\nrun("mistral"); run("verbose");') == {"ollama:mistral"}
    assert targets('import ollama from "other";\nrun("mistral");') == set()


def test_options_of_functions_of_an_sdk_are_no_models() -> None:
    code = (
        'import { generateImage } from "ai";\nawait generateImage({ model, ...(f === "size" ? { size } : {}) });'
    )
    assert targets(code) == set()


def test_members_of_enumerations_of_sdks() -> None:
    assert targets("f({ model: OpenAIModel.GPT_4O_MINI });") == {"api:openai/gpt-4o-mini"}
    assert targets("f({ model: Config.HEADER_LEFT, kind: Model.default });") == set()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "src/lib/config.ts": (
            'export const CHAT_MODEL = "gpt-4o-mini";\nexport const MODELS = { fast: "claude-3-5-haiku-latest" } as const;\n'
            'export const BASE = process.env.BASE ?? "https://api.deepseek.com";\nexport const limit = 3;\n'
        ),
        "src/lib/index.ts": 'export * from "./config";\nexport { PIPE as MODEL } from "./pipe.js";\n',
        "src/lib/pipe.ts": 'export const PIPE = "Xenova/whisper-tiny";\n',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def found(project: Path, code: str) -> dict[str, str | None]:
    path = project / "src/app/a.ts"
    path.parent.mkdir(exist_ok=True)
    path.write_text(code)
    return {
        str(reference.target): reference.attribute("via")
        for reference in discover(project).references
        if reference.occurrence.path == "src/app/a.ts"
    }


def test_imported_constants_are_followed(project: Path) -> None:
    code = (
        'import { openai } from "@ai-sdk/openai";\nimport { anthropic } from "@ai-sdk/anthropic";\n'
        'import { CHAT_MODEL as m, MODELS } from "@/lib/config";\nf({ model: openai(m) }); g({ model: anthropic(MODELS.fast) });\n'
    )
    assert found(project, code) == {
        "api:openai/gpt-4o-mini": "src/lib/config.ts:1",
        "api:anthropic/claude-3-5-haiku-latest": "src/lib/config.ts:2",
    }
    defined = [r for r in discover(project).references if r.occurrence.path == "src/lib/config.ts"]
    assert {str(r.target) for r in defined} >= {"api:openai/gpt-4o-mini", "api:anthropic/claude-3-5-haiku-latest"}


def test_exports_that_are_passed_on_are_followed(project: Path) -> None:
    code = 'import { pipeline } from "@huggingface/transformers";\nimport { MODEL } from "../lib";\nawait pipeline("asr", MODEL);\n'
    assert found(project, code) == {"hf:Xenova/whisper-tiny": "src/lib/pipe.ts:1"}


def test_a_base_url_of_another_file_binds(project: Path) -> None:
    code = 'import OpenAI from "openai";\nimport { BASE } from "@/lib/config";\nconst c = new OpenAI({ baseURL: BASE });\nc.chat.completions.create({ model: "deepseek-chat" });\n'
    (target,) = found(project, code)
    assert target == "api:deepseek/deepseek-chat"


@pytest.mark.parametrize(
    "code",
    [
        # A component that is handed a constant calls nobody; a number, a type and a package are no models.
        'import { CHAT_MODEL } from "@/lib/config";\nexport default () => <Chat initialChatModel={CHAT_MODEL} />;',
        'import { openai } from "@ai-sdk/openai";\nimport { limit } from "@/lib/config";\nf({ model: openai(limit) });',
        'import { openai } from "@ai-sdk/openai";\nimport { CHAT_MODEL } from "somewhere";\nf({ model: openai(CHAT_MODEL) });',
        'import { openai } from "@ai-sdk/openai";\nimport { CHAT_MODEL } from "../../../../../etc/config";\nf({ model: openai(CHAT_MODEL) });',
        'import { openai } from "@ai-sdk/openai";\nimport { A } from "./a";\nexport { A } from "./a";\nf({ model: openai(A) });',
    ],
)
def test_what_is_no_constant_of_the_project_gives_nothing(project: Path, code: str) -> None:
    assert found(project, code) == {}


def test_hosted_targets_keep_the_host(project: Path) -> None:
    code = 'import OpenAI from "openai";\nconst c = new OpenAI({ baseURL: "https://api.deepseek.com/v1" });\nc.chat.completions.create({ model: "deepseek-chat" });\n'
    found(project, code)
    (target,) = {
        r.target
        for r in discover(project).references
        if isinstance(r.target, HostedModel) and r.occurrence.path.endswith("a.ts")
    }
    assert target.host == "api.deepseek.com"
