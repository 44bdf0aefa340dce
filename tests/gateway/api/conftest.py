"""A real gate with its journal, writer and local door, a broker that acknowledges, and the API."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.events import ExecutionReported, RouteChanged
from domain.fixed import NANO, Amount, Quantity
from domain.ids import ExecId, SessionId
from domain.instrument import Instrument
from domain.lifecycle import ExecType
from domain.limits import Limit
from domain.messages import Message, SendCancel, SendOrder, SendReplace
from domain.people import Person, PersonId, Role
from domain.reference import DeskSession, Reference
from domain.scope import Scope
from gateway.api.app import create_app
from gateway.gate import Gate, Plan
from gateway.inbox import Inbox
from gateway.local_door import LocalCaller
from gateway.settings import ApiKey
from tests.builders import NORTH, SOUTH, reference, traded

REST = SessionId("REST")

POLICY = b"""\
policy: test
version: 1
rules:
  - {id: size, kind: max_order_quantity, limit: 1000}
  - {id: position, kind: max_position, per: account, long: 1500, short: 1500}
  - {id: watch, kind: max_order_quantity, limit: 700, verdict: warn, silent: true}
"""

KEYS = {
    sha256(b"desk-key").hexdigest(): ApiKey(name="desk", session=REST, operator=False),
    sha256(b"risk-key").hexdigest(): ApiKey(name="risk", session=REST, operator=True),
    sha256(b"boss-key").hexdigest(): ApiKey(name="boss", session=REST, operator=True),
    sha256(b"night-key").hexdigest(): ApiKey(name="night", session=REST, operator=True),
    sha256(b"control-key").hexdigest(): ApiKey(
        name="control", session=REST, operator=False, compliance=True
    ),
    sha256(b"other-key").hexdigest(): ApiKey(
        name="other", session=SessionId("ALPHA"), operator=False
    ),
}

PEOPLE = {
    PersonId(name): Person(id=PersonId(name), roles=frozenset({role}))
    for name, role in (
        ("risk", Role.RISK),
        ("boss", Role.SUPERVISOR),
        ("night", Role.OPERATIONS),
    )
}
CREDIT = Limit(name="credit", scope=Scope("firm:house"), hard=Amount(500 * NANO))


@dataclass
class PromptBroker:
    """Acknowledges everything at once; with `silent`, nothing. With `fills`, it trades orders."""

    inbox: Inbox
    silent: bool = False
    fills: bool = False
    sent: list[Message] = field(default_factory=list)
    sessions: frozenset[str] = frozenset({"BETA"})

    def start(self) -> None:
        for route in (NORTH, SOUTH):
            self.inbox.tell(RouteChanged(route=route, up=True))

    def stop(self) -> None:
        pass

    def turn(self) -> bool:
        return False

    def recall(self, message: Message) -> None:
        pass

    def relist(self, instruments: Iterable[Instrument]) -> None:
        pass

    def unfit(self, facts: Reference) -> tuple[str, ...]:
        return ()

    @property
    def health(self) -> dict[str, object]:
        return {NORTH: True, SOUTH: True}

    def send(self, message: Message) -> None:
        self.sent.append(message)
        if self.silent or not isinstance(message, SendOrder | SendCancel | SendReplace):
            return
        kind = {
            SendOrder: ExecType.NEW,
            SendCancel: ExecType.CANCELED,
            SendReplace: ExecType.REPLACED,
        }[type(message)]
        if self.fills and kind is ExecType.NEW:
            self._fill(message)
            return
        ended = kind is ExecType.CANCELED
        self.inbox.tell(
            ExecutionReported(
                route=message.route,
                order_id=message.order_id,
                exec_id=ExecId(f"X{len(self.sent)}"),
                type=kind,
                status="4" if ended else "0",
                filled=Quantity(0),
                leaves=Quantity(0) if ended else message.order.quantity,
            )
        )

    def _fill(self, message: SendOrder | SendCancel | SendReplace) -> None:
        count = message.order.quantity // NANO
        name = f"X{len(self.sent)}"
        self.inbox.tell(traded(message.order_id, count, name=name, filled=count, leaves=0))


@dataclass
class House:
    """The gate and what stands around it."""

    gate: Gate
    broker: PromptBroker
    journal: Path
    door: Path
    stopped: bool = False

    def caller(self) -> LocalCaller:
        return LocalCaller(self.door)

    @asynccontextmanager
    async def client(self, key: str | None = "desk-key") -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(journal=self.journal, door=self.door, keys=KEYS)
        headers = {} if key is None else {"X-API-Key": key}
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=transport, base_url="http://gate", headers=headers
            ) as client,
        ):
            yield client


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    facts = reference()
    sessions = {**facts.sessions, REST: DeskSession(id=REST, desk="cash")}
    policy = tmp_path / "policy.yaml"
    policy.write_bytes(POLICY)
    brokers: list[PromptBroker] = []

    def links(inbox: Inbox, *_: object) -> PromptBroker:
        brokers.append(PromptBroker(inbox))
        return brokers[-1]

    plan = Plan(
        journal=tmp_path / "journal",
        key=tmp_path / "key.pem",
        origin="test",
        policy=policy,
        reference=reference(sessions=sessions, people=PEOPLE, limits=(CREDIT,)),
        door=tmp_path / "gate.sock",
        links=links,
    )
    gate = Gate(plan)
    gate.start()
    found = House(gate, brokers[0], plan.journal, plan.door)
    yield found
    if not found.stopped:
        gate.stop()
    assert gate.wait() is None


Play = Callable[[Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def play(house: House) -> Callable[..., None]:
    """Run a scene against the API."""

    def run(
        scene: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]],
        key: str | None = "desk-key",
    ) -> None:
        async def whole() -> None:
            async with house.client(key) as client:
                await scene(client)

        asyncio.run(whole())

    return run


async def until(check: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    """Wait until the copy that the API reads has caught up with what was asked."""
    deadline = time.monotonic() + 10
    while not await check():
        assert time.monotonic() < deadline, "the copy did not catch up"
        await asyncio.sleep(0.01)
