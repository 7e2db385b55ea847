"""What a model descends from where nobody says so: names, configuration, shape and size against known bases.

Every result is a claim with a reason and a confidence. The confidences are the measured precision of each kind
of evidence on models whose declared base was hidden (`scripts/score_inference.py`, `docs/inference.md`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from aicheck.core.component import Relation
from aicheck.core.evidence import ClaimSource
from aicheck.knowledge import families
from aicheck.knowledge.catalog import Catalog, name_key
from aicheck.knowledge.lineage import known_edges
from aicheck.resolve.evidence import BY_NAME, CONCEALED, CONFIDENCE, UNNAMED, Evidence
from aicheck.resolve.records import Base, RepoRecord, is_repo_id

__all__ = ["CONCEALED", "CONFIDENCE", "Evidence", "infer", "name_candidates", "wants_config"]


_TOKENS: Final = re.compile(r"[-_ ]+")
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
_ORGANIZATIONS_OF_BASES: Final = frozenset(
    model.id.partition("/")[0].lower() for model in families.all_base_models()
)
# Words that make another model of a name: OpenLLaMA, TinyLlama.
_OWN_MAKE: Final = frozenset({"open", "tiny", "micro", "baby", "super", "anti"})
_MIN_KEY: Final = 5
_MAX_TOKENS: Final = 14
_NEAR: Final = 0.03


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible base with the kind of evidence for it."""

    id: str
    relation: Relation
    evidence: str
    note: str


@cache
def _quantized() -> Callable[[str], re.Match[str] | None]:
    return re.compile(_QUANT_PATTERN).fullmatch


def _strip_quantization(tokens: list[str]) -> list[str]:
    kept = list(tokens)
    while len(kept) > 1 and _quantized()(kept[-1].lower()):
        kept.pop()
    return kept


def _lookup(key: str, own: str, catalog: Catalog | None, *, popular: bool) -> str | None:
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
        if repo.lower() == own or owner in _DISTRIBUTORS or "/" not in repo:
            continue
        if popular and owner not in _ORGANIZATIONS_OF_BASES:
            continue
        canonical = catalog.canonical(repo) or repo
        if canonical.lower() == own:
            continue
        return canonical
    return None


def _comes_from(repo: str, base: str, catalog: Catalog) -> bool:
    record = catalog.get(repo)
    stated = [edge.parent for edge in record.edges] if record else []
    return base.lower() in {parent.lower() for parent in (*stated, *(edge.parent for edge in known_edges(repo)))}


def name_candidates(repo_id: str, catalog: Catalog | None) -> tuple[Candidate, ...]:
    """Read possible bases off a repository's name, the best first."""
    own = repo_id.lower()
    owner, _, name = own.rpartition("/")
    name = repo_id.rpartition("/")[2]
    tokens = [token for token in _TOKENS.split(name) if token][:_MAX_TOKENS]
    if not tokens:
        return ()
    stripped = _strip_quantization(tokens)
    if len(stripped) < len(tokens):
        # `bartowski/Qwen_QwQ-32B-GGUF`: the first token may repeat the owner of the original.
        for start in range(min(2, len(stripped))):
            key = name_key("-".join(stripped[start:]))
            if start and not any(char.isdigit() for char in key):
                continue
            base = _lookup(key, own, catalog, popular=False)
            if base is not None:
                return (
                    Candidate(
                        base,
                        Relation.QUANTIZED,
                        Evidence.NAME_QUANTIZED,
                        f"the name is that of {base} with marks of a conversion",
                    ),
                )
    whole = _lookup(name_key("-".join(stripped)), own, catalog, popular=True)
    if whole is not None and owner in _DISTRIBUTORS:
        return (Candidate(whole, Relation.COPY, Evidence.NAME_COPY, f"a redistributor's copy of {whole} by name"),)
    # The longest run of name parts that is the name of a base model.
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
            base = _lookup(key, own, catalog, popular=True)
            if base is not None:
                return (Candidate(base, Relation.FINETUNE, Evidence.NAME, f"the name contains {'-'.join(run)!r}"),)
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
    return _plain(theirs) == _plain(ours)


def _plain(model_type: str) -> str:
    return model_type.removesuffix("_text").replace("-", "_")


def _parameters(base_id: str, catalog: Catalog | None) -> int | None:
    known = families.base_model(base_id)
    if known and known.parameters:
        return known.parameters
    row = catalog.get(base_id) if catalog else None
    return row.parameters if row else None


def _is_quantized(record: RepoRecord) -> bool:
    text = record.id.lower()
    marks = ("gguf", "awq", "gptq", "4bit", "8bit", "exl2", "int4", "int8", "fp8", "fp4", "lora", "adapter", "mlx")
    return bool(record.quantization) or any(mark in text for mark in marks)


