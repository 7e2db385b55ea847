"""Policies: read, merged, checked and compiled once; wrong ones are refused whole, with line and column."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path as FilePath
from typing import Any, Final, NamedTuple

from aicheck.core.component import Component
from aicheck.core.finding import Level, PolicyInfo
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Use
from aicheck.core.target import Kind
from aicheck.errors import ConfigError
from aicheck.evaluate.conditions import Condition, compile_condition, facts_read
from aicheck.evaluate.document import MAX_BYTES, Document, Path, read_document
from aicheck.evaluate.reading import fold
from aicheck.evaluate.registry import RULES
from aicheck.evaluate.rule import Answer, Context, Options, Organisation, Rule, unknown, violation
from aicheck.evaluate.schema import check_shape, suggest
from aicheck.knowledge.lists import LISTS
from aicheck.resources import policies_dir

__all__ = ["Applies", "Policy", "RuleUse", "Waiver", "load_policy", "pack_names"]

Fetch = Callable[[str], bytes]
"""Reads an https URL; given by whoever may open the network."""

MAX_EXTENDS: Final = 16
_NOT_SOURCE: Final = frozenset({Use.DOCUMENTATION, Use.COMMENT})
"""Uses that count only where a policy names them: prose about a model is no use of it."""
_COMMON: Final = frozenset({"level", "on_unknown", "applies_to", "cite"})
_ANY_KIND: Final = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Applies:
    """Which components and places a rule is about."""

    kinds: frozenset[Kind]
    excluded: tuple[Use, ...]
    """Uses that are not meant; a tuple, since the hash of an enum's member is a call into Python."""
    paths: tuple[str, ...] = ()
    exclude_paths: tuple[str, ...] = ()

    @property
    def places_key(self) -> object:
        """Rules with the same key look at the same references of a component."""
        return (self.excluded, self.paths, self.exclude_paths)

    @property
    def everywhere(self) -> bool:
        """No path is named."""
        return not self.paths and not self.exclude_paths


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule as one policy uses it."""

    key: str
    """`origin-allowed`, `origin-allowed/covered-nations`, `custom/no-tiny-context`."""
    rule: Rule
    level: Level
    on_unknown: str
    options: Options
    applies: Applies
    cite: str
    places: Mapping[str, str]
    """Option → `file:line`; '' stands for the rule itself."""

    def location(self, option: str) -> str:
        """`policies/us-dod.yaml:21  origin-allowed.deny_countries`."""
        place = self.places.get(option) or self.places[""]
        return f"{place}  {self.key}.{option}" if option else f"{place}  {self.key}"


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exemption, as written."""

    rule: str
    purl: str
    reason: str
    owner: str
    expires: dt.date
    path: str | None
    location: str
    line: int
    column: int
    file: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A merged, checked policy."""

    info: PolicyInfo
    uses: tuple[RuleUse, ...]
    waivers: tuple[Waiver, ...]
    organisation: Organisation
    max_waiver_days: int | None
    tests: tuple[Mapping[str, Any], ...]
    """The policy's own test cases (those of what it extends are not inherited)."""
    document: Mapping[str, Any] = field(repr=False)
    """The merged policy as plain data, without tests."""
    source: Document | None = field(default=None, repr=False)


class _Setting(NamedTuple):
    """A value and where it was written."""

    value: Any
    document: Document
    path: Path


class _Merged:
    """The layers put on top of each other, every value with its place."""

    def __init__(self) -> None:
        self.rules: dict[str, dict[str, _Setting]] = {}
        self.custom: dict[str, _Setting] = {}
        self.waivers: list[_Setting] = []
        self.organisation: dict[str, _Setting] = {}
        self.max_waiver_days: _Setting | None = None
        self.sources: list[str] = []

    def add(self, document: Document) -> None:
        """Put one document on top: options replace options, custom rules replace those of the same id."""
        data = document.data
        for key, value in data.get("rules", {}).items():
            place: Path = ("rules", key)
            settings = self.rules.setdefault(key, {})
            settings[""] = _Setting(None, document, place)
            if isinstance(value, str):
                settings["level"] = _Setting(value, document, place)
                continue
            for option, inner in value.items():
                settings[option] = _Setting(inner, document, (*place, option))
        seen: set[str] = set()
        for index, value in enumerate(data.get("custom", ())):
            place = ("custom", index)
            if value["id"] in seen:
                raise document.error(f"the custom rule '{value['id']}' is given twice", (*place, "id"))
            seen.add(value["id"])
            self.custom[value["id"]] = _Setting(value, document, place)
        for index, value in enumerate(data.get("waivers", ())):
            self.waivers.append(_Setting(value, document, ("waivers", index)))
        for key, value in data.get("organisation", {}).items():
            self.organisation[key] = _Setting(value, document, ("organisation", key))
        if "max_waiver_days" in data:
            self.max_waiver_days = _Setting(data["max_waiver_days"], document, ("max_waiver_days",))


