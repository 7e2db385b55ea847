"""The tables of the inventory: one SQLite file that answers questions over many BOMs.

A *component* row is one state of facts about one target, stored once however many BOMs carry it; a *snapshot* is
one state of a repository's content; a *scan* says that a repository was in that state at a time. So the same
BOM twice changes nothing, and an unchanged repository costs one row. `docs/inventory.md` describes every column.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Final

from aicheck.errors import ConfigError

__all__ = [
    "APPLICATION_ID",
    "SCHEMA_VERSION",
    "TABLES",
    "VIEWS",
    "open_inventory",
    "open_read_only",
    "view_statements",
]

APPLICATION_ID: Final = 0x41494349
"""`AICI`: tells an inventory from any other SQLite file."""

_V1: Final = """
CREATE TABLE repository (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  source TEXT,
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  latest_scan INTEGER
);
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY,
  repository_id INTEGER NOT NULL REFERENCES repository(id),
  digest BLOB NOT NULL,
  components INTEGER NOT NULL,
  findings INTEGER NOT NULL,
  gaps INTEGER NOT NULL,
  UNIQUE (repository_id, digest)
);
CREATE TABLE scan (
  id INTEGER PRIMARY KEY,
  repository_id INTEGER NOT NULL REFERENCES repository(id),
  snapshot_id INTEGER NOT NULL REFERENCES snapshot(id),
  created TEXT NOT NULL,
  version TEXT,
  verdict TEXT,
  policy TEXT,
  policy_sha256 TEXT,
  tool TEXT NOT NULL,
  tool_version TEXT NOT NULL,
  catalog_date TEXT,
  document TEXT,
  UNIQUE (repository_id, created, snapshot_id)
);
CREATE INDEX scan_snapshot ON scan(snapshot_id);
CREATE INDEX scan_created ON scan(created);
CREATE TABLE component (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  target TEXT NOT NULL,
  kind TEXT NOT NULL,
  is_model INTEGER NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  purl TEXT,
  version TEXT,
  revision TEXT,
  publisher TEXT,
  publisher_country TEXT,
  developer TEXT,
  developer_country TEXT,
  developer_state TEXT NOT NULL,
  license TEXT,
  license_category TEXT,
  license_state TEXT NOT NULL,
  commercial_use TEXT,
  provider TEXT,
  host TEXT,
  operator TEXT,
  operator_country TEXT,
  hosting_state TEXT NOT NULL,
  stands_for TEXT,
  roots TEXT NOT NULL,
  root_countries TEXT NOT NULL,
  lineage_complete INTEGER NOT NULL,
  concealed INTEGER NOT NULL,
  formats TEXT NOT NULL,
  executable INTEGER,
  parameters INTEGER,
  availability TEXT,
  as_of TEXT,
  answered_by TEXT
);
CREATE INDEX component_name ON component(name_key);
CREATE INDEX component_target ON component(target);
CREATE INDEX component_host ON component(host) WHERE host IS NOT NULL;
CREATE TABLE member (
  snapshot_id INTEGER NOT NULL REFERENCES snapshot(id),
  component_id INTEGER NOT NULL REFERENCES component(id),
  pinned INTEGER NOT NULL,
  requested TEXT NOT NULL,
  uses INTEGER NOT NULL,
  PRIMARY KEY (snapshot_id, component_id)
) WITHOUT ROWID;
CREATE TABLE presence (
  repository_id INTEGER NOT NULL REFERENCES repository(id),
  target TEXT NOT NULL,
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  left_on TEXT,
  component_id INTEGER NOT NULL REFERENCES component(id),
  snapshot_id INTEGER NOT NULL REFERENCES snapshot(id),
  PRIMARY KEY (repository_id, target, first_seen)
) WITHOUT ROWID;
CREATE INDEX presence_component ON presence(component_id, left_on);
CREATE INDEX presence_first_seen ON presence(first_seen);
CREATE TABLE reference (
  snapshot_id INTEGER NOT NULL REFERENCES snapshot(id),
  component_id INTEGER REFERENCES component(id),
  path TEXT NOT NULL,
  line INTEGER NOT NULL,
  col INTEGER NOT NULL,
  use TEXT NOT NULL,
  confidence REAL NOT NULL,
  raw TEXT NOT NULL,
  symbol TEXT NOT NULL,
  detector TEXT NOT NULL
);
CREATE INDEX reference_snapshot ON reference(snapshot_id, component_id);
CREATE TABLE claim (
  component_id INTEGER NOT NULL REFERENCES component(id),
  fact TEXT NOT NULL,
  value TEXT,
  source TEXT NOT NULL,
  confidence REAL NOT NULL,
  locator TEXT NOT NULL,
  seen TEXT,
  note TEXT NOT NULL
);
CREATE INDEX claim_component ON claim(component_id);
CREATE TABLE edge (
  component_id INTEGER NOT NULL REFERENCES component(id),
  parent TEXT NOT NULL,
  parent_key TEXT NOT NULL,
  child TEXT NOT NULL,
  depth INTEGER NOT NULL,
  relation TEXT NOT NULL,
  declared INTEGER NOT NULL,
  confidence REAL NOT NULL,
  root INTEGER NOT NULL,
  developer TEXT,
  developer_country TEXT,
  license TEXT
);
CREATE INDEX edge_parent ON edge(parent_key, component_id);
CREATE INDEX edge_component ON edge(component_id);
CREATE TABLE origin (
  component_id INTEGER NOT NULL REFERENCES component(id),
  country TEXT NOT NULL,
  role TEXT NOT NULL,
  organization TEXT NOT NULL
);
CREATE INDEX origin_country ON origin(country, component_id);
CREATE TABLE license_term (
  component_id INTEGER NOT NULL REFERENCES component(id),
  term TEXT NOT NULL
);
CREATE INDEX license_term_term ON license_term(term, component_id);
CREATE TABLE finding (
  snapshot_id INTEGER NOT NULL REFERENCES snapshot(id),
  component_id INTEGER REFERENCES component(id),
  rule TEXT NOT NULL,
  level TEXT NOT NULL,
  status TEXT NOT NULL,
  message TEXT NOT NULL,
  subject TEXT NOT NULL,
  path TEXT,
  line INTEGER,
  waived INTEGER NOT NULL,
  effect TEXT NOT NULL,
  fingerprint TEXT NOT NULL
);
CREATE INDEX finding_snapshot ON finding(snapshot_id);
CREATE TABLE gap (
  snapshot_id INTEGER REFERENCES snapshot(id),
  repository_id INTEGER NOT NULL REFERENCES repository(id),
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  path TEXT,
  line INTEGER
);
CREATE INDEX gap_snapshot ON gap(snapshot_id);
CREATE INDEX gap_repository ON gap(repository_id) WHERE snapshot_id IS NULL;
CREATE VIEW current_component AS
  SELECT r.name AS repository, p.first_seen, p.last_seen, m.pinned, m.requested, m.uses, c.*,
         p.repository_id, p.snapshot_id
  FROM presence p
  JOIN repository r ON r.id = p.repository_id
  JOIN component c ON c.id = p.component_id
  JOIN member m ON m.snapshot_id = p.snapshot_id AND m.component_id = p.component_id
  WHERE p.left_on IS NULL;
