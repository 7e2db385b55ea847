from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aicheck.cli.app import app
from aicheck.fleet.listing import github_repositories, server_repositories
from aicheck.inventory.dependency_track import DependencyTrack, Upload, UploadError
from aicheck.inventory.http import HttpError
from aicheck.report import render
from tests.builders import hosted, model, report

pytestmark = pytest.mark.network
KEY = "odt_secret"
TOKEN = "38640b33-4ba9-4733-bdab-cbfc40c6f8aa"


class Server:
    """Dependency-Track (and GitHub's listing) on loopback, in the shape of the real answers."""

    def __init__(self) -> None:
        self.forms: list[dict[str, bytes]] = []
        self.asked: list[str] = []
        self.processing = 2
        self.refuse: tuple[int, bytes] | None = None
        self.pages: dict[str, Any] = {}
        self.url = ""

    def get(self, path: str) -> tuple[int, Any]:
        if path.startswith("/api/v1/event/token/"):
            assert path.endswith(TOKEN)
            self.processing -= 1
            return 200, {"processing": self.processing >= 0}
        return (200, self.pages[path]) if path in self.pages else (404, {"message": "Not Found"})


@pytest.fixture
def server() -> Iterator[Server]:
    held = Server()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def answer(self, status: int, document: Any, raw: bytes | None = None) -> None:
            body = json.dumps(document).encode() if raw is None else raw
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            held.asked.append(self.path)
            self.answer(*held.get(self.path))

        def do_POST(self) -> None:
            held.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["X-Api-Key"] != KEY:
                return self.answer(401, None, b"")
            if held.refuse is not None:
                return self.answer(held.refuse[0], None, held.refuse[1])
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            parts = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
            held.forms.append({part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts})  # fmt: skip
            return self.answer(200, {"token": TOKEN})

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{served.server_address[1]}"
    thread = threading.Thread(target=served.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield held
    served.shutdown()
    served.server_close()
    thread.join()


@pytest.fixture
def bom(tmp_path: Path) -> Path:
    path = tmp_path / "bom.cdx.json"
    path.write_bytes(render(report(model(), hosted()), "cyclonedx", spec_version="1.7"))
    return path


@pytest.fixture
def upload(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("DEPENDENCY_TRACK_API_KEY", KEY)
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, ["bom", "upload", "--url", server.url, *map(str, arguments)])

    return run


def test_upload_sends_the_form_and_waits(server: Server, bom: Path, upload: Callable[..., Result]) -> None:
    done = upload(bom, "--project-name", "shop ü", "--parent-name", "retail", "--tag", "ai", "--latest")
    assert done.exit_code == 0, done.output
    assert "sent and processed" in done.output
    form = server.forms[0]
    assert form["projectName"].decode() == "shop ü"
    assert (form["autoCreate"], form["parentName"], form["projectTags"]) == (b"true", b"retail", b"ai")
    assert form["isLatest"] == b"true"
    assert json.loads(form["bom"])["specVersion"] == "1.6"
    assert server.asked == ["/api/v1/bom"] + [f"/api/v1/event/token/{TOKEN}"] * 3


def test_a_report_is_sent_as_its_bom(server: Server, tmp_path: Path, upload: Callable[..., Result]) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(render(report(model()), "json"))
    assert upload(path, "--wait", "0", "--no-create").exit_code == 0
    assert json.loads(server.forms[0]["bom"])["bomFormat"] == "CycloneDX"
    assert (server.forms[0]["projectName"], server.forms[0]["autoCreate"]) == (b"example", b"false")


def test_what_is_not_processed_in_time_is_said(server: Server, bom: Path, upload: Callable[..., Result]) -> None:
    server.processing = 10**9
    done = upload(bom, "--wait", "0.01")
    assert done.exit_code == 3
    assert "not processed" in done.output


def test_the_reasons_of_a_refusal_are_printed(server: Server, bom: Path, upload: Callable[..., Result]) -> None:
    problem = {
        "status": 400, "title": "The uploaded BOM is invalid", "detail": "Schema validation failed",
        "errors": ["$.components[0].type: does not have a value in the enumeration\u202e", *map(str, range(40))],
    }  # fmt: skip
    server.refuse = (400, json.dumps(problem).encode())
    done = upload(bom)
    assert isinstance(done.exception, UploadError)
    text = str(done.exception)
    assert "The uploaded BOM is invalid: Schema validation failed" in text
    assert "does not have a value in the enumeration\\u202e" in text
    assert "and 21 more" in text


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, b"<html>", "<html>"),
        (400, b"[1]", "HTTP 400"),
        (403, b"", "BOM_UPLOAD"),
        (404, b"", "no project"),
        (500, b"", "500"),
    ],
)
def test_other_refusals_are_explained(server: Server, status: int, body: bytes, words: str) -> None:
    server.refuse = (status, body)
    with pytest.raises((UploadError, HttpError), match=words):
        DependencyTrack(server.url, KEY).upload(Upload(b"{}", "a", "b"))