def pack_names() -> tuple[str, ...]:
    """Names of the policy packs that ship with aicheck."""
    return tuple(sorted(path.stem for path in policies_dir().glob("*.yaml")))


class _Loader:
    """Follows `extends`, base first."""

    def __init__(self, fetch: Fetch | None) -> None:
        self.fetch = fetch
        self.merged = _Merged()
        self.done: set[str] = set()

    def pack(self, name: str, asked: tuple[Document, Path] | None) -> tuple[str, bytes]:
        names = pack_names()
        if name not in names:
            message, hint = f"there is no policy pack '{name}'", suggest(name, list(names))
            hint = hint or "shipped packs: " + ", ".join(names)
            if asked:
                raise asked[0].error(message, asked[1], hint=hint)
            raise ConfigError(message, key="policy", hint=hint)
        return f"policies/{name}.yaml", (policies_dir() / f"{name}.yaml").read_bytes()

    def file(self, path: FilePath, asked: tuple[Document, Path] | None) -> bytes:
        try:
            if not path.is_file():
                raise FileNotFoundError
            with path.open("rb") as stream:
                return stream.read(MAX_BYTES + 1)
        except OSError as error:
            why = "no such file" if isinstance(error, FileNotFoundError) else error.strerror or "cannot be read"
            if asked:
                raise asked[0].error(f"{path}: {why}", asked[1]) from None
            raise ConfigError(f"the policy cannot be read: {why}", path=str(path)) from None

    def load(
        self, identity: str, shown: str, data: bytes, trail: tuple[str, ...], base: FilePath | None
    ) -> Document:
        """Read a document and everything below it; `base` is the folder of relative names (None: a URL)."""
        document = read_document(data, shown)
        check_shape(document)
        entries = document.data.get("extends", [])
        single = isinstance(entries, str)
        for index, entry in enumerate([entries] if single else entries):
            place: Path = ("extends",) if single else ("extends", index)
            self.extend(document, place, entry, (*trail, identity), base)
        if identity not in self.done:
            self.done.add(identity)
            self.merged.add(document)
            self.merged.sources.append(shown)
        return document

    def extend(
        self,
        document: Document,
        place: Path,
        entry: str | Mapping[str, str],
        trail: tuple[str, ...],
        base: FilePath | None,
    ) -> None:
        url = entry if isinstance(entry, str) and "://" in entry else None
        wanted: str | None = None
        folder: FilePath | None
        if url is not None:
            raise document.error(
                "a policy from a URL is pinned by its sha256",
                place,
                hint=f"write {{url: {url}, sha256: <64 hex digits>}}",
            )
        if not isinstance(entry, str) and "url" in entry:
            identity = shown = entry["url"]
            wanted, folder = entry["sha256"], None
            data = self.download(document, place, shown)
        else:
            name = entry if isinstance(entry, str) else entry["file"]
            wanted = None if isinstance(entry, str) else entry.get("sha256")
            if isinstance(entry, str) and not _is_file_name(name):
                shown, data = self.pack(name, (document, place))
                identity, folder = f"pack:{name}", None
            elif base is None:
                raise document.error("a shipped or downloaded policy cannot extend a file", place)
            else:
                path = base / name
                shown, folder = str(path), path.parent
                identity = str(path.resolve())
                data = self.file(path, (document, place))
        if wanted is not None and hashlib.sha256(data).hexdigest() != wanted:
            found = hashlib.sha256(data).hexdigest()
            raise document.error(
                f"{shown} has the sha256 {found}, not the one given here", place, hint="review it"
            )
        if identity in trail:
            names = " → ".join(FilePath(step).name for step in (*trail[trail.index(identity) :], identity))
            raise document.error(f"'extends' goes round in a circle: {names}", place)
        if len(trail) >= MAX_EXTENDS:
            raise document.error(f"'extends' goes deeper than {MAX_EXTENDS} policies", place)
        self.load(identity, shown, data, trail, folder)

    def download(self, document: Document, place: Path, url: str) -> bytes:
        if self.fetch is None:
            raise document.error(
                f"{url} is not read here: no network access was given", place, hint="extend a file"
            )
        try:
            data = self.fetch(url)
        except ConfigError:
            raise
        except Exception as error:
            raise document.error(f"{url} could not be read: {error}", place) from error
        return data[: MAX_BYTES + 1]


