"""Configurations, scripts and code: what is seen, with its target, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicheck.core.reference import Reference, Use
from aicheck.discover.detectors import (
    infrastructure,
    javascript,
    json,
    settings_files,
    shell,
    source_code,
    text,
    yaml,
)
from aicheck.discover.engine import Examiner
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile

DETECTORS = (
    javascript.DETECTOR,
    yaml.DETECTOR,
    json.DETECTOR,
    settings_files.DETECTOR,
    infrastructure.DETECTOR,
    shell.DETECTOR,
    source_code.DETECTOR,
    *text.DETECTORS,
)
FAST = Examiner(DETECTORS, DiscoverSettings(include_docs=True))
PLAIN = Examiner(DETECTORS, DiscoverSettings(include_docs=True, engine="python"))
SLOW = Examiner(DETECTORS, DiscoverSettings(include_docs=True, prefilter=False))


def see(path: str, content: str) -> list[Reference]:
    examined = FAST.examine(SourceFile(path, content.encode()))
    assert all(gap.reason.value == "dynamic" or gap.detail.startswith("not valid") for gap in examined.gaps)
    return examined.references


def targets(path: str, content: str) -> set[str]:
    return {str(r.target) for r in see(path, content) if r.occurrence.use not in {Use.COMMENT, Use.DOCUMENTATION}}


SEEN = [
    # YAML
    ("config/a.yml", "base_model: NousResearch/Meta-Llama-3-8B\n", {"hf:NousResearch/Meta-Llama-3-8B"}),
    ("a.yaml", "datasets:\n  - path: mhenrichsen/alpaca_2k_test\n    type: alpaca\n", {"hf-dataset:mhenrichsen/alpaca_2k_test"}),
    (
        "k8s/m.yaml",
        "apiVersion: kubeai.org/v1\nkind: Model\nspec:\n  url: ollama://gemma2:2b\n  adapters:\n  - name: x\n    url: hf://a/b-lora\n",
        {"ollama:gemma2:2b", "hf:a/b-lora"},
    ),
    (
        "k8s/d.yaml",
        'apiVersion: apps/v1\nkind: Deployment\nspec:\n  containers:\n  - command: ["vllm", "serve"]\n    args:\n    - Qwen/Qwen3-8B\n    - --port=80\n',
        {"hf:Qwen/Qwen3-8B"},
    ),
    (
        "k8s/e.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - env:\n    - name: MODEL_ID\n      value: mistralai/Mistral-7B-v0.1\n",
        {"hf:mistralai/Mistral-7B-v0.1"},
    ),
    (
        "charts/x/templates/d.yaml",
        '{{- if .Values.on }}\nargs:\n  - "--model={{ .Values.model | default "Qwen/Qwen3-8B" }}"\n{{- end }}\n',
        {"hf:Qwen/Qwen3-8B"},
    ),
    (
        "docker-compose.yml",
        "services:\n  a:\n    image: nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8.0\n    environment:\n      - LLM_MODEL=${LLM_MODEL:-Qwen/Qwen3-8B}\n",
        {"ngc:meta/llama-3.1-8b-instruct:1.8.0", "hf:Qwen/Qwen3-8B"},
    ),
    (
        "litellm.yaml",
        "model_list:\n  - model_name: fast\n    litellm_params:\n      model: groq/llama-3.1-70b-versatile\n      api_key: os.environ/GROQ_API_KEY\n",
        {"api:groq/llama-3.1-70b-versatile"},
    ),
    ("p.yaml", "external:\n  - provider: anthropic\n    model: claude-3-5-sonnet-20241022\n", {"api:anthropic/claude-3-5-sonnet-20241022"}),
    (".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: |\n          pip install x\n          ollama pull qwen2:0.5b\n", {"ollama:qwen2:0.5b"}),
    ("m.yaml", "models:\n  - model: a-house/Some-7B\n  - model: other/Thing-7B\nmerge_method: ties\n", {"hf:a-house/Some-7B", "hf:other/Thing-7B"}),
    ("values.yaml", 'image:\n  repository: nvcr.io/nim/meta/llama3-8b-instruct\n  tag: "1.0.3"\n', {"ngc:meta/llama3-8b-instruct:1.0.3"}),
    ("n.yaml", "image:\n  tag: 1.0.3\n  repository: nvcr.io/nim/meta/llama3-8b-instruct\n", {"ngc:meta/llama3-8b-instruct:1.0.3"}),
    ("n.yaml", "env:\n- name: APP_LLM_MODELNAME\n  value: meta/llama-3.1-70b-instruct\n", {"api:?/meta/llama-3.1-70b-instruct"}),
    ("compose.yaml", "models:\n  llm:\n    model: ai/smollm2\n", {"docker:ai/smollm2"}),
    # JSON, settings, infrastructure
    ("c.json", '{"model": {"name": "Qwen/Qwen3-8B"}, "url": "https://github.com/a/b"}', {"hf:Qwen/Qwen3-8B"}),
    ("prices.json", '{"claude-3-opus-20240229": {"in": 1}}', {"api:?/claude-3-opus-20240229"}),
    (".env", "OPENAI_MODEL=gpt-4o\nOPENAI_API_KEY=sk-1\nBASE_URL=https://api.deepseek.com/v1\n", {"api:openai/gpt-4o", "endpoint:api.deepseek.com"}),
    ("a.toml", '[llm]\nmodel = "Qwen/Qwen3-8B" # big\n', {"hf:Qwen/Qwen3-8B"}),
    ("main.tf", 'variable "model_id" {\n  default = "mistralai/Mistral-7B-v0.1"\n}\n', {"hf:mistralai/Mistral-7B-v0.1"}),
    # Scripts
    ("a.sh", 'base_model="Qwen/Qwen2.5-32B-Instruct"\nvllm serve $base_model\n', {"hf:Qwen/Qwen2.5-32B-Instruct"}),
    ("c.sh", 'NAME="Thing-7B"\npython t.py --base_model "some-house/${NAME}" --output_dir "out/${NAME}"\n', {"hf:some-house/Thing-7B"}),
    ("b.sh", "lm_eval --model vllm --model_args pretrained=a-b/c-7B,tokenizer=Qwen/Q\n", {"hf:a-b/c-7B", "hf:Qwen/Q"}),
    ("Dockerfile", 'FROM vllm/vllm-openai:v0.8\nENV MODEL_ID=Qwen/Qwen3-8B\nCMD ["--model", "BAAI/bge-m3"]\n', {"hf:Qwen/Qwen3-8B", "hf:BAAI/bge-m3"}),
    ("Makefile", "MODEL ?= Qwen/Qwen3-8B\nrun:\n\t@ollama run gemma2:2b\n", {"hf:Qwen/Qwen3-8B", "ollama:gemma2:2b"}),
    ("Modelfile", "FROM llama3.2:1b\nPARAMETER temperature 1\n", {"ollama:llama3.2:1b"}),
    ("x.service", "[Service]\nExecStart=/usr/bin/vllm serve Qwen/Qwen3-8B --port 1\n", {"hf:Qwen/Qwen3-8B"}),
    # JavaScript
    ("a.js", "const p = await pipeline('automatic-speech-recognition', 'Xenova/whisper-tiny');", {"hf:Xenova/whisper-tiny"}),
    ("a.ts", "import { openai } from '@ai-sdk/openai';\nconst m = openai('gpt-4o');", {"api:openai/gpt-4o"}),
    ("b.ts", "import { gateway } from 'ai';\nexport const m = gateway.languageModel('xai/grok-4');", {"api:vercel/xai/grok-4"}),
    (
        "c.ts",
        'import OpenAI from "openai";\nconst c = new OpenAI({ baseURL: "https://api.deepseek.com" });\nawait c.chat.completions.create({ model: "deepseek-chat" });',
        {"api:deepseek/deepseek-chat", "endpoint:api.deepseek.com"},
    ),
    ("d.tsx", "const m = process.env.OPENAI_MODEL ?? 'gpt-4o-mini';", {"api:openai/gpt-4o-mini"}),
    ("e.tsx", 'return <select><option value="gpt-4o">GPT</option></select>', {"api:?/gpt-4o"}),
    ("f.vue", "<script>\nconst models = ['Qwen/Qwen3-8B', 'gpt-4o']\n</script>", {"hf:Qwen/Qwen3-8B", "api:?/gpt-4o"}),
    # Other languages
    ("a.go", 'req := openai.ChatCompletionRequest{Model: "gpt-4o"}', {"api:openai/gpt-4o"}),
    ("a.rs", 'let repo = api.model("Qwen/Qwen3-8B".to_string());', {"hf:Qwen/Qwen3-8B"}),
    ("A.java", 'OpenAiChatModel.builder().modelName("gpt-4o").build();', {"api:openai/gpt-4o"}),
    ("a.swift", 'let config = ModelConfiguration(id: "mlx-community/Llama-3.2-1B-Instruct-4bit")', {"hf:mlx-community/Llama-3.2-1B-Instruct-4bit"}),
    ("a.php", "$model = 'gpt-4o'; // x", {"api:?/gpt-4o"}),
    # Text
    (
        "links.txt",
        "https://huggingface.co/a/b/resolve/main/x.ckpt\nhttps://h.example-host.de/f/1/?dl=1\n  out=LDSR/model.ckpt\n",
        {"hf:a/b", "file:LDSR/model.ckpt"},
    ),
    ("i.html", '<select><option value="gpt-4o">x</option></select>', {"api:?/gpt-4o"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "content", "expected"), SEEN, ids=[f"{i}-{row[0]}" for i, row in enumerate(SEEN)]
)
def test_seen(path: str, content: str, expected: set[str]) -> None:
    assert targets(path, content) == expected


DECOYS = [
    ("ci.yml", "steps:\n  - uses: actions/checkout@v4\n  - uses: astral-sh/setup-uv@v1\n"),
    ("docker-compose.yml", "services:\n  db:\n    image: postgres:18\n  o:\n    image: ollama/ollama:latest\n  w:\n    image: fedirz/faster-whisper-server:latest-cuda\n"),
    ("k8s/n.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: nim-llm\nspec:\n  url: http://nim-llm:8000\n"),
    ("k8s/l.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    model: llama-3-8b-chat\n"),
    ("crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  description: ollama://gemma2:2b\n"),
    ("c.yml", "adapter: qlora\noutput_dir: out/Qwen2.5-7B\nmodel_type: llama\nserved_model_name: gpt-4o-local\n"),
    ("paths.yaml", "vae: models/VAE\nlora: models/Lora\n"),
    ("package.json", '{"dependencies": {"@xenova/transformers": "2", "openai": "4"}, "name": "whisper-web"}'),
    ("a.sh", "pip install git+https://github.com/openai/whisper.git sentence-transformers\nmkdir -p out/llama-7b\n"),
    ("Dockerfile", "FROM pytorch/pytorch:2.3.0-cuda12.1-cudnn8-runtime\nRUN git clone https://github.com/salesforce/BLIP.git\n"),
    ("a.ts", "import x from 'react-icons/md'; const t = 'image/svg+xml'; type P = 'deepseek' | 'mistral';"),
    ("b.tsx", "if (m.startsWith('distil-whisper/')) {}"),
    ("c.tsx", '<input placeholder="https://your-endpoint.openai.azure.com" />'),
    ("a.go", 'import "github.com/openai/openai-go"\nvar e = "WHISPER__MODEL"'),
    ("requirements.txt", "sentence-transformers==2.2\nfaster-whisper>=1\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "content"), DECOYS, ids=[f"{i}-{row[0]}" for i, row in enumerate(DECOYS)])
def test_decoys(path: str, content: str) -> None:
    assert targets(path, content) == set()


@pytest.mark.parametrize(("path", "content"), [row[:2] for row in SEEN] + DECOYS)
def test_engines_and_prefilter_agree(path: str, content: str) -> None:
    """The contract of needles: without them, or with another engine, nothing more and nothing less is seen."""
    source = content.encode()
    expected = FAST.examine(SourceFile(path, source)).references
    assert PLAIN.examine(SourceFile(path, source)).references == expected
    assert SLOW.examine(SourceFile(path, source)).references == expected


@pytest.mark.parametrize(("path", "content"), [row[:2] for row in SEEN])
def test_places_are_true(path: str, content: str) -> None:
    lines = content.split("\n")
    for reference in see(path, content):
        place = reference.occurrence
        assert lines[place.line - 1][place.column - 1 : place.end - 1] == place.raw


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.ts", "// use gpt-4o here\nconst a = 1;"),
        ("a.go", "/* gpt-4o */\npackage x"),
        ("a.yaml", "# model: Qwen/Qwen3-8B\na: 1\n"),
        ("a.sh", "# vllm serve Qwen/Qwen3-8B\necho\n"),
        (".env", "#MODEL=Qwen/Qwen3-8B\n"),
        ("a.tf", '# model = "Qwen/Qwen3-8B"\n'),
        ("README.md", "We use `Qwen/Qwen3-8B`.\n"),
    ],
)
def test_comments_and_documentation_are_told(path: str, content: str) -> None:
    uses = {reference.occurrence.use for reference in see(path, content)}
    assert uses
    assert uses <= {Use.COMMENT, Use.DOCUMENTATION}
    examined = Examiner(DETECTORS, DiscoverSettings()).examine(SourceFile(path, content.encode()))
    assert examined.references == []


def test_attributes_of_a_serving_command() -> None:
    (reference,) = see("a.sh", "vllm serve Qwen/Qwen3-8B --revision 0a1b --trust-remote-code\n")
    assert reference.attribute("revision") == "0a1b"
    assert reference.attribute("trust_remote_code") == "true"
    assert reference.occurrence.use is Use.LOAD


def test_base_url_and_key_variable_stand_beside_the_model() -> None:
    found = see(
        "l.yaml",
        "p:\n  model: openai/some-7b-chat\n  api_base: https://api.groq.com/openai/v1\n  api_key: os.environ/GROQ_KEY\n",
    )
    model = next(r for r in found if str(r.target).startswith("api:"))
    assert model.attribute("api_key_env") == "GROQ_KEY"


def test_a_pipeline_with_an_open_name_is_a_gap() -> None:
    examined = FAST.examine(SourceFile("a.js", b"pipeline('text-generation', `Xenova/${name}`)"))
    assert [gap.reason.value for gap in examined.gaps] == ["dynamic"]


def test_the_document_says_deployment() -> None:
    (reference,) = see("x/m.yaml", "apiVersion: v1\nkind: Model\nspec:\n  url: hf://a/b\n")
    assert reference.occurrence.use is Use.DEPLOY
    assert reference.occurrence.symbol == "spec.url"


EXTENSIONS = [
    "a.yaml",
    "a.json",
    "a.ts",
    "a.vue",
    "a.sh",
    "Dockerfile",
    "a.tf",
    "a.toml",
    ".env",
    "a.go",
    "a.nix",
    "a.html",
    "a.txt",
    "Makefile",
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(EXTENSIONS),
    st.text(alphabet="ab:/-{}[]()'\"`$#=,.\n\\ <>|&*", max_size=60),
    st.sampled_from(["model: ", "Qwen/Qwen3-8B", "vllm serve ", "hf://a/b", "{{", "/*"]),
)
def test_hostile_text_is_read_without_failure(path: str, noise: str, needle: str) -> None:
    for content in (noise + needle, needle + noise, noise + needle + noise):
        examined = FAST.examine(SourceFile(path, content.encode()))
        assert all(gap.reason.value == "dynamic" or gap.detail.startswith("not valid") for gap in examined.gaps)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a: 1", "b:", "  - c", "x: [1, 2]", "# note", "", "{{- if .X }}", "---"]), max_size=8
    )
)
def test_a_top_level_key_is_seen_whatever_stands_before(before: list[str]) -> None:
    content = "\n".join([*before, "base_model: Qwen/Qwen3-8B", ""])
    assert "hf:Qwen/Qwen3-8B" in targets("a.yaml", content)


def test_a_page_in_markdown_inside_a_value_is_documentation() -> None:
    page = "guide: |\n  ## Serve it\n\n  ```bash\n  vllm serve zai-org/GLM-5 --port 80\n  ```\n\n  GLM-4.5-Air is smaller.\n"
    found = see("recipes/glm.yaml", page)
    assert {str(one.target) for one in found} >= {"hf:zai-org/GLM-5"}
    assert {one.occurrence.use for one in found} == {Use.DOCUMENTATION}
    assert targets("recipes/run.yaml", "run: |\n  # Serve it\n  vllm serve zai-org/GLM-5 --port 80\n") == {
        "hf:zai-org/GLM-5"
    }
