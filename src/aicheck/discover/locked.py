"""Libraries that a manifest asks for by name or range, with the version that its lock file settles on.

A manifest (`pyproject.toml`, `package.json`, `Cargo.toml`, `test.in`) and the lock made from it name the
same library. Where the lock beside the manifest, or else in the nearest folder above it, holds one version of the
library, the manifest's reference is to that version: one component, found in both files. Where it holds several or
none, the manifest's own words stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from aicheck.core.reference import Reference
from aicheck.core.target import Library

__all__ = ["join_locked"]

_PYTHON: Final = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pixi.lock")
_NODE: Final = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock")
_LOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "pyproject.toml": _PYTHON,
    "setup.py": _PYTHON,
    "setup.cfg": _PYTHON,
    "Pipfile": ("Pipfile.lock",),
    "pixi.toml": ("pixi.lock",),
    "environment.yml": ("conda-lock.yml",),
    "environment.yaml": ("conda-lock.yml",),
    "package.json": _NODE,
    "Cargo.toml": ("Cargo.lock",),
    "build.gradle": ("gradle.lockfile",),
    "build.gradle.kts": ("gradle.lockfile",),
}
"""Manifests with the names of the locks that package managers write for them."""
_DOTNET: Final = ("packages.lock.json",)
_PROJECTS: Final = (".csproj", ".fsproj", ".vbproj")
_NAMES: Final = frozenset({*_DOTNET, *(name for names in _LOCKS.values() for name in names)})


def _split(purl: str) -> tuple[str, str]:
    """(package URL without version and qualifiers, version or '')."""
    base, _, version = purl.partition("#")[0].partition("?")[0].partition("@")
    return base, version


def _lock_of(path: str) -> tuple[tuple[str, ...], str]:
    """(names of the locks of a manifest, its folder); no names for files that have none."""
    folder, _, name = path.rpartition("/")
    if name.endswith(".in"):
        return (f"{name.removesuffix('.in')}.txt",), folder
    return _DOTNET if name.endswith(_PROJECTS) else _LOCKS.get(name, ()), folder


def join_locked(references: Iterable[Reference]) -> list[Reference]:
    """Return the references with the versions that locks give to libraries of manifests."""
    held = list(references)
    open_: list[int] = []
    compiled: set[str] = set()
    for index, reference in enumerate(held):
        target = reference.target
        if isinstance(target, Library) and not _split(target.purl)[1]:
            names, folder = _lock_of(reference.occurrence.path)
            if names:
                open_.append(index)
                if reference.occurrence.path.endswith(".in"):
                    compiled.add(f"{folder}/{names[0]}" if folder else names[0])
    if not open_:
        return held
    locked = _versions(held, compiled)
    for index in open_:
        reference = held[index]
        assert isinstance(reference.target, Library)
        names, folder = _lock_of(reference.occurrence.path)
        purl = _settled(_split(reference.target.purl)[0], names, folder, locked)
        if purl is not None:
            held[index] = replace(reference, target=Library(purl))
    return held


def _versions(references: Iterable[Reference], compiled: set[str]) -> dict[str, dict[str, set[str]]]:
    """Package URLs with versions by lock file and by package."""
    locked: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for reference in references:
        target, path = reference.target, reference.occurrence.path
        if isinstance(target, Library) and (path.rpartition("/")[2] in _NAMES or path in compiled):
            base, version = _split(target.purl)
            if version:
                locked[path][base].add(target.purl)
    return locked


def _settled(
    base: str, names: tuple[str, ...], folder: str, locked: Mapping[str, Mapping[str, set[str]]]
) -> str | None:
    """The one package URL that the nearest lock gives, or None."""
    above = folder
    while True:
        found = [locked[path] for name in names if (path := f"{above}/{name}" if above else name) in locked]
        if found:
            purls = set().union(*(lock.get(base, ()) for lock in found))
            return purls.pop() if len(purls) == 1 else None
        if not above:
            return None
        above = above.rpartition("/")[0]
