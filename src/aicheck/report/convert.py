"""CycloneDX documents of any origin from one version to another, as plain values: nothing is lost silently."""

from __future__ import annotations

import copy
import re
from typing import Any, Final

from aicheck.errors import ConfigError
from aicheck.report.bom_check import SCHEMA_VERSIONS, check_bom, schema_errors
from aicheck.report.cyclonedx import SPEC_VERSIONS

__all__ = ["change_version"]

_ROUNDS: Final = 20
_UNEXPECTED: Final = re.compile(r"'([^']+)'")


def _drop(document: dict[str, Any], path: list[str | int], names: list[str]) -> list[str]:
    owner: Any = document
    for part in path:
        owner = owner[part]
    dropped = []
    for name in names:
        if isinstance(owner, dict) and name in owner:
            del owner[name]
            dropped.append("/" + "/".join(str(part) for part in (*path, name)))
    return dropped


def change_version(document: dict[str, Any], version: str) -> tuple[dict[str, Any], list[str]]:
    """`document` as that CycloneDX version, and the JSON pointers of what it cannot carry.

    Raises `ConfigError` where the version is not written, or the document is invalid in ways that dropping
    unknown fields does not repair.
    """
    if version not in SPEC_VERSIONS:
        raise ConfigError(f"CycloneDX {version} is not written", hint=f"one of {', '.join(SPEC_VERSIONS)}")
    own = str(document.get("specVersion"))
    if own not in SCHEMA_VERSIONS:
        raise ConfigError(f"there is no CycloneDX {own}", hint=f"one of {', '.join(SCHEMA_VERSIONS)}")
    result = copy.deepcopy(document)
    result["specVersion"] = version
    result["$schema"] = f"http://cyclonedx.org/schema/bom-{version}.schema.json"
    dropped: list[str] = []
    for _ in range(_ROUNDS):
        found = []
        for error in schema_errors(result, version):
            if "unexpected" in error.message:
                found += _drop(result, list(error.instance_path), _UNEXPECTED.findall(error.message))
        if not found:
            break
        dropped += found
    problems = check_bom(result)
    if problems and not any(schema_errors(document, own)):
        # References that stood twice or led nowhere before still do, and `bom validate` names them: the schema is
        # kept all the same, and somebody else's document is not refused for them.
        before = frozenset(check_bom(document))
        problems = [problem for problem in problems if problem not in before]
    if problems:
        raise ConfigError(
            f"the document is invalid as CycloneDX {version}: {problems[0]}", hint="aicheck bom validate lists all"
        )
    return result, sorted(dropped)
