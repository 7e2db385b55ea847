"""ONNX: the model's producer, metadata, operator sets, tensors and the files it reads beside itself.

Source: `github:onnx/onnx` onnx/onnx.proto (field numbers of ModelProto, GraphProto, TensorProto, NodeProto).
"""

from __future__ import annotations

from typing import Final

from aicheck.core.component import Safety
from aicheck.discover.formats.base import Facts, Tensor, Window, clean, signature
from aicheck.discover.formats.protobuf import Field, fields, text
from aicheck.errors import SourceError

__all__ = ["looks_like", "read"]

_MAX_NODES: Final = 500_000
_DTYPES: Final = {
    1: "F32", 2: "U8", 3: "I8", 4: "U16", 5: "I16", 6: "I32", 7: "I64", 8: "STRING", 9: "BOOL", 10: "F16",
    11: "F64", 12: "U32", 13: "U64", 16: "BF16", 17: "F8_E4M3", 19: "F8_E5M2", 21: "U4", 22: "I4", 23: "F4",
}  # fmt: skip
_SECOND_KEYS: Final = frozenset({0x12, 0x1A, 0x22, 0x28, 0x2A, 0x32, 0x3A, 0x42})
_STANDARD_DOMAINS: Final = frozenset({
    "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft",
    "com.microsoft.nchwc", "com.microsoft.experimental", "org.pytorch.aten", "com.ms.internal.nhwc",
})  # fmt: skip
_CODE_DOMAINS: Final = ("org.pytorch", "ai.onnx.contrib", "com.microsoft.extensions", "pyop")


def looks_like(head: bytes) -> bool:
    """Whether the first bytes can be a ModelProto: ir_version first, as every exporter writes it."""
    return (
        len(head) > 2
        and head[0] == 0x08
        and 1 <= head[1] <= 20
        and head[2] in {0x12, 0x1A, 0x3A, 0x42, 0x2A, 0x32}
    )


class _Model:
    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.external: set[str] = set()
        self.domains: set[str] = set()
        self.operators: set[str] = set()
        self.nodes = 0


def read(window: Window) -> Facts:
    """Facts of a model. Raises `SourceError` where it is not one or lies about lengths."""
    model = _Model()
    attributes: dict[str, str] = {}
    metadata: list[str] = []
    opsets: list[str] = []
    graph_seen = False
    unseen: list[str] = []
    try:
        for field in fields(window, limit=100_000):
            if not field.delimited:
                if field.number == 1:
                    attributes["ir_version"] = str(field.value)
                continue
            if field.number in {2, 3, 4}:
                key = {2: "producer", 3: "producer_version", 4: "domain"}[field.number]
                attributes[key] = clean(text(window, field, 200), 120)
            elif field.number == 7:
                graph_seen = True
                _graph(window, field, model, 0)
            elif field.number == 8:
                opsets.append(_pair(window, field)[0])
            elif field.number == 14:
                metadata.append("=".join(clean(part, 120) for part in _pair(window, field)))
    except SourceError as error:
        if not graph_seen:
            raise
        unseen.append(str(error))
    if not graph_seen:
        raise SourceError("not an ONNX model: it has no graph")
    attributes |= signature(model.tensors)
    domains = sorted(domain for domain in {*model.domains, *opsets} if domain not in _STANDARD_DOMAINS)
    if domains:
        attributes["custom_domains"] = clean(",".join(domains))
    if metadata:
        attributes["metadata"] = clean(";".join(sorted(metadata)))
    if model.external:
        attributes["external_data"] = clean(",".join(sorted(model.external)[:20]))
        if any(_escapes(name) for name in model.external):
            attributes["external_escape"] = "true"
    code = "PyOp" in model.operators or any(domain.startswith(_CODE_DOMAINS) for domain in domains)
    safety = Safety.EXECUTABLE if code else Safety.UNKNOWN if "external_escape" in attributes else Safety.SAFE
    kept = {key: value for key, value in attributes.items() if value}
    return Facts("onnx", safety, kept, unseen=tuple(unseen))


def _escapes(name: str) -> bool:
    plain = name.replace("\\", "/")
    return plain.startswith("/") or ".." in plain.split("/") or plain[1:2] == ":"


def _pair(window: Window, field: Field) -> tuple[str, str]:
    key = value = ""
    for part in fields(window, field.start, field.end, limit=16):
        if part.delimited and part.number == 1:
            key = text(window, part, 200)
        elif part.delimited and part.number == 2:
            value = text(window, part, 500)
    return key, value


def _graph(window: Window, graph: Field, model: _Model, depth: int) -> None:
    for field in fields(window, graph.start, graph.end):
        if not field.delimited:
            continue
        if field.number == 1:
            model.nodes += 1
            if model.nodes > _MAX_NODES:
                raise SourceError(f"an ONNX graph of more than {_MAX_NODES} nodes is not read")
            _node(window, field, model)
        elif field.number == 5 and depth == 0:
            _tensor(window, field, model)


def _node(window: Window, node: Field, model: _Model) -> None:
    for field in fields(window, node.start, node.end, limit=20_000):
        if field.delimited and field.number == 7:
            model.domains.add(text(window, field, 200))
        elif field.delimited and field.number == 4:
            model.operators.add(text(window, field, 100))


def _tensor(window: Window, tensor: Field, model: _Model) -> None:
    shape: list[int] = []
    name = ""
    kind = 0
    for field in fields(window, tensor.start, tensor.end, limit=1_000_000):
        if field.number == 1 and not field.delimited:
            shape.append(field.value)
        elif field.number == 1:
            position = field.start
            shape.extend(_packed(window.read_at(position, min(field.end - position, 256))))
        elif field.number == 2 and not field.delimited:
            kind = field.value
        elif field.number == 8 and field.delimited:
            name = text(window, field, 500)
        elif field.number == 13 and field.delimited:
            key, value = _pair(window, field)
            if key == "location" and len(model.external) < 1000:
                model.external.add(value)
        if len(shape) > 16:
            raise SourceError("an ONNX tensor claims too many dimensions")
    if len(model.tensors) < _MAX_NODES and all(size < 1 << 48 for size in shape):
        model.tensors.append(Tensor(name, _DTYPES.get(kind, f"type-{kind}"), tuple(shape)))


def _packed(data: bytes) -> list[int]:
    values: list[int] = []
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(value)
            value = shift = 0
    return values
