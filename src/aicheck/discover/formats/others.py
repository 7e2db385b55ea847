"""Formats of which a few bytes at a known place say enough: Keras HDF5, TFLite, Core ML, engines."""

from __future__ import annotations

import re
import struct
from typing import Final

from aicheck.core.component import Safety
from aicheck.discover.formats import archives, gguf
from aicheck.discover.formats.base import Facts, Window, clean
from aicheck.discover.formats.protobuf import fields, text
from aicheck.errors import SourceError

__all__ = ["read_coreml", "read_ctranslate2", "read_flatbuffer", "read_hdf5", "read_llamafile", "read_tensorrt"]

_HDF5_MAGIC: Final = b"\x89HDF\r\n\x1a\n"
_HDF5_SCAN: Final = 8 << 20
_LAMBDA: Final = re.compile(rb'"class_name"\s{0,4}:\s{0,4}"(Lambda|TFOpLambda|TFSMLayer)"')
_KERAS_CLASS: Final = re.compile(rb'\{"class_name"\s{0,4}:\s{0,4}"([A-Za-z_]\w{0,60})"')
_KERAS_VERSION: Final = re.compile(rb"keras_version.{0,200}?(\d{1,2}\.\d{1,3}\.\d{1,3}(?:-tf)?)", re.DOTALL)


def read_hdf5(window: Window) -> Facts:
    """Keras .h5: the model's JSON configuration stands as an attribute in the file's head or at its end."""
    if window.read_at(0, 8) != _HDF5_MAGIC:
        raise SourceError("not an HDF5 file")
    head = window.read_at(0, min(window.size, _HDF5_SCAN))
    tail_start = max(len(head), window.size - _HDF5_SCAN)
    tail = window.read_at(tail_start, window.size - tail_start) if tail_start < window.size else b""
    attributes: dict[str, str] = {}
    layers: set[str] = set()
    for part in (head, tail):
        layers.update(match[1].decode("ascii") for match in _LAMBDA.finditer(part))
        if "architecture" not in attributes and (found := _KERAS_CLASS.search(part)):
            attributes["architecture"] = found[1].decode("ascii")
        if "producer" not in attributes and (found := _KERAS_VERSION.search(part)):
            attributes["producer"] = f"keras {found[1].decode('ascii')}"
    if layers:
        attributes["lambda_layers"] = ",".join(sorted(layers))
    complete = window.size <= len(head) + len(tail)
    unseen = () if complete else ("only the first and last 8 MiB were searched for Lambda layers",)
    safety = Safety.EXECUTABLE if layers else Safety.SAFE if complete else Safety.UNKNOWN
    return Facts("keras-h5" if attributes else "hdf5", safety, attributes, unseen=unseen)


def _vtable(window: Window, table: int) -> tuple[int, int]:
    """(position of a table's vtable, its length in bytes)."""
    distance = struct.unpack("<i", _exact(window, table, 4))[0]
    place = table - distance
    if not 0 <= place < window.size:
        raise SourceError("a flatbuffer table points outside the file")
    return place, struct.unpack("<H", _exact(window, place, 2))[0]


def _exact(window: Window, offset: int, length: int) -> bytes:
    data = window.read_at(offset, length)
    if len(data) != length:
        raise SourceError("a flatbuffer offset points outside the file")
    return data


def _slot(window: Window, table: int, index: int) -> int | None:
    """Position of a table's field, or None where it is not set."""
    place, length = _vtable(window, table)
    if 4 + 2 * index + 2 > length:
        return None
    offset = struct.unpack("<H", _exact(window, place + 4 + 2 * index, 2))[0]
    return table + offset if offset else None


def _follow(window: Window, position: int) -> int:
    return position + int(struct.unpack("<I", _exact(window, position, 4))[0])


def _string(window: Window, position: int) -> str:
    place = _follow(window, position)
    length = struct.unpack("<I", _exact(window, place, 4))[0]
    if length > window.size:
        raise SourceError("a flatbuffer string claims more than the file holds")
    return clean(_exact(window, place + 4, min(length, 400)).decode("utf-8", "replace"), 200)


