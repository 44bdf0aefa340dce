"""What an account's options on one underlying are worth as legs of each other.

The words are those of FINRA rule 2360 and of brokers' option levels. At the worst end of what can
happen (every working sale fills and no working purchase does, `domain.exposure`'s *down*), an
account is short some calls and puts, and these cover them, each contract once:

* shares of the underlying held long cover short calls, as many as the multiplier goes into them:
  *covered call*;
* a long option of the same right and multiplier, which expires on the day of the short or later,
  covers it: *spread*. The loss is then limited to the difference of the strikes;
* a short option with neither is *uncovered*.

Within one multiplier covers are used for the best: as few contracts stay uncovered as can be, and
of the covered as many as can be by shares. Long legs are matched greedily, the short that expires
last taking first from those that outlive it: since these sets are nested, no matching covers more.

At the other end (every purchase fills, no sale does) it is long some options. A long put with
shares held beside it is a *protective put*; any other is a *long option*. A working purchase covers
nothing before it fills, and an option that has expired is no leg.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.exposure import Line
from domain.fixed import NANO
from domain.ids import InstrumentId, Micros
from domain.instrument import AssetClass, Instrument, Right


class Strategy(StrEnum):
    """What a contract is part of, from what loses least to what loses most."""

    COVERED_CALL = "covered_call"
    PROTECTIVE_PUT = "protective_put"
    LONG_OPTION = "long_option"
    SPREAD = "spread"
    UNCOVERED = "uncovered"


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of the account: both ends of what its quantity can become, in nanos."""

    instrument: Instrument
    up: int
    down: int


def legs_of(
    underlying: InstrumentId,
    lines: Mapping[InstrumentId, Line],
    listings: Mapping[InstrumentId, Instrument],
    at: Micros,
) -> tuple[Leg, ...]:
    """Give the account's lines in an underlying and in the options on it that are alive."""
    return tuple(
        Leg(listings[name], line.position + line.buys, line.position - line.sells)
        for name, line in lines.items()
        if line.at_stake and _belongs(listings[name], underlying, at)
    )


def has_terms(instrument: Instrument) -> bool:
    """Whether enough is known of an option to be a leg."""
    return None not in (instrument.underlying, instrument.right, instrument.expires)


def with_order(
    legs: Iterable[Leg], instrument: Instrument, buys: int, sells: int
) -> tuple[Leg, ...]:
    """Give the legs when an order works as well."""
    others = tuple(leg for leg in legs if leg.instrument.id != instrument.id)
    own = next((leg for leg in legs if leg.instrument.id == instrument.id), Leg(instrument, 0, 0))
    return (*others, Leg(instrument, own.up + buys, own.down - sells))


def strategies(legs: Iterable[Leg]) -> Counter[Strategy]:
    """Count the contracts of every strategy, in nanos of a contract."""
    found: Counter[Strategy] = Counter()
    options: dict[tuple[Right, int], list[Leg]] = {}
    shares = 0
    for leg in legs:
        terms = leg.instrument
        if terms.asset_class is AssetClass.OPTION:
            assert terms.right is not None, "options without terms are refused before"
            options.setdefault((terms.right, terms.multiplier), []).append(leg)
        else:
            shares += max(0, leg.down)
    beside_puts = shares
    for (right, multiplier), chain in sorted(options.items()):
        shorts, unmatched = _matched(chain)
        covered = 0
        if right is Right.CALL:
            # Calls of another multiplier find only the shares that are left.
            covered = min(shorts, _contracts(shares, multiplier))
            shares -= covered * multiplier // NANO
        uncovered = max(0, unmatched - covered)
        longs = sum(max(0, leg.up) for leg in chain)
        protective = 0
        if right is Right.PUT:
            protective = min(longs, _contracts(beside_puts, multiplier))
            beside_puts -= protective * multiplier // NANO
        found[Strategy.COVERED_CALL] += covered
        found[Strategy.SPREAD] += shorts - covered - uncovered
        found[Strategy.UNCOVERED] += uncovered
        found[Strategy.PROTECTIVE_PUT] += protective
        found[Strategy.LONG_OPTION] += longs - protective
    return found


def _belongs(instrument: Instrument, underlying: InstrumentId, at: Micros) -> bool:
    if instrument.asset_class is AssetClass.OPTION:
        alive = instrument.expires is None or instrument.expires > at
        return alive and instrument.underlying == underlying
    return instrument.id == underlying


def _contracts(shares: int, multiplier: int) -> int:
    """Give how many whole contracts' worth of shares there are, in nanos of a contract."""
    return shares // multiplier * NANO


def _matched(chain: Iterable[Leg]) -> tuple[int, int]:
    """Give the short contracts of a chain, and those no long leg covers."""
    shorts = unmatched = idle = 0
    for _, long, contracts in sorted(map(_expiring, chain), reverse=True):
        if long:
            idle += contracts
            continue
        shorts += contracts
        used = min(idle, contracts)
        idle -= used
        unmatched += contracts - used
    return shorts, unmatched


def _expiring(leg: Leg) -> tuple[Micros, bool, int]:
    """Give when a leg expires, whether it is long, and how many contracts it is at the worst."""
    expires = leg.instrument.expires
    assert expires is not None, "options without terms are refused before"
    return expires, leg.down >= 0, abs(leg.down)
