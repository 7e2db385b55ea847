"""A Hub of a few records on loopback, in the shape of the real one's answers, with every misbehaviour on demand."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

Reply = tuple[int, bytes, dict[str, str]]


def record(repo_id: str, **fields: Any) -> dict[str, Any]:
    """A model record as the Hub answers it; `fields` replace or add."""
    sha = fields.pop("sha", f"{abs(hash(repo_id)) % (1 << 60):040x}")
    files = fields.pop("files", ["README.md", "config.json", "model.safetensors"])
    answer: dict[str, Any] = {
        "_id": "65d2251f98285fd17b1972c5", "id": repo_id, "modelId": repo_id, "author": repo_id.partition("/")[0],
        "sha": sha, "lastModified": "2026-01-02T03:04:05.000Z", "createdAt": "2025-01-02T03:04:05.000Z",
        "private": False, "gated": False, "disabled": False, "downloads": 5, "likes": 1, "tags": ["region:us"],
        "cardData": {}, "config": {"model_type": "llama", "architectures": ["LlamaForCausalLM"]},
        "siblings": [file if isinstance(file, dict) else {"rfilename": file, "size": 10, "blobId": "0" * 40} for file in files],
    }  # fmt: skip
    answer.update(fields)
    return answer


def weights(path: str, sha256: str, size: int = 1 << 20) -> dict[str, Any]:
    """A large file of a listing."""
    return {
        "rfilename": path,
        "size": size,
        "blobId": "1" * 40,
        "lfs": {"sha256": sha256, "size": size, "pointerSize": 134},
    }


def full(repo: str) -> dict[str, Any]:
    """A record that has every field that aicheck reads."""
    return record(
        repo,
        files=[weights("model.safetensors", "a" * 64), "README.md", "config.json"],
        cardData={"license": "mit", "base_model": "Qwen/Qwen3-8B", "datasets": ["a/b"], "language": ["en"]},
        tags=["license:mit", "base_model:Qwen/Qwen3-8B"],
        config={"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "quantization_config": {}},
        safetensors={"total": 8190735360},
        gguf={"total": 8190735360, "architecture": "qwen3", "context_length": 4096},
        securityRepoStatus={"scansDone": True, "filesWithIssues": [{"path": "p", "level": "unsafe"}]},
        baseModels={"relation": "finetune", "models": [{"_id": "1", "id": "Qwen/Qwen3-8B"}]},
    )


class FakeHub:
    """What the server answers, and what it was asked."""

    def __init__(self) -> None:
        self.models: dict[str, dict[str, Any]] = {}
        self.datasets: dict[str, dict[str, Any]] = {}
        self.history: dict[tuple[str, str], dict[str, Any]] = {}
        """Older commits that can still be asked for, by (repository, commit)."""
        self.files: dict[tuple[str, str], bytes] = {}
        self.redirects: dict[str, str] = {}
        self.special: dict[str, Callable[[BaseHTTPRequestHandler], Reply | None]] = {}
        self.latency = 0.0
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.url = ""

    def add(self, repo_id: str, **fields: Any) -> None:
        self.models[repo_id] = record(repo_id, **fields)

    def answer(self, handler: BaseHTTPRequestHandler) -> Reply | None:
        path = unquote(urlsplit(handler.path).path)
        self.asked[path] += 1
        self.headers.append({key.lower(): value for key, value in handler.headers.items()})
        if self.latency:
            time.sleep(self.latency)
        if path.startswith("/api/datasets/"):
            repo, _, revision = path.removeprefix("/api/datasets/").partition("/revision/")
            held = self.datasets.get(repo)
            if held is None or revision not in {"", "main", held["sha"]}:
                return 404, b"{}", {"X-Error-Code": "RevisionNotFound" if held else "RepoNotFound"}
            return 200, json.dumps(held).encode(), {"ETag": f'"{held["sha"]}"'}
        parts = path.removeprefix("/api/models/").split("/") if path.startswith("/api/models/") else []
        if parts:
            repo = (
                "/".join(parts[:2])
                if "/".join(parts[:2]) in {**self.models, **self.redirects, **self.special}
                else parts[0]
            )
            repo = repo if repo in {**self.models, **self.redirects, **self.special} else "/".join(parts[:2])
            if repo in self.special:
                return self.special[repo](handler)
            if repo in self.redirects:
                return 307, b"", {"Location": handler.path.replace(repo, self.redirects[repo], 1)}
            if repo not in self.models:
                return 404, b'{"error":"Repository not found"}', {"X-Error-Code": "RepoNotFound"}
            found = self.models[repo]
            rest = path.removeprefix(f"/api/models/{repo}")
            found = self.history.get((repo, rest.removeprefix("/revision/")), found)
            if rest.startswith("/revision/") and rest[10:] not in {"main", found["sha"]}:
                return 404, b"{}", {"X-Error-Code": "RevisionNotFound"}
            etag = f'"{found["sha"]}"'
            if handler.headers.get("If-None-Match") == etag:
                return 304, b"", {"ETag": etag}
            return 200, json.dumps(found).encode(), {"ETag": etag}
        pieces = path.strip("/").split("/")
        if len(pieces) > 4 and pieces[2] == "resolve":
            content = self.files.get(("/".join(pieces[:2]), "/".join(pieces[4:])))
            if content is None:
                return 404, b"", {"X-Error-Code": "EntryNotFound"}
            return 206, content, {}
        return 404, b"", {}


@contextmanager
def serve(hub: FakeHub) -> Iterator[FakeHub]:
    """Run the fake Hub on a free port; its URL is in `hub.url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One packet per answer: headers and body apart would wait for the client's delayed acknowledgement.
        wbufsize = -1
        disable_nagle_algorithm = True

        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            reply = hub.answer(self)
            if reply is None:
                return
            status, body, headers = reply
            self.send_response(status)
            for key, value in {"RateLimit": '"api";r=499;t=295', **headers}.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
