"""The shape of a policy: one JSON Schema (draft-07), built from the rules, published for editors and checked here.

`check_shape` reads the same schema that editors get and knows where every value stands, so its messages have
line, column and a suggestion. Tests hold it against `jsonschema`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from aicheck.core.component import Relation
from aicheck.core.reference import Use
from aicheck.core.target import Kind
from aicheck.errors import ConfigError
from aicheck.evaluate.conditions import CONDITION_SCHEMA
from aicheck.evaluate.document import Document, Path
from aicheck.evaluate.registry import RULES
from aicheck.evaluate.rule import Rule
from aicheck.evaluate.values import COUNTRIES, COUNTRY_SCHEMA, ISO_COUNTRIES

__all__ = ["LEVELS", "ON_UNKNOWN", "check_shape", "policy_schema", "suggest"]

LEVELS: Final = ("error", "warning", "note", "off")
ON_UNKNOWN: Final = ("fail", "inconclusive", "warn", "ignore")

_TEXT: Final[dict[str, Any]] = {"type": "string", "minLength": 1}
_TEXTS: Final[dict[str, Any]] = {"type": "array", "items": _TEXT, "minItems": 1}
_DATE: Final[dict[str, Any]] = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_SHA256: Final[dict[str, Any]] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_RULE_KEY = "^{}(/[a-z0-9][a-z0-9-]*)?$"


def _object(properties: Mapping[str, Any], required: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return {**schema, **more}


def _described(schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {**schema, "description": text}


def _rule_schema(rule: Rule) -> dict[str, Any]:
    options = {option.name: _described(option.type.schema, option.summary) for option in rule.options}
    use = _object({**_COMMON, **options}, description=rule.summary)
    return {"anyOf": [{"type": "string", "enum": list(LEVELS)}, use]}


_APPLIES: Final = _object(
    {
        "kinds": {"type": "array", "items": {"type": "string", "enum": [k.value for k in Kind]}, "minItems": 1},
        "uses": {"type": "array", "items": {"type": "string", "enum": [u.value for u in Use]}, "minItems": 1},
        "exclude_uses": {"type": "array", "items": {"type": "string", "enum": [u.value for u in Use]}},
        "paths": _TEXTS,
        "exclude_paths": _TEXTS,
    }
)
_COMMON: Final[dict[str, Any]] = {
    "level": _described({"type": "string", "enum": list(LEVELS)}, "How grave a violation is."),
    "on_unknown": _described(
        {"type": "string", "enum": list(ON_UNKNOWN)}, "What a fact that could not be seen amounts to."
    ),
    "applies_to": _described({"$ref": "#/definitions/applies_to"}, "Which components and places are meant."),
    "cite": _described(_TEXT, "The clause behind this rule; shown with every finding."),
}
_ANY_FACT: Final[dict[str, Any]] = {"type": ["string", "object"]}
_ANCESTOR = _object(
    {
        "id": _TEXT,
        "relation": {"type": "string", "enum": [r.value for r in Relation]},
        "child": _TEXT,
        "depth": {"type": "integer", "minimum": 1},
        "declared": {"type": "boolean"},
        "card_seen": {"type": "boolean"},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "developer": _ANY_FACT,
        "license": _ANY_FACT,
    },
    ["id"],
)
_TEACHER = _object({"id": _TEXT, "kind": _TEXT, "developer": _ANY_FACT}, ["id"])
_PLACE = _object(
    {
        "path": _TEXT,
        "line": {"type": "integer", "minimum": 1},
        "use": {"type": "string", "enum": [u.value for u in Use]},
        "raw": {"type": "string"},
        "attributes": {"type": "object", "additionalProperties": {"type": "string"}},
    }
)
_GIVEN: Final = _object(
    {
        "target": _described(_TEXT, "Canonical spelling: `hf:Qwen/Qwen3-8B`, `api:deepseek/deepseek-chat` …"),
        "publisher": _ANY_FACT,
        "developer": _ANY_FACT,
        "license": _ANY_FACT,
        "lineage": _object(
            {
                "ancestors": {"type": "array", "items": _ANCESTOR},
                "data": {"type": "array", "items": _TEACHER},
                "complete": {"type": ["boolean", "string"]},
                "concealed": {"type": "boolean"},
            }
        ),
        "weights": _ANY_FACT,
        "hosting": _ANY_FACT,
        "revision": _object({"requested": {"type": "array", "items": {"type": "string"}}, "commit": _ANY_FACT}),
        "card": {"type": "object"},
        "stands_for": _ANY_FACT,
        "availability": _TEXT,
        "version": _TEXT,
        "location": _TEXT,
        "as_of": _DATE,
        "gaps": {"type": "array", "items": _TEXT},
        "references": {"type": "array", "items": _PLACE},
    },
    ["target"],
)
_EXPECT: Final = _object(
    {
        "verdict": {"type": "string", "enum": ["pass", "fail", "inconclusive"]},
        "violations": {"type": "array", "items": _TEXT},
        "unknown": {"type": "array", "items": _TEXT},
        "messages": {"type": "array", "items": _TEXT},
    }
)


@cache
def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema of policy files, as `schemas/policy.schema.json` publishes it."""
    extend = {
        "anyOf": [
            _TEXT,
            _object({"url": {"type": "string", "pattern": "^https://"}, "sha256": _SHA256}, ["url", "sha256"]),
            _object({"file": _TEXT, "sha256": _SHA256}, ["file"]),
        ]
    }
    organisation = _object(
        {
            "name": _TEXT,
            "territory": COUNTRIES.schema,
            "commercial": {"type": "boolean"},
            "metrics": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
        }
    )
    waiver = _object(
        {"rule": _TEXT, "purl": _TEXT, "path": _TEXT, "reason": _TEXT, "owner": _TEXT, "expires": _DATE},
        ["rule", "purl", "reason", "owner", "expires"],
    )
    custom = _object(
        {
            "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$"},
            "summary": _TEXT,
            "message": _TEXT,
            "help": _TEXT,
            **_COMMON,
            "deny": {"$ref": "#/definitions/condition"},
            "require": {"$ref": "#/definitions/condition"},
        },
        ["id", "message", "level", "on_unknown"],
    )
    test = _object(
        {
            "name": _TEXT,
            "today": _DATE,
            "given": {"type": "array", "items": {"$ref": "#/definitions/given"}},
            "gaps": {"type": "array", "items": _object({"path": _TEXT, "reason": _TEXT}, ["path", "reason"])},
            "expect": {"$ref": "#/definitions/expect"},
        },
        ["name", "given", "expect"],
    )
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://aicheck.dev/schemas/policy.schema.json",
        "title": "aicheck policy",
        **_object(
            {
                "version": _described({"const": 1}, "Version of this format."),
                "name": _TEXT,
                "summary": _TEXT,
                "extends": {"anyOf": [_TEXT, {"type": "array", "items": extend, "minItems": 1}]},
                "organisation": organisation,
                "max_waiver_days": {"type": "integer", "minimum": 1},
                "rules": {
                    "type": "object",
                    "patternProperties": {
                        _RULE_KEY.format(rule.id): _rule_schema(rule) for rule in RULES.values()
                    },
                    "additionalProperties": False,
                },
                "custom": {"type": "array", "items": custom},
                "waivers": {"type": "array", "items": waiver},
                "test": {"type": "array", "items": test},
            },
            ["version"],
        ),
        "definitions": {
            "applies_to": _APPLIES,
            "condition": CONDITION_SCHEMA,
            "country": COUNTRY_SCHEMA,
            "given": _GIVEN,
            "expect": _EXPECT,
        },
    }


