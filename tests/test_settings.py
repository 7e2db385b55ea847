"""Settings: precedence, origins, and clear errors for everything a person can write wrong."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from aicheck.errors import ConfigError
from aicheck.settings import Settings, find_settings_file, load_settings


def load(root: Path, flags: dict[str, object] | None = None, environ: dict[str, str] | None = None):
    return load_settings(root, flags or {}, environ=environ or {})


def test_defaults_without_a_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    sourced = load(tmp_path)
    assert sourced.settings == Settings()
    assert sourced.path is None
    assert sourced.origin("policy") == "default"


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "aicheck.toml").write_text('policy = "strict"\nfail-on = "warning"\nlock = "a.lock"\n')
    sourced = load(tmp_path, {"policy": "eu", "offline": None}, {"AICHECK_POLICY": "x", "AICHECK_FAIL_ON": "note"})
    assert sourced.settings.policy == "eu"
    assert sourced.origin("policy") == "flag"
    assert sourced.settings.fail_on == "note"
    assert sourced.origin("fail_on") == "AICHECK_FAIL_ON"
    assert sourced.settings.lock == "a.lock"
    assert sourced.origin("lock").endswith("aicheck.toml:3")


def test_the_nearest_file_wins_whole(tmp_path: Path) -> None:
    (tmp_path / "aicheck.toml").write_text('policy = "strict"\noffline = true\n')
    inner = tmp_path / "service"
    (inner / ".github").mkdir(parents=True)
    (inner / ".github" / "aicheck.toml").write_text('policy = "baseline"\n')
    sourced = load(inner)
    assert sourced.settings.policy == "baseline"
    assert sourced.settings.offline is False


def test_the_search_stops_at_the_repository(tmp_path: Path) -> None:
    (tmp_path / "aicheck.toml").write_text("offline = true\n")
    repository = tmp_path / "repo"
    (repository / ".git").mkdir(parents=True)
    (repository / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find_settings_file(repository) is None
    (repository / "pyproject.toml").write_text("[tool.aicheck]\npolicy = 'strict'\n")
    assert find_settings_file(repository) == repository / "pyproject.toml"
    assert load(repository).settings.policy == "strict"


def test_extend_is_explicit_and_can_be_pinned(tmp_path: Path) -> None:
    shared = tmp_path / "shared.toml"
    shared.write_text('policy = "strict"\nfail-on = "warning"\n')
    digest = hashlib.sha256(shared.read_bytes()).hexdigest()
    (tmp_path / "aicheck.toml").write_text(
        f'extend = {{ path = "shared.toml", sha256 = "{digest}" }}\nfail-on = "note"\n'
    )
    assert load(tmp_path).settings.policy == "strict"
    assert load(tmp_path).settings.fail_on == "note"
    shared.write_text('policy = "baseline"\n')
    with pytest.raises(ConfigError, match="differs from the pinned one"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('polcy = "strict"\n', "unknown key 'polcy' - did you mean 'policy'", 1),
        ("\n\noffline = 'yes'\n", "'offline' must be true or false", 3),
        ("timeout = 0\n", "above 0", 1),
        ("jobs = true\n", "number of processes", 1),
        ("exclude = [1]\n", "list of globs", 1),
        ('format = "txt"\n', "one of text", 1),
        ("a = \n", "not valid TOML", 1),
        ('hub-endpoint = "https://evil.example"\n', "unknown key", 1),
        ('extend = "aicheck.toml"\n', "in a circle", None),
        ('extend = "nowhere.toml"\n', "not there", 1),
        ('extend = "https://example.org/a.toml"\n', "files only", 1),
    ],
)
def test_wrong_files_name_the_place(tmp_path: Path, text: str, message: str, line: int | None) -> None:
    (tmp_path / "aicheck.toml").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path)
    assert caught.value.path is not None
    assert caught.value.line == line


def test_settings_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "aicheck.toml").write_bytes(b"policy = 'a'\nlock = '\xff'\n")
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        load(tmp_path)
    assert caught.value.line == 2


def test_wrong_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="environment AICHECK_OFFLINE"):
        load(tmp_path, environ={"AICHECK_OFFLINE": "perhaps"})


def test_config_dev_null_means_no_file(tmp_path: Path) -> None:
    (tmp_path / "aicheck.toml").write_text("offline = true\n")
    sourced = load_settings(tmp_path, {}, config=Path(os.devnull), environ={})
    assert sourced.settings.offline is False
