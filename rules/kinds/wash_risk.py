"""Whether an order would complete a trade of one owner with itself, across accounts and in time.

Asked by FINRA Rule 5210 and by every market's ban on wash trades: a sale and a purchase without a
change of beneficial ownership. `self_trade` sees what is resting now. This kind sees what both
sides were asked for lately: two accounts of one owner can meet though neither order rests when the
other comes, at another venue, or through a third party between them. With *w* the window,

    an order overlaps another when they are for one instrument, on two sides, and
        purchase price >= sale price
    passes when    no order that an account of the same owner was let send in the last w overlaps

A market or stop order overlaps every price; a stop limit order goes by its limit. An order counts
from the moment it was let out, whatever became of it; a replace counts by its new price. One that
is exactly a window old does not count.

`accounts` is ``others`` (left out), the other accounts of the owner, or ``all``, this one too: to
buy in one account what it sold a minute ago is common and mostly innocent, so that is a question
for a warning, perhaps a silent one.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Final, Literal

from pydantic import field_validator

from domain.finding import Finding, OrdRejReason
from domain.fixed import Price, show_fixed
from domain.ids import AccountId
from domain.order import Side
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.fields import PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.memories.two_sided import FAR, RecentPrices, reach, strongest
from rules.memory import Memory, MemoryKey
from rules.place import Place

OVERLAPS = Reason(
    "order_overlaps_own_interest",
    OrdRejReason.OTHER,
    "an account of the same owner was lately on the other side at a price that meets this one",
)

WINDOW_MAX: Final = 3_600_000_000


class Interest(Parameters):
    """How far back an owner's other side is looked for, and in which accounts."""

    window: PositiveDuration
    accounts: Literal["others", "all"] = "others"

    @field_validator("window")
    @classmethod
    def _short(cls, window: int) -> int:
        # The memory holds the prices of a window.
        if window > WINDOW_MAX:
            raise ValueError("must be at most 1h")
        return window


class WashRisk(Kind[Interest]):
    """No account of the owner was lately on the other side at a price that meets the order's."""

    name = "wash_risk"
    parameters = Interest
    reasons = (OVERLAPS,)
    citations = ("FINRA 5210",)

    def bind(self, rule: Rule[Interest], place: Place) -> Check | None:
        """Bind the owner's accounts; most owners have one, and nothing to ask of others."""
        memory = place.memories[_key(rule.parameters)]
        assert isinstance(memory, RecentPrices)
        sides, window = memory.sides, rule.parameters.window
        accounts = _accounts(rule.parameters, place)
        if not accounts:
            return None
        instrument, buy = place.instrument.id, Side.BUY
        where = scope(Level.ACCOUNT, place.account.id)
        purchases = tuple((account, instrument, True) for account in accounts)
        sales = tuple((account, instrument, False) for account in accounts)

        def passes(case: Case) -> bool:
            order = case.order
            for key in sales if order.side is buy else purchases:
                prices = sides.get(key)
                if prices is not None:
                    seen = strongest(prices, case.at - window)
                    if seen is not None and seen[1] >= -reach(order):
                        return False
            return True

        def findings(case: Case) -> Iterator[Finding]:
            order, since = case.order, case.at - window
            verb, sign = ("sold", 1) if order.side.is_buy else ("bought", -1)
            for key in sales if order.side.is_buy else purchases:
                seen = strongest(sides.get(key), since)
                if seen is None or seen[1] < -reach(order):
                    continue
                ago, price = show_fixed((case.at - seen[0]) * 1000), _told(seen[1], -sign)
                yield finding(
                    rule,
                    OVERLAPS,
                    f"account `{key[0]}` of the same owner {verb} at {price} {ago} s ago",
                    scope=where,
                    observed=_told(reach(order), sign),
                    limit=price,
                    unit=place.instrument.currency,
                )

        return Check(passes, findings)

    def memory(self, rule: Rule[Interest]) -> tuple[MemoryKey, Callable[[], Memory]]:
        """Remember recent prices, shared by all rules of one window."""
        window = rule.parameters.window
        return _key(rule.parameters), lambda: RecentPrices(window)


def _key(interest: Interest) -> MemoryKey:
    return MemoryKey(f"prices of both sides in {interest.window}us")


def _accounts(interest: Interest, place: Place) -> tuple[AccountId, ...]:
    """Give the owner's accounts that are asked about, in the order of their names."""
    own = place.account
    return tuple(
        account.id
        for account in sorted(place.reference.accounts.values(), key=attrgetter("id"))
        if account.owner == own.owner and (interest.accounts == "all" or account.id != own.id)
    )


def _told(strength: int, sign: int) -> str:
    """Say a reach as a price; `sign` is 1 of a purchase and -1 of a sale."""
    return "any price" if strength == FAR else show_fixed(Price(sign * strength))
