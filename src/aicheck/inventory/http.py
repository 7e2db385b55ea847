"""The second and last door to the network: small JSON requests to a server that the user named.

Used for Dependency-Track and for GitHub's REST API, never for the Hub (`resolve/hub.py`) and never for
anything that a scanned tree names. Proxies and certificates are those of the environment.
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Final

from aicheck.core.frozen import dataclass
from aicheck.errors import AicheckError

__all__ = ["Answer", "HttpError", "request"]

_LIMIT: Final = 16 << 20
_TIMEOUT: Final = 30.0


class HttpError(AicheckError):
    """The server could not be reached or answered no. `status` is 0 where there was no answer."""

    def __init__(self, message: str, status: int = 0, body: bytes = b"") -> None:
        super().__init__(message)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        """Return the parsed body; raises `HttpError` where it is not JSON."""
        try:
            return json.loads(self.body) if self.body else None
        except (ValueError, RecursionError) as error:
            raise HttpError("the answer is not JSON", self.status, self.body[:2000]) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are refused: they could carry the key to another host or turn a POST into a GET."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        del req, fp, code, msg, headers, newurl


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout: float = _TIMEOUT,
) -> Answer:
    """Send one request; http is allowed to loopback only.

    Raises `HttpError` for every failure, with the status and the first bytes of the answer where there is one.
    """
    parts = urllib.parse.urlsplit(url)
    loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise HttpError(f"refusing to send a key to {parts.scheme}://{parts.hostname}: only https keeps it secret")
    call = urllib.request.Request(url, data=body, method=method, headers=dict(headers))  # noqa: S310 - checked above
    opener = urllib.request.build_opener(
        _NoRedirect, urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    try:
        with opener.open(call, timeout=timeout) as answer:
            data = answer.read(_LIMIT + 1)
            status = answer.status
            received = {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            text = error.read(65_536)
        raise HttpError(f"{method} {parts.path}: HTTP {error.code}", error.code, text) from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise HttpError(f"{parts.hostname} cannot be reached: {reason}") from None
    if len(data) > _LIMIT:
        raise HttpError(f"the answer is larger than {_LIMIT >> 20} MiB", status)
    return Answer(status, received, data)
