"""Where models are named: one `Reference` is one sighting."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from aicheck.core.evidence import Gap
from aicheck.core.frozen import dataclass
from aicheck.core.target import Target, kind_of

__all__ = ["Inventory", "Occurrence", "Reference", "ScanStats", "Use", "reference_key"]


class Use(StrEnum):
    """What the reference is for at that place."""

    LOAD = "load"
    """Code or a command that loads, downloads or calls the model."""
    CONFIG = "config"
    """A configuration value, constant or registry entry."""
    DEPLOY = "deploy"
    """Deployment: image, manifest, chart, compose, CI, Dockerfile."""
    DEFAULT = "default"
    """The default of an argument, option, field or environment variable."""
    CHOICE = "choice"
    """One of several that a person or program may pick (pick list of a user interface, allowed values)."""
    TEST = "test"
    DEPENDENCY = "dependency"
    """A manifest or lock file of software packages."""
    PRESENT = "present"
    """The thing itself lies in the tree: a weights file, a card, a cache folder."""
    DOCUMENTATION = "documentation"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place in the scanned tree."""

    path: str
    """Relative to the scanned root, `/` as separator; undecodable bytes as surrogate escapes."""
    line: int
    """1-based; 1 for files without lines. In notebooks: the line of the .ipynb file itself."""
    column: int
    """1-based, in Unicode code points."""
    end: int
    """Column after the last character, same line; equals `column` where there is no span."""
    raw: str
    """As written there, at most 500 characters: `"Qwen/Qwen3-8B"` without quotes, `ModelType.GPT_4O`."""
    symbol: str
    """Enclosing call, key path, variable or field: `AutoModel.from_pretrained`, `spec.model.name`; or ''."""
    detector: str
    use: Use


@dataclass(frozen=True, slots=True)
class Reference:
    """One sighting of a target."""

    target: Target
    occurrence: Occurrence
    confidence: float
    """0.0 to 1.0 that this place really refers to this target."""
    attributes: tuple[tuple[str, str], ...] = ()
    """What the place says besides the name, sorted by key, values as written. Keys in use:
    `revision`, `trust_remote_code` (`true`/`false`), `use_safetensors`, `weights_only`, `filename`,
    `base_url`, `api_key_env` (name of the variable, never a value), `client` (SDK), `deployment`, `sha256`,
    `quantization`, `task`, `router` (`true`), `scope` (of a dependency: `runtime`, `dev`, `optional`),
    `ai` (class of an AI library), `via` (path:line of the constant that was followed).

    Of weights files, from their header and from what lies beside them: `format`, `safety` (`safe`, `executable`,
    `unknown`), `size` (bytes), `name`, `organization`, `license`, `base` (Hub ids of declared bases, comma
    between), `base_name` (where no id is given), `base_where`, `base_relation`, `repo` (Hub id of the source),
    `model_type`, `architecture`, `parameters`, `tensors`, `dtypes`, `shape_digest` (sha256 over names and
    shapes), `tokens_sha256`, `chat_template_sha256`, `vocab_size`, `hidden_size`, `intermediate_size`,
    `layers`, `heads`, `kv_heads`, `tensor_type`, `query_size`, `key_size`, `rope_theta`, `max_positions`,
    `imports`, `dangerous_imports`, `unusual_imports`, `dangerous_operators`, `lambda_layers`, `custom_objects`,
    `custom_domains`, `external_data`, `external_escape`, `remote_code`, `auto_map`, `adapter`, `lfs`, `md5`,
    `producer`.
    Of a base that a file declares: `relation` (`base`, `adapter`, `code`, `tokenizer`, `training-data`, or the
    card's own word) and `of` (the file or folder that declares it).
    Of dependencies: `requirement`, `hash`, `url`, `provider`, `vendor`, `license` (installed ones).
    Of tool servers: `location`, `source` (`npm`, `pypi`, `docker`, `remote`, `command`), `version`, `pinned`,
    `remote`, `transport`, `disabled`, `role`."""

    def attribute(self, key: str) -> str | None:
        """Return the value of one attribute, or None."""
        for name, value in self.attributes:
            if name == key:
                return value
        return None


def reference_key(reference: Reference) -> tuple[str, int, int, str, str]:
    """Total order of references: path, line, column, kind, target."""
    place = reference.occurrence
    return (place.path, place.line, place.column, kind_of(reference.target).value, str(reference.target))


@dataclass(frozen=True, slots=True)
class ScanStats:
    """Counts of one discovery; no times, so that reports stay reproducible."""

    files_listed: int = 0
    files_read: int = 0
    bytes_read: int = 0
    files_skipped: int = 0
    """Not read on purpose (binary without a known format, lock of another tool …); never an error."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """The result of discovery: everything seen, and everything that could not be seen."""

    root: str
    """How the user named the tree (never an absolute home path): `.`, `repo.zip`, `HEAD~1`."""
    references: tuple[Reference, ...]
    """Sorted by `reference_key`, without duplicates."""
    gaps: tuple[Gap, ...]
    stats: ScanStats = field(default_factory=ScanStats)
    excerpts: tuple[tuple[str, int, str], ...] = ()
    """(path, line, text) of the source lines that references stand on, for diagnostics; sorted;
    each at most 400 characters, secrets masked."""
