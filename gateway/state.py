"""Everything the core knows: the sum of the journal so far.

INVARIANT (replay): the state is a function of the records alone. It is changed only by
`gateway.core.apply`; two gates that applied the same records hold equal states.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from domain.book import Book
from domain.consent import Consents
from domain.events import Body
from domain.flattening import Flattening
from domain.ids import (
    AccountId,
    Digest,
    InstrumentId,
    Micros,
    OrderId,
    RouteId,
    SessionId,
    StrategyId,
)
from domain.limits import Limits
from domain.market import Quote
from domain.order import Order
from domain.reference import Reference
from domain.release import Release
from domain.scope import Level, Scope, TradingState, scope
from domain.working import Working
from rules.case import Case
from rules.check import Panel
from rules.memory import Memory, MemoryKey
from rules.place import Place
from rules.policy import Policy

PanelKey = tuple[AccountId, StrategyId | None, SessionId, InstrumentId]
"""What orders that ask the same checks have in common."""

PANELS_MAX = 65_536
"""Bound panels kept at once; beyond it they are all bound again as they are needed."""


class Library(Protocol):
    """The stored texts that events name by digest, parsed. What an event names is always there."""

    def policy(self, digest: Digest) -> Policy:
        """Give a policy."""

    def reference(self, digest: Digest) -> Reference:
        """Give a version of the reference facts."""


@dataclass(slots=True)
class Kill:
    """A kill or a lost session being carried out: which orders have not ended yet.

    `orders` is how many it was about, and `refused` are those the broker would not cancel. `at` is
    when it was ordered, `last_at` when an order of it last ended, `done_at` when all had.
    """

    scope: Scope
    at: Micros
    orders: int
    waiting: set[OrderId]
    refused: set[OrderId] = field(default_factory=set)
    last_at: Micros | None = None
    done_at: Micros | None = None


@dataclass(slots=True)
class State:
    """The gate at one record. `down` maps a lost session to the record that saw the loss.

    `kills` are all there ever were, by their records; `unfinished` those of them that wait.
    `flattenings` go by their records too.
    """

    library: Library
    book: Book = field(default_factory=Book)
    policy: Policy | None = None
    states: dict[Scope, TradingState] = field(default_factory=dict)
    releases: dict[Scope, Release] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    consents: Consents = field(default_factory=Consents)
    up: set[SessionId] = field(default_factory=set)
    down: dict[SessionId, int] = field(default_factory=dict)
    routes: set[RouteId] = field(default_factory=set)
    kills: dict[int, Kill] = field(default_factory=dict)
    unfinished: dict[int, Kill] = field(default_factory=dict, compare=False)
    flattenings: dict[int, Flattening] = field(default_factory=dict)
    memories: dict[MemoryKey, Memory] = field(default_factory=dict)
    listeners: Mapping[type[Body], tuple[Memory, ...]] = field(default_factory=dict, compare=False)
    mark: str = ""
    terms_since: int = 0
    """The record that put the policy or the facts in force by which orders are judged now."""
    next_seq: int = 0
    at: Micros = Micros(0)
    _panels: dict[PanelKey, tuple[Place, Panel]] = field(default_factory=dict, compare=False)

    def case(
        self,
        order: Order,
        *,
        at: Micros,
        quote: Quote | None,
        replaced: Working | None = None,
        signalled_at: Micros | None = None,
    ) -> tuple[Case, Panel]:
        """Put a question about an order whose account and instrument are known."""
        key = (order.account, order.strategy, order.session, order.instrument)
        bound = self._panels.get(key)
        if bound is None:
            bound = self._bind(key)
        place, panel = bound
        case = Case(
            at=at,
            order=order,
            place=place,
            quote=quote,
            replaced=replaced,
            signalled_at=signalled_at,
        )
        return case, panel

    def scopes(self, order: Order) -> tuple[Scope, ...]:
        """Give the scopes a message about an order counts in; of an unknown one, its session's."""
        key = (order.account, order.strategy, order.session, order.instrument)
        bound = self._panels.get(key)
        if bound is None:
            reference = self.book.reference
            if (
                reference is None
                or self.policy is None
                or order.account not in reference.accounts
                or order.instrument not in reference.instruments
            ):
                return (scope(Level.SESSION, order.session),)
            bound = self._bind(key)
        return bound[0].scopes

    def unbind(self) -> None:
        """Forget the bound checks: the policy or the facts they were bound to have changed."""
        self._panels.clear()

    def _bind(self, key: PanelKey) -> tuple[Place, Panel]:
        account, strategy, session, instrument = key
        reference = self.book.reference
        assert reference is not None
        assert self.policy is not None
        place = Place(
            account=reference.accounts[account],
            instrument=reference.instruments[instrument],
            strategy=strategy,
            session=session,
            path=self.book.path(account, strategy),
            reference=reference,
            book=self.book,
            states=self.states,
            limits=self.limits,
            consents=self.consents,
            memories=self.memories,
        )
        if len(self._panels) >= PANELS_MAX:
            self._panels.clear()
        bound = self._panels[key] = (place, self.policy.bind(place))
        return bound
