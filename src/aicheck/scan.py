"""The whole tool in one readable function."""

from __future__ import annotations
