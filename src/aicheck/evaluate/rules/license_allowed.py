"""license-allowed: the terms of the model (and of its ancestors) are acceptable to this organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component, License
from aicheck.core.evidence import Fact, Known, Unseen, claims_of
from aicheck.core.target import Kind
from aicheck.evaluate.licenses import LICENSE_OPTIONS, judge_license, judge_terms
from aicheck.evaluate.reading import FINE, Judged, chain, evidence, judge, why_unseen
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Because, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN, NUMBER, choice


def _judge(fact: Fact[License], options: Options, context: Context, what: str) -> Judged:
    def test(terms: License) -> Judged:
        if terms.category == "none" and "none" not in options.set("allow_categories"):
            return unlicensed
        by_name = judge_license(terms, options)
        if by_name.bad:
            return by_name
        by_terms = judge_terms(terms, options, context.organisation)
        return by_terms if by_terms.bad or by_name.bad is False else by_name

    unlicensed = (
        FINE
        if options.flag("allow_unlicensed")
        else Judged(bad=True, option="allow_unlicensed", reason=f"{what} has no licence, so nothing is granted")
    )
    return judge(fact, test, f"the licence of {what}", absent=unlicensed, option="allow")


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:
    if component.kind is Kind.UNRESOLVABLE:
        yield unknown("the model is chosen at run time, so nobody can say under which licence it comes", "allow")
        return
    found: list[Answer] = []
    result = _judge(component.license, options, context, "the model")
    because: Because = evidence(claims_of(component.license))
    if result.bad:
        found.append(violation(result.reason, result.option, because))
    elif result.bad is None:
        found.append(unknown(result.reason, result.option, because))
    if options.text("scope") == "any-ancestor":
        for step in component.lineage.ancestors:
            result = _judge(step.license, options, context, step.id)
            lines: Because = (("lineage", chain(component, step)), *evidence(claims_of(step.license)))
            if result.bad and (step.declared or step.confidence >= (options.number("min_confidence") or 0)):
                found.append(violation(f"descends from {step.id}: {result.reason}", result.option, lines))
            elif result.bad is not False:
                found.append(unknown(f"descends from {step.id}: {result.reason}", result.option, lines))
        complete = component.lineage.complete
        if not (isinstance(complete, Known) and complete.value):
            why = why_unseen(complete) if isinstance(complete, Unseen) else "no source states it"
            why = "sources contradict each other" if claims_of(complete) else why
            found.append(unknown(f"the lineage is not known to its roots: {why}", "scope"))
    certain = [answer for answer in found if answer.known]
    yield from (certain or found)[:1]


RULE: Final = Rule(
    "license-allowed",
    "The licence allows what the organisation does.",
    (
        *LICENSE_OPTIONS,
        Option("require_commercial_use", BOOLEAN, "The licence must allow commercial use."),
        Option(
            "check_thresholds",
            BOOLEAN,
            "Compare limits on users and revenue with `organisation.metrics`. Not given: where both are stated; "
            "`true`: a limit without the organisation's number is unknown.",
        ),
        Option(
            "check_territory",
            BOOLEAN,
            "Compare excluded territories with `organisation.territory`. Not given: where both are stated; "
            "`true`: an exclusion without the organisation's territory is unknown.",
        ),
        Option("allow_unlicensed", BOOLEAN, "A model that states no licence is acceptable."),
        Option("scope", choice("component", "any-ancestor"), "Also the licences of all ancestors.", "component"),
        Option(
            "min_confidence", NUMBER, "An inferred ancestor below this confidence is unknown, not certain.", 0.7
        ),
    ),
    _check,
    (MODEL_KINDS - {Kind.HOSTED_MODEL}) | {Kind.UNRESOLVABLE},
    needs=(
        (
            "allow",
            "deny",
            "allow_categories",
            "deny_categories",
            "require_commercial_use",
            "check_thresholds",
            "check_territory",
        ),
    ),
)
