"""The REST door.

A process of its own: what it asks goes through the gate's local door into the same inbox as FIX;
what it tells comes from a copy of the state that follows the journal (`gateway.projection`).

An order that is denied is an answer, not an error: 200 with its findings. 201 says the order was
accepted and is on its way. 422 lists every fault of what was sent, 401 wants a key, 403 another
one, 404 names what is not known, 503 says that the gate is behind or away.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.requests import Request
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader

from audit.reader import Reader
from domain.events import (
    Body,
    CancelAsked,
    OrderAsked,
    ReplaceAsked,
    SignalAsked,
)
from domain.ids import AccountId, ClOrdId, InstrumentId, OrderId, StrategyId
from domain.working import Working
from gateway.api.caller import Caller, GateAway, GateRefused
from gateway.api.models import CancelModel, OrderModel, SignalModel
from gateway.api.operators import operators
from gateway.library import Library
from gateway.projection import Projection
from gateway.records import write_body
from gateway.settings import ApiKey
from gateway.views import life, override, positions, record_as_told, rooms, standing


def create_app(*, journal: Path, door: Path, keys: Mapping[str, ApiKey]) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    journal : Path
        The journal to follow.
    door : Path
        The gate's local door.
    keys : mapping
        From the SHA-256 of a key (hex) to who holds it.
    """
    caller = Caller(door)
    reader = Reader.open(journal)
    projection = Projection.of(Library(reader.object))
    closing = Flag()
    follower = Follower(projection, reader, closing)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        follower.start()
        yield
        closing.set()
        follower.join()
        await caller.close()

    app = FastAPI(
        title="Ordergate",
        description=__doc__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    header = APIKeyHeader(name="X-API-Key", auto_error=False)

    def holder(key: Annotated[str | None, Depends(header)]) -> ApiKey:
        found = None if key is None else keys.get(sha256(key.encode()).hexdigest())
        if found is None:
            raise HTTPException(401, "a known key is wanted in `X-API-Key`")
        return found

    def operator(key: Annotated[ApiKey, Depends(holder)]) -> ApiKey:
        if not key.operator:
            raise HTTPException(403, f"key `{key.name}` may not halt or resume")
        return key

    Holder = Annotated[ApiKey, Depends(holder)]  # noqa: N806 (a type)

    @app.exception_handler(GateAway)
    async def away(_: Request, fault: GateAway) -> JSONResponse:
        return JSONResponse({"detail": str(fault)}, 503)

    @app.exception_handler(GateRefused)
    async def refused(_: Request, fault: GateRefused) -> JSONResponse:
        return JSONResponse({"detail": str(fault)}, 503, {"Retry-After": "1"})

    async def ask(body: Body) -> dict[str, Any]:
        return record_as_told(await caller.ask(f'"event":{write_body(body)}'))

    def known(order_id: str, key: ApiKey) -> Working:
        with projection.reading() as state:
            working = state.book.orders.get(OrderId(order_id))
        if working is None or working.order.session != key.session:
            raise HTTPException(404, f"no order `{order_id}` of session `{key.session}`")
        return working

    @app.post("/orders", status_code=201)
    async def new_order(asked: OrderModel, key: Holder, response: Response) -> dict[str, Any]:
        """Ask for a new order; the verdict comes back with every finding."""
        return _judged(await ask(OrderAsked(order=asked.order(key.session))), response)

    @app.post("/signals", status_code=201)
    async def new_signal(asked: SignalModel, key: Holder, response: Response) -> dict[str, Any]:
        """Raise a signal: judged like the order it carries."""
        return _judged(await ask(SignalAsked(signal=asked.signal(key.session))), response)

    @app.post("/orders/{order_id}/cancel", status_code=202)
    async def cancel(order_id: str, asked: CancelModel, key: Holder) -> dict[str, Any]:
        """Ask to end an order."""
        working = known(order_id, key)
        body = CancelAsked(
            session=key.session,
            cl_ord_id=ClOrdId(asked.cl_ord_id),
            orig_cl_ord_id=working.order.cl_ord_id,
        )
        return await ask(body)

    @app.post("/orders/{order_id}/replace", status_code=202)
    async def replace(order_id: str, asked: OrderModel, key: Holder) -> dict[str, Any]:
        """Ask for new terms, whole."""
        working = known(order_id, key)
        body = ReplaceAsked(orig_cl_ord_id=working.order.cl_ord_id, order=asked.order(key.session))
        return await ask(body)

    @app.get("/orders/{order_id}")
    def order(order_id: str, key: Holder) -> dict[str, Any]:
        """Tell an order's whole life, with every finding the caller may know of."""
        with projection.reading() as state:
            working = state.book.orders.get(OrderId(order_id))
            seqs = tuple(projection.lives.get(OrderId(order_id), ()))
            if working is None or not _may_see(key, working):
                raise HTTPException(404, f"no order `{order_id}` is known to `{key.name}`")
            found = {**life(working), "override": override(state, working.order_id)}
        found["records"] = [json.loads(reader.record(seq).body) for seq in seqs]
        if not key.compliance:
            found["verdict"] = working.decision.told.verdict.value
            found["records"] = [record_as_told(record) for record in found["records"]]
        return found

    @app.get("/state")
    def state_of_the_gate(key: Holder) -> dict[str, Any]:  # noqa: ARG001
        """Tell what is in force: policy, facts, trading states, links, kills and their progress."""
        with projection.reading() as state:
            return standing(state)

    @app.get("/positions")
    def positions_held(key: Holder) -> list[dict[str, Any]]:  # noqa: ARG001
        """Tell positions, holds and exposure at every node."""
        with projection.reading() as state:
            return positions(state)

    @app.get("/headroom")
    def headroom(
        key: Holder, account: str, instrument: str, strategy: str | None = None
    ) -> list[dict[str, Any]]:
        """Tell how much each limit leaves for an order of one unit."""
        with projection.reading() as state:
            found = rooms(
                state,
                session=key.session,
                account=AccountId(account),
                instrument=InstrumentId(instrument),
                strategy=None if strategy is None else StrategyId(strategy),
            )
        if found is None:
            raise HTTPException(404, f"account `{account}` or instrument `{instrument}` is unknown")
        return found

    app.include_router(
        operators(holder=holder, operator=operator, ask=ask, reading=projection.reading)
    )

    @app.get("/health")
    async def health(response: Response) -> dict[str, Any]:
        """Tell whether the gate answers, and how far this copy is behind. Needs no key."""
        behind: dict[str, Any] = {
            "follows": follower.fault is None,
            "next": projection.state.next_seq,
        }
        if follower.fault is not None:
            behind["fault"] = follower.fault
        try:
            gate = (await caller.ask('"look":"health"'))["health"]
        except (GateAway, GateRefused) as fault:
            response.status_code = 503
            return {"gate": None, "fault": str(fault), "copy": behind}
        if follower.fault is not None:
            response.status_code = 503
        return {"gate": gate, "copy": behind}

    return app


class Follower(Thread):
    """Follows the journal; a record it cannot carry out stops it, and `/health` says so."""

    def __init__(self, projection: Projection, reader: Reader, closing: Flag) -> None:
        super().__init__(name="follower", daemon=True)
        self._projection = projection
        self._reader = reader
        self._closing = closing
        self.fault: str | None = None

    def run(self) -> None:
        """Follow until closed."""
        try:
            self._projection.follow(self._reader, self._pause)
        except Exception as fault:
            self.fault = f"{type(fault).__name__}: {fault}"
            raise

    def _pause(self) -> bool:
        return not self._closing.wait(0.005)


def _may_see(key: ApiKey, working: Working) -> bool:
    return key.operator or key.compliance or working.order.session == key.session


def _judged(found: dict[str, Any], response: Response) -> dict[str, Any]:
    """Turn a decided event into the caller's answer."""
    outcome = found["outcome"]
    decision = outcome["decision"]
    accepted = decision["verdict"] in {"allow", "warn"} and not outcome.get("repeat", False)
    if not accepted:
        response.status_code = 200
    return {
        "record": found["seq"],
        "at": found["at"],
        "order_id": outcome["order_id"],
        "repeat": outcome.get("repeat", False),
        **decision,
    }
