"""Dependencies: every manifest and lock format, at the right line, and hostile ones bounded."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference, Use
from aicheck.discover import jsonc
from aicheck.discover.detector import Detector
from aicheck.discover.detectors import (
    dependencies_compiled,
    dependencies_installed,
    dependencies_javascript,
    dependencies_python,
)
from aicheck.discover.gate import Gate
from aicheck.discover.manifests.base import purl
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

ALL: Sequence[Detector] = (
    *dependencies_python.DETECTORS,
    *dependencies_javascript.DETECTORS,
    *dependencies_compiled.DETECTORS,
    dependencies_installed.DETECTOR,
)
GATE = Gate(ALL)


def detect(path: str, text: str | bytes) -> tuple[list[Reference], list[Gap]]:
    data = text.encode() if isinstance(text, str) else text
    mask = GATE.mask(path)
    references: list[Reference] = []
    gaps: list[Gap] = []
    for index, detector in enumerate(ALL):
        if mask >> index & 1 and (not detector.needles or any(n in data.lower() for n in detector.needles)):
            for item in detector.detect(SourceFile(path, data), ()):
                if isinstance(item, Reference):
                    references.append(item)
                elif isinstance(item, Gap):
                    gaps.append(item)
    return references, gaps


def rows(path: str, text: str) -> dict[str, tuple[int, str]]:
    references, gaps = detect(path, text)
    assert not gaps
    for reference in references:
        assert reference.occurrence.use is Use.DEPENDENCY
        assert reference.attribute("scope")
    return {str(item.target): (item.occurrence.line, item.attribute("scope") or "") for item in references}


REQUIREMENTS = """\
# comment
-i https://pypi.org/simple
Torch==2.5.1 ; python_version > "3.8"  # why
sentence_transformers[train]>=3,<4
vllm \\
    --hash=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
git+https://github.com/huggingface/transformers.git@abc123
flash-attn @ https://example.org/flash_attn-2.0-cp311-none-any.whl
-e .
./local
-r requirements-base.txt
-e git+https://github.com/facebookresearch/detectron2.git#egg=detectron2
"""


def test_requirements() -> None:
    assert rows("requirements.txt", REQUIREMENTS) == {
        "pkg:pypi/torch@2.5.1": (3, "runtime"),
        "pkg:pypi/sentence-transformers": (4, "runtime"),
        "pkg:pypi/vllm": (5, "runtime"),
        "pkg:pypi/transformers": (7, "runtime"),
        "pkg:pypi/flash-attn": (8, "runtime"),
        "pkg:pypi/detectron2": (12, "runtime"),
    }
    assert rows("requirements-dev.txt", "pytest==8\n") == {"pkg:pypi/pytest@8": (1, "dev")}
    assert rows("deploy/requirements/prod.in", "openai\n") == {"pkg:pypi/openai": (1, "runtime")}
    references, _ = detect("requirements.txt", REQUIREMENTS)
    by_name = {str(item.target): item for item in references}
    assert by_name["pkg:pypi/vllm"].attribute("hash") == "sha256:" + "a" * 64
    assert by_name["pkg:pypi/vllm"].attribute("ai") == "inference-engine"
    assert (
        by_name["pkg:pypi/flash-attn"].attribute("url") == "https://example.org/flash_attn-2.0-cp311-none-any.whl"
    )


def test_an_include_that_is_not_read_is_a_gap() -> None:
    _, gaps = detect("requirements.txt", "-r other.list\n-c constraints.txt\n")
    assert [(gap.subject, gap.reason, gap.line) for gap in gaps] == [("other.list", GapReason.SKIPPED, 1)]


PYPROJECT = """\
[build-system]
requires = ["hatchling>=1"]
[project]
name = "x"
dependencies = [
  "openai>=1",
  "anthropic==0.40.0",
]
[project.optional-dependencies]
gpu = ["vllm"]
[dependency-groups]
dev = ["pytest", {include-group = "x"}]
[tool.poetry.dependencies]
python = "^3.11"
langchain = "^0.3"
torch = {version = "2.5.1", optional = true}
local = {path = "../x"}
[tool.poetry.group.dev.dependencies]
mypy = "1.0"
[tool.pdm.dev-dependencies]
test = ["coverage"]
[tool.uv]
dev-dependencies = ["nox"]
"""


def test_pyproject() -> None:
    assert rows("pyproject.toml", PYPROJECT) == {
        "pkg:pypi/hatchling": (2, "build"),
        "pkg:pypi/openai": (6, "runtime"),
        "pkg:pypi/anthropic@0.40.0": (7, "runtime"),
        "pkg:pypi/vllm": (10, "optional"),
        "pkg:pypi/pytest": (12, "dev"),
        "pkg:pypi/langchain": (15, "runtime"),
        "pkg:pypi/torch@2.5.1": (16, "optional"),
        "pkg:pypi/mypy@1.0": (19, "dev"),
        "pkg:pypi/coverage": (21, "dev"),
        "pkg:pypi/nox": (23, "dev"),
    }
    _, gaps = detect("pyproject.toml", '[project]\nname = "x"\ndynamic = ["dependencies"]\n')
    assert [(gap.reason, gap.line) for gap in gaps] == [(GapReason.DYNAMIC, 3)]


UV_LOCK = """\
version = 1
[[package]]
name = "project"
version = "0.1.0"
source = { editable = "." }

