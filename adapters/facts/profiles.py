"""Whom orders are for and what they are in: clients and their accounts' activity; products.

A profile is written in the file, or as a row of a table; what a client knows of a family of
products and which documents reached it may also be rows of two tables of their own, which name the
client.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from adapters.facts.reading import Once, Place, Reading
from adapters.facts.text import ActivityText, FactsText
from domain.account import Account
from domain.activity import Activity
from domain.client import Client
from domain.fixed import Amount
from domain.ids import AccountId, ClientId, InstrumentId
from domain.instrument import Instrument
from domain.product import Product
from rules.suitability.written import ClientRow, DeliveryRow, ExperienceRow, ProductRow


def clients(
    reading: Reading,
    text: FactsText,
    instruments: Mapping[InstrumentId, Instrument],
) -> dict[ClientId, Client]:
    """Read the clients' profiles."""
    found: dict[ClientId, Client] = {}
    once = Once()
    for place, row in reading.named_entries("clients", text.clients, text.clients_from, ClientRow):
        once.note(row.id, place, f"client `{row.id}`")
        for number, each in enumerate(row.deliveries):
            named = InstrumentId(each.instrument)
            place.named(named, "instrument", instruments, "deliveries", number, "instrument")
        found.setdefault(ClientId(row.id), row.client(ClientId(row.id)))
    _add_experience(reading, text, found)
    _add_deliveries(reading, text, found, instruments)
    return found


def check_services(
    reading: Reading,
    clients: Mapping[ClientId, Client],
    accounts: Mapping[AccountId, Account],
) -> None:
    """Note a fault for every service on an account that is not the client's."""
    for client in clients.values():
        own = {name for name, account in accounts.items() if account.client == client.id}
        for name in sorted(client.services.keys() - own):
            place = reading.place("clients", client.id, "services", name)
            place.fault(f"client `{client.id}` has no account called `{name}`")


def products(
    reading: Reading, text: FactsText, instruments: Mapping[InstrumentId, Instrument]
) -> dict[InstrumentId, Product]:
    """Read what the instruments are as products."""
    found: dict[InstrumentId, Product] = {}
    once = Once()
    for place, row in reading.entries("products", text.products, text.products_from, ProductRow):
        once.note(row.instrument, place, f"product `{row.instrument}`")
        place.named(row.instrument, "instrument", instruments, "instrument")
        name = InstrumentId(row.instrument)
        found.setdefault(name, row.product(name))
    return found


def activity(
    reading: Reading, text: FactsText, accounts: Mapping[AccountId, Account]
) -> dict[AccountId, Activity]:
    """Read what the accounts traded in twelve months."""
    found: dict[AccountId, Activity] = {}
    once = Once()
    for place, row in reading.entries("activity", text.activity, text.activity_from, ActivityText):
        once.note(row.account, place, f"the activity of `{row.account}`")
        place.named(row.account, "account", accounts, "account")
        found[AccountId(row.account)] = Activity(
            as_of=row.as_of,
            purchases=row.purchases,
            costs=row.costs,
            equity=Amount(row.equity),
        )
    return found


def _add_experience(reading: Reading, text: FactsText, found: dict[ClientId, Client]) -> None:
    once = Once()
    written = {name: frozenset(client.experience) for name, client in found.items()}
    for place, row in reading.rows("experience_from", text.experience_from, ExperienceRow):
        known = _client(place, row.client, found)
        once.note(f"{row.client}\x1f{row.family}", place, f"`{row.family}` of `{row.client}`")
        if known is None:
            continue
        if row.family in written[known.id]:
            place.fault(f"`{row.family}` of `{row.client}` is already in the profile", "family")
        told = {**known.experience, row.family: row.experience()}
        found[known.id] = replace(known, experience=told)


def _add_deliveries(
    reading: Reading,
    text: FactsText,
    found: dict[ClientId, Client],
    instruments: Iterable[str],
) -> None:
    gathered: dict[ClientId, list[DeliveryRow]] = {}
    for place, row in reading.rows("deliveries_from", text.deliveries_from, DeliveryRow):
        place.named(row.instrument, "instrument", instruments, "instrument")
        known = _client(place, row.client, found)
        if known is not None:
            gathered.setdefault(known.id, []).append(row)
    for name, rows in gathered.items():
        known = found[name]
        told = (*known.deliveries, *(row.delivery() for row in rows))
        found[name] = replace(known, deliveries=told)


def _client(place: Place, name: str, found: Mapping[ClientId, Client]) -> Client | None:
    place.named(name, "client", found, "client")
    return found.get(ClientId(name))
