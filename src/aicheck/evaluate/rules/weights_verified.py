"""weights-verified: every file of the weights has a hash that agrees with what the publisher lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component, Weights
from aicheck.core.evidence import claims_of
from aicheck.core.target import Kind
from aicheck.evaluate.reading import FINE, Judged, evidence, judge
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Because, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import choice


def _signature(weights: Weights, options: Options) -> Judged:
    if weights.signature == "signed-mismatch":
        return Judged(bad=True, option="signature", reason="the signature does not cover the files as they are")
    if options.text("signature") != "required":
        return FINE
    if weights.signature == "absent":
        return Judged(bad=True, option="signature", reason="the weights are not signed")
    if weights.signature == "signed-consistent":
        return FINE
    return Judged(None, "signature", "the signature could not be checked")


def _weights(weights: Weights, options: Options, *, local: bool) -> Judged:
    for file in weights.files:
        if file.status == "modified":
            return Judged(
                bad=True, option="files", reason=f"{file.path} differs from the published file by sha256"
            )
    signed = _signature(weights, options)
    if signed.bad:
        return signed
    for file in weights.files:
        if file.sha256 is None:
            return Judged(None, "files", f"the sha256 of {file.path} is not known")
        if local and file.status != "verified":
            return Judged(None, "files", f"no published file with the sha256 of {file.path} is known")
    if not weights.files:
        return Judged(None, "files", "no file of the weights is known")
    return signed


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    local = component.kind in {Kind.WEIGHTS, Kind.ADAPTER}
    # Absent means that there are no files, so there is nothing that could differ.
    result = judge(component.weights, lambda w: _weights(w, options, local=local), "the weights", absent=FINE)
    because: Because = evidence(claims_of(component.weights))
    if result.bad:
        yield violation(result.reason, result.option, because)
    elif result.bad is None:
        yield unknown(result.reason, result.option or "files", because)


RULE: Final = Rule(
    "weights-verified",
    "Every weights file has a hash that agrees with the published one.",
    (
        Option(
            "signature",
            choice("if-present", "required"),
            "An OpenSSF model signature: a mismatch always violates; `required` also refuses unsigned weights.",
            "if-present",
        ),
    ),
    _check,
    MODEL_KINDS - {Kind.HOSTED_MODEL},
)
