"""The sticky comment and the SARIF upload, against a server in GitHub's shapes."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator

import pytest

from aicheck.inventory.github import GitHub, sticky_comment, upload_sarif
from aicheck.inventory.http import HttpError
from tests.ci.github_server import FakeGitHub, serve

pytestmark = pytest.mark.network
TOKEN = "ghs_secret"


@pytest.fixture
def server() -> Iterator[FakeGitHub]:
    with serve(FakeGitHub()) as running:
        yield running


def keep(server: FakeGitHub, body: str | None, name: str = ".") -> str:
    return sticky_comment(GitHub(server.url, "acme/service", TOKEN), 7, name, body, "all clear")


def test_one_comment_is_made_edited_left_alone_and_resolved(server: FakeGitHub) -> None:
    assert keep(server, None) == "none"
    assert keep(server, "two violations") == "created"
    assert keep(server, "two violations") == "unchanged"
    assert keep(server, "one violation") == "edited"
    assert keep(server, None) == "resolved"
    assert keep(server, None) == "unchanged"
    assert list(server.comments.values()) == ["<!-- aicheck:. -->\nall clear"]
    assert [method for method, _ in server.calls if method != "GET"] == ["POST", "PATCH", "PATCH"]
    assert server.tokens == {f"Bearer {TOKEN}"}


def test_it_is_found_beyond_the_first_page(server: FakeGitHub) -> None:
    server.comments = dict.fromkeys(range(1, 250), "hello") | {230: "<!-- aicheck:. -->\nold"}
    assert keep(server, "new") == "edited"
    assert server.comments[230].endswith("new")
    assert len(server.comments) == 249


def test_who_quotes_the_comment_keeps_theirs(server: FakeGitHub) -> None:
    server.comments = {1: "> <!-- aicheck:. -->\n> two violations\n\nWhy?"}
    assert keep(server, "new") == "created"
    assert server.comments[1].startswith("> ")


def test_two_gates_keep_two_comments(server: FakeGitHub) -> None:
    assert (keep(server, "a", "free"), keep(server, "b", "strict")) == ("created", "created")
    assert len(server.comments) == 2


def test_a_long_body_is_cut_to_what_github_takes(server: FakeGitHub) -> None:
    keep(server, "x" * 100_000)
    (body,) = server.comments.values()
    assert len(body) == 65_536
    assert body.endswith("have the rest.")


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500, 502])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refusal_has_its_status_and_no_token(server: FakeGitHub, status: int, method: str) -> None:
    server.refuse = {method: status}
    with pytest.raises(HttpError) as caught:
        keep(server, "text")
    assert caught.value.status == status
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(GitHub(server.url, "acme/service", TOKEN))


def test_a_redirect_does_not_carry_the_token_away(server: FakeGitHub) -> None:
    with serve(FakeGitHub()) as other:
        server.redirect = f"{other.url}/repos/acme/service/issues/7/comments"
        with pytest.raises(HttpError):
            keep(server, "text")
        assert other.calls == []


def test_plain_http_to_anywhere_else_is_refused() -> None:
    with pytest.raises(HttpError, match="https"):
        sticky_comment(GitHub("http://192.0.2.1", "acme/service", TOKEN), 7, ".", "text", "clear")


def test_sarif_arrives_as_github_wants_it(server: FakeGitHub) -> None:
    assert (
        upload_sarif(GitHub(server.url, "acme/service", TOKEN), "a" * 40, "refs/pull/7/merge", b"{}") == "47177e22"
    )
    (upload,) = server.uploads
    assert gzip.decompress(base64.b64decode(upload["sarif"])) == b"{}"
    assert (upload["commit_sha"], upload["ref"]) == ("a" * 40, "refs/pull/7/merge")
