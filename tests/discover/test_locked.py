"""One component for a library that a manifest asks for and a lock settles."""

from __future__ import annotations

import json
from pathlib import Path

from aicheck.discover import discover

UV = 'version = 1\n[[package]]\nname = "openai"\nversion = "1.2.3"\nsource = {{ registry = "https://pypi.org/simple" }}\n{}'
PYPROJECT = '[project]\nname = "x"\nversion = "0"\ndependencies = ["openai>=1"]\n'


def libraries(root: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for reference in discover(root).references:
        if str(reference.target).startswith("pkg:"):
            found.setdefault(reference.occurrence.path, set()).add(str(reference.target))
    return found


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_range_takes_the_version_of_the_lock_beside_it(tmp_path: Path) -> None:
    found = libraries(write(tmp_path, {"pyproject.toml": PYPROJECT, "uv.lock": UV.format("")}))
    assert found == {"pyproject.toml": {"pkg:pypi/openai@1.2.3"}, "uv.lock": {"pkg:pypi/openai@1.2.3"}}


def test_a_workspace_has_its_lock_above(tmp_path: Path) -> None:
    found = libraries(write(tmp_path, {"packages/a/pyproject.toml": PYPROJECT, "uv.lock": UV.format("")}))
    assert found["packages/a/pyproject.toml"] == {"pkg:pypi/openai@1.2.3"}


def test_the_nearest_lock_counts(tmp_path: Path) -> None:
    near = UV.format("").replace("1.2.3", "2.0.0")
    files = {"a/pyproject.toml": PYPROJECT, "a/uv.lock": near, "uv.lock": UV.format("")}
    assert libraries(write(tmp_path, files))["a/pyproject.toml"] == {"pkg:pypi/openai@2.0.0"}


def test_a_lock_below_or_of_another_manager_says_nothing(tmp_path: Path) -> None:
    package = json.dumps({"lockfileVersion": 3, "packages": {"node_modules/openai": {"version": "4.0.0"}}})
    files = {"pyproject.toml": PYPROJECT, "sub/uv.lock": UV.format(""), "package-lock.json": package}
    assert libraries(write(tmp_path, files))["pyproject.toml"] == {"pkg:pypi/openai"}


def test_two_versions_in_the_lock_leave_the_range(tmp_path: Path) -> None:
    second = '[[package]]\nname = "openai"\nversion = "2.0.0"\nsource = { registry = "https://pypi.org/simple" }\n'
    found = libraries(write(tmp_path, {"pyproject.toml": PYPROJECT, "uv.lock": UV.format(second)}))
    assert found["pyproject.toml"] == {"pkg:pypi/openai"}


def test_requirements_compiled_from_an_input_file(tmp_path: Path) -> None:
    files = {"test.in": "openai\ntorch\n", "test.txt": "openai==1.2.3\n", "other.txt": "torch==2.0\n"}
    found = libraries(write(tmp_path, {f"requirements/{name}": text for name, text in files.items()}))
    assert found["requirements/test.in"] == {"pkg:pypi/openai@1.2.3", "pkg:pypi/torch"}


def test_scoped_packages_of_npm(tmp_path: Path) -> None:
    manifest = json.dumps({"name": "x", "dependencies": {"@ai-sdk/openai": "^1.0.0"}})
    lock = json.dumps({"lockfileVersion": 3, "packages": {"node_modules/@ai-sdk/openai": {"version": "1.4.0"}}})
    found = libraries(write(tmp_path, {"package.json": manifest, "package-lock.json": lock}))
    assert found["package.json"] == {"pkg:npm/%40ai-sdk/openai@1.4.0"}


def test_projects_of_dotnet(tmp_path: Path) -> None:
    project = (
        '<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="OpenAI" /></ItemGroup></Project>'
    )
    lock = json.dumps(
        {"version": 1, "dependencies": {"net8.0": {"OpenAI": {"type": "Direct", "resolved": "2.1.0"}}}}
    )
    found = libraries(write(tmp_path, {"a/b.csproj": project, "a/packages.lock.json": lock}))
    assert found["a/b.csproj"] == {"pkg:nuget/OpenAI@2.1.0"}
