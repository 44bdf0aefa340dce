"""What was accepted breaks no limit, however it then fills, is replaced or ends.

The oracle is a ledger that knows nothing of nodes, lines or closures: a list of orders with what
is filled and what may still fill. From a flat book, at prices that do not move, every limit
must hold at every moment at both ends of what can happen.
"""

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.finding import decided
from domain.fixed import NANO, Price, Quantity
from domain.ids import Digest
from domain.lifecycle import Status
from domain.working import Working
from rules.case import Case
from rules.given import GivenText, OrderText
from rules.nodes import read_nodes
from rules.parse import policy_of
from rules.policy import Policy
from rules.world import World

PRICE = {"HOME": 10, "AWAY": 30, "CALL": 10, "PUT": -5}
"""What one unit adds to an exposure in the base currency: a point of AWAY is worth three, at par;
an option counts by its delta, times its multiplier, on HOME."""
COMPANY = ("HOME", "CALL", "PUT")
"""What shares an issuer: HOME, and what is written on it."""
ADV = 20
"""The daily volume of every instrument."""
EQUITY = 40
"""What account A is worth, and B twice that. Trades are at the mark, so it stays so."""

GIVEN: dict[str, Any] = {
    "instruments": {
        "HOME": {"issuer": "Home Co"},
        "AWAY": {"multiplier": "3", "issuer": "Away Co"},
        "CALL": {"asset_class": "option", "multiplier": "2", "underlying": "HOME"},
        "PUT": {"asset_class": "option", "multiplier": "2", "underlying": "HOME"},
    },
    "accounts": {"A": {"trader": "ann"}, "B": {"trader": "bob"}},
    "quotes": {name: {"last": "10"} for name in PRICE},
    "figures": {
        "HOME": {"adv": str(ADV)},
        "AWAY": {"adv": str(ADV)},
        "CALL": {"adv": str(ADV), "delta": "0.5"},
        "PUT": {"adv": str(ADV), "delta": "-0.25"},
    },
    "balances": {"A": {"equity": str(EQUITY)}, "B": {"equity": str(2 * EQUITY)}},
}

POLICY = """
policy: limits
version: 1
rules:
  - {{id: position, kind: max_position, long: {long}, short: {short}}}
  - {{id: desk-position, kind: max_position, per: desk, net: {net}, gross: {both}}}
  - {{id: exposure, kind: max_exposure, per: account, gross: {gross} USD}}
  - {{id: desk-exposure, kind: max_exposure, per: desk, gross: {gross} USD, net: {value} USD}}
  - {{id: one-name, kind: concentration, limit: 60%, capital: {gross} USD}}
  - {{id: company, kind: concentration, of: issuer, per: desk, limit: 80%, capital: {gross} USD}}
  - {{id: volume, kind: concentration, per: desk, limit: 50%, adv_age: 1d}}
  - {{id: credit, kind: credit_limit, per: trader, limit: {credit} USD, soft: 10 USD}}
  - {{id: named, kind: credit_limit, named: credit, required: true}}
  - {{id: margin, kind: buying_power, maintenance: 50%}}
  - {{id: open-value, kind: max_open_value, limit: {open} USD}}
  - {{id: open, kind: max_open_orders, limit: 4}}
"""


@dataclass
class Entry:
    """One accepted order as the ledger sees it."""

    account: str
    instrument: str
    sign: int
    left: int
    filled: int = 0


class Ledger:
    def __init__(self, limits: dict[str, Any]) -> None:
        self.limits = limits
        self.entries: list[Entry] = []

    def ends(self, accounts: str, instrument: str) -> tuple[int, int]:
        """The longest and the shortest some accounts can become in an instrument."""
        mine = [e for e in self.entries if e.account in accounts and e.instrument == instrument]
        held = sum(e.sign * e.filled for e in mine)
        long = held + sum(e.left for e in mine if e.sign > 0)
        short = held - sum(e.left for e in mine if e.sign < 0)
        return max(0, long), max(0, -short)

    def waiting(self, accounts: str, instrument: str) -> int:
        """What may still fill of some accounts' orders in an instrument."""
        mine = [e for e in self.entries if e.account in accounts and e.instrument == instrument]
        return sum(e.left for e in mine)

    def broken(self) -> list[str]:
        """Every limit that does not hold."""
        found = []
        limit = self.limits
        for account in "AB":
            gross, waiting = 0, 0
            for instrument, unit in PRICE.items():
                price = abs(unit)
                long, short = self.ends(account, instrument)
                waiting += self.waiting(account, instrument) * price
                if long > limit["long"] or short > limit["short"]:
                    found.append(f"position of {account} in {instrument}: {long}, {short}")
                gross += max(long, short) * price
                if max(long, short) * price * 10 > limit["gross"] * 6:
                    found.append(f"concentration of {account} in {instrument}")
            if gross > min(limit["gross"], limit["credit"], limit["named"][account]):
                found.append(f"exposure of {account}: {gross}")
            if gross > 2 * EQUITY * "AB".index(account) + 2 * EQUITY:
                found.append(f"margin of {account}: {gross}")
            if waiting > limit["open"]:
                found.append(f"open value of {account}: {waiting}")
            working = sum(e.left > 0 for e in self.entries if e.account == account)
            if working > 4:
                found.append(f"open orders of {account}: {working}")
        both, up, down, company = 0, 0, 0, 0
        for instrument, price in PRICE.items():
            long, short = self.ends("AB", instrument)
            if max(long, short) * 2 > ADV:
                found.append(f"share of the volume of {instrument}: {long}, {short}")
            if instrument in COMPANY:
                company += max(long, short) * abs(price)
            if max(long, short) > limit["net"] or long + short > limit["both"]:
                found.append(f"position of the desk in {instrument}: {long}, {short}")
            both += max(long, short) * abs(price)
            mine = [e for e in self.entries if e.instrument == instrument]
            held = sum(e.sign * e.filled for e in mine)
            bought = (held + sum(e.left for e in mine if e.sign > 0)) * price
            sold = (held - sum(e.left for e in mine if e.sign < 0)) * price
            up += max(bought, sold)
            down += min(bought, sold)
        if company * 10 > limit["gross"] * 8:
            found.append(f"concentration of the desk in one company: {company}")
        if both > limit["named"]["desk"]:
            found.append(f"credit of the desk: {both}")
        if both > limit["gross"] or max(up, -down) > limit["value"]:
            found.append(f"exposure of the desk: {both}, {up}, {down}")
        return found


