"""What goes wrong on a desk: orders a gate must stop, each made of an honest one.

A slip knows which rule must speak up against it. Often several do: a thousand times the shares also
cost more than an order may, and take the position over its limit. It counts as caught by its own
rule only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from domain.fixed import NANO, Price, Quantity, scaled
from domain.ids import AccountId, InstrumentId, RuleId
from domain.instrument import Instrument
from domain.order import Order, Side
from gateway.demo.trades import locate_of

LARGEST_ORDER, DEAREST_ORDER = 30_000 * NANO, 125_000 * NANO
"""What policy.yaml allows in one order, in shares and in dollars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """The moment of the slip: an honest order just filled, and what was known to the desk."""

    honest: Order
    market: Price
    tick: Price
    position: Quantity
    resting: Order | None
    """An order of ours that waits in the same share."""
    instruments: Mapping[InstrumentId, Instrument]


Make = Callable[[Here], Order | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What happened, in `words`, and the `rule` whose finding must be there.

    `make` gives None where the moment does not suit. `market` is the last price of another share,
    told `age_us` late.
    """

    words: str
    rule: RuleId
    make: Make
    market: Price | None = None
    age_us: int = 0
    repeats: bool = False
    """It keeps the ClOrdID of the honest order, and gets that order's answer."""


def _thousandfold(here: Here) -> Order | None:
    quantity = Quantity(here.honest.quantity * 1000)
    return replace(here.honest, quantity=quantity) if quantity > LARGEST_ORDER else None


def _dear(here: Here) -> Order | None:
    quantity = Quantity(LARGEST_ORDER)
    if scaled(quantity, here.market) <= DEAREST_ORDER:
        return None
    return replace(here.honest, quantity=quantity, side=Side.BUY, locate_id=None)


def _digit_too_many(here: Here) -> Order | None:
    return _bought(here, Price(here.market * 10))


def _point_slipped(here: Here) -> Order | None:
    return _bought(here, Price(here.market // 10 // here.tick * here.tick))


def _half_a_cent(here: Here) -> Order | None:
    return _bought(here, Price(here.market + here.tick // 2))


def _same_again(here: Here) -> Order | None:
    return here.honest


def _not_owned(here: Here) -> Order | None:
    quantity = Quantity(max(0, here.position) + 300 * NANO)
    return replace(here.honest, side=Side.SELL, quantity=quantity, locate_id=None)


def _no_locate(here: Here) -> Order | None:
    return replace(here.honest, side=Side.SELL_SHORT, locate_id=None)


def _meets_ourselves(here: Here) -> Order | None:
    resting = here.resting
    if resting is None or resting.price is None:
        return None
    locate = locate_of(here.honest.instrument)
    return replace(here.honest, side=Side.SELL_SHORT, price=resting.price, locate_id=locate)


def _misspelt(here: Here) -> Order | None:
    symbol = here.instruments[here.honest.instrument].symbol
    return replace(here.honest, instrument=InstrumentId(symbol[:-1] + "X"))


def _other_account(name: str) -> Make:
    return lambda here: replace(here.honest, account=AccountId(name))


def _in_another(name: str, price: int, side: Side) -> Make:
    def make(here: Here) -> Order | None:
        instrument = InstrumentId(name)
        if here.instruments[instrument].mic != here.instruments[here.honest.instrument].mic:
            return None
        return replace(
            here.honest,
            instrument=instrument,
            side=side,
            quantity=Quantity(100 * NANO),
            price=Price(price),
            locate_id=locate_of(instrument) if side.is_short else None,
        )

    return make


def _bought(here: Here, price: Price) -> Order:
    return replace(here.honest, side=Side.BUY, price=price, locate_id=None)


def _other(words: str, rule: str, name: str, price: int, side: Side, *, age_us: int = 0) -> Slip:
    return Slip(
        words=words,
        rule=RuleId(rule),
        make=_in_another(name, price, side),
        market=Price(price),
        age_us=age_us,
    )


SLIPS = (
    Slip(words="a thousand times the shares", rule=RuleId("order.quantity"), make=_thousandfold),
    Slip(words="the price one digit too long", rule=RuleId("collar"), make=_digit_too_many),
    Slip(words="the button pressed twice", rule=RuleId("duplicate"), make=_same_again),
    _other(
        "a purchase on the restricted list",
        "restricted.purchases",
        "LEH.XNYS",
        3_650_000_000,
        Side.BUY,
    ),
    Slip(words="half a cent between two ticks", rule=RuleId("validity"), make=_half_a_cent),
    Slip(words="sold as owned, and not owned", rule=RuleId("short"), make=_not_owned),
    Slip(
        words="one ClOrdID sent twice",
        rule=RuleId("gate.repeat"),
        make=_same_again,
        repeats=True,
    ),
    Slip(words="a symbol misspelt", rule=RuleId("gate.instrument"), make=_misspelt),
    _other(
        "a short sale on the barred list",
        "restricted.short-sales",
        "GS.XNYS",
        129_800_000_000,
        Side.SELL_SHORT,
    ),
    Slip(words="an order worth more than the account", rule=RuleId("order.value"), make=_dear),
    Slip(words="the decimal point slipped", rule=RuleId("collar"), make=_point_slipped),
    Slip(
        words="another desk’s account", rule=RuleId("gate.session"), make=_other_account("reserve")
    ),
    Slip(words="meets our own resting order", rule=RuleId("self.trade"), make=_meets_ourselves),
    _other(
        "judged by a price ten minutes old",
        "quote",
        "WB.XNYS",
        10_500_000_000,
        Side.BUY,
        age_us=600_000_000,
    ),
    Slip(words="sold short without a locate", rule=RuleId("locate"), make=_no_locate),
    Slip(
        words="an account nobody knows",
        rule=RuleId("gate.account"),
        make=_other_account("momentun"),
    ),
)
"""In the order they are made; round and round as long as there are trades."""
