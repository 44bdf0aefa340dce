"""Where an order stands: everything about it that is the same for the next order like it.

Orders of one account, strategy, session and instrument ask the same rules about the same nodes
of the book. So the rules that apply are found once for such a *place*, bound to its nodes,
limits and memories, and the bound checks are kept until the policy or the reference facts
change. An order pays only for what depends on the order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.account import Account
from domain.book import Book
from domain.consent import Consents
from domain.exposure import Node
from domain.ids import SessionId, StrategyId
from domain.instrument import Instrument
from domain.limits import Limits
from domain.reference import Reference
from domain.scope import Level, Scope, TradingState, scope
from rules.memory import Memory, MemoryKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One account, strategy, session and instrument, with the parts of the state they touch.

    `path` is the book's nodes the order will count at, widest first. `states` are the trading
    states in force, `limits` those of the facts as people changed them, `consents` what people
    let pass and `memories` what rules remember; all are the state's own, read only.
    """

    account: Account
    instrument: Instrument
    strategy: StrategyId | None
    session: SessionId
    path: tuple[tuple[Scope, Node], ...]
    reference: Reference
    book: Book
    states: Mapping[Scope, TradingState]
    limits: Limits
    consents: Consents
    memories: Mapping[MemoryKey, Memory]
    scopes: tuple[Scope, ...] = field(init=False)
    """Every scope this place lies in, widest first, the instrument last."""

    def __post_init__(self) -> None:
        """Name the scopes once: every message that comes through here counts in them."""
        client = self.account.client
        scopes = (
            *(place for place, _ in self.path),
            *(() if client is None else (scope(Level.CLIENT, client),)),
            scope(Level.SESSION, self.session),
            scope(Level.ASSET_CLASS, self.instrument.asset_class),
            scope(Level.VENUE, self.instrument.mic),
            scope(Level.INSTRUMENT, self.instrument.id),
        )
        object.__setattr__(self, "scopes", scopes)

    def node(self, level: Level) -> tuple[Scope, Node] | None:
        """Give this place's node at a level; None when it has none (an order without strategy)."""
        for place, node in self.path:
            if place.startswith(f"{level}:"):
                return place, node
        return None
