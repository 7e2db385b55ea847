"""`aicheck fix`: every shape of code that is pinned, every shape that is left alone, and the proof of both."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from aicheck.cli.app import app
from aicheck.core.component import FileFormat, Safety, WeightFile, Weights
from aicheck.core.evidence import Claim, ClaimSource, Known, claims_of
from aicheck.core.target import HubDataset, HubModel
from aicheck.discover import discover
from aicheck.fix.edits import Edit, Place, Refused, Text, applied, unified
from aicheck.fix.plan import Plan, Wishes, plan
from aicheck.fix.python import PythonFile
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Sources, resolve

M = "Qwen/Qwen3-8B"
C = "b968826d9c46dd6066d109eabc6255188de91218"
HEAD = "from transformers import AutoModel, AutoTokenizer, pipeline\nfrom vllm import LLM\n"
R = f', revision="{C}"'
JS = 'import { pipeline, AutoModel } from "@huggingface/transformers";\n'


def fixed(root: Path, name: str, text: str, wishes: Wishes | None = None, weights: Weights | None = None) -> Plan:
    (root / name).write_bytes(text.encode())
    components = []
    for component in resolve(discover(root), Sources(catalog=open_catalog(), today="2026-11-23")):
        held = component
        if isinstance(component.target, HubModel | HubDataset) and component.name == M:
            old = tuple(one for one in claims_of(component.revision.commit) if one.source is ClaimSource.CODE)
            commit = Known(C, (*old, Claim(C, ClaimSource.HUB, 1.0)))
            held = replace(component, revision=replace(component.revision, commit=commit))
            if weights is not None:
                held = replace(held, weights=Known(weights, ()))
        components.append(held)
    return plan(root, components, wishes or Wishes())


def pins_in(root: Path) -> set[str | None]:
    return {
        one.attribute("revision") or getattr(one.target, "revision", None)
        for one in discover(root).references
        if str(one.target) in {f"hf:{M}", f"hf-dataset:{M}"}
    }


PYTHON = {
    "positional": (f'AutoModel.from_pretrained("{M}")', f'AutoModel.from_pretrained("{M}"{R})'),
    "quotes": (f"AutoModel.from_pretrained('{M}')", f"AutoModel.from_pretrained('{M}', revision='{C}')"),
    "keyword": (f'LLM(model="{M}", dtype="auto")', f'LLM(model="{M}"{R}, dtype="auto")'),
    "last-positional": (
        f'pipeline("text-generation", "{M}", device=0)',
        f'pipeline("text-generation", "{M}"{R}, device=0)',
    ),
    "branch": (f'AutoModel.from_pretrained("{M}", revision="main")', f'AutoModel.from_pretrained("{M}"{R})'),
    "lines": (
        f'AutoModel.from_pretrained(\n    "{M}",  # the model\n    device_map="auto",  # all\n)',
        f'AutoModel.from_pretrained(\n    "{M}",  # the model\n    revision="{C}",\n    device_map="auto",  # all\n)',
    ),
    "no-comma": (
        f'AutoModel.from_pretrained(\n    "{M}"\n)',
        f'AutoModel.from_pretrained(\n    "{M}",\n    revision="{C}"\n)',
    ),
    "trailing-comma": (f'AutoModel.from_pretrained("{M}",)', f'AutoModel.from_pretrained("{M}"{R},)'),
    "unicode": (
        f'x = "héé 🎉"; m = AutoModel.from_pretrained("{M}")',
        f'x = "héé 🎉"; m = AutoModel.from_pretrained("{M}"{R})',
    ),
    "constant": (
        f'NAME = "{M}"\nm = AutoModel.from_pretrained(NAME)\nprint(NAME)',
        f'NAME = "{M}"\nm = AutoModel.from_pretrained(NAME{R})\nprint(NAME)',
    ),
    "constant-twice": (
        (
            f'NAME = "{M}"\nm = AutoModel.from_pretrained(NAME)\n\ndef f():\n'
            "    return AutoTokenizer.from_pretrained(NAME)"
        ),
        (
            f'NAME = "{M}"\nm = AutoModel.from_pretrained(NAME{R})\n\ndef f():\n'
            f"    return AutoTokenizer.from_pretrained(NAME{R})"
        ),
    ),
    "local": (
        f'def f():\n    name = "{M}"\n    return AutoModel.from_pretrained(name)',
        f'def f():\n    name = "{M}"\n    return AutoModel.from_pretrained(name{R})',
    ),
    "annotated": (
        f'NAME: str = "{M}"\nm = AutoModel.from_pretrained(NAME)',
        f'NAME: str = "{M}"\nm = AutoModel.from_pretrained(NAME{R})',
    ),
    "address": (
        f'URL = "https://huggingface.co/{M}/resolve/main/config.json"',
        f'URL = "https://huggingface.co/{M}/resolve/{C}/config.json"',
    ),
}

LEFT = {
    "unpacked": (f'kw = {{}}\nAutoModel.from_pretrained("{M}", **kw)', "unpacked"),
    "starred": (f'a = []\npipeline("text-generation", "{M}", *a)', "unpacked"),
    "default": (f'def f(name="{M}"):\n    return AutoModel.from_pretrained(name)', "default"),
    "class": (
        f'class A:\n    name = "{M}"\n    def f(self):\n        return AutoModel.from_pretrained(self.name)',
        "attribute",
    ),
    "twice": (
        f'NAME = "{M}"\nif input():\n    NAME = "x/y"\nm = AutoModel.from_pretrained(NAME)',
        "more than once",
    ),
    "variable": (f'R = "main"\nAutoModel.from_pretrained("{M}", revision=R)', "string"),
    "two-models": (f'pipeline("text-generation", model="{M}", tokenizer="microsoft/phi-4")', "another model"),
    "unknown-call": (
        f'import helper\nNAME = "{M}"\nm = AutoModel.from_pretrained(NAME)\nhelper.load(NAME)',
        "not known to take",
    ),
    "collection": (f'MODELS = {{"a": "{M}"}}\nm = AutoModel.from_pretrained(MODELS["a"])', "collection"),
    "elsewhere": (f'MODEL_NAME = "{M}"', "elsewhere"),
}


@pytest.mark.parametrize("name", PYTHON)
def test_python_is_pinned(tmp_path: Path, name: str) -> None:
    before, after = (HEAD + text + "\n" for text in PYTHON[name])
    found = fixed(tmp_path, "app.py", before)
    assert [each.after for each in found.files] == [after], found.refused
    assert not fixed(tmp_path, "app.py", after).files
    assert pins_in(tmp_path) == {C}


@pytest.mark.parametrize("name", LEFT)
def test_python_is_left_alone(tmp_path: Path, name: str) -> None:
    text, words = LEFT[name]
    found = fixed(tmp_path, "app.py", HEAD + text + "\n")
    assert not found.files
    reasons = [reason for one, reason in found.refused if str(one.target) == f"hf:{M}"]
    assert any(words in reason for reason in reasons), reasons


OTHERS = {
    "js": ("a.mjs", f'const p = await pipeline("text-generation", "{M}");', f'"{M}", {{ revision: "{C}" }});'),
    "js-options": (
        "a.ts",
        f"const m = await AutoModel.from_pretrained('{M}', {{ dtype: 'q4' }});",
        f"'{M}', {{ revision: '{C}', dtype: 'q4' }});",
    ),
    "js-branch": (
        "a.ts",
        f"const m = await AutoModel.from_pretrained('{M}', {{ dtype: 'q4', revision: 'main' }});",
        f"dtype: 'q4', revision: '{C}' }});",
    ),
    "shell": ("run.sh", f"vllm serve {M} --port 1\n", f"vllm serve {M} --revision {C} --port 1\n"),
    "shell-quoted": ("run.sh", f'vllm serve "{M}" --port 1\n', f'vllm serve "{M}" --revision {C} --port 1\n'),
    "shell-lines": (
        "run.sh",
        f"vllm serve {M} \\\n  --port 1 \\\n  --revision main\n",
        f"vllm serve {M} \\\n  --port 1 \\\n  --revision {C}\n",
    ),
    "download": (
        "run.sh",
        f"huggingface-cli download {M} config.json\n",
        f"huggingface-cli download --revision {C} {M} config.json\n",
    ),
    "curl": (
        "get.sh",
        f"curl -LO https://huggingface.co/{M}/resolve/main/config.json\n",
        f"curl -LO https://huggingface.co/{M}/resolve/{C}/config.json\n",
    ),
    "docker": (
        "Dockerfile",
        f'FROM vllm/vllm-openai\nCMD ["vllm", "serve", "{M}", "--port", "1"]\n',
        f'CMD ["vllm", "serve", "{M}", "--revision", "{C}", "--port", "1"]\n',
    ),
    "compose": (
        "compose.yaml",
        (
            "services:\n  tei:\n    image: ghcr.io/huggingface/text-embeddings-inference:1.5\n"
            f"    command: --model-id {M} --port 80  # here\n"
        ),
        f"    command: --model-id {M} --revision {C} --port 80  # here\n",
    ),
    "compose-flow": (
        "compose.yaml",
        f'services:\n  llm:\n    image: vllm/vllm-openai\n    command: ["--model", "{M}", "--dtype", "auto"]\n',
        f'["--model", "{M}", "--revision", "{C}", "--dtype", "auto"]\n',
    ),
    "kubernetes": (
        "d.yaml",
        (
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n"
            f'        - name: llm\n          image: vllm/vllm-openai:v0.9\n          args:\n            - "--model"\n'
            f'            - "{M}"\n            - "--port=8000"\n'
        ),
        f'            - "{M}"\n            - "--revision"\n            - "{C}"\n            - "--port=8000"\n',
    ),
    "kubernetes-joined": (
        "d.yaml",
        (
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n"
            f"        - image: vllm/vllm-openai:v0.9\n          args:\n            - --model={M}\n            - --x\n"
        ),
        f"            - --model={M}\n            - --revision={C}\n            - --x\n",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_languages_are_pinned(tmp_path: Path, name: str) -> None:
    file, text, after = OTHERS[name]
    found = fixed(tmp_path, file, JS + text if name.startswith("js") else text)
    assert len(found.files) == 1, found.refused
    assert found.files[0].after.endswith(after)
    assert not fixed(tmp_path, file, found.files[0].after).files
    assert pins_in(tmp_path) == {C}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("compose.yaml", f"services:\n  a:\n    image: other/thing\n    command: --model-id {M}\n"),
        ("compose.yaml", f"services:\n  a:\n    image: vllm/vllm-openai\n    environment:\n      MODEL_ID: {M}\n"),
        ("run.sh", f"llama-server -hf {M}\n"),
        ("a.ts", JS + f'pipeline("text-generation", "{M}", options);\n'),
        ("a.ts", JS + f'pipeline("text-generation", "{M}", {{ ...o }});\n'),
    ],
)
def test_what_is_not_safe_is_named_and_left(tmp_path: Path, file: str, text: str) -> None:
    found = fixed(tmp_path, file, text)
    assert not found.files
    assert found.refused


def test_a_constant_of_another_module_is_pinned_where_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(f'MODEL = "{M}"\n')
    before = HEAD + "from settings import MODEL\nm = AutoModel.from_pretrained(MODEL)\n"
    found = fixed(tmp_path, "app.py", before)
    changed = {each.path: each.after for each in found.files}
    assert changed == {"app.py": before.replace("(MODEL)", f"(MODEL{R})")}, found.refused
    twice = before + "MODEL = MODEL.lower()\n"
    assert not fixed(tmp_path, "app.py", twice).files
    inner = HEAD + "from settings import MODEL\ndef f(MODEL):\n    return AutoModel.from_pretrained(MODEL)\n"
    assert not fixed(tmp_path, "app.py", inner).files


def test_line_breaks_and_marks_stay(tmp_path: Path) -> None:
    before = "\ufeff" + HEAD.replace("\n", "\r\n") + f'm = AutoModel.from_pretrained(\r\n    "{M}",\r\n)\r\n'
    found = fixed(tmp_path, "app.py", before)
    assert [each.after for each in found.files] == [
        before.replace(f'"{M}",\r\n', f'"{M}",\r\n    revision="{C}",\r\n')
    ], found.refused


def test_unneeded_remote_code_goes(tmp_path: Path) -> None:
    plain = Weights((WeightFile("m.safetensors"),), (FileFormat("safetensors", Safety.SAFE),), (), auto_map=False)
    before = HEAD + f'm = AutoModel.from_pretrained("{M}"{R}, trust_remote_code=True, device_map="auto")\n'
    found = fixed(tmp_path, "app.py", before, Wishes(remote_code=True), plain)
    assert [each.after for each in found.files] == [before.replace(", trust_remote_code=True", "")], found.refused
    line = "    trust_remote_code=True,\n"
    lines = HEAD + f'm = AutoModel.from_pretrained(\n    "{M}",\n{line}    revision="{C}",\n)\n'
    found = fixed(tmp_path, "app.py", lines, Wishes(remote_code=True), plain)
    assert [each.after for each in found.files] == [lines.replace(line, "")], found.refused
    with_code = replace(plain, remote_code=("modeling.py",), auto_map=True)
    for weights in (with_code, replace(plain, auto_map=None)):
        found = fixed(tmp_path, "app.py", lines, Wishes(remote_code=True), weights)
        assert not found.files
        assert "holds code" in found.refused[0][1]


def test_safetensors_are_asked_for_where_they_are(tmp_path: Path) -> None:
    before = HEAD + f'm = AutoModel.from_pretrained("{M}"{R})\nt = AutoTokenizer.from_pretrained("{M}"{R})\n'
    pickle = FileFormat("pytorch-pickle", Safety.EXECUTABLE)
    both = Weights((WeightFile("a"),), (pickle, FileFormat("safetensors", Safety.SAFE)))
    found = fixed(tmp_path, "app.py", before, Wishes(safetensors=True), both)
    after = before.replace(f"{R})\nt", f"{R}, use_safetensors=True)\nt")
    assert [each.after for each in found.files] == [after], found.refused
    found = fixed(tmp_path, "app.py", before, Wishes(safetensors=True), Weights((WeightFile("a"),), (pickle,)))
    assert not found.files
    assert "no safetensors" in found.refused[0][1]


def test_without_a_commit_nothing_is_pinned(tmp_path: Path) -> None:
    found = fixed(tmp_path, "app.py", HEAD + 'AutoModel.from_pretrained("nobody/knows-this")\n')
    assert not found.files
    assert "aicheck lock" in found.refused[0][1]


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(HEAD)
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(HEAD + f'AutoModel.from_pretrained("{M}")\n')
    components = resolve(discover(project), Sources(catalog=open_catalog(), today="2026-11-23"))
    (project / "app.py").unlink()
    (project / "app.py").symlink_to(outside)
    found = plan(project, components, Wishes())
    assert not found.files
    assert "outside" in found.refused[0][1]


# -- the verb ------------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["fix", *[str(each) for each in arguments], "--offline"])


def test_the_diff_applies_and_writing_twice_changes_nothing(tmp_path: Path) -> None:
    code = HEAD + f'm = AutoModel.from_pretrained("{M}")'  # no newline at the end
    for place in (tmp_path / "a", tmp_path / "b"):
        place.mkdir()
        (place / "app.py").write_text(code)
    done = run(tmp_path / "a")
    assert done.exit_code == 0
    assert (tmp_path / "a" / "app.py").read_text() == code
    subprocess.run(["git", "apply", "-"], input=done.stdout, text=True, cwd=tmp_path / "a", check=True)
    assert run(tmp_path / "b", "--check").exit_code == 1
    assert run(tmp_path / "b", "--write").exit_code == 0
    assert (tmp_path / "a" / "app.py").read_text() == (tmp_path / "b" / "app.py").read_text() != code
    again = run(tmp_path / "b", "--write")
    assert (again.exit_code, again.stdout) == (0, "")
    assert run(tmp_path / "b", "--check").exit_code == 0


def test_the_pin_is_in_the_lock(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HEAD + f'm = AutoModel.from_pretrained("{M}")\n')
    CliRunner().invoke(app, ["lock", str(tmp_path), "--offline"])
    assert run(tmp_path, "--write", "--locked").exit_code == 0
    scanned = CliRunner().invoke(app, ["scan", str(tmp_path), "--locked", "-f", "json"])
    assert '"not-locked"' not in scanned.stdout
    assert '"pinned": true' in scanned.stdout


# -- properties ------------------------------------------------------------------------------------------------


@given(st.text(alphabet="ab\n\f\u2028é", max_size=40), st.text(alphabet="ab\n\f\u2028é", max_size=40))
def test_a_diff_is_empty_only_for_equal_texts(before: str, after: str) -> None:
    assert bool(unified("f", before, after)) == (before != after)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=5))
def test_edits_apply_from_left_to_right_or_not_at_all(places: list[tuple[int, int]]) -> None:
    text = "abcdefghijklmnopqrstuvwxyz"
    edits = {Edit(start, start + length, "#") for start, length in places}
    try:
        result = applied(text, list(edits))
    except Refused:
        return
    assert len(result) == len(text) - sum(edit.end - edit.start for edit in edits) + len(edits)


@given(st.text(alphabet="abcf(), =\"'\n#*🎉", max_size=60))
def test_any_python_around_the_call_is_pinned_or_refused(tail: str) -> None:
    text = f'x = AutoModel.from_pretrained("{M}"){tail}'
    start = text.index(M)
    place = Place(start, start + len(M), M, C, None, "AutoModel.from_pretrained")
    try:
        edits = PythonFile(Text("a.py", text)).pins(place)
    except Refused:
        return
    assert f'"{M}", revision="{C}")' in applied(text, edits)
