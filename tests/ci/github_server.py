"""The part of GitHub's REST API that a gate calls, on loopback, in GitHub's shapes (docs: "REST API endpoints for
issue comments", "REST API endpoints for code scanning")."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class FakeGitHub:
    """Comments by id, uploads, what was called; `refuse` answers a status to everything that writes or reads."""

    def __init__(self) -> None:
        self.comments: dict[int, str] = {}
        self.uploads: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.refuse: dict[str, int] = {}
        """Method → status."""
        self.redirect: str | None = None
        self.url = ""

    def answer(self, method: str, url: str, document: Any) -> tuple[int, Any]:
        parts = urlsplit(url)
        self.calls.append((method, parts.path))
        if method in self.refuse:
            status = self.refuse[method]
            message = {403: "Resource not accessible by integration", 404: "Not Found"}.get(status, "Server Error")
            return status, {"message": message, "documentation_url": "https://docs.github.com/rest"}
        if method == "POST" and parts.path == "/repos/acme/service/code-scanning/sarifs":
            self.uploads.append(document)
            return 202, {"id": "47177e22", "url": f"{self.url}{parts.path}/47177e22"}
        if re.fullmatch(r"/repos/acme/service/issues/7/comments", parts.path):
            if method == "POST":
                number = max(self.comments, default=1000) + 1
                self.comments[number] = document["body"]
                return 201, self._comment(number)
            query = parse_qs(parts.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, [
                self._comment(number) for number in sorted(self.comments)[(page - 1) * size : page * size]
            ]
        found = re.fullmatch(r"/repos/acme/service/issues/comments/(\d+)", parts.path)
        if found and method == "PATCH":
            self.comments[int(found[1])] = document["body"]
            return 200, self._comment(int(found[1]))
        return 404, {"message": "Not Found"}

    def _comment(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "node_id": "IC_x",
            "user": {"login": "github-actions[bot]", "type": "Bot"},
            "body": self.comments[number],
            "author_association": "NONE",
        }


@contextmanager
def serve(github: FakeGitHub) -> Iterator[FakeGitHub]:
    """Run it on a free port; its URL is in `github.url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def log_message(self, *args: object) -> None:
            pass

        def _do(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            document = json.loads(self.rfile.read(size)) if size else None
            github.tokens.add(self.headers.get("Authorization", ""))
            if github.redirect:
                self.send_response(302)
                self.send_header("Location", github.redirect)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, answer = github.answer(self.command, self.path, document)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    for method in ("GET", "POST", "PATCH"):
        setattr(Handler, f"do_{method}", Handler._do)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    github.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