[[package]]
name = "openai"
version = "1.54.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x", hash = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", size = 1 }
"""


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "pdm.lock"])
def test_python_locks(name: str) -> None:
    references, _ = detect(name, UV_LOCK)
    assert [str(item.target) for item in references] == ["pkg:pypi/openai@1.54.0"]
    assert references[0].attribute("hash") == "sha256:" + "b" * 64
    assert references[0].occurrence.line == 8
    assert rows("pylock.toml", '[[packages]]\nname = "torch"\nversion = "2.5"\n') == {
        "pkg:pypi/torch@2.5": (2, "runtime")
    }


def test_pipenv() -> None:
    text = '[packages]\nopenai = "*"\ntorch = "==2.5.1"\n[dev-packages]\npytest = ">=8"\n'
    assert rows("Pipfile", text) == {
        "pkg:pypi/openai": (2, "runtime"),
        "pkg:pypi/torch@2.5.1": (3, "runtime"),
        "pkg:pypi/pytest": (5, "dev"),
    }
    lock = json.dumps(
        {"default": {"openai": {"version": "==1.5"}}, "develop": {"pytest": {"version": "==8"}}}, indent=1
    )
    assert rows("Pipfile.lock", lock) == {"pkg:pypi/openai@1.5": (3, "runtime"), "pkg:pypi/pytest@8": (8, "dev")}


def test_conda_and_pixi() -> None:
    text = """\
name: x
channels: [conda-forge]
dependencies:
  - python=3.11
  - pytorch::pytorch=2.5.1
  - faiss-cpu >=1.8
  - pip
  - pip:
      - openai==1.5
      - -r requirements.txt
prefix: /x
"""
    assert rows("environment.yml", text) == {
        "pkg:conda/pytorch@2.5.1": (5, "runtime"),
        "pkg:conda/faiss-cpu": (6, "runtime"),
        "pkg:pypi/openai@1.5": (9, "runtime"),
    }
    pixi = '[dependencies]\npytorch = ">=2"\n[pypi-dependencies]\nopenai = "==1.5"\n'
    assert rows("pixi.toml", pixi) == {"pkg:conda/pytorch": (2, "runtime"), "pkg:pypi/openai@1.5": (4, "runtime")}


def test_setup_files() -> None:
    cfg = "[options]\ninstall_requires =\n    torch==2.5\n    openai>=1\n[options.extras_require]\ngpu = vllm\n"
    assert rows("setup.cfg", cfg) == {
        "pkg:pypi/torch@2.5": (3, "runtime"),
        "pkg:pypi/openai": (4, "runtime"),
        "pkg:pypi/vllm": (6, "optional"),
    }
    code = """\
