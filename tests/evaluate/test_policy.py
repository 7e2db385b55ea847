"""Loading and merging policies, and everything that can be wrong with one."""

import datetime as dt
import hashlib

import pytest

from aicheck.core.finding import Level, Verdict
from aicheck.errors import ConfigError
from aicheck.evaluate import evaluate, load_policy
from aicheck.evaluate.waivers import check_waivers
from tests import builders as b

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def put(text, name="p.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    return put


RULE = "rules:\n  weights-safe: {level: error, on_unknown: inconclusive}\n"

BAD = {
    "misspelt-rule": (
        "version: 1\nrules:\n  origin-alowed: {level: error}\n",
        3,
        3,
        "unknown rule 'origin-alowed' - did you mean 'origin-allowed'?",
    ),
    "misspelt-key": (
        "version: 1\nrules:\n  weights-safe:\n    levle: error\n",
        4,
        5,
        "unknown key 'levle' - did you mean 'level'?",
    ),
    "misspelt-option": (
        "version: 1\nrules:\n  origin-allowed:\n    level: error\n    deny_country: [CN]\n",
        5,
        5,
        "did you mean 'deny_countries'?",
    ),
    "misspelt-top": ("version: 1\nwaiver: []\n", 2, 1, "did you mean 'waivers'?"),
    "wrong-level": ("version: 1\nrules:\n  weights-safe: {level: eror}\n", 3, 25, "did you mean 'error'?"),
    "wrong-type": (
        "version: 1\nrules:\n  origin-allowed: {deny_countries: CN}\n",
        3,
        36,
        "expected a list, found a string",
    ),
    "country-uk": (
        "version: 1\nrules:\n  origin-allowed: {deny_countries: [UK]}\n",
        3,
        37,
        "'UK' is not an ISO 3166-1 alpha-2 country code - did you mean 'GB'?",
    ),
    "country-lower": (
        "version: 1\nrules:\n  origin-allowed: {deny_countries: [cn]}\n",
        3,
        37,
        "did you mean 'CN'?",
    ),
    "country-no-lower": (
        "version: 1\nrules:\n  origin-allowed: {deny_countries: [no]}\n",
        3,
        37,
        "did you mean 'NO'?",
    ),
    "no-such-list": (
        "version: 1\nrules:\n  origin-allowed: {level: error, on_unknown: fail, deny_lists: [1260H, ofac-snd]}\n",
        3,
        72,
        "no government list 'ofac-snd' is known - did you mean 'ofac-sdn'?",
    ),
    "version-missing": ("rules: {}\n", 1, 1, "missing 'version'"),
    "version-future": ("version: 2\n", 1, 10, "must be 1, found 2"),
    "no-level": ("version: 1\nrules:\n  weights-safe: {on_unknown: warn}\n", 3, 3, "needs a 'level'"),
    "no-on-unknown": ("version: 1\nrules:\n  weights-safe: {level: error}\n", 3, 3, "needs 'on_unknown'"),
    "says-nothing": (
        "version: 1\nrules:\n  origin-allowed: {level: error, on_unknown: warn}\n",
        3,
        3,
        "give at least one of allow_countries",
    ),
    "duplicate-rule": (
        "version: 1\nrules:\n  weights-safe: error\n  weights-safe: warning\n",
        4,
        3,
        "duplicate key 'weights-safe', first given on line 3",
    ),
    "duplicate-custom": (
        (
            "version: 1\ncustom:\n"
            "  - {id: x, message: m, level: error, on_unknown: warn, deny: {fact: kind, eq: model}}\n"
            "  - {id: x, message: m, level: error, on_unknown: warn, deny: {fact: kind, eq: model}}\n"
        ),
        4,
        10,
        "'x' is given twice",
    ),
    "bad-date": (
        (
            f"version: 1\n{RULE}waivers:\n"
            "  - {rule: weights-safe, purl: 'pkg:*', reason: r, owner: o, expires: 2026-02-30}\n"
        ),
        5,
        71,
        "'2026-02-30' is no date - write YYYY-MM-DD",
    ),
    "waiver-without-owner": (
        f"version: 1\n{RULE}waivers:\n  - {{rule: weights-safe, purl: 'pkg:*', reason: r, expires: 2026-12-30}}\n",
        5,
        5,
        "missing 'owner'",
    ),
    "waiver-of-no-rule": (
        (
            f"version: 1\n{RULE}waivers:\n"
            "  - {rule: weight-safe, purl: 'pkg:*', reason: r, owner: o, expires: 2026-12-30}\n"
        ),
        5,
        12,
        "did you mean 'weights-safe'?",
    ),
    "no-such-pack": ("version: 1\nextends: basline\n", 2, 10, "did you mean 'baseline'?"),
    "no-such-file": ("version: 1\nextends: ./gone.yaml\n", 2, 10, "no such file"),
    "bare-url": ("version: 1\nextends: https://example.org/p.yaml\n", 2, 10, "pinned by its sha256"),
    "url-without-network": (
        f"version: 1\nextends:\n  - {{url: https://example.org/p.yaml, sha256: {'0' * 64}}}\n",
        3,
        5,
        "no network access",
    ),
    "short-hash": (
        "version: 1\nextends:\n  - {url: https://example.org/p.yaml, sha256: abc}\n",
        3,
        47,
        "64 lower-case hex digits",
    ),
    "http-url": (
        f"version: 1\nextends:\n  - {{url: http://example.org, sha256: {'0' * 64}}}\n",
        3,
        11,
        "https://",
    ),
    "unknown-fact": (
        (
            "version: 1\ncustom:\n"
            "  - {id: x, message: m, level: error, on_unknown: warn, deny: {fact: developer.contry, eq: CN}}\n"
        ),
        3,
        70,
        "did you mean 'developer.country'?",
    ),
    "custom-without-condition": (
        "version: 1\ncustom:\n  - {id: x, message: m, level: error, on_unknown: warn}\n",
        3,
        5,
        "needs 'deny' or 'require'",
    ),
    "empty": ("", 1, 1, "empty"),
    "a-list": ("- version: 1\n", 1, 1, "expected a mapping, found a list"),
}


@pytest.mark.parametrize(("text", "line", "column", "part"), BAD.values(), ids=BAD)
def test_bad_input(write, text, line, column, part):
    with pytest.raises(ConfigError) as caught:
        load_policy(write(text))
    error = caught.value
    assert (error.path, error.line, error.column) == ("p.yaml", line, column)
    assert part in str(error)


def test_every_error_of_a_file_is_named(write):
    text = "version: 1\nrulez: {}\nwaiver: []\nname: 5\n"
    with pytest.raises(ConfigError) as caught:
        load_policy(write(text))
    assert "line 3: unknown key 'waiver'" in str(caught.value)
    assert "line 4" in str(caught.value)


def test_norway_is_a_country(write):
    policy = load_policy(
        write("version: 1\nrules:\n  origin-allowed: {level: error, on_unknown: fail, deny_countries: [NO]}\n")
    )
    part = b.model(developer=b.org("Telenor", "NO"))
    assert evaluate(b.inventory(part), [part], policy, today=TODAY).verdict is Verdict.FAIL


def test_unknown_names_and_missing_files():
    with pytest.raises(ConfigError, match="did you mean 'strict'"):
        load_policy("strikt")
    with pytest.raises(ConfigError, match="no such file"):
        load_policy("gone/policy.yaml")


def test_a_folder_is_no_policy(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        load_policy(tmp_path)


class TestExtends:
    def test_options_replace_options_and_keep_their_places(self, write):
        write(
            "version: 1\nrules:\n  origin-allowed:\n    level: error\n    on_unknown: fail\n    deny_countries: [CN]\n",
            "base.yaml",
        )
        name = write("version: 1\nextends: ./base.yaml\nrules:\n  origin-allowed:\n    level: warning\n")
        policy = load_policy(name)
        (use,) = policy.uses
        assert use.level is Level.WARNING
        assert use.on_unknown == "fail"
        assert use.options.strings("deny_countries") == ("CN",)
        assert use.location("deny_countries") == "base.yaml:6  origin-allowed.deny_countries"
        assert use.location("level") == "p.yaml:5  origin-allowed.level"
        assert policy.info.sources == ("base.yaml", "p.yaml")

    def test_lists_are_replaced_not_joined(self, write):
        write("version: 1\nrules: {model-denied: {level: error, on_unknown: fail, models: [a]}}\n", "base.yaml")
        policy = load_policy(write("version: 1\nextends: ./base.yaml\nrules: {model-denied: {models: [b]}}\n"))
        assert policy.uses[0].options.strings("models") == ("b",)

    def test_off_switches_off(self, write):
        policy = load_policy(write("version: 1\nextends: baseline\nrules:\n  origin-allowed: off\n"))
        keys = {use.key for use in policy.uses}
        assert "origin-allowed" not in keys
        assert "provider-allowed" in keys

    def test_later_wins(self, write):
        write("version: 1\nrules: {data-age: {level: error, on_unknown: fail, max_days: 1}}\n", "a.yaml")
        write("version: 1\nrules: {data-age: {max_days: 2}}\n", "b.yaml")
        policy = load_policy(write("version: 1\nextends: [./a.yaml, ./b.yaml]\n"))
        assert policy.uses[0].options.number("max_days") == 2

    def test_relative_to_the_file_that_says_it(self, write):
        write(f"version: 1\n{RULE}", "deep/base.yaml")
        write("version: 1\nextends: ./base.yaml\n", "deep/middle.yaml")
        assert load_policy(write("version: 1\nextends: deep/middle.yaml\n")).uses

    def test_circle(self, write):
        write("version: 1\nextends: ./p.yaml\n", "q.yaml")
        with pytest.raises(ConfigError, match=r"circle: p\.yaml → q\.yaml → p\.yaml") as caught:
            load_policy(write("version: 1\nextends: ./q.yaml\n"))
        assert caught.value.path == "q.yaml"
        assert caught.value.line == 2

    def test_itself(self, write):
        with pytest.raises(ConfigError, match="circle"):
            load_policy(write("version: 1\nextends: ./p.yaml\n"))

    def test_a_diamond_is_no_circle(self, write):
        write(f"version: 1\n{RULE}", "base.yaml")
        write("version: 1\nextends: ./base.yaml\n", "a.yaml")
        write("version: 1\nextends: ./base.yaml\n", "b.yaml")
        policy = load_policy(write("version: 1\nextends: [./a.yaml, ./b.yaml]\n"))
        assert policy.info.sources == ("base.yaml", "a.yaml", "b.yaml", "p.yaml")

    def test_too_deep(self, write):
        for index in range(30):
            write(f"version: 1\nextends: ./x{index + 1}.yaml\n", f"x{index}.yaml")
        write("version: 1\n", "x30.yaml")
        with pytest.raises(ConfigError, match="deeper than"):
            load_policy("x0.yaml")

    def test_a_pinned_url(self, write):
        base = f"version: 1\n{RULE}".encode()
        digest = hashlib.sha256(base).hexdigest()
        asked = []

        def fetch(url):
            asked.append(url)
            return base

        name = write(f"version: 1\nextends:\n  - {{url: 'https://example.org/p', sha256: {digest}}}\n")
        assert load_policy(name, fetch=fetch).uses[0].key == "weights-safe"
        assert asked == ["https://example.org/p"]

    def test_a_changed_url(self, write):
        name = write(f"version: 1\nextends:\n  - {{url: 'https://example.org/p', sha256: {'0' * 64}}}\n")
        with pytest.raises(ConfigError, match="not the one given here") as caught:
            load_policy(name, fetch=lambda url: b"version: 1\n")
        assert (caught.value.line, caught.value.column) == (3, 5)

    def test_a_url_that_fails(self, write):
        def fetch(url):
            raise OSError("connection refused")

        name = write(f"version: 1\nextends:\n  - {{url: 'https://example.org/p', sha256: {'0' * 64}}}\n")
        with pytest.raises(ConfigError, match="connection refused"):
            load_policy(name, fetch=fetch)

    def test_a_downloaded_policy_reaches_no_file(self, write):
        base = b"version: 1\nextends: ./secret.yaml\n"
        write("version: 1\n", "secret.yaml")
        digest = hashlib.sha256(base).hexdigest()
        name = write(f"version: 1\nextends:\n  - {{url: 'https://example.org/p', sha256: {digest}}}\n")
        with pytest.raises(ConfigError, match="cannot extend a file"):
            load_policy(name, fetch=lambda url: base)

    def test_a_pinned_file(self, write):
        write("version: 1\n", "base.yaml")
        digest = hashlib.sha256(b"version: 1\n").hexdigest()
        assert load_policy(write(f"version: 1\nextends: [{{file: base.yaml, sha256: {digest}}}]\n"))
        with pytest.raises(ConfigError, match="not the one"):
            load_policy(write(f"version: 1\nextends: [{{file: base.yaml, sha256: {'a' * 64}}}]\n"))


def test_the_digest_is_of_the_merged_policy(write):
    one = load_policy(write(f"version: 1\nname: a\n{RULE}"))
    same = load_policy(write(f"# other words\nversion: 1\nname: b\n{RULE}", "q.yaml"))
    other = load_policy(write(f"version: 1\n{RULE.replace('error', 'warning')}", "r.yaml"))
    assert one.info.sha256 == same.info.sha256
    assert one.info.sha256 != other.info.sha256


def test_overrides_come_last(write):
    policy = load_policy(write(f"version: 1\n{RULE}"), overrides={"rules": {"weights-safe": {"level": "note"}}})
    assert policy.uses[0].level is Level.NOTE
    with pytest.raises(ConfigError, match="unknown rule"):
        load_policy("baseline", overrides={"rules": {"nope": "off"}})


def test_waivers_must_not_run_too_long(write):
    text = (
        f"version: 1\nmax_waiver_days: 30\n{RULE}waivers:\n"
        "  - {rule: weights-safe, purl: 'pkg:*', reason: r, owner: o, expires: 2026-12-24}\n"
    )
    policy = load_policy(write(text))
    check_waivers(policy, dt.date(2026, 11, 24))
    with pytest.raises(ConfigError, match="expires in 31 days") as caught:
        evaluate(b.inventory(), [], policy, today=dt.date(2026, 11, 23))
    assert (caught.value.line, caught.value.column) == (6, 5)
