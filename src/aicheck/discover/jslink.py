"""Constants of JavaScript and TypeScript followed across files: `import { MODEL } from "@/lib/config"`.

Modules are looked for where bundlers look: beside the importing file, and for `@/`, `~/` and bare project paths
in each folder above it and their `src` and `app`. Exports that are passed on (`export { A } from "./a"`) are
followed a few hops. Package names of npm are never looked up.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from aicheck.core.reference import Reference
from aicheck.core.target import HostedModel, HubDataset, HubModel
from aicheck.discover.detector import Link
from aicheck.discover.emit import bind
from aicheck.discover.jsfile import JsFile, constant_span, imported_names
from aicheck.discover.judge import Context, judge
from aicheck.discover.lexing import Lexed, lex_javascript
from aicheck.discover.source import SourceFile

__all__ = ["BIND", "USE", "JsLinker"]

USE: Final = "js-use"
"""Kind of a link whose reference waits for the value of a constant; its value is `kind|provider|host`."""
BIND: Final = "js-bind"
"""Kind of a link whose reference waits for the base URL that a constant holds; its value is the SDK's provider."""
_MAX_HOPS: Final = 4
_MAX_SIZE: Final = 1 << 20
_ENDINGS: Final = (
    "", ".ts", ".tsx", ".js", ".mjs", ".jsx", ".mts", ".cjs", "/index.ts", "/index.tsx", "/index.js", "/index.mjs",
)  # fmt: skip
_PASSED_ON: Final = re.compile(rb"\bexport\s*(?:\{([^}]*)\}|\*)\s*from\s*[\"'`]")


class _Module(NamedTuple):
    path: str
    source: SourceFile
    lexed: Lexed


class JsLinker:
    """Follows names through the modules of one tree."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self._modules: dict[str, _Module | None] = {}

    def follow(self, link: Link, waiting: Reference) -> Iterator[Reference]:
        """Yield what a constant of another module names where it is used; nothing where it is no literal."""
        found = self.value(link.name, link.scope, waiting.occurrence.path)
        if found is None:
            return
        text, path, line = found
        kind, provider, host = [*link.value.split("|"), "", ""][:3]
        judged = judge(text, Context(kind, sure=True, provider=provider or None, host=host or None))
        if judged is None:
            return
        attributes = dict(waiting.attributes) | dict(judged.attributes) | {"via": f"{path}:{line}"}
        target = judged.target
        if isinstance(target, HubModel | HubDataset) and "revision" in attributes:
            target = replace(target, revision=attributes["revision"])
        if not isinstance(target, HostedModel):
            for name in ("base_url", "base_url_env"):
                attributes.pop(name, None)
        confidence = min(judged.confidence, 0.9)
        yield Reference(bind(target), waiting.occurrence, confidence, tuple(sorted(attributes.items())))

    def bind(self, link: Link, waiting: Reference) -> Iterator[Reference]:
        """Yield a model bound to the base URL that another module holds."""
        found = self.value(link.name, link.scope, waiting.occurrence.path)
        target = waiting.target
        address = re.match(r"(?:https?|wss?)://([^/\s]+)", found[0]) if found else None
        if found is None or address is None or not isinstance(target, HostedModel):
            return
        client = JsFile.at(address.group(1).lower(), found[0], link.value or None)
        bound = bind(replace(target, provider=client.provider, host=client.host))
        given = dict(waiting.attributes) | {"base_url": found[0], "client_via": f"{found[1]}:{found[2]}"}
        yield Reference(bound, waiting.occurrence, waiting.confidence, tuple(sorted(given.items())))

    def value(self, name: str, scope: str, path: str, hops: int = 0) -> tuple[str, str, int] | None:
        """Return (text, path, line) of the literal that a name of a module has, or None."""
        if hops > _MAX_HOPS:
            return None
        module = self._find(scope, path)
        if module is None:
            return None
        wanted = name.partition(".")[2] if name.startswith(("*.", "default.")) else name
        span = constant_span(module.lexed.code, module.lexed, wanted)
        if span is not None:
            text = module.source.data[span.start : span.end].decode("utf-8", "replace")
            return text, module.path, module.source.line_of(span.start)
        return self._onward(wanted, module, hops)

    def _onward(self, name: str, module: _Module, hops: int) -> tuple[str, str, int] | None:
        owner, _, member = name.partition(".")
        for local, original, scope in imported_names(module.source.data, module.lexed):
            if local == owner and scope[:1] in ".@~#/":
                return self.value(f"{original}.{member}" if member else original, scope, module.path, hops + 1)
        for match in _PASSED_ON.finditer(module.lexed.code):
            span = module.lexed.at(match.end() - 1)
            if span is None:
                continue
            scope = module.source.data[span.start : span.end].decode("latin-1")
            passed = {
                (found.group(2) or found.group(1)).decode(): found.group(1).decode()
                for found in re.finditer(rb"([\w$]+)(?:\s+as\s+([\w$]+))?", match.group(1) or b"")
            }
            if match.group(1) is None or owner in passed:
                original = passed.get(owner, owner)
                wanted = f"{original}.{member}" if member else original
                found = self.value(wanted, scope, module.path, hops + 1)
                if found is not None:
                    return found
        return None

    def _find(self, scope: str, path: str) -> _Module | None:
        for base in _bases(scope, path):
            stem = re.sub(r"\.(?:m|c)?js\Z", "", base)
            for ending in _ENDINGS if stem == base else ("", *_ENDINGS):
                candidate = (base if ending == "" else stem) + ending
                if candidate not in self._modules:
                    data = self._read(candidate) if "." in posixpath.basename(candidate) else None
                    self._modules[candidate] = (
                        None
                        if data is None or len(data) > _MAX_SIZE
                        else _Module(candidate, SourceFile(candidate, data), lex_javascript(data))
                    )
                module = self._modules[candidate]
                if module is not None:
                    return module
        return None


def _bases(scope: str, path: str) -> Iterator[str]:
    folder = posixpath.dirname(path)
    if scope.startswith("."):
        base = posixpath.normpath(posixpath.join(folder, scope))
        if not base.startswith(".."):
            yield base
        return
    found = re.match(r"(?:[@~#]/|/|(?=src/)|[@#][\w-]*/)", scope)
    tail = scope[found.end() :] if found else scope
    current = folder
    while True:
        for middle in ("", "src", "app"):
            yield "/".join(part for part in (current, middle, tail) if part)
        if not current:
            return
        current = posixpath.dirname(current)
