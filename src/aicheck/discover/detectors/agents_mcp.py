"""Model Context Protocol: servers that the configuration starts or calls, and servers that the code defines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import yaml

from aicheck import toml
from aicheck.core.reference import Use
from aicheck.core.target import ToolServer
from aicheck.discover import jsonc
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.formats.base import clean
from aicheck.discover.manifests.base import purl
from aicheck.discover.sighting import make
from aicheck.discover.source import SourceFile
from aicheck.discover.structure.nesting import load_yaml
from aicheck.errors import SourceError

__all__ = ["DETECTORS", "Location", "locate"]

_ID: Final = "agents-mcp"
_MAX_SERVERS: Final = 5_000
_SECTIONS: Final = ("mcpServers", "mcp_servers", "servers", "context_servers", "mcp.servers", "mcp", "mcpservers")
_NPX: Final = frozenset({"npx", "bunx", "pnpx", "npx.cmd"})
_UVX: Final = frozenset({"uvx", "pipx", "uvx.exe"})
_SHELLS: Final = frozenset({"cmd", "cmd.exe", "sh", "bash", "zsh", "env", "/bin/sh", "/bin/bash"})
_NPM_SPEC: Final = re.compile(r"((?:@[\w.~-]{1,100}/)?[a-zA-Z][\w.~-]{0,150})(?:@([\w.^~*+-]{1,100}))?\Z")
_PYPI_SPEC: Final = re.compile(r"([A-Za-z0-9][\w.-]{0,120}?)(?:\[[\w,-]{0,100}\])?(?:(?:==|@)([\w.+!-]{1,80}))?\Z")
_IMAGE: Final = re.compile(
    r"[a-z0-9][\w.-]{0,100}(?::\d{1,5})?(?:/[\w.-]{1,150}){0,5}(?::[\w.-]{1,128})?(?:@sha256:[0-9a-f]{64})?\Z"
)
_EXACT: Final = re.compile(r"v?\d+\.\d+(?:\.\d+)?[\w.+-]{0,60}\Z")
_DOCKER_VALUED: Final = frozenset({
    "-e", "--env", "-v", "--volume", "--mount", "-p", "--publish", "--name", "--network", "--net", "-w",
    "--workdir", "-u", "--user", "--env-file", "--entrypoint", "--platform", "--add-host", "--label", "-l",
    "-m", "--memory", "--cpus", "--gpus", "--pull", "-h", "--hostname", "--security-opt", "--cap-drop",
    "--cap-add",
})  # fmt: skip


class Location(NamedTuple):
    """Where a server comes from."""

    text: str
    """purl, URL without secrets, or command."""
    kind: str
    """`npm`, `pypi`, `docker`, `remote`, `command`."""
    version: str
    pinned: bool | None
    """Whether the same code is started next time; None where that is not the question (remote, local file)."""


def _safe_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return clean(url.partition("?")[0], 200)
    return clean(f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}", 300)


def locate(command: str, arguments: Sequence[str]) -> Location:
    """Tell what a command line starts."""
    words = [word for word in (*command.split(), *arguments) if isinstance(word, str)][:200]
    while words and (
        words[0].rpartition("/")[2] in _SHELLS or words[0] in {"/c", "-c", "-lc", "/C"} or "=" in words[0]
    ):
        words = words[1:]
        if len(words) == 1 and " " in words[0]:
            words = words[0].split()
    if not words:
        return Location(clean(command, 200), "command", "", None)
    program, rest = words[0].replace("\\", "/").rpartition("/")[2].lower(), words[1:]
    if program in {"npm", "pnpm", "yarn", "bun"} and rest[:1] and rest[0] in {"exec", "dlx", "x"}:
        program, rest = "npx", rest[1:]
    if program in {"uv", "hatch"} and rest[:2] == ["tool", "run"]:
        program, rest = "uvx", rest[2:]
    if program == "pipx" and rest[:1] == ["run"]:
        rest = rest[1:]
    found = None
    if program in _NPX:
        found = _npm(rest)
    elif program in _UVX:
        found = _pypi(rest)
    elif program in {"docker", "podman", "nerdctl"} and "run" in rest:
        found = _docker(rest[rest.index("run") + 1 :])
    elif program == "deno":
        spec = next((word for word in rest if word.startswith(("npm:", "jsr:"))), None)
        found = _npm([spec.removeprefix("npm:")]) if spec and spec.startswith("npm:") else None
    if found is not None:
        return found
    return Location(
        clean(" ".join([program, *(word for word in rest[:3] if "=" not in word)]), 200), "command", "", None
    )


def _npm(words: Sequence[str]) -> Location | None:
    package = ""
    skip = False
    for word in words:
        if skip:
            package, skip = word, False
            break
        if word in {"-p", "--package"}:
            skip = True
        elif word.startswith("--package="):
            package = word.partition("=")[2]
            break
        elif not word.startswith("-"):
            package = word
            break
    if package.startswith(("github:", "git+", "https://")):
        return Location(_safe_url(package) if "://" in package else clean(package, 200), "npm", "", "#" in package)
    match = _NPM_SPEC.match(package)
    if match is None:
        return None
    remote = next((word for word in words if word.startswith(("https://", "http://"))), None)
    if match[1] in {"mcp-remote", "supergateway"} and remote:
        return Location(_safe_url(remote), "remote", match[2] or "", None)
    exact = match[2] if match[2] and _EXACT.match(match[2]) else None
    text = purl("npm", match[1], exact)
    return Location(text or package, "npm", match[2] or "", exact is not None) if text else None


def _pypi(words: Sequence[str]) -> Location | None:
    package = ""
    index = 0
    while index < len(words):
        word = words[index]
        if word in {"--from", "--spec"} and index + 1 < len(words):
            package = words[index + 1]
            break
        if word.startswith(("--from=", "--spec=")):
            package = word.partition("=")[2]
            break
        if word in {"--with", "--python", "-p", "--index-url", "--index", "--refresh-package"}:
            index += 2
            continue
        if not word.startswith("-"):
            package = word
            break
        index += 1
    if package.startswith("git+"):
        return Location(clean(package, 300), "pypi", "", re.search(r"@[0-9a-f]{40}\b", package) is not None)
    match = _PYPI_SPEC.match(package)
    if match is None:
        return None
    exact = match[2] if match[2] and _EXACT.match(match[2]) else None
    text = purl("pypi", match[1], exact)
    return Location(text, "pypi", match[2] or "", exact is not None) if text else None


def _docker(words: Sequence[str]) -> Location | None:
    index = 0
    while index < len(words):
        word = words[index]
        if word in _DOCKER_VALUED:
            index += 2
        elif word.startswith("-"):
            index += 1
        else:
            break
    image = words[index] if index < len(words) else ""
    if not _IMAGE.match(image):
        return None
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return Location(f"docker:{image}", "docker", digest or tag, bool(digest))


def _servers(document: object, source: SourceFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name, entry) of every server in the sections that the clients use, wherever they are nested."""
    stack: list[tuple[object, int]] = [(document, 0)]
    seen = 0
    while stack:
        value, depth = stack.pop()
        if not isinstance(value, Mapping) or depth > 4:
            continue
        for key, inner in value.items():
            if key in _SECTIONS and isinstance(inner, Mapping):
                for name, entry in inner.items():
                    if _is_server(entry):
                        seen += 1
                        if seen <= _MAX_SERVERS:
                            yield str(name), entry
            elif key in {"mcpServers", "servers"} and isinstance(inner, list):
                for entry in inner:
                    if _is_server(entry) and isinstance(entry.get("name"), str):
                        seen += 1
                        if seen <= _MAX_SERVERS:
                            yield entry["name"], entry
            if isinstance(inner, Mapping):
                stack.append((inner, depth + 1))
    if seen > _MAX_SERVERS:
        source.leave(f"{seen - _MAX_SERVERS} servers beyond the first {_MAX_SERVERS} were not looked at")


