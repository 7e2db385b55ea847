"""The model card of a component as CycloneDX writes it: what card and configuration state, and no more."""

from __future__ import annotations

import re
from typing import Any, Final

from aicheck.core.component import Component
from aicheck.report.cyclonedx_modalities import MODALITIES
from aicheck.report.cyclonedx_properties import prop, registered
from aicheck.report.safety import clip, visible

__all__ = ["free_text", "model_card"]

_TEXT_LIMIT: Final = 4096
_HUB: Final = "https://huggingface.co"
Value = dict[str, Any]


def free_text(text: str) -> str:
    """Free text of a card: bounded, line breaks kept, no other control characters."""
    return "\n".join(visible(line) for line in clip(text, _TEXT_LIMIT).splitlines())


_HUB_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9._-]+\Z")


def _metric(name: str, value: str, on: str) -> Value:
    entry: Value = {"type": visible(name, 255), "value": visible(value, 255)}
    if on:
        entry["slice"] = visible(on, 255)
    return entry


def _named_dataset(name: str) -> Value:
    """Training data that the card names and the project does not use itself."""
    entry: Value = {"type": "dataset", "name": visible(name, 255)}
    if _HUB_ID.match(name):
        entry["contents"] = {"url": f"{_HUB}/datasets/{name}"}
    return entry


def model_card(component: Component, datasets: dict[str, str]) -> Value | None:
    """The card, or None where nothing is stated. `datasets`: Hub id → bom-ref of data that are components."""
    card = component.card
    parameters: Value = {}
    if card.task:
        parameters["task"] = visible(card.task, 255)
    if card.architecture_family:
        parameters["architectureFamily"] = visible(card.architecture_family, 255)
    if card.architecture:
        parameters["modelArchitecture"] = visible(card.architecture, 255)
    if card.datasets:
        named: dict[str, Value] = {}
        for name in card.datasets:
            reference = datasets.get(name)
            named[name] = {"ref": reference} if reference else _named_dataset(name)
        parameters["datasets"] = list(named.values())
    sides = MODALITIES.get(card.task or "")
    if sides is not None:
        parameters["inputs"] = [{"format": one} for one in sides[0]]
        parameters["outputs"] = [{"format": one} for one in sides[1]]
    considerations: Value = {}
    if card.limitations:
        considerations["technicalLimitations"] = [free_text(card.limitations)]
    if card.emissions is not None:
        stated = prop("aicheck:card:co2-eq-emissions", f"{card.emissions:.15g} g")
        considerations["environmentalConsiderations"] = {"properties": [stated]}
    result: Value = {}
    if parameters:
        result["modelParameters"] = parameters
    if card.metrics:
        result["quantitativeAnalysis"] = {
            "performanceMetrics": [_metric(name, value, on) for name, value, on in card.metrics]
        }
    if considerations:
        result["considerations"] = considerations
    properties = registered(component)
    if properties:
        result["properties"] = properties
    return result or None
