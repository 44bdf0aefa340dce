"""Whether the instrument is in a phase of its day in which orders are entered.

Asked by every venue, and by the market access rule's pre-order-entry requirements: no order is
sent into a halt. The venue's feed says the phase; a calendar (`session_hours`) knows when a venue
should be open, and only the feed that it is.

    passes when    the phase the feed said last is one of `phases`

`phases` left out are the opening auction, continuous trading and the closing auction. With
`required`, a status that is missing, or further than `max_age` from now, denies; without, an order
passes where no status is known, for instruments no feed speaks of. A phase that is not one of
`phases` denies however old the word is: nobody has taken it back.

Replaces are asked like orders; cancels are always let out.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from domain.finding import Finding, OrdRejReason
from domain.market import Phase
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.fields import PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place
from rules.status import HALTED, NO_STATUS, STALE_STATUS, disbelief, is_believed

NOT_NOW = Reason(
    "phase_takes_no_orders",
    OrdRejReason.EXCHANGE_CLOSED,
    "the venue is in a phase of its day in which the rule lets no order be entered",
)


class Phases(Parameters):
    """The phases in which orders are entered, and what is believed of the feed."""

    phases: Annotated[tuple[Annotated[Phase, Field(strict=False)], ...], Field(min_length=1)] = (
        Phase.OPENING_AUCTION,
        Phase.CONTINUOUS,
        Phase.CLOSING_AUCTION,
    )
    required: bool = True
    max_age: PositiveDuration | None = None


class TradingHalt(Kind[Phases]):
    """The instrument is in a phase in which orders are entered."""

    name = "trading_halt"
    parameters = Phases
    reasons = (HALTED, NOT_NOW, NO_STATUS, STALE_STATUS)
    citations = ("SEC 15c3-5(c)(2)(i)",)

    def bind(self, rule: Rule[Phases], place: Place) -> Check:
        """Bind the phases to the book's statuses."""
        wanted, max_age = frozenset(rule.parameters.phases), rule.parameters.max_age
        required, statuses = rule.parameters.required, place.book.statuses
        instrument = place.instrument.id
        where = scope(Level.INSTRUMENT, instrument)

        def passes(case: Case) -> bool:
            status = statuses.get(instrument)
            if status is None:
                return not required
            if status.phase not in wanted:
                return False
            return not required or max_age is None or -max_age <= case.at - status.at <= max_age

        def findings(case: Case) -> Iterator[Finding]:
            status = statuses.get(instrument)
            if status is not None and status.phase not in wanted:
                halted = status.phase is Phase.HALTED
                told = "halted" if halted else f"in the phase `{status.phase}`"
                yield finding(
                    rule,
                    HALTED if halted else NOT_NOW,
                    f"`{instrument}` is {told}",
                    scope=where,
                    observed=status.phase.value,
                )
            if required and not is_believed(status, case.at, max_age):
                reason, text = disbelief(instrument, status)
                yield finding(rule, reason, text, scope=where)

        return Check(passes, findings)
