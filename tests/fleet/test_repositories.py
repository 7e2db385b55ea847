from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.errors import ConfigError, SourceError
from aicheck.fleet.mirrors import mirror, remote_commit
from aicheck.fleet.repositories import Repository, file_stem, is_url, named, parse, read_list
from tests.fleet.estate import code, commit


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://github.com/acme/shop.git", "github.com/acme/shop"),
        ("https://git.example.org:8443/a/b/c", "git.example.org/a/b/c"),
        ("ssh://git@git.example.org/a/b.git", "git.example.org/a/b"),
        ("git@github.com:acme/shop.git", "github.com/acme/shop"),
        ("file:///data/mirrors/acme/shop.git", "acme/shop"),
        ("team/shop\thttps://github.com/acme/shop", "team/shop"),
    ],
)
def test_urls_have_names(text: str, name: str) -> None:
    found = parse(text)
    assert (found.name, found.remote) == (name, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://user:token@github.com/acme/shop", "carries credentials"),
        ("https://token@github.com/acme/shop", "carries credentials"),
        ("http://git.example.org/a/b", "tampered"),
        ("ext::sh -c touch% /tmp/x", "no such repository"),
        ("-u:path", "no such repository"),
        ("https://github.com/", "not a URL"),
        ("https://", "not a URL"),
        ("git@host:a b", "no such"),
        ("git://host/a/b", "no such repository"),
        ("nowhere", "no such repository"),
        ("name\t", "expected NAME"),
    ],
)
def test_what_is_no_repository_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse(text)


def test_paths_have_names_without_home_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "team" / "shop.git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert parse("team/shop.git").name == "team/shop"
    assert parse("./team//shop.git/").name == "team/shop"
    assert parse(str(tmp_path / "team" / "shop.git")).name == "team/shop"
    monkeypatch.chdir(tmp_path / "team" / "shop.git")
    assert parse(".").name == "team/shop"
    assert not is_url("team/shop.git")


def test_names_are_unique_and_locations_once() -> None:
    both = [Repository("a/b", "/x/a/b"), Repository("a/b", "/y/a/b"), Repository("a/b", "/x/a/b")]
    names = [one.name for one in named(both)]
    assert names[0] == "a/b"
    assert names[1].startswith("a/b~")
    assert len(names) == 2
    assert named(reversed(both)) == named(both)


@given(st.lists(st.text(min_size=1), min_size=2, max_size=20, unique=True))
def test_files_of_different_repositories_are_different(names: list[str]) -> None:
    stems = [file_stem(name) for name in [*names, "a/b", "a__b", "A/b", ".", "..", "../x", "x" * 400]]
    assert len({stem.lower() for stem in stems}) == len(
        set(names) | {"a/b", "a__b", "A/b", ".", "..", "../x", "x" * 400}
    )
    assert all("/" not in stem and not stem.startswith(".") and len(stem) < 140 for stem in stems)


def test_lists_have_comments() -> None:
    assert list(read_list(b"# head\n\na\n n\tb \n", "x")) == ["a", " n\tb "]
    with pytest.raises(ConfigError, match="not a list"):
        list(read_list(b"a\0b", "x"))


def test_a_mirror_holds_the_newest_commit_and_nothing_runs(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    first = commit(origin, code("Qwen/Qwen3-8B"))
    second = commit(origin, code("openai-community/gpt2"))
    url = origin.as_uri()
    assert remote_commit(url, 30) == second
    path = mirror(url, tmp_path / "cache", 30)
    assert not list(path.glob("hooks/*"))

    def heads() -> str:
        command = ["git", "-C", str(path), "rev-list", "refs/aicheck/head"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert heads().split() == [second]
    assert first not in heads()
    third = commit(origin, code("Qwen/Qwen3-0.6B"))
    assert mirror(url, tmp_path / "cache", 30) == path
    assert third in heads()
    # Damaged by a run that was killed: made anew.
    (path / "shallow.lock").touch()
    (path / "HEAD").write_text("")
    fourth = commit(origin, code("Qwen/Qwen3-1.7B"))
    assert mirror(url, tmp_path / "cache", 30) == path
    assert fourth in heads()


def test_only_the_written_transport_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"not allowed|fatal"):
        mirror("https://ext::sh", tmp_path, 10)
    origin = tmp_path / "origin"
    commit(origin, "x = 1\n")
    marker = tmp_path / "ran"
    # A remote's configuration and hooks are its own affair.
    for hook in ("post-checkout", "reference-transaction", "post-merge"):
        (origin / ".git" / "hooks").mkdir(exist_ok=True)
        (origin / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (origin / ".git" / "hooks" / hook).chmod(0o755)
    mirror(origin.as_uri(), tmp_path / "cache", 30)
    assert not marker.exists()


def test_failures_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^git: fatal:.*nothing"):
        remote_commit((tmp_path / "nothing").as_uri(), 30)
    with pytest.raises(SourceError, match="did not finish"):
        remote_commit((tmp_path / "nothing").as_uri(), 0.0001)
