"""From a file of reference facts, and the tables it names, to `Reference`.

Each part is held against its model, then against the other parts: whatever is named must be there,
nothing may be named twice, and desks and traders must form a tree, because a limit at a node counts
all that lies below it and nothing else. All faults of all files are told at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from adapters.facts.calendars import exchange_calendar
from adapters.facts.table import read_table
from adapters.facts.text import (
    AccountRow,
    AccountText,
    BandText,
    CalendarText,
    FactsText,
    InstrumentText,
    RouteText,
    SessionText,
)
from domain.account import Account, Strategy
from domain.calendar import Calendar, always_open
from domain.fixed import Price
from domain.ids import (
    AccountId,
    CalendarId,
    DeskId,
    FirmId,
    InstrumentId,
    OwnerId,
    RouteId,
    SessionId,
    StrategyId,
    TraderId,
)
from domain.instrument import Instrument, TickBand
from domain.listed import listing
from domain.money import Currency
from domain.reference import DeskSession, Reference, Route
from rules.fault import Fault, Faults, nearest
from rules.needs import Path as Steps
from rules.written import Model, Written


def read_facts(path: Path) -> Reference:
    """Read reference facts. Tables are looked for beside the file that names them.

    Raises
    ------
    OSError
        If the file itself cannot be read.
    Faults
        With everything that is wrong, in it and in its tables.
    """
    written = Written.yaml(path.read_bytes(), file=str(path))
    text = written.read(FactsText)
    if text is None:
        raise Faults(written.faults)
    reading = _Reading(written, path.parent)
    reference = reading.reference(text)
    faults = [*written.faults, *reading.faults]
    faults += [fault for table in reading.tables for fault in table.faults]
    if faults:
        raise Faults(faults)
    return reference


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something is written."""

    written: Written
    path: Steps

    def fault(self, text: str, *keys: str | int, name: str | None = None) -> None:
        self.written.fault((*self.path, *keys), text, name=name)

    def unknown(self, what: str, name: str, known: Iterable[str], *keys: str | int) -> None:
        said = f"no {what} is called `{name}`: {nearest(name, known)}"
        self.fault(said, *keys, name=name)

    def __str__(self) -> str:
        return f"{self.written.file}:{self.written.line(self.path)}"


