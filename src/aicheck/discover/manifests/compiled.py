"""Go, Rust, the JVM and .NET: manifests and lock files. XML is read by its tags, so entities do nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from aicheck.core.evidence import Gap
from aicheck.discover.manifests.base import Finder, Package, find_span, read_whole
from aicheck.discover.manifests.python import _get, _map, _section, _toml, key_spans, load_json, lock_toml
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

__all__ = [
    "cargo_lock", "cargo_toml", "go_mod", "gradle", "gradle_lock", "msbuild", "nuget_config", "nuget_lock", "pom",
    "version_catalog",
]  # fmt: skip

_GO: Final = re.compile(
    rb"(?m)^[ \t]*(?:require[ \t]+)?([\w.~-]+\.[\w.~-]+(?:/[\w.~!+-]+)*)[ \t]+(v[\w.+-]+)([ \t]*//[ \t]*indirect)?"
)


def go_mod(source: SourceFile) -> Iterator[Package | Gap]:
    """go.mod: direct and indirect requirements at the versions that the build selects."""
    data = read_whole(source)
    outside = re.compile(rb"(?ms)^(?:exclude|replace|retract|tool|ignore)[ \t]*(?:\([^)]*(?:\)|\Z)|[^\r\n]*)")
    blanked = outside.sub(lambda match: re.sub(rb"[^\r\n]", b" ", match[0]), data)
    for match in _GO.finditer(blanked):
        name, version = match[1].decode("utf-8", "replace"), match[2].decode("utf-8", "replace")
        scope = "indirect" if match[3] else "runtime"
        yield Package("golang", name, version, f"{name} {version}", scope, match.start(1), match.end(1))


def _cargo_table(source: SourceFile, values: object, scope: str, start: int) -> Iterator[Package]:
    if not isinstance(values, Mapping):
        return
    spans = key_spans(source)
    for key, value in values.items():
        name, constraint, url, kind = key, value if isinstance(value, str) else "", "", scope
        if isinstance(value, Mapping):
            if value.get("path") or value.get("workspace"):
                continue
            name = value["package"] if isinstance(value.get("package"), str) else key
            constraint = value["version"] if isinstance(value.get("version"), str) else ""
            url = value["git"] if isinstance(value.get("git"), str) else ""
            kind = "optional" if value.get("optional") is True and scope == "runtime" else scope
        exact = re.match(r"=\s*(\d[\w.+-]{0,60})\Z", constraint.strip())
        span = spans(key, start)
        yield Package("cargo", name, exact[1] if exact else None, f"{name} {constraint}".strip(), kind, *span, url)


def cargo_toml(source: SourceFile) -> Iterator[Package | Gap]:
    """Cargo.toml: dependencies of the package, of its targets and of the workspace."""
    document = _toml(source)
    data = source.data
    for key, scope in (("dependencies", "runtime"), ("dev-dependencies", "dev"), ("build-dependencies", "build")):
        yield from _cargo_table(source, document.get(key), scope, _section(data, key))
        for target in _map(_get(document, "target")).values():
            yield from _cargo_table(source, _get(target, key), scope, 0)
    start = _section(data, "workspace.dependencies")
    yield from _cargo_table(source, _get(document, "workspace", "dependencies"), "runtime", start)


def cargo_lock(source: SourceFile) -> Iterator[Package | Gap]:
    """Cargo.lock."""
    return lock_toml(source, "cargo")


_COMMENT: Final = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_PROPERTY: Final = re.compile(rb"<([\w.-]{1,100})>([^<>\r\n]{1,200})</\1>")
_PLACEHOLDER: Final = re.compile(r"\$\{([\w.-]{1,100})\}")


def _xml(source: SourceFile) -> bytes:
    data = read_whole(source)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SourceError("XML with a document type is not read")
    if data.rfind(b"<!--") > data.rfind(b"-->"):
        raise SourceError("XML with a comment that does not end")
    return _COMMENT.sub(lambda match: b" " * len(match[0]), data)


def _tag(block: bytes, name: bytes) -> str:
    start = block.find(b"<" + name + b">")
    end = block.find(b"</" + name + b">", start)
    return block[start + len(name) + 2 : end].decode("utf-8", "replace").strip() if 0 <= start < end else ""


def pom(source: SourceFile) -> Iterator[Package | Gap]:
    """pom.xml: dependencies and managed dependencies, with the properties of the same file."""
    data = _xml(source)
    start, end = data.find(b"<properties>"), data.find(b"</properties>")
    properties = (
        {
            match[1].decode(): match[2].decode("utf-8", "replace").strip()
            for match in _PROPERTY.finditer(data, start, end)
        }
        if 0 <= start < end
        else {}
    )
    own = _own(data)
    properties.setdefault("project.version", _tag(own, b"version"))
    properties.setdefault("project.groupId", _tag(own, b"groupId"))
    position = 0
    while (begin := data.find(b"<dependency>", position)) >= 0:
        stop = data.find(b"</dependency>", begin)
        if stop < 0:
            raise SourceError("a <dependency> that does not end")
        position = stop
        block = data[begin : min(stop, begin + 5000)]
        block = re.sub(rb"(?s)<exclusions>.*?</exclusions>", b"", block)
        parts = [
            _filled(_tag(block, tag), properties) for tag in (b"groupId", b"artifactId", b"version", b"scope")
        ]
        group, artifact, version, scope = parts
        if not group or not artifact or "${" in group or "${" in artifact:
            continue
        exact = version if version and "${" not in version and version[0] not in "[(" else None
        kind = {"test": "dev", "provided": "optional", "import": "runtime"}.get(scope, "runtime")
        span = find_span(data, _tag(block, b"artifactId"), begin)
        yield Package(
            "maven", f"{group}:{artifact}", exact, f"{group}:{artifact}:{version}".rstrip(":"), kind, *span
        )


def _own(data: bytes) -> bytes:
    """The head of a pom without its parent: where the project's own coordinates stand."""
    head = data[: 64 << 10]
    start, end = head.find(b"<parent>"), head.find(b"</parent>")
    if 0 <= start < end:
        head = head[:start] + head[end:]
    stops = [
        at for tag in (b"<dependencies>", b"<build>", b"<dependencyManagement>") if (at := head.find(tag)) >= 0
    ]
    return head[: min(stops, default=len(head))]


