"""How long a policy takes to judge an order: `python -m tests.bench.bench_decide`.

Policies of 10, 50 and 200 rules are made from sixteen real kinds in turn, each rule with a limit
of its own; in the largest only 20 apply, the others being other desks'. Every order passes every
rule, which is the slowest yes: nothing may be left out. `one` asks one account in one share again
and again; `many` goes round forty accounts in twenty shares, each with its own bound checks and
its own lines in the book, so that caches are as cold as a desk makes them. `denied` breaks one
limit, so one finding is made.

`judge` is `Panel.judge`; `case` is gathering the order's facts, before. Each call is timed by
itself for p50 and p99, which counts the clock in (`clock`, about a twentieth of a microsecond);
`cpu` is the processor's time for a call in a run without a clock between. Microseconds
everywhere, of the quietest of several runs.

Beside them, when `zen-engine` and `nautilus_trader` can be imported, their nearest equivalents
(`tests/bench/peers_decide.py`). JSON on standard output.
"""

import argparse
import gc
import json
import operator
import platform
import time
from collections.abc import Callable, Sequence
from typing import Any

from domain.account import Account
from domain.book import Book
from domain.calendar import always_open
from domain.consent import Consents
from domain.fixed import NANO, Price, Quantity
from domain.ids import (
    AccountId,
    CalendarId,
    ClOrdId,
    DeskId,
    Digest,
    FirmId,
    InstrumentId,
    Micros,
    OwnerId,
    SessionId,
    TraderId,
)
from domain.instrument import AssetClass, Instrument, TickBand
from domain.limits import Limits
from domain.listed import InstrumentList
from domain.market import Quote
from domain.money import Currency
from domain.order import Order, OrdType, Side
from domain.reference import Reference
from rules.case import Case
from rules.check import Panel
from rules.parse import parse_policy
from rules.place import Place
from rules.policy import Policy
from tests.bench.peers_decide import peers

NOW = Micros(1_700_000_000_000_000)
ACCOUNTS, INSTRUMENTS = 40, 20
RUNS = 5
"""The quietest counts: a busy machine only adds."""

KINDS = (
    "kind: max_order_quantity, limit: {n}000",
    "kind: max_order_value, limit: {n}000000 USD, slippage: 5%",
    "kind: price_collar, percent: {share}%",
    "kind: max_position, per: account, long: {n}00000, short: {n}00000",
    "kind: max_exposure, per: desk, gross: {n}0000000 USD",
    "kind: instrument_validity",
    "kind: quote_age, max_age: {n}s",
    "kind: restricted_list, list: restricted",
    "kind: message_rate, per: session, limit: {n}, window: 1s",
    "kind: duplicate_order, window: 1s",
    "kind: self_trade",
    "kind: short_sale",
    "kind: session_hours",
    "kind: max_open_orders, per: account, limit: {n}",
    "kind: concentration, per: account, limit: 25%, capital: {n}00000000 USD",
    'kind: condition, when: order.value > {n}000000 and order.type == "market"',
)


def policy(applying: int, others: int = 0) -> Policy:
    """Make a policy of which `applying` rules are asked, and `others` are other desks'."""
    lines = []
    for number in range(applying + others):
        kind = KINDS[number % len(KINDS)].format(n=100 + number, share=5 + number % 5)
        # Spread among the others, as they would be in a policy of a whole firm.
        asked = number * applying // (applying + others) != (number + 1) * applying // (
            applying + others
        )
        scope = "" if asked else f", scope: {{desk: other{number % 9}}}"
        lines.append(f"  - {{id: r{number}, {kind}{scope}}}")
    text = "\n".join(("policy: bench", "version: 1", "rules:", *lines))
    return parse_policy(text.encode(), file="bench.yaml")


