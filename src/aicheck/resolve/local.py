"""Weights and adapters that lie in the tree: what their headers and neighbours say, as if of a repository."""

from __future__ import annotations

from collections.abc import Sequence

from aicheck.core.component import FileFormat, Relation, Safety
from aicheck.core.evidence import Claim, ClaimSource, Fact, Known
from aicheck.core.reference import Reference
from aicheck.core.target import Adapter, WeightsFile
from aicheck.resolve.records import RELATIONS, Base, RepoRecord

__all__ = ["attributes_of", "file_format", "local_record", "same_bytes", "size_of"]


def attributes_of(references: Sequence[Reference]) -> dict[str, str]:
    """Return the first value of every attribute that the references state."""
    said: dict[str, str] = {}
    for reference in references:
        for key, value in reference.attributes:
            if value:
                said.setdefault(key, value)
    return said


def size_of(said: dict[str, str]) -> int | None:
    """Return the size of the file in bytes, where it is stated."""
    return int(said["size"]) if said.get("size", "").isdigit() else None


def file_format(said: dict[str, str], kind: FileFormat | None) -> FileFormat:
    """Return what the header said; the name decides only where no header was read."""
    named = said.get("format") or (kind.id if kind else "unknown")
    if said.get("safety") in {member.value for member in Safety}:
        return FileFormat(named, Safety(said["safety"]))
    return kind or FileFormat(named, Safety.UNKNOWN)


def same_bytes(repo: str, path: str) -> Fact[str]:
    """Return the repository whose listing has this very file."""
    return Known(
        repo, (Claim(repo, ClaimSource.FILE_LIST, 1.0, f"sha256 of {repo}/{path}", note="the same bytes"),)
    )


def local_record(target: WeightsFile | Adapter, said: dict[str, str], copy_of: str | None) -> RepoRecord:
    """Read what lies beside and inside local weights as if it were a repository."""
    path = target.path
    bases: list[Base] = []
    stated = said.get("base") or (target.base if isinstance(target, Adapter) else None) or ""
    relation = RELATIONS.get(said.get("base_relation", ""), Relation.UNKNOWN)
    if isinstance(target, Adapter) or "adapter" in said:
        relation = Relation.ADAPTER
    elif said.get("quantization") or said.get("format") in {"gguf", "ggml"}:
        relation = Relation.QUANTIZED if relation is Relation.UNKNOWN else relation
    source = ClaimSource.CONFIG if relation is Relation.ADAPTER else ClaimSource.WEIGHTS_HEADER
    bases.extend(
        Base(base.strip(), relation, source, declared=True, locator=path, confidence=1.0)
        for base in stated.split(",")
        if base.strip()
    )
    if copy_of is not None:
        bases = [
            Base(
                copy_of,
                Relation.COPY,
                ClaimSource.FILE_LIST,
                declared=False,
                locator=f"sha256 of {path}",
                confidence=1.0,
            )
        ]
    elif said.get("repo"):
        bases.append(
            Base(
                said["repo"],
                Relation.COPY,
                ClaimSource.WEIGHTS_HEADER,
                declared=True,
                locator=path,
                confidence=0.95,
            )
        )
    elif not bases and said.get("base_name"):
        bases.append(
            Base(
                said["base_name"],
                relation,
                ClaimSource.WEIGHTS_HEADER,
                declared=True,
                locator=path,
                confidence=0.8,
            )
        )
    return RepoRecord(
        id=path,
        asked=path,
        answered_by="file",
        seen=None,
        bases=tuple(bases),
        license_id=said.get("license") or None,
        license_name=said.get("license_name") or None,
        license_link=said.get("license_link") or None,
        model_type=said.get("model_type") or None,
        architectures=tuple(filter(None, [said.get("architecture")])),
        quantization=said.get("quantization") or None,
        pipeline_tag=said.get("task") or None,
        library=said.get("library") or None,
        header=said | {"whole": "" if "-of-" in path else "yes"},
        provenance=path,
    )
