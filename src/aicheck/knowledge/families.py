"""Base models: which are trained from scratch, how large they are, and what their configuration looks like.

Rows of `data/families.tsv`, each with its source. `scratch` = 1: the end of a lineage (trained from scratch, or
the first published form of the weights); 0: made from another model. `parameters`: of the whole, then of the parts
that others keep, with `;` between.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from aicheck.core.frozen import dataclass
from aicheck.knowledge.catalog import name_key
from aicheck.knowledge.tensors import TensorShape

__all__ = [
    "BaseModel",
    "Fit",
    "Shape",
    "all_base_models",
    "base_model",
    "by_exact_size",
    "by_name",
    "by_parameters",
    "by_resized",
    "by_shape",
    "by_tensors",
    "family_of_type",
    "is_root",
    "of_tokenizer",
    "of_type",
    "shape_of",
    "sizes_of",
]

_DATA: Final = Path(__file__).parent / "data" / "families.tsv"
_TOKENIZERS: Final = Path(__file__).parent / "data" / "tokenizers.tsv"
# What a fine-tune or an extended tokenizer changes in the vocabulary: rows added for special tokens and padding.
_VOCABULARY_SLACK: Final = 1024
_EXACT_PARAMETERS: Final = 0.0005
_BUFFERS: Final = 1e-6
"""Share that stored rotary frequencies add to the count of the weights."""
_NARROW: Final = 512
"""Widths below which a remainder of zero is no surprise."""
_NEAR_SIZE: Final = 0.03
_MAX_INSIDE: Final = 3
"""Configurations inside configurations that are read: the text model of a thinker of an omni model."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of a configuration that fine-tuning leaves alone. 0 = not stated."""

    model_type: str
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    kv_heads: int
    rope_theta: int = 0
    max_positions: int = 0
    tied: bool | None = None


@dataclass(frozen=True, slots=True)
class BaseModel:
    """One base model."""

    id: str
    family: str
    scratch: bool
    model_type: str
    shape: Shape | None
    parameters: int | None
    released: str
    """ISO month, or ''."""
    source: str
    parts: tuple[int, ...] = ()
    """Parameters of what others keep of it: the thinker of an omni model, the text model without its head."""


def _int(text: str) -> int:
    return int(text) if text else 0


@cache
def all_base_models() -> tuple[BaseModel, ...]:
    """Return every row, sorted by id."""
    lines = _DATA.read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines[1:]:
        cells = line.split("\t")
        numbers = [_int(cell) for cell in cells[4:10]]
        shape = None
        if numbers[1]:
            vocabulary, hidden, inner, layers, heads, kv_heads = numbers
            tied = cells[11] == "1" if cells[11] else None
            theta, positions = _int(cells[10]), _int(cells[12])
            shape = Shape(cells[3], vocabulary, hidden, inner, layers, heads, kv_heads, theta, positions, tied)
        sizes = [_int(size) for size in cells[13].split(";")]
        found.append(
            BaseModel(
                cells[0],
                cells[1],
                cells[2] == "1",
                cells[3],
                shape,
                sizes[0] or None,
                cells[14],
                cells[15],
                tuple(sizes[1:]),
            )
        )
    return tuple(found)


@cache
def _tokenizers() -> dict[str, frozenset[str]]:
    rows = (line.split("\t") for line in _TOKENIZERS.read_text(encoding="utf-8").splitlines()[1:])
    return {digest: frozenset(names.split(",")) for _, digest, names, _ in rows}


def of_tokenizer(digest: str) -> frozenset[str]:
    """Return the families whose tokenizer file has this sha256 or git blob id; empty where it is not on record.

    Others train from scratch with a family's tokenizer: the hash tells between families of one shape, no more.
    """
    return _tokenizers().get(digest, frozenset())


@cache
def _by_id() -> dict[str, BaseModel]:
    return {model.id.lower(): model for model in all_base_models()}


def base_model(repo_id: str) -> BaseModel | None:
    """Return the base model of this id, in any case."""
    return _by_id().get(repo_id.lower())


def is_root(repo_id: str) -> bool:
    """Return whether lineage ends here: the model is known to be trained from scratch."""
    model = base_model(repo_id)
    return model is not None and model.scratch


_TAIL: Final = re.compile(
    r"-(?:base|hf|pt|v0\.1|instruct|chat|sft-bf16|pretrain|preview|it|\d{4}|bf16|base-pt|intermediate-step-1431k-3t)$"
)
_NUMBERED: Final = re.compile(r"\d[bm](?:$|-)")


