"""What the simulated worlds have in common: listings, accounts, brokers, and how facts change."""

from dataclasses import replace

from domain.ids import RouteId
from domain.permission import Locate
from domain.reference import Reference, Route
from tests.builders import A2, IBM, VOD, account, reference, shares

SECOND = 1_000_000

SPARE = RouteId("SPARE")
"""A broker for everything, asked where the others are away."""

SCOPES = (
    *("firm:house", "desk:cash", "desk:programme", "trader:bob", "account:A1", "account:B1"),
    *("strategy:momentum", "instrument:IBM", "session:ALPHA", "venue:XLON", "asset_class:equity"),
)


LISTINGS = (IBM, VOD)

LOCATED = 60
"""How many of each listing a lender has promised, by a locate of the listing's name."""


def facts() -> tuple[Reference, ...]:
    """Versions of the reference facts: as they are, an account moved, a listing forgotten."""
    first = reference()
    first = replace(
        first,
        routes=(*first.routes, Route(id=SPARE, resend_within_us=5 * SECOND)),
        locates={
            each: Locate(id=each, instrument=each, quantity=shares(LOCATED)) for each in LISTINGS
        },
    )
    moved = replace(first, accounts={**first.accounts, A2: account(A2, "programme", "cat", "A1")})
    forgetful = replace(first, instruments={IBM: first.instruments[IBM]})
    return first, moved, forgetful
