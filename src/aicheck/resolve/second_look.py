"""Which models are worth a second question: where the Hub's record is silent and `config.json` could say more.

The record alone has type, number of parameters and sizes of the files. A configuration tells a base by its shape,
and then the size is that base's as well, or by the path that it was saved from (`_name_or_path`), which pruned and
grown models keep too: those are read last, where the run may still ask, and nothing is missed without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from aicheck.knowledge import families
from aicheck.resolve.bases_by_name import is_quantized, plain_type
from aicheck.resolve.bases_by_size import ENCODERS
from aicheck.resolve.lineage import Parent
from aicheck.resolve.records import RepoRecord

__all__ = ["allowance", "could_tell", "second_looks"]

_SETTLED: Final = 0.92
"""Confidence of a parent from which the configuration adds nothing."""
_LEAST: Final = 32
_SHARE: Final = 16
"""One question in so many may be a second one, so that models that say nothing never double the work."""
_STUB: Final = 1 << 20
"""Bytes of weights below which a listing says nothing of a model's size."""
_RANKS: Final[dict[bool | None, int]] = {True: 0, None: 1, False: 2}
_NEAR: Final = 0.03
_WIDTHS: Final = (1, 2, 4)
"""Bytes of a parameter."""
_SHARD: Final = re.compile(r"-\d{5}-of-\d{5}\.")
_WEIGHTS: Final = (".safetensors", ".bin", ".pt", ".pth")


def allowance(asked: int) -> int:
    """Return how many models of a run that asks for so many may be looked at twice."""
    return max(_LEAST, asked // _SHARE)


def second_looks(
    silent: Iterable[RepoRecord], parents: Callable[[RepoRecord], tuple[Parent, ...]], allowed: int
) -> tuple[list[RepoRecord], list[RepoRecord]]:
    """Return the records whose configuration is read, and those that would go beyond what is allowed.

    Those whose size is that of a known base come first, then by id: the choice rests on the records alone. Of
    those with a size of their own none counts as left out.
    """
    ranked: list[tuple[int, str, RepoRecord]] = []
    for record in silent:
        fits = could_tell(record)
        kind = record.model_type
        if (fits is False and (kind is None or kind in ENCODERS)) or any(
            parent.confidence >= _SETTLED for parent in parents(record)
        ):
            continue
        ranked.append((_RANKS[fits], record.id, record))
    ranked.sort(key=lambda row: row[:2])
    chosen, left = ranked[:allowed], ranked[allowed:]
    return [record for *_, record in chosen], [record for rank, _, record in left if rank < _RANKS[False]]


def could_tell(record: RepoRecord) -> bool | None:
    """Return whether the whole `config.json` could name a base; None where the record tells no size.

    False for encoders, and where no known base of the type has the size of these weights.
    """
    if record.model_type is None or record.model_type in ENCODERS:
        return False
    bases = families.of_type(record.model_type) or families.of_type(plain_type(record.model_type))
    sizes = () if is_quantized(record) else _sizes(record)
    if not bases or not sizes:
        # A type of its own may have a known model inside; packed numbers are no size.
        return None
    return any(_has_size(base, size) for base in bases for size in sizes)


def _sizes(record: RepoRecord) -> Sequence[float]:
    """Return the numbers of parameters that the weights can have; () where nothing tells."""
    if record.parameters:
        return (record.parameters,)
    totals: set[int] = set()
    for suffix in _WEIGHTS:
        files = [(file.path, file.size) for file in record.files if file.path.endswith(suffix)]
        if any(size is None for _, size in files):
            return ()
        whole = [size or 0 for path, size in files if not _SHARD.search(path)]
        totals.update((sum(size or 0 for path, size in files if _SHARD.search(path)), *whole))
    return sorted(total / width for total in totals if total >= _STUB for width in _WIDTHS)


def _has_size(base: families.BaseModel, size: float) -> bool:
    known = families.sizes_of(base)
    if known:
        return any(abs(one - size) <= _NEAR * one for one in known)
    if base.shape is None:
        return False
    shape = base.shape
    least = shape.vocab_size * shape.hidden_size + shape.layers * shape.hidden_size * (
        2 * shape.hidden_size + 2 * shape.intermediate_size
    )
    # Experts make it larger than its shape says, nothing makes it much smaller.
    return size >= least / 2
