"""JavaScript: package.json and the lock files of npm, pnpm, yarn (classic and berry) and bun."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from aicheck.core.evidence import Gap
from aicheck.discover.manifests.base import Finder, Package, read_whole
from aicheck.discover.manifests.python import load_json
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

__all__ = ["bun_lock", "package_json", "package_lock", "pnpm_lock", "yarn_lock"]

_SCOPES: Final = {
    "dependencies": "runtime",
    "devDependencies": "dev",
    "optionalDependencies": "optional",
    "peerDependencies": "optional",
}
_EXACT: Final = re.compile(r"=?v?(\d+\.\d+\.\d+(?:[-+][\w.+-]{1,80})?)\Z")
_NAME: Final = re.compile(r"(?:@[\w.~-]{1,100}/)?[\w.~-]{1,150}\Z")
_ALIAS: Final = re.compile(r"npm:((?:@[^/@\s]{1,100}/)?[^@\s]{1,150})(?:@(.{0,100}))?\Z")


def package_json(source: SourceFile) -> Iterator[Package | Gap]:
    """The four kinds of dependencies; workspaces, links and local paths are the project's own."""
    document = load_json(source)
    if not isinstance(document, Mapping):
        return
    data = read_whole(source)
    for section, scope in _SCOPES.items():
        entries = document.get(section)
        if not isinstance(entries, Mapping):
            continue
        finder = Finder(data, max(0, data.find(f'"{section}"'.encode())))
        for key, value in entries.items():
            name, text = key, value if isinstance(value, str) else ""
            start, end = finder.find(f'"{key}"')
            if text.startswith(("workspace:", "file:", "link:", "portal:")) or not _NAME.match(name):
                continue
            alias = _ALIAS.match(text)
            if alias is not None:
                name, text = alias[1], alias[2] or ""
            exact = _EXACT.match(text)
            url = text if "://" in text or text.startswith(("git", "github:")) else ""
            begin, stop = (start + 1, end - 1) if end > start else (start, start)
            yield Package("npm", name, exact[1] if exact else None, f"{name}@{text}", scope, begin, stop, url)


_NPM_ENTRY: Final = re.compile(
    rb'"(?:[^"\r\n]{0,400}node_modules/)?((?:@[\w.~-]{1,100}/)?[\w.~-]{1,150})":[ ]?'
    rb'\{\s{0,40}"version":[ ]?"([^"\r\n]{1,100})"'
)


def package_lock(source: SourceFile) -> Iterator[Package | Gap]:
    """package-lock.json and npm-shrinkwrap.json of every version, by one pass over the bytes."""
    data = read_whole(source)
    matches = list(_NPM_ENTRY.finditer(data))
    if not matches and b'"lockfileVersion"' not in data:
        raise SourceError("not a package-lock.json")
    seen: set[tuple[bytes, bytes]] = set()
    for number, match in enumerate(matches):
        key = (match[1], match[2])
        if key in seen:
            continue  # version 2 lists everything twice, and nested copies repeat
        seen.add(key)
        stop = matches[number + 1].start() if number + 1 < len(matches) else len(data)
        block = data[match.end() : min(stop, match.end() + 1500)]
        version = match[2].decode("utf-8", "replace")
        if not version[:1].isdigit():
            continue
        name = match[1].decode("utf-8", "replace")
        scope = "dev" if b'"dev": true' in block else "optional" if b'"optional": true' in block else "runtime"
        yield Package("npm", name, version, f"{name}@{version}", scope, match.start(1), match.end(1))


_PNPM: Final = re.compile(
    rb"(?m)^ {2}['\"]?/?((?:@[\w.~-]{1,100}/)?[\w.~-]{1,150})[@/](\d[\w.+-]{0,100})"
    rb"(?:[_(][^\r\n]{0,400})?['\"]?:[ \t]*(?:\{[^\r\n]*)?\r?$"
)


def pnpm_lock(source: SourceFile) -> Iterator[Package | Gap]:
    """pnpm-lock.yaml, versions 5 to 9: the keys of its `packages` section."""
    data = read_whole(source)
    begin = data.find(b"\npackages:")
    if begin < 0:
        return
    stop = data.find(b"\nsnapshots:", begin)
    seen: set[tuple[bytes, bytes]] = set()
    for match in _PNPM.finditer(data, begin, len(data) if stop < 0 else stop):
        if (match[1], match[2]) in seen:
            continue
        seen.add((match[1], match[2]))
        name, version = match[1].decode("utf-8", "replace"), match[2].decode("utf-8", "replace").partition("_")[0]
        yield Package("npm", name, version, f"{name}@{version}", "runtime", match.start(1), match.end(1))


_YARN: Final = re.compile(
    rb'(?m)^"?((?:@[\w.~-]{1,100}/)?[\w.~-]{1,150})@([^\r\n]{0,2000}):[ \t]*\r?\n {2}version:? "?([^"\s]{1,100})"?'
)


def yarn_lock(source: SourceFile) -> Iterator[Package | Gap]:
    """yarn.lock, classic and berry; workspaces are the project's own."""
    data = read_whole(source)
    for match in _YARN.finditer(data):
        if match[2].startswith((b"workspace:", b"link:", b"portal:")) or not match[3][:1].isdigit():
            continue
        name, version = match[1].decode("utf-8", "replace"), match[3].decode("utf-8", "replace")
        alias = re.match(rb"npm:((?:@[\w.~-]{1,100}/)?[\w.~-]{1,150})@", match[2])
        if alias is not None and alias[1] != match[1]:
            name = alias[1].decode("utf-8", "replace")
        yield Package("npm", name, version, f"{name}@{version}", "runtime", match.start(1), match.end(1))


_BUN: Final = re.compile(
    rb'(?m)^\s{1,40}"[^"\r\n]{1,300}":\s?\["((?:@[\w.~-]{1,100}/)?[\w.~-]{1,150})@(\d[^"\r\n]{0,100})"'
)


def bun_lock(source: SourceFile) -> Iterator[Package | Gap]:
    """bun.lock: JSON with trailing commas, so its entries are read by their shape."""
    data = read_whole(source)
    seen: set[tuple[bytes, bytes]] = set()
    for match in _BUN.finditer(data):
        if (match[1], match[2]) in seen:
            continue
        seen.add((match[1], match[2]))
        name, version = match[1].decode("utf-8", "replace"), match[2].decode("utf-8", "replace")
        yield Package("npm", name, version, f"{name}@{version}", "runtime", match.start(1), match.end(1))
