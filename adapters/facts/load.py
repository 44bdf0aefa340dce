"""From a file of reference facts, and the tables it names, to `Reference`.

Each part is held against its model, then against the other parts: whatever is named must be there,
nothing may be named twice, and desks and traders must form a tree, because a limit at a node counts
all that lies below it and nothing else. All faults of all files are told at once.
"""

from collections.abc import Mapping
from pathlib import Path

from adapters.facts.controls import (
    Scopes,
    entitlements,
    limits,
    lists,
    locates,
    people,
    release_needs_two,
)
from adapters.facts.funds import balances, day_ends
from adapters.facts.listings import calendars, figures, instruments
from adapters.facts.profiles import activity, check_services, clients, products
from adapters.facts.reading import Reading
from adapters.facts.text import FactsText
from adapters.facts.tree import accounts, routes, sessions, strategies
from domain.account import Account, Strategy
from domain.ids import AccountId, InstrumentId, SessionId, StrategyId
from domain.instrument import AssetClass, Instrument
from domain.money import Currency
from domain.reference import DeskSession, Reference
from domain.scope import Level
from rules.fault import Faults
from rules.nodes import Branch, Leaf
from rules.written import Written


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
    reading = Reading(written, path.parent)
    reference = _reference(reading, text)
    if reading.faults:
        raise Faults(reading.faults)
    return reference


def files_of(path: Path) -> tuple[Path, ...]:
    """Name the files that facts are read from: this one, and the tables it names.

    Of a file that cannot be read, itself alone.
    """
    try:
        root = Written.yaml(path.read_bytes(), file=str(path)).root
    except (OSError, Faults):
        return (path,)
    entries = root.entries if isinstance(root, Branch) else {}
    named = (leaf for key, (_, leaf) in entries.items() if key.endswith("_from"))
    tables = [leaf.value for leaf in named if isinstance(leaf, Leaf)]
    return (path, *(path.parent / name for name in tables if isinstance(name, str)))


def _reference(reading: Reading, text: FactsText) -> Reference:
    hours = calendars(reading, text.calendars)
    listed = instruments(reading, text, hours.keys())
    profiles = clients(reading, text, listed)
    held = accounts(reading, text, profiles)
    check_services(reading, profiles, held)
    desks = {str(account.desk) for account in held.values()}
    traded = strategies(reading, text, desks)
    doors = sessions(reading, text.sessions, desks, held)
    scopes = _scopes(held, traded, doors, listed)
    persons = people(reading, text)
    return Reference(
        version=text.version or "",
        as_of=text.as_of,
        base=Currency(text.base),
        instruments=listed,
        accounts=held,
        strategies=traded,
        calendars=hours,
        sessions=doors,
        routes=routes(reading, text, {one.mic for one in listed.values()}, held),
        lists=lists(reading, text, listed),
        people=persons,
        release_needs_two=release_needs_two(reading, text, persons),
        entitlements=entitlements(reading, text, scopes, listed),
        locates=locates(reading, text, listed, held),
        limits=limits(reading, text, scopes),
        figures=figures(reading, text, listed),
        balances=balances(reading, text, held),
        day_ends=day_ends(reading, text, hours),
        activity=activity(reading, text, held),
        clients=profiles,
        products=products(reading, text, listed),
    )


def _scopes(
    accounts: Mapping[AccountId, Account],
    strategies: Mapping[StrategyId, Strategy],
    sessions: Mapping[SessionId, DeskSession],
    instruments: Mapping[InstrumentId, Instrument],
) -> Scopes:
    return Scopes(
        {
            Level.FIRM: (account.firm for account in accounts.values()),
            Level.DESK: (account.desk for account in accounts.values()),
            Level.TRADER: (account.trader for account in accounts.values()),
            Level.ACCOUNT: accounts,
            Level.STRATEGY: strategies,
            Level.CLIENT: (one.client for one in accounts.values() if one.client is not None),
            Level.SESSION: sessions,
            Level.ASSET_CLASS: AssetClass,
            Level.VENUE: (instrument.mic for instrument in instruments.values()),
            Level.INSTRUMENT: instruments,
        }
    )
