"""dependency-license: the licences of AI libraries are acceptable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component, License
from aicheck.core.evidence import claims_of
from aicheck.core.target import Kind
from aicheck.evaluate.licenses import LICENSE_OPTIONS, judge_license
from aicheck.evaluate.reading import FINE, Judged, evidence, judge, names_of
from aicheck.evaluate.rule import Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN, GLOBS, glob_any


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    excepted = options.strings("except_packages")
    if excepted and glob_any(excepted, names_of(component)):
        return
    unlicensed = (
        FINE
        if options.flag("allow_unlicensed")
        else Judged(
            bad=True, option="allow_unlicensed", reason="the package has no licence, so nothing is granted"
        )
    )

    def test(terms: License) -> Judged:
        if terms.category == "none" and "none" not in options.set("allow_categories"):
            return unlicensed
        return judge_license(terms, options)

    result = judge(component.license, test, "the licence of the package", absent=unlicensed, option="allow")
    because = evidence(claims_of(component.license))
    if result.bad:
        yield violation(result.reason, result.option, because)
    elif result.bad is None:
        yield unknown(result.reason, result.option, because)


RULE: Final = Rule(
    "dependency-license",
    "The licences of libraries are allowed.",
    (
        *LICENSE_OPTIONS,
        Option("allow_unlicensed", BOOLEAN, "A package that states no licence is acceptable."),
        Option("except_packages", GLOBS, "Packages to which this rule does not apply, by purl."),
    ),
    _check,
    frozenset({Kind.LIBRARY}),
    needs=(("allow", "deny", "allow_categories", "deny_categories"),),
)