@cache
def _names() -> dict[str, BaseModel]:
    found: dict[str, BaseModel] = {}
    for model in sorted(
        all_base_models(), key=lambda model: (not model.scratch, model.released or "9999", model.id)
    ):
        name = model.id.rpartition("/")[2].lower()
        for _ in range(3):
            found.setdefault(name_key(name), model)
            shorter = _TAIL.sub("", name)
            if shorter == name or (name == shorter + "-base" and not _NUMBERED.search(shorter)):
                break  # `mt5-base` is one size of several, `qwen3-8b-base` the one before it was tuned
            name = shorter
    # The full names win over names that only became equal by shortening.
    for model in all_base_models():
        found[name_key(model.id.rpartition("/")[2])] = model
    return found


def by_name(key: str) -> BaseModel | None:
    """Return the base model whose bare name (with or without `-base`, `-hf`, `-v0.1` …) has this `name_key`."""
    return _names().get(key)


@cache
def _by_type() -> dict[str, tuple[BaseModel, ...]]:
    groups: dict[str, list[BaseModel]] = {}
    for model in all_base_models():
        if model.model_type:
            groups.setdefault(model.model_type, []).append(model)
    return {key: tuple(group) for key, group in groups.items()}


def family_of_type(model_type: str) -> str | None:
    """Return the one family that uses this `model_type`, or None where several do or none is known."""
    families = {model.family for model in _by_type().get(model_type, ())}
    return families.pop() if len(families) == 1 else None


def of_type(model_type: str) -> tuple[BaseModel, ...]:
    """Return the base models of a type."""
    return _by_type().get(model_type, ())


def by_parameters(
    model_type: str, parameters: int, *, tolerance: float = _EXACT_PARAMETERS
) -> tuple[BaseModel, ...]:
    """Return the base models of a type whose parameter count is within `tolerance` (relative), nearest first."""
    close = []
    for model in _by_type().get(model_type, ()):
        gaps = [abs(size - parameters) for size in sizes_of(model) if abs(size - parameters) <= tolerance * size]
        if gaps:
            close.append((min(gaps), model.id, model))
    return tuple(model for _, _, model in sorted(close, key=lambda row: row[:2]))


def sizes_of(model: BaseModel) -> tuple[int, ...]:
    """Return the parameter counts that weights of a base have: whole, without or with an output head."""
    if not model.parameters:
        return ()
    shape = model.shape
    if shape is None or shape.tied is None:
        return (model.parameters, *model.parts)
    head = shape.vocab_size * shape.hidden_size
    return (model.parameters, model.parameters + (head if shape.tied else -head), *model.parts)


@cache
def _by_exact_size() -> dict[int, tuple[BaseModel, ...]]:
    found: dict[int, list[BaseModel]] = {}
    for model in all_base_models():
        for size in sizes_of(model):
            # Rounded counts ("7B") are no fingerprints.
            if size % 100_000:
                found.setdefault(size, []).append(model)
    return {size: tuple(models) for size, models in found.items()}


@dataclass(frozen=True, slots=True)
class Fit:
    """A base whose number of parameters is the one asked for, but for `rows` of its vocabulary."""

    model: BaseModel
    rows: int