def _filled(text: str, properties: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: properties.get(match[1]) or match[0], text)


_GRADLE: Final = re.compile(
    rb"""(?m)^[^\r\n/]{0,200}?\b([a-zA-Z]{0,30}(?:[iI]mplementation|[aA]pi|[cC]ompileOnly|[rR]untimeOnly|[cC]ompile|classpath|kapt|ksp"""
    rb"""|annotationProcessor|platform))\b[ \t(]{1,20}(?:[a-zA-Z]{1,30}\()?["']"""
    rb"""([\w.-]{1,150}):([\w.-]{1,150})(?::([^"'\r\n:@]{1,80}))?[^"'\r\n]{0,60}["']"""
)


def gradle(source: SourceFile) -> Iterator[Package | Gap]:
    """build.gradle and build.gradle.kts: dependencies that are written as coordinates."""
    for match in _GRADLE.finditer(read_whole(source)):
        name = f"{match[2].decode('utf-8', 'replace')}:{match[3].decode('utf-8', 'replace')}"
        version = match[4].decode("utf-8", "replace") if match[4] else ""
        exact = version if version[:1].isdigit() and "+" not in version and "$" not in version else None
        scope = "dev" if match[1].lower().startswith((b"test", b"androidtest")) else "runtime"
        yield Package("maven", name, exact, f"{name}:{version}".rstrip(":"), scope, match.start(2), match.end(3))


_GRADLE_LOCK: Final = re.compile(rb"(?m)^([\w.-]{1,150}):([\w.-]{1,150}):([^=\s]{1,80})=([^\r\n]{0,2000})")


