"""Python: requirements, pyproject and its lock files, Pipfile, conda, pixi, setup.cfg and static setup.py."""

from __future__ import annotations

import ast
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from aicheck import toml
from aicheck.core.evidence import Gap, GapReason
from aicheck.discover.formats.base import clean
from aicheck.discover.manifests.base import Finder, Package, dynamic, find_span, read_whole, scope_of_path
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

__all__ = [
    "conda", "is_requirements_name", "lock_toml", "pipfile", "pipfile_lock", "pixi", "pyproject", "requirements",
    "setup_cfg", "setup_py",
]  # fmt: skip

_NAME: Final = re.compile(
    r"([A-Za-z0-9](?:[\w.-]{0,120}[A-Za-z0-9])?)\s*(?:\[([\w\s.,-]{0,300})\])?\s*(.*)\Z", re.DOTALL
)
_EXACT: Final = re.compile(r"={2,3}\s*([A-Za-z0-9][\w.!+-]{0,80})\Z")
_HASH: Final = re.compile(r"--hash[= ](sha256:[0-9a-f]{64})")
_EGG: Final = re.compile(r"#(?:.*&)?egg=([A-Za-z0-9][\w.-]{0,120})")
_REPO: Final = re.compile(r"/([\w.-]{1,120}?)(?:\.git)?(?:@[\w./-]{1,200})?(?:#.*)?\Z")
_MAX_LINE: Final = 20_000


def _toml(source: SourceFile) -> dict[str, Any]:
    data = read_whole(source)
    if len(data) > 8 << 20:
        raise SourceError("a manifest of more than 8 MiB is not read")
    try:
        return toml.loads(data.decode("utf-8"))
    except ValueError as error:
        raise SourceError(f"not TOML: {clean(error, 160)}") from None


def requirement(text: str, scope: str, start: int, end: int, *, raw: str | None = None) -> Package | None:
    """Read one PEP 508 requirement; None for what is none. Extras and markers do not change the package."""
    plain = text.partition(" #")[0].strip()
    match = _NAME.match(plain)
    if match is None or len(plain) > _MAX_LINE:
        return None
    name, rest = match[1], match[3].partition(";")[0].strip()
    url = ""
    version = None
    if rest.startswith("@"):
        url = rest[1:].strip()
    elif rest and rest[0] not in "=<>!~(":
        return None
    else:
        exact = _EXACT.match(rest.strip("() "))
        version = exact[1] if exact else None
    hashes = _HASH.search(rest)
    return Package("pypi", name, version, raw or plain, scope, start, end, url, hashes[1] if hashes else "")


def is_requirements_name(path: str) -> bool:
    """Whether a file of that name would be read as a requirements file."""
    low = path.lower()
    name = low.rpartition("/")[2]
    return name.endswith((".txt", ".in")) and (
        "requirement" in name or name.startswith(("constraint", "reqs", "deps")) or "requirements/" in low
    )


def requirements(source: SourceFile) -> Iterator[Package | Gap]:
    """requirements*.txt, constraints*.txt and pip-tools' *.in, with continuations, options and includes."""
    data = read_whole(source)
    scope = scope_of_path(source.path)
    position = 0
    lines = data.split(b"\n")
    index = 0
    while index < len(lines):
        start = position
        parts = [lines[index]]
        position += len(lines[index]) + 1
        index += 1
        while parts[-1].rstrip(b"\r").endswith(b"\\") and index < len(lines):
            parts.append(lines[index])
            position += len(lines[index]) + 1
            index += 1
        if len(parts[0]) > _MAX_LINE:
            source.leave(f"a line of more than {_MAX_LINE} characters was not looked at")
            continue
        text = " ".join(part.decode("utf-8", "replace").rstrip("\r").rstrip("\\") for part in parts).strip()
        if not text or text.startswith("#"):
            continue
        begin = start + len(parts[0]) - len(parts[0].lstrip())
        yield from _requirement_line(source, text, scope, begin)


