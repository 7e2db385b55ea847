"""What `helm --set` is given: `a.model=x,b[0].modelURL=y`, `models={a,b}`, `env[0].name=…,env[0].value=…`."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Final, NamedTuple

__all__ = ["FLAGS", "Setting", "settings"]

FLAGS: Final = frozenset({"--set", "--set-string", "--set-literal"})
_SETTING: Final = re.compile(
    r"(?:\A|(?<=[,=]))([A-Za-z_][\w.\-\[\]\\]{0,200})=(?:\{([^{}]*)\}|((?:[^,\\{]|\\.)(?:[^,\\]|\\.)*))"
)
_ITEM: Final = re.compile(r"[^,\s]+")
_POSITION: Final = re.compile(r"\[\d*\]")


class Setting(NamedTuple):
    """One value with its place."""

    key: str
    """Dotted path without positions of lists, or the name of a variable."""
    start: int
    end: int


def settings(text: str, begin: int, names: MutableMapping[str, str]) -> Iterator[Setting]:
    """Yield the values from `begin` on; `names` keeps the variables' names between options of one command."""
    for pair in _SETTING.finditer(text, begin):
        path = pair.group(1)
        parent, _, leaf = path.rpartition(".")
        if leaf == "name" and parent.endswith("]"):
            names[parent] = text[pair.start(3) : pair.end(3)]
        key = names.get(parent, "") if leaf == "value" else ""
        key = key or _POSITION.sub("", path)
        if pair.group(2) is None:
            yield Setting(key, pair.start(3), pair.end(3))
        else:
            for item in _ITEM.finditer(text, pair.start(2), pair.end(2)):
                yield Setting(key, item.start(), item.end())
