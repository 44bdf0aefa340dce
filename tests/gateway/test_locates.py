"""What short sales use of a locate, through everything that can become of them.

After each event `tests.builders.Gate` counts the use again from all orders: the plain twin of
`Book.located`.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.fixed import NANO, Quantity
from domain.ids import ClOrdId, ExecId
from domain.lifecycle import ExecType
from domain.messages import CancelRefused, SendOrder, SendReplace
from domain.order import Order, Side
from domain.permission import Locate
from gateway.outcome import Outcome
from gateway.snapshot import digest
from tests.builders import IBM, Gate, every, executed, only, order, price, reference, rule, shares
from tests.builders import traded as filled

LOCATES = {name: Locate(id=name, instrument=IBM, quantity=shares(100)) for name in ("L", "M")}
RULE = rule("locate")


def opened() -> Gate:
    return Gate.opened(reference(locates=LOCATES), [RULE])


def short(name: str = "1", count: int = 100, locate: str | None = "L") -> Order:
    return order(name, side=Side.SELL_SHORT, quantity=shares(count), locate_id=locate)


def used(gate: Gate, locate: str = "L") -> int:
    return gate.state.book.located.get(locate, 0) // NANO


def passes(outcome: Outcome) -> bool:
    assert outcome.decision is not None
    return outcome.decision.passes


def canceled(name: str, count: int = 0) -> Any:
    return executed(ExecType.CANCELED, name, filled=shares(count))


def test_a_short_sale_uses_its_locate_from_the_moment_it_is_decided() -> None:
    gate = opened()
    gate.accepted(short())
    assert used(gate) == 100
    assert not passes(gate.ask(short("2", 1)))
    assert used(gate) == 100


def test_what_was_not_filled_comes_back_and_what_was_does_not() -> None:
    gate = opened()
    name = gate.working(short())
    gate.does(filled(name, 30, name="X1", filled=30, leaves=70))
    assert used(gate) == 100
    gate.does(canceled(name, 30))
    assert used(gate) == 30
    assert not passes(gate.ask(short("2", 71)))
    assert passes(gate.ask(short("3", 70)))


def test_a_rejected_sale_gives_all_of_it_back() -> None:
    gate = opened()
    name = gate.accepted(short())
    gate.does(executed(ExecType.REJECTED, name))
    assert used(gate) == 0


def test_a_fill_after_the_cancel_uses_it_and_a_bust_gives_it_back() -> None:
    gate = opened()
    name = gate.working(short())
    gate.does(canceled(name))
    gate.does(filled(name, 40, name="X1", filled=40, leaves=0))
    assert used(gate) == 40
    bust = executed(
        ExecType.TRADE_CANCEL,
        name,
        exec_id=ExecId("X2"),
        exec_ref_id=ExecId("X1"),
        leaves=Quantity(0),
    )
    gate.does(bust)
    assert used(gate) == 0


def test_a_correction_uses_what_was_really_sold() -> None:
    gate = opened()
    name = gate.working(short())
    gate.does(filled(name, 40, name="X1", filled=40, leaves=60))
    gate.does(canceled(name, 40))
    corrected = executed(
        ExecType.TRADE_CORRECT,
        name,
        exec_id=ExecId("X2"),
        exec_ref_id=ExecId("X1"),
        last_quantity=shares(25),
        last_price=price(10_000),
        filled=shares(25),
        leaves=Quantity(0),
    )
    gate.does(corrected)
    assert used(gate) == 25


def test_a_replace_uses_the_larger_version_until_it_is_answered() -> None:
    gate = opened()
    name = gate.working(short(count=50))
    request = only(gate.replace("1", short("2", 90)), SendReplace).order_id
    assert used(gate) == 90
    gate.refuses(request, name)
    assert used(gate) == 50
    request = only(gate.replace("1", short("3", 20)), SendReplace).order_id
    assert used(gate) == 50
    gate.does(executed(ExecType.REPLACED, request, leaves=shares(20), quantity=shares(20)))
    assert used(gate) == 20


def test_a_replace_keeps_its_locate_and_may_not_change_it() -> None:
    gate = opened()
    gate.working(short(count=50))
    refusal = only(gate.replace("1", short("2", 50, "M")), CancelRefused)
    assert refusal.text == "a replace may not change the locate"
    sent = only(gate.replace("1", short("3", 60, None)), SendReplace)
    assert sent.order.locate_id == "L"
    assert (used(gate), used(gate, "M")) == (60, 0)


def test_a_long_sale_and_a_purchase_use_nothing_whatever_they_name() -> None:
    gate = Gate.opened(reference(locates=LOCATES))
    for number, side in enumerate((Side.BUY, Side.SELL)):
        gate.accepted(order(str(number), side=side, locate_id="L"))
    assert used(gate) == 0


def test_the_use_is_part_of_the_state() -> None:
    gates = opened(), opened()
    for gate in gates:
        gate.accepted(short())
    assert digest(gates[0].state) == digest(gates[1].state)
    gates[0].state.book.located["L"] = Quantity(0)
    assert digest(gates[0].state) != digest(gates[1].state)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["sell", "fill", "replace", "cancel"]),
        st.integers(0, 5),
        st.integers(1, 70),
        st.sampled_from(["L", "M"]),
    ),
    max_size=16,
)


@given(STEPS)
def test_no_locate_is_ever_used_beyond_its_quantity(steps: list[Any]) -> None:
    gate = opened()
    sold: list[str] = []
    for number, (what, which, count, locate) in enumerate(steps):
        name = sold[which % len(sold)] if sold else None
        working = None if name is None else gate.found(name)
        if what == "sell":
            outcome = gate.ask(short(f"S{number}", count, locate))
            if every(outcome, SendOrder):
                assert outcome.order_id is not None
                sold.append(outcome.order_id)
        elif working is None or working.ended or name is None:
            continue
        elif what == "fill":
            done = working.filled // NANO
            now = min(count, (working.order.quantity - working.filled) // NANO)
            left = working.order.quantity // NANO - done - now
            gate.does(filled(name, now, name=f"X{number}", filled=done + now, leaves=left))
        elif what == "replace":
            asked = short(f"S{number}", count, None)
            sent = every(gate.replace(ClOrdId(working.order.cl_ord_id), asked), SendReplace)
            if sent and which % 2:
                left = Quantity(shares(count) - working.filled)
                gate.does(
                    executed(
                        ExecType.REPLACED,
                        sent[0].order_id,
                        quantity=shares(count),
                        filled=working.filled,
                        leaves=left,
                    )
                )
        else:
            gate.does(canceled(name, working.filled // NANO))
        assert max(used(gate), used(gate, "M")) <= 100
