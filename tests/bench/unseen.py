"""Records that aicheck has never seen: python -m tests.bench.unseen MODELS.jsonl [--sample 500] [--seed 1]

MODELS.jsonl holds recorded answers of the Hub, one a line (`id`, `sha`, `tags`, `cardData`, `siblings` …; keys that
begin with `_` are left out). A Hub on loopback serves them under ids that nobody knows; what aicheck says of each is
held against the record itself. Printed: right of all, by question, and every miss with `-v`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from aicheck.core.component import Component  # noqa: E402 - after the path
from aicheck.core.evidence import Disputed, Known  # noqa: E402
from aicheck.core.target import HubModel  # noqa: E402
from aicheck.knowledge.catalog import open_catalog  # noqa: E402
from aicheck.resolve import Hub, HubSettings, Sources, resolve_targets  # noqa: E402
from hub.server import FakeHub, serve  # noqa: E402


def texts(value: Any) -> list[str]:
    return [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, str)]


def answers(component: Component, row: dict[str, Any]) -> dict[str, bool]:
    """Right or wrong by question; a question that the record does not answer is left out."""
    card = row.get("cardData") or {}
    tags = texts(row.get("tags"))
    found: dict[str, bool] = {}
    commit = component.revision.commit
    if len(row.get("sha") or "") == 40:
        found["commit"] = isinstance(commit, Known) and commit.value == row["sha"]
    bases = {base.strip().lower() for base in texts(card.get("base_model")) if base.strip()}
    bases |= {tag.rpartition(":")[2].lower() for tag in tags if tag.startswith("base_model:")}
    nearest = [each for each in component.lineage.ancestors if each.depth == 1]
    if bases:
        told = {each.id.lower() for each in nearest} | {
            str(c.value).lower() for each in nearest for c in each.claims
        }
        found["declared bases"] = bases <= told
    elif not nearest:
        found["no maker made up"] = not isinstance(component.developer, Known)
    stated = texts(card.get("license")) or [tag[8:] for tag in tags if tag.startswith("license:")]
    if stated:
        found["licence"] = isinstance(component.license, Known | Disputed)
    elif not nearest:
        found["no licence made up"] = not isinstance(component.license, Known)
    paths = [file.get("rfilename", "") for file in row.get("siblings") or []]
    formats = (
        {each.id for each in component.weights.value.formats} if isinstance(component.weights, Known) else set()
    )
    if any(path.endswith(".safetensors") for path in paths):
        found["safetensors"] = "safetensors" in formats
    if any(path.rpartition("/")[2].startswith("pytorch_model") and path.endswith(".bin") for path in paths):
        found["pickle files"] = "pytorch-pickle" in formats
    if any(path.endswith(".gguf") for path in paths):
        found["gguf"] = "gguf" in formats
    if "gated" in row and not row.get("disabled"):
        found["gating"] = (component.availability == "gated") is (row["gated"] in {"auto", "manual", True})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path)
    parser.add_argument("--sample", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="only records with tags and a list of files")
    parser.add_argument("-v", action="store_true", dest="verbose")
    options = parser.parse_args()
    with options.models.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    if options.whole:
        rows = [row for row in rows if row.get("tags") and row.get("siblings")]
    rows = random.Random(options.seed).sample(rows, min(options.sample, len(rows)))
    hub = FakeHub()
    origin: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        name = f"house-{number % 50}/thing-{number}"
        plain = {key: value for key, value in row.items() if not key.startswith("_")}
        hub.models[name] = {"sha": "", **plain, "id": name, "modelId": name}
        origin[name] = row
    scores: dict[str, list[bool]] = defaultdict(list)
    with serve(hub) as running, tempfile.TemporaryDirectory() as folder:
        client = Hub(HubSettings(endpoint=running.url), cache=Path(folder) / "hub.sqlite")
        sources = Sources(catalog=open_catalog(), hub=client, offline=False)
        for component in resolve_targets([HubModel(name) for name in origin], sources):
            assert isinstance(component.target, HubModel)
            row = origin[component.target.repo_id]
            for question, right in answers(component, row).items():
                scores[question].append(right)
                if options.verbose and not right:
                    print(question, row["id"])
        client.close()
    for question, values in sorted(scores.items()):
        print(f"{question:20} {sum(values)} of {len(values)}")


if __name__ == "__main__":
    main()