def _requirement_line(source: SourceFile, text: str, scope: str, begin: int) -> Iterator[Package | Gap]:
    include = re.match(r"(?:-r|--requirement|-c|--constraint)(?:\s+|=)?(\S{1,300})", text)
    if include is not None:
        if not is_requirements_name(include[1]) and "://" not in include[1]:
            detail = f"included by {source.path} under a name that is not read as a requirements file"
            yield Gap(include[1], GapReason.SKIPPED, detail, source.path, source.line_of(begin))
        return
    editable = re.match(r"(?:-e|--editable)(?:\s+|=)(.{1,1000})", text)
    target = editable[1].strip() if editable else text
    if target.startswith("-"):
        return
    if re.match(r"(?:git|hg|svn|bzr)\+|https?://", target):
        named = _EGG.search(target) or _REPO.search(target.partition("#")[0])
        if named is not None and not named[1].endswith((".whl", ".gz", ".zip")):
            end = begin + len(text.encode("utf-8", "replace"))
            yield Package("pypi", named[1], None, target[:300], scope, begin, end, target)
        return
    if editable or target.startswith((".", "/")):
        return
    hashes = _HASH.search(target)
    plain = re.split(r"\s+--(?:hash|config-settings?|global-option)", target)[0].partition(" #")[0].strip()
    found = requirement(plain, scope, begin, begin + len(plain.encode("utf-8", "replace")))
    if found is not None:
        yield found._replace(hashes=hashes[1] if hashes else "")


def _listed(source: SourceFile, values: object, scope: str, start: int) -> Iterator[Package]:
    if not isinstance(values, list):
        return
    finder = Finder(source.data, start)
    for value in values:
        if isinstance(value, str):
            found = requirement(value, scope, *finder.find(value))
            if found is not None:
                yield found


def _table(
    source: SourceFile, values: object, scope: str, start: int, ecosystem: str = "pypi"
) -> Iterator[Package]:
    """Poetry's, Pipenv's and pixi's tables: name = "constraint" or a table with one."""
    if not isinstance(values, Mapping):
        return
    spans = key_spans(source)
    for name, value in values.items():
        if name.lower() == "python" or not _NAME.match(name):
            continue
        constraint = value if isinstance(value, str) else ""
        url = ""
        kind = scope
        if isinstance(value, Mapping):
            constraint = value.get("version", "") if isinstance(value.get("version"), str) else ""
            for key in ("git", "url", "hg"):
                if isinstance(value.get(key), str):
                    url = value[key]
            if value.get("path") or value.get("workspace"):
                continue
            if value.get("optional") is True:
                kind = "optional"
        exact = re.match(r"={0,3}\s*(\d[\w.!+-]{0,80})\Z", constraint.strip())
        pinned = exact[1] if exact and (constraint.strip().startswith("==") or ecosystem == "pypi") else None
        span = spans(name, start)
        yield Package(ecosystem, name, pinned, f"{name} {constraint}".strip(), kind, *span, url)


_KEYS: Final = re.compile(rb'(?m)^[ \t]{0,40}"?([\w.@/:-]{1,200})"?[ \t]{0,40}=')


def key_spans(source: SourceFile) -> Callable[[str, int], tuple[int, int]]:
    """A look-up of where a TOML key is assigned at or after an offset; the file is walked once."""
    index = source.parsed("toml-keys", _key_index)

    def span(key: str, start: int) -> tuple[int, int]:
        places = index.get(key, [])
        at = bisect_left(places, start)
        if at < len(places):
            return places[at], places[at] + len(key.encode("utf-8", "replace"))
        return start, start

    return span


def _key_index(source: SourceFile) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for match in _KEYS.finditer(source.data):
        index.setdefault(match[1].decode("utf-8", "replace"), []).append(match.start(1))
    return index


def _section(data: bytes, *names: str) -> int:
    """Offset of the first of these TOML headers, or 0."""
    for name in names:
        at = data.find(b"[" + name.encode() + b"]")
        if at >= 0:
            return at
    return 0


