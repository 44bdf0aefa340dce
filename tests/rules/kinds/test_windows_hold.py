"""Limits over a window refuse exactly what breaks them, in any sequence of what may happen.

The oracle is a list of everything that happened, with its instant, gone through from the beginning
for every order: it knows nothing of deques, extremes or counts.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.events import CancelAsked, OrderAsked, ReplaceAsked
from domain.finding import decided
from domain.fixed import NANO, Price, Quantity
from domain.ids import ClOrdId, Digest, Micros
from domain.working import Working
from rules.case import Case
from rules.given import GivenText, OrderText, QuoteText
from rules.nodes import read_nodes
from rules.parse import policy_of
from rules.policy import Policy
from rules.world import World

WINDOW = 5


def policy(rule: str) -> Policy:
    text = f"policy: windows\nversion: 1\nrules:\n  - {{id: it, {rule}}}\n".encode()
    return policy_of(read_nodes(text, file="p"), digest=Digest("0" * 64), file="p")


def put(
    world: World,
    judged: Policy,
    terms: dict[str, str],
    quote: str | None = None,
    replaced: Working | None = None,
) -> Working | None:
    """Put an order or a replace, and show it to the memories; give it if it was accepted."""
    name = f"S{len(world.orders)}"
    order = world.order(OrderText.model_validate(terms), name)
    seen = None if quote is None else QuoteText.model_validate({"last": quote})
    given = world.quote(order.instrument, seen)
    place = world.place(order)
    case = Case(at=world.at, order=order, place=place, quote=given, replaced=replaced)
    decision = decided(judged.bind(place).judge(case), judged.digest)
    if replaced is None:
        world.remember(0, OrderAsked(order=order, quote=given), order, decision.verdict)
    else:
        old = replaced.order.cl_ord_id
        body = ReplaceAsked(orig_cl_ord_id=old, order=order, quote=given)
        world.remember(0, body, order, decision.verdict)
    return world.open(order, name, replaced) if decision.passes else None


PRICES = st.integers(90, 110)
MOVES = st.lists(
    st.tuples(st.integers(0, 3), PRICES, st.none() | PRICES, st.booleans()), max_size=25
)


@given(steps=MOVES)
def test_a_price_passes_if_it_is_near_every_price_of_the_window(
    steps: list[tuple[int, int, int | None, bool]],
) -> None:
    judged = policy(f"kind: price_move, amount: 7, window: {WINDOW}us")
    world = World(GivenText(), judged.memories())
    past: list[tuple[int, int]] = []
    for wait, reference, limit, marked in steps:
        world.at = Micros(world.at + wait)
        past.append((world.at, reference))
        if marked:
            marks = world.mark({"ACME": QuoteText.model_validate({"last": str(reference)})})
            world.remember(0, marks)
            continue
        terms = {} if limit is None else {"price": str(limit)}
        price = reference if limit is None else limit
        inside = [seen for at, seen in past if at > world.at - WINDOW]
        accepted = put(world, judged, terms, str(reference)) is not None
        assert accepted == all(abs(price - seen) <= 7 for seen in inside)


DOINGS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["order", "replace", "cancel", "trade"])),
    max_size=30,
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "orders_per_trade": st.integers(1, 3),
        "replaces_per_order": st.integers(1, 3),
        "cancels_per_order": st.integers(1, 3),
    },
).filter(bool)


@given(limits=LIMITS, sample=st.integers(1, 4), steps=DOINGS)
def test_an_order_passes_if_every_ratio_of_the_window_holds(
    limits: dict[str, int], sample: int, steps: list[tuple[int, str]]
) -> None:
    told = ", ".join(f"{name}: {limit}" for name, limit in limits.items())
    judged = policy(f"kind: order_to_trade, window: {WINDOW}us, min_sample: {sample}, {told}")
    world = World(GivenText.model_validate({"working": ({"id": "W"},)}), judged.memories())
    working = world.working("W")
    past: list[tuple[int, str]] = []
    for number, (wait, what) in enumerate(steps):
        world.at = Micros(world.at + wait)
        match what:
            case "cancel":
                cancel = CancelAsked(
                    session=working.order.session,
                    cl_ord_id=ClOrdId(f"C{number}"),
                    orig_cl_ord_id=working.order.cl_ord_id,
                )
                world.remember(0, cancel, working.order)
            case "trade":
                report = world.fill(working, Quantity(NANO), Price(NANO))
                world.remember(0, report, working.order)
            case _:
                replaced = working if what == "replace" else None
                accepted = put(world, judged, {}, replaced=replaced) is not None
                inside = [each for at, each in past if at > world.at - WINDOW]
                assert accepted == holds(limits, sample, [*inside, what])
                if not accepted:
                    continue
        past.append((world.at, what))


def holds(limits: dict[str, Any], sample: int, happened: list[str]) -> bool:
    """Whether what happened in a window keeps every ratio."""
    orders, replaces, cancels, trades = (
        happened.count(each) for each in ("order", "replace", "cancel", "trade")
    )
    messages = orders + replaces + cancels
    pairs = {
        "orders_per_trade": (messages, trades),
        "replaces_per_order": (replaces, orders),
        "cancels_per_order": (cancels, orders),
    }
    return messages < sample or all(
        above <= limit * below
        for (above, below), limit in ((pairs[name], limit) for name, limit in limits.items())
    )
