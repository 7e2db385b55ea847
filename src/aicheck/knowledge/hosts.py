"""Who runs an API host: operator, its country, the contract's country, where it says it processes.

`data/hosts.tsv` has one row per host name or pattern (`*` stands for one or more labels or a part of a
label), `data/providers.tsv` one per provider slug with its aliases (litellm prefixes, models.dev names,
AI SDK packages, LangChain classes) and environment variables, `data/regions.tsv` the cloud regions that
stand in host names. Operator country, contract country and processing countries are three things: they
are three columns, and none is derived from another.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from aicheck.core.component import Hosting, ListFlag
from aicheck.core.frozen import dataclass
from aicheck.knowledge.lists import flags_for
from aicheck.knowledge.origins import house as _house
from aicheck.knowledge.tables import cells, raw_lines

__all__ = [
    "HostRow",
    "ProviderRow",
    "canonical_provider",
    "host",
    "host_needles",
    "host_rows",
    "is_local",
    "provider",
    "provider_for_env",
    "provider_row",
    "provider_rows",
    "region_country",
    "split_host",
]

_HOSTS = "hosts.tsv"
_PROVIDERS = "providers.tsv"
_REGIONS = "regions.tsv"


@dataclass(frozen=True, slots=True)
class HostRow:
    """What is known of one host name or pattern."""

    host: str
    """Lower case without port; the name asked for where the row is a pattern or a local address."""
    pattern: str
    """The host as the table spells it, `*` included."""
    provider: str
    """Slug in `data/providers.tsv`; `self-hosted` for local addresses."""
    name: str
    operator: str | None
    """Legal entity that runs it."""
    operator_country: str | None
    """ISO 3166-1 alpha-2 of the seat of the company that controls the operator's service; None = not known."""
    contract_entity: str | None
    contract_country: str | None
    """Seat of the entity that the customer contracts with."""
    processing_countries: tuple[str, ...]
    """As the operator states, or as the region in the host name says; `EU` where only that is stated."""
    processing_note: str
    openai_compatible: bool | None
    """None = not known. Partly compatible hosts (a path of their own for it) are True and say so in `note`."""
    kind: str
    """`vendor-api`, `inference-host`, `aggregator`, `router`, `cloud`, `gateway`, `self-hosted`."""
    router: bool
    """The gateway decides at run time who serves the model."""
    local: bool
    base_url: str
    house: str | None
    """Id of the house in `data/houses.tsv`."""
    lists: tuple[ListFlag, ...]
    region: str | None
    """Cloud region read from the host name."""
    note: str
    basis: str
    source: str
    verified: str
    confidence: str

    def to_core(self) -> Hosting:
        """Return the row as the value that components carry."""
        return Hosting(
            provider=self.provider,
            provider_name=self.name,
            host=self.host or None,
            operator=self.operator,
            operator_country=self.operator_country,
            contract_country=self.contract_country,
            processing_countries=self.processing_countries,
            processing_note=self.processing_note,
            openai_compatible=self.openai_compatible,
            router=self.router,
            local=self.local,
            kind=self.kind,
            lists=self.lists,
        )


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """One provider slug and the names by which code calls it."""

    slug: str
    name: str
    host: str
    """Pattern in `data/hosts.tsv` that calls go to unless the code names another; '' = software that the project
    runs itself (Ollama, vLLM …)."""
    aliases: tuple[str, ...]
    env: tuple[str, ...]
    """Environment variables of its SDKs that hold the key, base URL or account."""
    packages: tuple[str, ...]
    """`npm:@ai-sdk/openai`, `langchain:ChatOpenAI` …"""


