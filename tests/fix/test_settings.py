"""`aicheck fix` in settings, notebooks, datasets, JavaScript constants, servers' variables; and any mix of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicheck.fix.edits import Refused, Text
from aicheck.fix.notebook import Notebook
from tests.fix.test_fix import C, M, fixed, pins_in

TGI = "ghcr.io/huggingface/text-generation-inference:3.3"
K8S = (
    "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n"
    f"        - name: llm\n          image: {TGI}\n          env:\n"
)
R = f', revision="{C}"'
DATASETS = "from datasets import load_dataset\nfrom huggingface_hub import snapshot_download\n"
JS = 'import { pipeline, AutoModel } from "@huggingface/transformers";\n'
HUB = 'import { snapshotDownload, downloadFile } from "@huggingface/hub";\n'

PINNED = {
    # (file, what stands there, what stands there then)
    "yaml-branch": ("a.yaml", f"model_id: {M}\nrevision: main  # x\n", f"model_id: {M}\nrevision: {C}  # x\n"),
    "yaml-own-key": (
        "a.yaml",
        f"embedding_model: {M}\nembedding_model_revision: 'main'\nrevision: other\n",
        f"embedding_model: {M}\nembedding_model_revision: '{C}'\nrevision: other\n",
    ),
    "yaml-training": (
        "sft.yaml",
        f"model_name_or_path: {M}  # base\nlearning_rate: 1e-5\n",
        f'model_name_or_path: {M}  # base\nmodel_revision: "{C}"\nlearning_rate: 1e-5\n',
    ),
    "yaml-axolotl": (
        "ax.yml",
        f"base_model: {M}\nmicro_batch_size: 2\n",
        f'base_model: {M}\nrevision_of_model: "{C}"\nmicro_batch_size: 2\n',
    ),
    "yaml-vllm": (
        "vllm.yaml",
        f"model: {M}\ntensor-parallel-size: 2\nmax-model-len: 4096\n",
        f'model: {M}\nrevision: "{C}"\ntensor-parallel-size: 2\nmax-model-len: 4096\n',
    ),
    "yaml-at": ("a.yaml", f"model_id: {M}@main\n", f"model_id: {M}@{C}\n"),
    "kserve": (
        "isvc.yaml",
        f"apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nspec:\n  storageUri: hf://{M}\n",
        f"apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nspec:\n  storageUri: hf://{M}:{C}\n",
    ),
    "kserve-argument": (
        "isvc.yaml",
        f'spec:\n  command: ["huggingfaceserver"]\n  args: ["--model_id={M}", "--model_revision=main"]\n',
        f'spec:\n  command: ["huggingfaceserver"]\n  args: ["--model_id={M}", "--model_revision={C}"]\n',
    ),
    "kubernetes-variable": (
        "d.yaml",
        K8S
        + f"            - name: MODEL_ID\n              value: {M}\n            - name: A\n              value: b\n",
        K8S
        + f"            - name: MODEL_ID\n              value: {M}\n"
        + f'            - name: REVISION\n              value: "{C}"\n'
        + "            - name: A\n              value: b\n",
    ),
    "compose-variable": (
        "compose.yaml",
        f"services:\n  llm:\n    image: {TGI}\n    environment:\n      MODEL_ID: {M}\n      REVISION: main\n",
        f"services:\n  llm:\n    image: {TGI}\n    environment:\n      MODEL_ID: {M}\n      REVISION: {C}\n",
    ),
    "compose-list": (
        "compose.yaml",
        f"services:\n  llm:\n    image: {TGI}\n    environment:\n      - MODEL_ID={M}\n      - PORT=80\n",
        (
            f"services:\n  llm:\n    image: {TGI}\n    environment:\n"
            f"      - MODEL_ID={M}\n      - REVISION={C}\n      - PORT=80\n"
        ),
    ),
    "env": (".env", f"MODEL_ID={M}\nREVISION=main\n", f"MODEL_ID={M}\nREVISION={C}\n"),
    "env-sagemaker": (
        ".env",
        f"export HF_MODEL_ID={M}\n",
        f"export HF_MODEL_ID={M}\nexport HF_MODEL_REVISION={C}\n",
    ),
    "toml": (
        "a.toml",
        f'[embedding]\nmodel_id = "{M}"\nrevision = "main" # é\n',
        f'[embedding]\nmodel_id = "{M}"\nrevision = "{C}" # é\n',
    ),
    "json": (
        "a.json",
        f'{{"é": 1, "model_id": "{M}", "revision": "main"}}',
        f'{{"é": 1, "model_id": "{M}", "revision": "{C}"}}',
    ),
    "json-sagemaker": (
        "sm.json",
        f'{{\n  "Environment": {{\n    "HF_MODEL_ID": "{M}"\n  }}\n}}\n',
        f'{{\n  "Environment": {{\n    "HF_MODEL_REVISION": "{C}",\n    "HF_MODEL_ID": "{M}"\n  }}\n}}\n',
    ),
    "terraform": (
        "m.tf",
        f'resource "aws_sagemaker_model" "m" {{\n  environment = {{\n    HF_MODEL_ID = "{M}"\n  }}\n}}\n',
        (
            f'resource "aws_sagemaker_model" "m" {{\n  environment = {{\n    HF_MODEL_ID = "{M}"\n'
            f'    HF_MODEL_REVISION = "{C}"\n  }}\n}}\n'
        ),
    ),
    "dockerfile-variable": (
        "Dockerfile",
        f"FROM {TGI}\nENV MODEL_ID={M}\nENV REVISION=main\n",
        f"FROM {TGI}\nENV MODEL_ID={M}\nENV REVISION={C}\n",
    ),
    "dockerfile-new-variable": (
        "Dockerfile",
        f"FROM {TGI}\nENV MODEL_ID={M}\n",
        f"FROM {TGI}\nENV MODEL_ID={M}\nENV REVISION={C}\n",
    ),
    "docker-run": (
        "run.sh",
        f"docker run -e MODEL_ID={M} -p 80:80 {TGI}\n",
        f"docker run -e MODEL_ID={M} -e REVISION={C} -p 80:80 {TGI}\n",
    ),
    "trainer": (
        "run.sh",
        f"trl sft --model_name_or_path {M} --dataset_name a/b\n",
        f"trl sft --model_name_or_path {M} --model_revision {C} --dataset_name a/b\n",
    ),
    "script-branch": (
        "run.sh",
        f"python run_clm.py --model_name_or_path {M} --model_revision main\n",
        f"python run_clm.py --model_name_or_path {M} --model_revision {C}\n",
    ),
    "evaluation": (
        "run.sh",
        f"lm_eval --model hf --model_args pretrained={M},dtype=auto --tasks x\n",
        f"lm_eval --model hf --model_args pretrained={M},revision={C},dtype=auto --tasks x\n",
    ),
    "evaluation-tokenizer": (
        "run.sh",
        f"lm_eval --model vllm --model_args pretrained=a/b,tokenizer={M} --tasks x\n",
        f"lm_eval --model vllm --model_args pretrained=a/b,tokenizer={M},tokenizer_revision={C} --tasks x\n",
    ),
    "dataset": (
        "app.py",
        DATASETS + f'd = load_dataset("{M}", "main", split="train")\n',
        DATASETS + f'd = load_dataset("{M}", "main"{R}, split="train")\n',
    ),
    "dataset-snapshot": (
        "app.py",
        DATASETS + f'd = snapshot_download("{M}", repo_type="dataset")\n',
        DATASETS + f'd = snapshot_download("{M}"{R}, repo_type="dataset")\n',
    ),
    "js-constant": (
        "a.ts",
        JS + f'const MODEL = "{M}";\nconst p = await pipeline("text-generation", MODEL);\n'
        'const m = await AutoModel.from_pretrained(MODEL, { dtype: "q4" });\n',
        JS + f'const MODEL = "{M}";\nconst p = await pipeline("text-generation", MODEL, {{ revision: "{C}" }});\n'
        f'const m = await AutoModel.from_pretrained(MODEL, {{ revision: "{C}", dtype: "q4" }});\n',
    ),
    "js-hub": (
        "a.mjs",
        HUB + f'await snapshotDownload({{ repo: "{M}" }});\n',
        HUB + f'await snapshotDownload({{ repo: "{M}", revision: "{C}" }});\n',
    ),
    "js-hub-object": (
        "a.mjs",
        HUB + f'await downloadFile({{ repo: {{ type: "model", name: "{M}" }}, path: "x" }});\n',
        HUB + f'await downloadFile({{ repo: {{ type: "model", name: "{M}" }}, revision: "{C}", path: "x" }});\n',
    ),
}


@pytest.mark.parametrize("name", PINNED)
def test_the_setting_is_pinned(tmp_path: Path, name: str) -> None:
    file, before, after = PINNED[name]
    found = fixed(tmp_path, file, before)
    assert [each.after for each in found.files] == [after], found.refused
    assert not fixed(tmp_path, file, after).files
    assert pins_in(tmp_path) == {C}


LEFT = {
    "unknown-reader": ("a.yaml", f"model: {M}\n", "not known to take one"),
    "empty": ("a.yaml", f"model_name_or_path: {M}\nmodel_revision:\noutput_dir: x\n", "holds no revision"),
    "templated": (
        "a.yaml",
        f"model_name_or_path: {M}\nmodel_revision: '{{{{ .Values.rev }}}}'\noutput_dir: x\n",
        "comes from elsewhere",
    ),
    "toml-none": ("a.toml", f'model_id = "{M}"\n', "not known to take one"),
    "modelfile": ("Modelfile", f"FROM hf.co/{M}:Q4_K_M\n", "Ollama takes no revision"),
    "ollama": ("run.sh", f"ollama run hf.co/{M}\n", "Ollama takes no revision"),
    "llama.cpp": ("run.sh", f"llama-server -hf {M}\n", "llama.cpp takes no revision"),
    "clone": ("run.sh", f"git clone https://huggingface.co/{M}\n", "git clone takes no commit"),
    "other-image": (
        "compose.yaml",
        f"services:\n  a:\n    image: other/thing\n    environment:\n      MODEL_ID: {M}\n",
        "not known to take one",
    ),
    "evaluation-both": (
        "run.sh",
        f"lm_eval --model hf --model_args pretrained={M},tokenizer=a/b --tasks x\n",
        "taken for both",
    ),
    "ignores-it": (
        "app.py",
        f'from llama_cpp import Llama\nm = Llama.from_pretrained(repo_id="{M}", filename="x.gguf")\n',
        "of llama_cpp is not known to take a revision",
    ),
    "own-class": (
        "app.py",
        f'from .models import Thing\nm = Thing.from_pretrained("{M}")\n',
        "of this project is not known to take a revision",
    ),
    "second-model": (
        "app.py",
        f'import sglang as sgl\nr = sgl.Runtime(model_path="{M}", tokenizer_path="a/b")\n',
        "names another model",
    ),
    "js-exported": (
        "a.ts",
        JS + f'export const MODEL = "{M}";\npipeline("text-generation", MODEL);\n',
        "exported",
    ),
    "js-elsewhere": (
        "a.ts",
        JS + f'const MODEL = "{M}";\npipeline("x", MODEL);\nload(MODEL);\n',
        "no revision can",
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_takes_no_revision_is_left_and_named(tmp_path: Path, name: str) -> None:
    file, text, words = LEFT[name]
    found = fixed(tmp_path, file, text)
    assert not found.files
    reasons = [reason for one, reason in found.refused if M in str(one.target)]
    assert any(words in reason for reason in reasons), reasons


# -- notebooks ---------------------------------------------------------------------------------------------------


def notebook(*cells: str, listed: bool = True, indent: int | None = 1) -> str:
    return json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": 3,
                    "metadata": {},
                    "outputs": [{"output_type": "stream", "text": ["é ", M]}],
                    "source": cell.splitlines(keepends=True) if listed else cell,
                }
                for cell in cells
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        indent=indent,
        ensure_ascii=False,
    )


CELLS = (
    '%pip install -q transformers\nfrom transformers import AutoModel, AutoTokenizer\nNAME = "'
    + M
    + '"  # 🎉 "é"',
    "files = !ls\nm = AutoModel.from_pretrained(\n    NAME,\n    device_map='auto',\n)\n?m",
    f"t = AutoTokenizer.from_pretrained('{M}')\n!hf download {M}",
    f"%%bash\nvllm serve {M}",
)
PINNED_CELLS = (
    CELLS[0],
    CELLS[1].replace("    NAME,\n", f'    NAME,\n    revision="{C}",\n'),
    f"t = AutoTokenizer.from_pretrained('{M}', revision='{C}')\n!hf download --revision {C} {M}",
    f"%%bash\nvllm serve {M} --revision {C}",
)


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("indent", [1, 4, None])
def test_cells_of_a_notebook_are_pinned_and_nothing_else_changes(
    tmp_path: Path, indent: int | None, *, listed: bool
) -> None:
    before = notebook(*CELLS, listed=listed, indent=indent)
    after = notebook(*PINNED_CELLS, listed=listed, indent=indent)
    found = fixed(tmp_path, "n.ipynb", before)
    assert [each.after for each in found.files] == [after], found.refused
    assert not fixed(tmp_path, "n.ipynb", after).files
    assert pins_in(tmp_path) == {C}


def test_a_name_set_in_two_cells_is_left(tmp_path: Path) -> None:
    text = notebook(*CELLS[:2], 'NAME = "microsoft/phi-4"')
    found = fixed(tmp_path, "n.ipynb", text)
    assert not found.files
    assert any("more than once" in reason for _, reason in found.refused)


def test_what_is_no_notebook_is_refused() -> None:
    with pytest.raises(Refused, match="valid JSON"):
        Notebook(Text("n.ipynb", '{"cells": [{"cell_type": "code", "source": ["x'))


@given(st.lists(st.text(alphabet="ab\"'\\\n\t é🎉\u2028!?=", max_size=30), max_size=4), st.booleans())
def test_the_code_of_a_notebook_is_what_json_says(cells: list[str], listed: bool) -> None:
    book = Notebook(Text("n.ipynb", notebook(*cells, listed=listed)))
    assert book.shell.text == "".join(cell + "\n" for cell in cells)
    assert len(book.python.text) == len(book.shell.text)


# -- any mix -----------------------------------------------------------------------------------------------------

FILLERS = ["", "# é a comment\n", "x: 1\n", "x = 1\n", "\n\n"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(sorted(PINNED)), min_size=1, max_size=4, unique_by=lambda name: PINNED[name][0]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_fixing_twice_changes_nothing_and_the_next_scan_sees_the_pins(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], newline: str
) -> None:
    root = tmp_path_factory.mktemp("mix")
    for name in names:
        file, text, _ = PINNED[name]
        found = fixed(root, file, text.replace("\n", newline))
        for each in found.files:
            (root / each.path).write_bytes(each.after.encode())
            if newline == "\r\n":
                assert each.after.count("\n") == each.after.count("\r\n")
    assert pins_in(root) == {C}
    last, text, _ = PINNED[names[-1]]
    assert not fixed(root, last, (root / last).read_bytes().decode()).files
