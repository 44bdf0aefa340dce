"""The trading status a rule is asked by, and the noes of a rule that has none to be asked by.

Whether an instrument may be traded now is the venue's to say, and its feed's word stands in the
book. A word that never came, or is too old to be believed, says nothing, and a rule that needs it
denies (fail closed). An age counts both ways: a status from the future is not believed either.
"""

from domain.finding import OrdRejReason
from domain.ids import Micros
from domain.market import Phase, TradingStatus
from rules.kind import Reason

NO_STATUS = Reason(
    "trading_status_is_missing",
    OrdRejReason.EXCHANGE_CLOSED,
    "no feed has said whether the instrument may be traded now",
)

STALE_STATUS = Reason(
    "trading_status_is_stale",
    OrdRejReason.EXCHANGE_CLOSED,
    "the feed's word on whether the instrument may be traded is older than the rule allows",
)

HALTED = Reason(
    "instrument_is_halted",
    OrdRejReason.EXCHANGE_CLOSED,
    "trading in the instrument is halted or paused",
)


def is_believed(status: TradingStatus | None, at: Micros, max_age: int | None) -> bool:
    """Whether a status is there and recent enough; without `max_age` any is."""
    if status is None:
        return False
    return max_age is None or -max_age <= at - status.at <= max_age


def disbelief(instrument: str, status: TradingStatus | None) -> tuple[Reason, str]:
    """Say why a status is not believed."""
    if status is None:
        return NO_STATUS, f"no trading status of `{instrument}` is known"
    return STALE_STATUS, f"the trading status of `{instrument}` is too old, or from the future"


def phase_of(status: TradingStatus | None, at: Micros, max_age: int | None) -> Phase | None:
    """Give the phase of a status that is believed; None of any other."""
    return status.phase if status is not None and is_believed(status, at, max_age) else None