def suggest(word: object, names: Sequence[str]) -> str | None:
    """Return `did you mean 'x'?` for the closest name, or None."""
    if not isinstance(word, str):
        return None
    if word == "UK" and "GB" in names:
        return "did you mean 'GB'?"
    if word.upper() in names and word not in names:
        return f"did you mean '{word.upper()}'?"
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else None


_TYPE_NAMES: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "object"


def _fits(value: Any, types: Sequence[str]) -> bool:
    found = _type_of(value)
    return found in types or (found == "integer" and "number" in types)


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    given = schema.get("type", ())
    return (given,) if isinstance(given, str) else tuple(given)


class _Checker:
    def __init__(self, document: Document, root: Mapping[str, Any]) -> None:
        self.document = document
        self.root = root

    def errors(self, schema: Mapping[str, Any], value: Any, path: Path) -> Iterator[ConfigError]:
        schema = self._resolved(schema)
        if "anyOf" in schema:
            yield from self._branch(schema["anyOf"], value, path)
            return
        types = _types(schema)
        if types and not _fits(value, types):
            expected = " or ".join(_TYPE_NAMES[t] for t in types)
            yield self._error(f"expected {expected}, found {_TYPE_NAMES[_type_of(value)]}", path)
            return
        yield from self._scalar(schema, value, path)
        if isinstance(value, dict):
            yield from self._mapping(schema, value, path)
        elif isinstance(value, list):
            yield from self._list(schema, value, path)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            found: Mapping[str, Any] = self.root["definitions"][name]
            return found
        return schema

    def _error(self, message: str, path: Path, *, key: bool = False, hint: str | None = None) -> ConfigError:
        name = f"'{path[-1]}': " if path and isinstance(path[-1], str) and not key else ""
        return self.document.error(f"{name}{message}", path, key=key, hint=hint)

    def _branch(self, branches: Sequence[Mapping[str, Any]], value: Any, path: Path) -> Iterator[ConfigError]:
        resolved = [self._resolved(branch) for branch in branches]
        fitting = [branch for branch in resolved if _fits(value, _types(branch))]
        if not fitting:
            expected = " or ".join(dict.fromkeys(_TYPE_NAMES[t] for branch in resolved for t in _types(branch)))
            yield self._error(f"expected {expected}, found {_TYPE_NAMES[_type_of(value)]}", path)
            return
        tried = [list(self.errors(branch, value, path)) for branch in fitting]
        yield from min(tried, key=len)

    def _scalar(self, schema: Mapping[str, Any], value: Any, path: Path) -> Iterator[ConfigError]:
        if "const" in schema and (value != schema["const"] or isinstance(value, bool)):
            yield self._error(f"must be {schema['const']!r}, found {value!r}", path)
        if "enum" in schema and value not in schema["enum"]:
            names = schema["enum"]
            country = set(names) >= ISO_COUNTRIES
            listed = "an ISO 3166-1 alpha-2 country code" if country else "one of " + ", ".join(names)
            yield self._error(f"{_shown(value)} is not {listed}", path, hint=suggest(value, names))
        if isinstance(value, str):
            if len(value) < schema.get("minLength", 0):
                yield self._error("must not be empty", path)
            if len(value) > schema.get("maxLength", len(value)):
                yield self._error(f"longer than {schema['maxLength']} characters", path)
            if "pattern" in schema and not re.search(schema["pattern"], value):
                yield self._error(
                    f"{_shown(value)} {_PATTERN_WORDS.get(schema['pattern'], 'has the wrong form')}", path
                )
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if value < schema.get("minimum", value):
                yield self._error(f"must be at least {schema['minimum']}", path)
            if value > schema.get("maximum", value):
                yield self._error(f"must be at most {schema['maximum']}", path)

    def _mapping(self, schema: Mapping[str, Any], value: dict[str, Any], path: Path) -> Iterator[ConfigError]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        patterns: Mapping[str, Any] = schema.get("patternProperties", {})
        more = schema.get("additionalProperties", True)
        for key, inner in value.items():
            matched = properties.get(key) or next((s for p, s in patterns.items() if re.search(p, key)), None)
            if matched is not None:
                yield from self.errors(matched, inner, (*path, key))
            elif more is False:
                names = list(properties) or [p[1:].partition("(")[0] for p in patterns]
                what = "rule" if patterns else "key"
                yield self._error(
                    f"unknown {what} '{key[:60]}'",
                    (*path, key),
                    key=True,
                    hint=suggest(key.partition("/")[0], names),
                )
            elif isinstance(more, dict):
                yield from self.errors(more, inner, (*path, key))
        missing = [key for key in schema.get("required", ()) if key not in value]
        if missing:
            yield self._error("missing " + ", ".join(f"'{key}'" for key in missing), path)

    def _list(self, schema: Mapping[str, Any], value: list[Any], path: Path) -> Iterator[ConfigError]:
        if len(value) < schema.get("minItems", 0):
            yield self._error("must not be empty", path)
        if "items" in schema:
            for index, inner in enumerate(value):
                yield from self.errors(schema["items"], inner, (*path, index))
        if schema.get("uniqueItems"):
            seen: set[str] = set()
            for index, inner in enumerate(value):
                if repr(inner) in seen:
                    yield self._error(f"{_shown(inner)} is given twice", (*path, index))
                seen.add(repr(inner))


