"""data-age: the facts that a verdict rests on are recent enough."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.target import Kind
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import NUMBER

_MONTH: Final = re.compile(r"\d{4}-\d\d")


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:
    limit = options.number("max_days") or 0
    try:
        stated = component.as_of or ""
        # Of some sources only the month is known: their facts are counted from its first day.
        seen = dt.date.fromisoformat(f"{stated}-01" if _MONTH.fullmatch(stated) else stated[:10])
    except ValueError:
        yield unknown("the date of the facts is not known", "max_days")
        return
    age = (context.today - seen).days
    if age > limit:
        source = (("source", component.answered_by),) if component.answered_by else ()
        yield violation(
            f"the facts are {age} days old, of {seen}",
            "max_days",
            source,
            help="scan with the network, or refresh the lock or the catalog",
        )


RULE: Final = Rule(
    "data-age",
    "The facts are recent enough.",
    (Option("max_days", NUMBER, "Greatest age of the oldest fact, in days."),),
    _check,
    MODEL_KINDS | {Kind.DATASET},
    needs=(("max_days",),),
)
