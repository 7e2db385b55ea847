"""The Hub client against a loopback Hub that behaves, and one that does not."""

from __future__ import annotations

import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.target import HubModel
from aicheck.errors import ConfigError
from aicheck.knowledge.catalog import open_catalog
from aicheck.resolve import Sources, resolve_targets
from aicheck.resolve.cache import Answer, AnswerCache
from aicheck.resolve.hub import Hub, HubSettings, offline_by_environment
from aicheck.resolve.records import RepoRecord, from_hub
from hub.server import FakeHub, record, serve

pytestmark = pytest.mark.network
SETTINGS = HubSettings(timeout=2, request_budget=3, attempts=2)


def client(fake: FakeHub, tmp_path: Path, **changes: object) -> Hub:
    settings = replace(SETTINGS, endpoint=fake.url, **changes)
    return Hub(settings, cache=tmp_path / "hub.sqlite", today="2026-11-23", sleep=lambda _: None)


def reason(answer: object) -> GapReason:
    assert isinstance(answer, Gap), answer
    return answer.reason


def test_a_model_is_read(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("owner/name", tags=["license:mit", "base_model:quantized:a/b"], cardData={"license": "mit"})
    found = client(fake_hub, tmp_path).model("owner/name")
    assert isinstance(found, RepoRecord)
    assert (found.id, found.license_id, found.bases[0].id, found.bases[0].relation) == (
        "owner/name",
        "mit",
        "a/b",
        "quantized",
    )


def test_a_redirect_keeps_both_ids(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("new/name")
    fake_hub.redirects["old/name"] = "new/name"
    found = client(fake_hub, tmp_path).model("old/name")
    assert isinstance(found, RepoRecord)
    assert (found.asked, found.id) == ("old/name", "new/name")


def test_endless_redirects_end(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.redirects["a/b"] = "a/b"
    assert reason(client(fake_hub, tmp_path).model("a/b")) is GapReason.INVALID_ANSWER


def test_the_token_never_reaches_another_host(fake_hub: FakeHub, tmp_path: Path) -> None:
    with serve(FakeHub()) as stranger:
        stranger.add("a/b")
        fake_hub.special["a/b"] = lambda handler: (307, b"", {"Location": stranger.url + handler.path})
        found = client(fake_hub, tmp_path, token="hf_secret").model("a/b")
        assert reason(found) is GapReason.INVALID_ANSWER
        assert not stranger.asked
    assert fake_hub.headers[0]["authorization"] == "Bearer hf_secret"
    assert "hf_secret" not in repr(found)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ((404, b"", {"X-Error-Code": "RepoNotFound"}), GapReason.NOT_FOUND),
        ((401, b'{"error":"Invalid username or password."}', {}), GapReason.NOT_FOUND),
        ((401, b"", {"X-Error-Code": "GatedRepo"}), GapReason.GATED),
        ((403, b"", {"X-Error-Code": "GatedRepo"}), GapReason.GATED),
        ((403, b"", {"X-Error-Message": "Access to this resource is disabled."}), GapReason.DISABLED),
        ((429, b"", {"RateLimit": '"api";r=0;t=1'}), GapReason.RATE_LIMITED),
        ((429, b"", {}), GapReason.RATE_LIMITED),
        ((500, b"", {}), GapReason.UNREACHABLE),
        ((200, b"<html>Please sign in to the Wi-Fi</html>", {}), GapReason.INVALID_ANSWER),
        ((200, b"[]", {}), GapReason.INVALID_ANSWER),
        ((200, b'{"id": 5}', {}), GapReason.INVALID_ANSWER),
        ((200, b'{"id": "../../etc"}', {}), GapReason.INVALID_ANSWER),
        ((418, b"", {}), GapReason.INVALID_ANSWER),
    ],
)
def test_each_failure_is_its_own_gap(
    fake_hub: FakeHub, tmp_path: Path, reply: object, expected: GapReason
) -> None:
    fake_hub.special["a/b"] = lambda _: reply
    assert reason(client(fake_hub, tmp_path).model("a/b")) is expected


def test_a_missing_revision_is_told(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/b")
    found = client(fake_hub, tmp_path).model("a/b", "v9")
    assert reason(found) is GapReason.NOT_FOUND
    assert "revision" in found.detail


def test_an_overlong_answer_is_cut(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.special["a/b"] = lambda _: (200, b" " * (3 << 20), {})
    found = client(fake_hub, tmp_path, max_answer=1 << 20).model("a/b")
    assert reason(found) is GapReason.INVALID_ANSWER


def test_a_dripping_answer_ends(fake_hub: FakeHub, tmp_path: Path) -> None:
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    fake_hub.special["a/b"] = drip
    started = time.monotonic()
    found = client(fake_hub, tmp_path, request_budget=0.6, attempts=1).model("a/b")
    assert reason(found) is GapReason.UNREACHABLE
    assert time.monotonic() - started < 3


def test_nobody_there(tmp_path: Path) -> None:
    hub = Hub(replace(SETTINGS, endpoint="http://127.0.0.1:9"), cache=tmp_path / "c", sleep=lambda _: None)
    answers = hub.models([(f"a/m{number}", None) for number in range(40)])
    assert {reason(answer) for answer in answers.values()} == {GapReason.UNREACHABLE}
    assert hub.requests < 40, "after some failures nobody is asked any more"


def test_no_network_is_noticed_at_once(tmp_path: Path) -> None:
    pauses: list[float] = []
    settings = replace(SETTINGS, endpoint="http://127.0.0.1:9", attempts=3)
    hub = Hub(settings, cache=tmp_path / "hub.sqlite", sleep=pauses.append)
    assert reason(hub.model("a/b")) is GapReason.UNREACHABLE
    assert hub.requests == 2
    assert sum(pauses) < 0.5
    found = hub.models((f"a/{count}", None) for count in range(20))
    assert {reason(gap) for gap in found.values()} == {GapReason.UNREACHABLE}
    assert all("cannot be reached" in gap.detail for gap in found.values() if isinstance(gap, Gap))
    assert hub.requests == 2


def test_a_rate_limit_stops_the_others(fake_hub: FakeHub, tmp_path: Path) -> None:
    for number in range(60):
        fake_hub.special[f"a/m{number}"] = lambda _: (429, b"", {"RateLimit": '"api";r=0;t=250'})
    answers = client(fake_hub, tmp_path).models([(f"a/m{number}", None) for number in range(60)])
    assert {reason(answer) for answer in answers.values()} == {GapReason.RATE_LIMITED}
    assert sum(fake_hub.asked.values()) <= 17


def test_the_catalog_answers_where_the_hub_does_not(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.special["Qwen/Qwen3-8B"] = lambda _: (503, b"", {})
    sources = Sources(open_catalog(), client(fake_hub, tmp_path), offline=False)
    (component,) = resolve_targets([HubModel("Qwen/Qwen3-8B")], sources)
    assert component.answered_by == "catalog"
    assert [gap.reason for gap in component.gaps] == [GapReason.UNREACHABLE]


def test_a_deleted_model_is_not_hidden_by_the_catalog(fake_hub: FakeHub, tmp_path: Path) -> None:
    sources = Sources(open_catalog(), client(fake_hub, tmp_path), offline=False)
    (component,) = resolve_targets([HubModel("Qwen/Qwen3-8B")], sources)
    assert component.availability == "deleted"
    assert component.gaps[0].reason is GapReason.NOT_FOUND


def test_warm_asks_nothing_and_stale_asks_conditionally(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/b")
    ids = [("a/b", None)]
    first = client(fake_hub, tmp_path)
    before = first.models(ids)
    asked = sum(fake_hub.asked.values())
    assert client(fake_hub, tmp_path).models(ids) == before
    assert sum(fake_hub.asked.values()) == asked
    stale = client(fake_hub, tmp_path, fresh=-1.0)
    assert stale.models(ids) == before
    assert fake_hub.headers[-1]["if-none-match"]


def test_parallel_clients_share_one_cache(fake_hub: FakeHub, tmp_path: Path) -> None:
    for number in range(30):
        fake_hub.add(f"a/m{number}")
    ids = [(f"a/m{number}", None) for number in range(30)]
    threads = [threading.Thread(target=lambda: client(fake_hub, tmp_path).models(ids)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = sum(fake_hub.asked.values())
    assert all(isinstance(answer, RepoRecord) for answer in client(fake_hub, tmp_path).models(ids).values())
    assert sum(fake_hub.asked.values()) == asked


def test_distinct_ids_are_asked_once(fake_hub: FakeHub, tmp_path: Path) -> None:
    fake_hub.add("a/b")
    client(fake_hub, tmp_path).models([("a/b", None)] * 50)
    assert sum(fake_hub.asked.values()) == 1


def test_a_damaged_cache_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    cache = AnswerCache(path)
    cache.put("k", Answer(200, b"x", None, "/", 1e9))
    cache.close()
    assert AnswerCache(path).get("k") == Answer(200, b"x", None, "/", 1e9)


def test_a_cache_that_cannot_be_written_is_only_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    cache = AnswerCache(tmp_path / "file" / "hub.sqlite")
    cache.put("k", Answer(200, b"x", None, "/", 1e9))
    cache.flush()
    assert cache.get("k") is not None


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "hub.sqlite")
    cache._connection.execute("pragma max_page_count=4")
    for number in range(50):
        cache.put(f"k{number}", Answer(200, bytes(range(256)) * 40, None, "/", 1e9))
        cache.flush()
    assert cache.get("k49") is not None
    with sqlite3.connect(tmp_path / "hub.sqlite") as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


def test_environment() -> None:
    settings = HubSettings.from_environment(
        {"HF_ENDPOINT": "https://hub.example/", "HF_TOKEN": " t ", "HF_HOME": "/nowhere"}
    )
    assert (settings.endpoint, settings.token) == ("https://hub.example", "t")
    assert HubSettings.from_environment({"HF_HOME": "/nowhere"}).token is None
    assert offline_by_environment({"HF_HUB_OFFLINE": "1"})
    assert not offline_by_environment({})
    with pytest.raises(ConfigError):
        HubSettings.from_environment({"HF_ENDPOINT": "https://user:secret@hub.example"})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.sampled_from(
    "sha tags cardData config siblings safetensors gguf downloads likes gated disabled private createdAt lastModified "
    "pipeline_tag library_name securityRepoStatus baseModels modelId author model-index".split()
)


@given(st.dictionaries(_FIELDS, _JSON, max_size=8))
def test_any_type_in_any_field_is_survived(fields: dict[str, object]) -> None:
    found = from_hub({"id": "a/b", **fields}, "a/b", seen=None, endpoint="https://hub.example")
    assert isinstance(found, RepoRecord)
    assert found.commit is None or len(found.commit) == 40


def test_update_writes_a_newer_catalog(fake_hub: FakeHub, tmp_path: Path) -> None:
    import json

    from aicheck.knowledge.catalog import Catalog
    from aicheck.resolve.update import update_catalog

    page = [
        {**record("new/model"), "cardData": {"license": "mit", "base_model": "Qwen/Qwen3-8B"}},
        {"id": 7},
        "junk",
    ]

    def answer(handler):
        nxt = {"Link": f'<{fake_hub.url}/api/models?cursor=2>; rel="next"'} if "cursor" not in handler.path else {}
        return (200, json.dumps(page if nxt else [record("other/model")]).encode(), nxt)

    fake_hub.answer = answer
    path, count, counts = update_catalog(tmp_path / "catalog.bin", limit=50, hub=client(fake_hub, tmp_path))
    updated = Catalog(path)
    found = updated.get("new/model")
    assert (count, found.license, found.edges[0].parent) == (2, "mit", "Qwen/Qwen3-8B")
    assert counts["models"] > 60_000
    assert updated.get("Qwen/Qwen3-8B") is not None
    assert updated.canonical("gpt2") == "openai-community/gpt2"
