"""Ready questions and SQL over what `bom merge --export` wrote: a DuckDB file, or a directory of Parquet files."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any, Final

from aicheck.errors import ConfigError
from aicheck.inventory.query import Answer
from aicheck.inventory.schema import TABLES, view_statements

__all__ = ["Analytics", "is_analytics"]

_CHANGES: Final = (
    # SQLite takes CROSS JOIN as "in this order"; here the planner knows better.
    (re.compile(r"\bCROSS JOIN (\w+ \w+) ON\b"), r"JOIN \1 ON"),
    (re.compile(r"group_concat\(DISTINCT (\w+)\)"), r"string_agg(DISTINCT \1, ',' ORDER BY \1)"),
    (re.compile(r"\bIS NOT '"), "IS DISTINCT FROM '"),
    (re.compile(r":value\b"), "$value"),
)


def is_analytics(path: Path) -> bool:
    """Whether a path is such an export rather than the SQLite file."""
    return path.suffix == ".duckdb" or path.is_dir()


class Analytics:
    """One export, opened for reading alone; `execute` takes SQLite's words of the ready questions."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises `ConfigError` where the extra is not installed, or there is no export."""
        try:
            import duckdb  # noqa: PLC0415 - an extra
        except ImportError:
            raise ConfigError("needs the extra 'analytics'", hint="pip install 'aicheck-cli[analytics]'") from None
        self._errors: type[Exception] = duckdb.Error
        self._interrupted: type[Exception] = duckdb.InterruptException
        files = path.is_dir()
        missing = [name for name in TABLES if files and not (path / f"{name}.parquet").is_file()]
        if missing or not path.exists():
            found = f"{missing[0]}.parquet is missing" if missing else "no such file"
            raise ConfigError(
                found, path=str(path), hint=f"write it: aicheck bom merge -d inventory.sqlite --export {path}"
            )
        try:
            self._engine: Any = duckdb.connect(":memory:")
            if files:
                folder = path.resolve()
                for name in TABLES:
                    place = str(folder / f"{name}.parquet").replace("'", "''")
                    self._engine.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{place}')")  # noqa: S608 - our own names
                self._engine.execute(f"SET allowed_directories = ['{str(folder).replace(chr(39), chr(39) * 2)}']")
            else:
                place = str(path.resolve()).replace("'", "''")
                self._engine.execute(f"ATTACH '{place}' AS inventory (READ_ONLY)")
                for name in TABLES:
                    self._engine.execute(f"CREATE VIEW {name} AS SELECT * FROM inventory.{name}")  # noqa: S608 - our own names
            for statement in view_statements():
                self._engine.execute(statement)
            # From here on nothing but these files can be read, and nothing written.
            self._engine.execute("SET enable_external_access = false")
            self._engine.execute("SET lock_configuration = true")
        except duckdb.Error as error:
            raise ConfigError(f"is no export of an inventory: {error}", path=str(path)) from None

    def execute(self, sql: str, parameters: dict[str, Any] | None = None) -> Any:
        """Run one of the ready questions' statements."""
        for pattern, new in _CHANGES:
            sql = pattern.sub(new, sql)
        return self._engine.execute(sql, parameters or None)

    def run_sql(self, sql: str, *, seconds: float = 30.0, limit: int = 0) -> Answer:
        """Run one SELECT in DuckDB's words for at most `seconds`. Raises `ConfigError` with the engine's words."""
        try:
            statements = self._engine.extract_statements(sql)
        except self._errors as error:
            raise ConfigError(f"--sql: {error}") from None
        if len(statements) != 1 or statements[0].type.name != "SELECT":
            raise ConfigError("--sql takes one SELECT", hint="reading is all that is allowed")
        timer = threading.Timer(seconds, self._engine.interrupt)
        timer.start()
        try:
            cursor = self._engine.execute(sql)
            columns = tuple(item[0] for item in cursor.description)
            rows = cursor.fetchmany(limit + 1) if limit else cursor.fetchall()
        except self._interrupted:
            raise ConfigError(f"the query took longer than {seconds:g} s", hint="--timeout allows more") from None
        except self._errors as error:
            raise ConfigError(f"--sql: {error}") from None
        finally:
            timer.cancel()
        more = bool(limit) and len(rows) > limit
        return Answer("SQL", columns, tuple(rows[:limit] if limit else rows), "", more)

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()
