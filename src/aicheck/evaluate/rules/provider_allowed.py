"""provider-allowed: who runs the model for us, under which contract, and where requests are processed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component, Hosting
from aicheck.core.evidence import Disputed, Known, claims_of
from aicheck.core.target import Endpoint, HostedModel, Kind
from aicheck.evaluate.reading import FINE, Judged, country_judgement, evidence, judge, listed, matches_entity
from aicheck.evaluate.rule import HOSTED_KINDS, Answer, Because, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN, COUNTRIES, GLOBS, STRINGS, choice, glob_any

_COUNTRY_OPTIONS: Final = tuple(
    f"{verb}_{what}_countries" for what in ("operator", "contract", "processing") for verb in ("allow", "deny")
)


def _name(hosting: Hosting) -> str:
    return hosting.provider_name or hosting.provider or hosting.host or "a provider that is not known"


def _countries(hosting: Hosting, options: Options) -> Judged:
    open_question: Judged | None = None
    stated: tuple[tuple[str, tuple[str | None, ...], str], ...] = (
        ("operator_", (hosting.operator_country,), f"{_name(hosting)} is operated from"),
        ("contract_", (hosting.contract_country,), f"the contract with {_name(hosting)} is with an entity in"),
        ("processing_", hosting.processing_countries, f"{_name(hosting)} processes requests in"),
    )
    for prefix, countries, what in stated:
        missing = f"{what} a country that is not known" if prefix != "processing_" else ""
        missing = missing or f"{_name(hosting)} does not state where requests are processed"
        result = country_judgement(options, countries, prefix, what, missing=missing)
        if result.bad:
            return result
        if result.bad is None:
            open_question = open_question or result
    return open_question or FINE


def _hosting(hosting: Hosting, options: Options) -> Judged:
    if hosting.local and options.values.get("allow_local") is not False:
        return FINE
    name = _name(hosting)
    if options.flag("self_hosted_only"):
        return Judged(bad=True, option="self_hosted_only", reason=f"{name} runs the model, not the organisation")
    slugs = (hosting.provider, hosting.provider_name)
    if glob_any(options.strings("deny_providers"), slugs):
        return Judged(bad=True, option="deny_providers", reason=f"{name} is refused as a provider")
    if glob_any(options.strings("deny_hosts"), (hosting.host,)):
        return Judged(bad=True, option="deny_hosts", reason=f"the host {hosting.host} is refused")
    entity = matches_entity(options.strings("deny_entities"), (hosting.operator, hosting.provider_name))
    if entity:
        return Judged(
            bad=True, option="deny_entities", reason=f"{name} is operated by {hosting.operator or entity}"
        )
    flag = listed(options.set("deny_lists"), (entry.list for entry in hosting.lists))
    if flag:
        return Judged(bad=True, option="deny_lists", reason=f"the operator of {name} is on the list {flag}")
    by_country = _countries(hosting, options)
    if by_country.bad:
        return by_country
    if hosting.router and options.text("routers") == "deny":
        return Judged(bad=True, option="routers", reason=f"{name} picks at run time who serves the model")
    allowed = options.strings("allow_providers") or options.strings("allow_hosts")
    if allowed:
        by_name = glob_any(options.strings("allow_providers"), slugs)
        if not by_name and not glob_any(options.strings("allow_hosts"), (hosting.host,)):
            option = "allow_providers" if options.strings("allow_providers") else "allow_hosts"
            if not hosting.provider and not hosting.host:
                return Judged(None, option, "the provider is not known")
            return Judged(bad=True, option=option, reason=f"{name} is not among the allowed providers")
    if by_country.bad is None:
        return by_country
    return _nameless(hosting, options)


def _nameless(hosting: Hosting, options: Options) -> Judged:
    """What is left when nothing refuses a provider: names that are missing, and routers."""
    if hosting.router and options.text("routers") != "allow":
        return Judged(None, "routers", f"{_name(hosting)} picks at run time who serves the model")
    if not hosting.provider and (options.strings("deny_providers") or options.strings("deny_entities")):
        return Judged(None, "deny_providers", "the provider is not known")
    if not hosting.host and options.strings("deny_hosts") and not hosting.provider:
        return Judged(None, "deny_hosts", "the host is not known")
    return FINE


def _lines(component: Component) -> Because:
    lines: list[tuple[str, str]] = []
    fact = component.hosting
    sides = (
        (fact.value,)
        if isinstance(fact, Known)
        else tuple(c.value for c in fact.claims)
        if isinstance(fact, Disputed)
        else ()
    )
    for hosting in sides:
        processing = ", ".join(hosting.processing_countries) or "not stated"
        contract = hosting.contract_country or "not stated"
        operator = f"{hosting.operator or 'not known'} ({hosting.operator_country or 'country not known'})"
        lines.append(
            (
                "hosting",
                f"operator {operator}; contract {contract}; processing {processing}",
            )
        )
    return (*lines, *evidence(claims_of(fact)))


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    target = component.target
    hosts = [target.host] if isinstance(target, HostedModel | Endpoint) and target.host else []
    slug = target.provider if isinstance(target, HostedModel) else None
    # What the code itself names is certain, whatever is known of the host.
    if glob_any(options.strings("deny_hosts"), [*hosts, *(host.partition(":")[0] for host in hosts)]):
        yield violation(f"the host {hosts[0]} is refused", "deny_hosts", _lines(component))
        return
    if glob_any(options.strings("deny_providers"), [slug]):
        yield violation(f"{slug} is refused as a provider", "deny_providers", _lines(component))
        return
    result = judge(component.hosting, lambda h: _hosting(h, options), "the provider", absent=FINE)
    if result.bad:
        yield violation(result.reason, result.option, _lines(component))
    elif result.bad is None:
        yield unknown(result.reason, result.option or "routers", _lines(component))


RULE: Final = Rule(
    "provider-allowed",
    "Who runs a hosted model, under which law and where, is allowed.",
    (
        Option("allow_providers", GLOBS, "Providers that are allowed, by slug or name; all others are refused."),
        Option("deny_providers", GLOBS, "Providers that are refused."),
        Option("allow_hosts", GLOBS, "Host names that are allowed, beside the allowed providers."),
        Option("deny_hosts", GLOBS, "Host names that are refused."),
        Option("deny_entities", STRINGS, "Operators that are refused, by words of their name."),
        Option("deny_lists", STRINGS, "Operators on these government lists are refused."),
        *(
            Option(
                name,
                COUNTRIES,
                {
                    "operator": "Country of the operator.",
                    "contract": "Country of the entity that the contract is with.",
                    "processing": "Countries in which requests are processed, as the operator states them.",
                }[name.split("_")[1]]
                + (" Must be one of these." if name.startswith("allow") else " Must not be one of these."),
            )
            for name in _COUNTRY_OPTIONS
        ),
        Option("self_hosted_only", BOOLEAN, "Refuse everything that the organisation does not run itself."),
        Option(
            "routers",
            choice("allow", "deny", "unknown"),
            "What a gateway amounts to that picks the serving host at run time.",
            "unknown",
        ),
        Option(
            "allow_local",
            BOOLEAN,
            "What runs on localhost, private addresses or in the cluster is allowed.",
            default=True,
        ),
    ),
    _check,
    HOSTED_KINDS | {Kind.REGISTRY_MODEL},
    needs=(
        (
            "allow_providers",
            "deny_providers",
            "allow_hosts",
            "deny_hosts",
            "deny_entities",
            "deny_lists",
            *_COUNTRY_OPTIONS,
            "self_hosted_only",
            "routers",
        ),
    ),
)
