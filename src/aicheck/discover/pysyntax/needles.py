"""What bytes of Python are worth a look: shapes of names, calls of the table, keys with a value, addresses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aicheck.discover.prefilter import Finder
from aicheck.knowledge import apinames, names
from aicheck.knowledge.calls import call_names, call_rows

__all__ = ["ENUM_SHAPES", "FINDER", "PYTHON_NEEDLES"]

_KEYS: Final = (
    "model", "models", "model_name", "model_id", "model_path", "modelid", "modelname", "_or_path",
    "repo_id",
    "checkpoint", "tokenizer", "dataset", "dataset_name", "dataset_path", "base_url", "api_base", "llm",
    "embedding",
    "embeddings", "encoder", "reranker", "pretrained", "adapter", "lora", "engine", "deployment",
    "deployment_name",
    "_url", "endpoint", "weights", "ckpt", "processor", "backbone", "_repo", "hf_id", "_model_id", "_host",
    "_hf_path", "model_size",
)  # fmt: skip
_FORMS: Final = ('="', "='", ' = "', " = '", '": "', "': '", ': str = "', '=f"', '", default="')
_TOO_COMMON: Final = frozenset({
    "load", "run", "call", "create", "generate", "client", "model", "module", "get_model", "get", "chat",
    "embed", "agent",
    "converse", "stream", "download", "convert", "lm", "generation", "embeddings", "embedding", "inference",
    "engine",
    "runtime", "interpreter", "summary", "labels", "similarity", "transformers", "rerank", "parse", "transcribe",
    "writer",
    "reranker", "pipeline", "load_model", "load_file", "load_weights", "load_checkpoint", "init_model", "nas",
    "sam", "sub",
    "acreate", "speech", "transcription", "responses", "completion", "read_model", "compile_model", "vllm",
    "classificationmodel", "new_session", "init_detector", "ocr_predictor", "build_sam", "safe_open", "oneshot",
    "load_adapter", "tts", "stt", "base_model", "basemodel", "generator",
})  # fmt: skip
"""Last names that ordinary code is full of: the arguments beside them, or the names before them, tell more."""
ENUM_SHAPES: Final = (
    ".gpt_", ".gpt4", ".gpt3", ".claude_", ".gemini_", ".deepseek_", ".qwen_", ".qwen2", ".qwen3", ".llama_",
    ".llama3", ".mistral_",
    ".mixtral_", ".groq_", ".glm_", ".o1_", ".o3_", ".o4_", ".text_embedding", "modeltype.", "modelname.",
    "modelnames.",
    "speechmodel.", "embeddingmodel.", "chatmodel.", "llmmodel.", "modelid.", "models.gpt", "models.claude",
)  # fmt: skip
_ADDRESSES: Final = (
    "huggingface.co/", "hf.co/", "hf-mirror.com", "hf://", "ollama://", "ollama.com/library/", "modelscope.cn",
    "civitai.com",
    "kaggle.com/models", "tfhub.dev", "models--", "datasets--", "/releases/download/", "download.pytorch.org/",
    "pvc://",
    "dl.fbaipublicfiles.com", "api.openai.com", "openai.azure.com", "api.anthropic.com", "api.cohere",
    "api.mistral.ai",
    "api.groq.com", "api.together", "api.fireworks.ai", "api.deepseek.com", "moonshot.cn", "moonshot.ai",
    "bigmodel.cn",
    "api.z.ai", "minimax.chat", "minimax.io", "minimaxi.com", "dashscope", "volces.com", "baidubce.com",
    "hunyuan.cloud",
    "lingyiwanwu.com", "stepfun.com", "siliconflow", "openrouter.ai", "novita.ai", "deepinfra.com",
    "api.perplexity.ai",
    "api.x.ai", "upstage.ai", "voyageai.com", "jina.ai", "api.replicate.com", "api.nvidia.com", "cerebras.ai",
    "sambanova.ai",
    "hyperbolic.xyz", "nebius", "api.ai21.com", "elevenlabs.io", "assemblyai.com", "deepgram.com", "stability.ai",
    "generativelanguage.googleapis", "aiplatform.googleapis", "bedrock-runtime", "endpoints.huggingface.cloud",
    "services.ai.azure.com", "inference.ai.azure.com", "models.github.ai", "aimlapi.com", "fal.run",
    "ppinfra.com", ":11434",
    "api-inference.huggingface", "router.huggingface", "nvcr.io/nim", "api.baichuan-ai", "oss://",
)  # fmt: skip
_FILES: Final = (
    ".safetensors", ".gguf", ".ggml", ".ckpt", ".onnx", ".tflite", '.pt"', ".pt'", '.pth"', ".pth'", '.h5"',
    ".h5'",
    '.keras"', ".keras'", "oss://", '.nemo"', ".nemo'", "pytorch_model", "adapter_model", ".mlmodel",
    ".mlpackage", ".llamafile",
    "wss://api.", "-whisper-", "-embeddings-", "-embedding-",
    "-reranker-", ".caffemodel", '.pb"', '.engine"', '.joblib"', ".torchscript",
)  # fmt: skip
_FLAGS: Final = (
    "--model", "--tokenizer", "--dataset", "--repo", '-model",', '-dataset",', '_dataset",', "tts_models/",
    "--hf", "pretrained=", "ollama pull", "ollama run",
    "vllm serve",
    "= pipeline(", "pipeline(model", "modelmeta(", "modelinfo(", "modelspec(", "modelcard(", "modelentry(",
    "modeldefinition(", "dataset={", "hf_repo=", "hf_path=", " gpt-3.5-", " gpt-4",
    "vision_learner(", "cnn_learner(", "unet_learner(",
    "foundation-model/", "models/gemini-", "models/text-embedding", "models/lyria", "/publishers/",
    "models/embedding-", "cohere.rerank-", "cohere.embed-", "amazon.rerank-",
    "anthropic.claude-", "amazon.nova-", "amazon.titan-", "meta.llama",
    'revision": "', "revision': '", 'revision="', "revision='", '_from="',
    "_from='", "return pipeline(",
    "download ", "wav2vec2_", "voxpopuli_asr", "hubert_", "wavlm_",
)  # fmt: skip


_SIZES: Final = (
    "0.5", "0.6", "1", "1.5", "1.7", "1.8", "2", "3", "4", "6", "7", "8", "9", "12", "13", "14", "20", "22", "24",
    "27", "30", "32", "33", "34", "40", "65", "70", "72", "180", "235", "405", "8x7", "8x22",
)  # fmt: skip
"""Counts of parameters, in billions, as names give them."""
_PREFIXES: Final = (
    "openai", "anthropic", "google_genai", "google-gla", "google_vertexai", "groq", "mistral", "mistralai",
    "bedrock", "deepseek", "xai", "together", "fireworks", "openrouter", "azure_openai", "cohere",
)  # fmt: skip
"""Providers that stand before a model's name, with a colon."""