class _Reading:
    """One reading of one set of files: what it has found, and what is wrong with it."""

    def __init__(self, written: Written, folder: Path) -> None:
        self.written = written
        self.folder = folder
        self.tables: list[Written] = []
        self.faults: list[Fault] = []

    def reference(self, text: FactsText) -> Reference:
        calendars = self.calendars(text.calendars)
        instruments = self.instruments(text, calendars.keys())
        accounts = self.accounts(text)
        desks = {str(account.desk) for account in accounts.values()}
        for name, strategy in text.strategies.items():
            self.named(strategy.desk, "desk", desks, "strategies", name, "desk")
        for name, session in text.sessions.items():
            self.named(session.desk, "desk", desks, "sessions", name, "desk")
            self.all_named(session.accounts, "account", accounts, "sessions", name, "accounts")
        for name, listed in text.lists.items():
            self.all_named(listed, "instrument", instruments, "lists", name)
        return Reference(
            base=Currency(text.base),
            instruments=instruments,
            accounts=accounts,
            strategies={
                StrategyId(name): Strategy(
                    id=StrategyId(name), desk=DeskId(strategy.desk), algo_id=strategy.algo_id
                )
                for name, strategy in text.strategies.items()
            },
            calendars=calendars,
            sessions={
                SessionId(name): _session(name, session) for name, session in text.sessions.items()
            },
            routes=self.routes(text.routes, accounts, instruments),
            lists={name: listing(map(InstrumentId, listed)) for name, listed in text.lists.items()},
        )

    def calendars(self, texts: Mapping[str, CalendarText]) -> dict[CalendarId, Calendar]:
        found = {}
        for name, text in texts.items():
            key = CalendarId(name)
            # What could not be worked out stands in for what was named, so that it is told once.
            found[key] = always_open(key)
            if text.exchange is not None and text.years is not None:
                try:
                    found[key] = exchange_calendar(key, text.exchange, text.years)
                except ValueError as error:
                    self.written.fault(("calendars", name, "exchange"), str(error))
        return found

    def instruments(
        self, text: FactsText, calendars: Iterable[str]
    ) -> dict[InstrumentId, Instrument]:
        ticks = {
            name: self.bands(bands, ("tick_tables", name))
            for name, bands in text.tick_tables.items()
        }
        found: dict[InstrumentId, Instrument] = {}
        ids: dict[str, _Place] = {}
        listings: dict[str, _Place] = {}
        rows = self.rows("instruments_from", text.instruments_from, InstrumentText)
        for place, row in (*self.items("instruments", text.instruments), *rows):
            listing = f"{row.symbol}.{row.mic}"
            name = row.id or listing
            _once(ids, name, place, f"instrument `{name}`")
            if name != listing:
                _once(listings, listing, place, f"symbol `{row.symbol}` at {row.mic}")
            calendar = row.calendar or row.mic
            if calendar not in calendars:
                key = "mic" if row.calendar is None else "calendar"
                place.unknown("calendar", calendar, calendars, key)
            if isinstance(row.tick, str) and row.tick not in ticks:
                place.unknown("tick table", row.tick, ticks, "tick")
            found[InstrumentId(name)] = _instrument(row, InstrumentId(name), calendar, ticks)
        return found

    def bands(self, bands: tuple[BandText, ...], path: Steps) -> tuple[TickBand, ...]:
        if not bands or bands[0].since != 0:
            self.written.fault((*path, 0, "since"), "the first band must begin at 0")
        for number, (before, band) in enumerate(pairwise(bands), 1):
            if band.since <= before.since:
                said = "bands must rise: this one begins no higher than the one before"
                self.written.fault((*path, number, "since"), said)
        return tuple(TickBand(band.since, band.tick) for band in bands)

    def accounts(self, text: FactsText) -> dict[AccountId, Account]:
        found: dict[AccountId, Account] = {}
        ids: dict[str, _Place] = {}
        above: dict[str, tuple[str, _Place]] = {}
        rows = self.rows("accounts_from", text.accounts_from, AccountRow)
        for place, row in (*self.tree(text.accounts), *rows):
            _once(ids, row.id, place, f"account `{row.id}`")
            for what, name, over, higher in (
                ("desk", row.desk, "firm", row.firm),
                ("trader", row.trader, "desk", row.desk),
            ):
                first, where = above.setdefault(f"{what} `{name}`", (higher, place))
                if first != higher:
                    said = f"{what} `{name}` is of {over} `{first}` ({where})"
                    place.fault(f"{said} and cannot be of `{higher}` too: accounts form a tree")
            account = Account(
                id=AccountId(row.id),
                trader=TraderId(row.trader),
                desk=DeskId(row.desk),
                firm=FirmId(row.firm),
                owner=OwnerId(row.owner or row.id),
                name=row.name,
            )
            found.setdefault(account.id, account)
        return found

    def tree(
        self, firms: Mapping[str, Mapping[str, Mapping[str, Mapping[str, AccountText]]]]
    ) -> Iterator[tuple[_Place, AccountRow]]:
        for firm, desks in firms.items():
            for desk, traders in desks.items():
                for trader, accounts in traders.items():
                    for name, text in accounts.items():
                        place = _Place(self.written, ("accounts", firm, desk, trader, name))
                        above = {"firm": firm, "desk": desk, "trader": trader}
                        yield place, AccountRow(id=name, **above, **text.model_dump())

    def routes(
        self,
        texts: tuple[RouteText, ...],
        accounts: Mapping[AccountId, Account],
        instruments: Mapping[InstrumentId, Instrument],
    ) -> tuple[Route, ...]:
        venues = {instrument.mic for instrument in instruments.values()}
        ids: dict[str, _Place] = {}
        for place, text in self.items("routes", texts):
            _once(ids, text.id, place, f"route `{text.id}`")
            self.all_named(text.venues, "venue of an instrument", venues, *place.path, "venues")
            self.all_named(text.accounts, "account", accounts, *place.path, "accounts")
        return tuple(
            Route(
                id=RouteId(text.id),
                venues=text.venues,
                accounts=frozenset(map(AccountId, text.accounts)),
                resend_within_us=text.resend_within,
            )
            for text in texts
        )

    def items(self, key: str, texts: tuple[Model, ...]) -> Iterator[tuple[_Place, Model]]:
        for number, text in enumerate(texts):
            yield _Place(self.written, (key, number)), text

    def rows(
        self, key: str, name: str | None, model: type[Model]
    ) -> Iterator[tuple[_Place, Model]]:
        """Read a table, row by row."""
        if name is None:
            return
        path = self.folder / name
        try:
            table = read_table(path, file=str(path))
        except OSError as error:
            self.written.fault((key,), f"`{name}` cannot be read: {error.strerror}")
            return
        except Faults as refusal:
            self.faults += refusal.faults
            return
        self.tables.append(table)
        for number in range(table.length):
            row = table.read(model, (number,))
            if row is not None:
                yield _Place(table, (number,)), row

    def named(self, name: str, what: str, known: Iterable[str], *path: str | int) -> None:
        if name not in known:
            _Place(self.written, path).unknown(what, name, known)

    def all_named(
        self, names: Iterable[str], what: str, known: Iterable[str], *path: str | int
    ) -> None:
        for name in sorted(set(names)):
            self.named(name, what, known, *path)


def _once(seen: dict[str, _Place], name: str, place: _Place, what: str) -> None:
    first = seen.setdefault(name, place)
    if first is not place:
        place.fault(f"{what} is already at {first}")


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
    )


def _session(name: str, text: SessionText) -> DeskSession:
    return DeskSession(
        id=SessionId(name),
        desk=text.desk,
        accounts=frozenset(map(AccountId, text.accounts)),
        cancel_on_disconnect_us=text.cancel_on_disconnect,
        keep_gtc=text.keep_gtc,
        pending_new=text.pending_new,
        stale_after_us=text.stale_after,
    )