_PRIVATE_SUFFIXES = (
    ".svc",
    ".local",
    ".localhost",
    ".internal",
    ".lan",
    ".home.arpa",
    ".intranet",
    ".corp",
    ".private",
    ".home",
    ".localdomain",
    ".ts.net",
)
_DEFAULT_PORTS = {
    "11434": "Ollama",
    "1234": "LM Studio",
    "8000": "vLLM",
    "8080": "llama.cpp or LocalAI",
    "30000": "SGLang",
    "4000": "LiteLLM proxy",
    "1337": "Jan",
    "9997": "Xinference",
    "23333": "LMDeploy",
}
_SHARED_ADDRESS_SPACE = ipaddress.ip_network("100.64.0.0/10")


def split_host(text: str) -> tuple[str, str]:
    """Return host name (lower case) and port ('' = none) of a host, `host:port`, `[v6]:port` or URL."""
    rest = text.strip()
    if "://" in rest:
        rest = rest.partition("://")[2]
    rest = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2]
    if rest.startswith("["):
        name, _, tail = rest[1:].partition("]")
        return name.lower(), tail.removeprefix(":")
    if rest.count(":") > 1:
        return rest.lower(), ""
    name, _, port = rest.partition(":")
    return name.rstrip(".").lower(), port


def is_local(hostname: str) -> bool:
    """Tell whether a host is run by whoever runs the project: loopback, private, cluster-internal, one label."""
    name, _ = split_host(hostname)
    if not name:
        return False
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return "." not in name or name.endswith(_PRIVATE_SUFFIXES) or ".svc." in name
    if isinstance(address, ipaddress.IPv4Address) and address in _SHARED_ADDRESS_SPACE:
        return True
    return address.is_loopback or address.is_private or address.is_link_local or address.is_unspecified


def _local_row(name: str, port: str) -> HostRow:
    usual = _DEFAULT_PORTS.get(port)
    note = f"port {port} is the default of {usual}" if usual else ""
    return HostRow(
        host=f"{name}:{port}" if port else name,
        pattern="",
        provider="self-hosted",
        name="Self-hosted",
        operator=None,
        operator_country=None,
        contract_entity=None,
        contract_country=None,
        processing_countries=(),
        processing_note="run by whoever runs the project",
        openai_compatible=None,
        kind="self-hosted",
        router=False,
        local=True,
        base_url="",
        house=None,
        lists=(),
        region=None,
        note=note,
        basis="knowledge",
        source="",
        verified="",
        confidence="high",
    )


_YES_NO: dict[str, bool | None] = {"yes": True, "partial": True, "no": False, "": None}


@cache
def _row(line: str) -> HostRow:
    cell = cells(_HOSTS, line)
    chain: list[str] = []
    above = cell["house"] or None
    while above is not None and above not in chain:
        chain.append(above)
        found = _house(above)
        above = found.parent if found else None
    note = cell["note"]
    if cell["openai_compatible"] == "partial":
        note = f"partly OpenAI-compatible; {note}" if note else "partly OpenAI-compatible"
    return HostRow(
        host=cell["host"],
        pattern=cell["host"],
        provider=cell["provider"],
        name=cell["name"],
        operator=cell["operator"] or None,
        operator_country=cell["operator_country"] or None,
        contract_entity=cell["contract_entity"] or None,
        contract_country=cell["contract_country"] or None,
        processing_countries=tuple(cell["processing"].split(",")) if cell["processing"] else (),
        processing_note=cell["processing_note"],
        openai_compatible=_YES_NO[cell["openai_compatible"]],
        kind=cell["kind"],
        router=cell["router"] == "yes",
        local=False,
        base_url=cell["base_url"],
        house=cell["house"] or None,
        lists=flags_for(tuple(chain)),
        region=None,
        note=note,
        basis=cell["basis"],
        source=cell["source"],
        verified=cell["verified"],
        confidence=cell["confidence"],
    )