def gradle_lock(source: SourceFile) -> Iterator[Package | Gap]:
    """gradle.lockfile: coordinates and the configurations that use them."""
    for match in _GRADLE_LOCK.finditer(read_whole(source)):
        name = f"{match[1].decode('utf-8', 'replace')}:{match[2].decode('utf-8', 'replace')}"
        version = match[3].decode("utf-8", "replace")
        configurations = match[4].lower().split(b",")
        scope = "dev" if all(item.startswith(b"test") for item in configurations) else "runtime"
        yield Package("maven", name, version, f"{name}:{version}", scope, match.start(1), match.end(2))


def version_catalog(source: SourceFile) -> Iterator[Package | Gap]:
    """gradle/libs.versions.toml."""
    document = _toml(source)
    versions = _map(_get(document, "versions"))
    start = _section(source.data, "libraries")
    spans = key_spans(source)
    for key, value in _map(_get(document, "libraries")).items():
        module, version = "", ""
        if isinstance(value, str):
            module, _, version = value.rpartition(":")
        elif isinstance(value, Mapping):
            named = value.get("module")
            module = named if isinstance(named, str) else f"{value.get('group', '')}:{value.get('name', '')}"
            stated = value.get("version")
            if isinstance(stated, Mapping) and isinstance(stated.get("ref"), str):
                stated = versions.get(stated["ref"])
            version = stated if isinstance(stated, str) else ""
        if ":" in module.strip(":"):
            span = spans(key, start)
            exact = version if version[:1].isdigit() and "+" not in version else None
            yield Package("maven", module, exact, f"{module}:{version}".rstrip(":"), "runtime", *span)


_MSBUILD: Final = re.compile(
    rb"""<(PackageReference|PackageVersion|GlobalPackageReference)\s([^<>]{0,1000}?)(/?)>(?:\s{0,200}<Version>([^<>]{1,80})</Version>)?"""
)
_ATTRIBUTE: Final = re.compile(rb"""([A-Za-z]{1,40})\s{0,10}=\s{0,10}["']([^"'<>]{0,300})["']""")


def msbuild(source: SourceFile) -> Iterator[Package | Gap]:
    """*.csproj and relatives, Directory.Packages.props: package references."""
    data = _xml(source)
    for match in _MSBUILD.finditer(data):
        attributes = {
            key.decode().lower(): value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(match[2])
        }
        name = attributes.get("include") or attributes.get("update") or ""
        version = attributes.get("version") or attributes.get("versionoverride") or ""
        if match[4] and not match[3]:
            version = match[4].decode("utf-8", "replace")
        if name and "$(" not in name:
            span = find_span(data, name, match.start(2))
            yield Package("nuget", name, _nuget_exact(version), f"{name} {version}".strip(), "runtime", *span)


def _nuget_exact(version: str) -> str | None:
    # A bare version is a minimum for NuGet; restored projects nearly always get exactly it.
    match = re.match(r"\[?(\d[\w.+-]{0,60})\]?\Z", version.strip())
    return match[1] if match else None


_PACKAGE: Final = re.compile(rb"""<package\s([^<>]{0,600}?)/?>""")


def nuget_config(source: SourceFile) -> Iterator[Package | Gap]:
    """packages.config."""
    data = _xml(source)
    for match in _PACKAGE.finditer(data):
        attributes = {
            key.decode().lower(): value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(match[1])
        }
        name, version = attributes.get("id", ""), attributes.get("version", "")
        if name:
            span = find_span(data, name, match.start(1))
            scope = "dev" if attributes.get("developmentdependency") == "true" else "runtime"
            yield Package("nuget", name, _nuget_exact(version), f"{name} {version}".strip(), scope, *span)


def nuget_lock(source: SourceFile) -> Iterator[Package | Gap]:
    """packages.lock.json."""
    document = load_json(source)
    finder = Finder(read_whole(source))
    for framework in _map(_get(document, "dependencies")).values():
        for name, entry in framework.items() if isinstance(framework, Mapping) else ():
            version = _get(entry, "resolved")
            start, end = finder.find(f'"{name}"')
            if isinstance(version, str) and _get(entry, "type") != "Project":
                scope = "indirect" if _get(entry, "type") == "Transitive" else "runtime"
                yield Package(
                    "nuget", name, version, f"{name} {version}", scope, start + 1, max(start + 1, end - 1)
                )
