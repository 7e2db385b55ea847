"""Dependency-Track's REST API: send a BOM, wait until it is processed, list projects.

`POST /api/v1/bom` (multipart), `GET /api/v1/event/token/{uuid}`, `GET /api/v1/project`; the key travels in the
header `X-Api-Key` and is never printed.
"""

from __future__ import annotations

import json
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from aicheck.core.frozen import dataclass
from aicheck.errors import AicheckError, ConfigError
from aicheck.inventory.http import HttpError, request
from aicheck.report.safety import visible

__all__ = ["DependencyTrack", "Project", "Upload", "UploadError"]

_PAGE: Final = 100
_PAGES: Final = 1000
_PROBLEMS: Final = 20
_TEXT: Final = 300
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 5.0
_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404


class UploadError(AicheckError):
    """The server refused the BOM; `problems` are its own words, a line each."""

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__("\n  ".join((message, *problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the server, as far as a fleet needs it."""

    name: str
    version: str | None
    repository: str | None
    """URL of its `vcs` reference; None where the project names none."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What to send, and where it belongs."""

    bom: bytes
    name: str
    version: str
    create: bool = True
    parent: str | None = None
    parent_version: str | None = None
    latest: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DependencyTrack:
    """Where to call and with which key."""

    url: str
    """Of the API server, without `/api`: `https://dtrack.example.org`."""
    key: str
    timeout: float = 60.0
    """Seconds for one request."""

    def __repr__(self) -> str:
        """Leave the key out of every message and traceback."""
        return f"DependencyTrack(url={self.url!r})"

    def _call(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> Any:
        headers = {"Accept": "application/json", "User-Agent": "aicheck", "X-Api-Key": self.key}
        if kind is not None:
            headers["Content-Type"] = kind
        base = self.url.rstrip("/").removesuffix("/api")
        return request(method, f"{base}{path}", headers=headers, body=body, timeout=self.timeout).json()

    def upload(self, upload: Upload) -> str | None:
        """Send a BOM; returns the token of its processing, None where the server gives none.

        Raises `UploadError` with the server's reasons, `HttpError` where it does not answer.
        """
        fields = {
            "projectName": upload.name,
            "projectVersion": upload.version,
            "autoCreate": "true" if upload.create else "false",
        }
        if upload.parent is not None:
            fields["parentName"] = upload.parent
            if upload.parent_version is not None:
                fields["parentVersion"] = upload.parent_version
        if upload.latest:
            fields["isLatest"] = "true"
        if upload.tags:
            fields["projectTags"] = ",".join(upload.tags)
        body, kind = _multipart(fields, upload.bom)
        try:
            answer = self._call("POST", "/api/v1/bom", body, kind)
        except HttpError as error:
            raise _explained(error, upload) from None
        token = answer.get("token") if isinstance(answer, dict) else None
        return token if isinstance(token, str) and token else None

    def wait(
        self,
        token: str,
        *,
        seconds: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> bool:
        """Ask until the BOM is processed; False where `seconds` went by before."""
        end, pause = clock() + seconds, _FIRST_PAUSE
        path = f"/api/v1/event/token/{urllib.parse.quote(token, safe='')}"
        while True:
            answer = self._call("GET", path)
            if not isinstance(answer, dict) or not isinstance(answer.get("processing"), bool):
                raise HttpError("the answer about the token does not say 'processing'")
            if not answer["processing"]:
                return True
            left = end - clock()
            if left <= 0:
                return False
            sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def projects(self) -> Iterator[Project]:
        """Yield every active project, page by page; raises `HttpError`."""
        for page in range(1, _PAGES + 1):
            found = self._call("GET", f"/api/v1/project?excludeInactive=true&pageSize={_PAGE}&pageNumber={page}")
            if not isinstance(found, list):
                raise HttpError("the list of projects is not a list")
            for one in found:
                if isinstance(one, dict) and isinstance(one.get("name"), str):
                    version = one.get("version")
                    yield Project(one["name"], version if isinstance(version, str) else None, _repository(one))
            if len(found) < _PAGE:
                return


def _repository(project: Mapping[str, Any]) -> str | None:
    references = project.get("externalReferences")
    for one in references if isinstance(references, list) else ():
        if isinstance(one, dict) and one.get("type") == "vcs" and isinstance(one.get("url"), str):
            return str(one["url"])
    return None


def _multipart(fields: Mapping[str, str], bom: bytes) -> tuple[bytes, str]:
    """The form as bytes, and its content type; the boundary stands in none of the values."""
    for name, value in fields.items():
        if "\r" in value or "\n" in value:
            raise ConfigError(f"{name} has a line break", key=name)
    boundary = f"aicheck-{uuid.uuid4().hex}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n'
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{value}\r\n".encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="bom"; filename="bom.json"\r\n'
        "Content-Type: application/json\r\n\r\n"
    )
    parts.append(head.encode() + bom + f"\r\n--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def _explained(error: HttpError, upload: Upload) -> AicheckError:
    """Say in the server's words what is wrong, and what to do."""
    if error.status == _BAD_REQUEST:
        title, problems = _problem(error.body)
        return UploadError(f"the server refused the BOM: {title}", problems)
    if error.status == _UNAUTHORIZED:
        return UploadError("the server does not accept the key (HTTP 401)", ("check DEPENDENCY_TRACK_API_KEY",))
    if error.status == _FORBIDDEN:
        return UploadError(
            "the key may not do this (HTTP 403)",
            ("it needs BOM_UPLOAD, and PROJECT_CREATION_UPLOAD where the project is created",),
        )
    if error.status == _NOT_FOUND:
        name = f"'{visible(upload.name, _TEXT)}' {visible(upload.version, _TEXT)}"
        return UploadError(
            "not found (HTTP 404)",
            (f"no project {name} and --no-create was given, no such parent, or the URL is not the API server's",),
        )
    return error


def _problem(body: bytes) -> tuple[str, tuple[str, ...]]:
    """Title and reasons of a problem document (RFC 9457), as the server sends it for an invalid BOM."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return visible(body.decode("utf-8", "replace").strip(), _TEXT) or "HTTP 400", ()
    if not isinstance(document, dict):
        return "HTTP 400", ()
    words = [document.get(key) for key in ("title", "detail")]
    title = ": ".join(visible(one, _TEXT) for one in words if isinstance(one, str) and one) or "HTTP 400"
    errors = document.get("errors")
    found = [visible(str(one), _TEXT) for one in errors] if isinstance(errors, list) else []
    shown = found[:_PROBLEMS]
    if len(found) > len(shown):
        shown.append(f"and {len(found) - len(shown)} more")
    return title, tuple(shown)
