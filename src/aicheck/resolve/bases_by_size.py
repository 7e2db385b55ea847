"""Possible bases that the number of parameters tells, alone or with type, name and date."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from aicheck.core.component import Relation
from aicheck.knowledge import families
from aicheck.resolve.bases_by_name import is_quantized, plain_type, tokens_of
from aicheck.resolve.evidence import Candidate, Evidence
from aicheck.resolve.records import RepoRecord

__all__ = ["ENCODERS", "by_size", "by_tokenizer", "likeliest", "may_be_resized", "named_family"]

# Types that many houses train from scratch: there a size proves something only where it is the very same number.
_SHARED_TYPES: Final = frozenset("llama mistral mixtral gpt2 gpt_neox bloom opt mpt falcon deepseek_v3".split())
ENCODERS: Final = frozenset(
    "bert roberta distilbert xlm-roberta deberta deberta-v2 electra albert mpnet t5 mt5 bart whisper wav2vec2 "
    "modernbert camembert vit clip siglip".split()
)
"""Encoders of one shape and vocabulary are trained anew all the time: size says nothing of their weights."""
_TELLING_VOCABULARY: Final = 200_000
"""Words from which an encoder's size does tell: hardly anybody trains one of 250,002 anew."""
_HUGE: Final = 100_000_000_000
_LEAD_MONTHS: Final = 9
"""Head start that makes the first of several families of one very size the likely one."""
_SMALL: Final = 450_000_000
"""Parameters below which whole models are trained anew in a known shape: GPT-2, tiny Llamas."""
_SIZE_TOKEN: Final = re.compile(r"(\d{1,4}(?:\.\d{1,2})?)b", re.ASCII)
_ADDED: Final = 130
_FEW: Final = 16
_LARGE_VOCABULARY: Final = 60_000
# How people write a family in a name, where it is not the family's own word.
_WORDS: Final = {
    "Llama": ("llama", "l3"),
    "Mistral": ("mistral", "nemo", "mixtral", "ministral"),
    "Qwen": ("qwen", "qwq"),
    "Yi": ("yi",),
}
_SEPARATED: Final = re.compile(r"[^a-z0-9]+")


def by_size(record: RepoRecord) -> Candidate | None:
    """Find a base by the number of parameters, and by `model_type` where it is known."""
    if is_quantized(record) and not (record.gguf or {}).get("total"):
        return None  # packed numbers are fewer than those that they stand for
    kind = plain_type(record.model_type or "")
    if not families.of_type(kind):
        kind = ""  # a type of the repository's own says nothing
    if not record.parameters:
        return None if kind in ENCODERS else _by_named_size(record, kind)
    exact = _by_number(record, record.parameters, kind)
    if exact is not None or not kind or kind in ENCODERS:
        return exact
    return _near(record, record.parameters, kind)


def _by_number(record: RepoRecord, parameters: int, kind: str) -> Candidate | None:
    """Find a base with this very number of parameters, but for rows of its vocabulary."""
    fits = [fit for fit in families.by_resized(parameters) if not kind or plain_type(fit.model.model_type) == kind]
    if any(fit.rows == 0 for fit in fits):
        fits = [fit for fit in fits if fit.rows == 0]
    if not fits or any(_is_common(fit.model) for fit in fits):
        return None
    likely = [fit for fit in fits if may_be_resized(fit.model, fit.rows)]
    if {fit.model.family for fit in likely} != {fit.model.family for fit in fits}:
        return None
    fits = likely
    models = _twins([fit.model for fit in fits])
    evidence = Evidence.SIZE if fits[0].rows == 0 else Evidence.RESIZED
    several = {model.family for model in models}
    known = named_family(record.id, several)
    spoken = by_tokenizer(record, several) if len(several) > 1 else None
    if known is not None:
        evidence, models = Evidence.SIZE_NAMED, [model for model in models if model.family == known]
    elif spoken is not None:
        evidence, models = Evidence.SIZE_TOKENIZER, [model for model in models if model.family == spoken]
    elif len({model.family for model in models}) > 1:
        first = _first_by_far(models, record)
        if first is None or parameters < _SMALL:
            return None  # OpenLLaMA and Amber have the very shape and size of Llama
        evidence, models = Evidence.SIZE_SHARED, [model for model in models if model.family == first]
    elif parameters < _SMALL and (evidence is Evidence.RESIZED or kind in _SHARED_TYPES):
        return None
    fitting = tuple(fit.model for fit in fits if fit.model in models)
    if not fitting:
        return None
    best = likeliest(fitting, record)
    rows = next(fit.rows for fit in fits if fit.model == best)
    grown = f" but for {abs(rows)} rows of the vocabulary" if rows else ""
    note = f"{parameters:,} parameters, those of {best.id}{grown}"
    if kind:
        note = f"model_type {kind} with the {note}"
    return Candidate(best.id, Relation.FINETUNE, evidence, note)


