"""The needles that detectors of text formats share: names in the shape of references, sinks, keys, addresses.

Shapes, not words: every one of them is rare in files that have nothing to do with models, so that one pass
over the bytes leaves few files to look at.
"""

from __future__ import annotations

from typing import Final

from aicheck.knowledge import apinames, hosts, names

__all__ = ["ADDRESSES", "HOSTS", "KEYS", "KEY_VALUE_KEYS", "NAMES"]

_ORDINARY: Final = frozenset(
    """
prometheus pegasus persimmon alpaca vicuna chronos instructor embedding embeddings multilingual deformable
diffusion distil command arctic falcon canary hermes dolphin zephyr cosmos nougat marian reformer funnel
gecko conformer titanet palm orion solar opus donut rerank reranker embed depth midas canvas seamless
florence movinet bison kosmos titan nova sonar
""".split()
)
_LONG: Final = 6
_SHORT: Final = [
    "gpt-",
    "gpt4",
    "gpt3",
    "gpt2",
    "chatgpt",
    "gpt_",
    "o1-",
    "o3-",
    "o4-",
    '"o1"',
    '"o3"',
    "'o1'",
    "'o3'",
    "claude",
    "gemini-",
    "gemini_",
    "gemini/",
    "grok-",
    "t5-",
    "t5_",
    "e5-",
    "bge-",
    "gte-",
    "phi-",
    "phi1",
    "phi2",
    "phi3",
    "phi4",
    "yi-",
    "clip-",
    "clip_",
    "vit-",
    "vit_",
    "vitl",
    "sam-",
    "sam_",
    "sam2",
    "bert",
    "opt-",
    "opt_",
    "orca",
    "bloom",
    "mpt-",
    "glm-",
    "glm4",
    "olmo",
    "aya-",
    "qwq",
    "qvq",
    "ul2",
    "esm-",
    "esm1",
    "esm2",
    "bart-",
    "blip",
    "swin_",
    "swin-",
    "swinv2",
    "deit",
    "beit-",
    "dit-",
    "dino",
    "yolo",
    "xlm-",
    "nllb",
    "mms-",
    "vits-",
    "xtts",
    "luke-",
    "flux",
    "flux-",
    "flux1",
    "wan2",
    "sdxl",
    "sd-v",
    "sd_xl",
    "sd3",
    "ltx-",
    "kimi",
    "jamba",
    "nova-",
    "titan-",
    "sonar",
    "command-r",
    "command-a",
    "embed-",
    "ernie",
    "doubao",
    "hunyuan",
    "step-1",
    "step-2",
    "abab",
    "moonshot",
    "palm-",
    "text-bison",
    "-embed",
    "-embedding",
    "tts-1",
    "dall-e",
    "davinci",
    "babbage",
    "text-embedding",
    "text-embed",
    "text-davinci",
    "falcon-",
    "arctic-embed",
    "zephyr-",
    "hermes-",
    "solar-",
    "dolphin-",
    "pplx-",
    "voyage-",
    "rerank-",
    "lcm-",
    "aura-",
    "eleven_",
    "nomic",
    "minilm",
    "mpnet",
    "all-minilm-",
    "sentence-transformers",
    "whisper-",
    "opus-mt",
    "deepseek",
    "mistral",
    "mixtral",
    "llama",
    "gemma",
    "qwen",
    "-instruct",
    "-7b",
    "-8b",
    "-13b",
    "-70b",
    ":7b",
    ":8b",
    ":1b",
    ":2b",
    ":3b",
    ":13b",
    ":14b",
    ":32b",
    ":70b",
    ":0.5b",
    ":1.5b",
]


_GENERAL: Final = frozenset(
    """
amazonaws.com amazonaws.com.cn vercel.app snowflakecomputing.com huggingface.co hf.space
""".split()
)


