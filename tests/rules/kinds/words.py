"""The words random rules, worlds and orders are made of: few and small, so that they often meet."""

from typing import Any

from hypothesis import strategies as st

FEW = st.integers(0, 6)
PRICES = st.sampled_from(["-1", "0", "0.5", "1", "1.01", "2", "3", "100"])
SPANS = st.sampled_from(["1us", "2us", "3us", "1s"])
AGES = st.sampled_from(["0s", "1us", "2us", "3us", "1h", "-1us", "-3us", "-1h"])
MONEY = st.sampled_from(["1 USD", "2 USD", "3 USD", "6 USD", "12.5 USD", "0.000000001 USD"])
SHARES = st.sampled_from(["0.000000001", "1%", "50%", "100%"])
LEVELS = st.sampled_from(["firm", "desk", "trader", "account", "strategy"])
INSTANTS = st.sampled_from([f"2026-03-02T15:00:00.00000{micros}Z" for micros in range(9)])
NUMBERS = st.sampled_from(["0.000000001", "0.5", "1", "2", "3", "7"])


def some(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Dictionaries with at least one of the keys."""
    return st.fixed_dictionaries({}, optional=strategies).filter(bool)


def one(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Dictionaries with exactly one of the keys."""
    return st.one_of(*(st.fixed_dictionaries({key: value}) for key, value in strategies.items()))


def both(
    left: st.SearchStrategy[dict[str, Any]], right: st.SearchStrategy[dict[str, Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda one, other: one | other, left, right)


def subsets(*words: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), min_size=1, unique=True).map(tuple)


kw = st.fixed_dictionaries
