"""TLA+ values: what TLC prints is read as what it means, and what is written is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.check.tla_values import (
    Function,
    ModelValue,
    TlaSyntaxError,
    TlaValue,
    as_tla,
    parse_state,
    parse_value,
    tla_value,
)

atoms = (
    st.booleans() | st.integers(-3, 1 << 40) | st.text('ab"\\ \n,', max_size=4) | st.builds(ModelValue, st.just("h1"))
)
values: st.SearchStrategy[TlaValue] = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.frozensets(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(inner, inner, max_size=3).map(tla_value),
        st.dictionaries(st.sampled_from(("name", "id")), inner).map(tla_value),
    ),
    max_leaves=8,
)


def fn(pairs: dict[TlaValue, TlaValue]) -> Function:
    return Function(pairs.items())


@given(values)
def test_what_is_written_is_read_back(value: TlaValue) -> None:
    assert parse_value(as_tla(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<<>>", ()),
        ("<< >>", ()),
        ("[ h1 |->\n      [ fresh |-> TRUE ] ]", fn({"h1": fn({"fresh": True})})),
        ('(0 :> "h1" @@ 1 :> "h2")', fn({0: "h1", 1: "h2"})),
        ('(1 :> "h1" @@ 2 :> "h2")', ("h1", "h2")),
        ('(<<"C1", "h1">> :> {1, -2})', fn({("C1", "h1"): frozenset({1, -2})})),
        ("({} :> << >>)", fn({frozenset(): ()})),
        ("1..3", frozenset({1, 2, 3})),
        ("{h1, h2}", frozenset({ModelValue("h1"), ModelValue("h2")})),
        (r'"a \"b\" \\"', 'a "b" \\'),
    ],
)
def test_what_tlc_prints_is_read(text: str, value: TlaValue) -> None:
    assert parse_value(text) == value


@pytest.mark.parametrize("text", ["", "{1", "[a |-> ]", "<<1 2>>", "(1 :> 2", '"open', "1 2", "%", "{1} @@ {2}"])
def test_what_is_no_value_is_said_so(text: str) -> None:
    with pytest.raises(TlaSyntaxError):
        parse_value(text)


def test_a_state_is_its_variables() -> None:
    assert parse_state('/\\ x = <<1>>\n/\\ y = [a |-> "="]') == {"x": (1,), "y": fn({"a": "="})}
    assert parse_state("x = 1") == {"x": 1}


def test_a_function_over_1_to_n_is_a_sequence_and_true_is_not_1() -> None:
    assert tla_value({2: "b", 1: "a"}) == ("a", "b")
    assert tla_value({True: "a"}) == fn({True: "a"})
    assert tla_value({}) == ()


def test_none_has_no_value_in_tla() -> None:
    with pytest.raises(TypeError, match="None"):
        tla_value({"x": None})
