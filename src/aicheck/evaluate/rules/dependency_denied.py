"""dependency-denied: libraries on a list are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.target import Kind
from aicheck.evaluate.reading import names_of
from aicheck.evaluate.rule import Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import GLOBS, choices, glob_any


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:
    scopes = options.set("scopes")
    references = [r for r in context.references if (r.attribute("scope") or "runtime") in scopes]
    if context.references and not references:
        return
    places = tuple(reference.occurrence for reference in references) if context.references else None
    hit = glob_any(options.strings("packages"), names_of(component))
    if hit:
        yield violation(f"refused by '{hit}'", "packages", places=places)
        return
    versioned = [pattern for pattern in options.strings("packages") if "@" in pattern.removeprefix("pkg:npm/@")]
    bare = (component.purl or component.name).partition("?")[0]
    doubtful = glob_any([pattern.rpartition("@")[0] for pattern in versioned], [bare])
    if doubtful and component.version is None:
        yield unknown("the version is not locked, so it may be one that is refused", "packages", places=places)


RULE: Final = Rule(
    "dependency-denied",
    "Libraries on the list are not used.",
    (
        Option("packages", GLOBS, "Package URLs: `pkg:pypi/dashscope`, `pkg:pypi/litellm@1.82.*`."),
        Option(
            "scopes",
            choices("runtime", "dev", "optional"),
            "Kinds of dependency that count.",
            ["runtime", "dev", "optional"],
        ),
    ),
    _check,
    frozenset({Kind.LIBRARY}),
    needs=(("packages",),),
)
