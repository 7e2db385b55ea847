"""Hosted and registry model names: who developed what an API name, an Ollama tag or an image stands for.

Data (each file says its sources in its first lines):

- `data/hosted.tsv`: API names, sorted by their compared form, with the open weights behind them where known,
  dated where the same name was served by different weights;
- `data/hosted_families.tsv`: parts of names by family, in order of precedence, for names without a row;
- `data/hosted_labs.tsv`: the houses, their Hub namespace, the slugs by which routers call them, and the
  provider slugs whose API serves their own models only;
- `data/registry_models.tsv`: names in Ollama, Docker, ModelScope, NVIDIA and other registries.

A name that neither a row, a family nor its vendor explains is `None`. A family tells the developer, never the
weights: `hub_id` is given only where a source states it or the name is spelled like the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache

from aicheck.core.frozen import dataclass
from aicheck.knowledge.hosted_tables import ROUTES, Lab, Table, family_of, lab_of, labs

__all__ = [
    "HostedRow",
    "Lab",
    "Reading",
    "compared_name",
    "hosted_model",
    "lab_of",
    "readings",
    "registry_model",
    "tables_as_of",
]


@dataclass(frozen=True, slots=True)
class HostedRow:
    """What is known of a name in an API or a registry."""

    name: str
    """The name as asked."""
    provider: str | None
    """Provider or registry as asked."""
    lab: str
    """Slug of the developer in `hosted_labs.tsv`."""
    namespace: str | None
    """Hub namespace of the developer, for `knowledge.origins`."""
    developer: str
    """Common name of the developer."""
    country: str | None
    """Country of the developer where `hosted_labs.tsv` says; `knowledge.origins` goes first."""
    hub_id: str | None = None
    """Open weights behind the name, as the Hub spells them, where known."""
    closed: bool | None = None
    """True: no weights are published; False: open weights; None: the family has both."""
    family: str = ""
    since: str | None = None
    """ISO date from which the row holds, for names that stood for different weights in time."""
    until: str | None = None
    """ISO date on which the provider stopped, or stops, serving the name."""
    basis: str = "row"
    """`row` (a source names it), `family` (read off the name), `vendor` (the API serves its own models only)."""
    confidence: float = 1.0
    source: str = ""
    note: str = ""


def hosted_model(provider: str | None, name: str, as_of: date | None = None) -> HostedRow | None:
    """Return what an API name stands for, or None. `as_of` chooses among dated rows (default: the newest)."""
    provider_slug = (provider or "").casefold().strip()
    if provider_slug.startswith("ollama") or provider_slug == "docker-model-runner":
        found = registry_model("ollama", name.removeprefix("ollama/").removeprefix("ai/"), None)
        if found is not None:
            return replace(found, name=name, provider=provider)
    listed: HostedRow | None = None
    for part in readings(provider_slug, name):
        row = _row(part.core, provider_slug, part.vendor, as_of)
        if row is None or (listed is not None and row.lab != listed.lab):
            continue
        if row.closed is not True and (row.hub_id is None or row.hub_id.endswith("-Instruct")):
            row = _as_spelled(row, part)
        if row.hub_id is not None or row.closed is not None or row.source != _LISTS:
            return replace(row, name=name, provider=provider)
        listed = listed or row  # the lists that name it say no more than its developer: a barer name may say more
    form = next(readings(provider_slug, name), None)
    if form is None:
        return None
    found = _byfamily_of(form, name, provider)
    if listed is None or (found is not None and found.lab == listed.lab and found.closed is not None):
        return found
    return replace(listed, name=name, provider=provider)


def _as_spelled(row: HostedRow, part: Reading) -> HostedRow:
    """Return the row with the repository whose very id the name is: then it is no other one, nor its Instruct."""
    owner, _, rest = part.written.partition("/")
    if not rest or part.written == part.written.casefold():
        return row
    spelled = _recorded(owner, rest, whole=True)
    if spelled is None or (row.hub_id is not None and row.hub_id.casefold() != f"{spelled}-Instruct".casefold()):
        return row
    return replace(row, hub_id=spelled, closed=False, confidence=0.9, note="weights as the name spells them")


def registry_model(registry: str, name: str, tag: str | None = None) -> HostedRow | None:
    """Return what a name in a registry other than the Hub stands for (`ollama`, `modelscope`, `ngc`, `oci` …)."""
    place = {"docker": "ollama", "oci": "ollama", "nim": "ngc"}.get(registry, registry)
    text = name.strip()
    bare, colon, own_tag = text.partition(":")
    tag = tag or (own_tag if colon else None)
    if place == "ollama":
        return _ollama(bare, tag, registry)
    if place == "modelscope":
        return _modelscope(bare, registry)
    for key in (f"{place}/{bare}:{tag}" if tag else "", f"{place}/{bare}"):
        found = _registry_row(key.casefold()) if key else None
        if found is not None:
            return replace(found, name=name, provider=registry)
    if place == "azureml":
        bare = bare.partition("/models/")[2].partition("/")[0]
        return hosted_model("azure", bare) if bare else None
    if place in _ON_THE_HUB:
        return _published(place, bare, registry)
    if place in {"ngc", "replicate", "github", "kaggle"}:
        return hosted_model(
            "nvidia" if place == "ngc" else place, bare.removeprefix("nvcr.io/").removeprefix("nim/")
        )
    return None


def tables_as_of(*, registry: bool) -> str | None:
    """Return the ISO date of the table that answers for registries, or for hosted names."""
    return (_registry_table() if registry else _hosted_table()).as_of


def compared_name(text: str) -> str:
    """Return the form in which names are compared: lower case, every run of other signs one hyphen."""
    return _SIGNS.sub("-", text.casefold()).strip("-")


_SIGNS = re.compile(r"[^a-z0-9]+")
_LISTS = "models.dev, litellm, OpenRouter lists"
"""Source of the rows that were taken over by rule, not looked at one by one."""

_HOSTS_OF_OTHERS = frozenset(
    "tencent alibaba nvidia microsoft amazon baidu bytedance google ibm snowflake databricks huawei meta".split()
)
_BEDROCK = re.compile(
    r"^(?:(?:us|eu|apac|ap|au|jp|ca|sa|me|af|global|us-gov)\.)?"
    r"(anthropic|meta|amazon|mistral|cohere|ai21|deepseek|qwen|openai|stability|moonshot|moonshotai|minimax|google"
    r"|nvidia|zai|writer|luma|twelvelabs|xai|us)[.]"
)
_SUFFIXES = re.compile(
    r"(?:-v\d+:\d+(?::\w+)?|:\d+(?::\d+k)?|:(?:free|nitro|thinking|beta|extended|online|floor|exacto|cloud|latest|turbo"
    r"|batch|flex|priority|search|discounted)|@[\w.-]+|-maas|-tee|-tput|/batch)$"
)
_DECORATIONS = (
    "-turbo",
    "-fast",
    "-fp8",
    "-fp4",
    "-nvfp4",
    "-bf16",
    "-awq",
    "-int4",
    "-int8",
    "-mxfp4",
    "-latest",
    "-cloud",
    "-free",
    "-lora",
    "-high",
    "-medium",
    "-low",
    "-mini-high",
    "-quantized",
    "-dynamic",
    "-throughput",
)
_QUANTISED = re.compile(r"(?:nvfp4|fp8|fp4|int4|int8|awq|gptq|w4a16|mxfp4|gguf|mlx)")


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a written name."""

    vendor: str
    """Lab slug that stands before the name, or ''."""
    core: str
    """Compared form of the name."""
    path: str
    """Compared form of all that is left of the path."""
    written: str
    """`owner/name` as written, or ''."""


