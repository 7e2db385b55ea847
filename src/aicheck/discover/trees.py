"""What can be scanned besides a directory: a file, standard input, a git revision, an archive, a cache.

A `Tree` hands out `SourceFile`s one after the other; the engine treats them as it treats the files of a
directory. Nothing is unpacked to disk, no link is followed out of the tree, and every size that an input
states is a claim that may be a lie: what is read is bounded by `limit` per file and by a budget per tree.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, Protocol, runtime_checkable

from aicheck.core.evidence import Gap, GapReason
from aicheck.discover.license_files import is_license_file
from aicheck.discover.source import SourceFile
from aicheck.errors import ConfigError, SourceError

__all__ = [
    "ArchiveTree",
    "EnvironmentTree",
    "FileTree",
    "HubCacheTree",
    "MemoryTree",
    "Tree",
    "Wanted",
    "is_archive",
    "member_path",
    "open_tree",
]

Wanted = Callable[[str, int], bool]
"""`wanted(path, size)`: whether any detector would look at such a file; others are not read at all."""

_MAX_ENTRIES: Final = 250_000
_MAX_PATH: Final = 4096
_MIN_BUDGET: Final = 512 << 20
_MAX_RATIO: Final = 100
_STDIN_LIMIT: Final = 256 << 20
_ZIP_SUFFIXES: Final = (".zip", ".whl", ".jar", ".nupkg", ".egg")
_TAR_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".crate")


@runtime_checkable
class Tree(Protocol):
    """Something that can be scanned."""

    @property
    def name(self) -> str:
        """How the user named it; becomes `Inventory.root`."""

    def sources(self, wanted: Wanted, limit: int) -> Iterator[SourceFile | Gap]:
        """Yield every wanted file with at most `limit` bytes of it in `data`, and what could not be seen.

        A source's further bytes (`read_at`) are available until the next one is asked for.
        """


def member_path(name: str) -> str | None:
    """Return an archive member's name as a path inside the tree, or None where it points out of it."""
    name = name.replace("\\", "/")
    if name.startswith("/") or "\0" in name or len(name) > _MAX_PATH or re.match(r"[A-Za-z]:", name):
        return None
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return None if not parts or ".." in parts else "/".join(parts)


def is_archive(name: str) -> bool:
    """Tell by its name whether a file is an archive of files (and not of one model's weights)."""
    return name.lower().endswith(_ZIP_SUFFIXES + _TAR_SUFFIXES)


def open_tree(argument: str, stdin: BinaryIO | None = None, stdin_name: str = "stdin") -> Tree | Path:
    """Open what a person named: `-` for standard input, a directory (returned as its path), archive or file.

    Raises `ConfigError` where there is no such thing.
    """
    if argument == "-" and stdin is not None:
        data = stdin.read(_STDIN_LIMIT + 1)
        if len(data) > _STDIN_LIMIT:
            raise ConfigError(
                f"standard input is larger than {_STDIN_LIMIT >> 20} MiB", hint="scan the file itself"
            )
        return MemoryTree({member_path(stdin_name) or "stdin": data}, name=stdin_name)
    path = Path(argument)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"cannot scan {argument!r}: {reason}", hint="name a directory, a file or -") from None
    if stat.S_ISDIR(mode):
        return path
    if not stat.S_ISREG(mode):
        raise ConfigError(f"cannot scan {argument!r}: neither a directory nor a regular file")
    return ArchiveTree(path) if is_archive(path.name) else FileTree(path)


class MemoryTree:
    """Files that are already in memory: standard input, or a test's."""

    def __init__(self, files: dict[str, bytes], name: str = "stdin") -> None:
        self.name = name
        self._files = files

    def sources(self, wanted: Wanted, limit: int) -> Iterator[SourceFile | Gap]:
        """Yield the files in the order of their paths."""
        for path in sorted(self._files):
            data = self._files[path]
            if wanted(path, len(data)):
                yield SourceFile(path, data[:limit], len(data), _slice_of(data))


