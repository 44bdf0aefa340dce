"""Which instruments may not be traded, or not on one side, by a named list.

Asked by the market access rule (c)(2)(ii), orders for securities the firm or a customer is
restricted from trading, and by every control room. The lists are part of the reference facts; a
rule names one of them. An entry names an instrument or an issuer, and may be in force for a time
only, from its first instant to the one before its last. An instrument is listed while

    an entry in force names it, or its issuer, or, with `derivatives` (left out: true), whatever
    it is written on: its underlying, the underlying of that, and so on

    passes when    the instrument is not listed, or the order is not on a barred side

`barred` is ``all``, ``buys``, ``sells`` (long and short) or ``short_sells``, of the instrument the
order is for: the purchase of a put on a listed share is a purchase.

A restricted list denies. A watch list is the same rule with ``verdict: warn`` and ``silent: true``:
it is recorded for compliance and never told to a desk, which could learn from it what the firm
knows. An instrument written on something the facts do not know might be listed by its issuer, and
so is denied wherever the list names issuers.
"""

from collections.abc import Iterator
from typing import Literal

from domain.finding import Finding, OrdRejReason
from domain.ids import InstrumentId, Micros
from domain.instrument import Instrument
from domain.listed import Entry
from domain.order import Side
from domain.reference import Reference
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.fields import ListName
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

LISTED = Reason(
    "instrument_is_restricted",
    OrdRejReason.OTHER,
    "the instrument is on a list that bars this side of trading",
)

UNKNOWN = Reason(
    "underlying_is_unknown",
    OrdRejReason.OTHER,
    "the instrument is written on something the facts do not know, whose issuer may be listed",
)

SIDES = {
    "all": frozenset(Side),
    "buys": frozenset({Side.BUY}),
    "sells": frozenset(Side) - {Side.BUY},
    "short_sells": frozenset({Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT}),
}


class Listed(Parameters):
    """`list` is the name of a list of the reference facts."""

    list: ListName
    barred: Literal["all", "buys", "sells", "short_sells"] = "all"
    derivatives: bool = True


class RestrictedList(Kind[Listed]):
    """The instrument is on no list that bars trading it."""

    name = "restricted_list"
    parameters = Listed
    reasons = (LISTED, UNKNOWN)
    citations = ("SEC 15c3-5(c)(2)(ii)",)

    def bind(self, rule: Rule[Listed], place: Place) -> Check | None:
        """Find the entries that can name the instrument; where there are none, nothing is asked."""
        instrument, named = place.instrument, rule.parameters.list
        entries = place.reference.lists[named].entries
        chain, lost = written_on(instrument, place.reference)
        if not rule.parameters.derivatives:
            chain, lost = (instrument,), None
        found = [(entry, _said(entry, chain, lost)) for entry in entries]
        about = [(entry, said) for entry, said in found if said is not None]
        doubtful = lost is not None and any(entry.issuer is not None for entry in entries)
        if not about and not doubtful:
            return None
        barred = SIDES[rule.parameters.barred]
        where = scope(Level.INSTRUMENT, instrument.id)

        def saying(at: Micros) -> str | None:
            return next((said for entry, said in about if entry.holds(at)), None)

        def passes(case: Case) -> bool:
            if case.order.side not in barred:
                return True
            for entry, _ in about:
                if entry.holds(case.at):
                    return False
            return not doubtful

        def findings(case: Case) -> Iterator[Finding]:
            if case.order.side not in barred:
                return
            said = saying(case.at)
            if said is not None:
                text = f"{said} is on the list `{named}`"
                yield finding(rule, LISTED, text, scope=where, observed=instrument.id, limit=named)
            elif doubtful:
                text = f"`{instrument.id}` is written on `{lost}`, which the facts do not know"
                yield finding(rule, UNKNOWN, text, scope=where, observed=lost, limit=named)

        return Check(passes, findings)


def written_on(
    instrument: Instrument, reference: Reference
) -> tuple[tuple[Instrument, ...], InstrumentId | None]:
    """Give an instrument with all it is written on, and the first of these that is not known."""
    chain = {instrument.id: instrument}
    below = instrument.underlying
    while below is not None and below not in chain:
        known = reference.instruments.get(below)
        if known is None:
            return tuple(chain.values()), below
        chain[below] = known
        below = known.underlying
    return tuple(chain.values()), None


def _said(entry: Entry, chain: tuple[Instrument, ...], lost: InstrumentId | None) -> str | None:
    """Say in what way an entry names an instrument; None when it does not."""
    named = next((each.id for each in chain if entry.names(each)), None)
    if named is None and lost is not None and entry.instrument == lost:
        named = lost
    if named is None:
        return None
    parts = [f"`{named}`"]
    if entry.issuer is not None:
        parts = [f"`{entry.issuer}`", f"the issuer of `{named}`"]
    if named != chain[0].id:
        parts.append(f"which `{chain[0].id}` is written on")
    return parts[0] if len(parts) == 1 else f"{', '.join(parts)},"
