"""Weights: what headers say, what lies, and that nothing is ever unpickled."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import pickle
import struct
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference, Use
from aicheck.core.target import HubModel, WeightsFile
from aicheck.discover.detectors import weights
from aicheck.discover.formats import arrays, gguf, onnx, others, pickles, safetensors, tensorflow
from aicheck.discover.formats.archives import read_zip
from aicheck.discover.formats.base import Bytes
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError
from tests.discover.formats import samples


def detect(path: str, data: bytes) -> tuple[list[Reference], list[Gap]]:
    found = list(weights.DETECTOR.detect(SourceFile(path, data), ()))
    return [item for item in found if isinstance(item, Reference)], [
        item for item in found if isinstance(item, Gap)
    ]


def one(path: str, data: bytes) -> dict[str, str]:
    references, gaps = detect(path, data)
    assert not gaps
    target = references[0].target
    assert isinstance(target, WeightsFile)
    assert target.path == path
    assert references[0].occurrence.use is Use.PRESENT
    return dict(references[0].attributes)


def test_safetensors_gives_shape_and_metadata() -> None:
    facts = one("m/model.safetensors", samples.safetensors(metadata={"format": "pt", "modelspec.license": "MIT"}))
    assert facts["format"] == "safetensors"
    assert facts["safety"] == "safe"
    assert facts["vocab_size"] == "32"
    assert facts["hidden_size"] == "4"
    assert facts["layers"] == "2"
    assert facts["parameters"] == str(32 * 4 + 2 * 8 * 4)
    assert facts["license"] == "MIT"
    assert facts["dtypes"] == "F16"


def test_shape_digest_ignores_dtype_and_order_but_not_shape() -> None:
    def digest(**tensors: tuple[str, list[int], int]) -> str:
        return safetensors.read(Bytes(samples.safetensors(tensors))).attributes["shape_digest"]

    assert digest(a=("F16", [2, 3], 12), b=("F16", [1], 2)) == digest(b=("F32", [1], 4), a=("F32", [2, 3], 24))
    assert digest(a=("F16", [2, 3], 12)) != digest(a=("F16", [3, 2], 12))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x08",
        struct.pack("<Q", 1 << 60) + b"{}",
        struct.pack("<Q", 100_000_001) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 2) + b"{{",
        struct.pack("<Q", 100_000) + b"[" * 100_000,
        samples.safetensors({"a": ("F16", [2], 4)})[:-1],
    ],
)
def test_lying_safetensors_is_a_source_error(data: bytes) -> None:
    with pytest.raises(SourceError):
        safetensors.read(Bytes(data))


@pytest.mark.parametrize(
    "entry",
    [
        [],
        {"dtype": 1, "shape": [1], "data_offsets": [0, 1]},
        {"dtype": "F16", "shape": [-1], "data_offsets": [0, 1]},
        {"dtype": "F16", "shape": [1.5], "data_offsets": [0, 1]},
        {"dtype": "F16", "shape": [1] * 40, "data_offsets": [0, 1]},
        {"dtype": "F16", "shape": [1], "data_offsets": [2, 1]},
        {"dtype": "F16", "shape": [1], "data_offsets": [0, 1 << 62]},
        {"dtype": "F16", "shape": [1 << 70], "data_offsets": [0, 1]},
        {"dtype": "F16", "shape": [1]},
    ],
)
def test_wrong_tensor_entries_are_source_errors(entry: object) -> None:
    text = json.dumps({"t": entry}).encode()
    with pytest.raises(SourceError, match="tensor"):
        safetensors.read(Bytes(struct.pack("<Q", len(text)) + text + b"\0\0\0\0"))


@pytest.mark.parametrize(("version", "order"), [(1, "<"), (2, "<"), (3, "<"), (3, ">")])
def test_gguf_of_every_version_names_model_and_base(version: int, order: str) -> None:
    references, gaps = detect("m.gguf", samples.gguf(version=version, order=order))
    assert not gaps
    facts = dict(references[0].attributes)
    assert facts["name"] == "Qwen2.5 7B Instruct"
    assert facts["organization"] == "Qwen"
    assert facts["license"] == "apache-2.0"
    assert facts["quantization"] == "Q4_K_M"
    assert facts["model_type"] == "qwen2"
    assert facts["kv_heads"] == "4"
    assert facts["rope_theta"] == "1e+06"
    assert facts["vocab_size"] == "3"
    assert facts["base"] == "Qwen/Qwen2.5-7B"
    assert references[1].target == HubModel("Qwen/Qwen2.5-7B")
    assert references[1].attribute("relation") == "base"


def test_gguf_base_without_url_is_a_name_and_no_reference() -> None:
    pairs = {
        "general.architecture": "llama",
        "general.base_model.0.name": "Llama 3",
        "general.base_model.count": 1,
    }
    references, _ = detect("m.gguf", samples.gguf(pairs))
    assert len(references) == 1
    assert references[0].attribute("base_name") == "Llama 3"
    assert references[0].attribute("base") is None


def test_gguf_vocabulary_digest_is_of_the_tokens() -> None:
    def digest(tokens: list[object]) -> str:
        return gguf.read(Bytes(samples.gguf({"tokenizer.ggml.tokens": tokens, "general.name": "x"}))).attributes[
            "tokens_sha256"
        ]

    assert digest(["a", "b"]) == digest(["a", "b"])
    assert digest(["a", "b"]) != digest(["ab", ""])
    long = ["x" * 2_000_000, "b"]
    assert digest(long) != digest(["a", "b"])


@pytest.mark.parametrize(
    "data",
    [
        b"GGUF",
        b"GGUF" + struct.pack("<IQQ", 9, 0, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 62),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + samples.gguf_string("k") + struct.pack("<I", 99),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + samples.gguf_string("k") + struct.pack("<IIQ", 9, 8, 1 << 60),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + samples.gguf_string("k") + struct.pack("<IIQ", 9, 9, 3) * 20,
    ],
)
def test_lying_gguf_is_a_source_error(data: bytes) -> None:
    with pytest.raises(SourceError):
        gguf.read(Bytes(data))


def test_gguf_cut_behind_its_general_keys_keeps_them_and_says_so() -> None:
    references, gaps = detect("m.gguf", samples.gguf()[:420])
    assert references[0].attribute("name") == "Qwen2.5 7B Instruct"
    assert [gap.reason for gap in gaps] == [GapReason.UNPARSABLE]


@pytest.mark.parametrize("protocol", range(6))
def test_pickle_of_every_protocol_shows_its_dangerous_import(protocol: int) -> None:
    facts = pickles.read(Bytes(samples.evil_pickle(protocol)))
    assert facts.attributes["dangerous_imports"] in {"posix.system", "nt.system"}
    assert facts.safety.value == "executable"


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, bz2.compress])
def test_compressed_pickles_are_looked_into(pack: object) -> None:
    facts = one("m.joblib", pack(samples.evil_pickle()))  # type: ignore[operator]
    assert "system" in facts["dangerous_imports"]


def test_honest_pickle_has_no_dangerous_import() -> None:
    from collections import OrderedDict

    facts = pickles.read(Bytes(pickle.dumps(OrderedDict(a=1.0))))
    assert "dangerous_imports" not in facts.attributes
    assert "unusual_imports" not in facts.attributes


@pytest.mark.parametrize(
    "name",
    [
        "os.system", "posix.system", "builtins.eval", "__builtin__.exec", "builtins.getattr", "subprocess.Popen",
        "torch.hub.load", "torch.serialization.os.system", "runpy._run_code", "operator.attrgetter", "?.?", "x.?",
        "collections.OrderedDict.__init__.__globals__", "numpy.testing._private.utils.runstring", "pip.main",
        "functools.partial", "importlib.import_module", "ctypes.CDLL", "asyncio.unix_events._UnixSubprocessTransport",
    ],
)  # fmt: skip
def test_dangerous_names(name: str) -> None:
    assert pickles.is_dangerous(name)


@pytest.mark.parametrize(
    "name",
    [
        "collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch.FloatStorage", "numpy.dtype",
        "numpy.core.multiarray._reconstruct", "_codecs.encode", "builtins.set", "sklearn.linear_model._base.LinearRegression",
    ],
)  # fmt: skip
def test_expected_names(name: str) -> None:
    assert not pickles.is_dangerous(name)
    assert pickles.is_expected(name)


def test_payload_before_a_broken_place_is_still_seen() -> None:
    data = samples.evil_pickle(2)[:-1] + b"\xff\xff\xff"
    facts = pickles.read(Bytes(data))
    assert "system" in facts.attributes["dangerous_imports"]
    assert facts.unseen


def test_payload_behind_raw_array_bytes_is_found() -> None:
    head = pickle.dumps({"a": 1}, protocol=2)[:-1]
    data = head + b"\xfe\xfe" * 100 + b"cos\nsystem\n" + b"(S'x'\ntR."
    assert "os.system" in pickles.read(Bytes(data)).attributes["dangerous_imports"]


def test_stack_tricks_do_not_hide_a_name() -> None:
    # push 'os' and 'system', then two harmless strings that are popped again, then STACK_GLOBAL
    def text(value: str) -> bytes:
        return b"\x8c" + bytes([len(value)]) + value.encode()

    data = b"\x80\x04" + text("os") + text("system") + text("collections") + text("OrderedDict") + b"00\x93."
    assert "dangerous_imports" in pickles.read(Bytes(data)).attributes


def test_torch_zip_is_read_without_unpickling() -> None:
    facts = one("m.pt", samples.torch_zip(samples.evil_pickle(2)))
    assert facts["format"] == "pytorch-zip"
    assert facts["safety"] == "executable"
    assert "system" in facts["dangerous_imports"]
    packed = one("m.pt", samples.torch_zip(samples.evil_pickle(2), method=zipfile.ZIP_DEFLATED))
    assert "system" in packed["dangerous_imports"]


def test_zip_that_only_a_strict_reader_refuses_is_analysed() -> None:
    data = bytearray(samples.torch_zip(samples.evil_pickle(2)))
    # a wrong checksum and the encryption flag: torch.load ignores both, zipfile does not
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    data[directory + 16] ^= 0xFF
    data[6] |= 1
    assert "system" in one("m.pt", bytes(data))["dangerous_imports"]


def test_torchscript_is_told_apart() -> None:
    out = io.BytesIO(samples.torch_zip(pickle.dumps({})))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("archive/code/__torch__.py", "class A: pass")
    assert one("m.pt", out.getvalue())["format"] == "torchscript"


def test_object_arrays_are_pickles_and_plain_ones_are_not_weights() -> None:
    facts = one("a.npy", samples.npy("'|O'", samples.evil_pickle(3)))
    assert facts["safety"] == "executable"
    assert "system" in facts["dangerous_imports"]
    assert detect("a.npy", samples.npy("'<f4'", b"\0" * 48)) == ([], [])
    assert arrays.holds_objects(samples.npy("[('a', '<f4'), ('b', '|O')]"))
    assert not arrays.holds_objects(samples.npy("[('a', '<f4'), ('b', '<i8')]"))


def test_onnx_names_producer_external_data_and_custom_domains() -> None:
    facts = one("m.onnx", samples.onnx())
    assert facts["producer"] == "pytorch"
    assert facts["metadata"] == "author=someone"
    assert facts["layers"] == "1"
    assert facts["safety"] == "safe"
    escaping = one("m.onnx", samples.onnx("../../etc/passwd"))
    assert escaping["external_escape"] == "true"
    assert escaping["safety"] == "unknown"
    assert one("m.onnx", samples.onnx("model.onnx_data"))["external_data"] == "model.onnx_data"
    custom = one("m.onnx", samples.onnx(domain="ai.onnx.contrib", operator="PyOp"))
    assert custom["custom_domains"] == "ai.onnx.contrib"
    assert custom["safety"] == "executable"


def test_saved_model_reports_operators_that_touch_files() -> None:
    facts = one("saved_model.pb", samples.saved_model())
    assert facts["format"] == "tensorflow-savedmodel"
    assert facts["dangerous_operators"] == "ReadFile"
    assert facts["producer"] == "tensorflow 2.16.1"
    assert detect("other.pb", b"\x0a\x03abc") == ([], [])


def test_keras_lambda_layers_make_it_executable() -> None:
    facts = one("m.keras", samples.keras())
    assert facts["lambda_layers"] == "Lambda"
    assert facts["safety"] == "executable"
    assert facts["name"] == "classifier"
    assert one("m.keras", samples.keras(("Dense",)))["safety"] == "safe"
    old = one("m.h5", samples.hdf5())
    assert old["lambda_layers"] == "Lambda"
    assert old["producer"] == "keras 2.15.0"
    assert one("m.h5", samples.hdf5(("Dense",)))["safety"] == "safe"
    assert detect("measurements.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 100) == ([], [])


def test_small_formats() -> None:
    assert one("m.tflite", samples.tflite())["producer"] == "MLIR Converted."
    core = one("m.mlmodel", samples.coreml())
    assert (core["license"], core["architecture"]) == ("MIT", "neural-network")
    assert one("m.mlmodel", samples.coreml(555))["safety"] == "executable"
    assert one("model.bin", samples.ctranslate2())["architecture"] == "WhisperSpec"
    assert one("m.engine", b"ftrt" + b"\0" * 20)["format"] == "tensorrt"


def test_llamafile_carries_the_facts_of_its_gguf() -> None:
    out = io.BytesIO()
    out.write(b"MZqFpD='\n" + b"\0" * 100)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("model.gguf", samples.gguf())
    references, _ = detect("m.llamafile", out.getvalue())
    facts = dict(references[0].attributes)
    assert (facts["format"], facts["safety"], facts["base"]) == ("llamafile", "executable", "Qwen/Qwen2.5-7B")


def test_nemo_checkpoint_is_looked_into() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in (
            ("./model_config.yaml", b"target: nemo.collections.asr.models.EncDecRNNT\n"),
            ("./model_weights.ckpt", samples.torch_zip(samples.evil_pickle(2))),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    facts = one("m.nemo", out.getvalue())
    assert facts["architecture"] == "nemo.collections.asr.models.EncDecRNNT"
    assert "system" in facts["dangerous_imports"]


def test_lfs_pointer_gives_the_digest_of_the_content() -> None:
    digest = "ab" * 32
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 1500097784\n".encode()
    references, gaps = detect("m/model.safetensors", pointer)
    assert not gaps
    assert references[0].target == WeightsFile("m/model.safetensors", digest)
    assert references[0].occurrence.line == 2
    assert references[0].attribute("size") == "1500097784"
    with pytest.raises(SourceError):
        detect("m.pt", b"version https://git-lfs.github.com/spec/v1\noid sha256:xyz\n")


def test_a_broken_header_is_reported_and_never_called_safe() -> None:
    references, gaps = detect("m.safetensors", b"\xff" * 40)
    assert references[0].attribute("safety") == "unknown"
    assert gaps[0].reason is GapReason.UNPARSABLE
    references, gaps = detect("m.pt", b"\0nonsense")
    assert references[0].attribute("safety") == "executable"
    assert gaps


def test_pickles_of_data_are_not_weights_and_those_of_models_and_attacks_are() -> None:
    assert detect("cache.pkl", pickle.dumps({"a": [1, 2]})) == ([], [])
    assert detect("cache.pkl", b"\x80\x04\x8c\x0frequests.models\x8c\x08Response\x93.") == ([], [])
    assert one("model.pkl", b"\x80\x04\x8c\x12sklearn.svm._classes\x8c\x03SVC\x93.".replace(b"\x12", b"\x14"))
    assert one("cache.pkl", samples.evil_pickle())["dangerous_imports"]
    plain = samples.npy("'<f4'", b"\0" * 48)
    assert detect("mel_filters.npz", samples.torch_zip(plain, "mel_80.npy")) == ([], [])
    assert one("weights.npz", samples.torch_zip(plain, "a.npy"))["safety"] == "safe"
    assert one("whisper.npz", samples.torch_zip(plain, "encoder.blocks.0.weight.npy"))["format"] == "npz"


@pytest.mark.parametrize(
    ("path", "data"),
    [("a.bin", b"\x7fELF" + b"\0" * 90), ("a.pkl", b""), ("a.pb", b"hello world"), ("a.model", b"<xml/>"),
     ("a.bin", b"random text"), ("notes.meta", b"plain"), ("terraform.plan", b"PK\x05\x06" + b"\0" * 18)],
)  # fmt: skip
def test_decoys_are_nothing(path: str, data: bytes) -> None:
    assert detect(path, data) == ([], [])


@pytest.mark.parametrize("name", sorted(samples.ALL))
def test_every_truncation_gives_facts_or_a_source_error(name: str) -> None:
    data = samples.ALL[name]
    for length in range(len(data)):
        detect(name, data[:length])


@pytest.mark.parametrize("name", sorted(samples.ALL))
def test_every_flipped_byte_gives_facts_or_a_source_error(name: str) -> None:
    data = samples.ALL[name]
    for position in range(0, len(data), max(1, len(data) // 400)):
        for value in (0x00, 0xFF, data[position] ^ 0x80):
            changed = data[:position] + bytes([value]) + data[position + 1 :]
            detect(name, changed)


READERS = {
    "safetensors": (b"", safetensors.read),
    "gguf": (b"GGUF\x03\0\0\0", gguf.read),
    "pickle": (b"\x80\x04", pickles.read),
    "onnx": (b"\x08\x08", onnx.read),
    "npy": (b"\x93NUMPY\x01\x00", arrays.read),
    "hdf5": (b"\x89HDF\r\n\x1a\n", others.read_hdf5),
    "flatbuffer": (b"\x14\0\0\0TFL3", others.read_flatbuffer),
    "coreml": (b"\x08\x08", others.read_coreml),
    "ctranslate2": (b"\x06\0\0\0\x0c\0", others.read_ctranslate2),
    "tensorflow": (b"\x0a", lambda window: tensorflow.read_graph(window, "a.pb")),
    "zip": (b"PK\x03\x04", lambda window: read_zip(window, "a.pt")),
}


@pytest.mark.parametrize("name", sorted(READERS))
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_readers_raise_nothing_but_source_errors(name: str, data: st.DataObject) -> None:
    prefix, read = READERS[name]
    tail = data.draw(st.binary(max_size=400))
    with contextlib.suppress(SourceError):
        read(Bytes(prefix + tail))  # type: ignore[operator]


def test_a_small_file_cannot_make_the_reader_allocate_much() -> None:
    import tracemalloc

    hostile = (
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + samples.gguf_string("k") + struct.pack("<IIQ", 9, 4, 1 << 40),
        b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40),
        b"\x80\x02\x8b" + struct.pack("<i", (1 << 31) - 1),
        struct.pack("<Q", 90_000_000) + b"{",
        gzip.compress(b"\0" * (200 << 20)),
    )
    tracemalloc.start()
    for data in hostile:
        detect("a.pkl", data)
        detect("a.gguf", data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 << 20
