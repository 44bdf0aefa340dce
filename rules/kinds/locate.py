"""Whether a short sale has shares it can borrow.

Asked by Regulation SHO rule 203(b)(1): before a broker-dealer accepts a short sale it has borrowed
the security, or arranged to, or has reasonable grounds to believe that it can be borrowed. Those
grounds are a *locate*, a lender's word for so many shares, which the order names. (Whether a sale
is short at all is `short_sale`'s question.) The reference facts hold the locates. With *u* what
short sales have used of one,

    u = filled + held, over all orders that name it     (`domain.book.Book.located`)
    passes when    u + quantity added by the order <= the locate's quantity

and the locate is for the order's instrument, for its account or for any, and has not expired. What
was held comes back when an order ends unfilled; what was filled has been borrowed and does not, bar
a bust. A locate without a quantity is of a security that is easy to borrow, and never used up.

`easy_to_borrow` names a list; what is on it may be sold short without a locate. Sales marked short
exempt are asked as well: the mark exempts from the price test, not from borrowing. A replace keeps
the locate of the order it replaces, and is not asked when it adds no quantity.
"""

from collections.abc import Iterator

from domain.finding import Finding, OrdRejReason
from domain.fixed import Quantity, show_fixed
from domain.ids import Micros
from domain.order import Side
from domain.permission import Locate
from domain.scope import Level, scope
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import Check, Room
from rules.fields import ListName
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

NO_LOCATE = Reason(
    "locate_is_missing",
    OrdRejReason.SHORT_SELL_NOT_PERMITTED,
    "the sale is marked short and names no locate",
)

UNKNOWN = Reason(
    "locate_is_unknown",
    OrdRejReason.SHORT_SELL_NOT_PERMITTED,
    "the short sale names a locate the facts do not hold",
)

NOT_FOR_THIS = Reason(
    "locate_is_for_something_else",
    OrdRejReason.SHORT_SELL_NOT_PERMITTED,
    "the locate is of another instrument, or for another account",
)

EXPIRED = Reason(
    "locate_has_expired",
    OrdRejReason.SHORT_SELL_NOT_PERMITTED,
    "the locate was good for a time that has passed",
)

USED_UP = Reason(
    "locate_is_used_up",
    OrdRejReason.SHORT_SELL_NOT_PERMITTED,
    "filled and working short sales leave too little of the locate",
)


class Borrowing(Parameters):
    """`easy_to_borrow` is a list whose members are sold short without a locate."""

    easy_to_borrow: ListName | None = None


class LocateHeld(Kind[Borrowing]):
    """A short sale names a locate that is good for it."""

    name = "locate"
    parameters = Borrowing
    reasons = (NO_LOCATE, UNKNOWN, NOT_FOR_THIS, EXPIRED, USED_UP)
    citations = ("SHO 203(b)(1)",)

    def bind(self, rule: Rule[Borrowing], place: Place) -> Check:
        """Bind the locates to what the book has used of them; what is not short is not asked."""
        locates, located = place.reference.locates, place.book.located
        instrument, account = place.instrument.id, place.account.id
        where = scope(Level.ACCOUNT, account)
        buy, sell = Side.BUY, Side.SELL
        easy = rule.parameters.easy_to_borrow
        listed = () if easy is None else place.reference.lists[easy].entries
        entries = tuple(entry for entry in listed if entry.names(place.instrument))

        def is_asked(case: Case) -> bool:
            return (
                case.order.side.is_short
                and case.change > 0
                and not (entries and any(entry.holds(case.at) for entry in entries))
            )

        def passes(case: Case) -> bool:
            side = case.order.side
            if side is buy or side is sell or not is_asked(case):
                return True
            locate = locates.get(case.order.locate_id or "")
            if (
                locate is None
                or locate.instrument != instrument
                or (locate.account is not None and locate.account != account)
                or (locate.expires is not None and case.at >= locate.expires)
            ):
                return False
            return locate.quantity is None or _used(locate) + case.change <= locate.quantity

        def _used(locate: Locate) -> Quantity:
            return located.get(locate.id, Quantity(0))

        def findings(case: Case) -> Iterator[Finding]:
            if not is_asked(case):
                return
            named = case.order.locate_id
            if not named:
                yield finding(rule, NO_LOCATE, "short sale names no locate", scope=where)
                return
            locate = locates.get(named)
            if locate is None:
                text = f"locate `{named}` is not known"
                yield finding(rule, UNKNOWN, text, scope=where, observed=named)
                return
            if locate.instrument != instrument:
                text = f"locate `{named}` is of `{locate.instrument}`"
                yield finding(rule, NOT_FOR_THIS, text, scope=where, observed=instrument)
            if locate.account not in {None, account}:
                text = f"locate `{named}` is for account `{locate.account}`"
                yield finding(rule, NOT_FOR_THIS, text, scope=where, observed=account)
            if _has_expired(locate, case.at):
                yield finding(rule, EXPIRED, f"locate `{named}` has expired", scope=where)
            used = _used(locate)
            if locate.quantity is not None and used + case.change > locate.quantity:
                text = (
                    f"short sale adds {show_fixed(case.change)}, and "
                    f"{show_fixed(max(0, locate.quantity - used))} are left of locate `{named}`"
                )
                yield breach(
                    rule,
                    USED_UP,
                    text,
                    scope=where,
                    observed=used + case.change,
                    limit=locate.quantity,
                    used=used,
                    unit="units",
                )

        def rooms(case: Case) -> Iterator[Room]:
            locate = locates.get(case.order.locate_id or "")
            if locate is not None and locate.quantity is not None:
                yield room(rule, where, used=_used(locate), limit=locate.quantity, unit="units")

        return Check(passes, findings, rooms)


def _has_expired(locate: Locate, at: Micros) -> bool:
    return locate.expires is not None and at >= locate.expires
