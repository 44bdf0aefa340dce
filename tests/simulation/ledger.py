"""The oracle's own books: orders, holds, positions and values, recounted from records each time.

No code of the gate is used, no sum is kept that can be counted again, and brokers are believed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

ENDS = {"2", "4", "8", "C"}
NANO = Decimal(10) ** 9

Json = dict[str, Any]


@dataclass(slots=True)
class Account:
    """What the oracle holds of one order."""

    name: str
    place: str
    scopes: tuple[str, ...]
    instrument: str
    buying: bool
    quantity: Decimal
    route: str
    desk: tuple[str, str]
    at: int
    locate: str | None = None
    fills: dict[str, list[Decimal]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    leaves: Decimal = Decimal(0)
    ended: bool = False
    pending: dict[str, Decimal] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)

    @property
    def filled(self) -> Decimal:
        trades = {id(fill): fill for fill in self.fills.values()}
        return sum((quantity for quantity, _ in trades.values()), Decimal(0))

    @property
    def average(self) -> Decimal:
        trades = {id(fill): fill for fill in self.fills.values()}
        worth = sum((quantity * price for quantity, price in trades.values()), Decimal(0))
        return worth / self.filled if self.filled else Decimal(0)

    @property
    def held(self) -> Decimal:
        if self.ended:
            return Decimal(0)
        versions = [self.leaves, self.quantity - self.filled]
        return max(versions + [each - self.filled for each in self.pending.values()])


class Ledger:
    """What the records have said so far."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.tree: Mapping[str, Sequence[str]] = {}
        self.orders: dict[str, Account] = {}
        self.names: dict[str, Account] = {}
        self.given: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.quotes: dict[str, tuple[int, Decimal]] = {}
        self.rates: dict[str, Decimal] = {}
        self.statuses: dict[str, Json] = {}
        self.copied: set[str] = set()
        """What was sent more than once."""

    def fault(self, seq: int | str, what: str) -> None:
        self.wrong.append(f"record {seq}: {what}")

    # What brokers say.

    def executed(self, seq: int, event: Json) -> None:
        account = self.names.get(event["order_id"]) or self.names.get(
            event.get("orig_order_id", "")
        )
        if account is None or account.route != event["route"]:
            return
        kind, status = event["type"], event["status"]
        filled, leaves = Decimal(event["filled"]), Decimal(event["leaves"])
        if kind == "I":
            if status in ENDS and filled == account.filled and not unknown(event):
                account.ended = True
            return
        if event["exec_id"] in account.seen:
            return
        account.seen.add(event["exec_id"])
        if kind == "8" and event.get("reason") == 6 and account.name in self.copied:
            return
        if kind in "FGH":
            self._traded(seq, account, event)
            account.leaves = leaves
            account.ended = not leaves and (account.ended or filled >= account.quantity)
        elif kind in "48C" and not (account.ended and kind != "4"):
            account.ended = True
        elif kind == "5":
            told = Decimal(event.get("quantity", account.quantity))
            account.quantity = account.pending.pop(event["order_id"], told)
            account.leaves = leaves
        elif kind == "D":
            account.quantity = Decimal(event.get("quantity", account.quantity))
            account.leaves = leaves
            account.ended = account.ended or account.filled >= account.quantity
        elif kind not in "6E" and not account.ended:
            account.leaves = leaves
        if account.ended:
            account.pending.clear()

    def _traded(self, seq: int, account: Account, event: Json) -> None:
        named = event["exec_id"]
        if event["type"] == "F":
            fill = [Decimal(0), Decimal(0)]
        elif event["exec_ref_id"] in account.fills:
            fill = account.fills[event["exec_ref_id"]]
        else:
            self.fault(seq, f"corrects trade {event['exec_ref_id']}, which was never recorded")
            return
        gone = event["type"] == "H"
        fill[:] = [
            Decimal(0) if gone else Decimal(event["last_quantity"]),
            Decimal(0) if gone else Decimal(event["last_price"]),
        ]
        account.fills[named] = fill

    def message_rejected(self, event: Json) -> None:
        account = self.names.get(event["order_id"])
        if event["message_type"] == "D" and account is not None:
            account.ended = True
        elif event["message_type"] != "H":
            self.drop(event["order_id"])

    def drop(self, name: str, *, when: bool = True) -> None:
        account = self.names.get(name)
        if account is not None and when:
            account.pending.pop(name, None)

    # What the world is like.

    def ends(self, place: str) -> defaultdict[str, tuple[Decimal, Decimal]]:
        """By instrument, how low and how high a position may end if all that works fills."""
        found: defaultdict[str, tuple[Decimal, Decimal]]
        found = defaultdict(lambda: (Decimal(0), Decimal(0)))
        for (account, instrument), given in self.given.items():
            if place in self.tree.get(account, ()):
                low, high = found[instrument]
                found[instrument] = (low + given, high + given)
        for each in self.orders.values():
            if place in each.scopes:
                low, high = found[each.instrument]
                done = each.filled if each.buying else -each.filled
                found[each.instrument] = (
                    low + done - (0 if each.buying else each.held),
                    high + done + (each.held if each.buying else 0),
                )
        return found

    def scopes_of(self, order: Json) -> tuple[str, ...]:
        strategy = [f"strategy:{order['strategy']}"] if order.get("strategy") else []
        return (*self.tree[order["account"]], *strategy)

    def regroup(self, tree: Mapping[str, Sequence[str]]) -> None:
        """Let accounts stand elsewhere from now on, and their orders with them."""
        self.tree = tree
        for each in self.orders.values():
            strategies = (place for place in each.scopes if place.startswith("strategy:"))
            each.scopes = (*self.tree[each.place], *strategies)

    def all_scopes(self, account: Account) -> tuple[str, ...]:
        """Give every scope an order lies in, those that cut across the tree included."""
        venue = "XNYS" if account.instrument == "IBM" else "XLON"
        more = (f"session:{account.desk[0]}", f"instrument:{account.instrument}", f"venue:{venue}")
        return (*account.scopes, *more, "asset_class:equity")

    def market(self, event: Json) -> None:
        for rate in event.get("rates", []):
            self.rates[rate["currency"]] = Decimal(rate["rate"])
        for quote in event.get("quotes", []):
            self.quote(quote)
        for status in event.get("statuses", []):
            known = self.statuses.get(status["instrument"])
            if known is None or status["at"] >= known["at"]:
                self.statuses[status["instrument"]] = status

    def quote(self, quote: Json | None) -> None:
        price = reference_of(quote)
        if quote is not None and price is not None:
            known = self.quotes.get(quote["instrument"], (0, Decimal(0)))
            if quote["at"] >= known[0]:
                self.quotes[quote["instrument"]] = (quote["at"], price)

    def value(self, instrument: str, price: Decimal | None) -> Decimal | None:
        """Value a unit in the base currency: IBM is in it, VOD in sterling."""
        rate = Decimal(1) if instrument == "IBM" else self.rates.get("GBP")
        return None if price is None or rate is None else price * rate

    def works(self, place: str) -> int:
        return sum(place in each.scopes and not each.ended for each in self.orders.values())


def unknown(event: Json) -> bool:
    return event["status"] == "8" and event.get("reason") == 5


def reference_of(quote: Json | None) -> Decimal | None:
    return None if quote is None or "last" not in quote else Decimal(quote["last"])
