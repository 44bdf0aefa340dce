"""The noes every kind may have to give because something is not known.

A rule that cannot be asked denies (fail closed), and says which fact was missing. The same fact
missing has the same name whichever rule needed it.
"""

from collections.abc import Set as AbstractSet

from domain.finding import OrdRejReason
from domain.ids import InstrumentId
from domain.scope import Scope
from rules.case import Case
from rules.kind import Reason

NO_REFERENCE = Reason(
    "reference_price_is_missing",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "no quote of the instrument has a price to judge the order by",
)

NO_RATE = Reason(
    "exchange_rate_is_missing",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "no exchange rate from the instrument's currency into the firm's is known",
)

STALE_RATE = Reason(
    "exchange_rate_is_stale",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "the exchange rate is older than the rule allows",
)

UNPRICED = Reason(
    "holding_has_no_price",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "something else held or working at the node has no price or rate, so its sums are unknown",
)


def unvalued(case: Case) -> tuple[Reason, str]:
    """Say why a case has no unit value."""
    instrument = case.place.instrument
    if case.reference is None:
        return NO_REFERENCE, f"no quote of `{instrument.id}` has a price to judge the order by"
    return NO_RATE, f"no exchange rate of {instrument.currency} is known to value the order by"


def unpriced(where: Scope, instruments: AbstractSet[InstrumentId]) -> str:
    """Say which holdings leave a node's sums unknown."""
    named = ", ".join(f"`{instrument}`" for instrument in sorted(instruments)[:3])
    more = f" and {len(instruments) - 3} more" if len(instruments) > 3 else ""
    return f"the value of {where} is unknown: no price or rate for {named}{more}"
