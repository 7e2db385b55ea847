"""Words that decide nothing: what stands for any name, folders, files that every model has."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "ANY_NAME",
    "ANY_OWNER",
    "BUILDERS",
    "CLASS_NAME",
    "CODE_NAME",
    "COQUI",
    "DOMAINS",
    "FOLDERS",
    "GENERIC_FILES",
    "MLC",
    "OLD_DATASET",
    "PARAMETERS",
    "WEIGHTS_FOLDER",
    "WHISPER_ONLY",
]

ANY_NAME: Final = re.compile(
    r"(?:default|dummy|fake|mock|test|sample|example|placeholder|none|null|unknown|my|your|some|custom|any|foo|bar|"
    r"xxx+)(?:[-_. ]?(?:model|llm|name|id|deployment|engine|value|\d))*\Z|model(?:[-_]?(?:name|id|\w|\d+))?\Z"
)
"""Names that stand for any model: `default`, `test-model`, `fakemodel`, `model_name`."""
DOMAINS: Final = (".ai", ".com", ".org", ".io", ".dev", ".cn")
"""How names of hosts end: `stability.ai`."""
ANY_OWNER: Final = re.compile(
    r"(?:default|dummy|fake|mock|custom|owner|user|username|org|organization|your[-_.]?\w*|(?:my|some)[-_]?(?:org|user|name|repo))\Z"
)
CLASS_NAME: Final = re.compile(
    r"(?=[A-Z]\w*[a-z])[A-Z]\w*(?:Config|Model|Tokenizer|TokenizerFast|Processor|ImageProcessor|FeatureExtractor|Attention|"
    r"MLP|MoE|Layer|Block|Encoder|Decoder|Embeddings|Backbone|Pipeline|Trainer|Adapter|Client|Provider|Wrapper|Mixin|"
    r"MTP|LMHeadModel|For[A-Z]\w+)\Z"
)
"""Classes of a library (`Qwen2AudioModel`, `LlamaForCausalLM`): code, whatever family their names carry."""
CODE_NAME: Final = re.compile(
    r"(?:[a-z_]+(?:\.[a-z_][a-z0-9_]*){2,}|[a-z0-9-]+(?:\.[a-z0-9-]+)+/v\d{1,2}(?:(?:alpha|beta)\d{1,2})?)\Z"
)
"""A module (`app.models.llama3`), or the version of an interface of Kubernetes (`kubeai.org/v1`)."""
PARAMETERS: Final = re.compile(r"[-_.](?:\d+x)?\d+(?:\.\d+)?[bB](?:[-_.]|\Z)")
"""A count of parameters: `…-70b`, `…-8x7B-instruct`."""
FOLDERS: Final = frozenset(
    "models model checkpoints checkpoint ckpt ckpts weights pretrained outputs output out results result runs "
    "logs exp experiments saves saved trained data datasets configs config tmp cache scripts local".split()
)
WEIGHTS_FOLDER: Final = re.compile(
    r"(?:^|/)(?:checkpoints?|weights|ckpts?|pretrained\w*|models?|pretrain)/[^{}]+\Z"
)
GENERIC_FILES: Final = frozenset(
    f"{stem}.{ending}"
    for stem in ("adapter_model", "pytorch_model", "diffusion_pytorch_model", "model", "consolidated")
    for ending in ("bin", "safetensors", "onnx", "pth", "pt")
)
"""Files of weights that say nothing without the folder they lie in."""
OLD_DATASET: Final = re.compile(r"[a-z][a-z0-9]+(?:[_-][a-z0-9]+)*")
BUILDERS: Final = frozenset(
    "json csv parquet text arrow pandas imagefolder audiofolder videofolder webdataset generator sql xml hdf5 "
    "lance spark data dataset datasets train test path file files my_dataset local disk builder".split()
)
"""What `load_dataset` reads that is no name on the Hub, and what people call a folder."""
WHISPER_ONLY: Final = re.compile(r"\.en\Z|\Alarge-v\d|\Adistil-")
"""Sizes of Whisper that are no word of anything else."""
MLC: Final = re.compile(r"([A-Za-z][\w.\-]{2,90}-q\df(?:16|32)(?:_\d)?-MLC)(?:-1k)?")
"""Names that WebLLM completes with the owner of its compiled models; `-1k` is a setting of the window."""
COQUI: Final = re.compile(r"(?:tts|vocoder|voice_conversion)_models/[\w-]+/[\w-]+/[\w.-]+")
"""Names of Coqui TTS: kind, language, data, model."""