def readings(provider: str, name: str) -> Iterator[Reading]:
    """Yield the readings of a name, from the one closest to what is written to the barest."""
    text = name.strip().lstrip("~").strip("/")
    if not text or len(text) > 300:  # noqa: PLR2004 - longer than any name; keeps hostile input cheap
        return
    text = text.removeprefix("hf:").removeprefix("ft:")
    if text.startswith(("gpt://", "emb://")):  # Yandex: scheme, folder, model, version
        text = "/".join(text.split("/")[3:4])
    _, vendors, _ = labs()
    segments = [segment for segment in text.split("/") if segment]
    while len(segments) > 1 and (
        segments[0].casefold() in ROUTES
        or (segments[0].casefold() == provider and provider != "openai" and len(segments) > 1)
        or segments[0].isdigit()
    ):
        segments = segments[1:]
    if not segments:
        return
    vendor = vendors.get(segments[0].casefold(), "") if len(segments) > 1 else ""
    if len(segments) > 2 and segments[-2].casefold() in {"models", "model"}:  # noqa: PLR2004 - owner/models/name
        segments = [segments[0], segments[-1]]
    path = compared_name("/".join(segments))
    last = segments[-1] if len(segments) <= 2 else "/".join(segments[1:] if vendor else segments)  # noqa: PLR2004
    bedrock = _BEDROCK.match(last.casefold())
    if bedrock:
        vendor = vendors.get(bedrock.group(1), vendor)
        last = last[bedrock.end() :]
    written = "/".join(segments) if len(segments) == 2 else ""  # noqa: PLR2004
    seen: set[str] = set()
    if not vendor and len(segments) == 2:  # noqa: PLR2004 - `flux/dev`
        seen.add(path)
        yield Reading("", path, path, written)
    stripped = last
    for _ in range(4):
        core = compared_name(stripped)
        if core and core not in seen:
            seen.add(core)
            yield Reading(vendor, core, path, written)
            if bedrock:  # `deepseek.v3.2`: the house stands for the first word of the name
                whole = f"{bedrock.group(1)}-{core}"
                seen.add(whole)
                yield Reading(vendor, whole, path, written)
        shorter = _SUFFIXES.sub("", stripped.casefold())
        if shorter == stripped.casefold():
            break
        stripped = stripped[: len(shorter)]
    core = compared_name(stripped)
    for prefix in (
        "databricks-",
        "anthropic-",
        "openai-",
        "alibaba-",
        "snowflake-",
        "meta-",
        "zai-org-",
        "umans-",
    ):
        bare = core.removeprefix(prefix)
        if bare != core and bare not in seen:
            seen.add(bare)
            yield Reading(vendor, bare, path, "")
    if "p" in core:  # Fireworks writes 5p2 for 5.2
        spelled = re.sub(r"(?<=\d)p(?=\d)", "-", core)
        if spelled not in seen:
            seen.add(spelled)
            yield Reading(vendor, spelled, path, "")
    decorated = [core]
    for whole in decorated:  # grows: `-turbo-free` loses one after the other
        for decoration in _DECORATIONS:
            bare = whole.removesuffix(decoration)
            if bare != whole and len(bare) > 3 and bare not in seen:  # noqa: PLR2004 - a name, not a rest
                seen.add(bare)
                decorated.append(bare)
                yield Reading(vendor, bare, path, "")


