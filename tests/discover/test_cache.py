"""A second scan may be faster than the first, and nothing else."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core import target as targets
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Inventory, Occurrence, Reference, Use
from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.cache import MEMORY, DetectionCache, decode, encode
from aicheck.discover.detector import Link
from aicheck.discover.engine import Examiner
from aicheck.discover.trees import MemoryTree

FILES = {
    "app.py": 'from transformers import AutoModel\nm = AutoModel.from_pretrained("Qwen/Qwen3-8B", revision="main")\n',
    "names.py": 'MODEL = "mistralai/Mistral-7B-v0.1"\n',
    "use.py": "from names import MODEL\nfrom transformers import pipeline\npipeline(model=MODEL)\n",
    "k8s/deploy.yaml": "spec:\n  containers:\n  - args: [--model, meta-llama/Llama-3.1-8B-Instruct]\n",
    "web/a.ts": 'await openai.chat.completions.create({ model: "gpt-4o" });\n',
    "requirements.txt": "torch==2.5.0\ntransformers\n",
    "broken.ipynb": "{",
    "notes.txt": "nothing here\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    age(root)
    return root


def age(root: Path) -> None:
    """Let the files look as if they had been written long ago (their change time cannot be set, so the tests
    that rest on places move the clock instead)."""
    for path in root.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicheck.discover.cache._SETTLED", -(10**12))


def scan(root: Path, cache: Path | str | None, **more: object) -> Inventory:
    return discover(root, DiscoverSettings(jobs=1, cache=None if cache is None else str(cache), **more))  # type: ignore[arg-type]


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that detectors really looked at."""
    seen: list[str] = []
    real = Examiner._examine

    def note(self: Examiner, source):  # type: ignore[no-untyped-def]
        seen.append(source.path)
        return real(self, source)

    monkeypatch.setattr(Examiner, "_examine", note)
    return seen


