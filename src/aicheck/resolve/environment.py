"""What the environment says of the network; apart, so that a run without network loads no client."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

__all__ = ["TRUE", "offline_by_environment"]

TRUE: Final = frozenset({"1", "on", "yes", "true"})


def offline_by_environment(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE` forbids the network."""
    env = os.environ if environment is None else environment
    return any(env.get(name, "").lower() in TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
