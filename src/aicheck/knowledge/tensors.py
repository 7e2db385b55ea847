"""What names and shapes of tensors tell: the type of a model and the numbers of its configuration.

Names as the reference implementations write them (transformers' modeling files of each type). Head counts are not
in the shapes, only their product with the width of a head: `Shape.heads` and `kv_heads` stay 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from aicheck.core.frozen import dataclass

__all__ = ["EMBEDDINGS", "TensorShape", "shape_of_tensors"]

_MAX_NAME: Final = 300
EMBEDDINGS: Final = (
    "embed_tokens.weight",
    "wte.weight",
    "word_embeddings.weight",
    "tok_embeddings.weight",
    "embed_in.weight",
    "token_embd.weight",
)
_BLOCK: Final = re.compile(r"(?:^|\.)(?:layers|h|blk|layer|blocks)\.(\d{1,4})\.(.+)")
_VISION: Final = ("vision", "visual", "vit", "image", "audio", "encoder", "tower", "mm_")


@dataclass(frozen=True, slots=True)
class TensorShape:
    """The numbers that tensors tell; 0 = not seen."""

    kind: str
    """`model_type` that such names belong to, or '' where several fit or none is known."""
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    layers: int
    """Highest block seen + 1: of one shard of several, a lower bound."""
    query_size: int
    """Rows of the query projection: heads by the width of a head."""
    key_size: int


def _kind(inner: Mapping[str, tuple[int, ...]]) -> str:
    """Tell the type from the tensors of one block."""
    has = inner.__contains__
    experts = any(".experts." in name for name in inner)
    if has("self_attn.kv_a_proj_with_mqa.weight"):
        return "deepseek_v3" if has("self_attn.q_a_proj.weight") else "deepseek_v2"
    if any(name.startswith("block_sparse_moe.experts.") for name in inner):
        return "mixtral"
    if has("self_attn.q_proj.weight") and has("self_attn.k_proj.weight"):
        if has("self_attn.q_norm.weight"):
            if has("pre_feedforward_layernorm.weight"):
                return "gemma3"
            if has("post_feedforward_layernorm.weight"):
                return "olmo2"
            if inner["self_attn.q_norm.weight"] in {(64,), (128,), (256,)}:
                return "qwen3_moe" if experts else "qwen3"
            return "olmoe" if experts else ""
        if has("pre_feedforward_layernorm.weight"):
            return "gemma2"
        if has("self_attn.q_proj.bias") and not has("self_attn.o_proj.bias"):
            return "qwen2_moe" if experts else "qwen2"
        if has("mlp.gate_proj.weight") and has("input_layernorm.weight") and not has("self_attn.q_proj.bias"):
            return "llama"
        return ""
    by_mark = (
        ("self_attn.qkv_proj.weight", "phi3" if has("mlp.gate_up_proj.weight") else ""),
        ("self_attn.W_pack.weight", "baichuan"),
        ("attention.wqkv.weight", "internlm2"),
        ("self_attention.query_key_value.weight", "chatglm" if has("self_attention.dense.weight") else ""),
        ("attn.c_attn.weight", "qwen" if has("mlp.w1.weight") else ""),
    )
    return next((kind for mark, kind in by_mark if has(mark)), "")


def shape_of_tensors(tensors: Mapping[str, tuple[int, ...]]) -> TensorShape | None:
    """Read the language model out of a header; None where no block of one is among the tensors.

    `tensors`: name → shape, of a whole file or of its first shard.
    """
    blocks: dict[str, dict[str, tuple[int, ...]]] = {}
    layers = 0
    embedding: tuple[int, ...] = ()
    for name, shape in tensors.items():
        if len(name) > _MAX_NAME or any(word in name.lower() for word in _VISION):
            continue
        if len(shape) == 2 and name.endswith(EMBEDDINGS) and not embedding:  # noqa: PLR2004 - a matrix
            embedding = shape
        found = _BLOCK.search(name)
        if found:
            layers = max(layers, int(found[1]) + 1)
            blocks.setdefault(found[1], {})[found[2]] = shape
    if not blocks:
        return None
    # The last block of a shard may be cut in two: the fullest one is whole.
    inner = max(blocks.values(), key=len)
    vocabulary, hidden = (max(embedding), min(embedding)) if embedding else (0, 0)

    def rows(*names: str) -> int:
        return next((inner[name][0] for name in names if inner.get(name)), 0)

    norm = rows("input_layernorm.weight", "attention_norm.weight", "ln_1.weight")
    return TensorShape(
        kind=_kind(inner),
        vocab_size=vocabulary,
        hidden_size=hidden or norm,
        intermediate_size=rows("mlp.gate_proj.weight", "feed_forward.w1.weight", "mlp.w1.weight", "mlp.fc1.weight")
        or rows("mlp.gate_up_proj.weight") // 2,
        layers=layers,
        query_size=rows("self_attn.q_proj.weight"),
        key_size=rows("self_attn.k_proj.weight"),
    )
