"""What the readers of manifests share: the package they yield, and how it becomes a reference."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from packageurl import PackageURL

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference, Use
from aicheck.core.target import Library
from aicheck.discover.detector import Detection, Hit
from aicheck.discover.formats.base import clean
from aicheck.discover.sighting import make
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError
from aicheck.knowledge.libraries import ai_library

__all__ = ["Package", "detecting", "is_vendored", "purl", "read_whole", "scope_of_path"]

_MAX_FILE: Final = 128 << 20
_VENDORED: Final = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|site-packages|dist-packages|\.venv|venv|\.tox|\.nox|vendor|\.git"
    r"|__pypackages__|\.yarn|Pods|\.cargo/registry)/"
)
_DEV_PATH: Final = re.compile(
    r"(?:^|[-_./])(?:dev|develop|development|test|tests|testing|lint|doc|docs|ci|mypy)(?:[-_./]|$)"
)
_PLAIN_TYPES: Final = frozenset({"pypi", "npm", "cargo", "nuget"})
_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,150}\Z")


class Package(NamedTuple):
    """One dependency as a manifest names it or a lock file resolves it."""

    ecosystem: str
    """purl type: `pypi`, `npm`, `golang`, `cargo`, `maven`, `nuget`, `conda`."""
    name: str
    """As written; `group:artifact` for Maven, `@scope/name` for npm, the module path for Go."""
    version: str | None
    """The exact version, None where the manifest leaves it open."""
    requirement: str
    """As written."""
    scope: str
    """`runtime`, `dev`, `optional`, `build`, `indirect`."""
    start: int
    """Byte offset of the name."""
    end: int
    url: str = ""
    """Where it comes from instead of the registry."""
    hashes: str = ""
    """`sha256:…` where the file gives one."""


def is_vendored(path: str) -> bool:
    """Whether a file belongs to an installed or vendored copy of others' code."""
    return _VENDORED.search(path) is not None


def scope_of_path(path: str) -> str:
    """Scope that the name of a requirements file tells."""
    return "dev" if _DEV_PATH.search(path.rpartition("/")[2].lower().rpartition(".")[0]) else "runtime"


def read_whole(source: SourceFile) -> bytes:
    """All bytes of a manifest. Raises `SourceError` beyond 128 MiB or where the rest cannot be read."""
    if source.whole:
        return source.data
    if source.size > _MAX_FILE:
        raise SourceError(f"a lock file of {source.size >> 20} MiB is not read (limit {_MAX_FILE >> 20} MiB)")
    data = source.read_at(0, source.size)
    if len(data) < source.size:
        raise SourceError("the file cannot be read to its end")
    return data


def purl(ecosystem: str, name: str, version: str | None) -> str | None:
    """The canonical package URL, or None for what cannot be a package's name."""
    if ecosystem in _PLAIN_TYPES and _PLAIN.match(name) and (not version or _PLAIN.match(version)):
        # Nearly every row of a large lock: nothing to encode, so the library's normalising is left out.
        plain = name.lower().replace("_", "-") if ecosystem == "pypi" else name
        return f"pkg:{ecosystem}/{plain}@{version}" if version else f"pkg:{ecosystem}/{plain}"
    namespace: str | None = None
    if ecosystem == "maven":
        namespace, _, name = name.partition(":")
    elif ecosystem in {"npm", "golang"} and "/" in name:
        namespace, _, name = name.rpartition("/")
    if not name or (ecosystem == "maven" and not namespace) or len(name) > 250:
        return None
    try:
        return PackageURL(type=ecosystem, namespace=namespace, name=name, version=version or None).to_string()
    except (ValueError, TypeError):  # the library raises either for names that are none
        return None


def detecting(
    detector: str, parse: Callable[[SourceFile], Iterable[Package | Gap]]
) -> Callable[[SourceFile, Sequence[Hit]], Iterator[Detection]]:
    """Make a detector's function out of a reader."""

    def detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
        del hits
        if is_vendored(source.path):
            return
        whole: SourceFile | None = source if source.whole else None
        seen: set[tuple[str, int]] = set()
        for item in parse(source):
            if isinstance(item, Gap):
                yield item
                continue
            if whole is None:
                whole = SourceFile(source.path, read_whole(source))
            reference = _reference(whole, item, detector, seen)
            if reference is not None:
                yield reference

    return detect


def _reference(
    source: SourceFile, package: Package, detector: str, seen: set[tuple[str, int]]
) -> Reference | None:
    text = purl(package.ecosystem, package.name, package.version)
    if text is None or (text, package.start) in seen:
        return None
    seen.add((text, package.start))
    row = ai_library(package.ecosystem, package.name)
    return make(
        source,
        Library(text),
        (package.start, package.end),
        detector=detector,
        use=Use.DEPENDENCY,
        confidence=0.99,
        symbol=package.scope,
        raw=package.requirement,
        attributes={
            "scope": package.scope,
            "requirement": clean(package.requirement, 200),
            "url": clean(package.url, 300),
            "hash": package.hashes,
            "ai": row.kind if row else None,
            "provider": row.provider if row else None,
            "vendor": row.vendor if row else None,
        },
    )


def dynamic(source: SourceFile, what: str, line: int | None = None) -> Gap:
    """A gap for a list of dependencies that only running code would tell."""
    detail = f"{what} is computed; its value is known only by running code"
    return Gap(source.path, GapReason.DYNAMIC, detail, source.path, line)


class Finder:
    """Finds texts that stand in a known order; one written otherwise (escapes) costs a scan only a few times."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position
        self.misses = 0

    def find(self, text: str) -> tuple[int, int]:
        """Byte offsets of the next place of `text`; an empty span at the present place where there is none."""
        if self.misses > 20:
            return self.position, self.position
        encoded = text.encode("utf-8", "replace")
        at = self.data.find(encoded, self.position)
        if at < 0:
            self.misses += 1
            return self.position, self.position
        self.position = at + len(encoded)
        return at, self.position


def find_span(data: bytes, text: str, start: int = 0, end: int | None = None) -> tuple[int, int]:
    """Byte offsets of a text from `start` on; an empty span at `start` where it is not written so."""
    encoded = text.encode("utf-8", "replace")
    at = data.find(encoded, start, len(data) if end is None else end)
    return (at, at + len(encoded)) if at >= 0 else (start, start)