LIMITS = st.fixed_dictionaries(
    {
        "long": st.integers(1, 12),
        "short": st.integers(0, 12),
        "net": st.integers(1, 15),
        "both": st.integers(1, 20),
        "gross": st.integers(100, 600),
        "value": st.integers(50, 400),
        "credit": st.integers(50, 600),
        "open": st.integers(20, 200),
        "named": st.fixed_dictionaries(
            {"A": st.integers(50, 600), "B": st.integers(50, 600), "desk": st.integers(100, 600)}
        ),
    }
)
ORDERS = st.tuples(
    st.just("order"),
    st.sampled_from("AB"),
    st.sampled_from(sorted(PRICE)),
    st.sampled_from(["buy", "sell", "sell_short"]),
    st.integers(1, 9),
)
CHANGES = st.tuples(
    st.sampled_from(["fill", "replace", "cancel"]), st.integers(0, 9), st.integers(1, 12)
)


def judge(world: World, policy: Policy, terms: dict[str, str], old: Working | None) -> Case | None:
    """Put an order; give its case if it is accepted."""
    order = world.order(OrderText.model_validate(terms), f"S{len(world.orders)}")
    case = Case(
        at=world.at,
        order=order,
        place=world.place(order),
        quote=world.quote(order.instrument),
        replaced=old,
    )
    findings = policy.bind(case.place).judge(case)
    return case if decided(findings, policy.digest).passes else None


@given(limits=LIMITS, steps=st.lists(ORDERS | CHANGES, max_size=30))
def test_no_limit_is_ever_exceeded(limits: dict[str, Any], steps: list[Any]) -> None:
    text = POLICY.format(**limits).encode()
    policy = policy_of(read_nodes(text, file="p"), digest=Digest("0" * 64), file="p")
    scopes = {"A": "account:A", "B": "account:B", "desk": "desk:cash"}
    named = tuple(
        {"name": "credit", "scope": scopes[name], "hard": str(hard)}
        for name, hard in limits["named"].items()
    )
    world = World(GivenText.model_validate(GIVEN | {"limits": named}), policy.memories())
    ledger = Ledger(limits)
    working: list[Working] = []
    for step in steps:
        match step:
            case ("order", account, instrument, side, quantity):
                terms = {
                    "account": account,
                    "instrument": instrument,
                    "side": side,
                    "quantity": str(quantity),
                }
                case = judge(world, policy, terms, None)
                if case is not None:
                    working.append(world.open(case.order, f"S{len(world.orders)}"))
                    sign = 1 if side == "buy" else -1
                    ledger.entries.append(Entry(account, instrument, sign, quantity))
            case (what, which, quantity) if working:
                number = which % len(working)
                change(world, policy, working[number], ledger.entries[number], what, quantity)
        assert ledger.broken() == []


def change(
    world: World, policy: Policy, old: Working, entry: Entry, what: str, quantity: int
) -> None:
    """Fill, replace or cancel an order, in the book and in the ledger."""
    if old.ended:
        return
    if what == "fill":
        filled = min(quantity, entry.left)
        world.book.trade(old.order, filled * NANO, Price(10 * NANO))
        entry.filled, entry.left = entry.filled + filled, entry.left - filled
    elif what == "cancel":
        entry.left = 0
    elif quantity > entry.filled:
        terms = {
            "account": entry.account,
            "instrument": entry.instrument,
            "side": old.order.side.name.lower(),
            "quantity": str(quantity),
        }
        case = judge(world, policy, terms, old)
        if case is not None:
            old.order, entry.left = case.order, quantity - entry.filled
    old.filled, old.leaves = Quantity(entry.filled * NANO), Quantity(entry.left * NANO)
    old.status = Status.NEW if entry.left else Status.CANCELED
    world.book.hold(old)
