"""Python: whose models a class takes, repositories with a file behind them, words that only look like models."""

from __future__ import annotations

import json

import pytest

from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.trees import MemoryTree


def targets(text: str, path: str = "a.py") -> set[str]:
    return {str(r.target) for r in discover(MemoryTree({path: text.encode()}), DiscoverSettings()).references}


FOUND = {
    "a framework's module is named after the provider": (
        "from agno.models.deepinfra import DeepInfra\nDeepInfra(id='microsoft/phi-4')\n",
        {"api:deepinfra/microsoft/phi-4"},
    ),
    "its local servers take models of a registry": (
        "from agno.models.ollama import OllamaResponses\nOllamaResponses(id='llama3.1')\n",
        {"ollama:llama3.1"},
    ),
    "the class bears the provider's name": (
        "llm = GladiaSTTService(settings=GladiaSTTService.Settings(model='solaria-1-whisper'))\n",
        {"api:gladia/solaria-1-whisper"},
    ),
    "an inference client's first argument": (
        "from huggingface_hub import InferenceClient\nc = InferenceClient('meta-llama/Llama-3.1-8B-Instruct')\n",
        {"api:huggingface/meta-llama/Llama-3.1-8B-Instruct"},
    ),
    "a repository with a slash behind it": ("x = cfg(hf_hub='timm/PE-Core-T-16-384/')\n", {"hf:timm/PE-Core-T-16-384"}),
    "a repository and its file": ("x = cfg(hf_hub='acme/EVA-CLIP/EVA01_psz14.pt')\n", {"hf:acme/EVA-CLIP"}),
    "the file of a repository that is given elsewhere": (
        "from huggingface_hub import hf_hub_download\nhf_hub_download(args.repo, 'tokenizer-e351c8d8-ckpt125.safetensors')\n",
        {"file:tokenizer-e351c8d8-ckpt125.safetensors"},
    ),
    "a snapshot's address": ("v = 'hf-snapshot://kyutai/tts-voices/prod/*.safetensors'\n", {"hf:kyutai/tts-voices"}),
    "a resource of Bedrock with its window": (
        "base_model_id = 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0:200k'\n",
        {"api:bedrock/anthropic.claude-3-haiku-20240307-v1:0:200k"},
    ),
    "Bedrock's ids of houses without a family": ("M = {'a': 'cohere.rerank-v3-5:0'}\nmodel='gpt-4o'\n", {"api:bedrock/cohere.rerank-v3-5:0", "api:?/gpt-4o"}),
    "sockets of a provider": (
        "def f(url: str = 'wss://api.cartesia.ai/tts/websocket'):\n    pass\n", {"endpoint:api.cartesia.ai"}
    ),
    "capabilities of models are no folders": (
        "NON_STRUCTURED_OUTPUT_ALIASES = {\n    'claude-sonnet-4-0',\n    'claude-opus-4-0',\n}\n",
        {"api:?/claude-sonnet-4-0", "api:?/claude-opus-4-0"},
    ),
    "data by its reader": (
        "d = [dict(type=TACODataset, abbr='taco', path='BAAI/TACO')]\n", {"hf-dataset:BAAI/TACO"}
    ),
    "a default for a local server": ("DEFAULT_OLLAMA_JUDGE_MODEL = 'gemma4:12b'\n", {"ollama:gemma4:12b"}),
    "families' generations where a server is spoken of": (
        "# served by ollama\nap.add_argument('--model', choices=['llama3', 'gemma2'])\n", {"api:?/llama3", "api:?/gemma2"}
    ),
    "a parameter on a line of its own": (
        (
            "from huggingface_hub import hf_hub_download\ndef get(\n    model: str = 'a.bin',\n"
            "    repo: str = 'GitMylo/voice-cloning',\n):\n    log(\n        repo=repo,\n    )\n"
            "    hf_hub_download(repo, model)\n"
        ),
        {"hf:GitMylo/voice-cloning"},
    ),
    "what a framework of one's own fetches": ("m = MAGNeT.get_pretrained('facebook/magnet-small-10secs')\n", {"hf:facebook/magnet-small-10secs"}),
    "the client that is handed over": (
        (
            "from pydantic_ai.models.openai import OpenAIModel\nfrom pydantic_ai.providers.openai import OpenAIProvider\n"
            "OpenAIModel('deepseek-chat', provider=OpenAIProvider(base_url='https://api.deepseek.com'))\n"
        ),
        {"api:deepseek/deepseek-chat"},
    ),
    "a name with the generation in its word": ("f(model_name='seamlessM4T_v2_large')\n", {"api:?/seamlessM4T_v2_large"}),
    "a model of Vertex with its project open": (
        "m = {'model': f'projects/{P}/locations/{L}/publishers/google/models/gemini-2.5-flash'}\n",
        {"api:vertex/gemini-2.5-flash"},
    ),
    "a gateway's free variants": ("class M(Enum):\n    TOPPY = 'undi95/toppy-m-7b:free'\n", {"api:openrouter/undi95/toppy-m-7b:free"}),
    "a registry by keywords": (
        (
            "from transformers import AutoModel\nMODELS = dict(small='strange/thing')\n"
            "AutoModel.from_pretrained(MODELS['small'])\n"
        ),
        {"hf:strange/thing"},
    ),
    "settings in a text": (
        'conf = """\nmodel: Qwen/Qwen2.5-0.5B\nsteps: 3\n"""\nbody = \'{"model": "gpt-4o", "messages": []}\'\n',
        {"hf:Qwen/Qwen2.5-0.5B", "api:?/gpt-4o"},
    ),
    "a name that says what it is for": ("X = {'fr': 'OrdalieTech/Solon-embeddings-base-0.1'}\n", {"hf:OrdalieTech/Solon-embeddings-base-0.1"}),
    "a default file of weights": ("ap.add_argument('--model_path', default='./FastSAM/FastSAM-x.pt')\n", {"file:./FastSAM/FastSAM-x.pt"}),
    "a scheme of its own before it": ("s = '//pretrained/facebook/musicgen-small'\n", {"hf:facebook/musicgen-small"}),
    "a file of a repository of compressed weights": (
        "model = 'lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF/Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf'\n",
        {"hf:lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF"},
    ),
    "a table in a repository": (
        "u = 'https://huggingface.co/datasets/Kazchoko/my_dataset/resolve/main/a.csv'\n", {"hf-dataset:Kazchoko/my_dataset"}
    ),
}  # fmt: skip

