"""What is fuzzed: everything that reads what strangers write, each as a function of bytes.

A target raises what it may not raise, or `Defect` where a scan would say "please report it". Seeds stand in
`corpus/TARGET/`; a new reader gets a line here and a small file there.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aicheck.ci.event import read_event
from aicheck.discover import cache as detections
from aicheck.discover.engine import Examiner
from aicheck.discover.ignore import parse_ignore
from aicheck.discover.registry import load_detectors
from aicheck.discover.sbom import read_sbom
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile
from aicheck.discover.trees import open_tree
from aicheck.discover.walk import read_index
from aicheck.errors import AicheckError
from aicheck.evaluate import load_policy
from aicheck.knowledge.licenses import by_id
from aicheck.knowledge.licensetext import license_of_text
from aicheck.lock.file import parse_lock
from aicheck.report.bom_check import check_bom, components_of, services_of
from aicheck.report.convert import change_version
from aicheck.report.coverage import coverage
from aicheck.report.read_bom import report_from_bom
from aicheck.report.read_json import report_from_json
from aicheck.resolve.records import from_hub, with_config
from aicheck.resolve.spelling import read_spelling
from aicheck.resolve.weights import signed_files
from aicheck.settings import read_settings_file

__all__ = ["CORPUS", "TARGETS", "Defect", "seeds"]

Target = Callable[[bytes], None]
CORPUS = Path(__file__).parent / "corpus"
_EXAMINER = Examiner(load_detectors(), DiscoverSettings(include_docs=True, hash_weights=True))


class Defect(Exception):  # noqa: N818 - a finding, not an error of the fuzzer
    """A reader that failed in a way that it may not."""


def _examined(name: str) -> Target:
    def target(data: bytes) -> None:
        found = _EXAMINER.examine(SourceFile(name, data, documentation=True))
        for gap in found.gaps:
            if "please report it" in gap.detail:
                raise Defect(gap.detail)
        # What was seen survives the cache, whatever it is.
        kept = detections.encode(name, found[:5])
        if kept is not None and detections.decode(name, kept) is None:
            raise Defect("what the cache keeps cannot be read back")

    return target


def _file(read: Callable[[Path], object], suffix: str) -> Target:
    def target(data: bytes) -> None:
        handle, name = tempfile.mkstemp(suffix=suffix, prefix="aicheck-fuzz-")
        try:
            os.write(handle, data)
            os.close(handle)
            with contextlib.suppress(AicheckError):
                read(Path(name))
        finally:
            Path(name).unlink()

    return target


def _json(read: Callable[[Any], object], kind: type = object) -> Target:
    def target(data: bytes) -> None:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(value, kind):
            with contextlib.suppress(AicheckError):
                read(value)

    return target


def _text(read: Callable[[str], object]) -> Target:
    def target(data: bytes) -> None:
        with contextlib.suppress(AicheckError):
            read(data.decode("utf-8", "surrogateescape"))

    return target


def _bytes(read: Callable[[bytes], object]) -> Target:
    def target(data: bytes) -> None:
        with contextlib.suppress(AicheckError):
            read(data)

    return target


def _record(answer: Any) -> None:
    found = from_hub(answer, "a/b", seen="2026-11-23", endpoint="https://huggingface.co")
    if found is not None and isinstance(answer, dict) and isinstance(answer.get("config"), dict):
        with_config(found, answer["config"])


def _ignore(data: bytes) -> None:
    rules = parse_ignore(data)
    if rules is not None:
        for name in ("a", "b.py", "c d", "é"):
            rules.decide(f"x/{name}", name, directory=False)
            rules.decide(name, name, directory=True)


def _index(data: bytes) -> None:
    for _ in read_index(data):
        pass


def _bom(document: Any) -> None:
    check_bom(document)
    list(components_of(document))
    list(services_of(document))
    coverage(document)
    if isinstance(document.get("specVersion"), str):
        change_version(document, "1.6")
    report_from_bom(document)


def _archive(suffix: str) -> Target:
    def read(path: Path) -> None:
        tree = open_tree(str(path))
        if isinstance(tree, Path):
            return
        for item in tree.sources(lambda *_: True, 1 << 20):
            if isinstance(item, SourceFile):
                _EXAMINER.examine(item)

    return _file(read, suffix)


def _stdin(data: bytes) -> None:
    tree = open_tree("-", io.BytesIO(data), "stdin.py")
    if not isinstance(tree, Path):
        for item in tree.sources(lambda *_: True, 1 << 20):
            if isinstance(item, SourceFile):
                _EXAMINER.examine(item)


def _event(path: Path) -> None:
    for name in ("pull_request", "push", "merge_group", "schedule"):
        with contextlib.suppress(AicheckError):
            read_event({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path), "GITHUB_SHA": "a" * 40})


SEEN: dict[str, str] = {
    # source code and text
    "python": "a.py", "notebook": "a.ipynb", "javascript": "a.ts", "component": "a.vue", "go": "a.go", "java": "A.java", "sql": "a.sql",
    "text": "notes.txt", "markup": "a.html", "yaml": "a.yaml", "template": "a.yaml.j2", "json": "a.json", "jsonc": "a.jsonc", "toml": "a.toml", "ini": "a.ini",
    "env": ".env", "hcl": "a.tf", "shell": "run.sh", "powershell": "a.ps1", "docker": "Dockerfile", "makefile": "Makefile", "modelfile": "Modelfile", "unit": "a.service",
    # dependencies
    "requirements": "requirements.txt", "pyproject": "pyproject.toml", "poetry-lock": "poetry.lock", "uv-lock": "uv.lock", "pipfile": "Pipfile", "pipfile-lock": "Pipfile.lock",
    "conda": "environment.yml", "pixi": "pixi.toml", "setup-cfg": "setup.cfg", "setup-py": "setup.py", "package-json": "package.json", "npm-lock": "package-lock.json",
    "pnpm-lock": "pnpm-lock.yaml", "yarn-lock": "yarn.lock", "bun-lock": "bun.lock", "go-mod": "go.mod", "cargo": "Cargo.toml", "cargo-lock": "Cargo.lock", "maven": "pom.xml",
    "gradle": "build.gradle", "gradle-lock": "gradle.lockfile", "gradle-catalog": "libs.versions.toml", "msbuild": "a.csproj", "nuget": "packages.config",
    "nuget-lock": "packages.lock.json", "installed": "x.dist-info/METADATA",
    # agents
    "mcp": "mcp.json", "agent": "a.agent.md", "agent-config": "opencode.json", "codex": ".codex/config.toml",
    # weights, their headers and what stands beside them
    "gguf": "a.gguf", "safetensors": "a.safetensors", "safetensors-index": "model.safetensors.index.json", "pickle": "a.pkl", "torch": "a.pt", "onnx": "a.onnx", "npy": "a.npy",
    "npz": "a.npz", "hdf5": "a.h5", "keras": "a.keras", "saved-model": "saved_model.pb", "tflite": "a.tflite", "coreml": "a.mlmodel", "nemo": "a.nemo", "skops": "a.skops", "bin": "model.bin",
    "card": "README.md", "model-config": "config.json", "adapter-config": "adapter_config.json", "pipeline-index": "model_index.json", "hub-cache": "models--a--b/refs/main",
    "download": "a.metadata", "submodules": ".gitmodules", "dvc": "a.dvc", "checksums": "SHA256SUMS",
}  # fmt: skip
TARGETS: dict[str, Target] = {
    **{name: _examined(path) for name, path in SEEN.items()},
    "policy": _file(lambda path: load_policy(str(path)), ".yaml"),
    "settings": _file(read_settings_file, ".toml"),
    "lock": _bytes(parse_lock),
    "sbom": _bytes(lambda data: read_sbom(data, "bom.json")),
    "bom": _json(_bom, dict),
    "report": _json(report_from_json, dict),
    "record": _json(_record),
    "signature": _bytes(signed_files),
    "spelling": _text(read_spelling),
    "licence": _text(by_id),
    "licence-text": _text(license_of_text),
    "ignore": _bytes(_ignore),
    "git-index": _bytes(_index),
    "detections": _bytes(lambda data: detections.decode("a.py", data)),
    "zip": _archive(".zip"),
    "tar": _archive(".tar"),
    "tar-gz": _archive(".tar.gz"),
    "stdin": _bytes(_stdin),
    "event": _file(_event, ".json"),
}


def seeds(name: str) -> list[bytes]:
    """Return the corpus of a target, in a stable order."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]
