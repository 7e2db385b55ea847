"""Trees made to break the scan: the model in them is found, the rest ends soon and is said."""

from __future__ import annotations

import io
import json
import os
import socket
import struct
import subprocess
import tarfile
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from aicheck.core.reference import Occurrence, Use
from aicheck.discover.results import excerpt
from aicheck.discover.source import SourceFile
from aicheck.report import FORMATS
from tests.security.command import MODEL, aicheck, scan

DEEP = 100_000


def _write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def _tree(tmp_path: Path) -> Path:
    return _write(tmp_path / "tree", {"bad.py": MODEL})


def _found(tree: Path, *flags: str) -> dict:
    ran = scan(tree, *flags)
    assert ran.code == 1, ran.err
    assert ran.verdict == "fail"
    return ran.report


def _gaps(report: dict) -> dict[str, str]:
    return {gap.get("path") or gap["subject"]: gap["reason"] for gap in report["gaps"]}


def test_links_and_special_files(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    secret = tmp_path / "outside.py"
    secret.write_text(
        'openai.chat(model="gpt-4o-outside")\nfrom transformers import AutoModel\nAutoModel.from_pretrained("stolen/secret")\n'
    )
    for name, target in {
        "loop": "loop", "a": "b", "b": "a", "self": ".", "up": "..", "proc": "/proc", "zero.py": "/dev/zero",
        "config.json": "/dev/zero", "model.safetensors": "/dev/random", ".gitignore": "/dev/zero",
        "escape.py": "../outside.py", ".git": "/dev/zero", "README.md": "/proc/kcore",
    }.items():  # fmt: skip
        (tree / name).symlink_to(target)
    for name in ("fifo.py", "requirements.txt", "config.yaml", "m.gguf", "pyproject.toml", ".env", "sub.ipynb"):
        os.mkfifo(tree / name)
    here = Path.cwd()
    os.chdir(tree)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("sock.py")
    finally:
        os.chdir(here)
    report = _found(tree)
    assert b"stolen" not in json.dumps(report).encode()
    gaps = _gaps(report)
    assert gaps["fifo.py"] == gaps["sock.py"] == gaps["escape.py"] == "skipped"


def test_names_of_any_bytes(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    names = [
        b"\xff\xfe.py", b"a\nb.py", b"\x1b[31mred\x1b[0m.py", b"::error::x.py", b"$(touch x).py", b"-rf.py",
        "\u202egnp.py".encode(), "ünïcode.py".encode("latin-1"), "日本.py".encode("shift-jis"), "я.py".encode("koi8-r"), "日本.py".encode(), "e\u0301.py".encode(), "\U0001f916.py".encode(), b"\xed\xa0\x80.py", b"a\rb.py", b"=cmd.py", b" .py", b"x" * 251 + b".py", b"\x01\x02.py", b"%0A::error::.py",
    ]  # fmt: skip
    for name in names:
        (tree / os.fsdecode(name)).write_text(MODEL)
    out = [f"{name}=out.{name}" for name in FORMATS]
    report = _found(tree, *[part for each in out for part in ("-o", each)])
    assert len(report["references"]) == len(names) + 1
    for each in out:
        data = (tmp_path / each.partition("=")[2]).read_bytes()
        assert b"\x1b" not in data
        text = data.decode()  # UTF-8, whatever the names are
        if each.startswith(("json", "sarif", "cyclonedx=", "spdx", "intoto")):
            assert json.loads(text)
        elif each.startswith(("cyclonedx-xml", "junit")):
            assert ET.fromstring(text) is not None
        elif each.startswith("github="):
            assert all(
                line.startswith(("::error", "::warning", "::notice", "::group", "::endgroup", "::debug"))
                for line in text.splitlines()
            )


def test_depth(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    (tree / "/".join(["d"] * 150)).mkdir(parents=True)
    folder = os.open(tree, os.O_RDONLY)
    for _ in range(30):  # 6,000 characters: longer than the system takes a path
        os.mkdir("e" * 200, dir_fd=folder)
        inner = os.open("e" * 200, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    try:
        assert set(_gaps(_found(tree)).values()) == {"too-deep", "unreadable"}
    finally:
        subprocess.run(["rm", "-rf", tree], check=True)


NESTED: dict[str, str] = {
    "deep.json": '{"model":' * DEEP, "list.json": "[" * DEEP, "config.json": '{"a":' * DEEP, "package.json": '{"dependencies":' * DEEP,
    "dash.yaml": "- " * DEEP + "model: Qwen/Qwen3-8B", "flow.yaml": "[" * DEEP, "brace.yml": "{" * DEEP, "question.yaml": "? " * DEEP,
    "steps.yaml": "\n".join(" " * level + "a:" for level in range(1500)), "card/README.md": "---\nlicense: " + "[" * DEEP + "\n---\n",
    "list/README.md": "---\nlicense: " + "- " * DEEP + "\n---\n", "map/README.md": "---\nlicense: " + "{a: " * DEEP + "\n---\n",
    "mcp/mcp.json": '{"mcpServers":' * DEEP, "librechat.yaml": "mcpServers: " + "[" * DEEP, "nb.ipynb": '{"cells":' + "[" * DEEP,
    "dots/Cargo.toml": "a" + ".a" * 200_000 + '=1\ndependencies="x"\n', "dots/pyproject.toml": '"a"' + '."a"' * 100_000 + '=1\ndependencies="x"\n',
    "table/Cargo.toml": ("[" + "a." * 300 + "b]\n") * 3000 + "dependencies", "deep.toml": "a=" + "[" * DEEP, "poetry.lock": "a=" + "[" * DEEP,
    "main.tf": "a {\n" * DEEP, "index.safetensors.index.json": '{"weight_map":' * DEEP, "bomb.yaml": "a: &a [x,x]\n" + "".join(f"b{i}: &b{i} [*a,*a]\n" for i in range(99)),
    "lol.xml": '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "a">' + "".join(f'<!ENTITY a{i} "{"&a;" * 10}">' for i in range(20)) + "]><l>&a9;</l>",
}  # fmt: skip


def test_nesting_of_data(tmp_path: Path) -> None:
    tree = _write(_tree(tmp_path), NESTED)
    (tree / "pom.xml").write_text(NESTED["lol.xml"])
    gaps = _gaps(_found(tree))
    # What is not read for its depth is said, and never by a defect of ours.
    assert {"deep.json", "dash.yaml", "card/README.md"} <= set(gaps)
    report = scan(tree).report
    assert not [gap for gap in report["gaps"] if "please report it" in gap["detail"]]


def test_deep_python(tmp_path: Path) -> None:
    bodies = {
        "parens": "(" * DEEP + "1" + ")" * DEEP, "open": "[" * DEEP, "unary": "-" * DEEP + "1", "not": "not " * DEEP + "1",
        "lambda": "lambda:" * DEEP + "1", "plus": '"a"+' * DEEP + '"b"', "attribute": "a" + ".a" * DEEP, "call": "a" + "()" * DEEP,
        "index": "a" + "[0]" * DEEP, "ternary": "1 if 1 else " * DEEP + "1", "compare": "1<" * DEEP + "1",
    }  # fmt: skip
    tree = _tree(tmp_path)
    for name, body in bodies.items():
        _write(tree, {f"{name}.py": f"{MODEL}x={body}\n", f"{name}/setup.py": f"from setuptools import setup\nx={body}\nsetup(install_requires=['torch'])\n"})  # fmt: skip
    _write(tree, {
        "nul.py": MODEL + "\0\0\n" + MODEL, "utf16.py": MODEL.encode("utf-16"), "coding.py": "# coding: \0\n" + MODEL,
        "grow.py": 'a0="Qwen/Qwen3-8B"\n' + "\n".join(f"a{i + 1} = a{i} + a{i}" for i in range(80)) + f"\n{MODEL}AutoModel.from_pretrained(a80)\n",
        "times.py": MODEL + 'AutoModel.from_pretrained("Q"*999999999)\nAutoModel.from_pretrained("%99999999999d" % 1)\nAutoModel.from_pretrained(f"{1:999999999}")\nAutoModel.from_pretrained(9**9**9**9)\n',
        "circle.py": MODEL + "a=b\nb=a\nAutoModel.from_pretrained(a)\nx=x+x\nAutoModel.from_pretrained(x)\n",
        "ia.py": MODEL + "from ib import X\nAutoModel.from_pretrained(X)\n", "ib.py": "from ia import X\n",
    })  # fmt: skip
    assert len(_found(tree)["findings"]) >= len(bodies)


def test_long_lines(tmp_path: Path) -> None:
    """Thousands of sightings on one line cost linear time."""
    size = 20_000
    pieces = {
        "a.js": '{"model":"gpt-4o"},', "Dockerfile": '{"model":"gpt-4o"}', "urls.txt": "https://huggingface.co/", "a.py": '"Qwen/Qwen3-8B",',
        "a.sh": "ollama run llama3 ", "a.env": "MODEL=", "a.html": '<a href="hf.co/', "a.go": '{"model":"gpt-4o"}', "requirements.txt": "transformers;",
    }  # fmt: skip
    tree = _write(_tree(tmp_path), {name: piece * (size // len(piece)) for name, piece in pieces.items()})
    with (tree / "huge.js").open("wb") as file:
        file.truncate(50 << 20)
    _found(tree)


def test_sparse_files(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    for name in (
        "m.safetensors", "m.gguf", "m.bin", "x.py", "y.json", "z.pt", "a.onnx", "README.md", ".gitignore",
        "requirements.txt", "b.h5", "c.zip", "n.npz", "t.nemo", "k.keras", "aicheck.toml",
    ):  # fmt: skip
        with (tree / name).open("wb") as file:
            file.truncate(1 << 40)
    _found(tree)
    ran = aicheck("scan", tree, "--offline", cwd=tmp_path)
    assert ran.code == 2
    assert "aicheck.toml" in ran.err


def test_headers_that_lie(tmp_path: Path) -> None:
    u = struct.pack
    gguf = b"GGUF"
    files: dict[str, bytes] = {
        "a.safetensors": u("<Q", 1 << 62) + b"{}", "b.safetensors": u("<Q", 10**6) + b"[" * 10**6, "c.safetensors": u("<Q", 0), "d.safetensors": u("<Q", 5 * 10**6 + 6) + b'{"a":' + b"9" * 5 * 10**6 + b"}",
        "a.gguf": gguf + u("<IQQ", 3, 1 << 63, 1 << 63), "b.gguf": gguf + u("<IQQ", 3, 0, 1) + u("<Q", 1 << 62), "c.gguf": gguf + u("<IQQ", 3, 0, 1) + u("<Q", 1) + b"a" + u("<I", 9) + u("<IQ", 8, 1 << 61),
        "d.gguf": gguf + u("<IQQ", 3, 0, 1) + u("<Q", 1) + b"a" + u("<I", 9) + u("<IQ", 9, 1) * 200_000, "e.gguf": gguf + u("<IQQ", 3, 0, 1 << 32) + (u("<QI", 0, 0) + b"\0") * 100_000,
        "a.pkl": b"\x80\x05\x8e" + u("<Q", 1 << 62), "b.pkl": b"\x80\x02\x8b" + u("<i", -1), "c.pkl": b"\x80\x04\x95" + u("<Q", 1 << 63) + b".", "d.pkl": b"I" + b"9" * 10**6 + b"\n.", "e.bin": b"\x80\x02" + b"(" * 10**6 + b".",
        "a.onnx": b"\x08\x07\x3a" + b"\xff" * 9 + b"\x7fx", "b.onnx": b"\x3a\x80\x80\x80\x02" * 10_000, "c.pb": b"\x42\x02\x08\x01" * 500_000, "a.npy": b"\x93NUMPY\x02\0" + u("<I", 0xFFFFFFFF), "b.npy": b"\x93NUMPY\x01\0" + u("<H", 60000) + b"(" * 60000,
        "a.pt": b"PK\x03\x04" + b"\0" * 100 + b"PK\x05\x06" + b"\xff" * 18, "b.keras": b"PK\x01\x02" * 10_000 + b"PK\x05\x06\0\0\0\0\1\0\1\0" + u("<IIH", 40_000, 0, 0), "a.nemo": b"A" * 51_200,
        "p.safetensors": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize " + b"9" * 6000 + b"\n", "q.gguf": b"version https://git-lfs.github.com/spec/v1\noid sha256:xyz\nsize -1\n",
    }  # fmt: skip
    tree = _write(_tree(tmp_path), files)
    report = _found(tree)
    assert {"a.safetensors", "a.gguf", "a.onnx"} <= set(_gaps(report))
    assert not [gap for gap in report["gaps"] if "please report it" in gap["detail"]]


def _zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def test_bombs(tmp_path: Path) -> None:
    zeros = b" " * (64 << 20)
    tree = _write(_tree(tmp_path), {
        "a.pt": _zip({"archive/data.pkl": b"\x80\x02" + b"N0" * (10 << 20) + b"."}), "b.keras": _zip({"config.json": b"[" * (100 << 20)}),
        "c.npz": _zip({"a.npy": zeros}), "d.skops": _zip({"schema.json": b'{"a":' * 10**6}),
    })  # fmt: skip
    _found(tree)
    bomb = tmp_path / "bomb.zip"
    bomb.write_bytes(
        _zip({"bad.py": MODEL.encode(), **{f"b{i}.py": zeros for i in range(4)}, "in.zip": _zip({"c.py": zeros})})
    )
    report = _found(bomb)
    assert report["gaps"]


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_paths_that_leave_an_archive(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"traverse.{kind}"
    names = ["../../evil.py", "/abs.py", "..\\..\\evil.py", "a/../../evil.py", "ok/bad.py"]
    if kind == "zip":
        path.write_bytes(_zip({name: MODEL.encode() for name in names}))
    else:
        with tarfile.open(path, "w:gz") as archive:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = len(MODEL)
                archive.addfile(info, io.BytesIO(MODEL.encode()))
            for kind_, target in (
                (tarfile.SYMTYPE, "/etc/passwd"),
                (tarfile.LNKTYPE, "../../x"),
                (tarfile.CHRTYPE, ""),
            ):
                info = tarfile.TarInfo(f"t{kind_[0]}.py")
                info.type, info.linkname = kind_, target
                archive.addfile(info)
    before = {each.name for each in tmp_path.rglob("*") if each.is_file()}
    _found(path)
    after = {each.name for each in tmp_path.rglob("*") if each.is_file()}
    assert not {name for name in after - before if "evil" in name or "abs" in name}


def test_notebook_with_a_huge_output(tmp_path: Path) -> None:
    cells = {
        "cells": [{"cell_type": "code", "source": MODEL, "outputs": [{"data": {"image/png": "A" * 100_000_000}}]}]
    }
    tree = _write(
        _tree(tmp_path), {"n.ipynb": json.dumps(cells), "t.ipynb": '{"cells":[7,null,{"source":{"a":1}}]}'}
    )
    report = _found(tree)
    assert _gaps(report).get("n.ipynb") == "too-large" or "n.ipynb" in json.dumps(report["components"])


def test_git_that_is_not_what_it_seems(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    for content in ("gitdir: /proc/self\n", "gitdir: " + "../" * 2000, "\0", "gitdir: " + "x" * 100_000):
        (tree / ".git").write_text(content)
        _found(tree)


def test_hostile_git_configuration_runs_nothing(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    owned = tmp_path / "owned"
    _write(tree, {
        ".git/HEAD": "ref: refs/heads/main\n", ".git/objects/x": "", ".git/refs/x": "",
        ".git/config": f'[core]\n fsmonitor = "touch {owned}"\n pager = touch {owned}\n hooksPath = .\n sshCommand = touch {owned}\n'
        f' gitProxy = touch {owned}\n[filter "x"]\n smudge = touch {owned}\n process = touch {owned}\n[diff "x"]\n textconv = touch {owned}\n[include]\n path = /dev/zero\n',
        ".gitattributes": "* filter=x diff=x\n", "post-checkout": f"#!/bin/sh\ntouch {owned}\n",
        ".gitmodules": '[submodule "a"]\n path = a\n url = ext::sh -c touch% ' + str(owned) + "\n update = !touch x\n",
    })  # fmt: skip
    _found(tree)
    for flag in ("--rev", "--base"):
        aicheck("scan", tree, "--offline", flag, "HEAD", "--config", os.devnull, cwd=tmp_path)
        aicheck("scan", tree, "--offline", flag, "--upload-pack=touch x", "--config", os.devnull, cwd=tmp_path)
    assert not owned.exists()


@pytest.mark.parametrize("version", [2, 4])
def test_an_index_that_cannot_be_read_hides_nothing_silently(tmp_path: Path, version: int) -> None:
    """An ignored file may be tracked; where that cannot be told, a pass would be a guess."""
    tree = _write(_tree(tmp_path), {".gitignore": "*.py\n", ".git/HEAD": "ref: refs/heads/main\n"})
    (tree / ".git/index").write_bytes(b"DIRC" + struct.pack(">II", version, 7) + b"\0" * 100)
    ran = scan(tree)
    assert ran.verdict == "inconclusive"
    assert _gaps(ran.report)[".git/index"] == "unreadable"


def test_ignore_files_without_end(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    patterns = "a*b*c*d*e*f*g*h\n" * 20_000 + "**/" * 300 + "x\n" + "[" * 1000 + "\n[z-a]\n[a-\n\\\n"
    for number in range(12):
        _write(
            tree,
            {f"abcdefg{number}/x.py": "", f"abcdefg{number}/.gitignore": patterns.replace("\n", f"{number}\n!")},
        )
    _found(tree)


def test_hostile_settings_and_policies(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    for content in (
        "x=1",
        "a=" + "[" * DEEP,
        "a" + ".a" * DEEP + "=1",
        "jobs=-1",
        'extend="aicheck.toml"',
        "policy=1",
        '[hub]\nendpoint="http://x"',
        "\0",
    ):
        (tree / "aicheck.toml").write_text(content)
        ran = aicheck("scan", tree, "--offline", cwd=tmp_path)
        assert ran.code == 2, content[:40]
        assert "aicheck.toml" in ran.err
    policy = tmp_path / "policy.yaml"
    for content in (
        "a: &a [*a]",
        "[" * DEEP,
        "- " * DEEP,
        "!!python/object/apply:os.system [id]",
        "null",
        "\0",
        "? [a]: b",
        "a: 1\na: 2",
        "extends: policy.yaml",
        "extends: /dev/zero",
    ):
        policy.write_text(content)
        assert (
            aicheck("scan", tree, "--offline", "--config", os.devnull, "--policy", policy, cwd=tmp_path).code == 2
        ), content[:40]


def test_a_scanned_tree_names_no_output_elsewhere(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    for file in (str(tmp_path / "owned.json"), "../owned.json", "a/../../owned.json"):
        (tree / "aicheck.toml").write_text(f'output = ["json={file}"]\n')
        ran = aicheck("scan", ".", "--offline", cwd=tree)
        assert ran.code == 2
        assert "-o" in ran.err
    (tree / "aicheck.toml").unlink()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tree / "bom.json").symlink_to(victim)
    assert aicheck("scan", ".", "--offline", "-o", "json=bom.json", cwd=tree).code == 2
    assert victim.read_text() == "mine"
    assert not (tmp_path / "owned.json").exists()


def test_a_stray_nul_hides_nothing_silently(tmp_path: Path) -> None:
    """A shell and a browser read over it."""
    tree = _write(
        tmp_path / "tree",
        {
            "run.sh": "#!/bin/sh\n#\0\nollama run qwen3:8b\n",
            "a.js": 'const a = 1 /*\0*/\nopenai.chat({model: "qwen-max"})\n',
        },
    )
    ran = scan(tree)
    assert ran.verdict == "inconclusive"
    assert set(_gaps(ran.report)) == {"run.sh", "a.js"}


@pytest.mark.parametrize("secret", [
    "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH", "AKIAIOSFODNN7EXAMPLE", "sk-proj-abcdefghijklmnopqrstuvwxyz0123",
    "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "api_key: abcdef0123456789abcdef",
    "password='correct-horse-battery'", "Authorization: Bearer abcdefghijklmnopqrstuvwxyz", "AccountKey=abcdEFGH0123456789abcdEFGH0123456789==",
])  # fmt: skip
def test_secrets_beside_a_model_are_masked(secret: str) -> None:
    bare = secret.split("=", 1)[-1].split(": ", 1)[-1].strip("'")
    for pad in ("", "x" * 390 + " ", "y " * 97):
        line = f'm = AutoModel.from_pretrained("Qwen/Qwen3-8B") # {pad}{secret} {"z" * 300}'
        source = SourceFile("a.py", line.encode())
        place = Occurrence(
            "a.py", 1, line.index("Qwen") + 1, line.index("Qwen") + 14, "Qwen/Qwen3-8B", "python", "", Use.LOAD
        )
        assert bare[6:] not in "".join(excerpt(source, place))


@pytest.mark.parametrize("tail", ["# " + "a" * (1 << 20), "#\n" * 5_000 + "!bad.py", "!" + "a" * 2_000])
def test_an_ignore_file_that_is_not_read_whole_hides_nothing(tmp_path: Path, tail: str) -> None:
    """Its unread part may take back what it, or a rule above it, ignores."""
    tree = _write(_tree(tmp_path), {".git/HEAD": "ref: refs/heads/main\n", ".git/info/exclude": "bad.py\n"})
    (tree / ".gitignore").write_text(f"*\n!bad.py\n{tail}\n" if "!bad" not in tail else f"*\n{tail}\n")
    assert _gaps(_found(tree))[".gitignore"] == "skipped"


def test_numbers_of_more_digits_than_python_reads(tmp_path: Path) -> None:
    nines = "9" * 5_000
    tree = _write(_tree(tmp_path), {
        "a.toml": f'model="gpt-4o"\nn={nines}\n', "a.json": f'{{"model":"gpt-4o","n":{nines}}}', "a.yaml": f"model: gpt-4o\nn: {nines}\n",
        "pyproject.toml": f'[project]\ndependencies=["openai"]\nn={nines}\n', "package.json": f'{{"dependencies":{{"openai":{nines}}}}}',
        "config.json": f'{{"model_type":"llama","hidden_size":{nines},"vocab_size":1e400,"x":NaN}}', "a.py": f"x = {nines}\n{MODEL}",
        "c/README.md": f"---\nlicense: {nines}\nbase_model: {nines}\n---\n", "p.pkl": f"I{nines}\n.",
    })  # fmt: skip
    assert not [gap for gap in _found(tree)["gaps"] if "please report it" in gap["detail"]]
    (tree / "aicheck.toml").write_text(f"jobs = {nines}\n")
    ran = aicheck("scan", tree, "--offline", cwd=tmp_path)
    assert ran.code == 2
    assert "aicheck.toml" in ran.err