def _checked(candidate: Candidate, record: RepoRecord, catalog: Catalog | None) -> Candidate | None:
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
    if theirs and record.parameters and not _is_quantized(record):
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
_TUNED: Final = re.compile(r"fine-?tun|[-_]ft\b|tuned|lora|adapter|qlora|[-_]sft\b|[-_]dpo\b")


def _weighed(candidate: Candidate, record: RepoRecord) -> Candidate:
    """Hold a name that is an architecture's as well for a weak hint, unless it says that something was tuned."""
    known = families.base_model(candidate.id)
    kinds = {record.model_type, known.model_type if known else None}
    by_name = candidate.evidence in {Evidence.NAME, Evidence.NAME_TYPED, Evidence.NAME_CHECKED, Evidence.STEM}
    if not by_name or not kinds & _SIZE_NAMES or _TUNED.search(record.id.lower()):
        return candidate
    return Candidate(candidate.id, candidate.relation, Evidence.ARCHITECTURE, candidate.note)


# Types that many houses train from scratch: there a size proves something only where it is the very same number.
_SHARED_TYPES: Final = frozenset("llama mistral mixtral gpt2 gpt_neox bloom opt mpt falcon deepseek_v3".split())
# Encoders of one shape and one vocabulary are trained anew all the time: size says nothing about their weights.
_ENCODERS: Final = frozenset(
    "bert roberta distilbert xlm-roberta deberta deberta-v2 electra albert mpnet t5 mt5 bart whisper wav2vec2 "
    "modernbert camembert vit clip siglip".split()
)
_HUGE: Final = 100_000_000_000


def _by_size(record: RepoRecord) -> Candidate | None:
    """Find a base by `model_type` and the number of parameters."""
    if _is_quantized(record):
        return None
    kind = record.model_type or ""
    if record.parameters and not kind:
        exact = families.by_exact_size(record.parameters)
        if exact and len({model.family for model in exact}) == 1 and exact[0].model_type not in _ENCODERS:
            best = _likeliest(exact, record)
            return Candidate(
                best.id,
                Relation.FINETUNE,
                Evidence.SIZE,
                f"exactly the {record.parameters:,} parameters of {best.id}",
            )
    if not kind or kind in _ENCODERS:
        return None
    if record.parameters:
        exact = families.by_parameters(
            kind, record.parameters, tolerance=1e-6 if kind in _SHARED_TYPES else 0.0005
        )
        if exact and len({model.family for model in exact}) == 1:
            best = _likeliest(exact, record)
            twins = {model.family for model in families.by_shape(best.shape)} if best.shape else {best.family}
            if len(twins) > 1:
                return None  # OpenLLaMA and Amber have the very shape and size of Llama
            note = f"model_type {kind} with the {record.parameters:,} parameters of {best.id}"
            return Candidate(best.id, Relation.FINETUNE, Evidence.SIZE, note)
        shared = kind in _SHARED_TYPES and record.parameters < _HUGE
        near = families.by_parameters(kind, record.parameters, tolerance=0.02) if not exact and not shared else ()
        if near and len({model.family for model in near}) == 1:
            best = _likeliest(near, record)
            note = f"model_type {kind}, and a size near that of {best.id}"
            return Candidate(best.id, Relation.FINETUNE, Evidence.TYPE_SIZE, note)
    return None if record.parameters else _by_named_size(record)


_SIZE_TOKEN: Final = re.compile(r"(\d{1,4}(?:\.\d{1,2})?)b", re.ASCII)


def _by_named_size(record: RepoRecord) -> Candidate | None:
    """Find a base by a type of one house and the size that the name tells."""
    kind = record.model_type or ""
    if kind in _SHARED_TYPES or families.family_of_type(kind) is None:
        return None
    sizes = [_SIZE_TOKEN.fullmatch(token.lower()) for token in _TOKENS.split(record.id.rpartition("/")[2])]
    told = [float(size[1]) * 1e9 for size in sizes if size]
    if len(told) != 1:
        return None
    close = tuple(
        model
        for model in families.of_type(kind)
        if model.parameters and abs(model.parameters - told[0]) <= 0.2 * told[0]
    )
    if not close:
        return None
    best = min(close, key=lambda model: (abs((model.parameters or 0) - told[0]), not model.scratch, model.id))
    note = f"model_type {kind} is used by {best.family} alone, and the name tells the size of {best.id}"
    return Candidate(best.id, Relation.FINETUNE, Evidence.TYPE_NAME, note)


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
    name = own.rpartition("/")[2][:120]
    stems = [match[1] for match in _stems().finditer(name)]
    sizes = [
        token for token in _TOKENS.split(name) if re.fullmatch(r"(?:\d{1,4}(?:\.\d{1,2})?[bm]|\dx\d{1,2}b)", token)
    ]
    if len(set(stems)) != 1 or len(set(sizes)) != 1:
        return None
    for text in (f"{stems[0]}-{sizes[0]}-instruct", f"{stems[0]}-{sizes[0]}"):
        instruct = text.endswith("instruct")
        if instruct and "vl" not in stems[0] and "omni" not in stems[0]:
            continue
        base = _lookup(name_key(text), own, catalog, popular=True)
        if base is not None:
            note = f"the name contains {stems[0]!r} and {sizes[0]!r}"
            return Candidate(base, Relation.FINETUNE, Evidence.STEM, note)
    return None


