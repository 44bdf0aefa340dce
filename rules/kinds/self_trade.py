"""Whether an order would trade with the same owner's own resting interest.

Asked by FINRA Rule 5210 (regulatory notice 15-09, self-trades) and by venues' rules on wash
trades. The order meets a working order of the same beneficial owner, in the same instrument and
on the other side, when their prices cross:

    purchase price >= sale price

A market order, and a stop order, which becomes one, meets every price; a stop limit order meets
prices by its limit. Where a replace of the resting order is under way either version may be
live, so either can be met. A resting order whose cancel is under way still rests.

    passes when    no such order is met

`within` is ``owner``, all accounts of one beneficial owner, or ``account``, this one alone. With
`stops` false, stop and stop limit orders are left out on both sides: a stop loss under a long
position then does not stand against every purchase.

*Which of the two gives way.* Venues let a firm choose (FIX 2964 SelfMatchPreventionInstruction):
the order that comes (1), the one that rests (2), or both (3); some take away what the two have in
common. Before the venue only the first can be promised, and it is what this kind does: the newer
order is denied. To let it out and cancel the resting one instead would prevent nothing: a cancel is
a wish, and until the broker confirms it the two can meet, on another line sooner than on the same.
What two orders have in common only the venue's book can say. A firm that wants either says so to
its venue, by tags 2362 and 2964 of orders this rule is not scoped to; the gate passes them on where
the session's settings allow.
"""

from collections.abc import Iterator
from typing import Literal

from domain.finding import Finding, OrdRejReason
from domain.fixed import Price, show_fixed
from domain.order import Order, Side
from domain.scope import Level, scope
from domain.working import Working
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

CROSSES = Reason(
    "order_crosses_own_order",
    OrdRejReason.OTHER,
    "the order could trade with a working order of the same owner",
)


class Ownership(Parameters):
    """Whose orders must not meet, and whether stops count."""

    within: Literal["owner", "account"] = "owner"
    stops: bool = True


class SelfTrade(Kind[Ownership]):
    """The order meets no resting order of its own owner."""

    name = "self_trade"
    parameters = Ownership
    reasons = (CROSSES,)
    citations = ("FINRA 5210",)

    def bind(self, rule: Rule[Ownership], place: Place) -> Check:
        """Bind the owner's two sides of the book; most orders find the other side empty."""
        book, account = place.book, place.account
        purchases = (account.owner, place.instrument.id, True)
        sales = (account.owner, place.instrument.id, False)
        one_account, stops = rule.parameters.within == "account", rule.parameters.stops
        where = scope(Level.ACCOUNT, account.id)
        buy = Side.BUY

        def met(case: Case) -> Iterator[tuple[Working, Order]]:
            order = case.order
            if order.type.has_stop and not stops:
                return
            for working in book.resting_against(order, account.owner):
                if one_account and working.order.account != account.id:
                    continue
                for terms in _versions(working):
                    if (stops or not terms.type.has_stop) and _cross(order, terms):
                        yield working, terms
                        break

        def passes(case: Case) -> bool:
            resting = book.resting.get(sales if case.order.side is buy else purchases)
            return not resting or next(met(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            found = tuple(met(case))
            if not found:
                return
            working, terms = found[0]
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            verb = "buys" if terms.side.is_buy else "sells"
            own = f"own order {working.order_id}{more}, which {verb} at {_told(terms)}"
            yield finding(
                rule,
                CROSSES,
                f"could trade with {own}",
                scope=where,
                observed=_told(case.order),
                limit=_told(terms),
                unit=place.instrument.currency,
            )

        return Check(passes, findings)


def _versions(working: Working) -> Iterator[Order]:
    """Give the terms that may be live: the order's, and those of replaces under way."""
    yield working.order
    for request in working.requests.values():
        if request.order is not None:
            yield request.order


def _reach(order: Order) -> Price | None:
    """Give the worst price an order trades at; None when it takes any."""
    return order.price if order.type.has_price else None


def _cross(one: Order, other: Order) -> bool:
    mine, theirs = _reach(one), _reach(other)
    if mine is None or theirs is None:
        return True
    return mine >= theirs if one.side.is_buy else mine <= theirs


def _told(order: Order) -> str:
    reach = _reach(order)
    return "any price" if reach is None else show_fixed(reach)
