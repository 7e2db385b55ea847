"""Dependencies of Python projects, by their manifests and lock files."""

from __future__ import annotations

from typing import Final

from aicheck.discover.detector import Detector
from aicheck.discover.manifests import python
from aicheck.discover.manifests.base import detecting

__all__ = ["DETECTORS"]

_ID: Final = "dependencies-python"

DETECTORS: Final = (
    Detector(
        _ID,
        (
            "*requirement*.txt", "*requirement*.in", "requirements/*.txt", "requirements/*.in", "constraint*.txt",
            "constraint*.in", "reqs*.txt", "deps*.txt",
        ),
        (),
        detecting(_ID, python.requirements),
    ),
    Detector(_ID + "-pyproject", ("pyproject.toml",), (), detecting(_ID + "-pyproject", python.pyproject)),
    Detector(
        _ID + "-lock",
        ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "pylock.*.toml"),
        (),
        detecting(_ID + "-lock", python.lock_toml),
        binary=True,
    ),
    Detector(_ID + "-pipfile", ("pipfile",), (), detecting(_ID + "-pipfile", python.pipfile)),
    Detector(
        _ID + "-pipfile-lock",
        ("pipfile.lock",),
        (),
        detecting(_ID + "-pipfile-lock", python.pipfile_lock),
        binary=True,
    ),
    Detector(
        _ID + "-conda",
        ("environment.yml", "environment.yaml", "environment-*.yml", "environment_*.yml", "environment-*.yaml",
         "conda*.yml", "conda*.yaml"),
        (b"dependencies:",),
        detecting(_ID + "-conda", python.conda),
    ),
    Detector(_ID + "-pixi", ("pixi.toml",), (), detecting(_ID + "-pixi", python.pixi)),
    Detector(_ID + "-setup-cfg", ("setup.cfg",), (b"require",), detecting(_ID + "-setup-cfg", python.setup_cfg)),
    Detector(_ID + "-setup-py", ("setup.py",), (b"require",), detecting(_ID + "-setup-py", python.setup_py)),
)  # fmt: skip