def by_resized(parameters: int) -> tuple[Fit, ...]:
    """Return the bases with this many parameters, give or take whole rows of the vocabulary, nearest first.

    Fine-tuning adds tokens or cuts padding off; what is left over by the width of a row is a coincidence in one
    case of thousands. Rounded counts are no fingerprints, and nothing fits them.
    """
    found = []
    if parameters % 100_000 == 0:
        return ()
    prints, sizes, reach = _fingerprints()
    for model, size, width in prints[
        bisect_left(sizes, parameters - reach) : bisect_right(sizes, parameters + reach)
    ]:
        gap = parameters - size
        if abs(gap) > width * _VOCABULARY_SLACK:
            continue
        if abs(gap) <= size * _BUFFERS:
            found.append(Fit(model, 0))
        elif gap % width == 0:
            found.append(Fit(model, gap // width))
    return tuple(sorted(found, key=lambda fit: (abs(fit.rows), fit.model.id)))


@cache
def _fingerprints() -> tuple[list[tuple[BaseModel, int, int]], list[int], int]:
    """Every (model, size, parameters per row of the vocabulary, 1 where its shape is not known) by size.

    Beside them the sizes alone, and how far off a number of parameters may be for any of them.
    """
    found: list[tuple[BaseModel, int, int]] = []
    for model in all_base_models():
        known = sizes_of(model)
        for number, size in enumerate(known):
            if size % 100_000 == 0:
                continue
            width = model.shape.hidden_size if model.shape and model.shape.hidden_size >= _NARROW else 1
            whole = model.shape is not None and model.shape.tied is (number == 1)
            part = number >= len(known) - len(model.parts)
            head_too = (
                not part and width > 1 and whole and model.shape is not None and model.shape.tied is not None
            )
            found.append((model, size, width * 2 if head_too else width))
    found.sort(key=itemgetter(1))
    widest = max((width for _, _, width in found), default=0)
    return found, [size for _, size, _ in found], widest * _VOCABULARY_SLACK


def by_exact_size(parameters: int) -> tuple[BaseModel, ...]:
    """Return the base models with exactly this number of parameters, whatever their type."""
    return _by_exact_size().get(parameters, ())


def by_tensors(
    tensors: TensorShape, parameters: int | None = None, *, whole: bool = False
) -> tuple[BaseModel, ...]:
    """Return the base models that tensors of these shapes can be of, whatever the configuration calls them.

    `whole`: the tensors are those of the whole model, so that the number of layers counts and is no lower bound.
    """
    if not tensors.hidden_size or not tensors.layers or not (tensors.vocab_size or parameters):
        return ()
    found = []
    for model in all_base_models():
        known = model.shape
        if known is None or known.hidden_size != tensors.hidden_size:
            continue
        if tensors.kind and known.model_type != tensors.kind:
            continue
        if known.layers != tensors.layers if whole else known.layers < tensors.layers:
            continue
        if tensors.intermediate_size and known.intermediate_size != tensors.intermediate_size:
            continue
        if tensors.vocab_size and abs(known.vocab_size - tensors.vocab_size) > _VOCABULARY_SLACK:
            continue
        heads = known.heads * known.kv_heads and tensors.query_size * tensors.key_size
        if heads and tensors.key_size * known.heads != tensors.query_size * known.kv_heads:
            continue  # the width of a head is free, the ratio of the two projections is not
        close = [size for size in sizes_of(model) if parameters and abs(size - parameters) <= _NEAR_SIZE * size]
        if parameters and model.parameters and not close:
            continue
        found.append(model)
    return tuple(found)


def by_shape(shape: Shape) -> tuple[BaseModel, ...]:
    """Return the base models with the same shape: sizes equal, vocabulary equal up to added rows."""
    found = []
    for model in _by_type().get(shape.model_type, ()):
        known = model.shape
        if known is None or known.hidden_size != shape.hidden_size or known.layers != shape.layers:
            continue
        pairs = (
            (known.intermediate_size, shape.intermediate_size),
            (known.heads, shape.heads),
            (known.kv_heads, shape.kv_heads),
        )
        if any(ours and theirs and ours != theirs for ours, theirs in pairs):
            continue
        if shape.vocab_size and abs(known.vocab_size - shape.vocab_size) > _VOCABULARY_SLACK:
            continue
        found.append(model)
    return tuple(found)


_FIELDS: Final = {
    "vocab_size": ("vocab_size", "padded_vocab_size"),
    "hidden_size": ("hidden_size", "n_embd", "d_model", "dim"),
    "intermediate_size": ("intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "d_ff"),
    "layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_head", "num_heads", "n_heads"),
    "kv_heads": ("num_key_value_heads", "multi_query_group_num", "num_kv_heads"),
    "max_positions": ("max_position_embeddings", "n_positions", "seq_length", "max_seq_len"),
}


def _whole(value: object) -> int:
    return (
        int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1 << 53 else 0
    )


def shape_of(config: Mapping[str, Any], *, inside: int = 0) -> Shape | None:
    """Read the shape from a `config.json`, from its language model where there are several parts."""
    if len(config) < 6 or inside > _MAX_INSIDE:  # noqa: PLR2004 - the Hub's excerpt of a configuration, not one
        return None
    for key in ("text_config", "llm_config", "language_config", "thinker_config"):
        inner = config.get(key)
        if isinstance(inner, dict):
            found = shape_of({"model_type": config.get("model_type"), **inner}, inside=inside + 1)
            if found is not None:
                return found
    read = {
        name: next((size for key in keys if (size := _whole(config.get(key)))), 0)
        for name, keys in _FIELDS.items()
    }
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or not read["hidden_size"] or not read["layers"]:
        return None
    rope = config.get("rope_parameters")
    theta = _whole(config.get("rope_theta")) or _whole(rope.get("rope_theta") if isinstance(rope, dict) else None)
    tied = config.get("tie_word_embeddings")
    return Shape(
        model_type,
        read["vocab_size"],
        read["hidden_size"],
        read["intermediate_size"],
        read["layers"],
        read["heads"],
        read["kv_heads"] or (read["heads"] if model_type in {"llama", "mistral", "qwen2"} else 0),
        theta,
        read["max_positions"],
        tied if isinstance(tied, bool) else None,
    )
