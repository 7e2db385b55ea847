"""Frozen values ↔ plain JSON values, both ways and without loss."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import orjson

from aicheck.core.component import Organization
from aicheck.report.safety import escape_json, scrub

__all__ = ["dump", "plain", "rebuild"]

T = TypeVar("T")

_RENAMED: Final[dict[type, dict[str, str]]] = {Organization: {"name": "organization"}}
_FIRST: Final[dict[type, tuple[str, ...]]] = {Organization: ("namespace", "name", "country")}
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


_NAMES: Final[dict[type, tuple[tuple[str, str], ...]]] = {}
_HINTS: Final[dict[type, dict[str, Any]]] = {}


def _names(cls: type) -> tuple[tuple[str, str], ...]:
    """(attribute, JSON key) of a dataclass in output order; computed once per class."""
    if cls in _NAMES:
        return _NAMES[cls]
    first = _FIRST.get(cls, ())
    names = [*first, *(item.name for item in fields(cls) if item.name not in first)]
    renamed = _RENAMED.get(cls, {})
    result = _NAMES[cls] = tuple((name, renamed.get(name, name)) for name in names)
    return result


def plain(value: Any) -> Any:
    """Dataclasses become objects, tuples lists, enumerations their value; scalars stay."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is tuple or kind is list:
        return [item if type(item) in _SCALARS else plain(item) for item in value]
    names = _NAMES.get(kind)
    if names is None:
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, tuple | list):
            return [plain(item) for item in value]
        assert is_dataclass(value), kind
        names = _names(kind)
    result = {}
    for name, key in names:
        item = getattr(value, name)
        result[key] = item if type(item) in _SCALARS else plain(item)
    return result


def _hints(cls: type) -> dict[str, Any]:
    if cls not in _HINTS:
        _HINTS[cls] = get_type_hints(cls)
    return _HINTS[cls]


def rebuild(cls: type[T], data: dict[str, Any]) -> T:
    """The dataclass that `plain` made `data` from; unknown keys are passed over, missing ones take the default.

    Raises `ValueError` or `TypeError` where the data do not fit.
    """
    hints = _hints(cls)
    values: dict[str, Any] = {}
    for name, key in _names(cls):
        if key in data:
            values[name] = _value(hints[name], data[key])
    missing = [
        item.name
        for item in fields(cast("Any", cls))
        if item.name not in values and item.default is MISSING and item.default_factory is MISSING
    ]
    if missing:
        raise ValueError(f"{cls.__name__} without {', '.join(missing)}")
    return cls(**values)


def _value(hint: Any, data: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if data is None:
            return None
        inner = [item for item in get_args(hint) if item is not type(None)]
        return _value(inner[0], data)
    if origin is tuple:
        if not isinstance(data, list):
            raise TypeError(f"expected a list, got {type(data).__name__}")
        arguments = get_args(hint)
        if arguments[-1] is Ellipsis:
            return tuple(_value(arguments[0], item) for item in data)
        return tuple(_value(one, item) for one, item in zip(arguments, data, strict=True))
    if isinstance(hint, type):
        if issubclass(hint, Enum):
            return hint(data)
        if is_dataclass(hint):
            if not isinstance(data, dict):
                raise TypeError(f"expected an object for {hint.__name__}, got {type(data).__name__}")
            return rebuild(hint, data)
        if hint is float and isinstance(data, int):
            return float(data)
        if not isinstance(data, hint):
            raise TypeError(f"expected {hint.__name__}, got {type(data).__name__}")
    return data


def dump(document: Any, *, indent: bool = True, newline: bool = True) -> bytes:
    """JSON bytes in UTF-8: order as given, invisible characters escaped, undecodable names made visible."""
    option = (orjson.OPT_INDENT_2 if indent else 0) | (orjson.OPT_APPEND_NEWLINE if newline else 0)
    try:
        data = orjson.dumps(document, option=option)
    except TypeError:
        # The only thing in our documents that orjson refuses is a lone surrogate.
        data = orjson.dumps(scrub(document), option=option)
    return escape_json(data)
