"""Needle tables as hyperscan compiled them, kept in the user's cache directory.

Compiling 4,600 literals costs more than scanning a small repository; reading what an earlier run compiled, half a
millisecond. What is kept is memory of the matching engine, so it is used only where it is this user's own file
that nobody else may write, whole by its checksum, and made from the same needles by the same hyperscan on the same
kind of processor; hyperscan itself refuses what another processor compiled. Anything else is compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Sequence
from typing import Any, Final

__all__ = ["database"]

_MAGIC: Final = b"aicheck-needles-1\n"
_SUM: Final = 32
_MAX_BYTES: Final = 64 << 20
_MAX_FILES: Final = 64
_OPEN: Final = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)


def database(needles: Sequence[bytes], folder: str | None) -> Any:
    """Return a hyperscan database of caseless literals, ready to scan; `folder` None = nothing kept.

    Never raises for the disk's sake.
    """
    import hyperscan  # noqa: PLC0415 - 14 ms that the fallback engine and `--version` do not pay

    if folder is None:
        return _compile(hyperscan, needles)
    key = _key(hyperscan, needles)
    place = f"{folder}/{key.hex()}"
    data = _read(place)
    if data is not None:
        found = _loaded(hyperscan, data, key)
        if found is not None:
            return found
    made = _compile(hyperscan, needles)
    with contextlib.suppress(hyperscan.HyperscanError, OSError, ValueError):
        body = hyperscan.dumpb(made)
        _write(folder, place, _MAGIC + _sum(key, body) + body)
    return made


def _compile(hyperscan: Any, needles: Sequence[bytes]) -> Any:
    made = hyperscan.Database()
    made.compile(
        expressions=list(needles),
        ids=list(range(len(needles))),
        elements=len(needles),
        flags=[hyperscan.HS_FLAG_CASELESS] * len(needles),
        literal=True,
    )
    return made


def _key(hyperscan: Any, needles: Sequence[bytes]) -> bytes:
    machine = os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_IDENTIFIER", "")
    made_by = f"{hyperscan.__version__} {sys.platform} {machine} {sys.maxsize} {len(needles)}".encode()
    digest = hashlib.blake2b(made_by, digest_size=16)
    digest.update(b"\0".join(needles))
    return digest.digest()


def _sum(key: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(body, key=key, digest_size=_SUM).digest()


def _loaded(hyperscan: Any, data: bytes, key: bytes) -> Any | None:
    start = len(_MAGIC) + _SUM
    body = data[start:]
    if not data.startswith(_MAGIC) or data[len(_MAGIC) : start] != _sum(key, body):
        return None
    try:
        found = hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
        found.scratch = hyperscan.Scratch(found)
    except (hyperscan.HyperscanError, ValueError, TypeError):
        return None
    return found


def _own(info: os.stat_result) -> bool:
    """Nobody but this user may have written it."""
    return not hasattr(os, "getuid") or (info.st_uid == os.getuid() and not info.st_mode & 0o022)


def _read(place: str) -> bytes | None:
    try:
        if not _own(os.stat(os.path.dirname(place))):  # noqa: PTH116, PTH120 - on every start
            return None
        handle = os.open(place, _OPEN)
    except OSError:
        return None
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode) or not _own(info) or info.st_size > _MAX_BYTES:
            return None
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    except OSError:
        return None
    finally:
        os.close(handle)


def _write(folder: str, place: str, data: bytes) -> None:
    os.makedirs(folder, exist_ok=True, mode=0o700)  # noqa: PTH103 - as the rest here
    if not _own(os.stat(folder)):  # noqa: PTH116 - as above
        return
    _make_room(folder)
    part = f"{place}.{os.getpid()}"
    handle = os.open(
        part,
        os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0),
        0o600,
    )
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(part, place)  # noqa: PTH105 - as above
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(part)  # noqa: PTH108 - as above
        raise


def _make_room(folder: str) -> None:
    """Leave the newest tables; those of earlier versions are never asked for again."""
    with os.scandir(folder) as entries:
        files = sorted((entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in entries)
    for _, path in files[: max(0, len(files) - _MAX_FILES + 1)]:
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - as above
