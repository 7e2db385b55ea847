"""Who runs a hosted model or an endpoint, and where it says that it processes."""

from __future__ import annotations

from dataclasses import replace

from aicheck.core.component import Hosting, unseen
from aicheck.core.evidence import Absent, Claim, ClaimSource, Fact, GapReason, Known
from aicheck.core.target import Endpoint, HostedModel, Target
from aicheck.knowledge.hosts import HostRow, host, provider, provider_row
from aicheck.knowledge.origins import CONFIDENCE

__all__ = ["hosting_fact"]

# Prefixes of Bedrock inference profiles: where a call may be run, whatever region it is sent to.
_BEDROCK_PROFILES: dict[str, tuple[tuple[str, ...], str]] = {
    "us": (("US",), "inference profile us.: any region in the United States"),
    "us-gov": (("US",), "inference profile us-gov.: AWS GovCloud"),
    "eu": (("EU",), "inference profile eu.: any region in the European Union"),
    "ca": (("CA",), "inference profile ca.: Canada"),
    "jp": (("JP",), "inference profile jp.: Japan"),
    "au": (("AU",), "inference profile au.: Australia"),
    "apac": ((), "inference profile apac.: any region in Asia and the Pacific"),
    "global": ((), "inference profile global.: any commercial region"),
}


def hosting_fact(target: Target) -> Fact[Hosting]:
    """Return who runs a hosted model or an endpoint; `Absent` for what nobody else hosts.

    The host that the code names decides; the provider's usual host stands in where it names none. An
    unknown host stays unknown even where the provider's client calls it: a base URL may point anywhere.
    """
    if isinstance(target, Endpoint):
        row = host(target.host)
        if row is None:
            detail = f"aicheck does not know who runs {target.host}"
            return unseen(str(target), "hosting", GapReason.UNKNOWN_NAME, detail)
        return _known(row, row.to_core())
    if not isinstance(target, HostedModel):
        return Absent(())
    if target.host is not None:
        row = host(target.host)
        if row is None:
            detail = f"aicheck does not know who runs {target.host}"
            return unseen(str(target), "hosting", GapReason.UNKNOWN_NAME, detail)
        return _known(row, _narrowed(row, row.to_core(), target.name))
    if target.provider is None:
        detail = "no client, base URL or key tells which provider this name is sent to"
        return unseen(str(target), "hosting", GapReason.UNBOUND, detail)
    row = provider(target.provider)
    if row is not None:
        hosting = row.to_core()
        if "*" in row.pattern:
            # The account decides the host: the pattern is not one that code ever called.
            hosting = replace(hosting, host=None)
        return _known(row, _narrowed(row, hosting, target.name))
    return _without_host(target)


def _without_host(target: HostedModel) -> Fact[Hosting]:
    known = provider_row(target.provider or "")
    if known is not None:
        # A provider without a usual host is software that the project runs itself (Ollama, vLLM …).
        hosting = Hosting(
            provider=known.slug,
            provider_name=known.name,
            host=None,
            operator=None,
            operator_country=None,
            processing_note="run by whoever runs the project",
            local=True,
            kind="self-hosted",
        )
        claim = Claim(hosting, ClaimSource.REGISTRY, CONFIDENCE["medium"], f"hosts:{target.provider}")
        return Known(hosting, (claim,))
    detail = f"aicheck does not know the provider {target.provider!r}"
    return unseen(str(target), "hosting", GapReason.UNKNOWN_NAME, detail)


def _known(row: HostRow, hosting: Hosting) -> Known[Hosting]:
    claim = Claim(
        value=hosting,
        source=ClaimSource.REGISTRY,
        confidence=CONFIDENCE[row.confidence],
        locator=f"hosts:{row.pattern or row.host}",
        seen=row.verified or None,
        note=row.note,
    )
    return Known(hosting, (claim,))


def _narrowed(row: HostRow, hosting: Hosting, name: str) -> Hosting:
    """Apply what the model's name says of the place: Bedrock's profiles, Model Studio's `-us` suffix."""
    if row.provider == "bedrock":
        profile = name.rpartition("/")[2].partition(".")[0]
        found = _BEDROCK_PROFILES.get(profile)
        if found is not None:
            return replace(hosting, processing_countries=found[0], processing_note=found[1])
    if row.provider == "alibaba-us":
        if name.endswith("-us"):
            return replace(
                hosting, processing_countries=("US",), processing_note="model name ends in -us: US only"
            )
        return replace(hosting, processing_countries=())
    return hosting
