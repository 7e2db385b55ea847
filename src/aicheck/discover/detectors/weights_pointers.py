"""Where weights are kept elsewhere: Hub caches, download records, submodules, DVC files, lists of checksums."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from aicheck.core.reference import Use
from aicheck.core.target import HubDataset, HubModel, WeightsFile
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.judge import is_hub_id
from aicheck.discover.sighting import make, make_at_line
from aicheck.discover.source import SourceFile

__all__ = ["DETECTORS"]

_WEIGHTS: Final = re.compile(
    r"\.(?:safetensors|gguf|ggml|bin|pt|pth|ckpt|onnx|onnx_data|tflite|keras|h5|mlmodel|engine|llamafile|nemo|mar"
    r"|joblib|pkl|npz|pb|task|litertlm|pdparams|msgpack|ot)\Z",
    re.IGNORECASE,
)
_MAX_LINES: Final = 200_000

_CACHE: Final = re.compile(
    r"(?:^|/)(models|datasets)--([\w.-]+?)(?:--([\w.-]+?))?/(?:refs/(?P<ref>[^/]+(?:/[^/]+)*)|snapshots/(?P<commit>[0-9a-f]{40})/)"
)
_SNAPSHOT_FILES: Final = re.compile(r"(?:^|/)(?:config\.json|model_index\.json|adapter_config\.json|README\.md)\Z")


def _cache(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    del hits
    match = _CACHE.search(source.path)
    if match is None:
        return
    repo_id = f"{match[2]}/{match[3]}" if match[3] else match[2]
    attributes = {"cache": "hub", "filename": source.path[match.end() :] if match["commit"] else None}
    if match["commit"]:
        if not _SNAPSHOT_FILES.search(source.path) and not _WEIGHTS.search(source.path):
            return
        commit = match["commit"]
    else:
        commit = source.data[:64].decode("ascii", "replace").strip()
        if not re.fullmatch(r"[0-9a-f]{40}", commit):
            return
        attributes["ref"] = match["ref"]
    target = HubModel(repo_id, commit) if match[1] == "models" else HubDataset(repo_id, commit)
    yield make(
        source,
        target,
        None,
        detector="weights-cache",
        use=Use.PRESENT,
        confidence=0.99,
        raw=f"{match[1]}--{repo_id.replace('/', '--')}",
        symbol="snapshots" if match["commit"] else "refs",
        attributes={**attributes, "revision": commit},
    )


_METADATA: Final = re.compile(rb"\A([0-9a-f]{40})\r?\n\"?([0-9a-f]{40,64})\"?\r?\n\d{1,12}(?:\.\d{1,9})?\s*\Z")
_DOWNLOAD: Final = ".cache/huggingface/download/"


def _metadata(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    """One record of a download to a local folder: commit, etag (the sha256 of large files), time."""
    del hits
    folder, found, file = source.path.rpartition(_DOWNLOAD)
    match = _METADATA.match(source.data)
    name = file.removesuffix(".metadata")
    if not found or match is None or not _WEIGHTS.search(name):
        return
    etag = match[2].decode("ascii")
    digest = etag if len(etag) == 64 else None
    yield make(
        source,
        WeightsFile(folder + name, digest),
        None,
        detector="weights-download",
        use=Use.PRESENT,
        confidence=0.95,
        raw=name,
        attributes={"revision": match[1].decode("ascii"), "sha256": digest, "downloaded": "true"},
    )


_URL: Final = re.compile(
    r"\s*url\s*=\s*(?:https?://(?:[^@/\s]+@)?|git@|ssh://git@)?(?:huggingface\.co|hf\.co|hf-mirror\.com)[/:](datasets/|spaces/)?"
    r"([\w.-]+/[\w.-]+?)(?:\.git)?/?\s*\Z"
)


def _lines(source: SourceFile) -> list[str]:
    lines = source.text.split("\n", _MAX_LINES)
    if len(lines) > _MAX_LINES:
        source.leave(f"more than {_MAX_LINES} lines: the rest was not looked at")
    return lines[:_MAX_LINES]


def _gitmodules(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    """Submodules that are repositories of the Hub."""
    del hits
    module = ""
    for number, line in enumerate(_lines(source), 1):
        if line.startswith("[submodule"):
            module = line.partition('"')[2].rpartition('"')[0]
        match = _URL.match(line) if len(line) < 1000 else None
        if match is None or match[1] == "spaces/" or not is_hub_id(match[2]):
            continue
        target = HubDataset(match[2]) if match[1] else HubModel(match[2])
        yield make_at_line(
            source,
            target,
            number,
            detector="weights-submodule",
            use=Use.CONFIG,
            confidence=0.97,
            symbol=f"submodule {module}".strip(),
            raw=match[2],
        )


_DVC_LINE: Final = re.compile(
    r"(\s*)(- )?(md5|etag|checksum|size|path|hash):\s*['\"]?([^'\"\n]{1,1000}?)['\"]?\s*\Z"
)


def _dvc(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    """Outputs of DVC that are weights; DVC records md5, which is no proof of content but tells versions apart."""
    del hits
    folder = source.path.rpartition("/")[0]
    entry: dict[str, str] = {}
    line_of_path = 0

    def finish() -> Iterator[Detection]:
        path = entry.get("path", "")
        if path and _WEIGHTS.search(path) and ("md5" in entry or "etag" in entry or "checksum" in entry):
            joined = f"{folder}/{path}" if folder and not path.startswith("/") else path
            yield make_at_line(
                source,
                WeightsFile(joined),
                line_of_path,
                detector="weights-dvc",
                use=Use.CONFIG,
                confidence=0.95,
                symbol="outs",
                raw=path,
                attributes={
                    "md5": entry.get("md5") or entry.get("checksum") or entry.get("etag"),
                    "size": entry.get("size"),
                    "dvc": "true",
                },
            )

    for number, line in enumerate(_lines(source), 1):
        match = _DVC_LINE.match(line) if len(line) < 1200 else None
        if match is None:
            continue
        if match[2]:
            yield from finish()
            entry = {}
        entry[match[3]] = match[4]
        if match[3] == "path":
            line_of_path = number
    yield from finish()


_SUM: Final = re.compile(r"([0-9a-fA-F]{64})\s+\*?(\S[^\n]{0,1000}?)\s*\Z")
_SUM_BSD: Final = re.compile(r"SHA256 ?\(([^)\n]{1,1000})\) ?= ?([0-9a-fA-F]{64})\s*\Z")


def _checksums(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    """Lists of sha256 sums: each line that names weights names their content."""
    del hits
    for number, line in enumerate(_lines(source), 1):
        if len(line) > 1200:
            continue
        match = _SUM.match(line)
        bsd = None if match else _SUM_BSD.match(line)
        if match is not None:
            digest, path = match[1].lower(), match[2]
        elif bsd is not None:
            digest, path = bsd[2].lower(), bsd[1]
        else:
            continue
        if _WEIGHTS.search(path):
            yield make_at_line(
                source,
                WeightsFile(path.removeprefix("./"), digest),
                number,
                detector="weights-checksums",
                use=Use.DEPLOY,
                confidence=0.95,
                raw=path,
                attributes={"sha256": digest},
            )


DETECTORS: Final = (
    Detector(
        id="weights-cache",
        globs=("*models--*/refs/*", "*models--*/snapshots/*", "*datasets--*/refs/*", "*datasets--*/snapshots/*"),
        needles=(),
        detect=_cache,
        binary=True,
    ),
    Detector(id="weights-download", globs=("*.metadata",), needles=(), detect=_metadata),
    Detector(
        id="weights-submodule",
        globs=(".gitmodules",),
        needles=(b"huggingface.co", b"hf.co", b"hf-mirror.com"),
        detect=_gitmodules,
    ),
    Detector(id="weights-dvc", globs=("*.dvc", "dvc.lock"), needles=(b"path:",), detect=_dvc),
    Detector(
        id="weights-checksums",
        globs=("*.sha256", "*.sha256sum", "*sha256sum*", "*checksums*.txt", "*checksum*.txt", "*.sha256.txt"),
        needles=(),
        detect=_checksums,
    ),
)