def test_the_key_is_no_flag_and_is_never_shown(
    server: Server, bom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEPENDENCY_TRACK_API_KEY", raising=False)
    run = ["bom", "upload", str(bom), "--url", server.url, "--wait", "0"]
    assert "set DEPENDENCY_TRACK_API_KEY" in str(CliRunner().invoke(app, run).exception)
    secret = tmp_path / "key"
    secret.write_text(KEY + "\n")
    assert CliRunner().invoke(app, [*run, "--api-key-file", str(secret)]).exit_code == 0
    secret.write_text("wrong")
    assert "does not accept the key" in str(
        CliRunner().invoke(app, [*run, "--api-key-file", str(secret)]).exception
    )
    assert KEY not in repr(DependencyTrack(server.url, KEY))
    with pytest.raises(HttpError, match="only https"):
        DependencyTrack("http://dtrack.example.org", KEY).upload(Upload(b"{}", "a", "b"))


def test_projects_give_their_repositories(server: Server) -> None:
    vcs = {"externalReferences": [{"type": "vcs", "url": "https://git.example.org/a/b.git"}]}
    first = [{"name": f"p{n}", "version": "1", **vcs} for n in range(98)]
    first += [{"name": "none"}, {"name": "local", "externalReferences": [{"type": "vcs", "url": "/etc"}]}]
    second = [{"name": "file", "externalReferences": [{"type": "vcs", "url": "file:///etc/x"}]}]
    path = "/api/v1/project?excludeInactive=true&pageSize=100&pageNumber="
    server.pages = {path + "1": first, path + "2": second}
    found = list(server_repositories(DependencyTrack(server.url, KEY)))
    assert sum(not isinstance(one, tuple) for one in found) == 98
    assert [one[0] for one in found if isinstance(one, tuple)] == ["none", "local", "file"]


def test_an_organisation_gives_its_repositories(server: Server) -> None:
    def row(name: str, **fields: Any) -> dict[str, Any]:
        return {"clone_url": f"https://github.com/acme/{name}.git", "size": 1, **fields}

    query = "?per_page=100&page=1&type=all&sort=full_name"
    rows = [row("a"), row("old", archived=True), row("fork", fork=True), row("empty", size=0), "nonsense", {}]
    server.pages = {f"/users/acme/repos{query}": rows}
    names = [one.name for one in github_repositories("acme", "", api=server.url)]
    assert names == ["github.com/acme/a"]
    everything = github_repositories("acme", "t", api=server.url, archived=True, forks=True)
    assert [one.name for one in everything] == [f"github.com/acme/{name}" for name in ("a", "old", "fork")]
    with pytest.raises(HttpError, match="404"):
        list(github_repositories("nobody", "", api=server.url))


def test_sample_policies_read_properties_that_are_written() -> None:
    import re

    from aicheck.report.cyclonedx import bom_dict
    from tests.report.samples import sample_report

    folder = Path(__file__).parents[2] / "examples" / "dependency-track"
    document = bom_dict(sample_report())
    written = {
        one["name"]
        for part in (*document["components"], *document["services"])
        for one in part.get("properties", ())
    }
    files = sorted(folder.glob("*.cel"))
    assert len(files) == 6
    for path in files:
        text = path.read_text()
        assert text.count("(") == text.count(")")
        assert f"]({path.name})" in (folder / "README.md").read_text()
        for name in re.findall(r'p\.name == "([^"]+)"', text):
            assert f"aicheck:{name}" in written, (path.name, name)


def _server_sees(component: dict[str, Any]) -> dict[str, Any]:
    """A component as Dependency-Track's expressions see it: properties apart by group, name and value."""
    parts = [(each["name"].partition(":"), each.get("value", "")) for each in component.get("properties", ())]
    properties = [{"group": name[0], "name": name[2], "value": value, "type": "STRING"} for name, value in parts]
    return {"name": component["name"], "properties": properties}


def test_sample_policies_say_of_a_bom_what_they_are_for(tmp_path: Path) -> None:
    """Run by an engine of the expression language over what is written for the example project."""
    import celpy
    from celpy.adapter import json_to_cel

    root = Path(__file__).parents[2]
    project = str(root / "examples" / "rag-service")
    CliRunner().invoke(app, ["scan", project, "--offline", "-o", f"cyclonedx={tmp_path / 'bom.json'}"])
    document = json.loads((tmp_path / "bom.json").read_text())
    environment = celpy.Environment()
    hits: dict[str, set[str]] = {}
    for path in sorted((root / "examples" / "dependency-track").glob("*.cel")):
        program = environment.program(environment.compile(path.read_text()))
        hits[path.stem] = {
            component["name"]
            for component in document["components"]
            if program.evaluate({"component": json_to_cel(_server_sees(component))})
        }
    assert {"deepseek-r1", "OpenReasoning-Nemotron-7B"} <= hits["origin"]
    assert hits["executable-weights"] == {"all-MiniLM-L6-v2"}
    assert hits["operator-country"] == {"deepseek-reasoner"}
    assert "OpenReasoning-Nemotron-7B" in hits["unpinned"]
    assert not hits["origin"] & {"all-MiniLM-L6-v2", "gpt-4o"}
    libraries = {each["name"] for each in document["components"] if each["type"] == "library"}
    assert libraries
    assert not libraries & set().union(*hits.values())
