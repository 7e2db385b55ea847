"""References in notebook files."""

from __future__ import annotations

from aicheck.discover.detector import Detector

__all__ = ["DETECTORS"]

DETECTORS: tuple[Detector, ...] = ()
