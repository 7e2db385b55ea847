"""Build the embedded catalog: python scripts/build_catalog.py INPUT_DIR [OUTPUT]

INPUT_DIR holds `models.jsonl` (Hub-shaped records, each naming its sources in `_source`), `lineage.tsv`
(child, relation, parent, source code), `renames.tsv` (old_id, new_id, evidence) and `sources.tsv` (code,
source). Only facts go in: ids, commits, licence claims, declared bases, configuration names, file names, sizes
and hashes, dates, counts. The result is the same for the same input.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

from aicheck.knowledge.catalog import EMBEDDED
from aicheck.knowledge.catalog_file import write_catalog

RELATIONS = {
    "finetune": ("finetune", "hub"),
    "quantized": ("quantized", "hub"),
    "adapter": ("adapter", "hub"),
    "merge": ("merge", "hub"),
    "copy": ("copy", "adapted-from"),
    "finetune(adapted_from)": ("finetune", "adapted-from"),
    "quantized(source comment)": ("quantized", "source-comment"),
    "origin(name only)": ("unknown", "name"),
    "base_model(unspecified)": ("unknown", "hub"),
    "finetune(README table)": ("finetune", "readme"),
    "finetune(training script)": ("finetune", "script"),
}
# Lists that other projects keep by hand: their statements are not the publisher's.
LISTS = ("pypi:", "github:JonathanChavezTamales/", "github:exo-explore/")
MACHINE_TAGS = (
    "license:",
    "base_model:",
    "region:",
    "arxiv:",
    "doi:",
    "dataset:",
    "autotrain",
    "endpoints_",
    "deploy:",
)
# Old owners whose repositories all moved on; single repositories are in renames.tsv.
OWNERS = {
    "thudm": "zai-org",
    "cohereforai": "CohereLabs",
    "neuralmagic": "RedHatAI",
    "cognitivecomputations": "dphn",
    "salesforce-ai": "Salesforce",
    "allenai-olmo": "allenai",
    "opengpt-x": "openGPT-X",
}
ROOTS = {
    "google-bert": "bert-base-uncased bert-base-cased bert-large-uncased bert-large-cased bert-base-chinese "
    "bert-base-german-cased bert-base-multilingual-cased bert-base-multilingual-uncased "
    "bert-large-uncased-whole-word-masking bert-large-cased-whole-word-masking "
    "bert-large-uncased-whole-word-masking-finetuned-squad bert-base-cased-finetuned-mrpc",
    "FacebookAI": "roberta-base roberta-large roberta-large-mnli xlm-roberta-base xlm-roberta-large "
    "xlm-mlm-en-2048 xlm-clm-ende-1024 xlm-mlm-100-1280",
    "openai-community": "gpt2 gpt2-medium gpt2-large gpt2-xl openai-gpt roberta-base-openai-detector "
    "roberta-large-openai-detector",
    "distilbert": "distilbert-base-uncased distilbert-base-cased distilbert-base-multilingual-cased distilgpt2 "
    "distilroberta-base distilbert-base-german-cased distilbert-base-uncased-finetuned-sst-2-english "
    "distilbert-base-uncased-distilled-squad distilbert-base-cased-distilled-squad",
    "google-t5": "t5-small t5-base t5-large t5-3b t5-11b",
    "albert": "albert-base-v1 albert-base-v2 albert-large-v1 albert-large-v2 albert-xlarge-v2 albert-xxlarge-v2",
    "xlnet": "xlnet-base-cased xlnet-large-cased",
    "almanach": "camembert-base",
    "transfo-xl": "transfo-xl-wt103",
    "Salesforce": "ctrl",
}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def text(value: Any, limit: int = 200) -> str | None:
    return value[:limit] if isinstance(value, str) and value and "\n" not in value else None


def texts(value: Any, count: int) -> list[str]:
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [entry[:100] for entry in values if isinstance(entry, str) and entry][:count]


def day(value: Any) -> str | None:
    return value[:10] if isinstance(value, str) and re.match(r"\d{4}-\d{2}", value) else None


class Sources:
    def __init__(self) -> None:
        self.codes: dict[str, int] = {}

    def code(self, name: str) -> int:
        name = re.sub(r" \(.*", "", name)[:160]
        return self.codes.setdefault(name, len(self.codes))


def said(record: dict[str, Any], key: str) -> Any:
    for source in record["_source"]:
        value = source.get("says", {}).get(key)
        if value not in (None, ""):
            return value
    return None


def row_of(record: dict[str, Any], sources: Sources) -> dict[str, Any]:  # noqa: PLR0912 - one branch per field
    row: dict[str, Any] = {"i": record["id"]}
    card = record.get("cardData") if isinstance(record.get("cardData"), dict) else {}
    config = record.get("config") if isinstance(record.get("config"), dict) else {}
    tags = texts(record.get("tags"), 400)
    sha = record.get("sha")
    if not isinstance(sha, str):
        sha = said(record, "sha")
    if isinstance(sha, str) and re.fullmatch(r"[0-9a-f]{40}", sha):
        row["s"] = sha
    licence: list[str | None] | None = None
    claimed = card.get("license")
    if isinstance(claimed, list) and len(claimed) == 1:
        claimed = claimed[0]
    if text(claimed, 80):
        licence = [text(claimed, 80), None, None, "card"]
    tagged = [tag[8:] for tag in tags if tag.startswith("license:")]
    if licence is None and tagged:
        licence = [tagged[0], None, None, "tag"]
    if licence is None:
        for key in ("license", "gallery_license", "catalog_license"):
            if text(said(record, key), 80):
                licence = [text(said(record, key), 80), None, None, "list"]
                break
    if licence is not None:
        licence[1] = text(card.get("license_name"), 80)
        licence[2] = text(card.get("license_link")) or text(said(record, "license_link"))
        row["l"] = licence
    put = row.__setitem__
    for key, value in (
        ("m", text(config.get("model_type"), 60)),
        ("a", texts(config.get("architectures"), 3)),
        ("am", True if config.get("auto_map") or "custom_code" in tags else None),
        ("t", text(record.get("pipeline_tag"), 60)),
        ("lib", text(record.get("library_name"), 60)),
        ("c", day(record.get("createdAt")) or day(said(record, "release_date"))),
        ("u", day(record.get("lastModified"))),
        ("tg", [tag for tag in tags if not tag.startswith(MACHINE_TAGS) and ":" not in tag][:12]),
        ("la", texts(card.get("language"), 12)),
        ("ds", texts(card.get("datasets"), 10)),
    ):
        if value:
            put(key, value)
    quantization = config.get("quantization_config")
    if isinstance(quantization, dict) and text(quantization.get("quant_method"), 30):
        put("q", quantization["quant_method"])
    elif text(said(record, "quantization"), 30):
        put("q", said(record, "quantization"))
    tensors = record.get("safetensors")
    parameters = tensors.get("total") if isinstance(tensors, dict) else None
    parameters = parameters or said(record, "parameters")
    if isinstance(parameters, int) and not isinstance(parameters, bool) and parameters > 0:
        put("p", parameters)
    if "gated" in record:
        put("g", record["gated"] if isinstance(record["gated"], str) else str(bool(record["gated"])).lower())
    if record.get("disabled"):
        row["x"] = True
    for key, name in (("d", "downloads"), ("k", "likes")):
        if isinstance(record.get(name), int):
            put(key, record[name])
    if "cardData" in record:
        row["hc"] = True
    files: list[Any] = []
    for sibling in record.get("siblings") or ():
        path = sibling.get("rfilename")
        if not isinstance(path, str) or path == ".gitattributes":
            continue
        lfs = sibling.get("lfs") or {}
        size = sibling.get("size", lfs.get("size"))
        digest = lfs.get("sha256")
        known = isinstance(size, int) or digest
        files.append([path, size if isinstance(size, int) else None, digest] if known else path)
    if files:
        put("f", files)
        if (
            record["_fidelity"] in {"model_info", "model_info+blobs"}
            and record.get("_siblings_complete") is not False
        ):
            put("fc", 1)
    seen = {}
    for source in record["_source"]:
        when = source.get("when") or ""
        if not re.match(r"\d{4}", when):
            when = ""
        code = sources.code(source["src"])
        seen[code] = max(seen.get(code, ""), when)
    put(
        "z",
        sorted(([code, when] for code, when in seen.items()), key=lambda pair: (pair[1], -pair[0]), reverse=True)[
            :4
        ],
    )
    return row


def main(directory: Path, output: Path) -> None:
    sources = Sources()
    names = {row["code"]: row["source"] for row in rows_of(directory / "sources.tsv")}
    rows: dict[str, dict[str, Any]] = {}
    with (directory / "models.jsonl").open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            row = row_of(record, sources)
            held = rows.get(record["id"].lower())
            # Two spellings of one id stand on record: the one with a commit, else the more used, is the Hub's.
            if held is None or ("s" in row, row.get("d", 0)) > ("s" in held, held.get("d", 0)):
                rows[record["id"].lower()] = row
    for edge in rows_of(directory / "lineage.tsv"):
        if edge["relation"] not in RELATIONS or not edge["parent"] or "\t" in edge["child"]:
            continue
        relation, basis = RELATIONS[edge["relation"]]
        first = edge["source"].partition(",")[0]
        source = names.get(first, first)
        if basis == "hub" and source.startswith(LISTS):
            basis = "list"
        code = sources.code(source)
        row = rows.setdefault(edge["child"].lower(), {"i": edge["child"], "z": [[code, ""]]})
        known = row.setdefault("b", [])
        if not any(parent == edge["parent"] and held == relation for parent, held, *_ in known):
            known.append([edge["parent"], relation, basis, code])
    aliases = {f"{owner}/*": new for owner, new in OWNERS.items()}
    for owner, old in ROOTS.items():
        aliases.update({name: f"{owner}/{name}" for name in old.split()})
    for rename in rows_of(directory / "renames.tsv"):
        old, new = rename["old_id"], rename["new_id"]
        if old.lower() != new.lower():
            aliases[old.lower()] = new
    for key, row in rows.items():
        # The owner dropped `Meta-` from the names of this series; both spellings stand on record.
        if key.startswith("meta-llama/meta-llama-3.1-"):
            aliases[key] = row["i"].replace("/Meta-Llama-", "/Llama-")
    version = [entry for record in rows.values() for _, entry in record.get("z", ()) if len(entry) == 7]
    counts = write_catalog(
        output, rows.values(), aliases=aliases, sources=list(sources.codes), date=max(version) if version else ""
    )
    print(output, output.stat().st_size, counts)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else EMBEDDED)
