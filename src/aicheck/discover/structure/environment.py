"""Environment variables in configurations: `- name: MODEL` / `value: x`, and `- MODEL=x` of Compose.

Both are a key with a value, and the variables of one list are neighbours: the base URL among them says whose
API the model beside it goes to. Defaults of `${VAR:-default}` stand for the variable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aicheck.knowledge.keys import normalize

if TYPE_CHECKING:
    from aicheck.discover.structure.entries import Entry, Mapping

__all__ = ["plain", "variables"]

_VALUES: Final = frozenset({"value", "default", "defaultvalue", "default_value"})
_NAMES: Final = ("name", "key", "id", "variable", "env_name", "env")
_LISTS: Final = frozenset(
    """
environment env envs env_vars environment_variables env_file build_args args variables extra_env extraenv
extra_env_vars envvars command commands arg cmd entrypoint
""".split()
)
_PAIR: Final = re.compile(r"([A-Za-z_][\w.]*)\s*=\s*([\"']?)(.*)\Z", re.DOTALL)
_DEFAULTED: Final = re.compile(r"\$\{[A-Za-z_][\w.]*:?-([^{}]+)\}")


def plain(value: str) -> str:
    """Return the default of a value that is nothing but a variable with one, or the value."""
    found = _DEFAULTED.fullmatch(value)
    return found.group(1) if found else value


def variables(entries: Sequence[Entry]) -> dict[int, Entry]:
    """Return the entries that are values of variables, by `id`, as entries under their names."""
    lists: dict[tuple[tuple[str, ...], int], Mapping] = {}
    found: dict[int, Entry] = {}
    for entry in entries:
        path = entry.path
        if not path or entry.block:
            continue
        name, value, start, where = "", entry.value, entry.start, path[:-1]
        if entry.item:
            pair = _PAIR.match(value) if len(path) > 1 and normalize(path[-2]) in _LISTS else None
            if pair is None:
                continue
            name, value, start = (
                pair.group(1),
                pair.group(3).removesuffix(pair.group(2) or "\0"),
                start + pair.start(3),
            )
        elif normalize(path[-1]) in _VALUES:
            scalars = entry.mapping.scalars
            name = next((scalars[key] for key in _NAMES if scalars.get(key)), "")
            where = path[:-2] if len(path) > 1 and path[-2].startswith("[") else path[:-1]
        if not name:
            continue
        root = entry.mapping
        while root.parent is not None:
            root = root.parent
        mapping = lists.get((where, id(root)))
        if mapping is None:
            mapping = lists[where, id(root)] = type(entry.mapping)(
                parent=None if entry.item else entry.mapping.parent
            )
        mapping.scalars.setdefault(normalize(name), plain(value))
        found[id(entry)] = replace(entry, path=(*where, name), value=value, start=start, mapping=mapping)
    return found
