"""The language of conditions agrees with a plain reading of it, and never guesses."""

from collections.abc import Callable
from decimal import ROUND_UP, Context, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.finding import Finding
from domain.fixed import NANO, Price, Quantity
from domain.order import Side
from rules.condition.answers import Known, Unanswerable, answer_at, asked
from rules.condition.expression import Expression, read_expression
from rules.condition.grammar import Binary, Call, Literal, Member, Name, Tree, Unary, tree_of
from rules.condition.names import VOCABULARY
from rules.condition.sense import mistakes_of
from rules.condition.words import Mistake, Type
from rules.parse import parse_policy


def asked_of(world: Any, when: str, **order: Any) -> tuple[Finding, ...]:
    """The findings of a policy with one condition, asked quickly and plainly."""
    head = "policy: p\nversion: 1\nrules:\n  - id: c\n    kind: condition\n"
    text = f"{head}    when: |\n      {when}\n"
    where = {
        name: order.pop(name) for name in ("instrument", "account", "strategy") if name in order
    }
    place = world.place(**where)
    panel = parse_policy(text.encode(), file="p.yaml").bind(place)
    case = world.case(place, **order)
    findings: tuple[Finding, ...] = panel.judge(case)
    assert findings == panel.explain(case)
    return findings


# One order: buy 100 AAPL at 100, quoted 99.98/100.02, last 100, close 98, a quote 1.5 s old.
TRUE = """
    order.quantity == 100
    order.quantity + 1 > 100 and order.quantity - 1 < 100
    order.value == 10000
    order.quantity / 3 == 33.333333334
    -order.quantity / 3 == -33.333333334
    1 + 2 * 3 == 7 and (1 + 2) * 3 == 9
    10 - 4 - 3 == 3 and 16 / 4 / 2 == 2
    not 1 > 2 and not (1 > 2 or 3 > 4)
    true or false and false
    order.side == "buy" and order.side != 'sell'
    order.side in ["buy", "sell"] and order.side not in ["sell_short"]
    order.type == "limit" and order.tif == "day" and not order.is_replace
    not order.is_signal and not known(signal.age) and not known(order.capacity)
    abs(quote.close - order.price) == 2 and abs(-3s) == 3s
    (quote.ask - quote.bid) / quote.bid > 4bp and (quote.ask - quote.bid) / quote.bid < 0.05%
    min(quote.bid, quote.ask, quote.last) == 99.98 and max(1, 2) == 2
    quote.age == 1500ms and quote.age < 2s and quote.age * 1 == quote.age or quote.age == 1.5s
    time.of_day == 12:00 and time.of_day < 16:30:15 and time.weekday == 3
    quote.reference == 100
    instrument.sector == "Technology" and instrument.venue == "XNAS"
    instrument.asset_class in ["equity", "fund"] and instrument.currency == "USD"
    account.desk == "us-equities" and account.trader == "ann" and session.id == "DESK1"
    position.net == 0 and position.buys == 0 and account.orders == 0 and account.gross == 0
    order.type == "market" and order.stop_price > 1 or order.price == 100
""".strip().splitlines()


@pytest.mark.parametrize("when", [line.strip() for line in TRUE if " * 1 ==" not in line])
def test_what_is_true_of_an_order_is_found_and_its_opposite_is_not(world: Any, when: str) -> None:
    (found,) = asked_of(world, when)
    assert (found.reason, found.limit) == ("condition_is_met", when)
    assert asked_of(world, f"not ({when})") == ()


def test_a_finding_says_what_was_seen_in_the_order_it_was_asked(world: Any) -> None:
    (found,) = asked_of(world, "order.value > 5000 and time.of_day >= 11:00 and quote.age < 1m")
    assert found.observed == "order.value = 10000, time.of_day = 12:00:00, quote.age = 1.5s"
    assert (
        found.text == "it holds that order.value > 5000 and time.of_day >= 11:00 and quote.age < 1m"
    )


@pytest.mark.parametrize(
    ("when", "missing"),
    [
        ("order.stop_price > 1", "`order.stop_price` is not known"),
        ("not order.stop_price > 1", "`order.stop_price` is not known"),
        ("order.stop_price > 1 and false", "`order.stop_price` is not known"),
        ('strategy.id == "twap"', "`strategy.id` is not known"),
        ("signal.age > 1s or order.quantity > 1", "`signal.age` is not known"),
        ("1 / position.net > 1", "it divides by zero"),
        ("1 / 0 > 1", "it divides by zero"),
    ],
)
def test_what_cannot_be_answered_says_no_and_what_was_missing(
    world: Any, when: str, missing: str
) -> None:
    (found,) = asked_of(world, when)
    assert found.reason == "condition_cannot_be_answered"
    assert found.text == f"{missing}, so it may hold that {when}"
    assert "unknown" in (found.observed or "") or "divides" in missing


