"""Write schemas/policy.schema.json and schemas/facts.schema.json from the rules and facts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aicheck.evaluate.facts import facts_schema
from aicheck.evaluate.schema import policy_schema


def main(folder: Path) -> None:
    for name, schema in (("policy", policy_schema()), ("facts", facts_schema())):
        text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "schemas"))
