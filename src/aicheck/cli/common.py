"""What several verbs share: reading paths, writing reports, exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

import click

from aicheck.core.finding import Verdict
from aicheck.core.report import Report
from aicheck.errors import ConfigError
from aicheck.settings import Sourced

__all__ = [
    "EXIT_CODES",
    "color_wanted",
    "exit_code",
    "parse_outputs",
    "policy_path",
    "project_name",
    "read_stdin",
    "show_settings",
    "width_of",
    "wrapped",
    "write_outputs",
]

EXIT_CODES: Final[Mapping[Verdict, int]] = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}
_MAX_STDIN: Final = 256 << 20


def exit_code(report: Report) -> int:
    """0 pass, 1 fail, 3 inconclusive; 0 after `--discover-only`, which has no verdict."""
    return 0 if report.verdict is None else EXIT_CODES[report.verdict]


def parse_outputs(values: Sequence[str], formats: Sequence[str]) -> list[tuple[str, Path]]:
    """Read `FORMAT=FILE` values; raises `ConfigError` for an unknown format or a missing file name."""
    result: list[tuple[str, Path]] = []
    for value in values:
        name, separator, file = value.partition("=")
        if not separator or not file:
            raise ConfigError(f"-o {value}: expected FORMAT=FILE", hint="for example -o cyclonedx=bom.cdx.json")
        if name not in formats:
            from difflib import get_close_matches

            close = get_close_matches(name, formats, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"formats: {', '.join(formats)}"
            raise ConfigError(f"-o {value}: unknown format '{name}'", hint=hint)
        result.append((name, Path(file)))
    return result


def policy_path(sourced: Sourced) -> str:
    """Return the policy's name, or its path: relative to the settings file where that names it."""
    policy = sourced.settings.policy
    looks_like_path = "/" in policy or policy.endswith((".yaml", ".yml"))
    if sourced.path is None or not looks_like_path or Path(policy).is_absolute():
        return policy
    if sourced.origin("policy") in {"flag", "default"} or sourced.origin("policy").startswith("AICHECK_"):
        return policy
    return os.path.relpath(sourced.path.parent / policy)


def project_name(path: Path) -> str:
    """Name of the scanned project: of its directory, never an absolute path."""
    return path.resolve().name or "project"


def read_stdin() -> bytes:
    """Read standard input with a bound; raises `ConfigError` beyond it."""
    data = sys.stdin.buffer.read(_MAX_STDIN + 1)
    if len(data) > _MAX_STDIN:
        raise ConfigError(f"standard input is larger than {_MAX_STDIN} bytes")
    return data


def color_wanted(stream: object) -> bool:
    """Colours only on terminals; `NO_COLOR` and `FORCE_COLOR` decide where they are set."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM") != "dumb"


def write_outputs(
    report: Report, outputs: Sequence[tuple[str, Path]], options: Mapping[str, Mapping[str, object]]
) -> None:
    """Render and write every `-o FORMAT=FILE`, each atomically; raises `ConfigError` where a file cannot be."""
    from aicheck.report import render, write_atomically

    for name, path in outputs:
        _refuse_foreign_link(path)
        data = render(report, name, **options.get(name, {}))
        try:
            write_atomically(path, data)
        except OSError as error:
            raise ConfigError(f"cannot write: {error.strerror or error}", path=str(path)) from error


def _refuse_foreign_link(path: Path) -> None:
    """Refuse an output that is a link out of the working directory: a scanned checkout may have put it there.

    Raises `ConfigError`. Links elsewhere (outside of the working directory) are the user's own.
    """
    here = Path.cwd().resolve()
    folder = path.parent.resolve()
    if not folder.is_relative_to(here) and (path.parent.is_absolute() or ".." in path.parent.parts):
        return
    target = path.resolve()
    if not target.is_relative_to(here) and not target.is_relative_to("/dev"):
        raise ConfigError(
            "the output is a link that leaves the working directory", path=str(path), hint="remove the link"
        )


def show_settings(sourced: Sourced) -> None:
    """Print every setting with the source of its value."""
    import json
    from dataclasses import asdict

    values = asdict(sourced.settings)
    width = max(len(key) for key in values)
    for key, value in values.items():
        shown = json.dumps(list(value) if isinstance(value, tuple) else value)
        click.echo(f"{key.replace('_', '-'):{width}}  {shown:30}  {sourced.origin(key)}")


def width_of(stream: IO[str]) -> int | None:
    """Columns of the terminal, or of `COLUMNS`; None for a file or a pipe, whose lines stay whole."""
    import shutil

    if not stream.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        return None
    return max(60, min(160, shutil.get_terminal_size((100, 24)).columns))


def wrapped(line: str, width: int | None, under: int) -> list[str]:
    """One line in as many as it needs, those after the first indented by `under` columns."""
    if width is None or len(line) <= width or line.startswith("\x1b"):
        return [line]
    import textwrap

    return textwrap.wrap(
        line, width, subsequent_indent=" " * under, break_long_words=False, break_on_hyphens=False,
        replace_whitespace=False,
    )  # fmt: skip