CREATE VIEW current_reference AS
  SELECT r.name AS repository, c.target, f.* FROM repository r
  JOIN scan s ON s.id = r.latest_scan
  JOIN reference f ON f.snapshot_id = s.snapshot_id
  LEFT JOIN component c ON c.id = f.component_id;
CREATE VIEW current_finding AS
  SELECT r.name AS repository, f.* FROM repository r
  JOIN scan s ON s.id = r.latest_scan
  JOIN finding f ON f.snapshot_id = s.snapshot_id;
CREATE VIEW current_gap AS
  SELECT r.name AS repository, g.* FROM repository r
  JOIN scan s ON s.id = r.latest_scan
  JOIN gap g ON g.snapshot_id = s.snapshot_id
  UNION ALL
  SELECT r.name AS repository, g.* FROM gap g JOIN repository r ON r.id = g.repository_id
  WHERE g.snapshot_id IS NULL;
"""

MIGRATIONS: Final[tuple[str, ...]] = (_V1,)
"""Script number n takes a file of version n to version n + 1; what stands here is never edited, only added to."""

SCHEMA_VERSION: Final = len(MIGRATIONS)

TABLES: Final = (
    "repository", "snapshot", "scan", "component", "member", "presence", "reference", "claim", "edge", "origin",
    "license_term", "finding", "gap",
)  # fmt: skip
VIEWS: Final = ("current_component", "current_reference", "current_finding", "current_gap")


def view_statements() -> tuple[str, ...]:
    """The statements that make the views, for other engines over the same tables."""
    statements = re.findall(r"CREATE VIEW .*?;", "".join(MIGRATIONS), re.DOTALL)
    return tuple(statements)


def _check(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema version of a file; raises `ConfigError` where it is no inventory, or a newer one."""
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"is not an inventory: {error}", path=str(path)) from None
    if application != APPLICATION_ID and (application or version or tables):
        raise ConfigError("is a SQLite file, but not an inventory of aicheck", path=str(path))
    if version > SCHEMA_VERSION:
        raise ConfigError(
            f"was written by a newer aicheck (schema {version}, this one knows {SCHEMA_VERSION})",
            path=str(path),
            hint="update aicheck",
        )
    return version


def open_inventory(path: Path) -> sqlite3.Connection:
    """Open an inventory for writing; makes the file or brings it to this schema. Raises `ConfigError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Autocommit: transactions are begun and ended by name.
        connection = sqlite3.connect(path, isolation_level=None, timeout=60.0)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"cannot be opened: {error}", path=str(path)) from None
    try:
        version = _check(connection, path)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -131072")
        connection.execute("PRAGMA temp_store = MEMORY")
        for number in range(version, SCHEMA_VERSION):
            connection.executescript(
                f"BEGIN IMMEDIATE;{MIGRATIONS[number]}PRAGMA user_version = {number + 1};"
                f"PRAGMA application_id = {APPLICATION_ID};COMMIT;"
            )
    except sqlite3.Error as error:
        connection.close()
        raise ConfigError(f"cannot be opened: {error}", path=str(path)) from None
    except ConfigError:
        connection.close()
        raise
    return connection


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open an inventory so that nothing can be written. Raises `ConfigError`."""
    if not path.is_file():
        raise ConfigError("there is no inventory", path=str(path), hint="write one with: aicheck bom merge")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise ConfigError(f"cannot be opened: {error}", path=str(path)) from None
    problem: ConfigError | None = None
    try:
        version = _check(connection, path)
        if version < SCHEMA_VERSION:
            hint = "bring it up to date with: aicheck bom merge"
            message = f"has schema {version}, this aicheck reads {SCHEMA_VERSION}"
            problem = ConfigError(message, path=str(path), hint=hint)
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA cache_size = -65536")
    except sqlite3.Error as error:
        problem = ConfigError(f"cannot be read: {error}", path=str(path))
    except ConfigError as error:
        problem = error
    if problem is not None:
        connection.close()
        raise problem
    return connection