@cache
def _index() -> tuple[dict[str, str], tuple[tuple[tuple[str, ...], str], ...]]:
    """Return exact hosts -> line, and the parts of each pattern with its line, the longest pattern first."""
    exact: dict[str, str] = {}
    patterns: list[tuple[int, str, str]] = []
    for line in raw_lines(_HOSTS):
        name = line.partition("\t")[0]
        if "*" in name:
            patterns.append((-len(name), name, line))
        else:
            exact[name] = line
    patterns.sort()
    return exact, tuple((tuple(name.split("*")), line) for _, name, line in patterns)


def _matches(parts: tuple[str, ...], name: str) -> bool:
    """Tell whether a host matches a pattern split at its stars; each star stands for at least one character."""
    first, last = parts[0], parts[-1]
    if not (name.startswith(first) and name.endswith(last)):
        return False
    start, stop = len(first), len(name) - len(last)
    for part in parts[1:-1]:
        found = name.find(part, start + 1, stop)
        if found < 0:
            return False
        start = found + len(part)
    return stop > start


def _line_of(pattern: str) -> str | None:
    """Return the line whose first cell is `pattern`."""
    exact, patterns = _index()
    return exact.get(pattern) or next((line for _, line in patterns if line.startswith(f"{pattern}\t")), None)


@cache
def _regions() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in raw_lines(_REGIONS):
        cell = cells(_REGIONS, line)
        found.setdefault(cell["cloud"], {})[cell["region"]] = cell["country"]
    return found


def region_country(cloud: str, region: str) -> str | None:
    """Return the country (`EU` for the Union as a whole) of a cloud region, None where it is not known.

    `cloud` is `aws`, `azure`, `gcp`, `ibm`, `oci`, `alibaba`, `huawei`, `tencent` or `volcengine`.
    """
    return _regions().get(cloud, {}).get(region.lower())


def _region_in(clouds: str, name: str) -> tuple[str, str] | None:
    for cloud in clouds.split(","):
        known = _regions().get(cloud, {})
        for label in name.split("."):
            if label in known:
                return label, known[label]
            # `europe-west4-aiplatform`, `api-ap-southeast-1`: the region with the service before or behind it.
            part = max(
                (
                    region
                    for region in known
                    if label.startswith(f"{region}-") or ("-" in region and label.endswith(f"-{region}"))
                ),
                key=len,
                default="",
            )
            if part:
                return part, known[part]
    return None


def host(hostname: str) -> HostRow | None:
    """Return what is known of a host, `host:port` or URL; local addresses are recognised; None = not known."""
    name, port = split_host(hostname)
    if not name:
        return None
    exact, patterns = _index()
    line = exact.get(name)
    if line is not None:
        return _row(line)
    if is_local(name):
        return _local_row(name, port)
    for parts, candidate in patterns:
        if _matches(parts, name):
            row = _row(candidate)
            clouds = cells(_HOSTS, candidate)["regions"]
            region = _region_in(clouds, name) if clouds else None
            if region is None:
                return replace(row, host=name)
            return replace(row, host=name, region=region[0], processing_countries=(region[1],))
    return None


def host_rows() -> Iterator[HostRow]:
    """Yield every row, in file order; patterns keep their `*` in `host`."""
    return map(_row, raw_lines(_HOSTS))


@cache
def host_needles() -> tuple[str, ...]:
    """Return lower-case strings one of which is in every spelling of a known host, sorted.

    For an exact host the host itself, for a pattern its longest fixed part.
    """
    found = set()
    for line in raw_lines(_HOSTS):
        name = line.partition("\t")[0]
        found.add(max(name.split("*"), key=len))
    return tuple(sorted(found))


@cache
def _providers() -> dict[str, ProviderRow]:
    found = {}
    for line in raw_lines(_PROVIDERS):
        cell = cells(_PROVIDERS, line)
        found[cell["provider"]] = ProviderRow(
            slug=cell["provider"],
            name=cell["name"],
            host=cell["host"],
            aliases=tuple(cell["aliases"].split()),
            env=tuple(cell["env"].split()),
            packages=tuple(cell["packages"].split()),
        )
    return found


