"""The one door: bounded for those who ask, never shut to those who tell."""

from domain.events import MarketSeen, Stopped
from gateway.inbox import Entry, Inbox, Look


def test_a_full_inbox_refuses_those_who_ask() -> None:
    inbox = Inbox(capacity=2)
    assert [inbox.ask(MarketSeen()) for _ in range(3)] == [True, True, False]
    assert inbox.waiting == 2


def test_a_full_inbox_takes_what_has_happened() -> None:
    inbox = Inbox(capacity=1)
    inbox.ask(MarketSeen())
    inbox.tell(Stopped(reason="x"))
    assert inbox.waiting == 2


def test_what_was_put_in_comes_out_in_order_and_at_most_so_much() -> None:
    inbox = Inbox()
    for number in range(5):
        inbox.tell(Stopped(reason=str(number)))
    batch = inbox.take(3, 0)
    assert [each.body for each in batch if isinstance(each, Entry)] == [
        Stopped(reason=str(number)) for number in range(3)
    ]
    assert inbox.waiting == 2


def test_an_empty_inbox_gives_an_empty_batch_when_nothing_comes_in_time() -> None:
    assert Inbox().take(3, 0) == []
    assert Inbox().take(3, 0.001) == []


def test_the_end_ends_a_batch_and_what_follows_is_not_read() -> None:
    inbox = Inbox()
    inbox.look(lambda _: None)
    inbox.close()
    inbox.tell(MarketSeen())
    look, end = inbox.take(10, 0)
    assert isinstance(look, Look)
    assert end is None