def _byfamily_of(form: Reading, name: str, provider: str | None) -> HostedRow | None:
    houses = labs()[0]
    if not form.vendor:
        named = _by_owner(form, name, provider)
        if named is not None:
            return named
    family = family_of(form.core) or family_of(form.path)
    lab, known, closed, basis, confidence = "", "", None, "family", 0.9
    own = _own_api(provider)
    if own and (family is None or family[2] is not False or family[0] == own):
        # The house's own API, unless the name is of another's open weights.
        lab, basis = own, "vendor"
        if family is not None and family[0] == own:
            known, closed, basis = family[1], family[2], "family"
    elif form.vendor and (
        family is None
        or form.vendor == family[0]
        or not (form.vendor in _HOSTS_OF_OTHERS and (form.vendor != "nvidia" or _QUANTISED.search(form.core)))
    ):
        lab, basis = form.vendor, "vendor"
        if family is not None and family[0] == lab:
            known, closed, basis = family[1], family[2], "family"
    elif family is not None:
        lab, known, closed = family
    if basis == "vendor":
        confidence = 0.8
    if not lab or lab not in houses:
        return None
    house = houses[lab]
    hub_id = None
    if closed is not True and form.written:
        owner, _, rest = form.written.partition("/")
        spelled = owner == house.namespace or lab_of(owner) is house
        hub_id = _spelled(owner, rest, sure=closed is False and owner == house.namespace) if spelled else None
    note = "weights as the name spells them" if hub_id else ""
    if hub_id is None and closed is not True and house.namespace and lab in {own, form.vendor}:
        # The house's own name for what it publishes under that very name.
        hub_id = _recorded(house.namespace, name.rpartition("/")[2])
        note = "weights that the house publishes under this name" if hub_id else ""
    closed = False if hub_id else closed
    if basis == "vendor" and closed is None and house.namespace is None:
        closed = True  # a house without a namespace on the Hub publishes no weights there
    return HostedRow(
        name=name,
        provider=provider,
        lab=lab,
        namespace=house.namespace,
        developer=house.name,
        country=house.country,
        hub_id=hub_id,
        closed=closed,
        family=known,
        basis=basis,
        confidence=confidence,
        source="knowledge",
        note=note,
    )


