"""A foreign SBOM (CycloneDX JSON or SPDX JSON) as references: what another tool has found is not parsed again.

Read as plain dictionaries, since the formats' own classes drop what they do not know. Components become
`Library`, `HubModel`, `HubDataset`, `RegistryModel`, `WeightsFile` or `Endpoint` by their purl and type; what is
none of these is left to the tool that wrote the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from packageurl import PackageURL

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Occurrence, Reference, Use
from aicheck.core.target import Endpoint, HubDataset, HubModel, Library, RegistryModel, Target, WeightsFile
from aicheck.discover.formats.base import clean
from aicheck.discover.sighting import hub_model
from aicheck.errors import ConfigError
from aicheck.knowledge.libraries import ai_library

__all__ = ["read_sbom"]

_MAX_SIZE: Final = 512 << 20
_MAX_COMPONENTS: Final = 500_000
_DETECTOR: Final = "sbom"
_LIBRARY_TYPES: Final = frozenset({
    "pypi", "npm", "golang", "cargo", "maven", "nuget", "conda", "gem", "composer", "hex", "pub", "swift",
    "cocoapods", "deb", "rpm", "apk", "alpm", "cran", "github", "generic", "conan", "hackage", "bitnami",
    "luarocks",
})  # fmt: skip


def read_sbom(data: bytes, name: str) -> tuple[tuple[Reference, ...], tuple[Gap, ...]]:
    """Return the references and gaps of a document; `name` is its path as the user gave it.

    Raises `ConfigError` where it is neither CycloneDX JSON nor SPDX JSON: a person named it, so it has to be one.
    """
    if len(data) > _MAX_SIZE:
        raise ConfigError(f"larger than {_MAX_SIZE >> 20} MiB", path=name)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"not JSON: {clean(error, 160)}", path=name, hint="give CycloneDX JSON or SPDX JSON"
        ) from None
    if not isinstance(document, Mapping):
        raise ConfigError("not a CycloneDX or SPDX document", path=name)
    references: list[Reference] = []
    gaps: list[Gap] = []
    if document.get("bomFormat") == "CycloneDX":
        items = _cyclonedx(document, name, gaps)
    elif isinstance(document.get("spdxVersion"), str):
        items = _spdx2(document, name)
    elif isinstance(document.get("@graph"), list):
        items = _spdx3(document["@graph"], name)
    else:
        hint = "give CycloneDX JSON, SPDX 2 JSON or SPDX 3 JSON-LD"
        raise ConfigError("not a CycloneDX or SPDX document", path=name, hint=hint)
    seen: set[str] = set()
    for reference in items:
        if str(reference.target) not in seen:
            seen.add(str(reference.target))
            references.append(reference)
    return tuple(references), tuple(gaps)


def _text(value: object, limit: int = 300) -> str:
    return clean(value, limit) if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _reference(target: Target, name: str, raw: str, symbol: str, attributes: Mapping[str, str]) -> Reference:
    kept = tuple(sorted((key, value) for key, value in attributes.items() if value))
    use = Use.DEPENDENCY if isinstance(target, Library) else Use.CONFIG
    return Reference(target, Occurrence(name, 1, 1, 1, raw[:500], symbol, _DETECTOR, use), 0.95, kept)


def _of_purl(text: str) -> tuple[Target, dict[str, str]] | None:
    try:
        purl = PackageURL.from_string(text)
    except (ValueError, TypeError):  # the library raises either for what is no purl
        return None
    if purl.type == "huggingface":
        repo_id = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
        if isinstance(purl.qualifiers, dict) and purl.qualifiers.get("type") == "dataset":
            return HubDataset(repo_id, purl.version), {"revision": purl.version or ""}
        return HubModel(repo_id, purl.version), {"revision": purl.version or ""}
    if purl.type == "oci":
        qualifiers = purl.qualifiers if isinstance(purl.qualifiers, dict) else {}
        repository = qualifiers.get("repository_url", "")
        if "ollama" in repository:
            return RegistryModel("ollama", purl.name, qualifiers.get("tag")), {}
        return None
    if purl.type == "mlflow":
        return None
    if purl.type in _LIBRARY_TYPES:
        row = ai_library(purl.type, _name_of(purl))
        facts = {"ai": row.kind, "provider": row.provider, "vendor": row.vendor} if row else {}
        return Library(purl.to_string()), {"scope": "runtime", **facts}
    return None


def _name_of(purl: PackageURL) -> str:
    if purl.type == "maven":
        return f"{purl.namespace}:{purl.name}"
    return f"{purl.namespace}/{purl.name}" if purl.namespace else str(purl.name)


def _cyclonedx(document: Mapping[str, Any], name: str, gaps: list[Gap]) -> Iterator[Reference]:
    stack = [(item, 0) for item in reversed(_list(document.get("components")))]
    count = 0
    while stack:
        item, depth = stack.pop()
        if not isinstance(item, Mapping):
            continue
        count += 1
        if count > _MAX_COMPONENTS:
            gaps.append(
                Gap(
                    name,
                    GapReason.TOO_LARGE,
                    f"more than {_MAX_COMPONENTS} components; the rest was not read",
                    name,
                )
            )
            return
        if depth < 50:
            stack.extend((inner, depth + 1) for inner in reversed(_list(item.get("components"))))
        found = _component(item)
        if found is not None:
            target, attributes = found
            yield _reference(
                target, name, _text(item.get("purl")) or _text(item.get("name")), "components", attributes
            )
        elif _text(item.get("type")) in {"machine-learning-model", "data"}:
            subject = _text(item.get("name")) or "component"
            detail = "the SBOM names it in a way that leads to no known registry"
            gaps.append(Gap(subject, GapReason.UNKNOWN_NAME, detail, name))
    for service in _list(document.get("services")):
        for url in _list(service.get("endpoints")) if isinstance(service, Mapping) else []:
            try:
                host = urlsplit(url).hostname if isinstance(url, str) else None
            except ValueError:
                host = None
            if host:
                yield _reference(
                    Endpoint(host), name, _text(url), "services", {"client": _text(service.get("name"))}
                )


def _component(item: Mapping[str, Any]) -> tuple[Target, dict[str, str]] | None:
    licenses = []
    for entry in _list(item.get("licenses")):
        if isinstance(entry, Mapping):
            inner = entry.get("license")
            stated = entry.get("expression") or (
                inner.get("id") or inner.get("name") if isinstance(inner, Mapping) else ""
            )
            licenses.append(_text(stated, 120))
    digest = next(
        (
            _text(entry.get("content"), 64).lower()
            for entry in _list(item.get("hashes"))
            if isinstance(entry, Mapping) and entry.get("alg") == "SHA-256"
        ),
        "",
    )
    facts = {"license": " AND ".join(filter(None, licenses)), "sha256": digest}
    found = _of_purl(_text(item.get("purl"), 1000))
    if found is None and _text(item.get("type")) in {"machine-learning-model", "data"}:
        group, bare = _text(item.get("group")), _text(item.get("name"))
        model = hub_model(f"{group}/{bare}" if group else bare)
        if model is not None:
            found = (HubDataset(model.repo_id) if item.get("type") == "data" else model), {}
        elif digest and bare.endswith((".gguf", ".safetensors", ".onnx", ".pt", ".bin")):
            found = WeightsFile(bare, digest), {}
    if found is None:
        return None
    return found[0], {**found[1], **{key: value for key, value in facts.items() if value}}


def _spdx2(document: Mapping[str, Any], name: str) -> Iterator[Reference]:
    for item in _list(document.get("packages"))[:_MAX_COMPONENTS]:
        if not isinstance(item, Mapping):
            continue
        stated = [_text(item.get(key)) for key in ("licenseConcluded", "licenseDeclared")]
        license_text = next((text for text in stated if text not in {"", "NOASSERTION", "NONE"}), "")
        for entry in _list(item.get("externalRefs")):
            if isinstance(entry, Mapping) and entry.get("referenceType") == "purl":
                found = _of_purl(_text(entry.get("referenceLocator"), 1000))
                if found is not None:
                    attributes = {**found[1], "license": license_text}
                    yield _reference(found[0], name, _text(item.get("name")), "packages", attributes)
                    break


def _spdx3(graph: list[Any], name: str) -> Iterator[Reference]:
    for item in graph[:_MAX_COMPONENTS]:
        if not isinstance(item, Mapping):
            continue
        kind = _text(item.get("type") or item.get("@type"))
        texts = [
            _text(item.get(key), 1000)
            for key in ("software_packageUrl", "packageUrl", "software_downloadLocation")
        ]
        texts.extend(
            _text(entry.get("identifier"), 1000)
            for entry in _list(item.get("externalIdentifier"))
            if isinstance(entry, Mapping) and "packageurl" in str(entry.get("externalIdentifierType", "")).lower()
        )
        found = next((found for text in texts if text.startswith("pkg:") and (found := _of_purl(text))), None)
        if found is None and kind.endswith(("ai_AIPackage", "dataset_DatasetPackage")):
            model = hub_model(_text(item.get("name")))
            if model is not None:
                found = (HubDataset(model.repo_id) if "dataset" in kind.lower() else model), {}
        if found is not None:
            yield _reference(found[0], name, _text(item.get("name")), kind or "@graph", found[1])
