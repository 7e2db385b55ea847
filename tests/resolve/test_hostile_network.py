"""A Hub that is slow, endless, packed, unsigned or elsewhere: bounded time and memory, an honest gap, no token lost."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import random
import ssl
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aicheck.cli.app import app
from aicheck.core.evidence import Gap, GapReason
from aicheck.resolve.hub import Hub, HubSettings
from aicheck.resolve.pool import ask_all
from aicheck.resolve.records import RepoRecord
from hub.server import FakeHub, full, record, serve


def client(url: str, path: Path, **changes: Any) -> Hub:
    settings = HubSettings(endpoint=url, **{"timeout": 2.0, "request_budget": 3.0, "attempts": 2, **changes})
    return Hub(settings, cache=path / "hub.sqlite", today="2026-11-23", sleep=lambda _: None)


def reason(answer: object) -> GapReason:
    assert isinstance(answer, Gap), answer
    return answer.reason


@pytest.mark.network
def test_headers_that_never_end_hold_up_nothing_else(
    fake_hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.flush_headers()
        number = 0
        while not stop.wait(0.05):
            number += 1
            try:
                handler.wfile.write(f"X-{number}: y\r\n".encode())
                handler.wfile.flush()
            except OSError:
                return

    monkeypatch.setattr("aicheck.resolve.hub._GRACE", 0.2)
    fake_hub.special["a/slow"] = drip
    for number in range(6):
        fake_hub.add(f"a/quick-{number}")
    names: list[tuple[str, str | None]] = [("a/slow", None), *((f"a/quick-{number}", None) for number in range(6))]
    started = time.monotonic()
    try:
        hub = client(fake_hub.url, tmp_path, timeout=0.4, request_budget=0.4, attempts=1, workers=1)
        found = hub.models(names)
    finally:
        stop.set()
    assert time.monotonic() - started < 8
    assert reason(found["a/slow", None]) is GapReason.UNREACHABLE
    assert all(isinstance(found[name], RepoRecord) for name in names[1:]), "one worker: another took its place"


def test_an_error_in_a_question_is_raised_and_order_is_kept() -> None:
    assert ask_all(lambda n: n * 2, [3, 1, 2], workers=2, patience=5, late=str) == [6, 2, 4]
    assert ask_all(str, [], workers=2, patience=5, late=str) == []
    with pytest.raises(ZeroDivisionError):
        ask_all(lambda n: 1 // n, [1, 0, 2], workers=2, patience=5, late=str)


@pytest.mark.network
@pytest.mark.parametrize("packed", [False, True])
def test_65_megabytes_are_not_kept(fake_hub: FakeHub, tmp_path: Path, *, packed: bool) -> None:
    body = b'{"id":"a/b","x":"' + b" " * (65 << 20) + b'"}'
    headers = {"Content-Encoding": "gzip"} if packed else {}
    reply = (200, gzip.compress(body, 1) if packed else body, headers)
    fake_hub.special["a/b"] = lambda _: reply
    hub = client(fake_hub.url, tmp_path)
    hub._client()
    tracemalloc.start()
    try:
        answer = hub.model("a/b")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reason(answer) is GapReason.INVALID_ANSWER
    assert peak < 48 << 20


@pytest.mark.network
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}"))),
        ("deflate", zlib.compress(b"{}")),
        ("zstd", b"(\xb5/\xfd"),
        ("gzip", b"this is not gzip"),
        ("gzip", gzip.compress(json.dumps(record("a/b")).encode())[:-40]),
    ],
    ids=["twice", "deflate", "zstd", "not-packed", "cut-off"],
)
def test_other_packings_are_refused(fake_hub: FakeHub, tmp_path: Path, encoding: str, body: bytes) -> None:
    fake_hub.special["a/b"] = lambda _: (200, body, {"Content-Encoding": encoding})
    assert reason(client(fake_hub.url, tmp_path).model("a/b")) is GapReason.INVALID_ANSWER


@pytest.mark.network
def test_a_packed_answer_is_read(fake_hub: FakeHub, tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps(record("a/b")).encode())
    fake_hub.special["a/b"] = lambda _: (200, packed, {"Content-Encoding": "gzip"})
    assert isinstance(client(fake_hub.url, tmp_path).model("a/b"), RepoRecord)


@pytest.mark.network
@pytest.mark.parametrize(
    "location",
    [
        "/api/models/a/{n}",
        "//127.0.0.1:9/x",
        "https://127.0.0.1:9/x",
        "file:///etc/passwd",
        "http://[x",
        "",
        "x\x00y",
    ],
)
def test_redirects_to_anywhere_end(fake_hub: FakeHub, tmp_path: Path, location: str) -> None:
    count = iter(range(1000))
    fake_hub.special["a/b"] = lambda _: (302, b"", {"Location": location.replace("{n}", str(next(count)))})
    for number in range(50):
        fake_hub.special[f"a/{number}"] = fake_hub.special["a/b"]
    found = client(fake_hub.url, tmp_path, token="hf_secret").model("a/b")
    assert reason(found) in {GapReason.INVALID_ANSWER, GapReason.UNREACHABLE}
    assert "hf_secret" not in str(found)
    assert sum(fake_hub.asked.values()) <= 12


@pytest.mark.network
def test_a_connection_that_breaks_in_the_middle(fake_hub: FakeHub, tmp_path: Path) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(json.dumps(record("a/b")).encode())
        handler.close_connection = True

    fake_hub.special["a/b"] = half
    assert reason(client(fake_hub.url, tmp_path).model("a/b")) is GapReason.UNREACHABLE


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[str]:
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = tmp_path / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.network
def test_a_certificate_that_nobody_signed(self_signed: str, tmp_path: Path) -> None:
    found = client(self_signed, tmp_path, token="hf_secret").model("a/b")
    assert reason(found) is GapReason.UNREACHABLE
    assert isinstance(found, Gap)
    assert "CertificateError" in found.detail


def spoil(value: Any, chance: random.Random) -> Any:
    """Return a JSON value with something at a random depth replaced, dropped, doubled or of another type."""
    if isinstance(value, dict) and value and chance.random() < 0.75:
        key = chance.choice(sorted(value))
        held = dict(value)
        if chance.random() < 0.1:
            del held[key]
        elif chance.random() < 0.1:
            held[f"{key}\x1b[2J\u202e"] = held.pop(key)
        else:
            held[key] = spoil(held[key], chance)
        return held
    if isinstance(value, list) and value and chance.random() < 0.75:
        at = chance.randrange(len(value))
        return [*value[:at], spoil(value[at], chance), *value[at:]]
    return chance.choice(
        [None, True, -1, 1e308, 10**30, "", "x" * 5000, "\x00\x1b]0;x\x07", "../../etc/passwd", "a/b", [], {},
         [value], {"a": value}, [[[]]], {"": {"": ""}}, "=cmd()", "<script>", "\ud800"]
    )  # fmt: skip


@pytest.mark.network
def test_answers_spoiled_anywhere_through_the_whole_command(
    fake_hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for number in range(400):
        chance = random.Random(number)
        repo = f"spoiled-house/m{number}"
        answer = full(repo)
        for _ in range(chance.choice([1, 1, 2, 5])):
            answer = spoil(answer, chance)
        fake_hub.models[repo] = answer if isinstance(answer, dict) else {}
        fake_hub.models[repo].setdefault("sha", "0" * 40)
        names.append(repo)
    for key, value in (("HF_ENDPOINT", fake_hub.url), ("XDG_CACHE_HOME", str(tmp_path / "cache"))):
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    (tmp_path / "tree").mkdir()
    code = "".join(f"AutoModel.from_pretrained({name!r})\n" for name in names)
    (tmp_path / "tree" / "app.py").write_text("from transformers import AutoModel\n" + code, encoding="utf-8")
    outputs = [
        f"{form}={tmp_path / form}" for form in ("json", "cyclonedx", "spdx", "sarif", "html", "markdown", "csv")
    ]
    arguments = ["scan", str(tmp_path / "tree"), *(part for output in outputs for part in ("-o", output))]
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in {0, 1, 3}, result.stderr
    report = json.loads((tmp_path / "json").read_bytes())
    assert {each["target"] for each in report["components"]} == {f"hf:{name}" for name in names}
    assert not [char for char in result.stdout if char != "\n" and (char < " " or "\u202a" <= char <= "\u202e")]


@pytest.mark.network
def test_a_process_ends_though_a_server_never_does(tmp_path: Path) -> None:
    stop = threading.Event()
    hub = FakeHub()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.flush_headers()
        while not stop.wait(0.05):
            try:
                handler.wfile.write(b"X: y\r\n")
                handler.wfile.flush()
            except OSError:
                return

    hub.special["a/b"] = silent
    code = (
        "import sys, aicheck.resolve.hub as h\n"
        "h._GRACE = 0.2\n"
        "s = h.HubSettings(endpoint=sys.argv[1], timeout=.4, request_budget=.4, attempts=1)\n"
        "print(h.Hub(s, cache=h.AnswerCache(None)).models([('a/b', None)]))\n"
    )
    with serve(hub) as running:
        try:
            done = subprocess.run(
                [sys.executable, "-c", code, running.url],
                capture_output=True, text=True, timeout=30, check=False, env={**os.environ, "HOME": str(tmp_path)},
            )  # fmt: skip
        finally:
            stop.set()
    assert done.returncode == 0, done.stderr
    assert "too slowly" in done.stdout