def _is_common(model: families.BaseModel) -> bool:
    """Return whether encoders of this shape are trained anew all the time."""
    vocabulary = model.shape.vocab_size if model.shape else 0
    return model.model_type in ENCODERS and vocabulary < _TELLING_VOCABULARY


def may_be_resized(model: families.BaseModel, rows: int) -> bool:
    """Return whether so many more or fewer rows speak for a changed tokenizer rather than for one of one's own.

    Whoever trains a Llama in a known shape anew has a vocabulary of a similar round size; tokens that are added
    to one of 128,256 are few, and no other vocabulary is near.
    """
    if not rows:
        return True
    if model.model_type in ENCODERS:
        return False
    if model.model_type not in _SHARED_TYPES:
        return True
    vocabulary = model.shape.vocab_size if model.shape else 0
    return abs(rows) <= (_ADDED if vocabulary >= _LARGE_VOCABULARY else _FEW)


def _twins(models: Iterable[families.BaseModel]) -> list[families.BaseModel]:
    """Add the models of the same shape, whose number of parameters may not be on record."""
    found: dict[str, families.BaseModel] = {}
    for model in models:
        found[model.id] = model
        for twin in families.by_shape(model.shape) if model.shape else ():
            found.setdefault(twin.id, twin)
    return list(found.values())


def named_family(repo_id: str, candidates: Iterable[str]) -> str | None:
    """Return the one family among `candidates` whose name stands as a word in the repository's, if any."""
    name = "-" + _SEPARATED.sub("-", repo_id.rpartition("/")[2].lower()) + "-"
    said = [
        family
        for family in candidates
        if any(re.search(f"-{re.escape(word)}[0-9]*-", name) for word in _WORDS.get(family, (family.lower(),)))
    ]
    return said[0] if len(said) == 1 else None


def by_tokenizer(record: RepoRecord, candidates: Iterable[str]) -> str | None:
    """Return the one family among `candidates` whose tokenizer the repository has, byte for byte, if any."""
    found: set[str] = set()
    for file in record.files:
        if "/" not in file.path and file.path.startswith(("tokenizer.", "vocab.", "merges.")):
            found |= families.of_tokenizer(file.sha256 or file.blob or "")
    left = found & set(candidates)
    return left.pop() if len(left) == 1 else None


def _months(day: str) -> int:
    return int(day[:4]) * 12 + int(day[5:7] or 0)


def _first_by_far(models: Iterable[families.BaseModel], record: RepoRecord) -> str | None:
    """Return the family that was out long before every other of this size, or alone when the record was made."""
    made = (record.created or "9999-12")[:7]
    first: dict[str, str] = {}
    for model in models:
        if not model.released:
            return None
        if model.released <= made:
            first[model.family] = min(first.get(model.family, "9999-12"), model.released)
    ranked = sorted(first.items(), key=lambda item: item[1])
    if not ranked:
        return None
    if len(ranked) == 1 or _months(ranked[1][1]) - _months(ranked[0][1]) >= _LEAD_MONTHS:
        return ranked[0][0]
    return None


def _near(record: RepoRecord, parameters: int, kind: str) -> Candidate | None:
    """Find a base by a type that one house alone uses, and a size near one of its bases."""
    if kind in _SHARED_TYPES and parameters < _HUGE:
        return None
    for tolerance, evidence in ((0.0005, Evidence.SIZE), (0.02, Evidence.TYPE_SIZE)):
        near = families.by_parameters(kind, parameters, tolerance=tolerance)
        if not near:
            continue
        if len({model.family for model in _twins(near)}) > 1:
            return None
        best = likeliest(near, record)
        note = f"model_type {kind}, and a size near that of {best.id}"
        return Candidate(best.id, Relation.FINETUNE, evidence, note)
    return None


def _by_named_size(record: RepoRecord, kind: str) -> Candidate | None:
    """Find a base by a type of one house and the size that the name tells."""
    if kind in _SHARED_TYPES or families.family_of_type(kind) is None:
        return None
    sizes = [_SIZE_TOKEN.fullmatch(token.lower()) for token in tokens_of(record.id.rpartition("/")[2])]
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


def likeliest(models: tuple[families.BaseModel, ...], record: RepoRecord) -> families.BaseModel:
    """Pick among bases of one shape: the newest that was out when the record was made, scratch first."""
    made = (record.created or "9999")[:7]
    out = [model for model in models if not model.released or model.released <= made] or list(models)
    return max(out, key=lambda model: (model.scratch, model.released, model.id))
