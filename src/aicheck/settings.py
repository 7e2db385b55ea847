"""Settings: flag > environment `AICHECK_*` > file > default, and where each value came from.

Files: `aicheck.toml`, `.github/aicheck.toml` or `[tool.aicheck]` in `pyproject.toml`. The nearest one wins
whole: files are never merged silently; a file may name one other in `extend`. Settings can name neither the
Hub's endpoint nor a token: those come from the user's own environment alone, never from a scanned tree.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from aicheck.core.frozen import dataclass
from aicheck.errors import ConfigError

__all__ = ["SETTINGS_FILES", "Settings", "Sourced", "find_settings_file", "load_settings", "read_settings_file"]

SETTINGS_FILES: Final = ("aicheck.toml", ".github/aicheck.toml", "pyproject.toml")
_MAX_BYTES: Final = 1 << 20
_FORMATS: Final = (
    "text", "json", "cyclonedx", "spdx", "sarif", "html", "markdown", "csv", "junit", "github", "intoto",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that steers a run and is not policy. Names are the keys of `aicheck.toml`, with hyphens."""

    policy: str = "baseline"
    """Name of a shipped pack, or a path relative to the settings file."""
    format: str = "text"
    output: tuple[str, ...] = ()
    """`FORMAT=FILE`, each."""
    fail_on: str = "error"
    """`error`, `warning`, `note` or `never`: the lowest level whose violations make the verdict fail."""
    include_docs: bool = False
    exclude: tuple[str, ...] = ()
    """Globs over paths relative to the scanned root."""
    offline: bool = False
    locked: bool = False
    lock: str = "aicheck.lock"
    jobs: int = 0
    """Worker processes; 0 = as many as pay."""
    max_file_size: int = 0
    """Bytes above which a text file is not read (a gap says so); 0 = the default of discovery."""
    hash_weights: bool = False
    timeout: float = 20.0
    """Seconds for one answer of the Hub."""
    hub_workers: int = 16
    cache: bool = True
    spec_version: str = "1.6"
    """Of CycloneDX."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """Settings with the origin of every value, for `--show-settings`."""

    settings: Settings
    origins: tuple[tuple[str, str], ...]
    """(key, `default` | `flag` | `AICHECK_X` | `path:line`)."""
    path: Path | None
    """The file that was read; paths in it are relative to its directory."""

    def origin(self, key: str) -> str:
        """Say where a value came from."""
        return dict(self.origins).get(key, "default")


def _strings(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return (value,) if isinstance(value, str) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _seconds(value: object) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if good and isinstance(value, int | float) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _one_of(*allowed: str) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and value in allowed else None


# Key → (reader that returns None for a wrong value, what is expected).
_READERS: Final[dict[str, tuple[Callable[[object], object | None], str]]] = {
    "policy": (_text, "a name or a path"),
    "format": (_one_of(*_FORMATS), "one of " + ", ".join(_FORMATS)),
    "output": (_strings, "a list of FORMAT=FILE"),
    "fail_on": (_one_of("error", "warning", "note", "never"), "one of error, warning, note, never"),
    "include_docs": (_flag, "true or false"),
    "exclude": (_strings, "a list of globs"),
    "offline": (_flag, "true or false"),
    "locked": (_flag, "true or false"),
    "lock": (_text, "a path"),
    "jobs": (_count, "a number of processes (0 = automatic)"),
    "max_file_size": (_count, "a number of bytes (0 = default)"),
    "hash_weights": (_flag, "true or false"),
    "timeout": (_seconds, "a number of seconds above 0"),
    "hub_workers": (_count, "a number of threads"),
    "cache": (_flag, "true or false"),
    "spec_version": (_one_of("1.6", "1.7"), "1.6 or 1.7"),
}


def _line_of(text: str, key: str) -> int | None:
    """Line of a key in TOML text; tomllib keeps no positions, and messages need one."""
    match = re.search(rf"(?m)^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=", text)
    return text.count("\n", 0, match.start()) + 1 if match else None


def _unknown(key: str, path: str, line: int | None) -> ConfigError:
    import difflib

    known = [name.replace("_", "-") for name in _READERS] + ["extend"]
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(sorted(known))}"
    return ConfigError(
        f"unknown key '{key}'", path=path, line=line, column=1 if line else None, key=key, hint=hint
    )


def _checked(key: str, value: object, path: str, line: int | None) -> object:
    reader, expected = _READERS[key]
    result = reader(value)
    if result is None:
        shown = key.replace("_", "-")
        raise ConfigError(
            f"'{shown}' must be {expected}, not {value!r}",
            path=path,
            line=line,
            column=1 if line else None,
            key=shown,
        )
    return result


def _load_toml(path: Path, shown: str) -> tuple[dict[str, Any], str]:
    import tomllib

    from aicheck import toml

    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read settings: {error.strerror or error}", path=shown) from error
    if len(data) > _MAX_BYTES:
        raise ConfigError(f"settings are larger than {_MAX_BYTES} bytes", path=shown)
    try:
        text = data.decode("utf-8")
        table = toml.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            "settings are not UTF-8", path=shown, line=line, hint="save the file as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        message = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise ConfigError(
            f"not valid TOML: {message}",
            path=shown,
            line=int(place[1]) if place else text.count("\n") + 1,
            column=int(place[2]) if place else None,
        ) from error
    return table, text


def read_settings_file(
    path: Path, *, shown: str | None = None, _seen: tuple[Path, ...] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """Read one settings file, with what it extends.

    Returns (values by field name, origin by field name). Raises `ConfigError` with line and key.
    """
    shown = shown or str(path)
    if path.resolve() in _seen:
        raise ConfigError("settings extend each other in a circle", path=shown)
    table, text = _load_toml(path, shown)
    if path.name == "pyproject.toml":
        table = table.get("tool", {}).get("aicheck", {})
    if not isinstance(table, dict):
        raise ConfigError("[tool.aicheck] must be a table", path=shown)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    extend = table.pop("extend", None)
    if extend is not None:
        values, origins = _extended(path, shown, extend, text, (*_seen, path.resolve()))
    for key, value in table.items():
        field = key.replace("-", "_")
        line = _line_of(text, key)
        if field not in _READERS:
            raise _unknown(key, shown, line)
        values[field] = _checked(field, value, shown, line)
        if field == "output":
            _inside(values[field], shown, line)
        origins[field] = f"{shown}:{line}" if line else shown
    return values, origins


def _inside(outputs: tuple[str, ...], shown: str, line: int | None) -> None:
    """Refuse outputs that leave the working directory: the file may be a stranger's, as the scanned tree is."""
    for output in outputs:
        file = output.partition("=")[2]
        if Path(file).is_absolute() or ".." in Path(file).parts or Path(file).drive:
            raise ConfigError(
                f"'output' of a settings file stays below the working directory: {file!r}",
                path=shown,
                line=line,
                key="output",
                hint="name other places with -o on the command line",
            )