_PATTERN_WORDS: Final[dict[str, str]] = {
    _DATE["pattern"]: "is not a date (YYYY-MM-DD)",
    _SHA256["pattern"]: "is not a sha256 (64 lower-case hex digits)",
    "^https://": "does not begin with https://",
    "^[a-z0-9][a-z0-9-]*$": "is not a name (lower-case letters, digits, '-')",
}


def _shown(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "…'"  # noqa: PLR2004 - a line of a terminal


def check_shape(document: Document) -> None:
    """Raise the first `ConfigError` of a document that is no policy; further ones are named by number."""
    schema = policy_schema()
    found = sorted(_Checker(document, schema).errors(schema, document.data, ()), key=lambda e: (e.line, e.column))
    if not found:
        return
    first = found[0]
    if len(found) > 1:
        rest = "; ".join(
            f"line {error.line}: {error.message}{' - ' + error.hint if error.hint else ''}" for error in found[1:4]
        )
        more = f" (and {len(found) - 4} more)" if len(found) > 4 else ""  # noqa: PLR2004 - the first and three
        first = ConfigError(
            f"{first.message}{' - ' + first.hint if first.hint else ''}; also {rest}{more}",
            path=first.path,
            line=first.line,
            column=first.column,
            key=first.key,
        )
    raise first
