"""What the controls stand on: lists, people, entitlements, locates, limits."""

from collections.abc import Iterable, Mapping

from adapters.facts.reading import Once, Place, Reading
from adapters.facts.text import (
    EntitlementText,
    EntryRow,
    EntryText,
    FactsText,
    LimitText,
    LocateText,
    PersonRow,
)
from domain.ids import AccountId, InstrumentId
from domain.instrument import Instrument
from domain.limits import Limit
from domain.listed import Entry, InstrumentList
from domain.people import Person, PersonId, Role
from domain.permission import Entitlement, Locate
from domain.scope import TREE, Level, Scope, level_of, name_of

ENTITLED = (*TREE, Level.STRATEGY)
"""The levels an entitlement may be given at."""


class Scopes:
    """Every scope the facts know, by level."""

    def __init__(self, known: Mapping[Level, Iterable[str]]) -> None:
        self._known = {level: frozenset(names) for level, names in known.items()}

    def check(self, place: Scope, where: Place, levels: Iterable[Level] | None = None) -> None:
        """Note a fault if a scope is of another level, or of something nobody knows."""
        level = level_of(place)
        levels = self._known if levels is None else levels
        if level not in levels:
            wanted = ", ".join(levels)
            where.fault(f"wanted a scope of level {wanted}, found `{place}`", "scope")
        else:
            called = level.replace("_", " ")
            where.named(name_of(place), called, self._known[level], "scope")


def lists(
    reading: Reading, text: FactsText, instruments: Mapping[InstrumentId, Instrument]
) -> dict[str, InstrumentList]:
    """Read the lists. A list that has only rows in the table is one all the same."""
    issuers = {one.issuer for one in instruments.values() if one.issuer is not None}
    entries: dict[str, list[Entry]] = {name: [] for name in text.lists}

    def add(name: str, row: EntryText, place: Place) -> None:
        if row.instrument is not None:
            place.named(row.instrument, "instrument", instruments, "instrument")
        if row.issuer is not None:
            place.named(row.issuer, "issuer of an instrument", issuers, "issuer")
        entry = Entry(
            instrument=None if row.instrument is None else InstrumentId(row.instrument),
            issuer=row.issuer,
            since=row.since,
            until=row.until,
        )
        if entry in entries.setdefault(name, []):
            place.fault(f"`{row.instrument or row.issuer}` stands twice in list `{name}`")
        entries[name].append(entry)

    for name, listed in text.lists.items():
        for number, row in enumerate(listed.entries):
            add(name, row, reading.place("lists", name, "entries", number))
    for place, line in reading.rows("lists_from", text.lists_from, EntryRow):
        add(line.list, line, place)
    owners = {name: listed.owner or "" for name, listed in text.lists.items()}
    return {
        name: InstrumentList(entries=tuple(found), owner=owners.get(name, ""))
        for name, found in entries.items()
    }


def people(reading: Reading, text: FactsText) -> dict[PersonId, Person]:
    """Read who may do what by hand."""
    found: dict[PersonId, Person] = {}
    once = Once()
    for place, row in reading.named_entries("people", text.people, text.people_from, PersonRow):
        once.note(row.id, place, f"`{row.id}`")
        name = PersonId(row.id)
        found[name] = Person(id=name, name=row.name, roles=frozenset(map(Role, row.roles)))
    return found


def release_needs_two(reading: Reading, text: FactsText, known: Mapping[PersonId, Person]) -> bool:
    """Read whether a stop is lifted by two persons; there must be two who may."""
    may = sum(not one.roles.isdisjoint({Role.RISK, Role.SUPERVISOR}) for one in known.values())
    if text.release_needs_two and may < 2:
        said = f"wanted two persons at least of the roles risk or supervisor, found {may}"
        reading.place("release_needs_two").fault(said)
    return text.release_needs_two


def entitlements(
    reading: Reading,
    text: FactsText,
    scopes: Scopes,
    instruments: Mapping[InstrumentId, Instrument],
) -> tuple[Entitlement, ...]:
    """Read who may trade what."""
    venues = {instrument.mic for instrument in instruments.values()}
    found: list[Entitlement] = []
    for place, row in reading.entries(
        "entitlements", text.entitlements, text.entitlements_from, EntitlementText
    ):
        scopes.check(row.scope, place, ENTITLED)
        place.all_named(row.venues, "venue of an instrument", venues, "venues")
        place.all_named(row.instruments, "instrument", instruments, "instruments")
        found.append(
            Entitlement(
                scope=row.scope,
                asset_classes=row.asset_classes,
                venues=row.venues,
                instruments=frozenset(map(InstrumentId, row.instruments)),
            )
        )
    return tuple(found)


def locates(
    reading: Reading, text: FactsText, instruments: Iterable[str], accounts: Iterable[str]
) -> dict[str, Locate]:
    """Read the lenders' promises."""
    found: dict[str, Locate] = {}
    once = Once()
    for place, row in reading.entries("locates", text.locates, text.locates_from, LocateText):
        once.note(row.id, place, f"locate `{row.id}`")
        place.named(row.instrument, "instrument", instruments, "instrument")
        if row.account is not None:
            place.named(row.account, "account", accounts, "account")
        found[row.id] = Locate(
            id=row.id,
            instrument=InstrumentId(row.instrument),
            quantity=row.quantity,
            account=None if row.account is None else AccountId(row.account),
            expires=row.expires,
        )
    return found


def limits(reading: Reading, text: FactsText, scopes: Scopes) -> tuple[Limit, ...]:
    """Read the limits, one of a name for a scope."""
    found: list[Limit] = []
    once = Once()
    for place, row in reading.entries("limits", text.limits, text.limits_from, LimitText):
        once.note(f"{row.name} {row.scope}", place, f"limit `{row.name}` of {row.scope}")
        scopes.check(row.scope, place)
        found.append(Limit(name=row.name, scope=row.scope, hard=row.hard, soft=row.soft))
    return tuple(found)
