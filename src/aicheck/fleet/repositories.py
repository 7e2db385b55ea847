"""Which repositories to scan, and what each is called."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from aicheck.core.frozen import dataclass
from aicheck.discover.trees import is_archive
from aicheck.errors import ConfigError

__all__ = ["Repository", "file_stem", "is_url", "named", "parse", "read_list"]

_LIST_LIMIT: Final = 64 << 20
_SCP: Final = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!//)[^\s:][^\s]*")
_SCHEMES: Final = frozenset({"https", "ssh", "file", "http"})
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_STEM: Final = 120


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository of the estate."""

    name: str
    """Unique in a run, stable between runs; never an absolute path."""
    location: str
    """Path or URL, without credentials."""
    remote: bool = False


def is_url(text: str) -> bool:
    """Whether git would reach it by a URL (`https:`, `ssh:`, `file:`, `user@host:path`)."""
    scheme, separator, _ = text.partition("://")
    if separator:
        return scheme.lower() in _SCHEMES
    return _SCP.fullmatch(text) is not None and not Path(text).exists()


def _remote(text: str) -> Repository:
    if text.startswith("-") or any(char.isspace() or ord(char) < ord(" ") for char in text):
        raise ConfigError(f"not a URL of a repository: {text!r}")
    if "://" not in text:
        host, _, path = text.partition(":")
        host = host.rpartition("@")[2]
    else:
        parts = urlsplit(text)
        if parts.password or (parts.username and parts.scheme in {"http", "https"}):
            raise ConfigError(
                f"the URL of {parts.hostname} carries credentials",
                hint="leave them to a credential helper of git: a URL is seen in process lists and reports",
            )
        loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if parts.scheme == "http" and not loopback:
            raise ConfigError(f"http://{parts.hostname} can be tampered with on the way", hint="use https or ssh")
        host, path = parts.hostname or "", parts.path
        if not host and parts.scheme != "file":
            raise ConfigError(f"not a URL of a repository: {text!r}")
    path = path.strip("/").removesuffix(".git")
    if not path:
        raise ConfigError(f"not a URL of a repository: {text!r}")
    return Repository(
        "/".join(part for part in (host, _last(path) if not host else path) if part), text, remote=True
    )


def _last(path: str) -> str:
    """The last two parts of a path: enough to know it by, and no home directory."""
    return "/".join(PurePosixPath(path).parts[-2:])


def _local(text: str) -> Repository:
    path = Path(text)
    if not path.exists():
        raise ConfigError(
            "no such repository", path=text, hint="a directory, an archive or a URL (https, ssh, file)"
        )
    shown = os.path.normpath(path).replace(os.sep, "/")
    if path.is_absolute() or shown.startswith("..") or shown == ".":
        shown = _last(str(path.resolve()).replace(os.sep, "/").strip("/"))
    return Repository(shown.removesuffix(".git"), str(path))


def parse(text: str) -> Repository:
    """Read one location; `NAME<tab>LOCATION` gives it a name. Raises `ConfigError`."""
    name, tab, location = text.partition("\t")
    if tab:
        name, location = name.strip(), location.strip()
        if not name or not location:
            raise ConfigError(f"expected NAME, a tab, LOCATION: {text!r}")
        return replace(_remote(location) if is_url(location) else _local(location), name=name)
    text = text.strip()
    return _remote(text) if is_url(text) else _local(text)


def read_list(data: bytes, shown: str) -> Iterator[str]:
    """Yield the lines of a list of repositories: one a line, `#` begins a comment line."""
    for line in data.decode("utf-8", "surrogateescape").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            if "\0" in line:
                raise ConfigError("is not a list of repositories", path=shown)
            yield line


def is_list(path: Path) -> bool:
    """Whether a path names a list of repositories: a regular file that is no archive."""
    return path.is_file() and not is_archive(path.name)


def named(repositories: Iterable[Repository]) -> list[Repository]:
    """Each location once, names made unique by a piece of the location's hash; in the order of names."""
    once = {one.location: one for one in repositories}
    taken: set[str] = set()
    result = []
    for one in sorted(once.values(), key=lambda each: (each.name, each.location)):
        name = one.name
        if name in taken:
            name = f"{name}~{hashlib.sha256(one.location.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
        taken.add(name)
        result.append(replace(one, name=name))
    return result


def file_stem(name: str) -> str:
    """Return a name for the files of a repository: readable, safe on every system, unlike any other's."""
    stem = _UNSAFE.sub("_", name.replace("/", "__")).strip("._") or "repository"
    simple = stem == name.replace("/", "__") and "__" not in name and name == name.lower() and len(stem) <= _STEM
    if simple:
        return stem
    return f"{stem[:_STEM]}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
