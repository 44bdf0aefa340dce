"""The noes every kind may have to give because something is not known.

A rule that cannot be asked denies (fail closed), and says which fact was missing. The same fact
missing has the same name whichever rule needed it.
"""

from collections.abc import Set as AbstractSet

from domain.exposure import Node
from domain.finding import OrdRejReason
from domain.ids import InstrumentId
from domain.instrument import AssetClass
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

NO_DELTA = Reason(
    "delta_is_missing",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "no delta of the option is known, so what it adds to an exposure is unknown",
)

STALE_DELTA = Reason(
    "delta_is_stale",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "an option's delta is older than the rule allows",
)

NO_UNDERLYING = Reason(
    "underlying_price_is_missing",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "the option's underlying, or its price, is unknown",
)

NO_DAY = Reason(
    "trading_day_is_unknown",
    OrdRejReason.OTHER,
    "the facts do not say when the trading day ends",
)

NO_EQUITY = Reason(
    "equity_is_unknown",
    OrdRejReason.INSUFFICIENT_CREDIT_LIMIT,
    "the facts tell no equity of an account of the node, or what it has won or lost is unknown",
)

STALE_EQUITY = Reason(
    "equity_is_stale",
    OrdRejReason.INSUFFICIENT_CREDIT_LIMIT,
    "the account's equity was told longer ago than the rule allows",
)

UNPRICED = Reason(
    "holding_has_no_price",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "something else held or working at the node has no price, rate or delta: its sums are unknown",
)


def unvalued(case: Case) -> tuple[Reason, str]:
    """Say why a case has no unit value."""
    instrument = case.place.instrument
    if case.reference is None:
        return NO_REFERENCE, f"no quote of `{instrument.id}` has a price to judge the order by"
    return NO_RATE, f"no exchange rate of {instrument.currency} is known to value the order by"


def unstaked(case: Case) -> tuple[Reason, str]:
    """Say why nobody knows what a case adds to an exposure."""
    option, book = case.place.instrument, case.place.book
    if option.asset_class is not AssetClass.OPTION:
        return unvalued(case)
    underlying = None if option.underlying is None else book.listings.get(option.underlying)
    quote = None if underlying is None else book.quotes.get(underlying.id)
    if underlying is None or quote is None or quote.reference is None:
        return NO_UNDERLYING, f"no price of what `{option.id}` is written on is known"
    figures = book.figures.get(option.id)
    if figures is None or figures.delta is None:
        return NO_DELTA, f"no delta of `{option.id}` is known"
    return NO_RATE, f"no exchange rate of {underlying.currency} is known to value the order by"


def unfunded(where: Scope, node: Node) -> str:
    """Say why a node's equity is unknown."""
    if node.unmarked:
        named = ", ".join(f"`{instrument}`" for instrument in sorted(node.unmarked)[:3])
        return f"what {where} has won or lost is unknown: no price or rate for {named}"
    return f"the facts do not tell the equity of {where}"


def unpriced(where: Scope, instruments: AbstractSet[InstrumentId]) -> str:
    """Say which holdings leave a node's sums unknown."""
    named = ", ".join(f"`{instrument}`" for instrument in sorted(instruments)[:3])
    more = f" and {len(instruments) - 3} more" if len(instruments) > 3 else ""
    return f"the value of {where} is unknown: no price or rate for {named}{more}"