from setuptools import setup
base = ["torch==2.5"]
setup(
    name="x",
    install_requires=base + ["openai"],
    extras_require={"gpu": ["vllm"]},
    tests_require=open("t.txt").read().split(),
)
raise SystemExit("never run")
"""
    references, gaps = detect("setup.py", code)
    assert {str(item.target): item.occurrence.line for item in references} == {
        "pkg:pypi/torch@2.5": 2,
        "pkg:pypi/openai": 5,
        "pkg:pypi/vllm": 6,
    }
    assert [(gap.reason, gap.line) for gap in gaps] == [(GapReason.DYNAMIC, 7)]


def test_package_json() -> None:
    text = json.dumps(
        {
            "name": "openai",
            "dependencies": {
                "openai": "^4.0.0",
                "@ai-sdk/openai": "1.2.3",
                "mine": "workspace:*",
                "x": "npm:ai@3.0.0",
            },
            "devDependencies": {"promptfoo": "github:promptfoo/promptfoo"},
        },
        indent=2,
    )
    assert rows("web/package.json", text) == {
        "pkg:npm/openai": (4, "runtime"),
        "pkg:npm/%40ai-sdk/openai@1.2.3": (5, "runtime"),
        "pkg:npm/ai@3.0.0": (7, "runtime"),
        "pkg:npm/promptfoo": (10, "dev"),
    }
    references, _ = detect("package.json", text)
    assert references[1].attribute("provider") == "openai"
    assert detect("node_modules/openai/package.json", text) == ([], [])


NPM_LOCK = json.dumps(
    {
        "name": "x",
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "x", "version": "1.0.0"},
            "node_modules/@ai-sdk/openai": {"version": "1.2.3", "resolved": "https://x"},
            "node_modules/a/node_modules/openai": {"version": "4.0.0", "dev": True},
            "node_modules/link": {"resolved": "packages/link", "link": True},
        },
    },
    indent=2,
)


@pytest.mark.parametrize("text", [NPM_LOCK, json.dumps(json.loads(NPM_LOCK))])
def test_package_lock(text: str) -> None:
    found = {purl: scope for purl, (_, scope) in rows("package-lock.json", text).items()}
    assert found == {"pkg:npm/%40ai-sdk/openai@1.2.3": "runtime", "pkg:npm/openai@4.0.0": "dev"}


def test_other_javascript_locks() -> None:
    pnpm = """\
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      openai:
        version: 4.0.0
packages:

  '@ai-sdk/openai@1.2.3':
    resolution: {integrity: sha512-x}
  openai@4.0.0(zod@3.0.0):
    resolution: {integrity: sha512-x}
  /old/1.0.0:
    dev: true
snapshots:
  other@1.0.0: {}
"""
    assert rows("pnpm-lock.yaml", pnpm) == {
        "pkg:npm/%40ai-sdk/openai@1.2.3": (9, "runtime"),
        "pkg:npm/openai@4.0.0": (11, "runtime"),
        "pkg:npm/old@1.0.0": (13, "runtime"),
    }
    classic = '# yarn lockfile v1\n\n"@ai-sdk/openai@^1.0.0", "@ai-sdk/openai@^1.2.0":\n  version "1.2.3"\n\nopenai@^4:\n  version "4.0.0"\n'
    assert rows("yarn.lock", classic) == {
        "pkg:npm/%40ai-sdk/openai@1.2.3": (3, "runtime"),
        "pkg:npm/openai@4.0.0": (6, "runtime"),
    }
    berry = '__metadata:\n  version: 8\n\n"openai@npm:^4":\n  version: 4.0.0\n\n"mine@workspace:.":\n  version: 0.0.0-use.local\n'
    assert rows("yarn.lock", berry) == {"pkg:npm/openai@4.0.0": (4, "runtime")}
    bun = '{\n  "packages": {\n    "openai": ["openai@4.0.0", "", {}, "sha"],\n    "@ai-sdk/x": ["@ai-sdk/x@1.0.0"],\n  }\n}\n'
    assert rows("bun.lock", bun) == {
        "pkg:npm/openai@4.0.0": (3, "runtime"),
        "pkg:npm/%40ai-sdk/x@1.0.0": (4, "runtime"),
    }


def test_go_and_rust() -> None:
    go = """\