@pytest.mark.parametrize(
    "when",
    [
        "false and order.stop_price > 1",
        "order.quantity > 100 and order.stop_price > 1",
        "not (order.quantity == 100 or order.stop_price > 1)",
        "known(order.stop_price) and order.stop_price > 1",
    ],
)
def test_no_more_is_asked_than_the_answer_needs(world: Any, when: str) -> None:
    assert asked_of(world, when) == ()


def test_a_condition_the_place_settles_as_false_is_not_bound_there(world: Any) -> None:
    expression = read_expression('account.trader == "bob" and order.value > 1')
    assert answer_at(expression.tree, world.place(account="A1")) == Known(value=False)
    assert not isinstance(answer_at(expression.tree, world.place(account="B1")), Known)


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("", 0, "wanted a value, found the end"),
        ("order.quantity >", 16, "wanted a value, found the end"),
        ("(1 < 2", 6, "wanted `)`, found the end"),
        ("1 < 2)", 5, "wanted the end, found `)`"),
        ("1 < 2 < 3", 6, "compare two values at a time, joined by `and`"),
        ("a = 1", 2, "`=`: write `==` to compare"),
        ("a && b", 2, "`&`: write `and`"),
        ("1 == 'x", 5, "`'`: this text does not end"),
        ("order.side in []", 15, "wanted `literal`, found `]`"),
        ("order.side in ['buy', -'sell']", 23, "`-` before text"),
        ("5x > 4", 0, "`5x` is not a duration such as 500ms, 2s, 5m, 1h or 1d"),
        (
            "1.2.3 > 4",
            0,
            "`1.2.3` is not a plain decimal (at most 15 digits before the point, 9 after)",
        ),
        ("25:00 > 1s", 0, "`25:00` is no time of day"),
        ("__import__('os')", 0, "no function is called `__import__`"),
        ("1 + 'a' > 2", 4, "`+`: wanted number or duration, found text"),
        ("1s * 2 > 2s", 0, "`*`: wanted number, found duration"),
        ("1 == 1s", 2, "`==` has number and duration, which cannot be put together"),
        ("order.is_replace > true", 0, "`>`: wanted number or duration, found truth"),
        (
            "quote.price > 1",
            0,
            "nothing is called `quote.price`: did you mean `quote.close`?",
        ),
        ("order.qty > 1", 0, "nothing is called `order.qty`"),
        ("order.tif == 'GTC'", 13, "`order.tif` is never `GTC`"),
        ("order.quantity", 0, "a condition is true or false: wanted truth, found number"),
        ("(" * 101 + "true" + ")" * 101, 100, "more than 100 operators and brackets"),
        ("-" * 101 + "1 > 1", 100, "more than 100 operators and brackets"),
        (" and ".join(["true"] * 102), 905, "more than 100 operators and brackets"),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, at: int, said: str) -> None:
    try:
        first = mistakes_of(tree_of(text))[0]
    except Mistake as mistake:
        first = mistake
    assert first.text.startswith(said)
    assert first.at == at


def test_all_mistakes_of_sense_are_told_and_none_twice() -> None:
    tree = tree_of("order.qty * 2 > order.vale and not 3 and foo(1) or order.side == 'x'")
    assert [mistake.at for mistake in mistakes_of(tree)] == [0, 16, 35, 41, 65]


# The plain reading: no binding, nothing worked out beforehand, and decimals for numbers.

_EXACT = Context(prec=200)


def plain(tree: Tree, case: Any) -> Any:
    match tree:
        case Literal():
            is_number = tree.type is Type.NUMBER
            return Decimal(tree.value).scaleb(-9) if is_number else tree.value
        case Name():
            return plain_name(tree.name, case)
        case Unary(sign="not"):
            return not plain(tree.operand, case)
        case Unary():
            return -plain(tree.operand, case)
        case Member():
            inside = plain(tree.operand, case) in [plain(one, case) for one in tree.options]
            return inside != tree.negated
        case Binary(sign="and"):
            return plain(tree.left, case) and plain(tree.right, case)
        case Binary(sign="or"):
            return plain(tree.left, case) or plain(tree.right, case)
        case Binary():
            return plain_sign(tree.sign, plain(tree.left, case), plain(tree.right, case))
        case Call(function="known"):
            try:
                plain(tree.arguments[0], case)
            except Unanswerable:
                return False
            return True
        case Call():
            values = [plain(argument, case) for argument in tree.arguments]
            if tree.function == "abs":
                return abs(values[0])
            return min(values) if tree.function == "min" else max(values)