def _get(value: object, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def pyproject(source: SourceFile) -> Iterator[Package | Gap]:
    """PEP 621 and 735, Poetry, PDM, uv, pixi and the build requirements."""
    document = _toml(source)
    data = source.data
    dynamic_keys = _get(document, "project", "dynamic")
    if isinstance(dynamic_keys, list) and "dependencies" in dynamic_keys:
        yield dynamic(source, "project.dependencies", source.line_of(max(0, data.find(b"dynamic"))))
    yield from _listed(source, _get(document, "project", "dependencies"), "runtime", _section(data, "project"))
    for values in _map(_get(document, "project", "optional-dependencies")).values():
        yield from _listed(source, values, "optional", _section(data, "project.optional-dependencies"))
    for values in _map(_get(document, "dependency-groups")).values():
        yield from _listed(source, values, "dev", _section(data, "dependency-groups"))
    yield from _listed(source, _get(document, "build-system", "requires"), "build", _section(data, "build-system"))
    poetry = _map(_get(document, "tool", "poetry"))
    start = _section(data, "tool.poetry.dependencies")
    yield from _table(source, _get(poetry, "dependencies"), "runtime", start)
    start = _section(data, "tool.poetry.dev-dependencies")
    yield from _table(source, _get(poetry, "dev-dependencies"), "dev", start)
    for name, group in _map(_get(poetry, "group")).items():
        start = _section(data, f"tool.poetry.group.{name}.dependencies")
        yield from _table(source, _get(group, "dependencies"), "dev", start)
    for values in _map(_get(document, "tool", "pdm", "dev-dependencies")).values():
        yield from _listed(source, values, "dev", _section(data, "tool.pdm.dev-dependencies"))
    yield from _listed(source, _get(document, "tool", "uv", "dev-dependencies"), "dev", _section(data, "tool.uv"))
    yield from _pixi(source, _map(_get(document, "tool", "pixi")), "tool.pixi.")


def _pixi(source: SourceFile, document: Mapping[str, Any], prefix: str) -> Iterator[Package]:
    for key, ecosystem in (("dependencies", "conda"), ("pypi-dependencies", "pypi")):
        start = _section(source.data, prefix + key)
        yield from _table(source, _get(document, key), "runtime", start, ecosystem)
        for name, feature in _map(_get(document, "feature")).items():
            start = _section(source.data, f"{prefix}feature.{name}.{key}")
            yield from _table(source, _get(feature, key), "optional", start, ecosystem)


def pixi(source: SourceFile) -> Iterator[Package | Gap]:
    """pixi.toml: conda and PyPI dependencies."""
    yield from _pixi(source, _toml(source), "")


_LOCK: Final = re.compile(
    rb'(?m)^\[\[packages?\]\][ \t]*\r?\nname = "([^"\r\n]{1,200})"[ \t]*\r?\n(?:version = "([^"\r\n]{1,100})")?'
)


def lock_toml(source: SourceFile, ecosystem: str = "pypi") -> Iterator[Package | Gap]:
    """poetry.lock, uv.lock, pdm.lock, pylock.toml, Cargo.lock: blocks in one shape, read without a TOML parser."""
    data = read_whole(source)
    matches = list(_LOCK.finditer(data))
    if not matches and data.strip() and (b"[[package" in data):
        raise SourceError("a lock file that is written in another way than its tool writes it")
    for number, match in enumerate(matches):
        stop = matches[number + 1].start() if number + 1 < len(matches) else len(data)
        block = data[match.end() : min(stop, match.end() + 2000)]
        if re.search(rb'source = \{ (?:editable|virtual|directory) =|source = \{ type = "directory"', block[:300]):
            continue
        if ecosystem == "cargo" and b"\nsource = " not in block:
            continue  # a member of the workspace itself
        name = match[1].decode("utf-8", "replace")
        version = match[2].decode("utf-8", "replace") if match[2] else None
        digest = re.search(rb"sha256:[0-9a-f]{64}", block) if ecosystem == "pypi" else None
        scope = "dev" if b'category = "dev"' in block else "runtime"
        yield Package(
            ecosystem, name, version, f"{name}=={version}" if version else name, scope, match.start(1),
            match.end(1), hashes=digest[0].decode("ascii") if digest else "",
        )  # fmt: skip


def pipfile(source: SourceFile) -> Iterator[Package | Gap]:
    """Pipfile: packages and dev-packages."""
    document = _toml(source)
    yield from _table(source, document.get("packages"), "runtime", _section(source.data, "packages"))
    yield from _table(source, document.get("dev-packages"), "dev", _section(source.data, "dev-packages"))


def load_json(source: SourceFile) -> Any:
    """A JSON document. Raises `SourceError` where it is none."""
    try:
        return json.loads(read_whole(source))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"not JSON: {clean(error, 160)}") from None


def pipfile_lock(source: SourceFile) -> Iterator[Package | Gap]:
    """Pipfile.lock: default and develop."""
    document = load_json(source)
    data = read_whole(source)
    for section, scope in (("default", "runtime"), ("develop", "dev")):
        finder = Finder(data, max(0, data.find(f'"{section}"'.encode())))
        for name, entry in _map(_get(document, section)).items():
            version = _get(entry, "version")
            exact = version.lstrip("=") if isinstance(version, str) and version.startswith("==") else None
            start, end = finder.find(f'"{name}"')
            yield Package("pypi", name, exact, f"{name}{version or ''}", scope, start + 1, max(start + 1, end - 1))


_CONDA: Final = re.compile(
    r"\s*-\s+(?:[\w.-]+::)?([A-Za-z0-9_][\w.-]{0,120})\s*((?:[=<>!~].{0,120})?)\s*(?:#.*)?\Z"
)