_SUFFIX_WRITTEN = re.compile(r"(?:-TEE|-tput|-[Tt]urbo(?:-Free)?|-Free|:[\w-]+|-FAST|-maas)$")


def _own_api(provider: str | None) -> str:
    """Return the house whose own API a provider is, under any of its names, or ''."""
    own_apis = labs()[2]
    name = (provider or "").casefold()
    if not name or name in own_apis:
        return own_apis.get(name, "")
    from aicheck.knowledge.hosts import canonical_provider  # noqa: PLC0415 - a table that most names do not need

    return own_apis.get(canonical_provider(name) or "", "")


def _recorded(owner: str, name: str, *, whole: bool = False) -> str | None:
    """Return the Hub's spelling of an id in the catalog: of the `whole` name, or also without what servers add."""
    from aicheck.knowledge.catalog import open_catalog  # noqa: PLC0415 - for names without a row alone

    catalog = open_catalog()
    for candidate in (name,) if whole else (name, _SUFFIX_WRITTEN.sub("", name)):
        if candidate and catalog.get(f"{owner}/{candidate}") is not None:
            return catalog.canonical(f"{owner}/{candidate}")
    return None


def _spelled(owner: str, name: str, *, sure: bool) -> str | None:
    """Return the Hub id that `owner/name` is spelled like, None where nothing says that there is one.

    Routers write ids in lower case: such a name is an id where the catalog has it, or where the family is of open
    weights (`sure`). Capitals are copied from the Hub.
    """
    written = f"{owner}/{_SUFFIX_WRITTEN.sub('', name)}"
    return _recorded(owner, name) or (written if sure or written != written.casefold() else None)


def _by_owner(form: Reading, name: str, provider: str | None) -> HostedRow | None:
    """Read `Owner/Name` as a model of the organisation that owns that namespace on the Hub.

    Copies made by others, and names below one who serves others' models, are left to the family of the name.
    """
    owner, _, rest = form.written.partition("/")
    if not rest:
        return None
    from aicheck.knowledge.hosts import canonical_provider  # noqa: PLC0415 - tables that most names do not need
    from aicheck.knowledge.origins import organization  # noqa: PLC0415

    row = organization(owner)
    if row is None or row.role != "developer":
        return None
    capitals = form.written != form.written.casefold()
    hub_id = _recorded(row.namespace, rest)
    if hub_id is None:
        if row.type in {"individual", ""} or (row.namespace != owner if capitals else canonical_provider(owner)):
            return None
        hub_id = f"{owner}/{_SUFFIX_WRITTEN.sub('', rest)}" if capitals else None
    return HostedRow(
        name=name,
        provider=provider,
        lab=row.namespace,
        namespace=row.namespace,
        developer=row.name,
        country=row.country,
        hub_id=hub_id,
        closed=False if hub_id else None,
        basis="vendor",
        confidence=0.85 if hub_id else 0.8,
        source="knowledge",
        note="weights as the name spells them" if hub_id else "",
    )


@cache
def _hosted_table() -> Table:
    return Table("hosted.tsv")


@cache
def _registry_table() -> Table:
    return Table("registry_models.tsv")


def _row(core: str, provider: str, vendor: str, as_of: date | None) -> HostedRow | None:
    rows = _hosted_table().rows(core)
    rows = [row for row in rows if row[1] in {"*", provider}] if rows else []
    if any(row[1] == provider for row in rows):
        rows = [row for row in rows if row[1] == provider]
    day = as_of.isoformat() if as_of else "9999"
    rows = [row for row in rows if not row[5] or row[5] <= day]
    if not rows:
        return None
    _, where, lab, hub_id, state, since, until, source, note = max(rows, key=lambda row: row[5])
    if vendor and vendor != lab and vendor not in _HOSTS_OF_OTHERS and where == "*":
        return None  # another house's model of the same name
    house = labs()[0][lab]
    family = family_of(core)
    return HostedRow(
        name=core,
        provider=provider,
        lab=lab,
        namespace=house.namespace,
        developer=house.name,
        country=house.country,
        hub_id=hub_id or None,
        closed={"open": False, "closed": True}.get(state),
        family=family[1] if family else "",
        since=since or None,
        until=until or None,
        source=source,
        note=note,
    )