def _is_server(entry: object) -> bool:
    return isinstance(entry, Mapping) and any(
        isinstance(entry.get(key), str | list | Mapping) and entry[key]
        for key in ("command", "url", "serverUrl", "httpUrl", "uri", "cmd")
    )


def _entry(source: SourceFile, name: str, entry: Mapping[str, Any], position: int) -> Detection:
    command = entry.get("command") or entry.get("cmd") or ""
    arguments = entry.get("args") or []
    if isinstance(command, Mapping):  # Zed: {"path": …, "args": […]}
        arguments, command = command.get("args") or [], command.get("path") or ""
    if isinstance(command, list):
        command, arguments = (command[0] if command else ""), command[1:]
    url = next(
        (entry[key] for key in ("url", "serverUrl", "httpUrl", "uri") if isinstance(entry.get(key), str)), ""
    )
    if url:
        where = Location(_safe_url(url), "remote", "", None)
    else:
        listed = [item for item in arguments if isinstance(item, str)] if isinstance(arguments, list) else []
        where = locate(str(command), listed)
    environment = entry.get("env") or entry.get("environment")
    names = sorted(map(str, environment)) if isinstance(environment, Mapping) else []
    encoded = name.encode("utf-8", "replace")
    at = source.data.find(encoded, position)
    return make(
        source,
        ToolServer(clean(name, 200), where.text),
        (at, at + len(encoded)) if at >= 0 else None,
        detector=_ID,
        use=Use.CONFIG,
        confidence=0.97,
        symbol="mcpServers",
        raw=name,
        attributes={
            "location": where.text,
            "source": where.kind,
            "version": where.version,
            "pinned": None if where.pinned is None else str(where.pinned).lower(),
            "remote": "true" if where.kind == "remote" else "false",
            "transport": clean(entry.get("type") or entry.get("transport") or ("http" if url else "stdio"), 40),
            "api_key_env": clean(",".join(names), 300),
            "disabled": "true" if entry.get("disabled") is True or entry.get("enabled") is False else None,
        },
    )


