"""What is seen in Python, each line with what it names; decoys name nothing."""

from __future__ import annotations

import json

import pytest

from aicheck.core.evidence import GapReason
from aicheck.core.reference import Reference
from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.trees import MemoryTree
from aicheck.knowledge.calls import call_names, call_rows
from aicheck.resources import schemas_dir


def found(text: str, name: str = "a.py") -> list[Reference]:
    return list(discover(MemoryTree({name: text.encode()}), DiscoverSettings()).references)


def targets(text: str) -> set[str]:
    return {str(reference.target) for reference in found(text)}


SEEN = {
    "literal": ('AutoModel.from_pretrained("acme/thing")', "hf:acme/thing"),
    "implicit concatenation": ('AutoModel.from_pretrained("acme/"\n    "thing")', "hf:acme/thing"),
    "plus": ('BASE = "acme/"\nAutoModel.from_pretrained(BASE + "thing")', "hf:acme/thing"),
    "f-string": ('SIZE = "small"\nAutoModel.from_pretrained(f"acme/thing-{SIZE}")', "hf:acme/thing-small"),
    "percent": ('AutoModel.from_pretrained("acme/%s" % "thing")', "hf:acme/thing"),
    "format": ('AutoModel.from_pretrained("acme/{}".format("thing"))', "hf:acme/thing"),
    "constant": ('NAME = "acme/thing"\ndef f():\n    return AutoModel.from_pretrained(NAME)', "hf:acme/thing"),
    "argument default": ('def f(name="acme/thing"):\n    return AutoModel.from_pretrained(name)', "hf:acme/thing"),
    "self attribute": (
        'class A:\n    def __init__(self):\n        self.m = "acme/thing"\n    def f(self):\n        AutoModel.from_pretrained(self.m)',
        "hf:acme/thing",
    ),
    "class attribute": ('class C:\n    NAME = "acme/thing"\nAutoModel.from_pretrained(C.NAME)', "hf:acme/thing"),
    "registry": ('M = {"a": "acme/thing"}\nAutoModel.from_pretrained(M["a"])', "hf:acme/thing"),
    "getenv": ('import os\nos.getenv("EMBEDDING_MODEL", "acme/thing-base")', "hf:acme/thing-base"),
    "or": ('def f(m=None):\n    name = m or "pyannote/segmentation-3.0"', "hf:pyannote/segmentation-3.0"),
    "argparse": ('p.add_argument("--model", default="Qwen/Qwen2.5-7B")', "hf:Qwen/Qwen2.5-7B"),
    "dataclass": ('class A:\n    model_name: str = field(default="Qwen/Qwen2.5-7B")', "hf:Qwen/Qwen2.5-7B"),
    "literal type": ('m: Literal["gpt-4o", "gpt-4o-mini"] = x', "api:?/gpt-4o-mini"),
    "comparison": ('if model == "gpt-4o":\n    pass', "api:?/gpt-4o"),
    "case": ('match model:\n    case "gpt-4o":\n        pass', "api:?/gpt-4o"),
    "short name": (
        'from sentence_transformers import SentenceTransformer\nSentenceTransformer("all-MiniLM-L6-v2")',
        "hf:sentence-transformers/all-MiniLM-L6-v2",
    ),
    "whisper size": ('import whisper\nwhisper.load_model("small")', "whisper:small"),
    "torch.hub": (
        'import torch\ntorch.hub.load("snakers4/silero-vad", "silero_vad")',
        "torchhub:snakers4/silero-vad",
    ),
    "dataset": ('ds = load_dataset("acme/data")', "hf-dataset:acme/data"),
    "weights": ('from ultralytics import YOLO\nYOLO("weights/yolov8n.pt")', "file:weights/yolov8n.pt"),
    "enum of an SDK": (
        (
            "from camel.models import ModelFactory\nModelFactory.create(model_platform=ModelPlatformType.OPENAI, "
            "model_type=ModelType.GPT_4O)"
        ),
        "api:openai/gpt-4o",
    ),
    "command": ('subprocess.run("vllm serve Qwen/Qwen2.5-7B --port 1", shell=True)', "hf:Qwen/Qwen2.5-7B"),
    "command words": ('subprocess.run(["vllm", "serve", "--model", "Qwen/Qwen2.5-7B"])', "hf:Qwen/Qwen2.5-7B"),
    "key values": ('args = "pretrained=Qwen/Qwen2.5-7B,dtype=auto"', "hf:Qwen/Qwen2.5-7B"),
    "url": ('u = "https://huggingface.co/acme/thing/resolve/main/model.gguf"', "hf:acme/thing"),
}


@pytest.mark.parametrize("case", SEEN)
def test_seen(case: str) -> None:
    text, expected = SEEN[case]
    assert expected in targets(text)


DECOYS = [
    'HEADERS = {"Content-Type": "application/json"}',
    'IMAGE = "nvidia/cuda:12.1.0-base-ubuntu22.04"',
    'log("loss/grad_norm", "objective/kl_coef")',
    'raise ValueError("segment/word or rare/technical")',
    'model.save_pretrained("outputs/qwen2.5-7b-finetuned")',
    'output_dir = "results/llama-3-8b"',
    'path = "logs/main.log"',
    'backend = "run_deepseek_zh"',
    'u = "https://github.com/openai/whisper/discussions/729"',
    'u = "https://huggingface.co/models"',
    'import re\nre.compile("gpt-4o")',
    'date = "2024/05"',
    'if "qwen" in model_name:\n    pass',
    "torch.save(state, 'scaler.pt')",
]


