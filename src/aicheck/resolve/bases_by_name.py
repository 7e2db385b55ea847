"""Possible bases that a repository's name tells, held against its type and size."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from aicheck.core.component import Relation
from aicheck.knowledge import families
from aicheck.knowledge.catalog import Catalog, name_key
from aicheck.knowledge.lineage import known_edges
from aicheck.resolve.evidence import Candidate, Evidence
from aicheck.resolve.records import RepoRecord

__all__ = ["checked", "is_quantized", "lookup", "name_candidates", "plain_type", "tokens_of", "weighed"]

_TOKENS: Final = re.compile(r"[-_ ]+")
_HUMP: Final = re.compile(
    r"(?<=[a-z])(?=(?:Qwen|Llama|LLaMA|LLama|Mistral|Mixtral|Gemma|Phi|DeepSeek|Yi|GLM)(?:[-_ 0-9]|$))"
)
"""Where a family's name begins in the middle of a word: `RuQwen2.5-3B`, `InLegalLlama2-7B`."""
_VERSION: Final = re.compile(
    r"(?i)((?:llama|qwen|phi|gemma|glm|yi|exaone|granite|falcon|olmo|deepseek[-_]?v|"
    r"kimi[-_]?k|(?<![a-z])v)[-_]?\d)(?:_(?=\d(?:[-_ .]|$))|-(?=\d[-_]\d{1,3}(?:\.\d{1,2})?b(?:[-_ .]|$)))"
)
"""A version whose point is written as another sign: `llama-3_1-8b`, `Qwen2-5-7B`; `llama-3-1b` has none."""
# Marks that requantisers and converters append to the name of what they converted.
_QUANT_PATTERN: Final = (
    r"(?:i1|imat|imatrix|gguf|ggml|awq|gptq|exl2|exl3|bnb|hqq|aqlm|eetq|marlin|mlx|onnx|openvino|ov|coreml|ct2|"
    r"ctranslate2|fp4|nf4|fp8|bf16|fp16|f16|fp32|int4|int8|w4a16|w8a8|w8a16|w4a8|nvfp4|mxfp4|mxfp8|4bit|8bit|"
    r"3bit|2bit|6bit|5bit|4bits|8bits|q[2-8](?:[_.]?[k01][_a-z]*)?|iq\d.*|quantized.*|quant|dynamic|unsloth|"
    r"torchao|tflite|litert|gs\d+|g\d+|128g|dwq|kv|block|static|\d(?:\.\d+)?bpw|autoround|sym|inc|qat|ud|hf|"
    r"4-?bit|8-?bit|tensor|channel|asym|rtn|speculator.*)"
)
_SIZE: Final = re.compile(
    r"\d+(?:\.\d+)?[bm](?:$|[^a-z])|\dx\d+b|-(?:tiny|small|base|medium|large|xl|xxl)\b|mini|nano"
)
_DISTRIBUTORS: Final = frozenset(
    [
        "thebloke",
        "bartowski",
        "lmstudio-community",
        "mradermacher",
        "quantfactory",
        "unsloth",
        "mlx-community",
        "maziyarpanahi",
        "ggml-org",
        "redhatai",
        "neuralmagic",
        "nm-testing",
        "cyankiwi",
        "second-state",
        "xenova",
        "onnx-community",
        "lmstudio",
        "casperhansen",
        "turboderp",
        "legraphista",
        "richarderkhov",
        "gaianet",
        "tensorblock",
        "afrideva",
        "solidrust",
        "nousresearch",
        "huggingfacequants",
        "amd",
        "intel",
        "nvidia",
        "openvino",
        "optimum",
        "hugging-quants",
        "isotr0py",
        "cortexso",
        "devquasar",
        "featherless-ai-quants",
        "2imi9",
        "zerowidth",
    ]
)
_MAKERS_TOO: Final = frozenset({"nvidia", "amd", "intel", "nousresearch"})
_ORGANIZATIONS_OF_BASES: Final = frozenset(
    model.id.partition("/")[0].lower() for model in families.all_base_models()
)
_MAKERS: Final = _ORGANIZATIONS_OF_BASES - _MAKERS_TOO - _DISTRIBUTORS
# Words that make another model of a name: OpenLLaMA, TinyLlama.
_OWN_MAKE: Final = frozenset({"open", "tiny", "micro", "baby", "super", "anti"})
_ALIASES: Final = {"phi-msft": "phi", "unknown": "", "mixformer-sequential": "phi"}
_MIN_KEY: Final = 5
_MAX_TOKENS: Final = 14
_LONG: Final = 200
_NEAR: Final = 0.03


