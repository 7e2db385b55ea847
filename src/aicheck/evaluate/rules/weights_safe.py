"""weights-safe: loading the weights runs no code, and no scan found anything in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component, Safety, WeightFile, Weights
from aicheck.core.evidence import claims_of
from aicheck.core.target import Kind
from aicheck.evaluate.reading import FINE, Judged, evidence, judge
from aicheck.evaluate.rule import MODEL_KINDS, Answer, Because, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN, STRINGS, choice, choices

_PICKLES: Final = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")


def _files(files: tuple[WeightFile, ...], formats: frozenset[str]) -> str:
    names = [file.path for file in files if file.format in formats]
    shown = ", ".join(names[:3])
    return f" ({shown}{', …' if len(names) > 3 else ''})" if shown else ""  # noqa: PLR2004 - a line of a terminal


def _formats(weights: Weights, options: Options, *, explicit_unsafe: bool) -> Judged:
    allowed, denied = options.set("allow_formats"), options.set("deny_formats")
    wrong = sorted({f.id for f in weights.formats} & denied)
    if wrong:
        reason = f"weights in the format {wrong[0]}{_files(weights.files, denied)}"
        return Judged(bad=True, option="deny_formats", reason=reason)
    graded = [f for f in weights.formats if f.id not in allowed]
    unsafe = frozenset(f.id for f in graded if f.safety is Safety.EXECUTABLE)
    open_formats = frozenset(f.id for f in graded if f.safety is Safety.UNKNOWN)
    alternative = any(f.safety is Safety.SAFE for f in weights.formats)
    if unsafe and not (alternative and options.text("when_safe_exists") == "allow" and not explicit_unsafe):
        reason = f"loading {', '.join(sorted(unsafe))} weights can run code{_files(weights.files, unsafe)}"
        return Judged(bad=True, option="when_safe_exists" if alternative else "allow_formats", reason=reason)
    if open_formats and not alternative:
        return Judged(None, "allow_formats", f"whether {', '.join(sorted(open_formats))} runs code is not known")
    if not weights.formats:
        return Judged(None, "allow_formats", "the format of the weights is not known")
    return FINE


def _weights(weights: Weights, options: Options, *, explicit_unsafe: bool) -> Judged:
    if weights.scan_status in options.set("scan"):
        issues = f": {'; '.join(weights.scan_issues[:3])}" if weights.scan_issues else ""
        reason = f"the Hub's scan calls the files {weights.scan_status}{issues}"
        return Judged(bad=True, option="scan", reason=reason)
    result = FINE
    if options.text("executable") == "deny":
        result = _formats(weights, options, explicit_unsafe=explicit_unsafe)
    if result.bad is False and options.flag("require_hub_scan") and weights.scan_status is None:
        return Judged(None, "require_hub_scan", "the Hub's scan gave no answer")
    return result


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:
    # A place that asks for the unsafe file by name, or turns the safe format off, gets no benefit of a twin.
    asking = tuple(
        reference.occurrence
        for reference in context.references
        if (reference.attribute("use_safetensors") or "").lower() == "false"
        or (reference.attribute("filename") or "").lower().endswith(_PICKLES)
    )
    result = judge(
        component.weights, lambda w: _weights(w, options, explicit_unsafe=False), "the weights", absent=FINE
    )
    because: Because = evidence(claims_of(component.weights))
    if result.bad:
        yield violation(
            result.reason, result.option, because, help="use safetensors or GGUF files of the same model"
        )
        return
    if asking:
        hard = judge(
            component.weights, lambda w: _weights(w, options, explicit_unsafe=True), "the weights", absent=FINE
        )
        if hard.bad:
            yield violation(f"{hard.reason}, and they are asked for here", "when_safe_exists", because, asking)
            return
    if result.bad is None:
        yield unknown(result.reason, result.option or "allow_formats", because)


RULE: Final = Rule(
    "weights-safe",
    "Loading the weights cannot run code, and no scan found anything.",
    (
        Option("allow_formats", STRINGS, "Formats that are accepted although loading them can run code."),
        Option("deny_formats", STRINGS, "Formats that are refused although they are safe."),
        Option(
            "when_safe_exists",
            choice("allow", "deny"),
            "Unsafe files beside safe ones: loaders take the safe ones unless told otherwise.",
            "allow",
        ),
        Option("executable", choice("deny", "allow"), "Formats that can run code when they are loaded.", "deny"),
        Option(
            "scan",
            choices("unsafe", "suspicious"),
            "Answers of the Hub's own scan that are a violation.",
            ["unsafe", "suspicious"],
        ),
        Option("require_hub_scan", BOOLEAN, "No answer from the Hub's scan is unknown."),
    ),
    _check,
    MODEL_KINDS - {Kind.HOSTED_MODEL},
)