def _likeliest(models: tuple[families.BaseModel, ...], record: RepoRecord) -> families.BaseModel:
    """Pick among bases of one shape: the newest that was out when the record was made, scratch first."""
    made = (record.created or "9999")[:7]
    out = [model for model in models if not model.released or model.released <= made] or list(models)
    return max(out, key=lambda model: (model.scratch, model.released, model.id))


_LANGUAGE_PARTS: Final = ("llm_config", "text_config", "language_config")


def wants_config(record: RepoRecord) -> bool:
    """Return whether a whole `config.json` could tell something: of encoders it cannot."""
    return record.model_type is not None and record.model_type not in _ENCODERS


def _by_shape(record: RepoRecord) -> Candidate | None:
    if not record.config:
        return None
    shape = families.shape_of(record.config)
    if shape is None:
        return None
    found = families.by_shape(shape)
    if len({model.family for model in found}) > 1:
        # OpenLLaMA, Amber and Llama share one shape: the rotary base may tell them apart, else nothing does.
        found = tuple(
            model
            for model in found
            if model.shape and (not shape.rope_theta or model.shape.rope_theta == shape.rope_theta)
        )
    if not found or len({model.family for model in found}) > 1:
        return None
    exact = tuple(
        model for model in found if model.shape and shape.rope_theta and model.shape.rope_theta == shape.rope_theta
    )
    best = _likeliest(exact or found, record)
    note = (
        f"{shape.layers} layers of {shape.hidden_size}, {shape.heads} heads, vocabulary {shape.vocab_size} and "
        f"type {shape.model_type}: the shape of {best.id}"
    )
    inner = any(isinstance(record.config.get(key), dict) for key in _LANGUAGE_PARTS)
    relation = Relation.COMPONENT if inner and best.model_type != record.model_type else Relation.FINETUNE
    return Candidate(best.id, relation, Evidence.SHAPE, note)


# Vision and audio towers that others build in: (model_type, hidden size, layers) → the model of that shape.
_ENCODER_SHAPES: Final[dict[tuple[str, int, int], str]] = {
    ("siglip_vision_model", 1152, 27): "google/siglip-so400m-patch14-384",
    ("siglip_vision_model", 768, 12): "google/siglip-base-patch16-224",
    ("clip_vision_model", 1024, 24): "openai/clip-vit-large-patch14-336",
    ("clip_vision_model", 768, 12): "openai/clip-vit-base-patch32",
    ("intern_vit_6b", 3200, 45): "OpenGVLab/InternViT-6B-448px-V2_5",
    ("intern_vit_6b", 1024, 24): "OpenGVLab/InternViT-300M-448px-V2_5",
    ("whisper", 1280, 32): "openai/whisper-large-v3",
}
_TOWERS: Final = ("vision_config", "audio_config", "encoder_config")


def _encoders(record: RepoRecord) -> list[Candidate]:
    """Find the encoders inside a multimodal model."""
    found = []
    for key in _TOWERS:
        tower = (record.config or {}).get(key)
        if not isinstance(tower, dict):
            continue
        kind = tower.get("model_type")
        layers = tower.get("num_hidden_layers", tower.get("encoder_layers"))
        hidden = tower.get("hidden_size", tower.get("d_model"))
        if not (isinstance(kind, str) and isinstance(layers, int) and isinstance(hidden, int)):
            continue
        base = _ENCODER_SHAPES.get((kind, hidden, layers))
        if base is not None:
            note = f"{key}: {layers} layers of {hidden}, the shape of {base}"
            found.append(Candidate(base, Relation.COMPONENT, Evidence.ENCODER, note))
    return found