@pytest.mark.parametrize("text", DECOYS)
def test_decoys(text: str) -> None:
    assert targets(text) == set()


BOUND = {
    "default client": (
        'from openai import OpenAI\nc = OpenAI()\nc.chat.completions.create(model="gpt-4o")',
        "api:openai/gpt-4o",
    ),
    "base url": (
        'from openai import OpenAI\nc = OpenAI(base_url="https://api.deepseek.com")\nc.chat.completions.create(model="deepseek-chat")',
        "api:deepseek/deepseek-chat",
    ),
    "through a constant and self": (
        (
            'from openai import OpenAI\nURL = "https://openrouter.ai/api/v1"\nclass A:\n    def __init__(self):\n'
            "        self.c = OpenAI(base_url=URL)\n    def f(self):\n"
            '        return self.c.chat.completions.create(model="moonshotai/kimi-k2")'
        ),
        "api:openrouter/moonshotai/kimi-k2",
    ),
    "through the environment's default": (
        (
            'import os\nfrom openai import OpenAI\nc = OpenAI(base_url=os.getenv("URL", "https://api.groq.com/openai/v1"))\n'
            'c.chat.completions.create(model="llama-3.3-70b-versatile")'
        ),
        "api:groq/llama-3.3-70b-versatile",
    ),
    "wrapped": (
        (
            "import instructor\nfrom anthropic import Anthropic\nc = instructor.from_anthropic(Anthropic())\n"
            'c.messages.create(model="claude-3-5-sonnet-20241022")'
        ),
        "api:anthropic/claude-3-5-sonnet-20241022",
    ),
    "wrapper class": ('from langchain_openai import ChatOpenAI\nChatOpenAI(model="gpt-4o")', "api:openai/gpt-4o"),
    "local server": (
        'from openai import OpenAI\nc = OpenAI(base_url="http://localhost:8000/v1")\nc.chat.completions.create(model="acme/thing-7b")',
        "api:?/acme/thing-7b",
    ),
    "ollama": ('from langchain_ollama import ChatOllama\nChatOllama(model="qwen3:8b")', "ollama:qwen3:8b"),
}


@pytest.mark.parametrize("case", BOUND)
def test_bound(case: str) -> None:
    text, expected = BOUND[case]
    assert expected in targets(text)


def test_unknown_base_url_leaves_it_unbound() -> None:
    text = 'from openai import OpenAI\nimport os\nc = OpenAI(base_url=os.environ["URL"])\nc.chat.completions.create(model="gpt-4o")'
    reference = next(r for r in found(text) if "gpt-4o" in str(r.target))
    assert str(reference.target) == "api:?/gpt-4o"
    assert reference.attribute("base_url_env") == "URL"


def test_attributes_and_place() -> None:
    text = 'x = 1\nm = AutoModel.from_pretrained(\n    "acme/thing", revision="abc", trust_remote_code=True)\n'
    (reference,) = found(text)
    place = reference.occurrence
    assert (place.line, place.column, place.end, place.raw) == (3, 6, 16, "acme/thing")
    assert reference.attribute("trust_remote_code") == "true"
    assert reference.target.revision == "abc"


def test_dynamic_is_a_gap() -> None:
    inventory = discover(MemoryTree({"a.py": b"def f(x):\n    return AutoModel.from_pretrained(x)\n"}))
    assert [(gap.reason, gap.subject, gap.line) for gap in inventory.gaps] == [(GapReason.DYNAMIC, "dynamic:x", 2)]


def test_documentation_only_where_asked() -> None:
    text = b'"""Uses meta-llama/Llama-3.1-8B."""\n# or Qwen/Qwen2.5-7B\nx = 1\n'
    assert discover(MemoryTree({"a.py": text})).references == ()
    asked = discover(MemoryTree({"a.py": text}), DiscoverSettings(include_docs=True))
    assert {str(r.target) for r in asked.references} == {"hf:meta-llama/Llama-3.1-8B", "hf:Qwen/Qwen2.5-7B"}


def test_notebook_keeps_the_lines_of_the_file() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["Qwen/Qwen2.5-7B"]},
        {
            "cell_type": "code",
            "outputs": [{"text": ["gpt-4o"]}],
            "source": ["!ollama pull qwen3:8b\n", 'm = "gpt-4o-mini"'],
        },
    ]
    text = json.dumps({"cells": cells}, indent=1)
    lines = text.split("\n")
    references = found(text, "a.ipynb")
    assert {str(r.target) for r in references} == {"ollama:qwen3:8b", "api:?/gpt-4o-mini"}
    for reference in references:
        assert reference.occurrence.raw in lines[reference.occurrence.line - 1]


def test_call_table_obeys_its_schema() -> None:
    import jsonschema

    schema = json.loads((schemas_dir() / "knowledge-calls.schema.json").read_text())
    data = schemas_dir().parent / "src/aicheck/knowledge/data/calls.json"
    jsonschema.validate(json.loads(data.read_text()), schema)
    assert all(call_rows(name) for name in call_names())
