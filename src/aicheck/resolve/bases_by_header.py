"""Possible bases that the header of a weights file tells: names in it, and the names and shapes of its tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from aicheck.core.component import Relation
from aicheck.core.evidence import ClaimSource
from aicheck.knowledge import families
from aicheck.knowledge.catalog import Catalog, name_key
from aicheck.knowledge.tensors import TensorShape
from aicheck.resolve.bases_by_name import lookup
from aicheck.resolve.bases_by_size import ENCODERS, by_tokenizer, likeliest, may_be_resized
from aicheck.resolve.evidence import Candidate, Evidence
from aicheck.resolve.records import Base, RepoFile, RepoRecord, is_repo_id

__all__ = ["FIRST_BYTES", "HeaderReader", "by_header", "header_file", "wants_header", "with_header"]

HeaderReader = Callable[[bytes, int], Mapping[str, str] | None]
"""(first bytes, size of the file) → what the header tells, or None where it cannot be read."""
FIRST_BYTES: Final = 1 << 18
"""Headers of most files are shorter, and the keys of a GGUF file that name a base come first."""
_FIRST_SHARD: Final = "-00001-of-"


def wants_header(record: RepoRecord) -> bool:
    """Return whether a header could tell what card, configuration and size do not."""
    if record.bases or families.is_root(record.id) or record.model_type in ENCODERS:
        return False
    if record.parameters is None and not any(file.path.endswith(".gguf") for file in record.files):
        return False  # the Hub itself found no header that it could read
    known_type = record.model_type is not None and bool(families.of_type(record.model_type))
    return not (known_type and record.config and families.shape_of(record.config) is not None)


def header_file(record: RepoRecord) -> RepoFile | None:
    """Return the one file whose header is read: the first of the model's own weights."""

    def order(file: RepoFile) -> tuple[int, int, str]:
        name = file.path.rpartition("/")[2]
        first = 0 if name == "model.safetensors" else 1 if _FIRST_SHARD in name else 2
        return file.path.count("/"), first, file.path

    for suffix in (".safetensors", ".gguf"):
        files = [
            file
            for file in record.files
            if file.path.endswith(suffix) and not file.path.rpartition("/")[2].startswith("mmproj")
        ]
        if files:
            return min(files, key=order)
    return None


def with_header(record: RepoRecord, file: RepoFile, header: Mapping[str, str]) -> RepoRecord:
    """Return the record with what a header tells, the bases that it declares included."""
    relation = Relation.QUANTIZED if header.get("format") == "gguf" else Relation.UNKNOWN
    if header.get("adapter"):
        relation = Relation.ADAPTER
    stated = [part.strip() for part in header.get("base", "").split(",")]
    bases = tuple(
        Base(base, relation, ClaimSource.WEIGHTS_HEADER, declared=True, locator=file.path, confidence=0.95)
        for base in stated
        if is_repo_id(base) and "/" in base and base.lower() != record.id.lower()
    )
    whole = _FIRST_SHARD not in file.path
    return replace(record, bases=(*record.bases, *bases), header={**header, "whole": "yes" if whole else ""})


def by_header(record: RepoRecord, catalog: Catalog | None) -> Candidate | None:
    """Find a base by the name that a header holds, else by the shapes of its tensors."""
    header = record.header
    if not header:
        return None
    own = record.id.lower()
    for key in ("base_name", "name"):
        text = header.get(key, "").rpartition("/")[2].replace(" ", "-")
        base = lookup(name_key(text), own, catalog, popular=True) if any(char.isdigit() for char in text) else None
        if base is not None and base.lower() != own:
            relation = Relation.QUANTIZED if header.get("format") == "gguf" else Relation.FINETUNE
            return Candidate(base, relation, Evidence.HEADER_NAME, f"the header of the weights names {text!r}")
    return _by_tensors(record, header)


def _number(header: Mapping[str, str], key: str) -> int:
    text = header.get(key, "").partition(".")[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004 - no such shape


def _by_tensors(record: RepoRecord, header: Mapping[str, str]) -> Candidate | None:
    """Find the one family whose tensors have these names and shapes."""
    tensors = TensorShape(
        kind=header.get("tensor_type") or (header.get("model_type", "") if header.get("format") == "gguf" else ""),
        vocab_size=_number(header, "vocab_size"),
        hidden_size=_number(header, "hidden_size"),
        intermediate_size=_number(header, "intermediate_size"),
        layers=_number(header, "layers"),
        query_size=_number(header, "query_size") or _number(header, "heads"),
        key_size=_number(header, "key_size") or _number(header, "kv_heads"),
    )
    if not tensors.kind:
        return None
    whole = header.get("whole") == "yes"
    parameters = record.parameters or (_number(header, "parameters") if whole else None)
    found = tuple(
        model
        for model in families.by_tensors(tensors, parameters, whole=whole)
        if model.shape is not None
        and may_be_resized(model, tensors.vocab_size and tensors.vocab_size - model.shape.vocab_size)
    )
    spoken = by_tokenizer(record, {model.family for model in found})
    if spoken is not None:
        found = tuple(model for model in found if model.family == spoken)
    if not found or len({model.family for model in found}) > 1:
        return None
    best = likeliest(found, record)
    note = (
        f"tensors of type {tensors.kind}, {tensors.layers} layers of {tensors.hidden_size}, vocabulary "
        f"{tensors.vocab_size}: those of {best.id}"
    )
    return Candidate(best.id, Relation.FINETUNE, Evidence.HEADER, note)
