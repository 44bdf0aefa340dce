"""What may be traded: calendars, tick tables, instruments, and their figures."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from adapters.facts.calendars import exchange_calendar
from adapters.facts.reading import Once, Place, Reading
from adapters.facts.text import BandText, CalendarText, FactsText, FiguresText, InstrumentText
from domain.calendar import Calendar, always_open
from domain.fixed import Price
from domain.ids import CalendarId, InstrumentId
from domain.instrument import Instrument, TickBand
from domain.market import Figures
from domain.money import Currency


def calendars(reading: Reading, texts: Mapping[str, CalendarText]) -> dict[CalendarId, Calendar]:
    """Work the calendars out."""
    found = {}
    for name, text in texts.items():
        key = CalendarId(name)
        # What could not be worked out stands in for what was named, so that it is told once.
        found[key] = always_open(key)
        if text.exchange is not None and text.years is not None:
            try:
                found[key] = exchange_calendar(key, text.exchange, text.years)
            except ValueError as error:
                reading.place("calendars", name, "exchange").fault(str(error))
    return found


def instruments(
    reading: Reading, text: FactsText, calendars: Iterable[str]
) -> dict[InstrumentId, Instrument]:
    """Read the instruments, each once by its id and by its symbol and venue."""
    ticks = {
        name: _bands(reading.place("tick_tables", name), bands)
        for name, bands in text.tick_tables.items()
    }
    found: dict[InstrumentId, Instrument] = {}
    places: dict[InstrumentId, Place] = {}
    ids, listings = Once(), Once()
    for place, row in reading.entries(
        "instruments", text.instruments, text.instruments_from, InstrumentText
    ):
        listing = f"{row.symbol}.{row.mic}"
        name = InstrumentId(row.id or listing)
        ids.note(name, place, f"instrument `{name}`")
        if name != listing:
            listings.note(listing, place, f"symbol `{row.symbol}` at {row.mic}")
        calendar = row.calendar or row.mic
        place.named(calendar, "calendar", calendars, "mic" if row.calendar is None else "calendar")
        if isinstance(row.tick, str):
            place.named(row.tick, "tick table", ticks, "tick")
        found[name] = _instrument(row, name, calendar, ticks)
        places[name] = place
    _derivatives(found, places)
    return found


def figures(
    reading: Reading, text: FactsText, instruments: Iterable[str]
) -> dict[InstrumentId, Figures]:
    """Read the figures, one set an instrument; those without an instant are as old as the facts."""
    found: dict[InstrumentId, Figures] = {}
    once = Once()
    for place, row in reading.entries("figures", text.figures, text.figures_from, FiguresText):
        once.note(row.instrument, place, f"`{row.instrument}`, with its figures,")
        place.named(row.instrument, "instrument", instruments, "instrument")
        at = row.at if row.at is not None else text.as_of
        if at is None:
            place.fault("figures need an instant: `at` here, or `as_of` of the file")
            continue
        name = InstrumentId(row.instrument)
        found[name] = Figures(instrument=name, at=at, adv=row.adv, sigma=row.sigma, delta=row.delta)
    return found


def _bands(place: Place, bands: tuple[BandText, ...]) -> tuple[TickBand, ...]:
    if not bands or bands[0].since != 0:
        place.fault("the first band must begin at 0", 0, "since")
    for number, (before, band) in enumerate(pairwise(bands), 1):
        if band.since <= before.since:
            said = "bands must rise: this one begins no higher than the one before"
            place.fault(said, number, "since")
    return tuple(TickBand(band.since, band.tick) for band in bands)


def _derivatives(
    found: Mapping[InstrumentId, Instrument], places: Mapping[InstrumentId, Place]
) -> None:
    """Follow what is written on what: it must be there, and end in what is written on nothing."""
    for name, instrument in found.items():
        if instrument.underlying is None:
            continue
        places[name].named(instrument.underlying, "instrument", found, "underlying")
        below, seen = found.get(instrument.underlying), {name}
        while below is not None and below.underlying is not None and below.id not in seen:
            seen.add(below.id)
            below = found.get(below.underlying)
        if below is not None and below.id == name:
            places[name].fault(f"`{name}` is written on itself", "underlying")


def _instrument(
    row: InstrumentText,
    name: InstrumentId,
    calendar: str,
    ticks: Mapping[str, tuple[TickBand, ...]],
) -> Instrument:
    if isinstance(row.tick, str):
        bands = ticks.get(row.tick, ())
    else:
        bands = (TickBand(Price(0), Price(row.tick)),)
    return Instrument(
        id=name,
        symbol=row.symbol,
        mic=row.mic,
        asset_class=row.asset_class,
        currency=Currency(row.currency),
        ticks=bands,
        lot=row.lot,
        multiplier=row.multiplier,
        calendar=CalendarId(calendar),
        isin=row.isin,
        issuer=row.issuer,
        sector=row.sector,
        country=row.country,
        underlying=None if row.underlying is None else InstrumentId(row.underlying),
        right=row.right,
        strike=row.strike,
        expires=row.expires,
    )