def _names() -> tuple[bytes, ...]:
    found = {stem for stem in names.FAMILY_STEMS if len(stem) >= _LONG and stem not in _ORDINARY}
    found |= {
        word for word in names.FAMILY_STEMS - names.WEAK_STEMS if len(word) == _LONG - 1 and word not in _ORDINARY
    }
    found |= set(_SHORT)
    found |= {owner + "/" for owner in names.NAMESPACES}
    found |= set(apinames.HOSTED_EXACT) | set(names.ROOT_MODELS) | set(names.SENTENCE_TRANSFORMERS)
    # What contains another needle adds nothing.
    kept: set[str] = set()
    heads: dict[str, tuple[str, ...]] = {}  # the kept words by their first two letters
    for word in sorted(found, key=len):
        if len(word) > 1 and word.isascii():
            pairs = [word[start : start + 2] for start in range(len(word) - 1)]
            if not any(word.startswith(heads[pair], at) for at, pair in enumerate(pairs) if pair in heads):
                kept.add(word)
                heads[pairs[0]] = (*heads.get(pairs[0], ()), word)
    return tuple(word.encode() for word in sorted(kept))


NAMES: Final = _names()
"""Families with a shape, owners with their slash, names of APIs."""

ADDRESSES: Final = tuple(
    b"""
huggingface.co hf.co/ hf-mirror.com hf:// hf: huggingface:// hf-hub: ollama:// ollama.com/library
registry.ollama.ai modelscope.cn modelscope.ai modelscope:// ms:// civitai.com kaggle.com/models
kaggle.com/api tfhub.dev replicate.com pvc:// ?model= &model= oci:// s3:// gs:// gcs:// oss:// az://
abfss:// wasbs:// cos:// ngc:// kaggle:// nvcr.io/nim/ mediapipe-models models-- datasets--
/releases/download/ download.pytorch.org/models foundation-model/ inference-profile/ .safetensors .gguf
.ckpt .pth .onnx .tflite .ggml ggml- .nemo .llamafile .keras pytorch_model .mlmodel .pt .h5
/openai/deployments/ /publishers/
""".split()
)
"""Addresses of models and suffixes of weights."""

HOSTS: Final = tuple(
    needle.strip(".").encode() for needle in hosts.host_needles() if needle.strip(".") not in _GENERAL
)
"""Parts of the hosts that serve models."""

KEYS: Final = (
    b"model:",
    b'model":',
    b"model':",
    b'model" :',
    b"models:",
    b'models":',
    b"modelid",
    b"model_id",
    b"model-id",
    b"modelname",
    b"model_name",
    b"model-name",
    b"model_path",
    b"model =",
    b"model=",
    b"models =",
    b"models=",
    b"_model",
    b'_model"',
    b"pretrained",
    b"model_args",
    b"base_model",
    b"basemodel",
    b"embeddingmodel",
    b"chatmodel",
    b"defaultmodel",
    b"llmmodel",
    b"tokenizer",
    b"repo_id",
    b"repoid",
    b"hf_repo",
    b"hfrepo",
    b"hf_model",
    b"ollama",
    b"vllm",
    b"sglang",
    b"huggingface-cli",
    b"hf download",
    b"llama-server",
    b"mlx_lm",
    b"lm_eval",
    b"text-generation-launcher",
    b"--model",
    b"--base-model",
    b"litellm",
    b"rerank",
    b"embedding",
    b"lora_",
    b"peft_model",
    b"checkpoint",
    b"ckpt",
    b"dataset_name",
    b"dataset_id",
)
"""Keys, options and commands that name models, in the spellings of code."""

KEY_VALUE_KEYS: Final = (
    b"model",
    b"llm",
    b"embed",
    b"rerank",
    b"tokenizer",
    b"dataset",
    b"lora",
    b"adapter",
    b"checkpoint",
    b"ckpt",
    b"pretrained",
    b"repo_id",
    b"hf_",
    b"encoder",
    b"backbone",
    b"engine",
    b"unet",
    b"vae",
    b"deployment_id",
    b"deployment_name",
    b"gguf",
    b"processor",
    b"vllm",
    b"sglang",
    b"ollama",
    b"huggingface",
    b"_file",
    b"weights",
    b"storageuri",
    b"deployment-id",
    b"fallback",
    b"data_path",
    b"train_data",
    b"hf download",
    b"transformer",
)
"""Keys of configurations, where the word alone is worth a look."""
