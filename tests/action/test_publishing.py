"""Comment and upload as the Action makes them; neither has any say in the verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.action.conftest import Gate
from tests.action.test_scenarios import BAD, GOOD, GUARDED, says
from tests.ci.github_server import FakeGitHub, serve

MakeGate = Callable[..., Gate]
ASKED = {"comment": "true", "upload_sarif": "true", "github_token": "ghs_secret"}

pytestmark = pytest.mark.network


def test_comment_and_upload_follow_the_change(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"app.py": BAD})
    with serve(FakeGitHub()) as github:
        made.environment["GITHUB_API_URL"] = github.url
        says(made.pull_request(**ASKED), "fail", 1, new=1)
        (body,) = github.comments.values()
        assert body.startswith("<!-- aicheck:. -->")
        assert "origin-allowed" in body
        assert github.uploads[0]["ref"] == "refs/pull/7/merge"
        made.repository.checkout("change")
        made.repository.commit({"app.py": GOOD})
        says(made.pull_request(**ASKED), "pass", 0, new=0)
        (body,) = github.comments.values()
        assert "nothing left to object to" in body


def test_a_clean_change_is_not_commented(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"notes.txt": "x"})
    with serve(FakeGitHub()) as github:
        made.environment["GITHUB_API_URL"] = github.url
        says(made.pull_request(**ASKED), "pass", 0, new=0)
        assert github.comments == {}


@pytest.mark.parametrize(
    ("status", "words"), [(403, "code scanning switched on"), (404, "cannot see"), (500, "HTTP 500")]
)
def test_a_refusal_is_a_note_and_never_the_verdict(gate: MakeGate, status: int, words: str) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"notes.txt": "x"})
    with serve(FakeGitHub()) as github:
        github.refuse = {"POST": status, "GET": status}
        made.environment["GITHUB_API_URL"] = github.url
        result = made.pull_request(**ASKED)
        says(result, "pass", 0, new=0)
        assert "::notice title=aicheck::the SARIF upload failed" in result.log
        assert words in result.log
        assert "::notice title=aicheck::the comment could not be written" in result.log
        assert "ghs_secret" not in result.log


def test_a_fork_is_told_why_nothing_was_sent(gate: MakeGate) -> None:
    made = gate({**GUARDED, "app.py": GOOD}, {"app.py": BAD})
    with serve(FakeGitHub()) as github:
        made.environment["GITHUB_API_URL"] = github.url
        result = made.pull_request(fork=True, **ASKED)
        says(result, "fail", 1, new=1)
        assert github.calls == []
        assert "fork" in result.log
