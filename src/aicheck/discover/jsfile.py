"""What one file of JavaScript or TypeScript says about names: imports, constants, clients with their base URLs.

A client whose base URL comes from a variable of the environment, or from anywhere else that the file does not
show, is nobody's in particular: its models stay unbound, or wait for the file that defines the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from aicheck.discover.lexing import Lexed, Span
from aicheck.discover.providers import provider_of_host
from aicheck.discover.surroundings import Place, Surroundings
from aicheck.knowledge import hosts
from aicheck.knowledge.javascript import javascript_table
from aicheck.knowledge.keys import provider_of

__all__ = ["Client", "JsFile", "constant_span", "imported_names"]

# Token by token, and so many of them: a run of blanks or of names is gone over once.
_IMPORT: Final = re.compile(
    rb"\bimport\s++(?:type\s++)?((?:[\w$*{},]++\s++){1,400}?)from\s*+[\"'`]"
    rb"|\b(?:const|let|var)\s++((?:[\w${},:]++\s*+){1,400}?)=\s*+(?:await\s++)?(?:require|import)\s*+\(\s*+[\"'`]"
)
_CLIENT: Final = re.compile(
    rb"(?:\b(?:const|let|var)\s++|\bthis\.|\b)([\w$]++)\s*+(?::\s*+[\w$.<>| ]++)?=\s*+(?:await\s++)?"
    rb"(?:new\s+)?([\w$]+)\s*\("
)
_BASE: Final = re.compile(
    rb"\b(?:baseURL|baseUrl|base_url|apiBase|basePath|endpoint|openAIApiBase|host)\s*(:\s*|(?=[,}\n]))"
)
_BINDING: Final = re.compile(rb"([\w$]+)(?:\s*(?:\bas\b|:)\s*([\w$]+))?")
_ENV: Final = re.compile(rb"(?:process\.env|import\.meta\.env|Bun\.env|\benv)\.?\[?[\"']?([A-Z][A-Z0-9_]+)")
_NAME: Final = re.compile(rb"([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)?)\s*[,}\n]")
_HTTP: Final = re.compile(r"(?:https?|wss?)://([^/\s]+)")
_FALLBACK: Final = re.compile(rb"\s*(?:as\s+const|[,;}\n])|[^;,}\n]{0,120}?(?:\?\?|\|\|)\s*")
_WRAPPERS: Final = frozenset({"customProvider", "wrapLanguageModel", "createProviderRegistry"})
"""Functions that give models names of the project's own, or pass them on."""
_REACH: Final = 160
_DEFINITION: Final = re.compile(
    rb"\b(?:(?:const|let|var)\s++([\w$]++)(?:\s*+:[^=;\n]*+)?\s*+=\s*+|enum\s++([\w$]++)\s*+)"
)


class Client(NamedTuple):
    """Whose API a variable calls."""

    provider: str | None
    """As in `knowledge.javascript`; None where the base URL decides and is not known here."""
    host: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    """`base_url` or `base_url_env`."""
    waits_for: tuple[str, str] | None = None
    """(name, module) of the constant in another file that is the base URL."""


def imported_names(data: bytes, lexed: Lexed) -> Iterator[tuple[str, str, str]]:
    """Yield (local name, name in the module, module) of each import; `*` and `default` as they are."""
    for match in _IMPORT.finditer(lexed.code):
        span = lexed.at(match.end() - 1)
        if span is None:
            continue
        module = data[span.start : span.end].decode("latin-1")
        clause = match.group(1) or match.group(2)
        inside = re.search(rb"\{([^}]*)\}", clause)
        outside = clause[: inside.start()] + clause[inside.end() :] if inside else clause
        for found in _BINDING.finditer(inside.group(1) if inside else b""):
            original = found.group(1).decode("latin-1")
            if original != "type":
                yield (found.group(2) or found.group(1)).decode("latin-1"), original, module
        for found in re.finditer(rb"(\*\s+as\s+)?([\w$]+)", outside):
            yield found.group(2).decode("latin-1"), "*" if found.group(1) else "default", module


@lru_cache(maxsize=4)
def _definitions(code: bytes) -> dict[bytes, int]:
    """Where the value of each constant and enumeration of a file begins; the first one of a name."""
    found: dict[bytes, int] = {}
    for match in _DEFINITION.finditer(code):
        found.setdefault(match.group(1) or match.group(2), match.end())
    return found


def constant_span(code: bytes, lexed: Lexed, name: str) -> Span | None:
    """Return the literal that a file gives a constant (`MODEL`, `MODELS.chat`), its default included, or None."""
    owner, _, member = name.partition(".")
    position = _definitions(code).get(owner.encode(), -1)
    if position < 0:
        return None
    if member:
        if code[position : position + 14] == b"Object.freeze(":
            position += 14
        if code[position : position + 1] != b"{":
            return None
        inner = re.compile(rb"[{,\s]" + re.escape(member.encode()) + rb"\s*[:=]\s*").search(
            code, position, position + 4000
        )
        if inner is None:
            return None
        position = inner.end()
    index = lexed.index_after(position)
    if index >= len(lexed.spans):
        return None
    span = lexed.spans[index]
    if span.kind != "string":
        return None
    if span.outer == position:
        return span
    between = code[position : span.outer]
    if len(between) < _REACH and re.fullmatch(rb"[^;{}()\n]*(?:\?\?|\|\|)\s*", between):
        return span
    # `process.env["X"] ?? "…"`: the literal after the operator.
    env = re.match(rb"[\w.]+\[\s*", between)
    if env and index + 1 < len(lexed.spans):
        following = lexed.spans[index + 1]
        if re.fullmatch(rb"\]\s*(?:\?\?|\|\|)\s*", code[span.close : following.outer]):
            return following
    return None


