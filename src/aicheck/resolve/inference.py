"""What a model descends from where nobody says so: names, configuration, shape and size against known bases.

Every result is a claim with a reason and a confidence. The confidences are the measured precision of each kind
of evidence on models whose declared base was hidden (`scripts/score_inference.py`, `docs/inference.md`).
"""

from __future__ import annotations

from functools import cache
from typing import Final

from aicheck.core.component import Relation
from aicheck.core.evidence import ClaimSource
from aicheck.knowledge import families
from aicheck.knowledge.catalog import Catalog, name_key
from aicheck.resolve.bases_by_header import by_header
from aicheck.resolve.bases_by_name import checked, lookup, name_candidates, weighed
from aicheck.resolve.bases_by_size import by_size, by_tokenizer, likeliest, may_be_resized
from aicheck.resolve.evidence import BY_NAME, CONCEALED, CONFIDENCE, UNNAMED, Candidate, Evidence
from aicheck.resolve.records import Base, RepoRecord, is_repo_id

__all__ = ["CONCEALED", "CONFIDENCE", "Evidence", "infer", "name_candidates"]


# Types in which houses all over the world train models of their own.
_PLAIN_TYPES: Final = frozenset({"llama", "mistral", "mixtral", "gpt2", "gpt_neox"})
_LANGUAGE_PARTS: Final = ("llm_config", "text_config", "language_config")


def _by_shape(record: RepoRecord) -> Candidate | None:
    if not record.config:
        return None
    shape = families.shape_of(record.config)
    if shape is None:
        return None
    found = tuple(
        model
        for model in families.by_shape(shape)
        if model.shape is not None and may_be_resized(model, shape.vocab_size - model.shape.vocab_size)
    )
    if len({model.family for model in found}) > 1:
        # OpenLLaMA, Amber and Llama share one shape: the rotary base may tell them apart, else nothing does.
        found = tuple(
            model
            for model in found
            if model.shape and (not shape.rope_theta or model.shape.rope_theta == shape.rope_theta)
        )
    spoken = by_tokenizer(record, {model.family for model in found})
    if spoken is not None:
        found = tuple(model for model in found if model.family == spoken)
    if not found or len({model.family for model in found}) > 1:
        return None
    exact = tuple(
        model for model in found if model.shape and shape.rope_theta and model.shape.rope_theta == shape.rope_theta
    )
    best = likeliest(exact or found, record)
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
    base = lookup(name_key(text.rpartition("/")[2]), record.id.lower(), catalog, popular=True)
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
    names = [checked(candidate, record, catalog) for candidate in name_candidates(record.id, catalog)]
    named = next((weighed(candidate, record) for candidate in names if candidate is not None), None)
    shaped = _by_shape(record)
    if shaped is not None and named is not None and named.evidence != Evidence.NAME_QUANTIZED:
        if _family(named.id, catalog) == _family(shaped.id, catalog):
            named = Candidate(named.id, named.relation, Evidence.SHAPE_AND_NAME, f"{named.note}; {shaped.note}")
            shaped = None
        elif named.evidence in {Evidence.NAME, Evidence.ARCHITECTURE}:
            named = None
    read = by_header(record, catalog) if shaped is None else None
    if read is not None and named is not None and _family(read.id, catalog) == _family(named.id, catalog):
        named = Candidate(named.id, named.relation, Evidence.SHAPE_AND_NAME, f"{named.note}; {read.note}")
        read = None
    sized = by_size(record) if shaped is None and named is None and read is None else None
    for candidate in (named, shaped, read, sized):
        if candidate is None:
            continue
        theirs = candidate.id.partition("/")[0].lower()
        if owner == theirs and _is_variant_of(candidate.id, record.id):
            continue
        if owner == theirs and candidate.evidence in {*UNNAMED, Evidence.SIZE_NAMED}:
            continue
        if candidate.evidence in UNNAMED and _trains_its_own(owner, candidate):
            # A house that trains such models from scratch may have made this one from scratch as well.
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


def _trains_its_own(owner: str, candidate: Candidate) -> bool:
    """Return whether a house trains models of a type that many share, as Kakao does in the shape of Llama."""
    known = families.base_model(candidate.id)
    if known is None or known.model_type not in _PLAIN_TYPES:
        return False
    # A root whose type is not on record may be of this one.
    return bool({known.model_type, ""} & _types_of_houses().get(owner, set()))


@cache
def _types_of_houses() -> dict[str, set[str]]:
    """The types in which each house has trained models from scratch."""
    found: dict[str, set[str]] = {}
    for model in families.all_base_models():
        if model.scratch:
            found.setdefault(model.id.partition("/")[0].lower(), set()).add(model.model_type)
    return found


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
