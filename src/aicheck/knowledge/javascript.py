"""Which packages, classes and calls of the JavaScript world are given models, and who serves them."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from aicheck.core.frozen import dataclass

__all__ = ["JavaScriptTable", "javascript_table"]


@dataclass(frozen=True, slots=True)
class JavaScriptTable:
    """The table; providers are slugs as in `knowledge.hosts`, or `huggingface`, `ollama`, `webllm`, `local`."""

    packages: dict[str, str]
    scopes: dict[str, dict[str, str]]
    classes: dict[str, str]
    model_methods: frozenset[str]
    """Methods of a provider whose first argument is a model: `openai.embedding("…")`."""
    hub_calls: frozenset[str]
    tasks: frozenset[str]
    """Tasks of `pipeline(task, model)`."""

    def provider(self, package: str) -> str | None:
        """Return the provider of a package ('' = an SDK of many providers), or None."""
        found = self.packages.get(package)
        if found is not None:
            return found
        for scope, names in self.scopes.items():
            if package.startswith(scope):
                return names.get(package[len(scope) :].split("/", maxsplit=1)[0], "")
        return None


@cache
def javascript_table() -> JavaScriptTable:
    """Return the table, read once."""
    raw: dict[str, Any] = json.loads(
        files("aicheck.knowledge").joinpath("data/javascript.json").read_text("utf-8")
    )
    return JavaScriptTable(
        raw["packages"],
        raw["scopes"],
        raw["classes"],
        frozenset(raw["model_methods"]),
        frozenset(raw["hub_calls"]),
        frozenset(raw["tasks"]),
    )
