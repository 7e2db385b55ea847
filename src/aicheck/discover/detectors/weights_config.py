"""Configuration files of models: what they were initialised from, what they are, what code they ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from aicheck.core.reference import Reference, Use
from aicheck.core.target import Adapter, HubModel, WeightsFile
from aicheck.discover.beside import CARRIER
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.formats.base import clean
from aicheck.discover.sighting import hub_model, make, value_span
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

__all__ = ["DETECTOR"]

_ID: Final = "weights-config"
_MAX_SIZE: Final = 8 << 20

_SHAPE: Final = {
    "vocab_size": ("vocab_size", "padded_vocab_size"),
    "hidden_size": ("hidden_size", "n_embd", "d_model", "dim"),
    "intermediate_size": ("intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "d_ff"),
    "layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_head", "num_heads", "n_heads"),
    "kv_heads": ("num_key_value_heads", "multi_query_group_num", "num_kv_heads"),
    "max_positions": ("max_position_embeddings", "n_positions", "seq_length", "max_seq_len"),
    "rope_theta": ("rope_theta",),
}
_ID_KEYS: Final = ("_name_or_path", "name_or_path", "base_model", "_diffusers_base_model", "base_model_name")


def _object(source: SourceFile) -> dict[str, Any]:
    if not source.whole or source.size > _MAX_SIZE:
        raise SourceError("too large for a model configuration")
    try:
        value = json.loads(source.data)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"not JSON: {clean(error, 120)}") from None
    return value if isinstance(value, dict) else {}


def _first(config: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    for key in keys:
        value = config.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1 << 53:
            return str(int(value))
    return None


def _described(config: Mapping[str, Any]) -> dict[str, str | None]:
    inner: Mapping[str, Any] = next(
        (
            config[key]
            for key in ("text_config", "llm_config", "language_config", "thinker_config")
            if isinstance(config.get(key), dict)
        ),
        {},
    )
    facts: dict[str, str | None] = {}
    for name, keys in _SHAPE.items():
        facts[name] = _first(config, keys) or _first(inner, keys)
    model_type = config.get("model_type")
    if isinstance(model_type, str):
        facts["model_type"] = clean(model_type, 80)
    architectures = config.get("architectures")
    if isinstance(architectures, list) and architectures and isinstance(architectures[0], str):
        facts["architecture"] = clean(architectures[0], 120)
    quantization = config.get("quantization_config")
    if isinstance(quantization, dict):
        facts["quantization"] = clean(quantization.get("quant_method") or "", 40)
    facts["torch_dtype"] = clean(config.get("torch_dtype") or config.get("dtype") or "", 40)
    auto_map = config.get("auto_map")
    if isinstance(auto_map, dict) and auto_map:
        facts["auto_map"] = "true"
        facts["remote_code"] = clean(",".join(sorted({_module(value) for value in _texts(auto_map)})), 300)
    return facts


def _texts(mapping: Mapping[str, Any]) -> Iterator[str]:
    for value in mapping.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, str))


def _module(value: str) -> str:
    """`owner/name--modeling.Class` or `modeling.Class`: the file that would run."""
    return value.rpartition(".")[0] or value


def _detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    del hits
    name = source.name.lower()
    config = _object(source)
    if name == "adapter_config.json":
        yield from _adapter(source, config)
        return
    if name == "model_index.json":
        yield from _diffusers(source, config)
        return
    if not _is_model(name, config):
        return
    facts = _described(config)
    for key in _ID_KEYS:
        for reference in _named(source, config, key):
            yield reference
            if reference.attribute("relation") == "base":
                facts.setdefault(
                    "base", reference.target.repo_id if isinstance(reference.target, HubModel) else None
                )
                facts.setdefault("base_where", key)
    auto_map = config.get("auto_map")
    if isinstance(auto_map, dict):
        for value in _texts(auto_map):
            owner, separator, _ = value.partition("--")
            code = hub_model(owner) if separator else None
            if code is not None:
                yield make(
                    source,
                    code,
                    value_span(source, "", owner),
                    detector=_ID,
                    use=Use.CONFIG,
                    confidence=0.95,
                    symbol="auto_map",
                    attributes={"trust_remote_code": "true", "relation": "code"},
                )
    if any(facts.values()):
        yield carrier(source, facts, _ID)


def carrier(source: SourceFile, facts: Mapping[str, str | None], detector: str) -> Reference:
    """Facts for the weights files in the same folder; see `aicheck.discover.beside`."""
    return make(
        source,
        WeightsFile(source.path),
        None,
        detector=detector,
        use=Use.PRESENT,
        confidence=0.5,
        attributes={**facts, CARRIER: "true"},
    )


def _is_model(name: str, config: Mapping[str, Any]) -> bool:
    if name in {"tokenizer_config.json", "generation_config.json", "config_sentence_transformers.json"}:
        return True
    return any(
        key in config
        for key in (
            "model_type",
            "architectures",
            "_name_or_path",
            "_class_name",
            "auto_map",
            "_diffusers_version",
        )
    )


def _named(source: SourceFile, config: Mapping[str, Any], key: str) -> Iterator[Reference]:
    value = config.get(key)
    if not isinstance(value, str) or not value:
        return
    target = hub_model(value)
    if target is None:
        return
    tokenizer = source.name.lower() == "tokenizer_config.json"
    yield make(
        source,
        target,
        value_span(source, key, value),
        detector=_ID,
        use=Use.CONFIG,
        confidence=0.85 if tokenizer else 0.95,
        symbol=key,
        attributes={"relation": "tokenizer" if tokenizer else "base", "of": source.path.rpartition("/")[0] or "."},
    )


def _adapter(source: SourceFile, config: Mapping[str, Any]) -> Iterator[Detection]:
    base = config.get("base_model_name_or_path")
    text = base if isinstance(base, str) and base.strip() else None
    folder = source.path.rpartition("/")[0] or "."
    revision = config.get("revision")
    attributes = {
        "base": text,
        "peft_type": clean(config.get("peft_type") or "", 40),
        "task": clean(config.get("task_type") or "", 40),
        "format": "peft-adapter",
    }
    if "peft_type" not in config and text is None:
        return  # another tool's file of that name
    span = value_span(source, "base_model_name_or_path", text) if text else None
    yield make(
        source,
        Adapter(folder, text),
        None,
        detector=_ID,
        use=Use.PRESENT,
        confidence=0.97,
        symbol="adapter_config",
        attributes=attributes,
    )
    target = hub_model(text, revision if isinstance(revision, str) else None) if text else None
    if target is not None:
        yield make(
            source,
            target,
            span,
            detector=_ID,
            use=Use.CONFIG,
            confidence=0.97,
            symbol="base_model_name_or_path",
            attributes={
                "relation": "adapter",
                "of": folder,
                "revision": revision if isinstance(revision, str) else None,
            },
        )
    yield carrier(source, {"base": text, "adapter": clean(config.get("peft_type") or "peft", 40).lower()}, _ID)


def _diffusers(source: SourceFile, config: Mapping[str, Any]) -> Iterator[Detection]:
    yield from _named(source, config, "_name_or_path")
    for key, value in list(config.items())[:200]:
        # A component may be [library, class] or, in custom pipelines, [file, class]; either is a name, not an id.
        if key == "_class_name" and isinstance(value, str):
            yield carrier(source, {"architecture": clean(value, 120), "library": "diffusers"}, _ID)


DETECTOR: Final = Detector(
    id=_ID,
    globs=(
        "config.json",
        "adapter_config.json",
        "tokenizer_config.json",
        "generation_config.json",
        "config_sentence_transformers.json",
        "model_index.json",
    ),
    needles=(
        b'"_name_or_path"',
        b'"name_or_path"',
        b'"model_type"',
        b'"architectures"',
        b'"auto_map"',
        b'"_class_name"',
        b'"peft_type"',
        b'"base_model_name_or_path"',
        b'"base_model"',
        b'"_diffusers_version"',
        b'"base_model_name"',
        b'"_diffusers_base_model"',
    ),
    detect=_detect,
)
