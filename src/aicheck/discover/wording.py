"""Words that decide nothing: what stands for any name, folders, files that every model has."""

from __future__ import annotations

import re
from typing import Final

from aicheck.knowledge import slugs

__all__ = [
    "ANY_NAME",
    "ANY_OWNER",
    "BACKBONE",
    "BUILDERS",
    "CLASS_NAME",
    "CODE_NAME",
    "COQUI",
    "DOMAINS",
    "FOLDERS",
    "GENERIC_FILES",
    "HUB_KEY",
    "MLC",
    "OLD_DATASET",
    "OUTPUT",
    "OWN_CHECKPOINT",
    "PARAMETERS",
    "PRESET",
    "PUBLISHED",
    "SNAKES",
    "SPEAKING",
    "TAG",
    "TIERS",
    "TIER_HOUSES",
    "WEIGHTS_FOLDER",
    "WHISPER_ONLY",
    "plain_name",
]

ANY_NAME: Final = re.compile(
    r"(?:default|dummy|fake|mock|test|sample|example|placeholder|none|null|unknown|my|your|some|custom|any|foo|bar|"
    r"old|new|other|another|updated|initial|existing|current|resolved|fallback|"
    r"xxx+)(?:[-_. ]?(?:model|llm|name|id|deployment|engine|value|\d))*\Z|model(?:[-_]?(?:name|id|\w|\d+))?\Z|"
    r"your_[a-z_]+\Z|(?:tgi|llm|vllm|sglang|llama_?cpp|local|lmstudio)(?:-?model)?\Z"
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
    r"|[a-z0-9.]+(?:[-_][a-z0-9.]+){0,8}[-_](?:unit|integration|smoke|e2e|regression|nightly)[-_]tests?(?![a-z])"
)
"""A module (`app.models.llama3`), an interface of Kubernetes (`kubeai.org/v1`), a job (`qwen3-unit-tests`)."""
OWN_CHECKPOINT: Final = re.compile(
    r"(?:best|last|latest|final|tmp|trained|my|test)?[_-]?(?:model|ckpt|checkpoint|weights|net|state|epoch)?"
    r"[_-]?(?:best|last|latest|final|\d+|tmp)?\.(?:pth?|ckpt|bin|h5|keras)\Z"
)
"""What a training calls the file it writes: `best_model.pth`, `ckpt.pt`."""
PARAMETERS: Final = re.compile(r"[-_.](?:\d+x)?\d+(?:\.\d+)?[bB](?:[-_.]|\Z)")
"""A count of parameters: `…-70b`, `…-8x7B-instruct`."""
FOLDERS: Final = frozenset(
    "models model checkpoints checkpoint ckpt ckpts weights pretrained outputs output out results result runs "
    "logs exp experiments saves saved trained data datasets configs config tmp cache scripts local".split()
)
PUBLISHED: Final = re.compile(r"(?:^|/)publishers/[\w-]+/models/([\w.@-]+)\Z")
"""A model of Vertex by its resource: `projects/p/locations/l/publishers/google/models/…`."""
SPEAKING: Final = re.compile(r"[-_](?:embeddings?|rerankers?)(?:[-_]|\Z)")
"""What a model is for, within its name."""
SNAKES: Final = re.compile(r"[a-z][a-z0-9]*/[a-z][a-z0-9]*(?:_[a-z0-9]+)+\Z")
"""`solver/musicgen_base_32khz`: how configurations are filed; the Hub's names have capitals, dashes or dots."""
WEIGHTS_FOLDER: Final = re.compile(
    r"(?:^|/)(?:checkpoints?|weights|ckpts?|pretrained\w*|models?|pretrain)/[^{}]+\Z"
)
GENERIC_FILES: Final = frozenset(
    f"{stem}.{ending}"
    for stem in ("adapter_model", "pytorch_model", "diffusion_pytorch_model", "model", "consolidated")
    for ending in ("bin", "safetensors", "onnx", "pth", "pt")
)
"""Files of weights that say nothing without the folder they lie in."""
OLD_DATASET: Final = re.compile(
    r"(?!(?:test|my|dummy|sample|example|fake|mock|your)[_-])[a-z][a-z0-9]+(?:[_-](?!(?:test|mock)\Z)[a-z0-9]+)*"
)
BUILDERS: Final = frozenset(
    "json csv parquet text arrow pandas imagefolder audiofolder videofolder webdataset generator sql xml hdf5 "
    "lance spark data dataset datasets train test path file files my_dataset local disk builder".split()
)
"""What `load_dataset` reads that is no name on the Hub, and what people call a folder."""
WHISPER_ONLY: Final = re.compile(r"\.en\Z|\Alarge-v\d|\Adistil-")
"""Sizes of Whisper that are no word of anything else."""
HUB_KEY: Final = re.compile(r"(?:^|_)(?:hf|hub|huggingface)(?:_|$)", re.IGNORECASE)
"""Keys whose value is a repository of the Hub, and maybe a file in it."""
MLC: Final = re.compile(r"([A-Za-z][\w.\-]{2,90}-q\df(?:16|32)(?:_\d)?-MLC)(?:-1k)?")
"""Names that WebLLM completes with the owner of its compiled models; `-1k` is a setting of the window."""
COQUI: Final = re.compile(r"(?:tts|vocoder|voice_conversion)_models/[\w-]+/[\w-]+/[\w.-]+")
"""Names of Coqui TTS: kind, language, data, model."""
BACKBONE: Final = re.compile(
    r"(?:(?:wide_)?resnet|resnext|seresnet|vgg|densenet|dla|darknet|regnet[xyz]?|hrnet_w|mobilenetv|ghostnetv?|rexnet|res2net|"
    r"cspresnet|(?:tf_)?efficientnet(?:v2)?|convnext(?:v2)?|swin(?:v2)?|vit|deit3?|beit(?:v2)?|eva02|maxvit|coatnet|"
    r"xcit|cait|pit|levit|poolformer|davit|nfnet|inception)(?:_?[a-z]?\d+|_[a-z]+)(?:[._][a-z\d_]++)*+[a-z]?\Z"
)
"""Image backbones by the names of timm and torchvision."""
OUTPUT: Final = re.compile(
    r"(?:^|_|-)(?<!structured_)(?:out|output|outputs|save|saved|log|logs|logging|export|dest|target_dir|cache|work|tmp|temp|result|results|"
    r"wandb|push|hub_model_id|upload|docker|image_name|container|prefix|title|label|description|help|usage|"
    r"author|license|url_path|route|filepath_out)(?:$|_|-)|"
    r"(?:^|_|-)(?:template|conv|conv_mode|conversation|prompt_type|prompt_style|chat_format|data_files?)(?:_name)?$|"
    r"(?:^|_)(?:workspace|beaker_image)$|(?:index|collection|table|bucket|project|run|experiment)_name$|^(?:x_?|y_?)?(?:tick_?)?labels$|^legend$|"
    r"^(?:model_?)?(?:abbr|nick_?name|display_name|pretty_name)s?$|^ids$",
    re.IGNORECASE,
)
"""Keys whose values are folders, records, titles and other things that bear the name of a model."""
TAG: Final = re.compile(r"latest|v?\d+(?:[.x]\d+)*[bm]?(?:[.-][\w.]+)*|(?:instruct|text|chat|code)(?:[.-][\w.]+)*")
"""Tags of Ollama's library: `latest`, `7b`, `8x7b-instruct-q4_0`, `v0.3`."""
TIERS: Final = frozenset({"haiku", "sonnet", "opus"})
"""Anthropic's sizes, which agents take for the newest model of each."""
TIER_HOUSES: Final = frozenset({None, "anthropic", "bedrock", "vertex", "claude-code"})
PRESET: Final = re.compile(r"[a-z][a-z0-9.]*(?:_[a-z0-9.]+)+")
"""KerasHub's presets: `gemma_2b_en`, `bert_base_en_uncased`."""
_QUERY: Final = re.compile(r"([\w./:@-]{3,120})\?[a-z_]{2,40}=[\w.,&=-]{1,120}")
_SCOPED: Final = re.compile(r"([a-z][a-z0-9_-]{1,30})::([A-Za-z0-9][\w./:-]{1,120})")
_TASK: Final = re.compile(
    r"([a-z][a-z0-9_-]{1,30}):(?:chat|messages|completions?|responses|embeddings?|converse|realtime|image|text-generation"
    r"|text-classification|feature-extraction|sentence-similarity):(@?[A-Za-z0-9][\w./:-]{1,120})"
)
"""promptfoo's `provider:task:name`."""


def plain_name(text: str) -> str:
    """Read off what a gateway or a harness writes around a name.

    >>> plain_name("gpt-5-mini?reasoning=low"), plain_name("openai::gpt-4o"), plain_name("what?")
    ('gpt-5-mini', 'openai/gpt-4o', 'what?')
    >>> plain_name("anthropic:messages:claude-sonnet-4-5"), plain_name("cloudflare-ai:chat:@cf/meta/llama-3-8b")
    ('anthropic:claude-sonnet-4-5', '@cf/meta/llama-3-8b')
    """
    task = _TASK.fullmatch(text)
    if task is not None and task.group(2).startswith("@cf/"):
        return task.group(2)
    if task is not None and task.group(1) in slugs.PROVIDERS:
        return f"{task.group(1)}:{task.group(2)}"
    asked = _QUERY.fullmatch(text)
    text = asked.group(1) if asked else text
    scoped = _SCOPED.fullmatch(text)
    known = scoped is not None and (scoped.group(1) in slugs.PROVIDERS or scoped.group(1) in slugs.DEVELOPERS)
    return f"{scoped.group(1)}/{scoped.group(2)}" if scoped is not None and known else text
