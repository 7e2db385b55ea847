"""The only door to the network: the Hugging Face Hub, through huggingface_hub's HTTP session.

Bounded pool, bounded time, bounded size; every failure is a `Gap` of the one thing that was asked for. Redirects
are followed here, on the same host only, so that a token never reaches another.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

import orjson

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.frozen import dataclass
from aicheck.errors import ConfigError
from aicheck.knowledge.catalog import cache_dir
from aicheck.resolve.cache import Answer, AnswerCache
from aicheck.resolve.environment import TRUE, offline_by_environment
from aicheck.resolve.pool import ask_all
from aicheck.resolve.records import RepoRecord, from_hub, is_repo_id

__all__ = ["DEFAULT_ENDPOINT", "Hub", "HubSettings", "Overview", "offline_by_environment"]

DEFAULT_ENDPOINT: Final = "https://huggingface.co"
_HTTP_OK: Final = 200
_PARTIAL: Final = 206
_NOT_MODIFIED: Final = 304
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_SERVER: Final = 500
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS: Final = 5
_RETRIED: Final = frozenset({408, 429, 500, 502, 503, 504})
_FAILURES_TO_GIVE_UP: Final = 4
_CONNECT_TIMEOUT: Final = 5.0
_NO_WAY: Final = frozenset(
    {b"ConnectError", b"ConnectTimeout", b"ProxyError", b"UnsupportedProtocol", b"CertificateError"}
)
"""Errors of transport before anything was sent: no name, no route, nobody listening, a proxy that refuses."""
_GRACE: Final = 2.0
"""Seconds beyond its budget after which a question is given up from outside."""
_SLOW: Final = "the answer came too slowly"
_ENCODINGS: Final = frozenset({"", "identity", "gzip"})
_SECOND_TRY: Final = 0.25
"""Pause in seconds before the one repetition while nothing has ever answered."""


@dataclass(frozen=True, slots=True)
class HubSettings:
    """How the Hub is asked. Times in seconds, sizes in bytes."""

    endpoint: str = DEFAULT_ENDPOINT
    token: str | None = None
    workers: int = 16
    timeout: float = 10.0
    """For connecting and for each read."""
    request_budget: float = 30.0
    """For one request with its retries and redirects, however slowly it drips."""
    total_budget: float = 300.0
    """For everything asked of this client."""
    fresh: float = 3600.0
    """Age up to which a stored answer is used without asking again."""
    max_answer: int = 16 << 20
    attempts: int = 3

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> HubSettings:
        """Read `HF_ENDPOINT`, `HF_TOKEN` and the token file as huggingface_hub does."""
        env = os.environ if environment is None else environment
        endpoint = (env.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")
        parts = urlsplit(endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
            raise ConfigError("HF_ENDPOINT is not an http(s) URL without credentials", key="HF_ENDPOINT")
        return cls(endpoint=endpoint, token=_token(env))


def _token(env: Mapping[str, str]) -> str | None:
    if env.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").lower() in TRUE and not env.get("HF_TOKEN"):
        return None
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        text = env.get(name, "").strip()
        if text:
            return text
    try:
        home = env.get("HF_HOME") or str(
            Path(env.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface"
        )
        path = Path(env.get("HF_TOKEN_PATH") or str(Path(home).expanduser() / "token"))
    except RuntimeError:  # a user without a home directory, as containers have them
        return None
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


@dataclass(frozen=True, slots=True)
class Overview:
    """What the Hub says of an organisation."""

    full_name: str
    verified: bool | None
    """Whether the Hub has verified who is behind it; None = not said."""
    locator: str


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: GapReason
    detail: str


class Hub:
    """Asks the Hub; safe to share between threads. `today` dates the claims (ISO)."""

    def __init__(
        self,
        settings: HubSettings | None = None,
        *,
        cache: AnswerCache | Path | None = None,
        today: str | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings or HubSettings.from_environment()
        self.endpoint = self.settings.endpoint
        self.today = today
        self._clock = clock
        self._sleep = sleep
        if isinstance(cache, AnswerCache):
            self._cache = cache
        else:
            self._cache = AnswerCache(cache or cache_dir() / "hub.sqlite")
        self._origin = urlsplit(self.endpoint)
        identity = hashlib.sha256((self.settings.token or "").encode()).hexdigest()[:12]
        self._prefix = f"{self.endpoint}|{identity if self.settings.token else '-'}|"
        self._deadline: float | None = None
        self._blocked: _Failure | None = None
        self._failures = 0
        self._answered = False
        self._lock = threading.Lock()
        self._session: Any = None
        self.requests = 0
        """Requests sent so far, redirects and retries included."""

    # -- what resolve asks for ---------------------------------------------------------------------------

    def models(self, ids: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], RepoRecord | Gap]:
        """Return record or gap for every (id, revision), asking at most `workers` at a time."""
        wanted = list(dict.fromkeys(ids))
        answers = self._pool(
            lambda key: self.model(*key),
            wanted,
            lambda key: self._model_path(*key),
            lambda key: _too_late(f"hf:{key[0]}"),
        )
        return dict(zip(wanted, answers, strict=True))

    def model(self, repo_id: str, revision: str | None = None) -> RepoRecord | Gap:
        """Return the record of one model at a revision (default: its main branch), or the gap."""
        subject = f"hf:{repo_id}"
        if not is_repo_id(repo_id):
            return Gap(subject, GapReason.NOT_FOUND, "not a repository id of the Hub")
        got = self._get(self._model_path(repo_id, revision))
        if isinstance(got, _Failure):
            return Gap(subject, got.reason, got.detail)
        return self._record(got, repo_id, revision)

    def datasets(self, ids: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], RepoRecord | Gap]:
        """Return record or gap for every (id of a dataset, revision)."""
        wanted = list(dict.fromkeys(ids))
        answers = self._pool(
            lambda key: self._dataset(*key),
            wanted,
            lambda key: self._dataset_path(*key),
            lambda key: _too_late(f"hf-dataset:{key[0]}"),
        )
        return dict(zip(wanted, answers, strict=True))

    def _dataset(self, repo_id: str, revision: str | None) -> RepoRecord | Gap:
        subject = f"hf-dataset:{repo_id}"
        if not is_repo_id(repo_id):
            return Gap(subject, GapReason.NOT_FOUND, "not a repository id of the Hub")
        got = self._get(self._dataset_path(repo_id, revision))
        if isinstance(got, _Failure):
            return Gap(subject, got.reason, got.detail)
        return self._record(got, repo_id, revision, kind="datasets")

    def file(self, record: RepoRecord, path: str, *, start: int = 0, length: int = 1 << 20) -> bytes | Gap:
        """Return up to `length` bytes of a file of a model at its resolved commit, by range; or the gap."""
        subject = f"hf:{record.id}/{path}"
        got = self._get(
            self._file_path(record, path),
            span=(start, start + length - 1),
            limit=length,
            immutable=record.commit is not None,
        )
        if isinstance(got, _Failure):
            return Gap(subject, got.reason, got.detail)
        if got.status == _NOT_FOUND:
            return Gap(subject, GapReason.NOT_FOUND, got.body.decode("utf-8", "replace"))
        return got.body

    def files(self, wanted: Iterable[tuple[RepoRecord, str]], *, length: int = 1 << 20) -> list[bytes | Gap]:
        """Return several files, in the order asked for."""
        return self._pool(
            lambda item: self.file(item[0], item[1], length=length),
            list(wanted),
            lambda item: self._file_path(*item) + f"#0-{length - 1}",
            lambda item: _too_late(f"hf:{item[0].id}/{item[1]}"),
        )

    def list_models(self, *, limit: int, sort: str = "downloads") -> Iterable[Mapping[str, Any]]:
        """Yield the most used models as the Hub lists them, a page at a time; ends early on the first failure."""
        path: str | None = f"/api/models?sort={quote(sort)}&direction=-1&limit=1000&full=true&config=true"
        count = 0
        while path is not None and count < limit:
            (got,) = self._in_time(
                lambda page: self._send(page, None, self.settings.max_answer * 4, None),
                [path],
                lambda _: _Failure(GapReason.UNREACHABLE, _SLOW),
            )
            if isinstance(got, _Failure):
                raise ConfigError(
                    f"the Hub does not answer: {got.detail}", hint="check the network and HF_ENDPOINT"
                )
            answer, headers = got
            rows = _json(answer.body)
            for row in rows if isinstance(rows, list) else []:
                if isinstance(row, dict) and count < limit:
                    count += 1
                    yield row
            path = self._next_page(headers.get("link", ""))

    def overviews(self, namespaces: Iterable[str]) -> dict[str, Overview]:
        """Return what the Hub says of these organisations; users and whatever does not answer are left out."""
        wanted = [name for name in dict.fromkeys(namespaces) if is_repo_id(f"{name}/x")]
        found = dict(
            zip(wanted, self._pool(self._overview, wanted, self._overview_path, lambda _: None), strict=True)
        )
        return {name: overview for name, overview in found.items() if overview is not None}

    def _overview(self, namespace: str) -> Overview | None:
        path = self._overview_path(namespace)
        got = self._get(path)
        answer = None if isinstance(got, _Failure) else _json(got.body)
        if not isinstance(answer, dict) or str(answer.get("name", "")).lower() != namespace.lower():
            return None
        verified = answer.get("isVerified")
        return Overview(
            full_name=str(answer.get("fullname") or "")[:200],
            verified=verified if isinstance(verified, bool) else None,
            locator=self.endpoint + path,
        )

    def close(self) -> None:
        """Write the cache."""
        self._cache.flush()

    # -- how it is asked ---------------------------------------------------------------------------------

    @staticmethod
    def _model_path(repo_id: str, revision: str | None) -> str:
        tail = f"/revision/{quote(revision, safe='')}" if revision else ""
        return f"/api/models/{quote(repo_id)}{tail}?blobs=true&securityStatus=true"

    @staticmethod
    def _dataset_path(repo_id: str, revision: str | None) -> str:
        tail = f"/revision/{quote(revision, safe='')}" if revision else ""
        return f"/api/datasets/{quote(repo_id)}{tail}"

    @staticmethod
    def _file_path(record: RepoRecord, path: str) -> str:
        return f"/{quote(record.id)}/resolve/{quote(record.commit or 'main', safe='')}/{quote(path)}"

    @staticmethod
    def _overview_path(namespace: str) -> str:
        return f"/api/organizations/{quote(namespace, safe='')}/overview"

    def _next_page(self, link: str) -> str | None:
        url, _, rest = link.partition(">")
        if 'rel="next"' not in rest or not url.startswith("<"):
            return None
        parts = urlsplit(urljoin(self.endpoint + "/", url[1:]))
        same = (parts.scheme, parts.netloc) == (self._origin.scheme, self._origin.netloc)
        return f"{parts.path}?{parts.query}".removeprefix(self._origin.path.rstrip("/")) if same else None

    def _pool(
        self,
        ask: Callable[[Any], Any],
        items: list[Any],
        path: Callable[[Any], str],
        late: Callable[[Any], Any],
    ) -> list[Any]:
        """Return `ask` of every item, in order; what the cache cannot answer is asked for in parallel.

        Only that needs the client, which takes a quarter of a second to load.
        """
        keys = [self._prefix + path(item) for item in items]
        stored = self._cache.get_many(keys)
        open_ = [
            number
            for number, key in enumerate(keys)
            if (held := stored.get(key)) is None or not self._is_fresh(held)
        ]
        found: dict[int, Any] = {}
        if open_:
            self._client()
            answers = self._in_time(ask, [items[number] for number in open_], late)
            found = dict(zip(open_, answers, strict=True))
        result = [found[number] if number in found else ask(item) for number, item in enumerate(items)]
        self._cache.flush()
        return result

    def _in_time(self, ask: Callable[[Any], Any], items: list[Any], late: Callable[[Any], Any]) -> list[Any]:
        patience = self.settings.request_budget + self.settings.timeout + _GRACE
        return ask_all(ask, items, workers=self.settings.workers, patience=patience, late=late)

    def _record(
        self, answer: Answer, repo_id: str, revision: str | None, kind: str = "models"
    ) -> RepoRecord | Gap:
        subject = f"hf:{repo_id}" if kind == "models" else f"hf-dataset:{repo_id}"
        if answer.status == _NOT_FOUND:
            return Gap(subject, GapReason.NOT_FOUND, answer.body.decode("utf-8", "replace"))
        seen = time.strftime("%Y-%m-%d", time.gmtime(answer.stored)) if self.today is None else self.today
        record = from_hub(_json(answer.body), repo_id, seen=seen, endpoint=self.endpoint, kind=kind)
        if record is None:
            return Gap(subject, GapReason.INVALID_ANSWER, f"the Hub's answer is not a {kind[:-1]} record")
        if revision and len(revision) == 40 and record.commit and record.commit != revision.lower():  # noqa: PLR2004 - a full commit
            return Gap(subject, GapReason.INVALID_ANSWER, f"asked for commit {revision}, got {record.commit}")
        return record

    def _is_fresh(self, answer: Answer) -> bool:
        age = self._clock() - answer.stored
        limit = self.settings.fresh if answer.status == _HTTP_OK else min(600.0, self.settings.fresh)
        return 0 <= age <= limit

    def _get(
        self,
        path: str,
        *,
        span: tuple[int, int] | None = None,
        limit: int | None = None,
        immutable: bool = False,
    ) -> Answer | _Failure:
        key = self._prefix + path + (f"#{span[0]}-{span[1]}" if span else "")
        held = self._cache.get(key)
        if held is not None and (immutable or self._is_fresh(held)):
            return held
        etag = held.etag if held is not None and held.status == _HTTP_OK else None
        got = self._send(path, span, limit or self.settings.max_answer, etag)
        if isinstance(got, _Failure):
            if got.reason is GapReason.NOT_FOUND:
                self._cache.put(key, Answer(_NOT_FOUND, got.detail.encode(), None, path, self._clock()))
            return got
        answer, _ = got
        if answer.status == _NOT_MODIFIED and held is not None:
            answer = Answer(held.status, held.body, held.etag, held.answered, self._clock())
        self._cache.put(key, answer)
        return answer

    def _client(self) -> Any:
        with self._lock:
            if self._session is None:
                # Imported here: the library costs a quarter of a second, and a warm cache needs none of it.
                from huggingface_hub import get_session  # noqa: PLC0415

                self._session = get_session()
            return self._session

    def _give_up(self) -> _Failure | None:
        if self._blocked is not None:
            return self._blocked
        now = self._clock()
        with self._lock:
            if self._deadline is None:
                self._deadline = now + self.settings.total_budget
        if now > self._deadline:
            return _Failure(
                GapReason.UNREACHABLE, f"the time for the Hub ({self.settings.total_budget:.0f} s) is used up"
            )
        return None

    def _send(
        self, path: str, span: tuple[int, int] | None, limit: int, etag: str | None
    ) -> tuple[Answer, Mapping[str, str]] | _Failure:
        """Ask with retries; a body longer than `limit` is an invalid answer, or cut where a span was asked for."""
        started = self._clock()
        failure = _Failure(GapReason.UNREACHABLE, "not asked")
        for attempt in range(self.settings.attempts):
            stop = self._give_up()
            if stop is not None:
                return stop
            left = self.settings.request_budget - (self._clock() - started)
            if left <= 0:
                return failure
            got = self._once(path, span, limit, etag, left)
            if not isinstance(got, tuple):
                return got
            answer, headers = got
            self._answered = self._answered or answer.status != 0
            if answer.status in {_HTTP_OK, _PARTIAL, _NOT_MODIFIED}:
                with self._lock:
                    self._failures = 0
                return (
                    (Answer(_HTTP_OK, *_rest(answer)), headers) if answer.status == _PARTIAL else (answer, headers)
                )
            failure = self._failure(answer, headers)
            if answer.status not in _RETRIED and answer.status != 0:
                return failure
            # Where nothing has answered yet and no connection comes about, there is no network: waiting is vain.
            cut_off = answer.status == 0 and not self._answered and answer.body in _NO_WAY
            if answer.status == 0:
                with self._lock:
                    self._failures += 1
                    if self._failures >= _FAILURES_TO_GIVE_UP or (
                        cut_off and (attempt > 0 or answer.body == b"ConnectTimeout")
                    ):
                        self._blocked = failure
                if self._blocked is not None:
                    return failure
            pause = _SECOND_TRY if cut_off else self._pause(answer.status, headers, attempt)
            left = self.settings.request_budget - (self._clock() - started)
            if pause > left or attempt + 1 == self.settings.attempts:
                if answer.status == _TOO_MANY:
                    # Everyone behind this address waits for the same window: asking on only costs time.
                    self._blocked = failure
                return failure
            self._sleep(pause)
        return failure

    @staticmethod
    def _pause(status: int, headers: Mapping[str, str], attempt: int) -> float:
        if status == _TOO_MANY:
            for part in headers.get("ratelimit", "").split(";"):
                name, _, value = part.strip().partition("=")
                if name == "t" and value.isdigit():
                    return float(value) + 1 + random.random()  # noqa: S311 - jitter
            after = headers.get("retry-after", "")
            if after.isdigit():
                return float(after) + random.random()  # noqa: S311 - jitter
        return min(8.0, 0.5 * (1 << attempt)) * (0.5 + random.random())  # noqa: S311 - jitter

    def _once(
        self, path: str, span: tuple[int, int] | None, limit: int, etag: str | None, left: float
    ) -> tuple[Answer, Mapping[str, str]] | _Failure:
        """Send one request and follow its redirects; status 0 stands for a failure of the network."""
        url = self.endpoint + path
        until = self._clock() + left
        for _ in range(_MAX_REDIRECTS + 1):
            parts = urlsplit(url)
            home = (parts.scheme, parts.netloc) == (self._origin.scheme, self._origin.netloc)
            headers = {"user-agent": "aicheck", "accept-encoding": "gzip"}
            if self.settings.token and home:
                headers["authorization"] = f"Bearer {self.settings.token}"
            if span is not None:
                headers["range"] = f"bytes={span[0]}-{span[1]}"
                headers["accept-encoding"] = "identity"
            if etag is not None:
                headers["if-none-match"] = etag
            with self._lock:
                self.requests += 1
            try:
                with self._client().stream(
                    "GET", url, headers=headers, timeout=self._times(left), follow_redirects=False
                ) as response:
                    status = int(response.status_code)
                    lowered = {str(name).lower(): str(value) for name, value in response.headers.items()}
                    if status in _REDIRECTS:
                        target = urljoin(url, lowered.get("location", ""))
                        refused = self._refuse_redirect(target, span)
                        if refused is not None:
                            return refused
                        url = target
                        continue
                    encoding = lowered.get("content-encoding", "").strip().lower()
                    if encoding not in _ENCODINGS:
                        # Packed twice, or as nobody asked for: how large it becomes could not be bounded.
                        return _Failure(GapReason.INVALID_ANSWER, "the answer is packed in a way not asked for")
                    unpack = zlib.decompressobj(wbits=31).decompress if encoding == "gzip" else None
                    body = bytearray()
                    for chunk in response.iter_raw():
                        body += chunk if unpack is None else unpack(chunk, limit + 1 - len(body))
                        if len(body) > limit and span is None and status == _HTTP_OK:
                            return _Failure(
                                GapReason.INVALID_ANSWER, f"the answer is longer than {limit >> 20} MB"
                            )
                        if len(body) >= limit:
                            del body[limit:]
                            break
                        if self._clock() > until:
                            return _Failure(GapReason.UNREACHABLE, _SLOW)
            except zlib.error:
                return _Failure(GapReason.INVALID_ANSWER, "the answer cannot be unpacked")
            except Exception as error:  # noqa: BLE001 - every class of transport error is this one gap
                if type(error).__name__ == "OfflineModeIsEnabled":
                    return _Failure(GapReason.OFFLINE, "HF_HUB_OFFLINE is set")
                name = "CertificateError" if "CERTIFICATE_VERIFY" in str(error) else type(error).__name__
                failed = Answer(0, name.encode(), None, url, self._clock())
                return failed, {}
            answered = urlsplit(url).path
            return Answer(status, bytes(body), lowered.get("etag"), answered, self._clock()), lowered
        return _Failure(GapReason.INVALID_ANSWER, f"more than {_MAX_REDIRECTS} redirects")

    def _times(self, left: float) -> tuple[float, float, float, float]:
        """Return the limits for connecting, reading, writing and waiting for the pool, as httpx takes them."""
        most = min(self.settings.timeout, left)
        return min(_CONNECT_TIMEOUT, most), most, most, most

    def _refuse_redirect(self, target: str, span: tuple[int, int] | None) -> _Failure | None:
        parts = urlsplit(target)
        if (parts.scheme, parts.netloc) == (self._origin.scheme, self._origin.netloc):
            return None
        # Files may lie on a storage host of the Hub (without the token); facts never come from elsewhere.
        if span is not None and parts.scheme == "https" and self._origin.scheme == "https":
            return None
        return _Failure(GapReason.INVALID_ANSWER, f"redirects to another host ({(parts.hostname or '?')[:100]})")

    def _failure(self, answer: Answer, headers: Mapping[str, str]) -> _Failure:
        code = headers.get("x-error-code", "")
        message = headers.get("x-error-message", "")[:200]
        status = answer.status
        if status == 0:
            what = answer.body.decode()
            said = f"{self._origin.hostname} cannot be reached ({what})" if answer.body in _NO_WAY else None
            return _Failure(GapReason.UNREACHABLE, said or f"{self._origin.hostname}: {what}")
        if status == _TOO_MANY:
            return _Failure(
                GapReason.RATE_LIMITED,
                "the Hub's rate limit is reached; set HF_TOKEN, or use a lock or the catalog",
            )
        if code == "GatedRepo":
            return _Failure(GapReason.GATED, "access needs the owner's permission and a token")
        if "disabled" in message.lower() and status in {_FORBIDDEN, _NOT_FOUND, _UNAUTHORIZED}:
            return _Failure(GapReason.DISABLED, "the Hub has disabled this repository")
        if code == "RevisionNotFound":
            return _Failure(GapReason.NOT_FOUND, "the repository has no such revision")
        if code == "EntryNotFound":
            return _Failure(GapReason.NOT_FOUND, "the repository has no such file")
        if status == _NOT_FOUND or (status == _UNAUTHORIZED and code in {"", "RepoNotFound"}):
            return _Failure(
                GapReason.NOT_FOUND, "no such public repository on the Hub (missing, private or deleted)"
            )
        if status == _FORBIDDEN:
            return _Failure(GapReason.GATED, message or "the Hub forbids it")
        if status >= _SERVER:
            return _Failure(GapReason.UNREACHABLE, f"the Hub answers {status}")
        return _Failure(GapReason.INVALID_ANSWER, f"the Hub answers {status} {message}".rstrip())


def _too_late(subject: str) -> Gap:
    return Gap(subject, GapReason.UNREACHABLE, _SLOW)


def _rest(answer: Answer) -> tuple[bytes, str | None, str, float]:
    return answer.body, answer.etag, answer.answered, answer.stored


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError:
        pass
    # Numbers beyond 64 bits and half surrogates are JSON too: one odd field must not hide all the others.
    try:
        return _scrubbed(json.loads(body.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return None


def _scrubbed(value: Any) -> Any:
    """Return the value with text that can be encoded, and numbers that every format can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_scrubbed(entry) for entry in value]
    if isinstance(value, dict):
        return {_scrubbed(key): _scrubbed(entry) for key, entry in value.items()}
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return str(value)[:40] if abs(value) < 1 << 1024 else "a number beyond all bounds"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
