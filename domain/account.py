"""Who trades: the tree firm → desk → trader → account, and the strategies beside it.

Every order names an account; the account names its trader, the trader its desk, the desk its
firm. Limits may stand at any node, and an order must pass at each one above it.
"""

from dataclasses import dataclass

from domain.ids import AccountId, ClientId, DeskId, FirmId, OwnerId, StrategyId, TraderId
from domain.scope import Level, Scope, scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A trading account and its place in the tree.

    `owner` is the beneficial owner: accounts of one owner must not trade with each other.
    `client` is whose suitability profile an order for the account is held against.
    """

    id: AccountId
    trader: TraderId
    desk: DeskId
    firm: FirmId
    owner: OwnerId
    client: ClientId | None = None
    name: str = ""

    @property
    def path(self) -> tuple[Scope, Scope, Scope, Scope]:
        """The scopes this account's orders count in, widest first."""
        return (
            scope(Level.FIRM, self.firm),
            scope(Level.DESK, self.desk),
            scope(Level.TRADER, self.trader),
            scope(Level.ACCOUNT, self.id),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """A named way of trading, human or algorithmic; `algo_id` is the venue's identifier."""

    id: StrategyId
    desk: DeskId
    algo_id: str | None = None