def conda(source: SourceFile) -> Iterator[Package | Gap]:
    """environment.yml: conda packages and the pip list inside it."""
    inside = pip = False
    pip_indent = 0
    position = 0
    for raw in read_whole(source).split(b"\n"):
        start = position
        position += len(raw) + 1
        if len(raw) > 2000:
            continue
        line = raw.decode("utf-8", "replace").rstrip("\r")
        if re.match(r"[A-Za-z_]", line):
            inside, pip = line.startswith("dependencies:"), False
            continue
        if not inside or not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if re.match(r"\s*-\s+pip:\s*(?:#.*)?\Z", line):
            pip, pip_indent = True, indent
            continue
        if pip and indent <= pip_indent:
            pip = False
        text = line.strip().removeprefix("-").strip().strip("'\"")
        begin = start + len(line[: len(line) - len(line.lstrip())].encode()) + 2
        if pip:
            if not text.startswith("-"):
                found = requirement(text, "runtime", *find_span(source.data, text, begin, begin + 4000))
                if found is not None:
                    yield found
            continue
        match = _CONDA.match(line.replace("'", "").replace('"', ""))
        if match is not None and match[1] not in {"python", "pip"}:
            exact = re.match(r"={1,2}(\d[\w.]{0,60})(?:=[\w.]{1,60})?\Z", match[2].strip())
            yield Package(
                "conda",
                match[1],
                exact[1] if exact else None,
                text,
                "runtime",
                *find_span(source.data, text, begin, begin + 4000),
            )


_CFG_KEY: Final = re.compile(r"([\w.-]{1,80})\s*[=:]\s*(.*)\Z")


def setup_cfg(source: SourceFile) -> Iterator[Package | Gap]:
    """setup.cfg: install_requires, extras_require, setup_requires and tests_require."""
    section = key = ""
    position = 0
    for raw in read_whole(source).split(b"\n"):
        start = position
        position += len(raw) + 1
        line = raw.decode("utf-8", "replace").rstrip("\r")
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        if len(line) > _MAX_LINE:
            source.leave(f"a line of more than {_MAX_LINE} characters was not looked at")
            continue
        if line.startswith("["):
            section, key = line.strip("[] \t"), ""
            continue
        value = line.strip()
        if not line[0].isspace():
            match = _CFG_KEY.match(line)
            if match is None:
                continue
            key, value = match[1], match[2]
        if section == "options" and key in {"install_requires", "setup_requires", "tests_require"}:
            scope = {"install_requires": "runtime", "setup_requires": "build"}.get(key, "dev")
        elif section == "options.extras_require":
            scope = "optional"
        else:
            continue
        if value.startswith(("file:", "attr:")):
            yield dynamic(source, f"{section}.{key}", source.line_of(start))
        elif value:
            for text in value.split(";;")[:1]:
                found = requirement(text, scope, *find_span(source.data, text, start, start + 40_000))
                if found is not None:
                    yield found


_SETUP_KEYS: Final = {
    "install_requires": "runtime",
    "setup_requires": "build",
    "tests_require": "dev",
    "extras_require": "optional",
}


def setup_py(source: SourceFile) -> Iterator[Package | Gap]:
    """setup.py by its syntax tree: lists of constants, their names and sums; anything else is a gap. Never run."""
    if source.size > 1 << 20:
        raise SourceError("a setup.py of more than 1 MiB is not read")
    try:
        tree = ast.parse(read_whole(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SourceError(f"not Python: {clean(error, 120)}") from None
    names: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        function = call.func
        if (function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")) != "setup":
            continue
        for keyword in call.keywords:
            if keyword.arg in _SETUP_KEYS:
                scope = _SETUP_KEYS[keyword.arg]
                complete = True
                for item in _constants(keyword.value, names, 0):
                    if item is None:
                        complete = False
                        continue
                    line = max(1, getattr(item, "lineno", 1))
                    start, _ = source.line_bounds(line)
                    text = str(item.value)
                    found = requirement(text, scope, *find_span(source.data, text, start, start + 40_000))
                    if found is not None:
                        yield found
                if not complete:
                    yield dynamic(source, keyword.arg, keyword.value.lineno)


def _constants(node: ast.expr, names: Mapping[str, ast.expr], depth: int) -> Iterator[ast.Constant | None]:
    """String constants of a list, a sum or a dictionary of lists; None where a part is computed."""
    if depth > 20:
        yield None
    elif isinstance(node, ast.Constant):
        yield node if isinstance(node.value, str) else None
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        for element in node.elts:
            yield from _constants(element, names, depth + 1)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _constants(value, names, depth + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _constants(node.left, names, depth + 1)
        yield from _constants(node.right, names, depth + 1)
    elif isinstance(node, ast.Name) and node.id in names:
        yield from _constants(names[node.id], names, depth + 1)
    elif isinstance(node, ast.Starred):
        yield from _constants(node.value, names, depth + 1)
    else:
        yield None
