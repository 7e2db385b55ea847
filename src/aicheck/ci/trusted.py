"""Settings and policy of a gated change come from the base revision, so that it cannot loosen its own gate.

The files are copied out of the object store into a directory of ours, with the same relative paths, so that
what loads them needs to know nothing of git.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Final

from aicheck.discover.git import GitTree
from aicheck.settings import SETTINGS_FILES

__all__ = ["Trusted"]

_LIMIT: Final = 4 << 20
_MOST: Final = 64
"""Files that a policy may extend, counted over the whole chain."""


class Trusted:
    """The configuration of one commit, copied on demand."""

    def __init__(self, tree: GitTree, directory: Path) -> None:
        self.tree = tree
        self.directory = directory
        self.copied: list[str] = []
        """Every path that was read, for "this change also changes the policy"."""

    def copy(self, path: str) -> Path | None:
        """Copy one file; None where the commit has none. The path is remembered either way."""
        path = str(PurePosixPath(path))
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            return None
        if path not in self.copied:
            self.copied.append(path)
        data = self.tree.read(path, _LIMIT)
        if data is None:
            return None
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return target

    def settings(self, scanned: str, config: str | None) -> Path | None:
        """Copy the settings files that could be the nearest one for a scanned path; return the one that is."""
        from aicheck.settings import find_settings_file

        if config is not None:
            copied = self.copy(config)
            if copied is not None:
                self._extended(copied)
            return copied
        here = PurePosixPath(scanned)
        for place in (here, *here.parents):
            for name in SETTINGS_FILES:
                copied = self.copy(str(place / name))
                if copied is not None:
                    self._extended(copied)
        start = self.directory / scanned
        start.mkdir(parents=True, exist_ok=True)
        (self.directory / ".git").mkdir(exist_ok=True)  # the search for settings ends here
        return find_settings_file(start)

    def _extended(self, settings: Path) -> None:
        """Copy what a settings file extends; a broken one is reported by whoever loads it."""
        from aicheck import toml

        for _ in range(_MOST):
            try:
                table: Any = toml.loads(settings.read_text("utf-8"))
                if settings.name == "pyproject.toml":
                    table = table["tool"]["aicheck"]
                extend = table.get("extend")
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                return
            if isinstance(extend, dict):
                extend = extend.get("path")
            if not isinstance(extend, str):
                return
            copied = self.copy(self._relative(settings, extend))
            if copied is None:
                return
            settings = copied

    def policy(self, policy: str, settings: Path | None, *, from_settings: bool) -> str:
        """Copy a policy file and all that it extends.

        Returns its path below `directory`, or the name of a shipped pack unchanged.
        """
        if not ("/" in policy or policy.endswith((".yaml", ".yml"))):
            return policy
        if from_settings and settings is not None:
            policy = self._relative(settings, policy)
        waiting = [policy]
        for _ in range(_MOST):
            if not waiting:
                break
            copied = self.copy(waiting.pop(0))
            if copied is not None:
                waiting += [self._relative(copied, item) for item in _extends(copied) if _is_file(item)]
        return policy

    def _relative(self, file: Path, other: str) -> str:
        """Return `other`, written in `file`, as a path in the repository; what leaves it is never found."""
        import os

        base = file.parent.relative_to(self.directory)
        return os.path.normpath(str(base / other))


def _is_file(item: str) -> bool:
    return "://" not in item and ("/" in item or item.endswith((".yaml", ".yml")))


def _extends(file: Path) -> list[str]:
    """Return what a policy extends, read without trust; whoever loads it reports what is wrong with it."""
    import yaml

    try:
        node = yaml.compose(file.read_text("utf-8"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return []
    if not isinstance(node, yaml.MappingNode):
        return []
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == "extends":
            items = value.value if isinstance(value, yaml.SequenceNode) else [value]
            return [text for item in items for text in _texts(item)]
    return []


def _texts(item: Any) -> list[str]:
    """Return the strings of one entry: `name`, or the values of `{url: …, sha256: …}` and `{file: …}`."""
    import yaml

    if isinstance(item, yaml.ScalarNode):
        return [str(item.value)]
    if isinstance(item, yaml.MappingNode):
        return [str(value.value) for _, value in item.value if isinstance(value, yaml.ScalarNode)]
    return []
