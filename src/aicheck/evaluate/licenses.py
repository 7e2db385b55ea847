"""Judging one licence against options; shared by the rules on models and on dependencies."""

from __future__ import annotations

from typing import Final

from aicheck.core.component import License, LicenseThreshold
from aicheck.evaluate.reading import FINE, Judged
from aicheck.evaluate.rule import Option, Options, Organisation
from aicheck.evaluate.spdx import identifiers, satisfies
from aicheck.evaluate.values import GLOBS, choices, expand, glob_any

__all__ = ["CATEGORIES", "LICENSE_OPTIONS", "judge_license", "judge_terms", "title"]

CATEGORIES: Final = (
    "open-source",
    "open-weights-restricted",
    "responsible-ai",
    "copyleft",
    "source-available",
    "non-commercial",
    "research-only",
    "data",
    "proprietary",
    "none",
    "unknown",
)
LICENSE_OPTIONS: Final = (
    Option("allow", GLOBS, "Licences that are allowed: SPDX identifiers or globs over them; Hub names too."),
    Option("deny", GLOBS, "Licences that are refused."),
    Option("allow_categories", choices(*CATEGORIES), "Classes of licence that are allowed."),
    Option("deny_categories", choices(*CATEGORIES), "Classes of licence that are refused."),
)
_MONEY: Final = frozenset({"annual-revenue", "monthly-revenue", "funding"})


def title(terms: License) -> str:
    """What people call a licence."""
    if terms.hub_id == "other" and terms.hub_name:
        return terms.hub_name
    return terms.expression or terms.name or terms.hub_id or "a licence without a name"


def _listed(options: Options, name: str, terms: License) -> bool | None:
    patterns = options.strings(name)
    aliases = [terms.name, terms.hub_name if terms.hub_id == "other" else terms.hub_id]
    if len(identifiers(terms.expression)) <= 1 and glob_any(patterns, aliases):
        return True
    return satisfies(terms.expression, lambda each: glob_any(patterns, [each]) is not None)


def judge_license(terms: License, options: Options) -> Judged:
    """Judge the identity and the class of a licence by `allow`, `deny`, `allow_categories`, `deny_categories`.

    An expression is refused where no choice in it avoids the refused licences, and allowed where some choice
    is met by allowed licences alone.
    """
    named, category = title(terms), terms.category or "unknown"
    if options.strings("deny"):
        patterns = options.strings("deny")
        single = len(identifiers(terms.expression)) <= 1
        aliases = [terms.name, terms.hub_name if terms.hub_id == "other" else terms.hub_id]
        avoidable = satisfies(terms.expression, lambda each: glob_any(patterns, [each]) is None)
        if avoidable is False or (single and glob_any(patterns, aliases)):
            return Judged(bad=True, option="deny", reason=f"licensed under {named}, which is refused")
        if avoidable is None:
            return Judged(None, "deny", f"the licence expression {terms.expression!r} cannot be read")
    if category in options.set("deny_categories"):
        return Judged(bad=True, option="deny_categories", reason=f"licensed under {named} ({category})")
    allow, classes = options.strings("allow"), options.set("allow_categories")
    if allow or classes:
        by_name = _listed(options, "allow", terms) if allow else False
        if by_name or category in classes:
            return FINE
        if by_name is None and not classes:
            return Judged(None, "allow", f"the licence expression {terms.expression!r} cannot be read")
        if classes and category == "unknown":
            return Judged(None, "allow_categories", f"the class of the licence {named} is not known")
        option = "allow" if allow else "allow_categories"
        return Judged(
            bad=True, option=option, reason=f"licensed under {named}, which is not among the allowed ones"
        )
    if category == "unknown" and options.set("deny_categories"):
        return Judged(None, "deny_categories", f"the class of the licence {named} is not known")
    return FINE


def _own_number(organisation: Organisation, limit: LicenseThreshold) -> float | None:
    if limit.metric in _MONEY and limit.unit not in {"USD", ""}:
        return organisation.metrics.get(f"{limit.metric}-{limit.unit}")
    return organisation.metrics.get(limit.metric)


def judge_terms(terms: License, options: Options, organisation: Organisation) -> Judged:
    """Judge commercial use, thresholds and territory against the organisation's own situation."""
    named = title(terms)
    open_question: Judged | None = None
    if options.flag("require_commercial_use") and organisation.commercial is not False:
        if terms.commercial_use == "no":
            return Judged(
                bad=True, option="require_commercial_use", reason=f"{named} does not allow commercial use"
            )
        if terms.commercial_use is None:
            reason = f"whether {named} allows commercial use is not known"
            open_question = Judged(None, "require_commercial_use", reason)
    checked = options.values.get("check_thresholds")
    for limit in terms.thresholds if checked is not False else ():
        if limit.effect not in {"separate-license", "not-permitted"}:
            continue
        own = _own_number(organisation, limit)
        text = f"{limit.metric} of {limit.value:,.0f} {limit.unit}".strip()
        if own is not None and own > limit.value:
            reason = f"{named} asks for a separate licence above {text}; the organisation states {own:,.0f}"
            return Judged(bad=True, option="check_thresholds", reason=reason)
        if own is None and checked is True and open_question is None:
            key = limit.metric if limit.unit in {"USD", ""} or limit.metric not in _MONEY else None
            key = key or f"{limit.metric}-{limit.unit}"
            reason = f"{named} sets a limit at {text}, and the policy does not state organisation.metrics.{key}"
            open_question = Judged(None, "check_thresholds", reason)
    checked = options.values.get("check_territory")
    if terms.territory_exclusions and checked is not False:
        excluded = expand(frozenset(terms.territory_exclusions))
        own_places = expand(frozenset(organisation.territory))
        hit = sorted((own_places & excluded) - {"EU"})
        if hit:
            shown = (
                "EU" if "EU" in terms.territory_exclusions and "EU" in organisation.territory else ", ".join(hit)
            )
            return Judged(bad=True, option="check_territory", reason=f"{named} grants nothing in {shown}")
        if not organisation.territory and checked is True and open_question is None:
            places = ", ".join(terms.territory_exclusions)
            reason = f"{named} grants nothing in {places}, and the policy does not state organisation.territory"
            open_question = Judged(None, "check_territory", reason)
    return open_question or FINE