NOTHING = {
    "a folder of a commit": "w = {'src': 'clip-vit-large-patch14-336/ce19dc912ca5cd21c8a653c79e251e808ccabcd1'}\n",
    "an index in a database": "from anthropic import Anthropic\nindex_name = 'claude-3-rag'\n",
    "a placeholder": "import boto3\nc.invoke_model(modelId='YOUR_PROVISIONED_THROUGHPUT_ARN')\n",
    "a recording to try": "AUDIO_FILE_URL = 'https://static.deepgram.com/examples/nasa.wav'\n",
    "a coding agent": "framework = 'claude-code'\nkinds = ['claude-code', 'codex']\n",
    "another interface": "class T:\n    base_url: str = 'https://api.clickup.com/api/v2'\n",
    "a table of one's own with the name of a provider": (
        "from app.models.openai import Conversation\nConversation(id='first-talk')\n"
    ),
    "a store's own data": "class B:\n    pass\nbackend.load_dataset('unicode_test')\n",
    "an upload of a model": "import datasets\nmodel.push_to_hub('your_model_name')\nmodel.push_to_hub('me/bert-mine')\n",
    "a served name": "from openai import OpenAI\nclient = OpenAI()\nclient.chat.completions.create(model='tgi')\n",
    "a run's name": "import wandb\nwandb.init(project='p', name='qwen2-7b-instruct-sft')\n",
    "a row's short name": "models = [dict(abbr='qwen2.5-14b-instruct-vllm', max_out_len=1)]\n",
    "architectures": "ap.add_argument('--model', choices=['llama4', 'qwen3'])\n",
    "the ticks of a chart": "labels = ['GPT-4o', 'GPT-4o-mini']\n",
    "a folder that is put together": "import os\nfull_dir = os.path.join('grokking', 'gpt4o-runs')\n",
    "what a training writes": "import torch\ntorch.load(os.path.join(out_dir, 'best_model.pth'))\n",
    "what classes there are": "AVAILABLE_MODELS = {\n    'qwen2_vl': 'Qwen2_VL',\n    'gemma3': 'Gemma3',\n    'gpt4v': 'GPT4V',\n}\n",
    "the name of a class of one's own": "@register_model('gpt4v')\nclass M:\n    pass\n",
    "a place to work in": "def f(eval_workspace: str = 'ai2/tulu-3-results'):\n    pass\n",
    "a copy that is written": (
        "def f(folder: str = 'checkpoints/org/T-2-7b-hf'):\n    torch.save(m, folder + '/llama-2-7b.pth')\n"
    ),
    "words in a text": 'note = """\nmodel: yours\nname: Qwen and others\n"""\n',
    "a folder of downloads": "checkpoint = 'downloads/colbertv2.0'\n",
    "a test's own data": "from datasets import load_dataset\nDatasetSourceConfig(type='hf', path='test_dataset')\n",
    "a configuration": "launcher.bind_(solver='musicgen/musicgen_base_32khz')\n",
    "data of another library": "from lavis.datasets.builders import load_dataset\nload_dataset('audio_video_discrn')\n",
    "a parser's name": "@ParserManager.register_module('deepseek-v4')\nclass P:\n    pass\n",
    "weights that a path leads to": "state = load_state_dict('blip_model/blip_weight.pt')\n",
    "a class of Core ML": "mocks = ['coremltools.models.MLModel']\n",
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_found(name: str) -> None:
    text, expected = FOUND[name]
    assert expected <= targets(text)


@pytest.mark.parametrize("name", NOTHING)
def test_nothing(name: str) -> None:
    assert {t for t in targets(NOTHING[name]) if not t.startswith("pkg:")} <= {"endpoint:api.openai.com"}


def test_a_repository_of_the_hub_names_its_file() -> None:
    found = discover(MemoryTree({"a.py": b"x = cfg(hf_hub='acme/EVA-CLIP/EVA01_psz14.pt')\n"}), DiscoverSettings())
    assert [r.attribute("filename") for r in found.references] == ["EVA01_psz14.pt"]


def test_invented_files_of_tests_are_none() -> None:
    text = "p = tmp_path / 'x'\nload('model-Q4_K_M.gguf')\nload('Qwen3-8B-Q4_K_M.gguf')\n"
    assert targets(text, "tests/test_a.py") == {"file:Qwen3-8B-Q4_K_M.gguf"}
    assert "file:model-Q4_K_M.gguf" in targets(text, "src/a.py")


def test_files_that_a_notebook_writes() -> None:
    cells = [
        [
            "%%writefile agent.py\n",
            "from google.adk.agents import Agent\n",
            "a = Agent(model='gemini-2.5-flash')\n",
        ],
        ["%%writefile conf.yaml\n", "model: Qwen/Qwen2.5-7B-Instruct\n", "steps: 3\n"],
        ["%%writefile run.sh\n", "ollama pull llama3.2:3b\n"],
        ["%%writefile notes.txt\n", "model: meta-llama/Llama-3.1-8B\n"],
    ]
    notebook = {"cells": [{"cell_type": "code", "source": cell} for cell in cells], "nbformat": 4}
    found = discover(
        MemoryTree({"a.ipynb": json.dumps(notebook, indent=1).encode()}), DiscoverSettings()
    ).references
    assert {str(r.target).replace("google/", "?/") for r in found} == {
        "api:?/gemini-2.5-flash",
        "hf:Qwen/Qwen2.5-7B-Instruct",
        "ollama:llama3.2:3b",
    }
