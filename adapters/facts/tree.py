"""Who trades, through which doors and to whom: accounts, strategies, desk sessions, routes."""

from collections.abc import Iterable, Iterator, Mapping

from adapters.facts.reading import Once, Place, Reading
from adapters.facts.text import AccountRow, FactsText, SessionText, StrategyRow
from domain.account import Account, Strategy
from domain.client import Client
from domain.flattening import GATE
from domain.ids import (
    AccountId,
    ClientId,
    DeskId,
    FirmId,
    OwnerId,
    RouteId,
    SessionId,
    StrategyId,
    TraderId,
)
from domain.reference import DeskSession, Route


def accounts(
    reading: Reading, text: FactsText, clients: Mapping[ClientId, Client]
) -> dict[AccountId, Account]:
    """Read the accounts, which form a tree: a limit at a node counts what lies below it.

    Facts without any client leave the clients that accounts name to another source.
    """
    found: dict[AccountId, Account] = {}
    once = Once()
    above: dict[str, tuple[str, Place]] = {}
    rows = reading.rows("accounts_from", text.accounts_from, AccountRow)
    for place, row in (*_tree(reading, text), *rows):
        once.note(row.id, place, f"account `{row.id}`")
        for what, name, over, higher in (
            ("desk", row.desk, "firm", row.firm),
            ("trader", row.trader, "desk", row.desk),
        ):
            first, where = above.setdefault(f"{what} `{name}`", (higher, place))
            if first != higher:
                said = f"{what} `{name}` is of {over} `{first}` ({where})"
                place.fault(f"{said} and cannot be of `{higher}` too: accounts form a tree")
        if row.client is not None and clients:
            place.named(row.client, "client", clients, "client")
        account = Account(
            id=AccountId(row.id),
            trader=TraderId(row.trader),
            desk=DeskId(row.desk),
            firm=FirmId(row.firm),
            owner=OwnerId(row.owner or row.id),
            client=None if row.client is None else ClientId(row.client),
            name=row.name,
        )
        found.setdefault(account.id, account)
    return found


def strategies(
    reading: Reading, text: FactsText, desks: Iterable[str]
) -> dict[StrategyId, Strategy]:
    """Read the strategies."""
    found: dict[StrategyId, Strategy] = {}
    once = Once()
    for place, row in reading.named_entries(
        "strategies", text.strategies, text.strategies_from, StrategyRow
    ):
        once.note(row.id, place, f"strategy `{row.id}`")
        place.named(row.desk, "desk", desks, "desk")
        name = StrategyId(row.id)
        found[name] = Strategy(id=name, desk=DeskId(row.desk), algo_id=row.algo_id)
    return found


def sessions(
    reading: Reading,
    texts: Mapping[str, SessionText],
    desks: Iterable[str],
    accounts: Iterable[str],
) -> dict[SessionId, DeskSession]:
    """Read the doors desks' orders come through."""
    for name, text in texts.items():
        place = reading.place("sessions", name)
        if name == GATE:
            place.fault(f"session `{name}` is the gate's own: call it otherwise")
        place.named(text.desk, "desk", desks, "desk")
        place.all_named(text.accounts, "account", accounts, "accounts")
    return {
        SessionId(name): DeskSession(
            id=SessionId(name),
            desk=text.desk,
            accounts=frozenset(map(AccountId, text.accounts)),
            cancel_on_disconnect_us=text.cancel_on_disconnect,
            keep_gtc=text.keep_gtc,
            pending_new=text.pending_new,
            stale_after_us=text.stale_after,
        )
        for name, text in texts.items()
    }


def routes(
    reading: Reading, text: FactsText, venues: Iterable[str], accounts: Iterable[str]
) -> tuple[Route, ...]:
    """Read the brokers, in order of preference."""
    once = Once()
    for number, route in enumerate(text.routes):
        place = reading.place("routes", number)
        once.note(route.id, place, f"route `{route.id}`")
        place.all_named(route.venues, "venue of an instrument", venues, "venues")
        place.all_named(route.accounts, "account", accounts, "accounts")
    return tuple(
        Route(
            id=RouteId(route.id),
            venues=route.venues,
            accounts=frozenset(map(AccountId, route.accounts)),
            resend_within_us=route.resend_within,
        )
        for route in text.routes
    )


def _tree(reading: Reading, text: FactsText) -> Iterator[tuple[Place, AccountRow]]:
    for firm, desks in text.accounts.items():
        for desk, traders in desks.items():
            for trader, found in traders.items():
                for name, account in found.items():
                    place = reading.place("accounts", firm, desk, trader, name)
                    above = {"firm": firm, "desk": desk, "trader": trader}
                    yield place, AccountRow(id=name, **above, **dict(account))