def _registry_row(key: str) -> HostedRow | None:
    rows = _registry_table().rows(key)
    if not rows:
        return None
    _, lab, hub_id, source, note = rows[0]
    house = lab_of(lab) or Lab(lab, hub_id.partition("/")[0] or None, lab, None)
    return HostedRow(
        name=key,
        provider=None,
        lab=house.slug,
        namespace=house.namespace if lab_of(lab) else hub_id.partition("/")[0] or None,
        developer=house.name,
        country=house.country,
        hub_id=hub_id or None,
        closed=False,
        source=source,
        note=note,
    )


_ON_THE_HUB = {
    "spacy": re.compile(r"[a-z]{2,3}_(?:core|dep|ent)_(?:web|news|wiki)_(?:sm|md|lg|trf)"),
    "timm": re.compile(r"\w+\.\w+"),
}
"""Libraries that publish the models that they name under their own namespace, and which names those are."""


def _published(library: str, name: str, registry: str) -> HostedRow | None:
    from aicheck.knowledge.origins import organization  # noqa: PLC0415 - a table that most names do not need

    row = organization(library)
    if row is None or _ON_THE_HUB[library].fullmatch(name) is None:
        return None
    return HostedRow(
        name, registry, library, row.namespace, row.name, row.country, hub_id=f"{library}/{name}", closed=False,
        confidence=0.9, source="knowledge", note="the library publishes its models under these names on the Hub",
    )  # fmt: skip


# What Ollama appends to say how the weights are packed: the model stays the same.
_OLLAMA_PACKING = re.compile(
    r"-(?:q\d\w*|fp16|fp8|bf16|f16|f32|int4|int8|mxfp\d|nvfp4|mlx|qat|it-qat|cloud|latest).*$"
)


def _ollama(name: str, tag: str | None, registry: str) -> HostedRow | None:
    bare = name.casefold().removeprefix("registry.ollama.ai/").removeprefix("library/").removeprefix("ai/")
    if bare.startswith(("hf.co/", "huggingface.co/")):
        owner, _, repo = name.split("/", 1)[1].partition("/")
        house = lab_of(owner)
        return HostedRow(
            name, registry, owner, house.namespace if house else owner, house.name if house else owner,
            house.country if house else None, hub_id=f"{owner}/{repo}", closed=False, source="name",
        )  # fmt: skip
    label = (tag or "latest").casefold()
    packed = _OLLAMA_PACKING.sub("", "-" + label).lstrip("-")
    sized = re.sub(r"-(?:instruct|chat|it)$", "", packed)
    for candidate in dict.fromkeys((label, packed, sized, "latest")):
        if candidate == "latest" and label != "latest" and re.match(r"\d", label):
            break  # a size that is not on record is not the default size
        found = _registry_row(f"ollama/{bare}:{candidate}") if candidate else None
        if found is not None:
            return replace(found, name=name, provider=registry)
    family = family_of(compared_name(bare.rpartition("/")[2]))
    if family is None or "/" in bare:
        return None  # somebody's own upload: the name alone proves nothing
    house = labs()[0][family[0]]
    return HostedRow(
        name, registry, family[0], house.namespace, house.name, house.country, closed=family[2], family=family[1],
        basis="family", confidence=0.9, source="knowledge",
    )  # fmt: skip


def _modelscope(name: str, registry: str) -> HostedRow | None:
    found = _registry_row(f"modelscope/{name.casefold()}")
    if found is not None:
        return replace(found, name=name, provider=registry)
    owner, slash, repo = name.partition("/")
    if not slash:
        return None
    rows = _registry_table().rows(f"modelscope-owner/{owner.casefold()}")
    if not rows:
        return None
    namespace = rows[0][2]
    house = lab_of(namespace)
    return HostedRow(
        name, registry, house.slug if house else namespace, house.namespace if house else namespace,
        house.name if house else namespace, house.country if house else None, hub_id=f"{namespace}/{repo}",
        closed=False, basis="vendor", confidence=0.8, source=rows[0][3],
        note="the house uses the same names on both hubs",
    )  # fmt: skip