def _needles() -> tuple[bytes, ...]:
    found: set[str] = set()
    for last in call_names():
        low = last.lower()
        for row in call_rows(last):
            parts = row.name.lower().split(".")
            if len(parts) > 1 and not (row.kind == "model" and low == "from_pretrained"):
                found.add(".".join(parts[-2:]) + "(")
            elif low not in _TOO_COMMON:
                found.add(low + "(")
            else:
                found.update((f'{low}("', f"{low}('"))
    for key in ("_model", "_model_name", "_model_id", "_model_path", "_base_url", "_embedding", "_llm"):
        found.update((f'{key}", "', f"{key}', '"))
    for word in names.FAMILY_STEMS - names.WEAK_STEMS:
        found.add("/" + word)
        found.update((f'"{word}', f"'{word}"))
    for word in names.WEAK_STEMS | set(apinames.HOSTED_PATTERNS):
        if len(word) > 1:
            found.update((f'"{word}-', f"'{word}-"))
    found.update(
        ('"o1', "'o1", '"o3', "'o3", '"o4-', "'o4-", '"gpt', "'gpt", "/gpt", '"phi3', "'phi3", '"phi4', "'phi4")
    )
    for word in (*names.SENTENCE_TRANSFORMERS, *apinames.HOSTED_EXACT, *names.ROOT_MODELS):
        found.update((f'"{word}"', f"'{word}'"))
    for word in names.WHISPER_SIZES:
        if not word.isalpha():
            found.update((f'"{word}"', f"'{word}'"))
    found.update(("_model_size = ", 'model_size"] = ', "model_size'] = "))
    found.update(f"{before}{size}b{after}" for size in _SIZES for before in "-_" for after in "-_:\"'")
    for prefix in _PREFIXES:
        found.update((f'"{prefix}:', f"'{prefix}:"))
    for name in names.OLLAMA_NAMES:
        found.update((f'"{name}:', f"'{name}:"))
    for owner in names.NAMESPACES:
        found.add(owner + "/" if owner not in names.AMBIGUOUS_NAMESPACES else f'"{owner}/')
        if owner in names.AMBIGUOUS_NAMESPACES:
            found.add(f"'{owner}/")
    for key in _KEYS:
        for form in _FORMS:
            found.add(key + form)
    found.update(ENUM_SHAPES, _ADDRESSES, _FILES, _FLAGS)
    return tuple(word.encode() for word in _sifted(filter(str.isascii, found)))


def _sifted(found: Iterable[str]) -> list[str]:
    """Leave out what begins with another needle: it adds nothing. Other containments are not worth the search."""
    kept: set[str] = set()
    same: dict[str, tuple[str, ...]] = {}  # the kept words by their first three letters
    inner: dict[str, tuple[str, ...]] = {}  # and by their first two: they may stand behind a quote
    for word in sorted(found, key=len):
        head, pair = word[:3], word[:2]
        if not word.startswith(same.get(head, ())) and not word.startswith(inner.get(word[1:3], ()), 1):
            kept.add(word)
            inner[pair] = (*inner.get(pair, ()), word)
            if head != pair:
                same[head] = (*same.get(head, ()), word)
    return sorted(kept)


PYTHON_NEEDLES: Final = _needles()
FINDER: Final = Finder(PYTHON_NEEDLES)
"""Finds them in code that stands in other files."""