class JsFile:
    """Names of one file."""

    def __init__(self, data: bytes, around: Surroundings) -> None:
        self.around = around
        self.data = data
        self.table = javascript_table()
        self.locals: dict[str, str] = {}
        """Provider by imported name; '' = of an SDK of many providers."""
        self.imports: dict[str, tuple[str, str]] = {}
        """(name in the module, module) by local name, for modules of the project."""
        self.clients: dict[str, Client] = {}
        providers: set[str] = set()
        for local, original, module in imported_names(data, around.lexed):
            provider = self.table.provider(module)
            if provider is None:
                if module[:1] in ".@~#/" or module.startswith("src/"):
                    self.imports[local] = (original, module)
                continue
            self.locals[local] = provider
            if original not in {"*", "default"}:
                self.locals.setdefault(original, provider)
            if provider not in {"", "vercel", "local"}:
                providers.add(provider)
        self.default = next(iter(providers)) if len(providers) == 1 else None
        for match in _CLIENT.finditer(around.lexed.code):
            name, made_by = match.group(1).decode("latin-1"), match.group(2).decode("latin-1")
            provider = self.locals.get(made_by, self.table.classes.get(made_by))
            if provider is not None or (made_by.startswith("create") and made_by[6:7].isupper()):
                self.clients[name] = self.made(provider, match.end() - 1)

    def made(self, provider: str | None, opener: int) -> Client:
        """Return the client that a constructor call makes; `opener` is the offset of its bracket."""
        lexed = self.around.lexed
        close = self.around.brackets.close_of(opener, 4000)
        found = _BASE.search(lexed.code, opener, close)
        if found is None:
            return Client(provider)
        at = found.end()
        index = lexed.index_after(at)
        span = lexed.spans[index] if index < len(lexed.spans) and lexed.spans[index].outer < close else None
        stop = re.compile(rb"[,}\n]").search(lexed.code, at, close)
        end = stop.start() if stop else close
        env = _ENV.search(self.data, at, end)
        if env and span is not None and span.outer <= env.start(1) <= span.close:
            span = lexed.spans[index + 1] if index + 1 < len(lexed.spans) else None  # `process.env["X"] ?? "…"`
        if span is None or span.outer > end:
            if env:
                named = self._of_variable(env.group(1).decode("latin-1"), provider)
                return Client(named, None, (("base_url_env", env.group(1).decode("latin-1")),))
            name = (
                _NAME.match(lexed.code, at)
                if found.group(1)
                else re.compile(rb"[\w$]+").match(lexed.code, found.start())
            )
            text = name.group(1 if found.group(1) else 0).decode("latin-1") if name else ""
            span = constant_span(lexed.code, lexed, text) if text else None
            if span is None:
                owner, _, member = text.partition(".")
                original, module = self.imports.get(owner, ("", ""))
                wanted = f"{original}.{member}" if member else original
                return Client(None, None, (), (wanted, module) if module else None)
        text = self.data[span.start : span.end].decode("latin-1")
        address = _HTTP.match(text)
        if address is None:
            return Client(provider if not text.startswith("$") and "/" not in text else None)
        return self.at(address.group(1).lower(), text, provider)

    @staticmethod
    def at(host: str, base: str, provider: str | None) -> Client:
        """Return the client of a base URL."""
        if provider == "ollama" or provider_of_host(host) == "ollama":
            return Client("ollama", host, (("base_url", base),))
        if hosts.is_local(host.partition(":")[0]):
            return Client(None, host, (("base_url", base),))
        return Client(provider, host, (("base_url", base),))

    @staticmethod
    def _of_variable(variable: str, provider: str | None) -> str | None:
        """`OPENAI_BASE_URL` may point anywhere; `DEEPSEEK_BASE_URL` and the own one of an SDK do not."""
        named = provider_of(variable)
        if provider not in {None, "", "openai", "azure"}:
            return provider
        return (
            "azure"
            if provider == "azure"
            else None
            if named in {None, "openai", "litellm", "huggingface"}
            else named
        )

    def binding(self, place: Place, offset: int) -> tuple[Client, bool]:
        """Return the client of the call around a literal at `offset`, and whether a call was recognised."""
        for callee in (place.callee, *reversed(place.parents)):
            if not callee:
                continue
            root = callee.split(".")[0]
            if root in _WRAPPERS:
                continue
            if root == "this" and "." in callee:
                root = callee.split(".")[1]
            if root in self.clients:
                return self.clients[root], True
            last = callee.rpartition(".")[2]
            if last in self.table.classes:
                # A class that is given model and base URL at once.
                provider = self.locals.get(last) or self.table.classes[last]
                opener = self.around.opener_of(callee, offset)
                return (self.made(provider, opener) if opener >= 0 else Client(provider)), True
            if self.locals.get(root):
                return Client(self.locals[root]), True
        return Client(None), False
