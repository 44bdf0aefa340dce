"""Whether a client is approved for what an order in options does.

Asked by FINRA rule 2360(b)(16): a registered options principal approves the account before its
first order, the disclosure document (ODD) is delivered at or before approval, and an account
whose signed agreement is not back within fifteen days of approval may only close.

What an order does is found by legs (`rules.suitability.legs`): the contracts of every strategy in
the account's options on one underlying are counted without and with the order, working orders held,
and the order is what grows. A sale of shares that cover a short call is asked too.

    passes when    nothing grows, or the papers are there and, of every strategy that grows,
                   the policy's level <= the client's

Levels are the firm's own; the policy gives each strategy one. They are usually cumulative: covered
calls and protective puts 1, long options 2, spreads 3, uncovered 4.
"""

from collections.abc import Iterator

from domain.finding import OrdRejReason
from domain.fixed import show_fixed
from domain.ids import InstrumentId
from domain.instrument import AssetClass, Instrument
from domain.scope import Level
from rules.check import Check
from rules.fields import PositiveCount, PositiveDuration
from rules.kind import Reason, Rule
from rules.place import Place
from rules.suitability.answers import PASSED, Answer, failed, passed, unknown
from rules.suitability.days import days
from rules.suitability.legs import Strategy, has_terms, legs_of, strategies, with_order
from rules.suitability.protection import NO_CLIENT, Asked, Protection, Tested

TOO_LOW = Reason(
    "options_level_is_too_low",
    OrdRejReason.OTHER,
    "the client's options level does not reach what the order does",
)

NOT_APPROVED = Reason(
    "options_are_not_approved",
    OrdRejReason.OTHER,
    "no options principal has approved the client's account for options",
)

NO_DOCUMENT = Reason(
    "options_disclosure_is_not_delivered",
    OrdRejReason.OTHER,
    "the options disclosure document was not delivered at or before approval",
)

NO_AGREEMENT = Reason(
    "options_agreement_is_overdue",
    OrdRejReason.OTHER,
    "the signed options agreement is overdue, and the order does not only close",
)

NO_TERMS = Reason(
    "option_terms_are_unknown",
    OrdRejReason.OTHER,
    "the facts do not state an option's underlying, right or expiry, so legs cannot be found",
)

WRITTEN = frozenset({Strategy.COVERED_CALL, Strategy.SPREAD, Strategy.UNCOVERED})
"""The strategies a sale of shares can bring about."""


class Levels(Tested):
    """The level each strategy wants; `agreement_within` is how long a signature may take."""

    covered_call: PositiveCount
    protective_put: PositiveCount
    long_option: PositiveCount
    spread: PositiveCount
    uncovered: PositiveCount
    agreement_within: PositiveDuration = 15 * 86_400_000_000


class OptionsLevel(Protection[Levels]):
    """The client is approved for what the order does in options."""

    name = "options_level"
    parameters = Levels
    reasons = (NO_CLIENT, TOO_LOW, NOT_APPROVED, NO_DOCUMENT, NO_AGREEMENT, NO_TERMS, PASSED)
    citations = ("FINRA 2360(b)(16)",)
    needs_product = False
    opening_only = False

    def bind(self, rule: Rule[Levels], place: Place) -> Check | None:
        """Ask about options, and about what options are written on."""
        instrument = place.instrument
        if not _is_option(instrument) and not any(
            _is_option(each) and each.underlying == instrument.id
            for each in place.book.listings.values()
        ):
            return None
        return super().bind(rule, place)

    def has_question(self, parameters: Levels, asked: Asked) -> bool:
        """Options always; of what they are written on, only a sale that takes cover away."""
        if _is_option(asked.case.place.instrument):
            return True
        return next(iter(self.ask(parameters, asked)), None) is not None

    def ask(self, parameters: Levels, asked: Asked) -> Iterator[Answer]:
        """Count what grows, and hold it against papers and level."""
        instrument = asked.case.place.instrument
        option = _is_option(instrument)
        if not option and not asked.case.sells:
            return
        if option and not has_terms(instrument):
            yield unknown(NO_TERMS, f"the facts do not state the terms of `{instrument.id}`")
            return
        underlying = instrument.underlying if option else instrument.id
        assert underlying is not None, "an option with terms has one"
        grown = _grown(asked, underlying)
        if isinstance(grown, Instrument):
            yield unknown(
                NO_TERMS, f"the facts do not state the terms of `{grown.id}`, held beside it"
            )
        elif grown:
            yield from _approved(parameters, asked, grown)
        elif option:
            yield passed(f"the order only closes options on `{underlying}`")


def _is_option(instrument: Instrument) -> bool:
    return instrument.asset_class is AssetClass.OPTION


def _grown(asked: Asked, underlying: InstrumentId) -> dict[Strategy, int] | Instrument:
    """Give the strategies the order makes more of; or an option of the account without terms."""
    case = asked.case
    found = case.place.node(Level.ACCOUNT)
    assert found is not None, "every path has an account"
    instrument = case.place.instrument
    legs = legs_of(underlying, found[1].lines, case.place.book.listings, case.at)
    for leg in legs:
        if _is_option(leg.instrument) and not has_terms(leg.instrument):
            return leg.instrument
    before = strategies(legs)
    after = strategies(with_order(legs, instrument, case.buys, case.sells))
    asked_of = Strategy if _is_option(instrument) else WRITTEN
    return {each: after[each] for each in asked_of if after[each] > before[each]}


def _approved(parameters: Levels, asked: Asked, grown: dict[Strategy, int]) -> Iterator[Answer]:
    at, options = asked.case.at, asked.client.options
    doing = " and ".join(f"{show_fixed(count)} {each}" for each, count in sorted(grown.items()))
    if options is None or options.approved_at is None or options.approved_at > at:
        yield failed(NOT_APPROVED, f"no options principal has approved the account: {doing}")
        return
    if options.odd_at is None or options.odd_at > options.approved_at:
        text = "the options disclosure document was not delivered at or before approval"
        yield failed(NO_DOCUMENT, text)
    waited = at - options.approved_at
    signed = options.agreement_at is not None and options.agreement_at <= at
    if not signed and waited > parameters.agreement_within:
        limit = days(parameters.agreement_within)
        text = f"no signed agreement {days(waited)} days after approval: closing only, not {doing}"
        yield failed(NO_AGREEMENT, text, days(waited), limit, "days")
    wanted: dict[Strategy, int] = {each: getattr(parameters, each) for each in grown}
    highest = max(sorted(grown), key=lambda each: wanted[each])
    figures = str(options.level), str(wanted[highest]), "level"
    text = f"{doing} would be, which wants level {wanted[highest]}; the client has {options.level}"
    if wanted[highest] > options.level:
        yield failed(TOO_LOW, text, *figures)
    else:
        yield passed(text, *figures)
