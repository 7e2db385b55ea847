"""The detectors, by name. A detector is one module of `aicheck.discover.detectors` and one line here."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

from aicheck.discover.detector import Detector

__all__ = ["DETECTOR_MODULES", "load_detectors"]

DETECTOR_MODULES: Final = (
    "python",
    "python_embedded",
    "notebook",
    "agents_mcp",
    "agents_models",
    "dependencies_python",
    "dependencies_javascript",
    "dependencies_compiled",
    "dependencies_installed",
    "javascript",
    "yaml",
    "json",
    "settings_files",
    "infrastructure",
    "shell",
    "source_code",
    "text",
    "weights",
    "weights_card",
    "weights_config",
    "weights_pointers",
)
"""Modules below `aicheck.discover.detectors`, each with a `DETECTOR` or a tuple `DETECTORS`."""


@cache
def load_detectors() -> tuple[Detector, ...]:
    """Import the modules and return their detectors in the order of the list."""
    found: list[Detector] = []
    for name in DETECTOR_MODULES:
        module = import_module(f"aicheck.discover.detectors.{name}")
        if hasattr(module, "DETECTORS"):
            found.extend(module.DETECTORS)
        else:
            found.append(module.DETECTOR)
    return tuple(found)