module example.com/x
go 1.22
require github.com/sashabaranov/go-openai v1.36.0
require (
	github.com/tmc/langchaingo v0.1.12
	golang.org/x/text v0.3.0 // indirect
)
replace github.com/a/b v1.0.0 => ../b
exclude (
	github.com/bad/mod v1.0.0
)
"""
    assert rows("go.mod", go) == {
        "pkg:golang/github.com/sashabaranov/go-openai@v1.36.0": (3, "runtime"),
        "pkg:golang/github.com/tmc/langchaingo@v0.1.12": (5, "runtime"),
        "pkg:golang/golang.org/x/text@v0.3.0": (6, "indirect"),
    }
    cargo = '[dependencies]\ncandle-core = "0.8"\nmine = { path = "x" }\nalias = { package = "async-openai", version = "=0.25.0" }\n[dev-dependencies]\ntokio = "1"\n'
    assert rows("Cargo.toml", cargo) == {
        "pkg:cargo/candle-core": (2, "runtime"),
        "pkg:cargo/async-openai@0.25.0": (4, "runtime"),
        "pkg:cargo/tokio": (6, "dev"),
    }
    lock = '[[package]]\nname = "mine"\nversion = "0.1.0"\n\n[[package]]\nname = "candle-core"\nversion = "0.8.0"\nsource = "registry+https://x"\n'
    assert rows("Cargo.lock", lock) == {"pkg:cargo/candle-core@0.8.0": (6, "runtime")}


def test_jvm() -> None:
    pom = """\
<project>
  <properties><lc.version>0.36.2</lc.version></properties>
  <!-- <dependency><groupId>no</groupId><artifactId>no</artifactId></dependency> -->
  <dependencies>
    <dependency>
      <groupId>dev.langchain4j</groupId>
      <artifactId>langchain4j-open-ai</artifactId>
      <version>${lc.version}</version>
    </dependency>
    <dependency>
      <groupId>junit</groupId><artifactId>junit</artifactId><version>${unknown}</version><scope>test</scope>
    </dependency>
  </dependencies>
</project>
"""
    assert rows("pom.xml", pom) == {
        "pkg:maven/dev.langchain4j/langchain4j-open-ai@0.36.2": (7, "runtime"),
        "pkg:maven/junit/junit": (11, "dev"),
    }
    gradle = """\
dependencies {
    implementation("com.openai:openai-java:0.20.0")
    implementation platform('org.springframework.ai:spring-ai-bom:1.0.0')
    testImplementation 'junit:junit:4.13'
    // implementation("no:no:1")
    api "dev.langchain4j:langchain4j:$version"
}
"""
    assert rows("build.gradle.kts", gradle) == {
        "pkg:maven/com.openai/openai-java@0.20.0": (2, "runtime"),
        "pkg:maven/org.springframework.ai/spring-ai-bom@1.0.0": (3, "runtime"),
        "pkg:maven/junit/junit@4.13": (4, "dev"),
        "pkg:maven/dev.langchain4j/langchain4j": (6, "runtime"),
    }
    assert rows("gradle.lockfile", "com.openai:openai-java:0.20.0=compileClasspath\nempty=\n") == {
        "pkg:maven/com.openai/openai-java@0.20.0": (1, "runtime")
    }
    catalog = '[versions]\nlc = "0.36.2"\n[libraries]\nlc = { module = "dev.langchain4j:langchain4j", version.ref = "lc" }\n'
    assert rows("gradle/libs.versions.toml", catalog) == {
        "pkg:maven/dev.langchain4j/langchain4j@0.36.2": (4, "runtime")
    }


def test_dotnet() -> None:
    project = """\
<Project Sdk="Microsoft.NET.Sdk">
  <ItemGroup>
    <PackageReference Include="Microsoft.SemanticKernel" Version="1.30.0" />
    <PackageReference Include="LLamaSharp">
      <Version>0.19.0</Version>
    </PackageReference>
    <PackageReference Include="OpenAI" />
  </ItemGroup>