def plain_name(name: str, case: Any) -> Any:
    meaning = VOCABULARY[name]
    if meaning.fixed is not None:
        value = meaning.fixed(case.place)
    else:
        assert meaning.asked is not None
        value = meaning.asked(case.place)(case)
    if value is None:
        raise Unanswerable
    return Decimal(value).scaleb(-9) if meaning.type is Type.NUMBER else value


def plain_sign(sign: str, left: Any, right: Any) -> Any:
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return _EXACT.multiply(left, right).quantize(Decimal("1e-9"), ROUND_UP, _EXACT)
        case "/" if right == 0:
            raise Unanswerable
        case "/":
            # Enough digits that no quotient of such numbers looks whole when it is not.
            return _EXACT.divide(left, right).quantize(Decimal("1e-9"), ROUND_UP, _EXACT)
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            assert sign == ">="
            return left >= right


_DECIMALS = st.decimals(0, 10**6, places=3).map(lambda number: f"{number:f}")
_NUMBER_NAMES = st.sampled_from(
    sorted(name for name, meaning in VOCABULARY.items() if meaning.type is Type.NUMBER)
)
_TEXT_NAMES = st.sampled_from(["instrument.sector", "strategy.id", "account.trader"])
_NUMBERS = st.recursive(
    _DECIMALS | _NUMBER_NAMES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda one: f"({' '.join(one)})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
            lambda one: f"{one[0]}({one[1]}, {one[2]})"
        ),
        inner.map("abs({})".format),
        inner.map("(-{})".format),
    ),
    max_leaves=6,
)
_LITERALS = st.sampled_from(['"Technology"', '"twap"', '"ann"', '"Energy"'])
_TRUTHS = st.recursive(
    st.one_of(
        st.tuples(_NUMBERS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), _NUMBERS).map(
            " ".join
        ),
        st.tuples(_TEXT_NAMES, st.sampled_from(["in", "not in"]), _LITERALS, _LITERALS).map(
            lambda one: f"{one[0]} {one[1]} [{one[2]}, {one[3]}]"
        ),
        _TEXT_NAMES.map("known({})".format),
        st.sampled_from(["true", "false", "order.is_replace", "quote.age > 1s"]),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda one: f"({' '.join(one)})"
        ),
        inner.map("not ({})".format),
    ),
    max_leaves=8,
)


@pytest.mark.fuzz
@given(
    when=_TRUTHS,
    side=st.sampled_from(Side),
    quantity=st.integers(1, 10**6),
    limit=st.none() | st.integers(1, 10**6),
    position=st.integers(-5, 5),
    strategy=st.none() | st.just("twap"),
    prices=st.dictionaries(st.sampled_from(["bid", "ask", "last", "close"]), st.integers(1, 200)),
)
def test_an_answer_is_what_the_plain_reading_says(
    new_world: Callable[[], Any],
    when: str,
    side: Side,
    quantity: int,
    limit: int | None,
    position: int,
    strategy: str | None,
    prices: dict[str, int],
) -> None:
    world = new_world()
    place = world.place(strategy=strategy)
    world.book.adjust(
        place.account.id,
        place.strategy,
        place.instrument.id,
        Quantity(position * NANO),
        Price(NANO),
    )
    quote = world.quote(place, **{name: str(value) for name, value in prices.items()})
    case = world.case(
        place,
        side=side,
        quantity=str(quantity),
        limit=None if limit is None else str(limit),
        quote=quote,
    )
    expression = read_expression(when)
    assert _told(lambda: asked(answer_at(expression.tree, place))(case)) == _told(
        lambda: plain(expression.tree, case)
    )


def _told(answer: Callable[[], Any]) -> Any:
    try:
        return bool(answer())
    except Unanswerable:
        return "no answer"


@given(st.text(alphabet=st.sampled_from("><=order.pi c!()[]\"', 0123456789%smandnot+-*/\n_é")))
def test_any_text_is_an_expression_or_a_mistake_within_it(text: str) -> None:
    try:
        mistakes = mistakes_of(tree_of(text))
    except Mistake as mistake:
        mistakes = [mistake]
    assert all(0 <= mistake.at <= len(text) for mistake in mistakes)


def test_an_expression_keeps_its_text_with_one_blank_between_words() -> None:
    expression = read_expression("  order.quantity\n   > 1 ")
    assert isinstance(expression, Expression)
    assert expression.text == "order.quantity > 1"
