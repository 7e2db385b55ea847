"""Dependencies of Go, Rust, JVM and .NET projects, by their manifests and lock files."""

from __future__ import annotations

from typing import Final

from aicheck.discover.detector import Detector
from aicheck.discover.manifests import compiled
from aicheck.discover.manifests.base import detecting

__all__ = ["DETECTORS"]

_ID: Final = "dependencies-compiled"

DETECTORS: Final = tuple(
    Detector(f"{_ID}-{name}", globs, (), detecting(f"{_ID}-{name}", parse), binary=name.endswith("lock"))
    for name, globs, parse in (
        ("go", ("go.mod",), compiled.go_mod),
        ("cargo", ("cargo.toml",), compiled.cargo_toml),
        ("cargo-lock", ("cargo.lock",), compiled.cargo_lock),
        ("maven", ("pom.xml",), compiled.pom),
        ("gradle", ("build.gradle", "build.gradle.kts"), compiled.gradle),
        ("gradle-lock", ("gradle.lockfile", "*.gradle.lockfile"), compiled.gradle_lock),
        ("gradle-catalog", ("libs.versions.toml",), compiled.version_catalog),
        (
            "msbuild",
            ("*.csproj", "*.fsproj", "*.vbproj", "directory.packages.props", "directory.build.props"),
            compiled.msbuild,
        ),
        ("nuget-config", ("packages.config",), compiled.nuget_config),
        ("nuget-lock", ("packages.lock.json",), compiled.nuget_lock),
    )
)
