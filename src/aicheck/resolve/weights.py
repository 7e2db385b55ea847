"""The files of a model: formats and their risk, remote code, signature, the same bytes elsewhere."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from aicheck.core.component import FileFormat, Safety, WeightFile, Weights
from aicheck.core.evidence import Claim, ClaimSource, Fact, Gap, GapReason, Known, Unseen
from aicheck.knowledge.catalog import Catalog
from aicheck.resolve.records import RepoFile, RepoRecord

__all__ = ["SIGNATURE", "format_of", "signed_files", "weights_of"]

SIGNATURE: Final = "model.sig"
_MAX_IDENTICAL: Final = 20
_MAX_LOOKUPS: Final = 400
_TINY: Final = 4096
"""Bytes: equal files below this size (empty tensors, stubs) prove nothing about origin."""

_FORMATS: Final[tuple[tuple[str, str, Safety], ...]] = (
    (".safetensors", "safetensors", Safety.SAFE),
    (".gguf", "gguf", Safety.SAFE),
    (".ggml", "ggml", Safety.SAFE),
    (".onnx", "onnx", Safety.SAFE),
    (".onnx_data", "onnx-data", Safety.SAFE),
    (".tflite", "tflite", Safety.SAFE),
    (".litertlm", "litertlm", Safety.SAFE),
    (".msgpack", "flax-msgpack", Safety.SAFE),
    (".npz", "numpy", Safety.UNKNOWN),
    (".npy", "numpy", Safety.UNKNOWN),
    (".mlmodel", "coreml", Safety.SAFE),
    (".engine", "tensorrt-engine", Safety.EXECUTABLE),
    (".plan", "tensorrt-engine", Safety.EXECUTABLE),
    (".ckpt", "pytorch-pickle", Safety.EXECUTABLE),
    (".pth", "pytorch-pickle", Safety.EXECUTABLE),
    (".pt", "pytorch-pickle", Safety.EXECUTABLE),
    (".pickle", "pickle", Safety.EXECUTABLE),
    (".pkl", "pickle", Safety.EXECUTABLE),
    (".joblib", "joblib", Safety.EXECUTABLE),
    (".dill", "pickle", Safety.EXECUTABLE),
    (".nemo", "nemo", Safety.EXECUTABLE),
    (".mar", "torchserve-archive", Safety.EXECUTABLE),
    (".keras", "keras", Safety.EXECUTABLE),
    (".h5", "keras-h5", Safety.EXECUTABLE),
    (".hdf5", "keras-h5", Safety.EXECUTABLE),
    (".pb", "tensorflow-savedmodel", Safety.EXECUTABLE),
    (".ot", "rust-bert", Safety.UNKNOWN),
    (".llamafile", "llamafile", Safety.EXECUTABLE),
)
_BINARY_NAMES: Final = ("pytorch_model", "adapter_model", "diffusion_pytorch_model", "model", "consolidated")


def format_of(path: str) -> FileFormat | None:
    """Return the weights format that a file name stands for, or None."""
    name = path.rpartition("/")[2].lower()
    for suffix, kind, safety in _FORMATS:
        if name.endswith(suffix):
            return FileFormat(kind, safety)
    if name.endswith(".bin"):
        if name.startswith("openvino"):
            return FileFormat("openvino", Safety.SAFE)
        if name in {"training_args.bin", "optimizer.bin", "scheduler.bin", "random_states.bin"}:
            return FileFormat("pytorch-pickle", Safety.EXECUTABLE)
        if name.startswith(_BINARY_NAMES):
            return FileFormat("pytorch-pickle", Safety.EXECUTABLE)
        if name.startswith("ggml"):
            return FileFormat("ggml", Safety.SAFE)
        return FileFormat("bin", Safety.UNKNOWN)
    if name.startswith("tf_model.") or name == "model.ckpt.index":
        return FileFormat("tensorflow-checkpoint", Safety.SAFE)
    return None


def signed_files(bundle: bytes) -> dict[str, str] | None:
    """Read path → sha256 from a `model.sig`, a Sigstore bundle with a DSSE envelope; None where it is no such.

    Says nothing about whether the signature is valid: that needs the signer's identity or key.
    """
    try:
        envelope = orjson.loads(bundle)["dsseEnvelope"]
        statement = orjson.loads(base64.b64decode(envelope["payload"], validate=True))
        predicate = statement.get("predicate", {})
        rows = predicate.get("resources") or predicate.get("files") or statement.get("subject")
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return None
    found: dict[str, str] = {}
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        name = row.get("name")
        digest: Any = row.get("digest")
        if isinstance(digest, Mapping):
            digest = digest.get("sha256")
        elif row.get("algorithm", "sha256") != "sha256":
            continue
        if isinstance(name, str) and isinstance(digest, str) and len(digest) == 64:  # noqa: PLR2004 - hex sha256
            found[name.removeprefix("./")] = digest.lower()
    return found or None


def _signature(record: RepoRecord) -> str | None:
    listed = any(file.path == SIGNATURE for file in record.files)
    if not listed:
        return "absent" if record.files_complete else None
    if record.signature is None:
        return "present-unchecked"
    signed = signed_files(record.signature)
    if signed is None:
        return "present-unchecked"
    compared = 0
    for file in record.files:
        if file.sha256 is None or format_of(file.path) is None:
            continue
        if signed.get(file.path) != file.sha256:
            # Another content than was signed, or weights that were added after signing.
            return "signed-mismatch"
        compared += 1
    names = {file.path for file in record.files}
    if record.files_complete and any(path not in names for path in signed if format_of(path)):
        return "signed-mismatch"
    return "signed-consistent" if compared else "present-unchecked"


def _remote_code(record: RepoRecord) -> tuple[str, ...]:
    if record.auto_map is False:
        return ()
    code = [file.path for file in record.files if file.path.endswith(".py")]
    if record.auto_map:
        return tuple(code)
    prefixes = ("modeling_", "configuration_", "tokenization_", "processing_", "image_processing_")
    return tuple(path for path in code if path.rpartition("/")[2].startswith(prefixes))


def identical(files: Iterable[RepoFile], own: Iterable[str], catalog: Catalog | None) -> tuple[str, ...]:
    """Return the repositories on record with one of these weights files, by sha256."""
    if catalog is None:
        return ()
    mine = {repo.lower() for repo in own}
    found: set[str] = set()
    hashed = [file for file in files if file.sha256 and format_of(file.path) and (file.size or _TINY) >= _TINY]
    for file in hashed[:_MAX_LOOKUPS]:
        assert file.sha256 is not None
        found.update(repo for repo, _ in catalog.by_sha256(file.sha256) if repo.lower() not in mine)
    return tuple(sorted(found)[:_MAX_IDENTICAL])


def weights_of(record: RepoRecord, catalog: Catalog | None) -> Fact[Weights]:
    """Return what is known of a model's files; Unseen where no source lists them."""
    if not record.files and not record.files_complete:
        return Unseen(
            Gap(f"hf:{record.id}#weights", GapReason.NOT_STATED, f"{record.answered_by} does not list the files")
        )
    files: list[WeightFile] = []
    formats: dict[str, FileFormat] = {}
    for file in record.files:
        kind = format_of(file.path)
        if kind is None:
            continue
        formats.setdefault(kind.id, kind)
        files.append(WeightFile(file.path, file.size, file.sha256, kind.id))
    weights = Weights(
        files=tuple(files),
        formats=tuple(formats[key] for key in sorted(formats)),
        remote_code=_remote_code(record),
        auto_map=record.auto_map,
        signature=_signature(record),
        scan_status=record.scan_status,
        scan_issues=record.scan_issues,
        identical_to=identical(record.files, (record.id, record.asked), catalog),
    )
    claim = Claim(weights, ClaimSource.FILE_LIST, 1.0, record.locator, record.seen)
    return Known(weights, (claim,))