def _slice_of(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: data[offset : offset + length]


class FileTree:
    """One file."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.name = name or path.name
        self._path = path

    def sources(self, wanted: Wanted, limit: int) -> Iterator[SourceFile | Gap]:
        """Yield the file; a person named it, so it is read whatever its name is."""
        del wanted
        yield from _disk_source(self._path, member_path(self._path.name) or "file", limit)


def _disk_source(real: Path, path: str, limit: int) -> Iterator[SourceFile | Gap]:
    try:
        # O_NONBLOCK: a FIFO put in place of the file must not hang the scan.
        handle = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        yield Gap(path, GapReason.UNREADABLE, error.strerror or "cannot be opened", path)
        return
    with os.fdopen(handle, "rb", buffering=0) as file:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode):
            yield Gap(path, GapReason.SKIPPED, "not a regular file", path)
            return
        try:
            data = file.read(min(limit, info.st_size)) or b""
        except OSError as error:
            yield Gap(path, GapReason.UNREADABLE, error.strerror or "cannot be read", path)
            return

        def window(offset: int, length: int) -> bytes:
            try:
                file.seek(offset)
                return file.read(length) or b""
            except (OSError, ValueError):
                return b""

        yield SourceFile(path, data, info.st_size, window)


class _BombError(SourceError):
    """More came out of an archive than its size can honestly hold."""


class _Budget:
    """Bytes that may still come out of an archive."""

    def __init__(self, archive_size: int) -> None:
        self.left = max(_MIN_BUDGET, archive_size * _MAX_RATIO)

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _BombError("unpacks to more than 100 times its size; the rest was not read")


class _Counted(io.RawIOBase):
    """A decompressed stream whose output counts against the budget, so that a tar bomb ends."""

    def __init__(self, inner: BinaryIO, budget: _Budget) -> None:
        self._inner = inner
        self._budget = budget

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._inner.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        self._budget.spend(len(data))
        return data


_BROKEN: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    MemoryError,
    AttributeError,
    KeyError,
    IndexError,
    TypeError,
)
"""What the standard library's readers raise on hostile archives (several are their defects, not ours)."""


class ArchiveTree:
    """A zip, wheel, sdist or tar, read where it lies."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.name = name or path.name
        self._path = path

    def sources(self, wanted: Wanted, limit: int) -> Iterator[SourceFile | Gap]:
        """Yield the wanted members in the archive's order; links, devices and escaping names become gaps."""
        try:
            with self._path.open("rb") as file:
                budget = _Budget(os.fstat(file.fileno()).st_size)
                if self._path.name.lower().endswith(_ZIP_SUFFIXES):
                    yield from _zip_sources(file, wanted, limit, budget)
                else:
                    yield from _tar_sources(file, self._path.name.lower(), wanted, limit, budget)
        except _BombError as error:
            yield Gap(self.name, GapReason.TOO_LARGE, str(error))
        except _BROKEN as error:
            yield Gap(self.name, GapReason.UNREADABLE, f"not a readable archive: {error}")


def _escapes(name: str) -> Gap:
    shown = name[:200]
    return Gap(shown, GapReason.SKIPPED, "the archive names a path outside itself; not read")


def _too_many(count: int) -> Gap:
    detail = f"more than {_MAX_ENTRIES} entries; the rest was not read"
    return Gap(f"entry {count}", GapReason.TOO_LARGE, detail)


def _zip_sources(file: BinaryIO, wanted: Wanted, limit: int, budget: _Budget) -> Iterator[SourceFile | Gap]:
    with zipfile.ZipFile(file) as archive:
        for count, info in enumerate(archive.infolist()):
            if count >= _MAX_ENTRIES:
                yield Gap(
                    f"entry {count}",
                    GapReason.TOO_LARGE,
                    f"more than {_MAX_ENTRIES} entries; the rest was not read",
                )
                return
            if info.is_dir():
                continue
            path = member_path(info.filename)
            if path is None:
                yield _escapes(info.filename)
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                yield Gap(path, GapReason.SKIPPED, "a link inside an archive is not followed", path)
                continue
            if not wanted(path, info.file_size):
                continue
            if info.flag_bits & 1:
                yield Gap(path, GapReason.UNREADABLE, "encrypted inside the archive", path)
                continue
            yield from _zip_member(archive, info, path, limit, budget)


def _zip_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, limit: int, budget: _Budget
) -> Iterator[SourceFile | Gap]:
    try:
        with archive.open(info) as member:
            data = member.read(limit)
            budget.spend(len(data))

            def window(offset: int, length: int) -> bytes:
                try:
                    if offset < member.tell():
                        budget.spend(offset)  # a backward seek unpacks again from the start
                    else:
                        budget.spend(offset - member.tell())
                    member.seek(offset)
                    found = member.read(length)
                except _BROKEN:
                    return b""
                budget.spend(len(found))
                return found

            yield SourceFile(path, data, max(info.file_size, len(data)), window)
    except _BombError:
        raise
    except _BROKEN as error:
        yield Gap(path, GapReason.UNREADABLE, f"cannot be unpacked: {error}", path)


def _opened(file: BinaryIO, name: str, budget: _Budget) -> BinaryIO:
    if name.endswith((".gz", ".tgz", ".crate")):
        return _Counted(gzip.GzipFile(fileobj=file), budget)  # type: ignore[return-value,arg-type]
    if name.endswith(("bz2",)):
        return _Counted(bz2.BZ2File(file), budget)  # type: ignore[return-value,arg-type]
    if name.endswith(("xz",)):
        return _Counted(lzma.LZMAFile(file), budget)  # type: ignore[return-value,arg-type]
    return file


