"""Pure functions from a Report to bytes; a new format is one module and one line here."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from dataclasses import field
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from aicheck.core.frozen import dataclass
from aicheck.core.report import Report
from aicheck.errors import ConfigError, ReportError

__all__ = ["FORMATS", "Format", "Options", "RulePage", "render", "write_atomically"]


@dataclass(frozen=True, slots=True)
class RulePage:
    """What a format may say of a rule. The caller hands these in: reports do not know the rules."""

    id: str
    summary: str
    page: str = ""
    """Markdown of the rule's page."""
    security_severity: float | None = None
    """0.1 to 10.0; None = taken from the level."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything a format can be asked for; each format takes what concerns it."""

    verbose: bool = False
    color: bool = False
    width: int = 100
    """Columns of the terminal (text)."""
    spec_version: str = "1.6"
    """CycloneDX: `1.6` or `1.7`."""
    rules: Mapping[str, RulePage] = field(default_factory=dict)
    """Rule id → page (SARIF help, HTML)."""
    policy_text: str | None = None
    """The merged policy as text (HTML)."""
    bom: bytes | None = None
    """The BOM that an in-toto statement is about; None = the CycloneDX document of the same report."""
    bom_name: str = "bom.cdx.json"
    predicate: str = "test-result"
    """in-toto: `test-result`, `svr` or `vsa`."""
    policy_uri: str | None = None
    base_path: str = ""
    """Prefix of paths in SARIF and GitHub annotations where the scanned root is not the repository's root."""
    annotations: int = 10
    """GitHub annotations of a level; one step shows ten, which several reports in it have to share."""

    def page(self, rule: str) -> RulePage | None:
        """The page of a rule; one that a policy uses several times (`origin-allowed/eu`) has its rule's."""
        return self.rules.get(rule) or self.rules.get(rule.partition("/")[0])


@dataclass(frozen=True, slots=True)
class Format:
    """One output format."""

    module: str
    summary: str
    suffix: str
    media_type: str
    function: str = "render"


FORMATS: Final[Mapping[str, Format]] = {
    "text": Format("text", "what a person reads first", ".txt", "text/plain"),
    "json": Format("json_", "everything, with a published schema", ".json", "application/json"),
    "cyclonedx": Format(
        "cyclonedx", "AI-BOM, CycloneDX 1.6 or 1.7 JSON", ".cdx.json", "application/vnd.cyclonedx+json"
    ),
    "cyclonedx-xml": Format("cyclonedx_xml", "AI-BOM, CycloneDX XML", ".cdx.xml", "application/vnd.cyclonedx+xml"),
    "spdx": Format(
        "spdx", "SPDX 3.0.1 with the AI and Dataset profiles (extra)", ".spdx.json", "application/spdx+json"
    ),
    "sarif": Format("sarif", "code scanning, SARIF 2.1.0", ".sarif", "application/sarif+json"),
    "html": Format("html", "one page for security teams", ".html", "text/html"),
    "markdown": Format("markdown", "for pull requests, with the lineage as a graph", ".md", "text/markdown"),
    "csv": Format("csv_", "one row per component, for spreadsheets", ".csv", "text/csv"),
    "junit": Format("junit", "test results for CI servers", ".junit.xml", "application/xml"),
    "github": Format("github", "annotations as workflow commands", ".txt", "text/plain"),
    "github-summary": Format("github", "GitHub step summary", ".md", "text/markdown", "render_summary"),
    "intoto": Format(
        "intoto", "unsigned in-toto statement about the BOM", ".intoto.json", "application/vnd.in-toto+json"
    ),
}


def render(report: Report, fmt: str, **options: Any) -> bytes:
    """Write `report` in the format `fmt`; options are the fields of `Options`.

    Raises `ConfigError` for an unknown format or option, `ReportError` where our own output is invalid.
    """
    chosen = FORMATS.get(fmt)
    if chosen is None:
        raise ConfigError(f"unknown format {fmt!r}", hint=f"one of {', '.join(FORMATS)}")
    try:
        settings = Options(**options)
    except TypeError as error:
        raise ConfigError(f"unknown report option: {error}") from error
    module = import_module(f"aicheck.report.{chosen.module}")
    function = cast("Callable[[Report, Options], bytes]", getattr(module, chosen.function))
    # Writing builds large trees without cycles; collecting garbage between doubles the time at 50,000 components.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return function(report, settings)
    finally:
        if collecting:
            gc.enable()


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader sees the old file or the new one, never half of it.

    Missing parent directories are made. A special file (`/dev/stdout`, a pipe) is written directly.
    Raises `ReportError` where the path cannot be written.
    """
    import tempfile

    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        target = target.resolve()  # a symbolic link stays a link: its target is replaced
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:64]}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            # mkstemp makes private files; a report is as readable as the user's umask allows.
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReportError(f"cannot write {path}: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
