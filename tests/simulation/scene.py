"""What the simulated worlds have in common: listings, scopes, people, a third broker."""

from domain.ids import RouteId
from tests.builders import IBM, VOD

SECOND = 1_000_000

SPARE = RouteId("SPARE")
"""A broker for everything, asked where the others are away."""

SCOPES = (
    *("firm:house", "desk:cash", "desk:programme", "trader:bob", "account:A1", "account:B1"),
    *("strategy:momentum", "instrument:IBM", "session:ALPHA", "venue:XLON", "asset_class:equity"),
)

LISTINGS = (IBM, VOD)

LOCATED = 30
"""How many of each listing a lender has promised, by a locate of the listing's name."""

RESEND_US = 40 * SECOND
"""How old an order that no broker saw may be and still be sent again."""

PEOPLE = {
    "ann": frozenset({"risk"}),
    "rob": frozenset({"risk", "supervisor"}),
    "sue": frozenset({"supervisor"}),
    "tom": frozenset({"trader"}),
}
"""Who holds which roles. Rob could do alone what takes two."""

CREDITED = ("firm:house", "desk:cash", "desk:programme", "account:A1", "strategy:momentum")
"""The scopes that may have a limit named ``credit``."""
