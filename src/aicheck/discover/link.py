"""Names followed across the files of a project: `from settings import MODEL`, then `load(MODEL)`.

Detectors leave a `Link` of kind `use` where a name that another module defines is handed to a call that takes a
model, and of kind `bind` where a known model is called with a client, or at an address, that another module
makes. Here the module is found among the listed files, read, and asked for the value; what stays open becomes a
gap with its expression and place. Only files that a link points to are read again.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference
from aicheck.core.target import HostedModel, HubDataset, HubModel
from aicheck.discover.detector import Link
from aicheck.discover.helmlink import HelmLinker
from aicheck.discover.jslink import BIND, USE, JsLinker
from aicheck.discover.judge import Context, judge
from aicheck.discover.pysyntax.clients import ADDRESS_FROM, CLIENT_FROM, Binder, Client, client_at
from aicheck.discover.pysyntax.module import Module, Statement, module_of
from aicheck.discover.pysyntax.values import evaluate
from aicheck.discover.source import SourceFile
from aicheck.discover.structure.helm import KIND

__all__ = ["Reader", "resolve_links"]

Reader = Callable[[str], bytes | None]
"""`read(path)`: the bytes of a file of the tree, or None where there is no such file."""

_MAX_HOPS: Final = 4
_INTERNAL: Final = (ADDRESS_FROM, CLIENT_FROM)


def resolve_links(links: Iterable[Link], read: Reader) -> Iterator[Reference | Gap]:
    """Yield what the links lead to, in their order."""
    linker = _Linker(read)
    scripts = JsLinker(read)
    charts = HelmLinker(read)
    for link in links:
        if link.kind == "use" and link.reference is not None:
            yield from linker.follow(link, link.reference)
        elif link.kind == "bind" and link.reference is not None:
            yield from linker.bind(link.reference)
        elif link.kind == USE and link.reference is not None:
            yield from scripts.follow(link, link.reference)
        elif link.kind == BIND and link.reference is not None:
            yield from scripts.bind(link, link.reference)
        elif link.kind == KIND and link.reference is not None:
            yield from charts.follow(link, link.reference)


class _Linker:
    def __init__(self, read: Reader) -> None:
        self._read = read
        self._modules: dict[str, Module | None] = {}

    def follow(self, link: Link, waiting: Reference) -> Iterator[Reference | Gap]:
        kind, provider, host = [*link.value.split("|"), "", ""][:3]
        place = waiting.occurrence
        given = dict(waiting.attributes)
        client = self._client(given, place.path)
        if client is not None:
            given |= dict(client.attributes)
            provider, host = client.provider or provider, client.host or host
        for name in _INTERNAL:
            given.pop(name, None)
        context = Context(kind, sure=True, provider=provider or None, host=host or None)
        found = False
        for text, path, line in self._values(link.scope, link.name, place.path, 0):
            judged = judge(text, context)
            if judged is None:
                continue
            found = True
            target = judged.target
            attributes = dict(judged.attributes) | given | {"via": f"{path}:{line}"}
            if isinstance(target, HubModel | HubDataset) and "revision" in attributes:
                target = replace(target, revision=attributes["revision"])
            if not isinstance(target, HostedModel):
                for key in ("base_url", "base_url_env", "api_key_env"):
                    attributes.pop(key, None)
            yield Reference(target, place, min(judged.confidence, 0.95), tuple(sorted(attributes.items())))
        if not found:
            detail = (
                f"{place.symbol} takes {place.raw!r} from {link.scope or 'another module'}; its value is not known"
            )
            subject = f"dynamic:{place.raw}"
            yield Gap(subject, GapReason.DYNAMIC, detail, place.path, place.line, place.column)

    def bind(self, waiting: Reference) -> Iterator[Reference]:
        """Bind a model to the client or the address that another module gives; nothing where it gives none."""
        target = waiting.target
        given = dict(waiting.attributes)
        client = self._client(given, waiting.occurrence.path)
        if client is None or client.provider is None or not isinstance(target, HostedModel):
            return
        for name in _INTERNAL:
            given.pop(name, None)
        given |= {key: value for key, value in client.attributes if key not in _INTERNAL}
        bound = replace(target, provider=client.provider, host=client.host)
        yield Reference(bound, waiting.occurrence, waiting.confidence, tuple(sorted(given.items())))

    def _client(self, attributes: Mapping[str, str], path: str, hops: int = 0) -> Client | None:
        """The client that the attributes of a waiting reference speak of, as far as the tree tells."""
        scope, _, name = attributes.get(ADDRESS_FROM, "").partition(":")
        if name:
            for text, where, line in self._values(scope, name, path, hops):
                found = client_at(text, Client(None))
                if found is not None:
                    return replace(found, attributes=(("base_url", text), ("client_via", f"{where}:{line}")))
            return None
        scope, _, chain = attributes.get(CLIENT_FROM, "").partition(":")
        if not chain or hops > _MAX_HOPS:
            return None
        first, _, rest = chain.partition(".")
        # `from app import clients` names a module, `from app.clients import router` what stands in one.
        for module_name, wanted in ((scope, first), (f"{scope.rstrip('.')}.{first}", rest.partition(".")[0])):
            for candidate in _paths(module_name, path) if wanted else ():
                module = self._module(candidate)
                if module is None:
                    continue
                end = Statement(len(module.data), 0, ())
                found = Binder(module).client_of(ast.Name(wanted), end)
                if found is None:
                    break
                inner = dict(found.attributes)
                if ADDRESS_FROM in inner or CLIENT_FROM in inner:
                    onward = self._client(inner, candidate, hops + 1)
                    if onward is not None:
                        kept = {**inner, **dict(onward.attributes)}
                        return replace(onward, attributes=tuple(sorted(kept.items())))
                return found
        return None

    def _values(self, scope: str, name: str, path: str, hops: int) -> Iterator[tuple[str, str, int]]:
        if hops > _MAX_HOPS:
            return
        for candidate in _paths(scope, path):
            module = self._module(candidate)
            if module is None:
                continue
            found = False
            for node, statement in module.located_bindings(name, len(module.data)):
                if node is None:
                    continue
                for value in evaluate(module, node, statement):
                    found = True
                    yield value.text, candidate, module.line(value.statement, value.node.lineno)
            if not found and name in module.imports:
                onward, _, original = module.imports[name].rpartition(".")
                yield from self._values(onward or ".", original, candidate, hops + 1)
            return
        owner, _, member = scope.rpartition(".")
        if owner:
            # `from settings import settings` and then `settings.model`: a member of a class or of an object.
            for candidate in _paths(owner, path):
                module = self._module(candidate)
                if module is not None:
                    yield from _members(module, member, name, candidate)
                    return

    def _module(self, path: str) -> Module | None:
        if path not in self._modules:
            data = self._read(path)
            self._modules[path] = None if data is None else module_of(SourceFile(path, data))
        return self._modules[path]


def _members(module: Module, owner: str, name: str, path: str) -> Iterator[tuple[str, str, int]]:
    classes = [owner]
    for node, _ in module.located_bindings(owner, len(module.data)):
        made = getattr(getattr(node, "func", None), "id", None)  # `settings = Settings()`
        if isinstance(made, str):
            classes.append(made)
    for known in classes:
        for node, statement in module.class_member(known, name):
            if node is not None:
                for value in evaluate(module, node, statement):
                    yield value.text, path, module.line(value.statement, value.node.lineno)


def _paths(scope: str, path: str) -> Iterator[str]:
    """Where a module may lie, seen from the file that imports it: beside it, above it, or from a root."""
    folder = path.rpartition("/")[0]
    level = len(scope) - len(scope.lstrip("."))
    parts = [part for part in scope.lstrip(".").split(".") if part]
    if level:
        base = folder.split("/") if folder else []
        base = base[: len(base) - (level - 1)] if level > 1 else base
        yield from _module_files("/".join([*base, *parts]))
        return
    tail = "/".join(parts)
    current = folder
    while True:
        yield from _module_files(f"{current}/{tail}" if current else tail)
        if not current:
            break
        current = current.rpartition("/")[0]
    yield from _module_files(f"src/{tail}")


def _module_files(base: str) -> tuple[str, str]:
    return f"{base}.py", f"{base}/__init__.py"
