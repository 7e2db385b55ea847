"""What a hosted or registry name stands for: developer, terms and the open weights behind it, where known."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from aicheck.core.component import License, Organization, unseen
from aicheck.core.evidence import Claim, ClaimSource, Fact, Gap, GapReason, Known
from aicheck.core.frozen import dataclass
from aicheck.core.target import HostedModel, RegistryModel
from aicheck.knowledge.catalog import name_key, open_catalog
from aicheck.knowledge.hosted import HostedRow, hosted_model, registry_model, tables_as_of
from aicheck.knowledge.origins import organization
from aicheck.resolve.bases_by_name import lookup
from aicheck.resolve.origin import developer_fact, publisher_fact

__all__ = ["StandsFor", "stands_for"]

# Registries whose names are the Hub's own ids, or carry an owner that has the same name there.
_SAME_IDS: Final = frozenset({"modelscope", "openclip", "timm"})
_HUBS: Final = ("hf.co/", "huggingface.co/")
"""How Ollama's names begin that are repositories of the Hub."""


@dataclass(frozen=True, slots=True)
class StandsFor:
    """The answer of knowledge about one hosted or registry name."""

    ref: str
    purl: str | None
    hub_id: Fact[str]
    developer: Fact[Organization]
    publisher: Fact[Organization]
    license: Fact[License]
    availability: str | None = None
    as_of: str | None = None
    """ISO date of the table that knows the name."""
    known: bool = False
    gaps: tuple[Gap, ...] = ()

    @property
    def hub_id_text(self) -> str | None:
        """The Hub id, where known."""
        return self.hub_id.value if isinstance(self.hub_id, Known) else None


def stands_for(target: HostedModel | RegistryModel) -> StandsFor:
    """Return what knowledge says of a hosted or registry name."""
    if isinstance(target, HostedModel):
        return _answer(target, target.provider, target.name, None)
    return _answer(target, target.registry, target.name, target.tag)


def _answer(target: HostedModel | RegistryModel, place: str | None, name: str, tag: str | None) -> StandsFor:
    subject = str(target)
    registry = isinstance(target, RegistryModel)
    row = registry_model(place or "", name, tag) if registry else hosted_model(place, name)
    owner = _owner(target)
    publisher: Fact[Organization] = unseen(subject, "publisher", GapReason.NOT_STATED, "the name has no namespace")
    if owner is not None:
        on_hub = registry and name.lower().startswith(_HUBS)
        publisher = publisher_fact(owner, subject, "hf" if on_hub else place or "hf")
    hub_id: Fact[str]
    detail = "aicheck does not know which open weights stand behind this name"
    claimed: str | None = None
    if row is not None and row.hub_id:
        claimed = row.hub_id
        claim = Claim(
            row.hub_id, ClaimSource.REGISTRY, row.confidence, f"hosted:{row.source}", row.since, row.note
        )
        hub_id = Known(row.hub_id, (claim,))
    elif registry and place in _SAME_IDS and open_catalog().get(name) is not None:
        note = f"the same id on {place} and on the Hub"
        claimed = open_catalog().canonical(name) or name
        hub_id = Known(claimed, (Claim(claimed, ClaimSource.NAME, 0.9, f"catalog:{claimed}", note=note),))
    elif row is None and place == "modelscope" and (mirrored := _mirrored(name)) is not None:
        claimed = mirrored
        note = f"a mirror's copy of {mirrored} by name"
        hub_id = Known(mirrored, (Claim(mirrored, ClaimSource.NAME, 0.85, f"catalog:{mirrored}", note=note),))
    elif row is not None and row.closed:
        detail = f"{row.developer} publishes no weights for it"
        hub_id = unseen(subject, "stands_for", GapReason.NOT_STATED, detail)
    else:
        reason = GapReason.UNKNOWN_NAME if row is None else GapReason.NOT_STATED
        hub_id = unseen(subject, "stands_for", reason, detail)
    developer: Fact[Organization] = unseen(subject, "developer", GapReason.UNKNOWN_NAME, f"unknown name {name!r}")
    if row is not None:
        developer = _developer(row, subject)
    gaps: tuple[Gap, ...] = ()
    if row is None and claimed is None:
        gaps = (Gap(subject, GapReason.UNKNOWN_NAME, f"aicheck does not know the name {name!r}"),)
    return StandsFor(
        ref=subject,
        purl=_purl(target),
        hub_id=hub_id,
        developer=developer,
        publisher=publisher,
        license=unseen(subject, "license", GapReason.NOT_STATED, "the terms of the service, not of weights"),
        availability="deprecated" if row is not None and row.until else None,
        as_of=tables_as_of(registry=registry) if row is not None or claimed is not None else None,
        known=row is not None or claimed is not None,
        gaps=gaps,
    )


def _mirrored(name: str) -> str | None:
    """Return the one well-known model that a mirror's repository has the name of."""
    owner, _, repo = name.partition("/")
    row = organization(owner)
    if row is None or row.role != "mirror" or not repo:
        return None
    return lookup(name_key(repo), "", open_catalog(), popular=True)


def _developer(row: HostedRow, subject: str) -> Fact[Organization]:
    known = developer_fact(row.namespace, subject) if row.namespace else None
    if isinstance(known, Known):
        claims = tuple(
            Claim(
                claim.value,
                claim.source,
                min(claim.confidence, row.confidence),
                claim.locator,
                claim.seen,
                row.note,
            )
            for claim in known.claims
        )
        return Known(known.value, claims)
    organization = Organization(row.developer, row.country, row.namespace)
    claim = Claim(organization, ClaimSource.REGISTRY, row.confidence, f"hosted:{row.source}", row.since, row.note)
    return Known(organization, (claim,))


def _owner(target: HostedModel | RegistryModel) -> str | None:
    if (
        isinstance(target, RegistryModel)
        and "/" in target.name
        and target.registry in {"ollama", "modelscope", "ngc"}
    ):
        name = target.name
        return name.split("/")[1] if name.lower().startswith(_HUBS) else name.partition("/")[0]
    return None


def _purl(target: HostedModel | RegistryModel) -> str | None:
    if not isinstance(target, RegistryModel) or target.registry != "ollama":
        return None
    # No purl type exists for Ollama: its registry speaks OCI.
    path = target.name if "/" in target.name else f"library/{target.name}"
    # A name can hold half a surrogate pair (`\ud800` in JSON), which no URL can spell.
    name = quote(target.name.rpartition("/")[2].lower(), safe=".-_~", errors="replace")
    tag = quote(target.tag or "latest", safe=".-_~", errors="replace")
    where = quote(f"registry.ollama.ai/{path.lower()}", safe="/.-_~", errors="replace")
    return f"pkg:oci/{name}?repository_url={where}&tag={tag}"