def read_flatbuffer(window: Window) -> Facts:
    """TFLite (`TFL3`) with its description and custom operators, or ExecuTorch (`ET12`)."""
    head = window.read_at(0, 8)
    if head[4:6] == b"ET":
        return Facts("executorch", Safety.SAFE)
    if head[4:8] != b"TFL3":
        raise SourceError("not a TFLite model")
    root = struct.unpack("<I", head[:4])[0]
    attributes: dict[str, str] = {}
    if (slot := _slot(window, root, 3)) is not None and (description := _string(window, slot)):
        attributes["producer"] = description
    custom: set[str] = set()
    if (slot := _slot(window, root, 1)) is not None:
        vector = _follow(window, slot)
        count = struct.unpack("<I", _exact(window, vector, 4))[0]
        if count > 10_000:
            raise SourceError("a TFLite model claims too many operator codes")
        for number in range(count):
            code = _follow(window, vector + 4 + 4 * number)
            if (name := _slot(window, code, 1)) is not None and (operator := _string(window, name)):
                custom.add(operator)
    if custom:
        attributes["custom_operators"] = clean(",".join(sorted(custom)[:20]))
    return Facts("tflite", Safety.SAFE, attributes)


_COREML_TYPES: Final = {
    200: "pipeline-classifier", 201: "pipeline-regressor", 202: "pipeline", 300: "glm-regressor",
    303: "neural-network-regressor", 403: "neural-network-classifier", 500: "neural-network", 502: "ml-program",
    555: "custom-model", 556: "linked-model", 600: "one-hot-encoder", 900: "identity",
}  # fmt: skip


def read_coreml(window: Window) -> Facts:
    """Core ML's Model message: specification version, author, licence, kind; a custom model names a class."""
    attributes: dict[str, str] = {}
    known = False
    for field in fields(window, limit=1000):
        if field.number == 1 and not field.delimited and 0 < field.value < 100:
            attributes["specification_version"] = str(field.value)
            known = True
        elif field.number == 2 and field.delimited:
            for part in fields(window, field.start, field.end, limit=10_000):
                if part.number == 100 and part.delimited:
                    for entry in fields(window, part.start, part.end, limit=1000):
                        key = {1: "description", 2: "version", 3: "author", 4: "license"}.get(entry.number)
                        if key and entry.delimited and entry.end > entry.start:
                            attributes[key] = clean(text(window, entry, 400), 300)
        elif field.number in _COREML_TYPES:
            attributes["architecture"] = _COREML_TYPES[field.number]
    if not known:
        raise SourceError("not a Core ML model")
    custom = attributes.get("architecture") == "custom-model"
    return Facts("coreml", Safety.EXECUTABLE if custom else Safety.SAFE, attributes)


def read_ctranslate2(window: Window) -> Facts:
    """CTranslate2's model.bin: a version and the name of its specification, then the variables."""
    head = window.read_at(0, 96)
    if len(head) < 8:
        raise SourceError("not a CTranslate2 model")
    version, length = struct.unpack("<IH", head[:6])
    name = head[6 : 6 + length].rstrip(b"\0")
    if not 1 <= version <= 20 or not 3 <= length <= 80 or not name.endswith(b"Spec") or not name.isalnum():
        raise SourceError("not a CTranslate2 model")
    return Facts("ctranslate2", Safety.SAFE, {"architecture": name.decode("ascii")})


def read_tensorrt(window: Window) -> Facts:
    """A TensorRT engine (`ftrt`, `ptrt`): machine code for one GPU; plug-ins are loaded with it."""
    if window.read_at(0, 4) not in {b"ftrt", b"ptrt", b"xtrt"}:
        raise SourceError("not a TensorRT engine")
    return Facts("tensorrt", Safety.EXECUTABLE)


def read_llamafile(window: Window) -> Facts:
    """A llamafile is a program with a GGUF inside: the facts are the GGUF's, the risk is the program's."""
    inner = archives.embedded_gguf(window)
    if inner is None:
        return Facts("llamafile", Safety.EXECUTABLE, unseen=("no GGUF inside the llamafile",))
    facts = gguf.read(inner)
    return Facts("llamafile", Safety.EXECUTABLE, facts.attributes, facts.bases, facts.unseen)
