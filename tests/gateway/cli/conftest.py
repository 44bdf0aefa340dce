"""A journal made by the real sequencer, and a way to run commands on it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audit.journal import Journal
from domain.events import (
    Body,
    CancelAsked,
    MessageRefused,
    OrderAsked,
    PolicyActivated,
    ReferenceLoaded,
    RouteChanged,
    SessionChanged,
    Started,
    StateOrdered,
)
from domain.ids import ClOrdId, Micros
from domain.lifecycle import ExecType
from domain.messages import Message
from domain.scope import Scope, TradingState
from gateway.cli.app import app
from gateway.inbox import Entry, Inbox
from gateway.library import Shelf
from gateway.sequencer import Sequencer
from gateway.state import State
from tests.builders import (
    ALPHA,
    NORTH,
    SECOND,
    START,
    executed,
    order,
    quote,
    reference,
    shares,
    traded,
)

POLICY = b"""\
policy: test
version: 1
rules:
  - {id: test.size, kind: max_order_quantity, limit: 1000}
  - {id: test.value, kind: max_order_value, limit: 50000 USD, verdict: warn}
  - {id: test.watch, kind: max_order_quantity, limit: 4999, verdict: warn, silent: true}
"""

Ran = Callable[..., Result]


class Nowhere:
    """An outbox that sends nothing."""

    def send(self, messages: tuple[Message, ...]) -> None:
        pass


def write_journal(folder: Path, bodies: Sequence[Body]) -> None:
    """Put bodies through the real steps, a second apart, into a journal that is then closed."""
    with Journal.open(folder, key=folder.parent / "key.pem", origin="test/journal") as journal:
        shelf = Shelf(journal)
        policy = shelf.add_policy(POLICY, file="policy.yaml")
        facts = shelf.add_reference(reference())
        state = State(shelf)
        sequencer = Sequencer(
            state,
            inbox=Inbox(),
            record=journal,
            outbox=Nowhere(),
            clock=lambda: Micros(START + state.next_seq * SECOND),
            quote_of=quote,
            turn=lambda: False,
        )
        before: list[Body] = [
            Started(version="0", host="test"),
            ReferenceLoaded(digest=facts, by="test"),
            PolicyActivated(digest=policy.digest, name=policy.name, by="test"),
            RouteChanged(route=NORTH, up=True),
            SessionChanged(session=ALPHA, up=True),
        ]
        for body in [*before, *bodies]:
            sequencer.step([Entry(body, None)])


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Records 5 to 13: a fill in two parts, a denial, what cannot be read, a kill, a repeat."""
    folder = tmp_path / "journal"
    write_journal(
        folder,
        [
            OrderAsked(order=order("1")),
            executed(ExecType.NEW, "G5", leaves=shares(100)),
            traded("G5", 40, name="X1", filled=40, leaves=60),
            OrderAsked(order=order("2", quantity=shares(5_000))),
            MessageRefused(
                session=ALPHA, ref_seq=9, message_type="D", faults=("OrderQty (38) is missing",)
            ),
            CancelAsked(session=ALPHA, cl_ord_id=ClOrdId("C1"), orig_cl_ord_id=ClOrdId("1")),
            executed(ExecType.CANCELED, "G10", orig_order_id="G5", filled=shares(40)),
            StateOrdered(
                scope=Scope("desk:cash"),
                state=TradingState.HALTED,
                cancel=True,
                by="ann",
                reason="[bold]fire[/bold] drill",
            ),
            OrderAsked(order=replace(order("2"))),
        ],
    )
    return folder


@pytest.fixture
def run() -> Ran:
    """Run a command in this process; what it raises is raised."""

    def runs(*words: object, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(
            app, [str(word) for word in words], input=stdin, catch_exceptions=False
        )

    return runs