def _document(source: SourceFile) -> object:
    name = source.name.lower()
    if name.endswith(".toml"):
        try:
            return toml.loads(source.data.decode("utf-8"))
        except ValueError as error:
            raise SourceError(f"not TOML: {clean(error, 120)}") from None
    if name.endswith((".yaml", ".yml")):
        if len(source.data) > 1 << 20 or re.search(rb"(?m)(?:^|[\s\[{,:-])[&*][A-Za-z0-9_]", source.data):
            return None  # anchors can multiply; such files are read by their lines elsewhere
        try:
            return load_yaml(source.data.decode("utf-8", "replace"), _Loader)
        except (yaml.YAMLError, RecursionError, ValueError):
            return None
    return jsonc.loads(source.data)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C loader has no stub
    """The safe loader in C where it is built."""


def _detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    if not hits:  # nothing here is ours, and whether the rest is well-formed is not ours to say
        return
    position = hits[0].start
    for name, entry in _servers(_document(source), source):
        yield _entry(source, name, entry, position)


_SDK: Final = re.compile(
    r"""(?P<call>\bFastMCP|\bnew\s{1,4}McpServer|\bNewMCPServer|\bnew\s{1,4}FastMCP)\s{0,10}\(\s{0,40}(?:\{\s{0,40})?"""
    r"""(?:name\s{0,4}[=:]\s{0,4})?["'`](?P<name>[^"'`\r\n]{1,120})["'`]"""
)
_COMMENTED: Final = re.compile(r"\s*(?:#|//|\*|/\*)")


def _sdk(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    """Servers that the code itself defines with an SDK, read at the hit."""
    text = source.data
    for hit in hits:
        begin = max(0, hit.start - 8)
        window = text[begin : hit.end + 400].decode("utf-8", "replace")
        match = _SDK.search(window)
        if match is None:
            continue
        line, _ = source.position(hit.start)
        start = begin + len(window[: match.start("name")].encode("utf-8", "replace"))
        yield make(
            source,
            ToolServer(clean(match["name"], 120), f"source:{source.path}"),
            (start, start + len(match["name"].encode("utf-8", "replace"))),
            detector=_ID + "-sdk",
            use=Use.COMMENT if _COMMENTED.match(source.line_text(line)) else Use.CONFIG,
            confidence=0.9,
            symbol=re.sub(r"\s+", " ", match["call"]),
            attributes={"role": "server", "location": f"source:{source.path}", "remote": "false"},
        )


DETECTORS: Final = (
    Detector(
        id=_ID,
        globs=("*.json", "*.jsonc", "*.json5", "*.code-workspace"),
        needles=(b'"mcpservers"', b'"context_servers"'),
        detect=_detect,
    ),
    Detector(
        id=_ID + "-client",
        globs=(
            "mcp.json", ".mcp.json", ".vscode/settings.json", "opencode.json", "opencode.jsonc",
            ".codex/config.toml",
            ".continue/mcpservers/*.yaml", ".continue/mcpservers/*.yml", "librechat.yaml", "librechat.yml",
            "fastagent.config.yaml", "mcp_agent.config.yaml",
        ),
        needles=(b"servers", b'"mcp"'),
        detect=_detect,
    ),
    Detector(
        id=_ID + "-sdk",
        globs=("*.py", "*.ts", "*.tsx", "*.js", "*.mjs", "*.mts", "*.go"),
        needles=(b"fastmcp(", b"mcpserver("),
        detect=_sdk,
    ),
)  # fmt: skip