def _extended(
    path: Path, shown: str, extend: object, text: str, seen: tuple[Path, ...]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the file that `extend` names: `"PATH"`, or `{ path = "PATH", sha256 = "<hex>" }` for a pinned one."""
    line = _line_of(text, "extend")
    expected: str | None = None
    if isinstance(extend, dict) and set(extend) <= {"path", "sha256"} and isinstance(extend.get("path"), str):
        expected = extend.get("sha256")
        extend = extend["path"]
    if not isinstance(extend, str):
        raise ConfigError("'extend' must be a path, or { path, sha256 }", path=shown, line=line, key="extend")
    if "://" in extend:
        raise ConfigError(
            "'extend' takes files only", path=shown, line=line, key="extend", hint="download it and pin its sha256"
        )
    target = path.parent / extend
    if not target.is_file():
        raise ConfigError(
            f"'extend' names a file that is not there: {extend}", path=shown, line=line, key="extend"
        )
    import hashlib

    if expected is not None and hashlib.sha256(target.read_bytes()).hexdigest() != str(expected).lower():
        raise ConfigError(f"sha256 of {extend} differs from the pinned one", path=shown, line=line, key="extend")
    return read_settings_file(target, shown=str(Path(shown).parent / extend), _seen=seen)


def _has_table(path: Path) -> bool:
    """Whether a pyproject.toml configures aicheck; a broken one is not ours to report."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES)
    except OSError:
        return False
    if b"tool.aicheck" not in data:
        return False
    import tomllib

    from aicheck import toml

    try:
        return "aicheck" in toml.loads(data.decode("utf-8")).get("tool", {})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError, TypeError):
        return False


def find_settings_file(start: Path) -> Path | None:
    """Return the nearest settings file, from `start` upwards to the root of its repository."""
    directory = start if start.is_dir() else start.parent
    directory = directory.resolve()
    for place in (directory, *directory.parents):
        for name in SETTINGS_FILES:
            path = place / name
            if path.is_file() and (name != "pyproject.toml" or _has_table(path)):
                return path
        if (place / ".git").exists():
            return None
    return None


def _from_environment(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for field in fields(Settings):
        name = f"AICHECK_{field.name.upper()}"
        text = environ.get(name)
        if not text:
            continue
        value: object = text
        default = field.default
        if isinstance(default, bool):
            lowered = text.lower()
            value = (
                True
                if lowered in {"1", "true", "yes", "on"}
                else False
                if lowered in {"0", "false", "no", "off"}
                else text
            )
        elif isinstance(default, int):
            value = int(text) if text.isdigit() else text
        elif isinstance(default, float):
            value = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text
        elif isinstance(default, tuple):
            value = [part.strip() for part in text.split(",") if part.strip()]
        values[field.name] = _checked(field.name, value, f"environment {name}", None)
        origins[field.name] = name
    return values, origins


def load_settings(
    start: Path,
    flags: Mapping[str, object],
    *,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Sourced:
    """Merge flags (None = not given), environment, the nearest file and the defaults.

    `config` names a file instead of the search; `Path(os.devnull)` means none. Raises `ConfigError`.
    """
    environ = os.environ if environ is None else environ
    if config is None and (named := environ.get("AICHECK_CONFIG")):
        config = Path(named)
    path = find_settings_file(start) if config is None else config
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    if path is not None and path != Path(os.devnull):
        values, origins = read_settings_file(path, shown=_shown(path))
    else:
        path = None
    from_environment, environment_origins = _from_environment(environ)
    values |= from_environment
    origins |= environment_origins
    for key, value in flags.items():
        if value is None or value == ():
            continue
        values[key] = _checked(key, list(value) if isinstance(value, tuple) else value, "command line", None)
        origins[key] = "flag"
    return Sourced(replace(Settings(), **values), tuple(sorted(origins.items())), path)


def _shown(path: Path) -> str:
    """Return the path as people know it: relative to where they stand, never through their home directory."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return path.name if path.is_absolute() else str(path)