</Project>
"""
    assert rows("src/App.csproj", project) == {
        "pkg:nuget/Microsoft.SemanticKernel@1.30.0": (3, "runtime"),
        "pkg:nuget/LLamaSharp@0.19.0": (4, "runtime"),
        "pkg:nuget/OpenAI": (7, "runtime"),
    }
    references, _ = detect("src/App.csproj", project)
    assert [item.attribute("ai") for item in references] == ["agent-framework", "inference-engine", "llm-client"]
    assert rows("packages.config", '<packages>\n<package id="OpenAI" version="2.0.0" />\n</packages>') == {
        "pkg:nuget/OpenAI@2.0.0": (2, "runtime")
    }
    lock = '{"version": 1, "dependencies": {"net8.0": {"OpenAI": {"type": "Direct", "resolved": "2.0.0"}}}}'
    assert rows("packages.lock.json", lock) == {"pkg:nuget/OpenAI@2.0.0": (1, "runtime")}


def test_installed_distribution_states_its_licence() -> None:
    text = "Metadata-Version: 2.1\nName: vllm\nVersion: 0.6.3\nLicense: Apache-2.0\nClassifier: License :: OSI Approved :: Apache Software License\n\nName: no\n"
    references, _ = detect("lib/vllm-0.6.3.dist-info/METADATA", text)
    assert str(references[0].target) == "pkg:pypi/vllm@0.6.3"
    assert references[0].attribute("license") == "Apache-2.0"
    assert references[0].attribute("license_classifiers") == "Apache Software License"
    assert references[0].occurrence.use is Use.PRESENT


@pytest.mark.parametrize(
    "entity", ["<!DOCTYPE x [<!ENTITY a 'b'>]>", "<!ENTITY a SYSTEM 'file:///etc/passwd'>", "<!-- "]
)
@pytest.mark.parametrize("name", ["pom.xml", "a.csproj", "packages.config"])
def test_xml_that_plays_tricks_is_refused(name: str, entity: str) -> None:
    with pytest.raises(SourceError):
        detect(name, f"<?xml version='1.0'?>{entity}<project><dependency>&a;</dependency></project>")


NAMES = (
    "requirements.txt", "pyproject.toml", "uv.lock", "Pipfile", "Pipfile.lock", "environment.yml", "pixi.toml",
    "setup.cfg", "setup.py", "package.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "go.mod",
    "Cargo.toml", "Cargo.lock", "pom.xml", "build.gradle", "gradle.lockfile", "libs.versions.toml", "a.csproj",
    "packages.config", "packages.lock.json", "x.dist-info/METADATA",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_fuzzed_manifests_raise_nothing_but_source_errors(name: str, data: st.DataObject) -> None:
    pieces = st.sampled_from(
        ["\n", '"', "[[package]]", 'name = "a"', "[", "{", "}", ":", "version", "dependencies", "require", "<dependency>",
         "</dependency>", "==", "@", "a/b", " ", "\\", "\0", "ü", "setup(install_requires=[", "]", ")", ",", "'", "1.0"]
    )  # fmt: skip
    text = "".join(data.draw(st.lists(pieces | st.text(max_size=8), max_size=40)))
    try:
        detect(name, text.encode("utf-8", "surrogatepass"))
    except SourceError:
        return


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        '{"dependencies": ' * 5000,
        "a" * 300_000,
        '"' + "node_modules/" * 20_000,
        "x = [" + "(" * 3000,
        "  implementation " * 20_000,
        "<dependency>" * 20_000,
        "<PackageReference " * 20_000,
        "-" * 200_000,
        "a==" * 60_000,
        '\n"a@' * 20_000,
    ],
)
def test_hostile_manifests_end_soon(name: str, text: str) -> None:
    begin = time.process_time()
    with contextlib.suppress(SourceError):
        detect(name, text)
    assert time.process_time() - begin < 3


@given(
    st.sampled_from(["pypi", "npm", "cargo", "nuget"]),
    st.text(alphabet="abz019._-AB+~@ ", min_size=1, max_size=12),
    st.none() | st.text(alphabet="012.abc-+_!", min_size=1, max_size=10),
)
def test_the_short_way_to_a_purl_gives_the_librarys(ecosystem: str, name: str, version: str | None) -> None:
    try:
        expected: str | None = PackageURL(type=ecosystem, name=name, version=version).to_string()
    except (ValueError, TypeError):
        expected = None
    assert purl(ecosystem, name, version) == expected


@pytest.mark.parametrize("value", ["1", '"x"', "[1, [2]]", "true"])
def test_values_of_the_wrong_type_are_nothing(value: str) -> None:
    for name in ("Pipfile.lock", "package.json", "packages.lock.json"):
        keys = ("default", "develop", "dependencies", "devDependencies", "version")
        detect(name, "{" + ", ".join(f'"{key}": {value}' for key in keys) + "}")
    for name, keys in (
        ("pyproject.toml", ("project", "build-system", "tool", "dependency-groups")),
        ("pyproject.toml", ("tool.poetry", "tool.pdm", "project.optional-dependencies", "tool.pixi", "tool.uv")),
        ("pyproject.toml", ("tool.poetry.group", "tool.pdm.dev-dependencies", "project.dependencies")),
        ("Cargo.toml", ("dependencies", "target", "workspace")),
        ("libs.versions.toml", ("libraries", "versions")),
        ("pixi.toml", ("dependencies", "feature")),
        ("Pipfile", ("packages",)),
    ):
        detect(name, "".join(f"{key} = {value}\n" for key in keys))


def _timed(name: str, text: str) -> int:
    begin = time.process_time()
    count = 0
    with contextlib.suppress(SourceError):
        count = len(detect(name, text)[0])
    assert time.process_time() - begin < 4
    return count


def test_what_would_be_quadratic_is_linear() -> None:
    _timed("pom.xml", "<!--" * 100_000 + "-->")
    _timed("pom.xml", "-->" * 100_000 + "<!--" * 100_000)
    _timed("pom.xml", "<build><parent>" * 50_000)
    _timed("go.mod", "exclude (\n" * 50_000)
    escaped = ", ".join(f'"\\u0061{n}": "1.0.0"' for n in range(20_000))
    assert _timed("package.json", '{"dependencies": {' + escaped + "}}") == 20_000
    keys = "\n".join(f'"\\u0061{n}" = "1"' for n in range(5000))
    assert _timed("Cargo.toml", "[dependencies]\n" + keys) == 5000
    entry = '"node_modules/p{0}":{{"version":"1.0.{0}","integrity":"' + "x" * 100 + '"}}'
    minified = '{"lockfileVersion":3,"packages":{' + ",".join(entry.format(n) for n in range(20_000)) + "}}"
    assert _timed("package-lock.json", minified) == 20_000
    for text in ('"' + '\\"' * 200_000, "/*" * 200_000, "//" * 200_000, ",  " * 100_000):
        begin = time.process_time()
        with contextlib.suppress(SourceError):
            jsonc.loads(text.encode())
        assert time.process_time() - begin < 2


def test_columns_on_long_lines_are_true() -> None:
    data = ("ü" * 3000 + "x" * 3000 + "\n" + "y" * 10).encode()
    source = SourceFile("a", data)
    offsets = [5999, 6000, 6001, 8999, 100, 9000, 9001, 9005]
    assert [source.position(offset) for offset in offsets] == [
        SourceFile("a", data).position(offset) for offset in offsets
    ]
    assert source.position(8999) == (1, 6000)


def test_a_fifty_megabyte_lock_is_read_in_a_moment() -> None:
    entry = '    "node_modules/package-{0}": {{\n      "version": "1.0.{0}",\n      "resolved": "https://registry.npmjs.org/x",\n      "integrity": "sha512-{1}"\n    }},\n'
    count = 20_000
    text = '{\n  "lockfileVersion": 3,\n  "packages": {\n' + "".join(
        entry.format(i, "x" * 400) for i in range(count)
    )
    begin = time.process_time()
    references, _ = detect("package-lock.json", text + '    "": {}\n  }\n}\n')
    assert len(references) == count
    assert time.process_time() - begin < 6
