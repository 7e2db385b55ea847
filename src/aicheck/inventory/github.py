"""The few calls to GitHub's REST API that the Action makes when asked to: a comment, a SARIF upload."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any, Final

from aicheck.core.frozen import dataclass
from aicheck.inventory.http import HttpError, request

__all__ = ["GitHub", "sticky_comment", "upload_sarif"]

_PAGES: Final = 20
_PER_PAGE: Final = 100
_COMMENT_LIMIT: Final = 65_536


@dataclass(frozen=True, slots=True)
class GitHub:
    """Where to call and as whom; the token is never printed."""

    api: str
    """`https://api.github.com`, or `GITHUB_API_URL` of a server of one's own."""
    repository: str
    """`owner/name`."""
    token: str

    def __repr__(self) -> str:
        """Leave the token out of every message and traceback."""
        return f"GitHub(api={self.api!r}, repository={self.repository!r})"

    def call(self, method: str, path: str, document: Any = None) -> Any:
        """Make one call under `/repos/OWNER/NAME`; returns the parsed answer, raises `HttpError`."""
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "User-Agent": "aicheck",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        body = None
        if document is not None:
            body = json.dumps(document).encode()
            headers["Content-Type"] = "application/json"
        url = f"{self.api.rstrip('/')}/repos/{self.repository}{path}"
        return request(method, url, headers=headers, body=body).json()


def _find(github: GitHub, number: int, marker: str) -> tuple[int, str] | None:
    """Return (id, body) of the comment that begins with the marker."""
    for page in range(1, _PAGES + 1):
        comments = github.call("GET", f"/issues/{number}/comments?per_page={_PER_PAGE}&page={page}")
        if not isinstance(comments, list):
            raise HttpError("the list of comments is not a list")
        for comment in comments:
            body = comment.get("body") if isinstance(comment, dict) else None
            # Only the first line counts: a person who quotes the comment must not have theirs overwritten.
            if isinstance(body, str) and body.startswith(marker) and isinstance(comment.get("id"), int):
                return comment["id"], body
        if len(comments) < _PER_PAGE:
            return None
    return None


def sticky_comment(github: GitHub, number: int, name: str, body: str | None, resolved: str) -> str:
    """Keep one comment per gate on a pull request.

    `name` tells several gates of one repository apart. `body` None means that there is nothing to say: an
    existing comment is then replaced by `resolved`, and without one nothing is written. Returns what was
    done: `created`, `edited`, `resolved`, `unchanged` or `none`. Raises `HttpError`.
    """
    marker = f"<!-- aicheck:{name} -->"
    found = _find(github, number, marker)
    if body is None and found is None:
        return "none"
    text = f"{marker}\n{resolved if body is None else body}"
    if len(text) > _COMMENT_LIMIT:
        cut = "\n\n… cut: the step summary and the reports have the rest."
        text = text[: _COMMENT_LIMIT - len(cut)] + cut
    if found is None:
        github.call("POST", f"/issues/{number}/comments", {"body": text})
        return "created"
    if found[1].replace("\r\n", "\n").strip() == text.strip():
        return "unchanged"
    github.call("PATCH", f"/issues/comments/{found[0]}", {"body": text})
    return "resolved" if body is None else "edited"


def upload_sarif(github: GitHub, commit: str, ref: str, sarif: bytes) -> str:
    """Send a SARIF document to code scanning; returns the id of the upload. Raises `HttpError`."""
    # mtime 0: the same document gives the same bytes.
    packed = base64.b64encode(gzip.compress(sarif, mtime=0)).decode("ascii")
    answer = github.call(
        "POST",
        "/code-scanning/sarifs",
        {"commit_sha": commit, "ref": ref, "sarif": packed, "tool_name": "aicheck"},
    )
    return str(answer.get("id", "")) if isinstance(answer, dict) else ""
