"""Files of weights in the tree: what their headers say, and what loading them can do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aicheck.core.component import Safety
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference, Use
from aicheck.core.target import HubModel, WeightsFile
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.formats import archives, arrays, gguf, onnx, others, pickles, safetensors, tensorflow
from aicheck.discover.formats.base import Facts, clean
from aicheck.discover.sighting import make, make_at_line
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

__all__ = ["DETECTOR", "EXTENSIONS", "facts"]

_ID: Final = "weights"

EXTENSIONS: Final = {
    ".safetensors": ("safetensors", Safety.SAFE),
    ".gguf": ("gguf", Safety.SAFE),
    ".ggml": ("ggml", Safety.SAFE),
    ".pt": ("pytorch-pickle", Safety.EXECUTABLE),
    ".pth": ("pytorch-pickle", Safety.EXECUTABLE),
    ".ckpt": ("pytorch-pickle", Safety.EXECUTABLE),
    ".ptl": ("torchscript", Safety.EXECUTABLE),
    ".pte": ("executorch", Safety.SAFE),
    ".onnx": ("onnx", Safety.SAFE),
    ".ort": ("onnx", Safety.SAFE),
    ".onnx_data": ("onnx-data", Safety.SAFE),
    ".tflite": ("tflite", Safety.SAFE),
    ".litertlm": ("tflite", Safety.SAFE),
    ".task": ("mediapipe-task", Safety.SAFE),
    ".keras": ("keras", Safety.UNKNOWN),
    ".mlmodel": ("coreml", Safety.SAFE),
    ".engine": ("tensorrt", Safety.EXECUTABLE),
    ".trt": ("tensorrt", Safety.EXECUTABLE),
    ".llamafile": ("llamafile", Safety.EXECUTABLE),
    ".nemo": ("nemo", Safety.EXECUTABLE),
    ".mar": ("torchserve-mar", Safety.EXECUTABLE),
    ".joblib": ("joblib", Safety.EXECUTABLE),
    ".skops": ("skops", Safety.UNKNOWN),
    ".pdparams": ("paddle-pickle", Safety.EXECUTABLE),
    ".caffemodel": ("caffe", Safety.SAFE),
    ".rknn": ("rknn", Safety.UNKNOWN),
    ".dlc": ("qualcomm-dlc", Safety.UNKNOWN),
    ".hef": ("hailo-hef", Safety.UNKNOWN),
    ".mnn": ("mnn", Safety.SAFE),
    ".cbm": ("catboost", Safety.SAFE),
}
"""Extensions that say alone that a file holds weights, with the format and risk to assume unread."""

_WEAK: Final = {
    ".bin": ("pytorch-pickle", Safety.EXECUTABLE),
    ".pkl": ("pickle", Safety.EXECUTABLE),
    ".pickle": ("pickle", Safety.EXECUTABLE),
    ".dill": ("pickle", Safety.EXECUTABLE),
    ".h5": ("keras-h5", Safety.UNKNOWN),
    ".hdf5": ("keras-h5", Safety.UNKNOWN),
    ".pb": ("tensorflow-graph", Safety.EXECUTABLE),
    ".meta": ("tensorflow-graph", Safety.EXECUTABLE),
    ".npy": ("npy", Safety.UNKNOWN),
    ".npz": ("npz", Safety.UNKNOWN),
    ".plan": ("tensorrt", Safety.EXECUTABLE),
    ".model": ("pickle", Safety.EXECUTABLE),
    ".weights": ("darknet", Safety.SAFE),
    ".msgpack": ("flax-msgpack", Safety.SAFE),
    ".ot": ("rust-torch", Safety.UNKNOWN),
}
"""Extensions that many other things share: the content or the name has to confirm them."""

_KNOWN_NAMES: Final = re.compile(
    r"(?:pytorch_model|model|adapter_model|diffusion_pytorch_model|optimizer|consolidated|openvino_model|flax_model"
    r"|tf_model|rust_model|training_args|yolov\d\w*|ggml-[\w.-]+|weights|variables)"
    r"(?:[-_.][\w.-]*)?\.(?:bin|h5|msgpack|ot|pb|weights|npz|hdf5)\Z"
)
_SHARD: Final = re.compile(r"\.data-\d{5}-of-\d{5}\Z")
_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\r?\n(?:ext-[^\n]{1,200}\n)*"
    rb"oid sha256:([0-9a-f]{64})\r?\nsize (\d{1,19})"
)
_POINTER_LIMIT: Final = 2048


def _extension(name: str) -> str:
    if _SHARD.search(name):
        return ".data"
    return "." + name.rpartition(".")[2] if "." in name else ""


def facts(source: SourceFile, name: str) -> Facts | None:
    """Read the header by its magic first and its name second; None = not weights after all.

    Raises `SourceError` where the file is of a weights format but its header cannot be true.
    """
    head = source.read_at(0, 64)
    if not head:
        return None
    extension = _extension(name)
    if gguf.looks_like(head):
        return gguf.read(source)
    if extension == ".safetensors" or (safetensors.looks_like(head) and extension in {".bin", ".st"}):
        return safetensors.read(source)
    if extension == ".llamafile":
        return others.read_llamafile(source)
    if extension == ".nemo":
        return archives.read_nemo(source)
    if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        found = archives.read_zip(source, name)
        if found.format == "npz" and found.safety is Safety.SAFE:
            weights = _KNOWN_NAMES.match(name) or _WEIGHT_NAME.search(found.attributes.get("members", ""))
            return found if weights else None
        return None if found.format == "zip" and extension in _WEAK else found
    if head[:4] in {b"ftrt", b"ptrt", b"xtrt"}:
        return others.read_tensorrt(source)
    if head[4:8] == b"TFL3" or head[4:6] == b"ET":
        return others.read_flatbuffer(source)
    if arrays.looks_like(head):
        found = arrays.read(source)
        return found if found.safety is Safety.EXECUTABLE else None
    if head[:8] == b"\x89HDF\r\n\x1a\n":
        found = others.read_hdf5(source)
        return None if found.format == "hdf5" and not _KNOWN_NAMES.match(name) else found
    return _by_extension(source, name, extension, head)


_WEIGHT_NAME: Final = re.compile(
    r"(?:^|[,.])(?:weight|bias|lora_a|scales)(?:,|\Z)|\b(?:layers|blocks|encoder|decoder)\."
)
"""Names of arrays that are weights: `layers.0.attention.wq.weight`."""
_MODEL_CODE: Final = re.compile(
    r"(?:^|,)(?:torch|numpy|sklearn|xgboost|lightgbm|catboost|keras|tensorflow|transformers|joblib|scipy|spacy|gensim"
    r"|ultralytics|models|fastai|pytorch_lightning|lightning|jax|flax|paddle|statsmodels|prophet|pandas|onnx)\b"
)
_EXCHANGE: Final = re.compile(r"(?:http|requests|urllib3|httpx|aiohttp|logging)\.[\w.]*[A-Z]\w*\Z")
"""Classes of recorded network exchanges: odd in a pickle, but they start nothing."""


def _is_model_pickle(found: Facts) -> bool:
    """Whether a pickle with an extension that caches and test data share is of interest: a model, or an attack."""
    dangerous = [name for name in found.attributes.get("dangerous_imports", "").split(",") if name]
    if any(not _EXCHANGE.match(name) for name in dangerous):
        return True
    return bool(_MODEL_CODE.search(found.attributes.get("imports", "")))


_PICKLED: Final = frozenset({".pkl", ".pickle", ".dill", ".pt", ".pth", ".ckpt", ".joblib", ".pdparams"})
"""Pickles of any protocol, possibly compressed; elsewhere the magic of protocol 2 and later decides."""


def _by_extension(source: SourceFile, name: str, extension: str, head: bytes) -> Facts | None:
    if extension in {".onnx", ".ort"}:
        return onnx.read(source) if extension == ".onnx" else Facts("onnx", Safety.SAFE)
    if extension == ".mlmodel":
        return others.read_coreml(source)
    if extension in {".pb", ".meta"}:
        try:
            return tensorflow.read_graph(source, name)
        except SourceError:
            if name != "saved_model.pb":
                return None  # most .pb files are other messages
            raise
    if extension == ".ckpt" and tensorflow.is_checkpoint_index(source):
        return Facts("tensorflow-checkpoint", Safety.SAFE)
    if extension == ".bin":
        try:
            return others.read_ctranslate2(source)
        except SourceError:
            if not pickles.looks_like(head):
                return _unread(name, extension)
    if pickles.looks_like(head) or extension in _PICKLED:
        try:
            found = pickles.read(source)
        except SourceError:
            if extension in _WEAK:
                return None
            raise
        if extension in _WEAK and extension != ".bin" and not _is_model_pickle(found):
            return None
        kind = EXTENSIONS.get(extension, _WEAK.get(extension, ("pickle", Safety.EXECUTABLE)))[0]
        return found if found.format != "pickle" else Facts(kind, found.safety, found.attributes, (), found.unseen)
    return _unread(name, extension)


def _unread(name: str, extension: str) -> Facts | None:
    """Facts by the name alone, for formats without a reader."""
    if extension in EXTENSIONS:
        return Facts(*EXTENSIONS[extension])
    if extension == ".data":
        return Facts("tensorflow-checkpoint", Safety.SAFE)
    if extension in _WEAK and _KNOWN_NAMES.match(name):
        kind, safety = _WEAK[extension]
        return Facts(
            "openvino" if name.startswith("openvino") else kind, safety if extension != ".bin" else Safety.UNKNOWN
        )
    return None


def _confidence(extension: str, name: str) -> float:
    if extension in EXTENSIONS or extension == ".data":
        return 0.97
    return 0.9 if _KNOWN_NAMES.match(name) else 0.7


def _pointer(source: SourceFile, name: str, extension: str) -> Iterator[Detection]:
    match = _POINTER.match(source.data)
    if match is None:
        raise SourceError("a Git-LFS pointer without a valid oid and size")
    kind, safety = EXTENSIONS.get(extension) or _WEAK.get(extension) or ("tensorflow-checkpoint", Safety.SAFE)
    digest = match[1].decode("ascii")
    attributes = {
        "format": kind,
        "safety": safety.value,
        "sha256": digest,
        "size": match[2].decode("ascii"),
        "lfs": "true",
    }
    yield make_at_line(
        source,
        WeightsFile(source.path, digest),
        source.line_of(match.start(1)),
        detector=_ID,
        use=Use.PRESENT,
        confidence=_confidence(extension, name),
        raw=f"oid sha256:{digest}",
        attributes=attributes,
    )


def _detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    del hits
    name = source.name.lower()
    extension = _extension(name)
    if source.size <= _POINTER_LIMIT and source.data.startswith(b"version https://git-lfs"):
        yield from _pointer(source, name, extension)
        return
    if ".mlpackage/" in source.path.lower() and extension == ".bin":
        yield _present(source, Facts("coreml", Safety.SAFE), name, extension)
        return
    if ".mlpackage/" not in source.path.lower() and extension == ".onnx_data":
        yield _present(source, Facts("onnx-data", Safety.SAFE), name, extension)
        return
    if source.size == 0:
        return
    broken: str | None = None
    try:
        found = facts(source, name)
    except SourceError as error:
        broken = str(error)
        kind, safety = EXTENSIONS.get(extension, ("", Safety.UNKNOWN))
        # A header that lies is no evidence of harmlessness.
        found = Facts(kind, Safety.EXECUTABLE if safety is Safety.EXECUTABLE else Safety.UNKNOWN) if kind else None
    if found is not None:
        yield _present(source, found, name, extension)
        yield from _bases(source, found)
        for sentence in found.unseen:
            yield Gap(source.path, GapReason.UNPARSABLE, sentence, source.path)
    if broken is not None and extension not in _WEAK:
        yield Gap(source.path, GapReason.UNPARSABLE, broken, source.path)


def _present(source: SourceFile, found: Facts, name: str, extension: str) -> Reference:
    digest = source.sha256
    attributes = {
        **found.attributes,
        "format": found.format,
        "safety": found.safety.value,
        "size": str(source.size),
        "sha256": digest or "",
    }
    hub_ids = [base.id for base in found.bases if base.is_hub_id]
    if hub_ids:
        attributes["base"] = ",".join(hub_ids)
    elif found.bases:
        attributes["base_name"] = clean(",".join(base.id for base in found.bases))
    for key in ("source_repo_url", "repo_url"):
        if repo := gguf.hub_id_of_url(attributes.get(key, "")):
            attributes.setdefault("repo", repo)
    return make(
        source,
        WeightsFile(source.path, digest),
        None,
        detector=_ID,
        use=Use.PRESENT,
        confidence=_confidence(extension, name),
        attributes=attributes,
    )


def _bases(source: SourceFile, found: Facts) -> Iterator[Detection]:
    for base in found.bases:
        if base.is_hub_id:
            yield make(
                source,
                HubModel(base.id),
                None,
                detector=_ID,
                use=Use.CONFIG,
                confidence=0.95,
                symbol=base.where,
                raw=base.id,
                attributes={"relation": "base", "of": source.path},
            )


DETECTOR: Final = Detector(
    id=_ID,
    globs=(
        *(f"*{extension}" for extension in (*EXTENSIONS, *_WEAK)),
        "*.data-?????-of-?????",
        "*.mlpackage/*weight.bin",
    ),
    needles=(),
    detect=_detect,
    binary=True,
)
