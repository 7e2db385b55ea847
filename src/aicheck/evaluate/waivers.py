"""Waivers: in the policy, for a time, with an owner; what they cover stays visible."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from aicheck.core.component import Component
from aicheck.core.finding import Finding, WaiverNote, WaiverState
from aicheck.core.reference import Occurrence
from aicheck.errors import ConfigError
from aicheck.evaluate.policy import Policy, Waiver
from aicheck.evaluate.reading import names_of
from aicheck.evaluate.values import glob, glob_any

__all__ = ["EXPIRING_DAYS", "Waivers", "check_waivers"]

EXPIRING_DAYS: Final = 14


def check_waivers(policy: Policy, today: dt.date) -> None:
    """Refuse waivers that run longer than the policy allows, counted from today."""
    limit = policy.max_waiver_days
    if limit is None:
        return
    for waiver in policy.waivers:
        days = (waiver.expires - today).days
        if days > limit:
            raise ConfigError(
                f"the waiver expires in {days} days, and 'max_waiver_days' is {limit}",
                path=waiver.file,
                line=waiver.line,
                column=waiver.column,
                key="waivers",
                hint=f"set 'expires' to {today + dt.timedelta(days=limit)} or earlier",
            )


class Waivers:
    """The waivers of one evaluation, and which of them were used."""

    def __init__(self, policy: Policy, today: dt.date) -> None:
        self._all = policy.waivers
        self._today = today
        self._used: set[int] = set()
        self._names: dict[str, tuple[str, ...]] = {}

    def _state(self, waiver: Waiver) -> WaiverState:
        days = (waiver.expires - self._today).days
        if days < 0:
            return WaiverState.EXPIRED
        return WaiverState.EXPIRING if days <= EXPIRING_DAYS else WaiverState.ACTIVE

    def _note(self, waiver: Waiver, state: WaiverState) -> WaiverNote:
        return WaiverNote(
            waiver.rule,
            waiver.purl,
            waiver.reason,
            waiver.owner,
            waiver.expires.isoformat(),
            state,
            waiver.path,
            waiver.location,
        )

    def _spellings(self, component: Component | None, subject: str) -> tuple[str, ...]:
        if component is None:
            return (subject,)
        found = self._names.get(component.ref)
        if found is None:
            found = self._names[component.ref] = (*names_of(component), component.ref)
        return found

    def apply(self, finding: Finding, component: Component | None) -> Iterable[Finding]:
        """Return the finding, waived where a waiver covers it; split where one covers some of its places."""
        open_finding: Finding | None = finding
        for index, waiver in enumerate(self._all):
            if open_finding is None:
                break
            if waiver.rule not in {finding.rule, finding.rule.partition("/")[0]}:
                continue
            if glob_any((waiver.purl,), self._spellings(component, finding.subject)) is None:
                continue
            covered, rest = _split(open_finding.occurrences, waiver.path)
            if waiver.path is not None and not covered:
                continue
            self._used.add(index)
            state = self._state(waiver)
            if state is WaiverState.EXPIRED:
                continue
            yield replace(open_finding, occurrences=covered, waiver=self._note(waiver, state))
            open_finding = replace(open_finding, occurrences=rest) if rest else None
        if open_finding is not None:
            yield open_finding

    def notes(self) -> tuple[WaiverNote, ...]:
        """What became of every waiver, in the policy's order; expired ones are reported, matched or not."""
        result = []
        for index, waiver in enumerate(self._all):
            state = self._state(waiver)
            if index not in self._used and state is not WaiverState.EXPIRED:
                state = WaiverState.UNUSED
            result.append(self._note(waiver, state))
        return tuple(result)


def _split(
    occurrences: tuple[Occurrence, ...], path: str | None
) -> tuple[tuple[Occurrence, ...], tuple[Occurrence, ...]]:
    if path is None:
        return occurrences, ()
    covered = tuple(place for place in occurrences if glob(path, place.path))
    return covered, tuple(place for place in occurrences if not glob(path, place.path))
