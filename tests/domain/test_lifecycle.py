"""The life of an order: paths through the table, and what amounts decide."""

import pytest

from domain.fixed import Quantity
from domain.lifecycle import ENDED, TRADES, TRANSITIONS, ExecType, Status, after, after_amounts

S, X = Status, ExecType

PATHS = {
    "acknowledged and cancelled": (
        [X.PENDING_NEW, X.NEW, X.PENDING_CANCEL, X.CANCELED],
        S.CANCELED,
    ),
    "refused at once": ([X.REJECTED], S.REJECTED),
    "acknowledged and refused after all": ([X.NEW, X.REJECTED], S.REJECTED),
    "refused, then working after all": ([X.REJECTED, X.NEW], S.NEW),
    "refused twice": ([X.REJECTED, X.REJECTED], S.REJECTED),
    "replaced and restated": ([X.NEW, X.PENDING_REPLACE, X.REPLACED, X.RESTATED], S.NEW),
    "done for the day and back": ([X.NEW, X.DONE_FOR_DAY, X.NEW], S.NEW),
    "done for the day and restated": ([X.NEW, X.DONE_FOR_DAY, X.RESTATED], S.NEW),
    "suspended, done, expired": ([X.SUSPENDED, X.DONE_FOR_DAY, X.EXPIRED], S.EXPIRED),
    "suspended and back": ([X.NEW, X.SUSPENDED, X.NEW], S.NEW),
    "cancelled before it was acknowledged": ([X.CANCELED, X.NEW], S.CANCELED),
    "expired before it was acknowledged": ([X.EXPIRED, X.NEW], S.EXPIRED),
    "cancelled twice": ([X.NEW, X.CANCELED, X.CANCELED], S.CANCELED),
    "cancelled unasked while suspended": ([X.NEW, X.SUSPENDED, X.CANCELED], S.CANCELED),
}


@pytest.mark.parametrize("name", PATHS)
def test_an_order_goes_the_way_the_table_says(name: str) -> None:
    path, end = PATHS[name]
    status: Status | None = S.PENDING_NEW
    for happening in path:
        assert status is not None
        status = after(status, happening)
    assert status is end


@pytest.mark.parametrize(
    ("status", "happening"),
    [
        (S.FILLED, X.CANCELED),
        (S.FILLED, X.REJECTED),
        (S.CANCELED, X.REJECTED),
        (S.CANCELED, X.REPLACED),
        (S.EXPIRED, X.CANCELED),
        (S.DENIED, X.NEW),
        (S.PARTIALLY_FILLED, X.REJECTED),
        (S.NEW, X.PENDING_NEW),
    ],
)
def test_what_cannot_happen_has_no_row(status: Status, happening: ExecType) -> None:
    assert after(status, happening) is None


def test_trades_and_statuses_are_not_the_tables_business() -> None:
    assert not {happening for _, happening in TRANSITIONS} & (TRADES | {X.STATUS})


def test_a_request_under_way_changes_no_status() -> None:
    for status in Status:
        assert after(status, X.PENDING_CANCEL) is status
        assert after(status, X.PENDING_REPLACE) is status


def test_only_a_rejection_and_a_full_fill_can_be_taken_back_without_a_trade() -> None:
    reopened = {
        (status, happening)
        for (status, happening), then in TRANSITIONS.items()
        if status in ENDED and then not in ENDED
    }
    assert reopened == {(S.REJECTED, X.NEW), (S.FILLED, X.REPLACED)}


@pytest.mark.parametrize(
    ("status", "filled", "leaves", "then"),
    [
        (S.NEW, 30, 70, S.PARTIALLY_FILLED),
        (S.PENDING_NEW, 30, 70, S.PARTIALLY_FILLED),
        (S.NEW, 100, 0, S.FILLED),
        (S.NEW, 120, 0, S.FILLED),
        (S.PARTIALLY_FILLED, 0, 100, S.NEW),
        (S.PARTIALLY_FILLED, 30, 0, S.CANCELED),
        (S.FILLED, 60, 40, S.PARTIALLY_FILLED),
        (S.FILLED, 60, 0, S.CANCELED),
        (S.CANCELED, 30, 0, S.CANCELED),
        (S.CANCELED, 100, 0, S.FILLED),
        (S.EXPIRED, 30, 0, S.EXPIRED),
        (S.EXPIRED, 100, 0, S.FILLED),
        (S.REJECTED, 30, 0, S.CANCELED),
        (S.REJECTED, 30, 70, S.PARTIALLY_FILLED),
    ],
)
def test_after_a_trade_the_amounts_decide(
    status: Status, filled: int, leaves: int, then: Status
) -> None:
    found = after_amounts(
        status, quantity=Quantity(100), filled=Quantity(filled), leaves=Quantity(leaves)
    )
    assert found is then