def _by_path(record: RepoRecord, catalog: Catalog | None) -> Candidate | None:
    path = (record.config or {}).get("_name_or_path")
    if not isinstance(path, str) or not path or len(path) > 500:  # noqa: PLR2004 - a path of that length is junk
        return None
    text = path.strip().rstrip("/")
    note = f"config.json was saved from {text!r}"
    if is_repo_id(text) and "/" in text:
        if text.lower() == record.id.lower() or text.partition("/")[0] in {
            "models",
            "output",
            "checkpoints",
            "data",
        }:
            return None
        canonical = catalog.canonical(text) if catalog else None
        if canonical and canonical.lower() == record.id.lower():
            return None
        return Candidate(canonical or text, Relation.FINETUNE, Evidence.PATH, note)
    base = _lookup(name_key(text.rpartition("/")[2]), record.id.lower(), catalog, popular=True)
    return None if base is None else Candidate(base, Relation.FINETUNE, Evidence.PATH, note)


def _family(repo_id: str, catalog: Catalog | None) -> str | None:
    known = families.base_model(repo_id)
    if known is not None:
        return known.family
    for candidate in name_candidates(repo_id, catalog):
        inner = families.base_model(candidate.id)
        if inner is not None:
            return inner.family
    return None


def infer(record: RepoRecord, catalog: Catalog | None) -> tuple[Base, ...]:
    """Return the inferred bases of a model, most confident first; () for known roots and where nothing speaks.

    A model that merely shares an architecture gets no claim: shape and size must be those of a released base,
    and the namespace must not be one that trains such bases itself.
    """
    if families.is_root(record.id):
        return ()
    owner = record.id.partition("/")[0].lower()
    candidates: list[Candidate] = []
    path = _by_path(record, catalog)
    if path is not None:
        candidates.append(path)
    names = [_checked(candidate, record, catalog) for candidate in name_candidates(record.id, catalog)]
    named = next((_weighed(candidate, record) for candidate in names if candidate is not None), None)
    shaped = _by_shape(record)
    if shaped is not None and named is not None and named.evidence != Evidence.NAME_QUANTIZED:
        if _family(named.id, catalog) == _family(shaped.id, catalog):
            named = Candidate(named.id, named.relation, Evidence.SHAPE_AND_NAME, f"{named.note}; {shaped.note}")
            shaped = None
        elif named.evidence in {Evidence.NAME, Evidence.ARCHITECTURE}:
            named = None
    sized = _by_size(record) if shaped is None and named is None else None
    for candidate in (named, shaped, sized):
        if candidate is None:
            continue
        theirs = candidate.id.partition("/")[0].lower()
        if owner == theirs and _is_variant_of(candidate.id, record.id):
            continue
        if candidate.evidence in UNNAMED and owner == theirs:
            # A house that trains this family from scratch may have made this one from scratch as well.
            continue
        candidates.append(candidate)
    found: dict[str, Base] = {}
    for candidate in sorted(candidates, key=lambda candidate: -CONFIDENCE[candidate.evidence]):
        if candidate.id.lower() == record.id.lower():
            continue
        source = ClaimSource.CONFIG if candidate.evidence == Evidence.PATH else ClaimSource.INFERENCE
        if candidate.evidence in BY_NAME:
            source = ClaimSource.NAME
        found.setdefault(
            candidate.id.lower(),
            Base(
                candidate.id,
                candidate.relation,
                source,
                declared=False,
                locator=f"inference:{candidate.evidence}",
                confidence=CONFIDENCE[candidate.evidence],
                note=candidate.note,
            ),
        )
    bases = tuple(found.values())
    towers = tuple(
        _as_base(candidate) for candidate in _encoders(record) if candidate.id.partition("/")[0].lower() != owner
    )
    return (*_agreed(bases, catalog), *towers)


def _is_variant_of(longer: str, shorter: str) -> bool:
    """Return whether `longer` is a house's `X-Instruct` to `shorter`, its `X`: then X does not come from it."""
    whole, stem = name_key(longer.rpartition("/")[2]), name_key(shorter.rpartition("/")[2])
    rest = whole.removeprefix(stem)
    return rest != whole and rest not in {"", "base", "pt"}


def _as_base(candidate: Candidate) -> Base:
    return Base(
        candidate.id,
        candidate.relation,
        ClaimSource.INFERENCE,
        declared=False,
        locator=f"inference:{candidate.evidence}",
        confidence=CONFIDENCE[candidate.evidence],
        note=candidate.note,
    )


def _agreed(bases: tuple[Base, ...], catalog: Catalog | None) -> tuple[Base, ...]:
    """Keep the better of two guesses that mean the same family, or where the better is good enough."""
    if len(bases) > 1 and _family(bases[0].id, catalog) == _family(bases[1].id, catalog):
        return bases[:1]
    return bases[:1] if len(bases) > 1 and bases[0].confidence >= CONFIDENCE[Evidence.PATH] else bases
