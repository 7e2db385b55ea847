"""reference-resolvable: what the code refers to can be told from the files, and exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Inventory
from aicheck.core.target import Kind, Unresolvable
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN

_COULD_NOT_LOOK: Final = frozenset(
    {
        GapReason.OFFLINE,
        GapReason.NOT_LOCKED,
        GapReason.RATE_LIMITED,
        GapReason.UNREACHABLE,
        GapReason.GATED,
        GapReason.DISABLED,
        GapReason.INVALID_ANSWER,
        GapReason.UNKNOWN_NAME,
    }
)
_UNREAD: Final = frozenset({GapReason.UNREADABLE, GapReason.UNPARSABLE, GapReason.TOO_LARGE, GapReason.TOO_DEEP})


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    target = component.target
    if isinstance(target, Unresolvable):
        yield unknown(
            f"which model is meant is decided at run time: {target.expression[:200]}",
            "",
            help="name the model in the code, or give the expression a default",
        )
        return
    own = str(target)
    reasons = {gap.reason: gap for gap in component.gaps if gap.subject in {own, component.ref}}
    if GapReason.NOT_FOUND in reasons:
        yield violation("the Hub has no such public repository", "", _detail(reasons[GapReason.NOT_FOUND]))
    elif GapReason.UNBOUND in reasons or (component.kind is Kind.HOSTED_MODEL and own.startswith("api:?/")):
        yield unknown("which provider the model is called at could not be told", "")
    elif component.answered_by is None:
        gap = next((gap for reason, gap in reasons.items() if reason in _COULD_NOT_LOOK), None)
        why = f": {gap.reason.value}" if gap else ""
        yield unknown(f"nothing is known of the model{why}", "", _detail(gap))


def _detail(gap: Gap | None) -> tuple[tuple[str, str], ...]:
    return (("detail", gap.detail),) if gap is not None and gap.detail else ()


def _project(inventory: Inventory, options: Options) -> Iterator[tuple[Gap, Answer]]:
    if not options.flag("files"):
        return
    for gap in inventory.gaps:
        if gap.reason in _UNREAD:
            what = f"{gap.path or gap.subject} was not read: {gap.reason.value}"
            yield gap, unknown(what, "files", _detail(gap))


RULE: Final = Rule(
    "reference-resolvable",
    "What the code refers to can be told from the files, and exists.",
    (Option("files", BOOLEAN, "Files that could not be read are unknown, too.", True),),  # noqa: FBT003 - a default
    _check,
    MODEL_KINDS | {Kind.DATASET, Kind.UNRESOLVABLE},
    _project,
)