def test_second_scan_says_the_same_and_looks_at_nothing(
    tree: Path, tmp_path: Path, later: None, examined: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = scan(tree, None)
    assert len(plain.references) >= 5
    first = scan(tree, tmp_path / "c.sqlite")
    examined.clear()
    read: list[str] = []
    real = Examiner.examine_path
    monkeypatch.setattr(
        Examiner, "examine_path", lambda self, root, path: read.append(path) or real(self, root, path)
    )
    second = scan(tree, tmp_path / "c.sqlite")
    assert plain == first == second
    assert examined == []
    assert read == []


def test_same_contents_elsewhere_are_not_parsed_again(tree: Path, tmp_path: Path, examined: list[str]) -> None:
    first = scan(tree, tmp_path / "c.sqlite")
    examined.clear()
    # Touched a moment ago: the place says nothing, the contents do.
    assert scan(tree, tmp_path / "c.sqlite") == first
    assert examined == []


@pytest.mark.parametrize("name", list(FILES))
def test_a_change_is_seen(name: str, tree: Path, tmp_path: Path, later: None) -> None:
    cache = tmp_path / "c.sqlite"
    scan(tree, cache)
    path = tree / name
    path.write_text(
        path.read_text().replace("Qwen3-8B", "Qwen3-4B").replace("Mistral", "Mixtral") + "\n# gpt-4o\n"
    )
    assert scan(tree, cache) == scan(tree, None)


def test_same_size_and_same_modification_time_are_not_enough(tree: Path, tmp_path: Path, later: None) -> None:
    cache = tmp_path / "c.sqlite"
    before = scan(tree, cache)
    path = tree / "app.py"
    info = path.stat()
    path.write_text(FILES["app.py"].replace("Qwen3-8B", "Qwen3-4B"))
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    after = scan(tree, cache)
    assert after == scan(tree, None) != before


def test_settings_do_not_share_answers(tree: Path, tmp_path: Path, later: None) -> None:
    (tree / "app.py").write_text("# loads Qwen/Qwen3-8B\n" + FILES["app.py"])
    cache = tmp_path / "c.sqlite"
    scan(tree, cache)
    assert scan(tree, cache, include_docs=True) == scan(tree, None, include_docs=True)


def test_another_version_does_not_meet_old_answers(
    tree: Path, tmp_path: Path, later: None, examined: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(tree, tmp_path / "c.sqlite")
    monkeypatch.setattr("aicheck.discover.cache._code", lambda: b"another")
    examined.clear()
    scan(tree, tmp_path / "c.sqlite")
    assert set(examined) >= {"app.py", "k8s/deploy.yaml"}


@pytest.mark.parametrize("damage", ["garbage", "truncated", "directory", "rows", "schema"])
def test_damage_changes_nothing(damage: str, tree: Path, tmp_path: Path, later: None) -> None:
    cache = tmp_path / "c.sqlite"
    first = scan(tree, cache)
    if damage == "garbage":
        cache.write_bytes(b"no database" * 1000)
    elif damage == "truncated":
        cache.write_bytes(cache.read_bytes()[:5000])
    elif damage == "directory":
        cache.unlink()
        cache.mkdir()
    elif damage == "schema":
        cache.unlink()
        with sqlite3.connect(cache) as connection:
            connection.execute("create table seen(other)")
    else:
        with sqlite3.connect(cache) as connection:
            for key, value in connection.execute("select key, value from seen").fetchall():
                broken = value[:-1] + bytes([value[-1] ^ 1])
                connection.execute("update seen set value = ? where key = ?", (broken, key))
        connection.close()
    assert scan(tree, cache) == first
    assert scan(tree, cache) == first


def test_no_home_no_cache(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert scan(tree, tmp_path / "file" / "c.sqlite") == scan(tree, None)


def test_a_locked_file_is_gone_without(tree: Path, tmp_path: Path) -> None:
    cache = tmp_path / "c.sqlite"
    first = scan(tree, cache)
    other = sqlite3.connect(cache, isolation_level=None)
    other.execute("begin immediate")
    (tree / "new.py").write_text(FILES["app.py"])
    assert len(scan(tree, cache).references) > len(first.references)
    other.close()


def test_two_sides_of_a_comparison_share_what_they_have_in_common(examined: list[str]) -> None:
    settings = DiscoverSettings(cache=MEMORY, excludes=("only-this-test",))
    files = {name: text.encode() for name, text in FILES.items()}
    head = discover(MemoryTree(files, name="x"), settings)
    examined.clear()
    assert (
        discover(MemoryTree(files | {"b.py": b'load("gpt-4o")'}, name="x"), settings).references[:1]
        == head.references[:1]
    )
    assert examined == ["b.py"]


def test_with_workers(tree: Path, tmp_path: Path, later: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicheck.discover._ALONE_FILES", 1)
    for number in range(300):
        (tree / f"m{number}.py").write_text(FILES["app.py"] + f"# {number}\n")
    settings = DiscoverSettings(jobs=2, cache=str(tmp_path / "c.sqlite"))
    plain = discover(tree, DiscoverSettings(jobs=1))
    assert discover(tree, settings) == plain
    assert discover(tree, settings) == plain


TEXT = st.text(max_size=12)
MAYBE = st.none() | TEXT
TARGETS = st.one_of(
    *(
        st.builds(kind, *(MAYBE if f.default is None or "None" in str(f.type) else TEXT for f in fields(kind)))
        for kind in (
            targets.HubModel, targets.HubDataset, targets.HostedModel, targets.Endpoint, targets.RegistryModel,
            targets.WeightsFile, targets.Adapter, targets.Library, targets.ToolServer, targets.Unresolvable,
        )
    )
)  # fmt: skip
PLACES = st.builds(
    Occurrence, st.sampled_from(["a/b.py", "other"]), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9),
    TEXT, TEXT, TEXT, st.sampled_from(Use),
)  # fmt: skip
REFERENCES = st.builds(
    Reference, TARGETS, PLACES, st.floats(0, 1), st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
)
GAPS = st.builds(Gap, TEXT, st.sampled_from(GapReason), TEXT, MAYBE, st.none() | st.integers(1, 9))
LINKS = st.builds(Link, TEXT, TEXT, TEXT, st.none() | REFERENCES, TEXT)


@given(
    st.lists(REFERENCES, max_size=4), st.lists(GAPS, max_size=3), st.lists(LINKS, max_size=3),
    st.lists(st.tuples(st.just("a/b.py"), st.integers(1, 9), TEXT), max_size=3), st.integers(0, 10**9),
)  # fmt: skip
def test_what_is_kept_comes_back(references, gaps, links, excerpts, read) -> None:
    found = (references, gaps, links, excerpts, read)
    data = encode("a/b.py", found)
    if data is None:  # only text that no UTF-8 can hold is refused
        assert any(
            0xD800 <= ord(letter) < 0xE000
            for letter in repr(found).encode("utf-8", "surrogatepass").decode("utf-8", "surrogatepass")
        ) or "\\ud" in repr(found)
    else:
        assert decode("a/b.py", data) == found


@given(st.binary(max_size=200))
def test_strange_rows_are_no_answer(data: bytes) -> None:
    assert decode("a", data) is None


def test_every_kind_of_target_can_be_kept() -> None:
    from typing import get_args

    from aicheck.discover.cache import _TARGETS

    assert set(_TARGETS) == set(get_args(targets.Target))


def test_a_fresh_file_is_not_trusted_by_its_times(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x")
    cache = DetectionCache(MEMORY, DiscoverSettings())
    assert cache.place("a.py", path.stat()) == b""
