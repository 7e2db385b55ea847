"""Nothing scanned is executed or imported, nothing is written beside the outputs, no socket is opened offline."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import aicheck
from aicheck.report import FORMATS
from tests.security.command import MODEL
from tests.security.command import aicheck as command

WATCH = """
import os, sys
tree, allowed = sys.argv[1], sys.argv[2]
seen = []
def hook(event, args):
    if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto", "subprocess", "os.system", "os.exec",
                         "os.posix_spawn", "os.spawn", "pickle.find_class", "ctypes.dlopen", "marshal.loads", "shutil", "os.remove", "os.rename", "os.symlink", "os.link", "os.chmod", "os.mkdir", "os.rmdir")):
        if event.startswith(("os.", "shutil", "marshal", "ctypes")) and (event == "marshal.loads" or ours(args)):
            return
        seen.append((event, str(args)[:200]))
    elif event == "open":
        path, mode, flags = args
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if writes and not ours((path,)):
            seen.append((event, str(args)[:200]))
    elif event == "import":
        if args[1] and str(args[1]).startswith(tree): seen.append((event, str(args)[:200]))
    elif event == "exec":
        if getattr(args[0], "co_filename", "").startswith(tree): seen.append((event, args[0].co_filename))
def ours(args):
    return all(isinstance(a, int) or a is None or str(a).startswith((allowed, "/dev/null")) or ".so" in str(a) for a in args if not isinstance(a, tuple))
sys.argv = ["aicheck", *sys.argv[3:]]
import aicheck.cli.app as app
sys.addaudithook(hook)
try:
    app.run()
finally:
    print("SEEN", seen, file=sys.stderr)
"""

TRAPS = {
    "bad.py": MODEL,
    "sitecustomize.py": "import os; os.system('touch owned')",
    "click.py": "raise SystemExit(0)", "yaml.py": "raise SystemExit(0)", "aicheck/__init__.py": "raise SystemExit(0)",
    "conftest.py": "raise SystemExit(0)", "setup.py": "import os; os.system('touch owned')\nfrom setuptools import setup\nsetup(install_requires=['torch'])",
    ".env": "HF_ENDPOINT=http://127.0.0.1:9\nHF_TOKEN=hf_stolenstolenstolenstolen\nAICHECK_POLICY=none\n",
    "pyproject.toml": "[build-system]\nrequires=['x']\nbuild-backend='owned'\nbackend-path=['.']\n",
    "package.json": '{"scripts":{"preinstall":"touch owned"}}', "n.ipynb": '{"cells":[{"cell_type":"code","source":"!touch owned"}]}',
}  # fmt: skip
PICKLE = b"cos\nsystem\n(S'touch owned'\ntR."


def test_the_command_only_reads(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name, text in TRAPS.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    for name in ("m.pkl", "pytorch_model.bin", "x.joblib"):
        (tree / name).write_bytes(PICKLE)
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    before = sorted((str(path), path.stat().st_mtime_ns) for path in tree.rglob("*"))
    flags = [
        part for name in ("json", "sarif", "html", "cyclonedx") for part in ("-o", f"{name}={outputs / name}")
    ]
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", WATCH, str(tree), str(tmp_path / "outputs"), "scan", ".", "--offline", "--config", os.devnull, "-q", *flags],
        cwd=tree, env={"PATH": os.environ["PATH"], "HOME": str(outputs), "XDG_CACHE_HOME": str(outputs)}, capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    assert done.returncode in {0, 1, 3}, done.stderr
    assert done.stderr.rstrip().endswith("SEEN []"), done.stderr
    assert "Qwen/Qwen3-8B" in done.stdout
    assert sorted((str(path), path.stat().st_mtime_ns) for path in tree.rglob("*")) == before


def test_no_report_tells_of_the_machine(tmp_path: Path) -> None:
    """Neither home, nor user, nor host, nor token, nor an absolute path."""
    home = tmp_path / "home-of-secret-user"
    tree = home / "checkout"
    tree.mkdir(parents=True)
    (tree / "bad.py").write_text(MODEL + '\ntoken="hf_abcdefghijklmnopqrstuvwxyzABCDEFGH"\n')
    policy = home / "policy.yaml"
    policy.write_text("version: 1\nname: mine\nsummary: A policy of one's own.\nextends: baseline\n")
    env = {"HOME": str(home), "USER": "secret-user", "HF_TOKEN": "hf_tokentokentokentokentoken"}
    for fmt in FORMATS:
        ran = command("scan", tree, "--offline", "-f", fmt, "--policy", policy, "-v", cwd=tree, env=env)
        text = ran.out.decode() + ran.err
        assert "home-of-secret-user" not in text, fmt
        assert "hf_tokentoken" not in text, fmt
        assert "hf_abcdefghijkl" not in text, fmt
        assert socket.gethostname() not in text or len(socket.gethostname()) < 4, fmt


WORKERS = {"discover/pool.py": {"socket"}}
"""Forked workers answer over a socket pair, in pickles of the tool's own values; neither leaves the process group."""
DOORS = {"resolve/hub.py", "inventory/http.py"}
NETWORK = {"socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "huggingface_hub", "httpx", "requests", "urllib3", "aiohttp", "asyncio", "xmlrpc", "telnetlib", "websockets", "sigstore"}  # fmt: skip


def test_two_doors_to_the_network() -> None:
    root = Path(aicheck.__file__).parent
    reached: dict[str, set[str]] = {}
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [f"{node.module}.{alias.name}" for alias in node.names] + [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            for name in names:
                if any(name == known or name.startswith(known + ".") for known in NETWORK):
                    reached.setdefault(path.relative_to(root).as_posix(), set()).add(name)
    assert set(reached) <= DOORS | set(WORKERS), reached
    assert reached.get("discover/pool.py") == WORKERS["discover/pool.py"]
    pool = (root / "discover/pool.py").read_text()
    assert "socketpair()" in pool
    assert not [word for word in (".connect(", ".bind(", "create_connection") if word in pool]


def test_nothing_executes_data() -> None:
    """No `eval`, no `exec`, no unpickling, no shell anywhere in the package.

    But one: `core/frozen.py` makes the `__init__` of the package's own classes from the names of their fields, as the
    standard library's dataclasses do.
    """
    root = Path(aicheck.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if path.name == "pool.py" and called == "pickle.loads":
                    continue
                if called == "exec" and path.parts[-2:] == ("core", "frozen.py"):
                    continue
                assert called not in {"eval", "exec", "pickle.load", "pickle.loads", "marshal.loads", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load", "shelve.open", "torch.load"}, (path, node.lineno)  # fmt: skip
                assert not any(
                    word.arg == "shell"
                    and not (isinstance(word.value, ast.Constant) and word.value.value is False)
                    for word in node.keywords
                ), (path, node.lineno)


def test_memory_stays_flat_over_many_scans(tmp_path: Path) -> None:
    """One process, many scans, as a server or a fleet does it."""
    script = """
import resource, sys
from datetime import date
from pathlib import Path
from aicheck.discover import discover
tree = Path(sys.argv[1])
def used():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
for _ in range(30): discover(tree)
first = used()
for _ in range(200): discover(tree)
print(used() - first)
"""
    (tmp_path / "a.py").write_text(MODEL * 20)
    (tmp_path / "b.yaml").write_text("model: Qwen/Qwen3-8B\n" * 50)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, timeout=90
    )
    assert int(done.stdout) < 8 << 20


def test_the_json_report_is_readable(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(MODEL)
    assert json.loads(command("scan", ".", "--offline", "-f", "json", "--config", os.devnull, cwd=tmp_path).out)[
        "schema_version"
    ]