@cache
def _quantized() -> Callable[[str], re.Match[str] | None]:
    return re.compile(_QUANT_PATTERN).fullmatch


def tokens_of(name: str) -> list[str]:
    """Return the parts of a repository's bare name."""
    return [token for token in _TOKENS.split(_HUMP.sub("-", name[:_LONG])) if token][:_MAX_TOKENS]


def _pointed(name: str) -> str:
    return _VERSION.sub(r"\1.", name)


def _strip_quantization(tokens: list[str]) -> list[str]:
    kept = list(tokens)
    while len(kept) > 1 and _quantized()(kept[-1].lower()):
        kept.pop()
    return kept


def lookup(key: str, own: str, catalog: Catalog | None, *, popular: bool) -> str | None:
    """Return the id that a name stands for, other than `own`."""
    known = families.by_name(key)
    if known is not None and known.id.lower() != own:
        house = known.id.partition("/")[0].lower()
        if catalog is not None and name_key(known.id.rpartition("/")[2]) != key:
            # `Qwen3-8B` is a repository of its own beside `Qwen3-8B-Base`: the very name goes first.
            for repo in catalog.by_name(key):
                mine = repo.partition("/")[0].lower() == house and repo.lower() != own
                if mine and _comes_from(repo, known.id, catalog):
                    return catalog.canonical(repo) or repo
        return known.id
    if catalog is None:
        return None
    ranked = sorted(
        catalog.by_name(key), key=lambda repo: repo.partition("/")[0].lower() not in _ORGANIZATIONS_OF_BASES
    )
    for repo in ranked:
        owner = repo.partition("/")[0].lower()
        if repo.lower() == own or owner in _DISTRIBUTORS - _MAKERS_TOO or "/" not in repo:
            continue
        if name_key(own.rpartition("/")[2]) == key and owner not in _ORGANIZATIONS_OF_BASES:
            continue  # of two repositories of one name, a stranger's is no more the original than one's own
        if name_key(own.rpartition("/")[2]) == key and own.partition("/")[0] in _MAKERS:
            continue  # and a maker's own model is nobody's copy
        if popular and owner not in _ORGANIZATIONS_OF_BASES:
            continue
        canonical = catalog.canonical(repo) or repo
        if canonical.lower() == own:
            continue
        return canonical
    return None


def _is_house(word: str, base: str) -> bool:
    """Return whether the first word of a name is the house of the model that the rest is named like."""
    house, said = name_key(base.partition("/")[0]), name_key(word)
    return len(said) > 2 and (house.startswith(said) or said.startswith(house))  # noqa: PLR2004 - no initials


def _longest_run(
    tokens: list[str], own: str, catalog: Catalog | None, behind: list[str] | None
) -> Candidate | None:
    """Return the base whose name is the longest run of parts; of two, the one that stands `behind` the other."""
    found = _run(tokens, own, catalog)
    if found is None or not behind:
        return found
    if "distill" in found.id.lower():
        return found
    return _run(behind, own, catalog) or found


def _run(stripped: list[str], own: str, catalog: Catalog | None) -> Candidate | None:
    count = len(stripped)
    for length in range(count, 0, -1):
        for start in range(count - length + 1):
            run = stripped[start : start + length]
            if start and stripped[start - 1].lower() in _OWN_MAKE:
                continue
            text = "-".join(run).lower()
            key = name_key(text)
            if len(key) < _MIN_KEY or not any(char.isdigit() for char in key) or not _SIZE.search("-" + text):
                continue
            base = lookup(key, own, catalog, popular=True)
            if base is not None and not _another_size(base, stripped):
                return Candidate(base, Relation.FINETUNE, Evidence.NAME, f"the name contains {'-'.join(run)!r}")
    return None


_SIZE_WORDS: Final = frozenset("tiny mini small medium large xl xxl xs".split())


def _another_size(base: str, tokens: list[str]) -> bool:
    """Return whether the name tells another size than the base's: `mt5-xxl` does not come from `mt5-base`."""
    theirs = {token.lower() for token in _TOKENS.split(base.rpartition("/")[2])}
    return "base" in theirs and bool(_SIZE_WORDS & {token.lower() for token in tokens})


def _comes_from(repo: str, base: str, catalog: Catalog) -> bool:
    record = catalog.get(repo)
    stated = [edge.parent for edge in record.edges] if record else []
    return base.lower() in {parent.lower() for parent in (*stated, *(edge.parent for edge in known_edges(repo)))}