def _is_file_name(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith((".yaml", ".yml"))


def _applies(rule: Rule, setting: _Setting | None) -> Applies:
    given: Mapping[str, Any] = setting.value if setting else {}
    kinds = frozenset(map(Kind, given["kinds"])) if "kinds" in given else rule.kinds
    uses = frozenset(map(Use, given["uses"])) if "uses" in given else frozenset(Use) - _NOT_SOURCE
    uses -= frozenset(map(Use, given.get("exclude_uses", ())))
    excluded = tuple(use for use in Use if use not in uses)
    return Applies(kinds, excluded, tuple(given.get("paths", ())), tuple(given.get("exclude_paths", ())))


def _location(setting: _Setting) -> str:
    line, _ = setting.document.place(setting.path, key=True)
    return f"{setting.document.path}:{line}"


def _check_lists(setting: _Setting) -> None:
    """A misspelt list would never match anything, and so pass everything."""
    known = {fold(name) for name in LISTS}
    for index, name in enumerate(setting.value):
        if fold(name) not in known:
            hint = suggest(name, list(LISTS)) or "one of " + ", ".join(LISTS)
            raise setting.document.error(
                f"no government list '{name}' is known", (*setting.path, index), hint=hint
            )


def _use(key: str, settings: Mapping[str, _Setting]) -> RuleUse | None:
    """Compile one rule; None where it is switched off."""
    own = settings[""]
    rule = RULES[key.partition("/")[0]]
    if "level" not in settings:
        raise own.document.error(
            f"'{key}' needs a 'level'", own.path, key=True, hint="one of error, warning, note, off"
        )
    if settings["level"].value == "off":
        return None
    if "on_unknown" not in settings:
        raise own.document.error(
            f"'{key}' needs 'on_unknown': what does a fact that could not be seen amount to?",
            own.path,
            key=True,
            hint="one of fail, inconclusive, warn, ignore",
        )
    given = {name: setting.value for name, setting in settings.items() if name and name not in _COMMON}
    for group in rule.needs:
        if not any(given.get(name) is not None for name in group):
            raise own.document.error(
                f"'{key}' says nothing yet", own.path, key=True, hint="give at least one of " + ", ".join(group)
            )
    if "deny_lists" in settings:
        _check_lists(settings["deny_lists"])
    values = {option.name: option.default for option in rule.options} | given
    cite = settings["cite"].value if "cite" in settings else ""
    return RuleUse(
        key,
        rule,
        Level(settings["level"].value),
        settings["on_unknown"].value,
        Options(values),
        _applies(rule, settings.get("applies_to")),
        cite,
        {name: _location(setting) for name, setting in settings.items()},
    )


def _custom_check(
    conditions: Sequence[tuple[str, Condition]], message: str, advice: str, facts: tuple[str, ...]
) -> Callable[[Component, Options, Context], Iterator[Answer]]:
    def check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
        doubt: str | None = None
        for verb, condition in conditions:
            result = condition(component)
            if result is None:
                doubt = doubt or verb
            elif result is (verb == "deny"):
                yield violation(message, verb, help=advice)
                return
        if doubt:
            because = tuple(("fact", name) for name in facts)
            yield unknown(f"cannot tell: {message}", doubt, because)

    return check


def _custom_use(setting: _Setting) -> RuleUse | None:
    given, document, path = setting
    conditions = [
        (verb, compile_condition(document, (*path, verb), suggest))
        for verb in ("deny", "require")
        if verb in given
    ]
    if not conditions:
        raise document.error(f"the custom rule '{given['id']}' needs 'deny' or 'require'", path)
    if given["level"] == "off":
        return None
    facts = tuple(dict.fromkeys(name for verb, _ in conditions for name in facts_read(given[verb])))
    rule = Rule(
        f"custom/{given['id']}",
        given.get("summary", given["message"]),
        (),
        _custom_check(conditions, given["message"], given.get("help", ""), facts),
        _ANY_KIND - {Kind.UNRESOLVABLE},
    )
    applies = _Setting(given["applies_to"], document, path) if "applies_to" in given else None
    places = {key: _location(_Setting(None, document, (*path, key))) for key in given}
    line, _ = document.place(path)
    return RuleUse(
        rule.id,
        rule,
        Level(given["level"]),
        given["on_unknown"],
        Options({}),
        _applies(rule, applies),
        given.get("cite", ""),
        {"": f"{document.path}:{line}", **places},
    )


def _waiver(setting: _Setting, keys: frozenset[str]) -> Waiver:
    given, document, path = setting
    line, column = document.place(path)
    try:
        expires = dt.date.fromisoformat(given["expires"])
    except ValueError:
        raise document.error(
            f"'{given['expires']}' is no date", (*path, "expires"), hint="write YYYY-MM-DD"
        ) from None
    name = given["rule"]
    known = keys | {key.partition("/")[0] for key in keys} | set(RULES)
    if name not in known:
        raise document.error(
            f"a waiver of an unknown rule '{name}'", (*path, "rule"), hint=suggest(name, sorted(known))
        )
    return Waiver(
        name,
        given["purl"],
        given["reason"],
        given["owner"],
        expires,
        given.get("path"),
        f"{document.path}:{line}",
        line,
        column,
        document.path,
    )


def _document(merged: _Merged) -> dict[str, Any]:
    """The merged policy as plain data, in a fixed order."""
    result: dict[str, Any] = {"version": 1}
    if merged.organisation:
        result["organisation"] = {key: merged.organisation[key].value for key in sorted(merged.organisation)}
    if merged.max_waiver_days:
        result["max_waiver_days"] = merged.max_waiver_days.value
    result["rules"] = {
        key: {name: setting.value for name, setting in settings.items() if name}
        for key, settings in sorted(merged.rules.items())
    }
    if merged.custom:
        result["custom"] = [setting.value for setting in merged.custom.values()]
    if merged.waivers:
        result["waivers"] = [setting.value for setting in merged.waivers]
    return result


def _digest(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def load_policy(
    name_or_path: str | FilePath, *, fetch: Fetch | None = None, overrides: Mapping[str, Any] | None = None
) -> Policy:
    """Load a policy by the name of a shipped pack or by path, with everything that it extends.

    `fetch` reads the https URLs of `extends` (pinned by sha256); without it such an entry is an error.
    `overrides` is a policy as plain data that is put on top. Raises `ConfigError` for whatever is wrong.
    """
    loader = _Loader(fetch)
    text = str(name_or_path)
    if isinstance(name_or_path, str) and not _is_file_name(text) and not FilePath(text).is_file():
        shown, data = loader.pack(text, None)
        document = loader.load(f"pack:{text}", shown, data, (), None)
        name = document.data.get("name", text)
    else:
        path = FilePath(text)
        shown = path.as_posix()
        document = loader.load(str(path.resolve()), shown, loader.file(path, None), (), path.parent)
        name = document.data.get("name", path.stem)
    merged = loader.merged
    if overrides:
        extra = Document("<overrides>", {"version": 1, **overrides}, {}, {})
        check_shape(extra)
        merged.add(extra)
        merged.sources.append(extra.path)
    return _compiled(merged, document, name, shown)


def _shown(path: FilePath) -> str:
    """Return how reports name a policy file: relative where it can be, never through a home directory."""
    if not path.is_absolute():
        return path.as_posix()
    try:
        return path.relative_to(FilePath.cwd()).as_posix()
    except ValueError:
        return path.name


def _compiled(merged: _Merged, document: Document, name: str, shown: str) -> Policy:
    built = [_use(key, settings) for key, settings in merged.rules.items()]
    built += [_custom_use(setting) for setting in merged.custom.values()]
    uses = tuple(use for use in built if use is not None)
    keys = frozenset(merged.rules) | frozenset(f"custom/{name}" for name in merged.custom)
    waivers = tuple(_waiver(setting, keys) for setting in merged.waivers)
    organisation = {key: setting.value for key, setting in merged.organisation.items()}
    plain = _document(merged)
    info = PolicyInfo(
        name,
        _digest(plain),
        _shown(FilePath(shown)),
        tuple(_shown(FilePath(source)) if "://" not in source else source for source in merged.sources),
        tuple((use.key, use.level.value) for use in uses),
        document.data.get("summary", ""),
    )
    return Policy(
        info,
        uses,
        waivers,
        Organisation(
            organisation.get("name", ""),
            tuple(organisation.get("territory", ())),
            organisation.get("commercial"),
            organisation.get("metrics", {}),
        ),
        merged.max_waiver_days.value if merged.max_waiver_days else None,
        tuple(document.data.get("test", ())),
        plain,
        document,
    )
