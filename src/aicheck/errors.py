"""The errors that aicheck raises on purpose; everything else is a defect.

What could not be *seen* is never an error: it is a `aicheck.core.evidence.Gap` in the report.
"""

from __future__ import annotations

__all__ = ["AicheckError", "ConfigError", "HubError", "ReportError", "SourceError"]


class AicheckError(Exception):
    """Base of all deliberate errors; the command prints it without a traceback and exits 2."""


class ConfigError(AicheckError):
    """Something a person wrote (settings, policy, waiver, command line) is wrong.

    `path`, `line` and `column` (both 1-based) and `key` say where; `hint` says what to do.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        key: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.key = key
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        where = ""
        if self.path is not None:
            where = self.path
            if self.line is not None:
                where += f":{self.line}"
                if self.column is not None:
                    where += f":{self.column}"
            where += ": "
        text = f"{where}{self.message}"
        return f"{text} - {self.hint}" if self.hint else text


class SourceError(AicheckError):
    """A file of the scanned tree could not be read or parsed; the caller turns it into a Gap."""


class HubError(AicheckError):
    """The Hub did not answer as asked; `resolve` turns it into a Gap of that one component."""


class ReportError(AicheckError):
    """Our own output is invalid: a defect of aicheck, never of its input (exit 2)."""
