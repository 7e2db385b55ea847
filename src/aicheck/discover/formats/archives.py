"""Zip and tar archives that are one model: PyTorch, TorchScript, npz, Keras, NeMo, TorchServe, skops, MediaPipe.

Members are read by their local headers, without checksums and flags: loaders ignore what `zipfile` insists on,
and an archive that only a strict reader refuses must not escape the analysis.
"""

from __future__ import annotations

import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Safety
from aicheck.core.frozen import dataclass
from aicheck.discover.formats import arrays, pickles
from aicheck.discover.formats.base import Bytes, Cursor, Facts, Window, WindowFile, clean, slice_of
from aicheck.errors import SourceError

__all__ = ["Member", "members", "read_nemo", "read_zip", "unpack"]

_MAX_MEMBERS: Final = 100_000
_MAX_PICKLE: Final = 32 << 20
_MAX_PICKLES: Final = 64
_MAX_JSON: Final = 8 << 20
_ZIP_ERRORS: Final = (
    zipfile.BadZipFile,
    ValueError,
    OSError,
    struct.error,
    NotImplementedError,
    OverflowError,
    IndexError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a zip's directory."""

    name: str
    size: int
    packed: int
    offset: int
    method: int


def members(window: Window) -> tuple[Member, ...]:
    """The directory of a zip. Raises `SourceError` where there is none that can be read."""
    try:
        with zipfile.ZipFile(WindowFile(window, 32 << 20)) as archive:
            infos = archive.infolist()
    except _ZIP_ERRORS as error:
        raise SourceError(f"the zip directory cannot be read: {clean(error, 120)}") from None
    if len(infos) > _MAX_MEMBERS:
        raise SourceError(f"a model archive with {len(infos)} members is not read")
    return tuple(
        Member(info.filename, info.file_size, info.compress_size, info.header_offset, info.compress_type)
        for info in infos
    )


def content(window: Window, member: Member) -> Window:
    """A window on a stored member's bytes, or on the packed bytes of a compressed one."""
    cursor = Cursor(window, member.offset)
    if cursor.take(4) != b"PK\x03\x04":
        raise SourceError(f"member {clean(member.name, 80)!r} does not lie where the zip directory says")
    cursor.skip(22)
    names, extra = cursor.u16(), cursor.u16()
    cursor.skip(names + extra)
    return slice_of(window, cursor.position, member.packed)


def unpack(window: Window, member: Member, limit: int) -> bytes:
    """At most `limit` bytes of a member's content."""
    packed = content(window, member)
    if member.method == zipfile.ZIP_STORED:
        return packed.read_at(0, limit)
    if member.method != zipfile.ZIP_DEFLATED:
        raise SourceError(f"member {clean(member.name, 80)!r} is packed in a way that is not read")
    machine = zlib.decompressobj(-15)
    plain = bytearray()
    position = 0
    try:
        while len(plain) < limit and not machine.eof:
            block = packed.read_at(position, 1 << 16)
            if not block:
                break
            position += len(block)
            plain += machine.decompress(block, limit - len(plain))
    except zlib.error as error:
        raise SourceError(f"member {clean(member.name, 80)!r} cannot be unpacked: {clean(error, 80)}") from None
    return bytes(plain)


def read_zip(window: Window, name: str) -> Facts:
    """Facts of a model that is a zip archive; `name` is the file's name in lower case."""
    listing = members(window)
    names = [member.name for member in listing]
    tails = {entry.rpartition("/")[2] for entry in names}
    if name.endswith(".npz") or (names and all(entry.endswith(".npy") for entry in names)):
        return _npz(window, listing)
    if "config.json" in names and any(entry.endswith(".weights.h5") for entry in names):
        return _keras(window, listing)
    if any(entry.startswith("MAR-INF/") for entry in names):
        return _mar(window, listing)
    if "schema.json" in names and name.endswith(".skops"):
        return _skops(window, listing)
    if "data.pkl" in tails:
        return _torch(window, listing)
    if any(entry.endswith(".tflite") for entry in names):
        return Facts("mediapipe-task", Safety.SAFE, {"members": _joined(names)})
    return _any_zip(window, listing)


def _joined(names: list[str]) -> str:
    return clean(",".join(sorted(names)[:20]))


def _pickled(
    window: Window, listing: tuple[Member, ...], suffixes: tuple[str, ...]
) -> tuple[pickles.Globals, bool]:
    """Globals of all pickles in the archive, and whether some were cut."""
    found = pickles.Globals()
    cut = False
    chosen = [member for member in listing if member.name.lower().endswith(suffixes)]
    for member in chosen[:_MAX_PICKLES]:
        try:
            data = unpack(window, member, _MAX_PICKLE)
        except SourceError as error:
            found.broken = found.broken or str(error)
            continue
        cut |= len(data) == _MAX_PICKLE
        found.merge(pickles.scan(data))
    return found, cut or len(chosen) > _MAX_PICKLES


_PICKLE_SUFFIXES: Final = (".pkl", ".pickle", ".p", ".dill", ".joblib")


def _torch(window: Window, listing: tuple[Member, ...]) -> Facts:
    found, cut = _pickled(window, listing, _PICKLE_SUFFIXES)
    script = any("/code/" in member.name or member.name.startswith("code/") for member in listing)
    kind = "torchscript" if script else "pytorch-zip"
    version = next((member for member in listing if member.name.rpartition("/")[2] == "version"), None)
    attributes = {}
    if version is not None and version.size < 16:
        attributes["torch_format_version"] = clean(unpack(window, version, 16).decode("latin-1"), 16)
    return pickles.facts_of(kind, found, attributes, cut=cut)


def _any_zip(window: Window, listing: tuple[Member, ...]) -> Facts:
    found, cut = _pickled(window, listing, _PICKLE_SUFFIXES)
    names = [member.name for member in listing]
    if found.streams or found.names:
        return pickles.facts_of("zip-with-pickle", found, {"members": _joined(names)}, cut=cut)
    return Facts("zip", Safety.UNKNOWN, {"members": _joined(names)})


def _npz(window: Window, listing: tuple[Member, ...]) -> Facts:
    names: set[str] = set()
    objects = False
    found = pickles.Globals()
    for member in listing[:10_000]:
        if not member.name.endswith(".npy"):
            continue
        head = unpack(window, member, 1 << 16)
        if arrays.holds_objects(head):
            objects = True
            data = unpack(window, member, _MAX_PICKLE)
            found.merge(pickles.scan(data[arrays.data_offset(data) :]))
        names.add(member.name.removesuffix(".npy"))
    attributes = {"tensors": str(len(names)), "members": _joined(list(names))}
    if objects:
        return pickles.facts_of("npz", found, attributes)
    return Facts("npz", Safety.SAFE, attributes)


def keras_facts(text: bytes, kind: str) -> dict[str, str]:
    """What a Keras configuration says: classes outside Keras, Lambda layers, the model's name and class."""
    del kind
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        raise SourceError("the Keras configuration is not JSON") from None
    classes: set[str] = set()
    custom: set[str] = set()
    stack: list[object] = [config]
    seen = 0
    while stack:
        item = stack.pop()
        seen += 1
        if seen > 1_000_000:
            raise SourceError("the Keras configuration is too large")
        if isinstance(item, dict):
            name, module = item.get("class_name"), item.get("module")
            if isinstance(name, str):
                classes.add(clean(name, 80))
                if isinstance(module, str) and not module.startswith(("keras", "tensorflow", "builtins")):
                    custom.add(clean(f"{module}.{name}", 120))
                if item.get("registered_name") and isinstance(item["registered_name"], str) and module is None:
                    custom.add(clean(item["registered_name"], 120))
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    attributes = {}
    if isinstance(config, dict) and isinstance(config.get("class_name"), str):
        attributes["architecture"] = clean(config["class_name"], 80)
        inner = config.get("config")
        if isinstance(inner, dict) and isinstance(inner.get("name"), str):
            attributes["name"] = clean(inner["name"], 120)
    if classes & {"Lambda", "TFOpLambda", "TFSMLayer", "TorchModuleWrapper"}:
        attributes["lambda_layers"] = ",".join(
            sorted(classes & {"Lambda", "TFOpLambda", "TFSMLayer", "TorchModuleWrapper"})
        )
    if custom:
        attributes["custom_objects"] = ",".join(sorted(custom)[:20])
    return attributes


def _keras(window: Window, listing: tuple[Member, ...]) -> Facts:
    config = next(member for member in listing if member.name == "config.json")
    text = unpack(window, config, _MAX_JSON + 1)
    if len(text) > _MAX_JSON:
        raise SourceError("the Keras configuration is too large")
    attributes = keras_facts(text, "keras")
    metadata = next((member for member in listing if member.name == "metadata.json"), None)
    if metadata is not None:
        try:
            version = json.loads(unpack(window, metadata, 1 << 16)).get("keras_version")
        except (ValueError, RecursionError, AttributeError):
            version = None
        if isinstance(version, str):
            attributes["producer"] = f"keras {clean(version, 40)}"
    risky = "lambda_layers" in attributes or "custom_objects" in attributes
    return Facts("keras", Safety.EXECUTABLE if risky else Safety.SAFE, attributes)


def _mar(window: Window, listing: tuple[Member, ...]) -> Facts:
    attributes: dict[str, str] = {}
    manifest = next((member for member in listing if member.name == "MAR-INF/MANIFEST.json"), None)
    if manifest is not None:
        try:
            model = json.loads(unpack(window, manifest, 1 << 20)).get("model", {})
        except (ValueError, RecursionError, AttributeError):
            model = {}
        if isinstance(model, dict):
            for key, attribute in (("modelName", "name"), ("handler", "handler"), ("serializedFile", "filename")):
                if isinstance(model.get(key), str):
                    attributes[attribute] = clean(model[key], 200)
    found, cut = _pickled(window, listing, (*_PICKLE_SUFFIXES, ".bin"))
    for member in listing[:200]:
        if member.name.lower().endswith((".pt", ".pth")) and member.method == zipfile.ZIP_STORED:
            try:
                inner = content(window, member)
                inner_found, inner_cut = _pickled(inner, members(inner), _PICKLE_SUFFIXES)
            except SourceError as error:
                found.broken = found.broken or str(error)
                continue
            found.merge(inner_found)
            cut |= inner_cut
    attributes["remote_code"] = _joined([member.name for member in listing if member.name.endswith(".py")])
    return pickles.facts_of("torchserve-mar", found, attributes, cut=cut)


def _skops(window: Window, listing: tuple[Member, ...]) -> Facts:
    schema = next(member for member in listing if member.name == "schema.json")
    text = unpack(window, schema, _MAX_JSON).decode("utf-8", "replace")
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        raise SourceError("the skops schema is not JSON") from None
    named: set[str] = set()
    stack: list[object] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            module, name = item.get("__module__"), item.get("__class__")
            if isinstance(module, str) and isinstance(name, str):
                named.add(clean(f"{module}.{name}", 120))
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    dangerous = sorted(entry for entry in named if pickles.is_dangerous(entry))
    attributes = {"imports": ",".join(sorted(named)[:40])}
    if dangerous:
        attributes["dangerous_imports"] = ",".join(dangerous[:40])
    return Facts("skops", Safety.EXECUTABLE if dangerous else Safety.SAFE, attributes)


def _tar_members(window: Window) -> Iterator[tuple[str, int, int]]:
    with tarfile.open(fileobj=WindowFile(window), mode="r:") as archive:
        for count, info in enumerate(archive):
            if count > _MAX_MEMBERS:
                return
            if info.isreg():
                yield info.name, info.offset_data, info.size


def read_nemo(window: Window) -> Facts:
    """NVIDIA NeMo: a tar (plain, or gzip in old releases) with a configuration and a PyTorch checkpoint."""
    head = window.read_at(0, 2)
    if head == b"\x1f\x8b":
        note = "a compressed .nemo archive is not looked into; unpack it to have its checkpoint analysed"
        return Facts("nemo", Safety.EXECUTABLE, {}, unseen=(note,))
    found = pickles.Globals()
    attributes: dict[str, str] = {}
    names: list[str] = []
    try:
        for name, offset, size in _tar_members(window):
            names.append(name)
            inner = slice_of(window, offset, size)
            if name.endswith(".ckpt"):
                checkpoint = _torch(inner, members(inner)) if inner.read_at(0, 2) == b"PK" else pickles.read(inner)
                attributes |= checkpoint.attributes
                found.broken = found.broken or next(iter(checkpoint.unseen), None)
            elif name.endswith("model_config.yaml"):
                attributes |= _nemo_target(inner.read_at(0, 1 << 20))
    except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
        raise SourceError(f"not a readable .nemo archive: {clean(error, 120)}") from None
    attributes["members"] = _joined(names)
    unseen = (found.broken,) if found.broken else ()
    return Facts("nemo", Safety.EXECUTABLE, attributes, unseen=unseen)


def _nemo_target(text: bytes) -> dict[str, str]:
    for line in text.splitlines()[:5000]:
        if line.startswith(b"target:"):
            return {"architecture": clean(line.partition(b":")[2].decode("utf-8", "replace"), 200)}
    return {}


def embedded_gguf(window: Window) -> Window | None:
    """The first GGUF file stored inside a llamafile (an executable that is a zip as well)."""
    for member in members(window):
        if member.name.lower().endswith(".gguf") and member.method == zipfile.ZIP_STORED:
            return content(window, member)
    return None


def from_bytes(data: bytes, name: str) -> Facts:
    """`read_zip` over bytes in memory."""
    return read_zip(Bytes(data), name)
