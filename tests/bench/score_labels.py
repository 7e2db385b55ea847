"""Write predictions for labelled repositories and, where a scorer is given, run it.

    python tests/bench/score_labels.py CORPUS PREDICTIONS.json [--labels LABELS.jsonl --scorer score.py]

CORPUS holds one folder per repository (`OWNER__NAME`). A prediction is `{"path", "line", "model"}`; the model is
what stands there for targets that the project spells by themselves, and the target's name otherwise.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from aicheck.core.reference import Reference
from aicheck.core.target import (
    Adapter,
    Endpoint,
    HostedModel,
    HubDataset,
    HubModel,
    Library,
    ToolServer,
    WeightsFile,
)
from aicheck.discover import DiscoverSettings, discover


def predicted(reference: Reference) -> str | None:
    """Return what the reference names, or None for what the labels do not speak of."""
    target = reference.target
    if isinstance(target, Library | ToolServer):
        return None
    if isinstance(target, HubModel | HubDataset):
        return target.repo_id
    if isinstance(target, HostedModel):
        return target.name
    if isinstance(target, Endpoint):
        return target.host
    if isinstance(target, WeightsFile | Adapter):
        return target.path
    return str(target).partition(":")[2]


def main() -> int:
    """Scan, write, score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--scorer", type=Path)
    parser.add_argument("--threshold", type=float, default=0.0)
    options, options.rest = parser.parse_known_args()
    rows: list[dict[str, object]] = []
    names = (
        sorted({json.loads(line)["path"].split("/")[0] for line in options.labels.open()})
        if options.labels
        else []
    )
    started = time.perf_counter()
    for folder in [options.corpus / name for name in names] or sorted(options.corpus.iterdir()):
        if not folder.is_dir():
            continue
        inventory = discover(folder, DiscoverSettings(jobs=1))
        for reference in inventory.references:
            name = predicted(reference)
            place = reference.occurrence
            if name is None or reference.confidence < options.threshold:
                continue
            rows.append(
                {
                    "path": f"{folder.name}/{place.path}",
                    "line": place.line,
                    "model": name,
                    "target": str(reference.target),
                    "raw": place.raw,
                    "use": place.use,
                    "confidence": reference.confidence,
                    "detector": place.detector,
                    "symbol": place.symbol,
                }
            )
        for gap in inventory.gaps:
            if "failed" in gap.detail:
                sys.stderr.write(f"{gap.path} {gap.detail}\n")
    sys.stderr.write(f"{len(rows)} predictions in {time.perf_counter() - started:.1f} s\n")
    options.predictions.write_text(json.dumps(rows, indent=1))
    if options.scorer and options.labels:
        command = [sys.executable, options.scorer, options.labels, options.predictions, "--corpus", options.corpus]
        return subprocess.run([*map(str, command), *options.rest], check=False).returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
