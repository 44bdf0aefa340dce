"""Permissions as facts: who may trade what, and what may be sold short.

An *entitlement* opens a part of the market to a scope of the account tree; a *locate* is a
lender's promise that so many shares can be borrowed (Reg SHO rule 203(b)), used up by short sales
and gone when it expires.
"""

from dataclasses import dataclass

from domain.fixed import Quantity
from domain.ids import AccountId, InstrumentId, Micros
from domain.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """What one scope (a firm, desk, trader, account or strategy) may trade. Empty means all."""

    scope: Scope
    asset_classes: frozenset[str] = frozenset()
    venues: frozenset[str] = frozenset()
    instruments: frozenset[InstrumentId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Locate:
    """One locate: `quantity` of `instrument` for `account`, or for any where that is None.

    `quantity` None is unlimited (easy to borrow). Good before `expires`. An id is one locate's for
    ever: what short sales used is remembered by it, whatever newer facts say of it.
    """

    id: str
    instrument: InstrumentId
    quantity: Quantity | None = None
    account: AccountId | None = None
    expires: Micros | None = None