def name_candidates(repo_id: str, catalog: Catalog | None) -> tuple[Candidate, ...]:
    """Read possible bases off a repository's name, the best first."""
    name = repo_id.rpartition("/")[2]
    found = _as_written(repo_id, name, catalog)
    pointed = _pointed(name)
    if pointed == name or (found and found[0].evidence in {Evidence.NAME_QUANTIZED, Evidence.NAME_COPY}):
        return found
    return _as_written(repo_id, pointed, catalog) or found


def _as_written(repo_id: str, name: str, catalog: Catalog | None) -> tuple[Candidate, ...]:
    own = repo_id.lower()
    owner = own.rpartition("/")[0]
    tokens = tokens_of(name)
    if not tokens:
        return ()
    stripped = _strip_quantization(tokens)
    if len(stripped) < len(tokens):
        # `bartowski/Qwen_QwQ-32B-GGUF`: the first token may repeat the owner of the original.
        for start in range(min(2, len(stripped))):
            key = name_key("-".join(stripped[start:]))
            if start and not any(char.isdigit() for char in key):
                continue
            base = lookup(key, own, catalog, popular=False)
            if base is not None and (not start or _is_house(stripped[0], base)):
                return (
                    Candidate(
                        base,
                        Relation.QUANTIZED,
                        Evidence.NAME_QUANTIZED,
                        f"the name is that of {base} with marks of a conversion",
                    ),
                )
    whole = lookup(name_key("-".join(stripped)), own, catalog, popular=True)
    if whole is not None and owner in _DISTRIBUTORS:
        return (Candidate(whole, Relation.COPY, Evidence.NAME_COPY, f"a redistributor's copy of {whole} by name"),)
    taught = next((at for at, token in enumerate(stripped) if token.lower().startswith("distill")), None)
    # `gpt-oss-120b-Distill-Llama3.1-8B`: what stands behind the word was taught by what stands before it.
    found = _longest_run(stripped, own, catalog, stripped[taught + 1 :] if taught is not None else None)
    if found is not None:
        return (found,)
    stem = _by_stem(repo_id, catalog)
    return () if stem is None else (stem,)


def _same_type(base_id: str, record: RepoRecord, catalog: Catalog | None) -> bool | None:
    """Return whether base and record have the same `model_type`; None where one is not known."""
    known = families.base_model(base_id)
    theirs = known.model_type if known else None
    if not theirs and catalog is not None:
        row = catalog.get(base_id)
        theirs = row.model_type if row else None
    ours = record.model_type
    if not theirs or not ours or "unknown" in {theirs, ours}:
        return None
    return plain_type(theirs) == plain_type(ours)


def plain_type(model_type: str) -> str:
    """Return a `model_type` without the spellings that mean the same."""
    model_type = _ALIASES.get(model_type, model_type)
    return model_type.removesuffix("_text").replace("-", "_")


def _parameters(base_id: str, catalog: Catalog | None) -> int | None:
    known = families.base_model(base_id)
    if known and known.parameters:
        return known.parameters
    row = catalog.get(base_id) if catalog else None
    return row.parameters if row else None


def is_quantized(record: RepoRecord) -> bool:
    """Return whether the repository holds packed weights or an adapter, by its configuration or its name."""
    text = record.id.lower()
    marks = ("gguf", "awq", "gptq", "4bit", "8bit", "exl2", "int4", "int8", "fp8", "fp4", "lora", "adapter", "mlx")
    return bool(record.quantization) or any(mark in text for mark in marks)


def checked(candidate: Candidate, record: RepoRecord, catalog: Catalog | None) -> Candidate | None:
    """Hold a name against type and size: better evidence, another base of the family, or nothing."""
    if candidate.evidence not in {Evidence.NAME, Evidence.STEM}:
        return candidate
    same = _same_type(candidate.id, record, catalog)
    if same is False:
        known = families.base_model(candidate.id)
        kin = [
            model
            for model in families.by_parameters(record.model_type or "", record.parameters or 0, tolerance=_NEAR)
            if known is not None and model.family == known.family
        ]
        if kin:
            note = f"{candidate.note}; type and size are those of {kin[0].id}"
            return Candidate(kin[0].id, candidate.relation, Evidence.NAME_CHECKED, note)
        return None
    theirs = _parameters(candidate.id, catalog)
    if theirs and record.parameters and not is_quantized(record):
        ratio = record.parameters / theirs
        if abs(ratio - 1) <= _NEAR and same:
            return Candidate(
                candidate.id,
                candidate.relation,
                Evidence.NAME_CHECKED,
                f"{candidate.note}; type and size agree with it",
            )
        if not 0.4 < ratio < 2.5:  # noqa: PLR2004 - block expansion and pruning change the size, not by this much
            return None
    evidence = Evidence.NAME_TYPED if same else candidate.evidence
    return Candidate(candidate.id, candidate.relation, evidence, candidate.note)


