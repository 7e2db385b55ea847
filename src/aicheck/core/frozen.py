"""`dataclass(frozen=True, slots=True)` at a third of the cost of making the class.

The standard library compiles six methods for every frozen class, most of which are never called: for the hundred
classes of a scan that is a seventh of its start. Here fields, slots and `__match_args__` are the standard
library's own (so `fields`, `replace`, `asdict` and pattern matching work), `__init__` is compiled at once, and
comparing, hashing and ordering are compiled when they are first asked for.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Final, NoReturn

__all__ = ["dataclass"]

_ORDER: Final = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}
_SYMBOLS: Final = {"__eq__": "==", **_ORDER}


def _frozen(*, frozen: bool, slots: bool, order: bool = False) -> Callable[[Any], Any]:
    """Return the decorator; only frozen classes with slots gain by it, so others are refused."""
    if not (frozen and slots):
        message = "only frozen classes with slots; take the standard library's for others"
        raise TypeError(message)

    def make(cls: Any) -> Any:
        own = cls.__dict__
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        parts = dataclasses.fields(made)
        _put(made, "__init__", _initializer(made, parts))
        made.__setattr__, made.__delattr__ = _refuse_set, _refuse_delete
        if "__repr__" not in own:
            _put(made, "__repr__", _shower([part.name for part in parts if part.repr]))
        compared = [part.name for part in parts if part.compare]
        for name in ("__eq__", "__hash__", *(_ORDER if order else ())):
            # `__hash__` stands in the class as None where `__eq__` alone is its own.
            if own.get(name) is None:
                _put(made, name, _later(made, name, compared))
        if "__getstate__" not in own and "__reduce__" not in own:
            _put(made, "__reduce__", _reducer([part.name for part in parts]))
        return made

    return make


def _put(cls: Any, name: str, function: Any) -> None:
    function.__name__ = name
    function.__qualname__ = f"{cls.__qualname__}.{name}"
    setattr(cls, name, function)


def _initializer(cls: Any, parts: Sequence[dataclasses.Field[Any]]) -> Any:
    known: dict[str, object] = {"_missing": dataclasses.MISSING}
    lines, arguments = [], []
    for part in parts:
        name = value = part.name
        known[f"_set_{name}"] = getattr(cls, name).__set__
        if part.default_factory is not dataclasses.MISSING:
            known[f"_new_{name}"] = part.default_factory
            value = f"_new_{name}() if {name} is _missing else {name}"
            arguments.append(f"{name}=_missing")
        elif part.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = part.default
            arguments.append(f"{name}=_default_{name}")
        else:
            arguments.append(name)
        lines.append(f"  _set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("  self.__post_init__()")
    text = f" def __init__(self, {', '.join(arguments)}):\n" + "\n".join(lines or ["  pass"])
    made = _compiled(cls, known, text, "__init__")
    made.__annotations__ = {**{part.name: part.type for part in parts}, "return": None}
    return made


def _compiled(cls: Any, known: dict[str, object], text: str, name: str) -> Any:
    # As in the standard library: in the globals of the class's module, with what the text needs as closures.
    found: dict[str, Any] = {}
    module = sys.modules.get(cls.__module__)
    code = f"def _make({', '.join(known)}):\n{text}\n return {name}"
    exec(code, module.__dict__ if module else {}, found)  # noqa: S102 - names of the class's own fields alone
    return found["_make"](**known)


def _later(cls: Any, name: str, compared: Sequence[str]) -> Any:
    """Return a method that compiles what it stands for, puts that in its own place, and calls it."""

    def first(self: Any, *others: object) -> Any:
        left, right = ("(" + "".join(f"{who}.{each}, " for each in compared) + ")" for who in ("self", "other"))
        if name == "__hash__":
            text = f" def __hash__(self):\n  return hash({left})"
        else:
            text = (
                f" def {name}(self, other):\n  if other.__class__ is self.__class__:\n"
                f"   return {left} {_SYMBOLS[name]} {right}\n  return NotImplemented"
            )
        method = _compiled(cls, {}, text, name)
        _put(cls, name, method)
        return method(self, *others)

    return first


def _shower(names: Sequence[str]) -> Any:
    @recursive_repr()
    def shown(self: Any) -> str:
        values = ", ".join([f"{name}={getattr(self, name)!r}" for name in names])
        return f"{self.__class__.__qualname__}({values})"

    return shown


def _reducer(names: Sequence[str]) -> Any:
    if len(names) > 1:
        every = attrgetter(*names)
        return lambda self: (self.__class__, every(self))
    return lambda self: (self.__class__, tuple([getattr(self, name) for name in names]))


def _refuse_set(_self: object, name: str, _value: object) -> NoReturn:
    message = f"cannot assign to field {name!r}"
    raise dataclasses.FrozenInstanceError(message)


def _refuse_delete(_self: object, name: str) -> NoReturn:
    message = f"cannot delete field {name!r}"
    raise dataclasses.FrozenInstanceError(message)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _frozen