def provider_rows() -> tuple[ProviderRow, ...]:
    """Return every provider, in file order."""
    return tuple(_providers().values())


def _key(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")


@cache
def _aliases() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in _providers().values():
        for name in (row.slug, *row.aliases):
            found[_key(name)] = row.slug
        for package in row.packages:
            # Packages and classes are looked up as they are written, with and without their ecosystem.
            found.setdefault(_key(package), row.slug)
            found.setdefault(_key(package.partition(":")[2]), row.slug)
    return found


def canonical_provider(name: str) -> str | None:
    """Return the provider slug for a slug, alias, litellm prefix, AI SDK package or LangChain class."""
    return _aliases().get(_key(name))


def provider_row(name: str) -> ProviderRow | None:
    """Return the provider for a slug or any of its aliases."""
    slug = canonical_provider(name)
    return _providers()[slug] if slug is not None else None


def provider(name: str) -> HostRow | None:
    """Return the row of the host that a provider's calls go to by default, for a slug or any alias."""
    row = provider_row(name)
    if row is None or not row.host:
        return None
    line = _line_of(row.host)
    return _row(line) if line is not None else None


@cache
def _environment() -> dict[str, str]:
    return {name: row.slug for row in _providers().values() for name in row.env}


# Frameworks that copy variables into the browser demand these prefixes; the rest is the SDK's own name.
_ENV = re.compile(
    r"(?:NEXT_PUBLIC_|VITE_|REACT_APP_|EXPO_PUBLIC_|NUXT_|GATSBY_|TF_VAR_|LLM_)?"
    r"(?P<name>[A-Z0-9]+(?:_[A-Z0-9]+){0,3}?)"
    r"_(?:API_KEY|APIKEY|KEY|TOKEN|API_TOKEN|AUTH_TOKEN|SECRET_KEY|BASE_URL|API_BASE|API_BASE_URL|API_URL|ENDPOINT|API_ENDPOINT|API_HOST)"
    r"(?:_[0-9]{1,2})?"
)


# Slugs and aliases that as the name of a variable mean something else as well.
_GENERIC = frozenset(
    """
ALBERT AMAZON AMP AUGMENT AVIAN AWS BAAI BASE64 BEAM BLACKBOX BLAND CAILA CAPTIONS CHARM CIVITAI
CIVO CONTINUE CURSOR CUSTOM DENVR DID DOCKER_MODEL_RUNNER E2E EXOSCALE FACTORY FISH FLUIDSTACK GAIA
GALILEO GATEWAY GCORE GENESIS GEN_API GITHUB GITLAB GOOGLE GOOGLE_CLOUD HEROKU HEURIST HIVE
HYPERSTACK IBM INFERENCE INTERN INTERN_AI JAN JDCLOUD KIE KOYEB LIARA LIGHTNING LIVEKIT LOCAL MAPLE
MAXIM META MICROSOFT MODAL MORPHEUS MYSTIC NADIR NEAR ORACLE ORQ PAI PARALLEL POSITRON PRISM REPLIT
REV ROO SAIL SALAD SAP SEALOS SOURCEGRAPH SPARK STEP SYNC TRITON TWCC TYPESAFE UBICLOUD UNIFY V3
VAST WARP YOU ZED
""".split()
)


def provider_for_env(variable: str) -> str | None:
    """Return the slug of the provider whose key, URL or account an environment variable holds, or None.

    Names in `data/providers.tsv` first, then `<provider>_API_KEY` and the like for every slug and alias,
    also with the prefixes that web frameworks demand.
    """
    name = variable.strip().upper()
    known = _environment()
    if name in known:
        return known[name]
    if len(name) > 64:  # noqa: PLR2004 - longer than any variable of an SDK; bounds the expression's work
        return None
    found = _ENV.fullmatch(name)
    if found is None or found["name"] in _GENERIC:
        return None
    return canonical_provider(found["name"])
