"""Small true samples of the formats, built from their specifications."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile


def safetensors(
    tensors: dict[str, tuple[str, list[int], int]] | None = None, metadata: dict[str, str] | None = None
) -> bytes:
    tensors = tensors or {
        "model.embed_tokens.weight": ("F16", [32, 4], 256),
        "model.layers.0.mlp.up_proj.weight": ("F16", [8, 4], 64),
        "model.layers.1.mlp.up_proj.weight": ("F16", [8, 4], 64),
    }
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    offset = 0
    for name, (dtype, shape, size) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"\0" * offset


def gguf_string(text: str, version: int = 3, order: str = "<") -> bytes:
    data = text.encode()
    return struct.pack(order + ("Q" if version > 1 else "I"), len(data)) + data


def gguf_value(value: object, version: int = 3, order: str = "<") -> bytes:
    if isinstance(value, bool):
        return struct.pack(order + "I?", 7, value)
    if isinstance(value, int):
        return struct.pack(order + "II", 4, value)
    if isinstance(value, float):
        return struct.pack(order + "If", 6, value)
    if isinstance(value, str):
        return struct.pack(order + "I", 8) + gguf_string(value, version, order)
    assert isinstance(value, list)
    inner = [gguf_value(item, version, order) for item in value]
    kind = inner[0][:4] if inner else struct.pack(order + "I", 8)
    count = struct.pack(order + ("Q" if version > 1 else "I"), len(value))
    return struct.pack(order + "I", 9) + kind + count + b"".join(item[4:] for item in inner)


GGUF_PAIRS: dict[str, object] = {
    "general.architecture": "qwen2",
    "general.name": "Qwen2.5 7B Instruct",
    "general.organization": "Qwen",
    "general.license": "apache-2.0",
    "general.file_type": 15,
    "general.base_model.count": 1,
    "general.base_model.0.name": "Qwen2.5 7B",
    "general.base_model.0.organization": "Qwen",
    "general.base_model.0.repo_url": "https://huggingface.co/Qwen/Qwen2.5-7B",
    "qwen2.block_count": 28,
    "qwen2.embedding_length": 3584,
    "qwen2.attention.head_count": 28,
    "qwen2.attention.head_count_kv": 4,
    "qwen2.rope.freq_base": 1000000.0,
    "tokenizer.ggml.tokens": ["<a>", "b", "c"],
    "tokenizer.ggml.token_type": [1, 1, 1],
    "tokenizer.chat_template": "{{ messages }}",
}


def gguf(pairs: dict[str, object] | None = None, version: int = 3, order: str = "<") -> bytes:
    pairs = GGUF_PAIRS if pairs is None else pairs
    width = "Q" if version > 1 else "I"
    out = b"GGUF" + struct.pack(order + "I", version) + struct.pack(order + width * 2, 1, len(pairs))
    for key, value in pairs.items():
        out += gguf_string(key, version, order) + gguf_value(value, version, order)
    out += gguf_string("token_embd.weight", version, order) + struct.pack(order + "I", 2)
    out += struct.pack(order + width * 2, 4, 32) + struct.pack(order + "IQ", 12, 0)
    return out + b"\0" * 64


class Evil:
    """Unpickling this would call `os.system`; the tests never unpickle."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("exit 1",)


def evil_pickle(protocol: int = 4) -> bytes:
    return pickle.dumps({"weights": [1, 2, 3], "x": Evil()}, protocol=protocol)


def torch_zip(payload: bytes, name: str = "archive/data.pkl", method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, payload)
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/data/0", b"\0" * 64)
    return out.getvalue()


def npy(descr: str, payload: bytes = b"") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (3, 4), }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + payload


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def onnx(location: str | None = None, domain: str = "", operator: str = "MatMul") -> bytes:
    tensor = field(1, 4) + field(1, 8) + field(2, 1) + field(8, "encoder.layer.0.weight") + field(9, b"\0" * 128)
    if location is not None:
        tensor += field(13, field(1, "location") + field(2, location)) + field(14, 1)
    node = field(1, "x") + field(2, "y") + field(4, operator) + (field(7, domain) if domain else b"")
    graph = field(1, node) + field(2, "main") + field(5, tensor)
    return (
        field(1, 8) + field(2, "pytorch") + field(3, "2.5.0") + field(7, graph) + field(8, field(1, "") + field(2, 17))
        + field(14, field(1, "author") + field(2, "someone"))
    )  # fmt: skip


def saved_model(operators: tuple[str, ...] = ("MatMul", "ReadFile")) -> bytes:
    graph = b"".join(field(1, field(1, f"n{i}") + field(2, operator)) for i, operator in enumerate(operators))
    meta = field(1, field(5, "2.16.1")) + field(2, graph)
    return field(1, 1) + field(2, meta)


def keras(classes: tuple[str, ...] = ("Dense", "Lambda")) -> bytes:
    layers = [{"module": "keras.layers", "class_name": name, "config": {}} for name in classes]
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "classifier", "layers": layers}}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    return out.getvalue()


def hdf5(classes: tuple[str, ...] = ("Lambda",)) -> bytes:
    inner = ",".join(f'{{"class_name": "{name}", "config": {{}}}}' for name in classes)
    text = '{"class_name": "Sequential", "config": {"layers": [' + inner + "]}}"
    return b"\x89HDF\r\n\x1a\n" + b"\0" * 90 + b"keras_version\0\0\0\0" + b"2.15.0" + b"\0" * 20 + text.encode()


def tflite() -> bytes:
    description = b"MLIR Converted.\0"
    # root table at 24: vtable (4 fields) at 8; description string at 40.
    vtable = struct.pack("<HHHHHH", 12, 12, 4, 0, 0, 8)
    head = struct.pack("<I", 20) + b"TFL3" + vtable
    table = struct.pack("<iII", 12, 3, 4)
    string = struct.pack("<I", len(description) - 1) + description
    return head + table + string


def coreml(kind: int = 500) -> bytes:
    metadata = field(1, "A classifier") + field(3, "Someone") + field(4, "MIT")
    return field(1, 8) + field(2, field(100, metadata)) + field(kind, b"\x08\x01")


def ctranslate2() -> bytes:
    name = b"WhisperSpec\0"
    return struct.pack("<IH", 6, len(name)) + name + struct.pack("<II", 3, 0) + b"\0" * 32


ALL: dict[str, bytes] = {
    "model.safetensors": safetensors(),
    "model.gguf": gguf(),
    "v1.gguf": gguf(version=1),
    "model.pt": torch_zip(evil_pickle(2)),
    "legacy.pth": evil_pickle(2),
    "data.pkl": evil_pickle(4),
    "weights.npz": torch_zip(npy("'|O'", evil_pickle(3)), "a.npy"),
    "array.npy": npy("'|O'", evil_pickle(3)),
    "model.onnx": onnx("../weights.bin"),
    "saved_model.pb": saved_model(),
    "model.keras": keras(),
    "model.h5": hdf5(),
    "model.tflite": tflite(),
    "model.mlmodel": coreml(),
    "model.bin": ctranslate2(),
}