def _tar_sources(
    file: BinaryIO, name: str, wanted: Wanted, limit: int, budget: _Budget
) -> Iterator[SourceFile | Gap]:
    # Stream mode reads forward only: each byte is unpacked once whatever the archive says about offsets.
    with tarfile.open(fileobj=_opened(file, name, budget), mode="r|", errorlevel=0) as archive:
        for count, info in enumerate(archive):
            archive.members = []  # type: ignore[attr-defined]  # the list would grow with the archive; nothing looks back
            if count >= _MAX_ENTRIES:
                yield Gap(
                    f"entry {count}",
                    GapReason.TOO_LARGE,
                    f"more than {_MAX_ENTRIES} entries; the rest was not read",
                )
                return
            if info.isdir():
                continue
            path = member_path(info.name)
            if path is None:
                yield _escapes(info.name)
            elif not info.isreg():
                what = "a link" if info.issym() or info.islnk() else "a special file"
                yield Gap(path, GapReason.SKIPPED, f"{what} inside an archive is not followed", path)
            elif wanted(path, info.size):
                member = archive.extractfile(info)
                if member is None:
                    continue
                data = member.read(limit)
                position = len(data)

                def window(offset: int, length: int, member: object = member) -> bytes:
                    nonlocal position
                    if offset < position:
                        return b""  # forward only
                    read = member.read  # type: ignore[attr-defined]
                    while position < offset:
                        skipped = read(min(1 << 20, offset - position))
                        if not skipped:
                            return b""
                        position += len(skipped)
                    found: bytes = read(length)
                    position += len(found)
                    return found

                yield SourceFile(path, data, info.size, window)


class HubCacheTree:
    """The local cache of the Hub's clients: `models--owner--name/{blobs,refs,snapshots}`."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.name = name or path.name
        self._path = path

    def sources(self, wanted: Wanted, limit: int) -> Iterator[SourceFile | Gap]:
        """Yield refs and the files of every snapshot; links are followed into the folder's own blobs only."""
        for folder in _listed(self._path):
            if (
                not folder.name.startswith(("models--", "datasets--"))
                or folder.is_symlink()
                or not folder.is_dir()
            ):
                continue
            root = folder.resolve()
            for current, _, files in os.walk(folder, followlinks=False):
                if Path(current).name == "blobs" and Path(current).parent == folder:
                    continue
                for name in sorted(files):
                    real = Path(current, name)
                    path = real.relative_to(self._path).as_posix()
                    with suppress(OSError, RuntimeError):
                        target = real.resolve(strict=True)
                        if not target.is_relative_to(root):
                            yield Gap(
                                path, GapReason.SKIPPED, "a link out of the cache folder is not followed", path
                            )
                        elif wanted(path, target.stat().st_size):
                            yield from _disk_source(target, path, limit)
                        continue
                    yield Gap(path, GapReason.UNREADABLE, "the link's blob is missing (partial download?)", path)


class EnvironmentTree:
    """An installed Python environment: the metadata of its distributions."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.name = name or path.name
        self._path = path

    def sources(self, wanted: Wanted, limit: int) -> Iterator[SourceFile | Gap]:
        """Yield metadata and licence texts of every distribution in every site-packages folder."""
        folders = [folder for folder in self._candidates() if folder.is_dir()]
        if not folders:
            yield Gap(self.name, GapReason.NOT_FOUND, "no site-packages folder here; name a virtual environment")
        for folder in folders:
            for entry in _listed(folder):
                for suffix, inner in ((".dist-info", "METADATA"), (".egg-info", "PKG-INFO")):
                    real = entry / inner
                    if entry.name.endswith(suffix) and real.is_file():
                        path = real.relative_to(self._path).as_posix()
                        if wanted(path, 0):
                            yield from _disk_source(real, path, limit)
                            yield from self._texts(entry, wanted, limit)

    def _texts(self, folder: Path, wanted: Wanted, limit: int) -> Iterator[SourceFile | Gap]:
        """Yield the licence texts of a distribution, at the top of its metadata and in `licenses/`."""
        for real in (*_listed(folder), *_listed(folder / "licenses")):
            path = real.relative_to(self._path).as_posix()
            if is_license_file(path) and real.is_file() and wanted(path, 0):
                yield from _disk_source(real, path, limit)

    def _candidates(self) -> list[Path]:
        if any(self._path.glob("*.dist-info")):
            return [self._path]
        return sorted({*self._path.glob("lib*/python*/site-packages"), self._path / "Lib" / "site-packages"})


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
