"""Python inside scripts and images is read where it stands."""

from __future__ import annotations

import pytest

from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.trees import MemoryTree

CASES = {
    "double quotes": ("a.sh", "x\npython -c \"from transformers import AutoModel; AutoModel.from_pretrained('a/b')\"\n", 2),
    "single quotes over lines": (
        "a.sh",
        "python3.11 -u -c '\nfrom transformers import pipeline\np = pipeline(\"x\", model=\"a/b\")\n'\n",
        3,
    ),
    "a here document": (
        "a.sh",
        "python3 - <<'PY'\nfrom huggingface_hub import snapshot_download\nsnapshot_download(\"a/b\")\nPY\necho c/d\n",
        3,
    ),
    "an image": (
        "Dockerfile",
        "FROM x\nRUN pip install y && python -c \"from transformers import pipeline; pipeline('x', model='a/b')\" && echo\n",
        2,
    ),
    "a pipeline": (
        ".github/workflows/a.yml",
        "jobs:\n  a:\n    steps:\n      - run: python -c \"from transformers import pipeline; pipeline(model='a/b')\"\n",
        4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_seen_on_its_line(case: str) -> None:
    name, text, line = CASES[case]
    found = discover(MemoryTree({name: text.encode()}), DiscoverSettings()).references
    assert [(str(r.target), r.occurrence.line, r.occurrence.raw) for r in found] == [("hf:a/b", line, "a/b")]
    written = text.split("\n")[line - 1]
    place = found[0].occurrence
    assert written[place.column - 1 : place.end - 1] == "a/b"


@pytest.mark.parametrize(
    "text",
    [
        "python train.py --name a/b\n",
        "python -c 'print(1)'\necho 'pipeline(model=\"a/b\")'\n",
        "python -c \"unclosed pipeline(model='a/b')\n",
        "python - <<EOF\n" * 300,
    ],
)
def test_decoys(text: str) -> None:
    assert not discover(MemoryTree({"a.sh": text.encode()}), DiscoverSettings()).references
