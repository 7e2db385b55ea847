"""What is followed to its name in Python: calls, registries, lists whose members agree; with decoys beside each."""

from __future__ import annotations

import pytest

from aicheck.core.evidence import GapReason
from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.trees import MemoryTree


def targets(text: str) -> set[str]:
    return {str(r.target) for r in discover(MemoryTree({"a.py": text.encode()}), DiscoverSettings()).references}


MODELS = "from transformers import AutoModel\n"
DATA = "import datasets\nfrom datasets import load_dataset\n"
OPENAI = "from openai import OpenAI\nc = OpenAI(base_url='https://api.deepseek.com')\n"

FOLLOWED = {
    "what a function is called with": (
        MODELS + "def f(path):\n    return AutoModel.from_pretrained(path)\nf('strange/thing')",
        {"hf:strange/thing"},
    ),
    "by keyword, past self, to a constructor": (
        MODELS
        + "class N:\n    def __init__(self, path, rev=None):\n        self.m = AutoModel.from_pretrained(path)\n"
        "N(rev=None, path='strange/thing')",
        {"hf:strange/thing"},
    ),
    "beside the default, to the client's provider": (
        OPENAI
        + "def ask(p, model='deepseek-chat'):\n    return c.chat.completions.create(model=model)\nask('x', 'house')",
        {"endpoint:api.deepseek.com", "api:deepseek/deepseek-chat", "api:deepseek/house"},
    ),
    "a function that calls itself": (
        MODELS + "def f(path):\n    f(path)\n    return AutoModel.from_pretrained(path)",
        set(),
    ),
    "a mapping of mappings in a loop": (
        DATA
        + "D = {'a': {'path': 'one/two', 'split': 'x/y'}}\nfor k, v in D.items():\n    load_dataset(v['path'])\n",
        {"hf-dataset:one/two"},
    ),
    "a list of mappings": (
        DATA + "D = [{'path': 'one/two', 'by': 'a/b'}]\nfor d in D:\n    load_dataset(d['path'])\n",
        {"hf-dataset:one/two"},
    ),
    "an element of an element": (
        MODELS + "R = {'s': {'id': 'one/two', 'by': 'a/b'}}\ndef f(n):\n    AutoModel.from_pretrained(R[n]['id'])\n",
        {"hf:one/two"},
    ),
    "get": (MODELS + "R = {'s': 'one/two'}\ndef f(n):\n    AutoModel.from_pretrained(R.get(n))\n", {"hf:one/two"}),
    "a command with an open end": (
        "import os\ndef f(d):\n    os.system(f'huggingface-cli download acme/thing-7b --local-dir {d}')",
        {"hf:acme/thing-7b"},
    ),
    "an address with an open end": (
        "import os\nos.system('wget https://huggingface.co/datasets/laion/OIG/resolve/main/%s' % name)",
        {"hf-dataset:laion/OIG"},
    ),
    "the module's own address": (
        (
            "import openai\nopenai.api_base = 'https://api.groq.com/openai/v1'\n"
            "openai.ChatCompletion.create(model='llama-3.3-70b-versatile')"
        ),
        {"endpoint:api.groq.com", "api:groq/llama-3.3-70b-versatile"},
    ),
    "a data set downloaded by the Hub's client": (
        "from huggingface_hub import snapshot_download\nsnapshot_download('a/b', repo_type='dataset')",
        {"hf-dataset:a/b"},
    ),
    "a name that the library routes": (
        "from litellm import completion\ncompletion(model='gpt-4o')\ncompletion(model='house-name')",
        {"api:openai/gpt-4o", "api:?/house-name"},
    ),
    "Coqui": ("tts = load('tts_models/multilingual/multi-dataset/xtts_v2')", {
        "coqui:tts_models/multilingual/multi-dataset/xtts_v2"
    }),
    "docTR": (
        "from doctr.models import ocr_predictor\nocr_predictor(det_arch='db_resnet50', pretrained=True)",
        {"doctr:db_resnet50"},
    ),
    "an argument of a function that speaks of models": (
        "register_model_info(['koala-13b', 'vicuna-33b'], 'Koala', 'A chat model')",
        {"api:?/koala-13b", "api:?/vicuna-33b"},
    ),
    "a class that describes a model": (
        "ModelMeta(name='someone/unheard-of', license='a/b')",
        {"hf:someone/unheard-of"},
    ),
    "beside others in a list": (
        "A = ['openai/gpt-oss-20b', 'Qwen/Qwen3-8B', 'someone/unheard-of', 'two words', 'plain']",
        {"hf:openai/gpt-oss-20b", "hf:Qwen/Qwen3-8B", "hf:someone/unheard-of"},
    ),
    "a list of data sets": (
        DATA + "A = ['allenai/soda', 'allenai/mup', 'bigscience/p3', 'someone/unheard-of']",
        {"hf-dataset:allenai/soda", "hf-dataset:allenai/mup", "hf-dataset:bigscience/p3", "hf-dataset:someone/unheard-of"},
    ),
    "an option for a data set": (
        "p.add_argument(\n    '--eval-dataset',\n    type=str,\n    default='someone/benchmark-v1',\n)".replace("'", '"'),
        {"hf-dataset:someone/benchmark-v1"},
    ),
    "what a subclass sets": (
        DATA
        + "class B:\n    def __init__(self):\n        self.hub = None\n    def f(self):\n        load_dataset(self.hub)\n"
        "class P(B):\n    def __init__(self):\n        self.hub = 'big/data_1'\n"
        "class Q:\n    def __init__(self):\n        self.hub = 'not/this'\n",
        {"hf-dataset:big/data_1"},
    ),
    "below a text that goes on after a backslash": (
        DATA + 'def g():\n    raise X("a \\\nb")\ndef f():\n    if x:\n        load_dataset("a/b",\n  split="c")\n    else:\n        pass\n',
        {"hf-dataset:a/b"},
    ),
    "an old data set without an owner": (DATA + "load_dataset('medmcqa')\nload_dataset('json')", {"hf-dataset:medmcqa"}),
    "several in one text": (
        "ENV = {'X_MODEL_ID': 'jinaai/jina-clip-v1;someone/bge-small-en-v1.5'}",
        {"hf:jinaai/jina-clip-v1", "hf:someone/bge-small-en-v1.5"},
    ),
    "every value of a part": (
        MODELS + "for s in ['small', 'large']:\n    AutoModel.from_pretrained(f'acme/thing-{s}')",
        {"hf:acme/thing-small", "hf:acme/thing-large"},
    ),
    "ModelScope's own pipeline": (
        "from modelscope.pipelines import pipeline\np = pipeline(task='x', model='damo/nlp_bert')",
        {"modelscope:damo/nlp_bert"},
    ),
    "ModelScope's own classes": (
        "from modelscope import AutoModel\nAutoModel.from_pretrained('damo/nlp_bert')",
        {"modelscope:damo/nlp_bert"},
    ),
    "Azure with an address from the environment": (
        (
            "import os\nfrom openai import AzureOpenAI\nc = AzureOpenAI(azure_endpoint=os.environ['AZ'])\n"
            "c.chat.completions.create(model='my-gpt4o')"
        ),
        {"api:azure/my-gpt4o"},
    ),
    "a house on the Hub that has an API": (
        "X = f('Snowflake/snowflake-arctic-embed-m-v1.5', 'databricks/dolly-v2-12b')",
        {"hf:Snowflake/snowflake-arctic-embed-m-v1.5", "hf:databricks/dolly-v2-12b"},
    ),
    "a count of parameters": ("M = {'a': 'Qwen/Qwen3-8B', 'b': {'c': 'new-lab/med42-70b'}}", {
        "hf:Qwen/Qwen3-8B", "hf:new-lab/med42-70b"
    }),
    "what a model was made from": (
        "ModelMeta(name='a/b', adapted_from='someone/unheard-of')",
        {"hf:a/b", "hf:someone/unheard-of"},
    ),
    "a release on GitHub": (
        "u = 'https://github.com/x/y/releases/download/v1/RealESRGAN_x4plus.pth'",
        {"github:x/y/releases/download/v1/RealESRGAN_x4plus.pth"},
    ),
    "a folder of checkpoints": ("f('a', 'checkpoints/text2semantic-1.pth')", {"file:checkpoints/text2semantic-1.pth"}),
    "a name of Ollama's that is one word": ("model = 'ollama/codestral'", {"ollama:codestral"}),
    "a profile of Bedrock in any argument": (
        "client('bedrock', 'us.anthropic.claude-opus-4-8-v1:0')",
        {"api:bedrock/us.anthropic.claude-opus-4-8-v1:0"},
    ),
    "weights under a key of models": ("M = {'models': [{'name': 'RealESRGAN_x4plus.pth'}]}", {
        "file:RealESRGAN_x4plus.pth"
    }),
    "a repository beside splits": (
        "LightevalTaskConfig(name='x', hf_repo='someone/arc', hf_subset='y', evaluation_splits=['test'])",
        {"hf-dataset:someone/arc"},
    ),
    "a repository of a class of data": ("HFTextDataset(hf_path='someone/quotes')", {"hf-dataset:someone/quotes"}),
    "a parameter beside splits": (
        "class A:\n    def __init__(self, hf_repo='someone/arc', hf_subset=None):\n        pass\n",
        {"hf-dataset:someone/arc"},
    ),
    "a word of the house before an API's name": ("MODELS = ['cot/gpt-4-turbo-preview']", {
        "api:?/gpt-4-turbo-preview"
    }),
    "a fine-tune of open weights": (
        "from huggingface_hub import snapshot_download\nsnapshot_download('someone/gpt-oss-20b-lora')",
        {"hf:someone/gpt-oss-20b-lora"},
    ),
    "learners of fastai": (
        "from fastai.vision.all import *\nvision_learner(dls, resnet18)\nvision_learner(dls, 'convnext_small_in22k')",
        {"torchvision:resnet18", "timm:convnext_small_in22k"},
    ),
    "keys that are names of new models": (
        "GPU = {'new/thing-small-v2': f(1), 'new/thing-7b-v1': f(2), 'new/thing-7b-v2': f(3), 'new/thing-mid': f(4)}",
        {"hf:new/thing-small-v2", "hf:new/thing-7b-v1", "hf:new/thing-7b-v2", "hf:new/thing-mid"},
    ),
    "an unknown program's command": (
        "import os\nos.system('oaieval gpt-3.5-turbo match_mmlu --max_samples 20')",
        {"api:?/gpt-3.5-turbo"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FOLLOWED)
def test_followed(case: str) -> None:
    text, expected = FOLLOWED[case]
    assert targets(text) == expected


DECOYS = [
    "conv = get_conv_template('claude-3-opus-20240229')",
    "Conversation(name='gemini-1.5-pro', system='x')",
    "chat_format = 'llama-2-7b'",
    "limit = env('MODEL_LIMIT', '1/second')",
    "if base_model.startswith('01-ai/Yi-'):\n    pass",
    "image = 'https://huggingface.co/datasets/huggingface/documentation-images/resolve/main/cats.png'",
    OPENAI.replace("base_url='https://api.deepseek.com'", "") + "c.chat.completions.create(model='fake-model')",
    "A = ['application/json', 'text/plain', 'meta-llama/Llama-3.1-8B', 'image/png', 'x/y', 'p/q', 'r/s']",
    "get_view('models/list')",
    "BASE_URL = 'https://restapi.example-maps.net/v5/place/text'",
    "base_url = 'https://newsapi.org/v2/everything'",
    "reader_url = 'https://r.jina.ai/{url}'",
    "c = OpenAI(base_url='https://<your-resource>.openai.azure.com/')",
    "u = 'https://huggingface.co/' + 'https://huggingface.co/models'",
    "model: str = 'default/not-specified'",
    "SUFFIX = '_optimized.onnx'",
    "@pytest.mark.parametrize('x', [1, 2], ids=['gpt-4o', 'qwen3.5-mtp'])\ndef f(x): ...",
    "model = 'policy_model.pt'",
    "model = 'openai/local'",
    "model_name = 'custom/whisper'",
    "hosts = ['stability.ai', 'mistral.ai']\ndomain = 'ai.onnx'",
    "mock.add(url='http://localai.localhost/v1/chat/completions')",
    "adapter_file = f'{folder}/adapter_model.safetensors'",
    "ARCHITECTURES_MODELS = ['ColQwen2', 'ColQwen2_5Model']",
    "x = 's3://bucket/some/thing'\nollama = 'ollama://'",
    "path = 'checkpoints/run-7b'",
    "from django.apps import apps\napps.get_model('auth', 'User')",
]


@pytest.mark.parametrize("text", DECOYS)
def test_decoys(text: str) -> None:
    assert targets(text) <= {"endpoint:api.deepseek.com", "hf:meta-llama/Llama-3.1-8B"}


def test_dozens_of_names_in_one_expression_are_one_and_a_gap() -> None:
    listed = ", ".join(repr(f"x{number}") for number in range(12))
    text = MODELS + f"for s in [{listed}]:\n    AutoModel.from_pretrained(f'acme/thing-{{s}}')\n"
    found = discover(MemoryTree({"a.py": text.encode()}), DiscoverSettings())
    assert [str(reference.target) for reference in found.references] == ["hf:acme/thing-x0"]
    assert [gap.reason for gap in found.gaps] == [GapReason.DYNAMIC]
