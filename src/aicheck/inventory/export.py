"""The inventory for analysts: Parquet files or a DuckDB database (extra `analytics`)."""

from __future__ import annotations

import csv
import sqlite3
import tempfile
from pathlib import Path
from typing import Any, Final

from aicheck.errors import ConfigError
from aicheck.inventory.schema import TABLES

__all__ = ["export"]

_TYPES: Final = {"INTEGER": "BIGINT", "TEXT": "VARCHAR", "REAL": "DOUBLE", "BLOB": "VARCHAR"}
_NULL: Final = "\\N"
_CHUNK: Final = 20_000


def export(database: sqlite3.Connection, target: Path) -> tuple[str, ...]:
    """Write every table to `target`: a DuckDB file where it ends in `.duckdb`, else a directory of Parquet files.

    Returns the tables. Blobs (digests) become hexadecimal text. Raises `ConfigError` where the extra is not
    installed or the target cannot be written.
    """
    try:
        import duckdb  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigError("needs the extra 'analytics'", hint="pip install 'aicheck-cli[analytics]'") from None
    to_parquet = target.suffix != ".duckdb"
    try:
        (target if to_parquet else target.parent).mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=target if to_parquet else target.parent, prefix=".export-") as folder,
            duckdb.connect(":memory:" if to_parquet else str(target)) as engine,
        ):
            for table in TABLES:
                rows = Path(folder) / f"{table}.csv"
                columns = _write(database, table, rows)
                _load(engine, table, rows, columns)
                if to_parquet:
                    part = Path(folder) / f"{table}.parquet"
                    engine.execute(f"COPY {table} TO '{_quoted(part)}' (FORMAT parquet, COMPRESSION zstd)")
                    part.replace(target / part.name)
                    engine.execute(f"DROP TABLE {table}")
                rows.unlink()
    except (OSError, duckdb.Error) as error:
        raise ConfigError(f"cannot be written: {error}", path=str(target)) from None
    return TABLES


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _write(database: sqlite3.Connection, table: str, path: Path) -> dict[str, str]:
    """Write a table as CSV; returns its columns with their DuckDB types."""
    info = database.execute(f"PRAGMA table_info({table})").fetchall()
    columns = {row[1]: _TYPES[row[2]] for row in info}
    blobs = [number for number, row in enumerate(info) if row[2] == "BLOB"]
    cursor = database.execute(f"SELECT * FROM {table}")  # noqa: S608 - one of our tables
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
        while chunk := cursor.fetchmany(_CHUNK):
            writer.writerows([_values(row, blobs) for row in chunk])
    return columns


def _values(row: tuple[Any, ...], blobs: list[int]) -> list[Any]:
    values: list[Any] = [_NULL if value is None else value for value in row]
    for number in blobs:
        if isinstance(values[number], bytes):
            values[number] = values[number].hex()
    return values


def _load(engine: Any, table: str, path: Path, columns: dict[str, str]) -> None:
    engine.execute(f"DROP TABLE IF EXISTS {table}")
    typed = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    engine.execute(
        f"CREATE TABLE {table} AS SELECT * FROM read_csv('{_quoted(path)}', header = false, auto_detect = false,"  # noqa: S608 - our own names
        f" delim = ',', quote = '\"', escape = '\"', nullstr = '{_NULL}', new_line = '\\n',"
        f" max_line_size = 16777216, columns = {{{typed}}})"
    )
