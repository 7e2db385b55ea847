"""tool-server-allowed: only tool servers (MCP) that are allowed are started or called, at fixed versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.target import Kind, ToolServer
from aicheck.evaluate.rule import Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN, GLOBS, glob_any

_VERSION = re.compile(r"@v?[0-9]+(\.[0-9A-Za-z+-]+)+$|@[0-9a-f]{40}$|@sha256:[0-9a-f]{64}$")
_LOCAL = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])([:/]|$)")


def _names(target: ToolServer) -> tuple[str, ...]:
    bare = re.sub(r"(?<=[^/])@[^/@]*$", "", target.location)
    plain = target.location.replace("%40", "@")
    return (target.name, str(target), target.location, bare, plain, bare.replace("%40", "@"))


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    target = component.target
    if not isinstance(target, ToolServer):
        return
    where = (("location", target.location),) if target.location else ()
    hit = glob_any(options.strings("deny"), _names(target))
    if hit:
        yield violation(f"refused by '{hit}'", "deny", where)
        return
    # A name is chosen by whoever writes the configuration; what is run is its location.
    allow = options.strings("allow")
    if allow and not target.location:
        yield unknown("what the tool server runs is not known", "allow")
        return
    if allow and not glob_any(allow, _names(target)[2:]):
        yield violation("not among the allowed tool servers", "allow", where)
        return
    remote = target.location.startswith(("http://", "https://", "ws://", "wss://"))
    if options.flag("deny_remote") and remote and not _LOCAL.match(target.location):
        yield violation("the tool server runs elsewhere", "deny_remote", where)
        return
    if not target.location:
        if options.strings("deny") or options.flag("deny_remote") or options.flag("require_pinned"):
            yield unknown("what the tool server runs is not known", "require_pinned")
        return
    if options.flag("require_pinned") and not remote and not _VERSION.search(target.location):
        yield violation(
            "the tool server is not pinned to a version", "require_pinned", where, help="name an exact version"
        )


RULE: Final = Rule(
    "tool-server-allowed",
    "Only allowed tool servers (MCP) are used, at fixed versions.",
    (
        Option("allow", GLOBS, "Locations that are allowed: packages, URLs or commands; all others are refused."),
        Option("deny", GLOBS, "Names or locations that are refused."),
        Option("require_pinned", BOOLEAN, "Packages must name an exact version."),
        Option("deny_remote", BOOLEAN, "Servers that are called over the network are refused."),
    ),
    _check,
    frozenset({Kind.TOOL_SERVER}),
    needs=(("allow", "deny", "require_pinned", "deny_remote"),),
)
