"""origin-allowed: who developed the model, its ancestors and its teachers, and where they are seated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Ancestor, Component, Organization, Relation
from aicheck.core.evidence import Absent, Fact, Known, Unseen, claims_of
from aicheck.core.target import Kind
from aicheck.evaluate.reading import (
    FINE,
    LOOKED,
    Judged,
    chain,
    country_judgement,
    evidence,
    hosted_elsewhere,
    judge,
    listed,
    matches_entity,
    named_exactly,
    people,
    why_unseen,
)
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Because, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import COUNTRIES, NUMBER, STRINGS, choice, choices, words

_NOT_PUBLISHED: Final = FINE


def _organization(organization: Organization, options: Options) -> Judged:
    # The same houses come back in every component: judged once.
    found: Judged | None = options.memo.get(organization)
    if found is None:
        found = options.memo[organization] = _judged(organization, options)
    return found


def _judged(organization: Organization, options: Options) -> Judged:
    names = (organization.name, organization.namespace, organization.legal_entity, organization.parent)
    if named_exactly(options.strings("except_entities"), organization):
        return FINE
    entity = matches_entity(options.strings("deny_entities"), names)
    if entity:
        shown = (
            organization.name if words(entity) in words(organization.name) else f"{organization.name} ({entity})"
        )
        return Judged(bad=True, option="deny_entities", reason=shown)
    flag = listed(options.set("deny_lists"), (entry.list for entry in organization.lists))
    if flag:
        return Judged(bad=True, option="deny_lists", reason=f"{organization.name}, which is on the list {flag}")
    if named_exactly(options.strings("allow_entities"), organization):
        return FINE
    countries: list[str | None] = [organization.country]
    if organization.parent or organization.parent_country:
        countries.append(organization.parent_country)
    by_country = country_judgement(
        options,
        countries,
        "",
        f"{organization.name} in" if organization.country else f"{organization.name}, whose parent is in",
        missing=f"the country of {organization.name}"
        + (" or of its parent" if organization.country else "")
        + " is not known",
    )
    if by_country.bad is not False:
        return by_country
    if options.strings("allow_entities") and not options.set("allow_countries"):
        reason = f"{organization.name}, which is not among the allowed developers"
        return Judged(bad=True, option="allow_entities", reason=reason)
    return FINE


def _scopes(options: Options) -> frozenset[str]:
    found: frozenset[str] | None = options.memo.get("scopes")
    if found is None:
        found = options.memo["scopes"] = _widened(options)
    return found


def _widened(options: Options) -> frozenset[str]:
    scopes = options.set("scope") or frozenset({"developer"})
    if "any-ancestor-or-teacher" in scopes:
        scopes |= {"any-ancestor"}
    if scopes & {"any-ancestor", "component"}:
        scopes |= {"developer"}
    return scopes


def _steps(component: Component, scopes: frozenset[str]) -> tuple[Ancestor, ...]:
    if "any-ancestor" in scopes:
        return component.lineage.ancestors
    if "component" not in scopes:
        return ()
    # A part brings its own ancestors with it.
    parts: dict[str, Ancestor] = {}
    for step in component.lineage.ancestors:
        if step.relation is Relation.COMPONENT or step.child in parts:
            parts[step.id] = step
    return tuple(parts.values())


def _own(component: Component, options: Options, scopes: frozenset[str]) -> Iterator[Answer]:
    for scope, fact, verb in (
        ("publisher", component.publisher, "published by"),
        ("developer", component.developer, "developed by"),
    ):
        if scope not in scopes:
            continue
        absent = _NOT_PUBLISHED if scope == "publisher" else None
        result = judge(fact, lambda org: _organization(org, options), f"the {scope}", absent=absent)
        if result.bad is False:
            continue
        because: Because = ((scope, people(fact)), *evidence(claims_of(fact)))
        if result.bad:
            yield violation(f"{verb} {result.reason}", result.option, because)
        else:
            yield unknown(result.reason, result.option or "scope", because)


def _inherited(component: Component, options: Options, scopes: frozenset[str]) -> Iterator[Answer]:
    floor = options.number("min_confidence") or 0.0
    for step in _steps(component, scopes):
        result = judge(step.developer, lambda org: _organization(org, options), f"the developer of {step.id}")
        if result.bad is False:
            continue
        verb = "has a part with weights" if step.relation is Relation.COMPONENT else "weights descend from a model"
        because: Because = (("lineage", chain(component, step)), *evidence(step.claims))
        if result.bad is None:
            yield unknown(result.reason, result.option or "scope", because)
        elif not step.declared and step.confidence < floor:
            message = f"weights may descend from a model developed by {result.reason}"
            yield unknown(message, result.option, because)
        else:
            yield violation(f"{verb} developed by {result.reason}", result.option, because)


def _taught(component: Component, options: Options) -> Iterator[Answer]:
    for source in component.lineage.data:
        result = judge(source.developer, lambda org: _organization(org, options), f"the developer of {source.id}")
        if result.bad is False:
            continue
        because: Because = (
            ("data lineage", f"{source.kind}: {source.id} ({people(source.developer)})"),
            *evidence(source.claims),
        )
        if result.bad:
            yield violation(
                f"trained on the outputs of a model developed by {result.reason}", result.option, because
            )
        else:
            yield unknown(result.reason, result.option or "scope", because)


def _stands_alone(component: Component) -> bool:
    """No weights are known behind the name, and nothing failed that would have told them."""
    behind = component.stands_for
    return (
        behind is None
        or isinstance(behind, Absent)
        or (isinstance(behind, Unseen) and behind.gap.reason in LOOKED)
    )


def _undisclosed(component: Component, options: Options) -> bool:
    """A closed model of a developer whom the policy trusts to train from scratch."""
    trusted = options.strings("trusted_closed_developers")
    return (
        bool(trusted)
        and component.kind is Kind.HOSTED_MODEL
        and _stands_alone(component)
        and not component.lineage.ancestors
        and isinstance(component.developer, Known)
        and named_exactly(trusted, component.developer.value) is not None
    )


def _open_end(component: Component, options: Options) -> Answer | None:
    complete: Fact[bool] = component.lineage.complete
    if (isinstance(complete, Known) and complete.value) or _undisclosed(component, options):
        return None
    known = tuple(("lineage", chain(component, step)) for step in component.lineage.ancestors[:1])
    if isinstance(complete, Known | Absent):
        reason = "no source says where the weights come from"
    elif claims_of(complete):
        reason = "sources contradict each other on what the weights descend from"
    else:
        reason = f"the lineage is not known to its roots: {why_unseen(complete)}"  # type: ignore[arg-type]  # Unseen is what is left
    return unknown(reason, "scope", (*known, *evidence(claims_of(complete))))


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    if component.kind is Kind.UNRESOLVABLE:
        yield unknown("the model is chosen at run time, so nobody can say who developed it", "scope")
        return
    hosting = options.text("hosting")
    if hosting and hosting != "any":
        elsewhere = hosted_elsewhere(component.hosting)
        if elsewhere is not None and elsewhere is not (hosting == "hosted"):
            return
    scopes = _scopes(options)
    answers = [*_own(component, options, scopes), *_inherited(component, options, scopes)]
    if "any-ancestor-or-teacher" in scopes:
        answers += _taught(component, options)
    if scopes & {"any-ancestor", "component"}:
        end = _open_end(component, options)
        if end is not None:
            answers.append(end)
    certain = [answer for answer in answers if answer.known]
    if certain and hosting and hosting != "any" and hosted_elsewhere(component.hosting) is None:
        yield unknown("who runs the model is not known", "hosting", certain[0].because)
    elif certain:
        further = tuple(line for answer in certain[1:4] for line in answer.because[:1])
        yield certain[0]._replace(because=certain[0].because + further)
    elif answers:
        yield answers[0]


RULE: Final = Rule(
    "origin-allowed",
    "Who made the model, and from whose weights, is allowed.",
    (
        Option("allow_countries", COUNTRIES, "Developers must be seated in one of these countries."),
        Option(
            "deny_countries", COUNTRIES, "Developers (and their parents) must not be seated in these countries."
        ),
        Option("allow_entities", STRINGS, "Developers that are allowed wherever they are seated, by exact name."),
        Option("deny_entities", STRINGS, "Developers that are refused, by words of their name."),
        Option("deny_lists", STRINGS, "Developers on these government lists are refused: `1260H`, `ndaa-1532` …"),
        Option("except_entities", STRINGS, "Developers to whom this rule does not apply, by exact name."),
        Option(
            "scope",
            choices("publisher", "developer", "component", "any-ancestor", "any-ancestor-or-teacher"),
            "Whose origin counts: the publisher's, the developer's, also that of built-in parts, of every "
            "ancestor by weights, or also of teachers by data.",
            ["developer"],
        ),
        Option(
            "min_confidence", NUMBER, "An inferred ancestor below this confidence is unknown, not certain.", 0.7
        ),
        Option(
            "hosting",
            choice("any", "hosted", "self-hosted"),
            "Only models that someone else runs, or only own.",
            "any",
        ),
        Option(
            "trusted_closed_developers",
            STRINGS,
            "Closed models of these developers count as trained from scratch where no ancestry is known.",
        ),
    ),
    _check,
    MODEL_KINDS | {Kind.UNRESOLVABLE},
    needs=(("allow_countries", "deny_countries", "allow_entities", "deny_entities", "deny_lists"),),
)