# `japanese-gpt2-medium`, `t5-base-dutch`: the name of a size that whole languages trained anew.
_SIZE_NAMES: Final = frozenset(
    "bert roberta distilbert xlm-roberta deberta deberta-v2 electra albert mpnet t5 bart gpt2 camembert "
    "vit".split()
)
# `llama-7b-finnish`: the first LLaMA's name stands for its shape as well, in which languages were trained anew.
_LANGUAGE: Final = re.compile(
    r"[-_](?:finnish|dutch|german|french|spanish|italian|portuguese|polish|czech|swedish|norwegian|danish|greek|"
    r"turkish|arabic|persian|hebrew|hindi|thai|vietnamese|indonesian|japanese|korean|chinese|russian|ukrainian)\b"
)
_TUNED: Final = re.compile(r"fine-?tun|[-_]ft\b|tuned|lora|adapter|qlora|[-_]sft\b|[-_]dpo\b")


def weighed(candidate: Candidate, record: RepoRecord) -> Candidate:
    """Hold a name that is an architecture's as well for a weak hint, unless it says that something was tuned."""
    known = families.base_model(candidate.id)
    kinds = {record.model_type, known.model_type if known else None}
    by_name = candidate.evidence in {Evidence.NAME, Evidence.NAME_TYPED, Evidence.NAME_CHECKED, Evidence.STEM}
    anew = candidate.id.startswith("huggyllama/") and _LANGUAGE.search(record.id.lower())
    if not by_name or not (anew or kinds & _SIZE_NAMES) or _TUNED.search(record.id.lower()):
        return candidate
    return Candidate(candidate.id, candidate.relation, Evidence.ARCHITECTURE, candidate.note)


_STEMS_PATTERN: Final = (
    r"(?:^|[-_ .])((?:deep|m)?(?:qwen-?\d(?:\.\d)?(?:-?(?:vl|coder|math|omni|next))?|(?:meta-)?llama-?\d(?:\.\d)?|"
    r"gemma-?\d?|mistral(?:-(?:nemo|small))?|mixtral|phi-?\d(?:\.\d)?(?:-(?:mini|medium))?|yi(?:-1\.5)?|"
    r"deepseek-(?:v\d|coder|r1|llm)|glm-?4(?:\.\d)?(?:-air)?|kimi-k2|falcon-?\d?|internlm-?\d(?:[._]\d)?|"
    r"olmo-?\d?|baichuan-?\d?|exaone-?\d\.\d|gpt-oss|smollm-?\d?))(?=$|[-_ .])"
)


@cache
def _stems() -> re.Pattern[str]:
    # Compiled when the first name needs it: most runs of `--help` and `show` never do.
    return re.compile(_STEMS_PATTERN, re.ASCII)


def _by_stem(repo_id: str, catalog: Catalog | None) -> Candidate | None:
    """Join a family and a size that stand apart in the name: `Qwen3-Nemotron-32B-RLBFF`."""
    own = repo_id.lower()
    name = _pointed(own.rpartition("/")[2][:120])
    stems = [match[1] for match in _stems().finditer(name)]
    sizes = [
        token for token in _TOKENS.split(name) if re.fullmatch(r"(?:\d{1,4}(?:\.\d{1,2})?[bm]|\dx\d{1,2}b)", token)
    ]
    words = set(_TOKENS.split(name))
    if not stems and set(sizes) == {"12b"} and words & {"nemo", "mn"}:
        note = "the name contains 'Nemo' and '12b'"
        return Candidate("mistralai/Mistral-Nemo-Base-2407", Relation.FINETUNE, Evidence.STEM, note)
    if len(set(stems)) != 1 or len(set(sizes)) != 1:
        return None
    for text in (f"{stems[0]}-{sizes[0]}-instruct", f"{stems[0]}-{sizes[0]}"):
        instruct = text.endswith("instruct")
        if instruct and "vl" not in stems[0] and "omni" not in stems[0]:
            continue
        base = lookup(name_key(text), own, catalog, popular=True)
        if base is not None:
            note = f"the name contains {stems[0]!r} and {sizes[0]!r}"
            return Candidate(base, Relation.FINETUNE, Evidence.STEM, note)
    return None
