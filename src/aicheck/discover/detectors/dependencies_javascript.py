"""Dependencies of JavaScript projects, by their manifests and lock files."""

from __future__ import annotations

from typing import Final

from aicheck.discover.detector import Detector
from aicheck.discover.manifests import javascript
from aicheck.discover.manifests.base import detecting

__all__ = ["DETECTORS"]

_ID: Final = "dependencies-javascript"

DETECTORS: Final = (
    Detector(_ID, ("package.json",), (b"dependencies",), detecting(_ID, javascript.package_json)),
    *(
        Detector(f"{_ID}-{name}", globs, (), detecting(f"{_ID}-{name}", parse), binary=True)
        for name, globs, parse in (
            ("npm-lock", ("package-lock.json", "npm-shrinkwrap.json"), javascript.package_lock),
            ("pnpm-lock", ("pnpm-lock.yaml",), javascript.pnpm_lock),
            ("yarn-lock", ("yarn.lock",), javascript.yarn_lock),
            ("bun-lock", ("bun.lock",), javascript.bun_lock),
        )
    ),
)
