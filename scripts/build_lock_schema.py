"""Derive schemas/lock.schema.json from schemas/report.schema.json: python scripts/build_lock_schema.py [--check].

A block of the lock is the component of the JSON report without what is empty, so nothing that may be empty is
required here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parent.parent / "schemas"
REQUIRED = {
    "component": ["ref", "kind", "identity", "integrity", "states", "lineage", "requested_revisions", "pinned"],
    "ancestor": ["id", "relation", "child", "depth", "declared", "confidence", "root", "states"],
    "data_source": ["id", "kind", "states"],
    "lineage": ["concealed", "states"],
    "claim": ["source", "confidence"],
    "gap": ["subject", "reason"],
    "organization": ["organization", "country"],
    "license": ["expression"],
    "weights": ["files", "formats"],
}
UNUSED = {"occurrence", "reference", "waiver", "finding"}


def _optional(schema: Any) -> Any:
    """The schema without any `required`."""
    if isinstance(schema, dict):
        # A property may be named "required": only a list is the keyword.
        return {k: _optional(v) for k, v in schema.items() if k != "required" or not isinstance(v, list)}
    return [_optional(item) for item in schema] if isinstance(schema, list) else schema


def lock_schema(report: dict[str, Any]) -> dict[str, Any]:
    """The schema of the lock from that of the report."""
    definitions = {}
    for name, definition in report["definitions"].items():
        if name in UNUSED:
            continue
        held = _optional(definition)
        if name in REQUIRED:
            held["required"] = REQUIRED[name]
        definitions[name] = held
    component = definitions["component"]
    dropped = {"references", "target", "name", "id"}
    component["properties"] = {k: v for k, v in component["properties"].items() if k not in dropped} | {
        "integrity": {
            "type": "string",
            "pattern": "^sha256-[0-9a-f]{64}$",
            "description": "digest of the block without this key, as JSON with sorted keys and no spaces",
        },
        "evidence": {
            "type": "string",
            "pattern": "^sha256-[0-9a-f]{64}$",
            "description": "of local weights and adapters: digest of what the tree says of the file",
        },
    }
    return {
        "$schema": report["$schema"],
        "$id": "urn:aicheck:schema:lock:1",
        "title": "aicheck.lock",
        "description": "Written by `aicheck lock` and `aicheck update`. Each block is the component of the JSON "
        "report without references and without what is empty; a claim without `value` says what the fact says.",
        "type": "object",
        "properties": {
            "lock_version": {"const": 1},
            "components": {
                "type": "object",
                "description": "by canonical spelling of the target (hf:Qwen/Qwen3-8B), sorted",
                "additionalProperties": {"$ref": "#/definitions/component"},
            },
        },
        "required": ["lock_version", "components"],
        "additionalProperties": False,
        "definitions": definitions,
    }


def main() -> int:
    """Write the schema, or with --check say whether it is up to date."""
    report = json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8"))
    text = json.dumps(lock_schema(report), indent=2, ensure_ascii=False) + "\n"
    target = SCHEMAS / "lock.schema.json"
    if "--check" in sys.argv[1:]:
        return 0 if target.is_file() and target.read_text(encoding="utf-8") == text else 1
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
