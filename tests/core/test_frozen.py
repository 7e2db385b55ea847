"""The quick frozen dataclass behaves as the standard library's does."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import typing
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core import frozen
from aicheck.core.target import HubModel


def pair(**options: bool) -> tuple[Any, Any]:
    """The same class made by each."""

    def body() -> type:
        class Value:
            """A value."""

            name: str
            number: int = 0
            parts: tuple[str, ...] = ()
            cache: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

            def double(self) -> int:
                return self.number * 2

        return Value

    every: Any = {"frozen": True, "slots": True, **options}
    return frozen._frozen(**every)(body()), dataclasses.dataclass(**every)(body())


QUICK, PLAIN = pair(order=True)
values = st.tuples(
    st.sampled_from("ab"), st.integers(0, 2), st.lists(st.sampled_from("xy"), max_size=2).map(tuple)
)


@given(values, values)
def test_compares_hashes_and_shows_as_the_standard_one(first: tuple[Any, ...], second: tuple[Any, ...]) -> None:
    a, b, c, d = QUICK(*first), QUICK(*second), PLAIN(*first), PLAIN(*second)
    assert (a == b, a < b, a <= b, a > b, a >= b) == (c == d, c < d, c <= d, c > d, c >= d)
    assert (hash(a), repr(a)) == (hash(c), repr(c))
    assert a != c
    assert a.__eq__(c) is NotImplemented
    assert dataclasses.asdict(a) == dataclasses.asdict(c)
    assert dataclasses.replace(a, number=9) == QUICK(first[0], 9, first[2])


def test_made_as_the_standard_one() -> None:
    assert [item.name for item in dataclasses.fields(QUICK)] == [item.name for item in dataclasses.fields(PLAIN)]
    assert (QUICK.__slots__, QUICK.__match_args__, QUICK.__doc__) == (
        PLAIN.__slots__, PLAIN.__match_args__, PLAIN.__doc__,
    )  # fmt: skip
    assert typing.get_type_hints(QUICK.__init__) == typing.get_type_hints(PLAIN.__init__)
    assert list(inspect.signature(QUICK).parameters) == list(inspect.signature(PLAIN).parameters)
    assert QUICK("a").cache is not QUICK("a").cache
    assert QUICK(name="a", number=3).double() == 6
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        QUICK()
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        QUICK("a", other=1)
    unordered = pair()[0]
    with pytest.raises(TypeError, match="'<' not supported"):
        sorted([unordered("b"), unordered("a")])


def test_frozen() -> None:
    value = QUICK("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        value.name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'elsewhere'"):
        value.elsewhere = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del value.name
    assert not hasattr(value, "__dict__")
    with pytest.raises(TypeError, match="only frozen classes with slots"):
        frozen._frozen(frozen=True, slots=False)


def test_own_methods_stay() -> None:
    class Own:  # noqa: PLW1641 - that it gets one is what is tested
        name: str

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "own"

        def __post_init__(self) -> None:
            object.__setattr__(self, "name", self.name.upper())

    made: Any = frozen._frozen(frozen=True, slots=True)(Own)
    assert (made("a") == made("b"), repr(made("a")), made("a").name) == (True, "own", "A")
    assert hash(made("a")) == hash(("A",))

    class Empty:
        pass

    empty: Any = frozen._frozen(frozen=True, slots=True)(Empty)
    assert (empty() == empty(), hash(empty()), repr(empty())) == (True, hash(()), f"{empty.__qualname__}()")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_travels(protocol: int) -> None:
    value = HubModel("a/b", "main")
    assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert (copy.copy(value), copy.deepcopy(value)) == (value, value)
