"""Policies that are not plain YAML are refused with their place; values are read by YAML 1.2's core rules."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicheck.errors import ConfigError
from aicheck.evaluate.document import MAX_BYTES, read_document


def read(text):
    return read_document(text.encode("utf-8"), "p.yaml").data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("y", "y"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("0777", 777),
        ("0o17", 15),
        ("0x1F", 31),
        ("-5", -5),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("'true'", "true"),
        ('"5"', "5"),
        ("=", "="),
        ("12345678901234567890", "12345678901234567890"),
        ("0123456789" * 4, "0123456789" * 4),
        ("12e" + "0" * 37, "12e" + "0" * 37),
        ("0b11", "0b11"),
    ],
)
def test_core_rules(text, value):
    found = read(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        ("a: 1\nb: &x 2\n", 2, 4, "anchors"),
        ("a: 1\nb: *x\n", 2, 4, "aliases"),
        ("a: !!python/object/apply:os.system ['true']\n", 1, 4, "tags"),
        ("a: !mine 2\n", 1, 4, "tags"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, 3, "duplicate key 'c'"),
        ("a: 1\n---\nb: 2\n", 2, 1, "one document"),
        ("a: [1, 2\n", 2, 1, "not YAML"),
        ("a: 'x\n", 2, 1, "not YAML"),
        ("\t- a", 1, 1, "not YAML"),
        ("a: b\n  c: d\n", 2, 4, "not YAML"),
        ("<<: {a: 1}\n", 1, 1, "merge keys"),
        ("? [a]\n: b\n", 1, 3, "key must be a word"),
        ("a: \x01\n", 1, 4, "not YAML"),
        ("", 1, 1, "empty"),
        ("# only a comment\n", 1, 1, "empty"),
    ],
)
def test_refused_with_place(text, line, column, part):
    with pytest.raises(ConfigError) as caught:
        read(text)
    error = caught.value
    assert part in error.message
    assert error.path == "p.yaml"
    assert error.line == line
    assert error.column == column
    assert str(error).startswith(f"p.yaml:{line}:{column}: ")


def test_bytes_that_are_not_text():
    with pytest.raises(ConfigError) as caught:
        read_document(b"a: 1\nb: \xff\n", "p.yaml")
    assert (caught.value.line, caught.value.column) == (2, 4)


def test_a_bom_is_no_character():
    assert read_document(b"\xef\xbb\xbfversion: 1\n", "p.yaml").data == {"version": 1}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    "data",
    [
        BOMB.encode(),
        b"a: " + b"x" * (50 << 20),
        b"[" * 100_000,
        b"{a: " * 100_000,
        b"- " * 100_000,
        b"a: [" + b"1," * 400_000 + b"1]",
        b"? " * 50_000,
        b'a: "' + b"\\x41" * 100_000,
    ],
    ids=["alias-bomb", "50-mib", "deep-flow", "deep-map", "deep-block", "many", "deep-keys", "unclosed"],
)
def test_bombs_are_refused_quickly(data):
    started = time.process_time()
    with pytest.raises(ConfigError) as caught:
        read_document(data, "p.yaml")
    assert caught.value.line == 1
    assert time.process_time() - started < 5


def test_size_limit_is_exact():
    line = b"version: 1\n"
    assert read_document(line + b"#" * (MAX_BYTES - len(line)), "p.yaml").data == {"version": 1}
    with pytest.raises(ConfigError, match="MiB"):
        read_document(line + b"#" * (MAX_BYTES - len(line) + 1), "p.yaml")


def test_places_of_keys_and_values():
    document = read_document(b"version: 1\nrules:\n  a:\n    - x\n    - y\n", "p.yaml")
    assert document.place(("rules", "a"), key=True) == (3, 3)
    assert document.place(("rules", "a", 1)) == (5, 7)
    assert document.place(("rules", "a", 1, "gone")) == (5, 7)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_any_bytes_give_data_or_a_config_error(data):
    try:
        place = read_document(data, "p.yaml").place(())
    except ConfigError as error:
        place = (error.line, error.column)
    assert place >= (1, 1)