def facts() -> Reference:
    """One firm, four desks, forty accounts, twenty shares."""
    calendar = always_open(CalendarId("always"))
    instruments = [
        Instrument(
            id=InstrumentId(f"SHARE{number}"),
            symbol=f"SHARE{number}",
            mic="XNYS",
            asset_class=AssetClass.EQUITY,
            currency=Currency("USD"),
            ticks=(TickBand(Price(0), Price(NANO // 100)),),
            calendar=calendar.id,
        )
        for number in range(INSTRUMENTS)
    ]
    accounts = [
        Account(
            id=AccountId(f"A{number}"),
            trader=TraderId(f"trader{number % 8}"),
            desk=DeskId(f"desk{number % 4}"),
            firm=FirmId("firm"),
            owner=OwnerId(f"owner{number}"),
        )
        for number in range(ACCOUNTS)
    ]
    return Reference(
        digest=Digest("0" * 64),
        base=Currency("USD"),
        instruments={one.id: one for one in instruments},
        accounts={one.id: one for one in accounts},
        calendars={calendar.id: calendar},
        lists={"restricted": InstrumentList()},
    )


class Floor:
    """The places orders come to, bound to a policy, and an order for each."""

    def __init__(self, rules: Policy, *, many: bool, quantity: int = 100) -> None:
        reference = facts()
        book = Book()
        book.load(reference)
        memories = rules.memories()
        self.asked: list[tuple[Panel, Order, Place, Quote]] = []
        for account in reference.accounts.values():
            for instrument in reference.instruments.values():
                quote = Quote(
                    instrument=instrument.id,
                    at=Micros(NOW - 1_000),
                    bid=Price(99 * NANO),
                    ask=Price(101 * NANO),
                    last=Price(100 * NANO),
                )
                book.quote(quote)
                book.adjust(account.id, None, instrument.id, Quantity(50 * NANO), Price(NANO))
                place = Place(
                    account=account,
                    instrument=instrument,
                    strategy=None,
                    session=SessionId(account.desk),
                    path=book.path(account.id, None),
                    reference=reference,
                    book=book,
                    states={},
                    limits=Limits(),
                    consents=Consents(),
                    memories=memories,
                )
                order = Order(
                    session=place.session,
                    cl_ord_id=ClOrdId("1"),
                    account=account.id,
                    instrument=instrument.id,
                    side=Side.BUY,
                    type=OrdType.LIMIT,
                    quantity=Quantity(quantity * NANO),
                    price=Price(100 * NANO),
                )
                self.asked.append((rules.bind(place), order, place, quote))
        if not many:
            self.asked = self.asked[:1]

    def measure(self, calls: int) -> dict[str, Any]:
        """Time `calls` judgements, going round the places."""
        cases = [
            Case(at=NOW, order=order, place=place, quote=quote)
            for _, order, place, quote in self.asked
        ]
        panels = [panel for panel, *_ in self.asked]

        def case(number: int) -> object:
            _, order, place, quote = self.asked[number]
            return Case(at=NOW, order=order, place=place, quote=quote)

        def judge(number: int) -> object:
            return panels[number].judge(cases[number])

        found = panels[0].judge(cases[0])
        return {
            "checks": len(panels[0].checks),
            "findings": [finding.reason for finding in found],
            "judge": timed(judge, len(panels), calls),
            "case": timed(case, len(panels), calls),
        }


def timed(function: Callable[[int], object], places: int, calls: int) -> dict[str, float]:
    """Time a function, going round the places: the quietest of several runs."""
    runs = [_timed(function, places, max(calls // RUNS, 1)) for _ in range(RUNS)]
    return min(runs, key=operator.itemgetter("p50"))


def _timed(function: Callable[[int], object], places: int, calls: int) -> dict[str, float]:
    clock = time.perf_counter_ns
    order = [number % places for number in range(calls)]
    single = []
    for number in order:
        before = clock()
        function(number)
        single.append(clock() - before)
    before = time.process_time_ns()
    for number in order:
        function(number)
    cpu = (time.process_time_ns() - before) / calls
    return {**percentiles(single), "cpu": round(cpu / 1000, 3)}


def percentiles(nanoseconds: Sequence[int]) -> dict[str, float]:
    """Give the median and the 99th percentile, in microseconds."""
    ordered = sorted(nanoseconds)
    return {
        "p50": ordered[len(ordered) // 2] / 1000,
        "p99": ordered[len(ordered) * 99 // 100] / 1000,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--calls", type=int, default=50_000, help="judgements in each run")
    calls = parser.parse_args().calls
    policies = {
        "10 rules": policy(10),
        "50 rules": policy(50),
        "200 rules, 20 apply": policy(20, 180),
    }
    gc.collect()
    gc.freeze()
    gc.disable()
    result: dict[str, Any] = {
        "python": platform.python_version(),
        "clock": timed(lambda _: None, 1, calls),
    }
    for name, rules in policies.items():
        result[name] = {
            "one": Floor(rules, many=False).measure(calls),
            "many": Floor(rules, many=True).measure(calls),
        }
    result["50 rules, denied"] = {
        "one": Floor(policies["50 rules"], many=False, quantity=100_001).measure(calls // 10)
    }
    result["peers"] = peers(calls // 10, timed)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
