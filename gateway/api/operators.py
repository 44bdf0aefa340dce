"""What operators do by REST: kills, releases, and what people let pass.

An operator's key names a person: `by` of every event is the key's name, and the gate asks the
facts what that person may do. 202 says the gate took it, and holds the record; 409 says why it did
not: the role is missing, the time has passed, or a second person is waited for.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException

from domain.consent import OverrideStep
from domain.events import (
    Body,
    CancelOrdered,
    FlattenOrdered,
    LimitChanged,
    OverrideGiven,
    StateOrdered,
    WarningAcknowledged,
)
from domain.fixed import Amount, Quantity, Ratio, parse_fixed
from domain.ids import AccountId, InstrumentId, Micros, OrderId, RuleId
from domain.scope import Scope, TradingState
from gateway.api.models import (
    AcknowledgementModel,
    FlattenModel,
    HaltModel,
    LimitModel,
    OverrideModel,
    ResumeModel,
    ScopeCancelModel,
)
from gateway.entry import may_trade
from gateway.settings import ApiKey
from gateway.state import State
from gateway.views import limits

Answer = dict[str, Any]


def operators(
    *,
    holder: Callable[..., ApiKey],
    operator: Callable[..., ApiKey],
    ask: Callable[[Body], Awaitable[Answer]],
    reading: Callable[[], AbstractContextManager[State]],
) -> APIRouter:
    """Make the routes. `holder` wants any key, `operator` one that may halt and resume."""
    router = APIRouter()
    Holder = Annotated[ApiKey, Depends(holder)]  # noqa: N806 (a type)
    Operator = Annotated[ApiKey, Depends(operator)]  # noqa: N806 (a type)

    async def taken(body: Body) -> Answer:
        found = await ask(body)
        surprises = found["outcome"].get("surprises", [])
        if surprises:
            raise HTTPException(409, "; ".join(surprises))
        return found

    @router.post("/halt", status_code=202)
    async def halt(asked: HaltModel, key: Operator) -> Answer:
        """Kill: stop a scope, and cancel what is working in it. `/state` follows the cancels."""
        body = StateOrdered(
            scope=Scope(asked.scope),
            state=TradingState(asked.state),
            cancel=asked.cancel,
            drill=asked.drill,
            by=key.name,
            reason=asked.reason,
        )
        return await taken(body)

    @router.post("/resume", status_code=202)
    async def resume(asked: ResumeModel, key: Operator) -> Answer:
        """Release a scope."""
        body = StateOrdered(
            scope=Scope(asked.scope),
            state=TradingState.ACTIVE,
            cancel=False,
            by=key.name,
            reason=asked.reason,
        )
        return await taken(body)

    @router.post("/cancels", status_code=202)
    async def cancel_scope(asked: ScopeCancelModel, key: Operator) -> Answer:
        """Cancel what works in a scope, which goes on trading. `/state` follows the cancels."""
        body = CancelOrdered(
            scope=Scope(asked.scope),
            keep_gtc=asked.keep_gtc,
            drill=asked.drill,
            by=key.name,
            reason=asked.reason,
        )
        return await taken(body)

    @router.post("/flatten", status_code=202)
    async def flatten(asked: FlattenModel, key: Operator) -> Answer:
        """Have the gate close what is held in a scope. `/state` follows how far it has come."""
        body = FlattenOrdered(
            scope=Scope(asked.scope),
            slippage=Ratio(parse_fixed(asked.slippage)),
            market=asked.market,
            piece=None if asked.piece is None else Quantity(parse_fixed(asked.piece)),
            attempts=asked.attempts,
            by=key.name,
            reason=asked.reason,
        )
        return await taken(body)

    @router.post("/overrides", status_code=202)
    async def override(asked: OverrideModel, key: Operator) -> Answer:
        """Verify, authorise or revoke an override of one denied order."""
        body = OverrideGiven(
            order_id=OrderId(asked.order_id),
            step=OverrideStep(asked.step),
            until=None if asked.until is None else Micros(asked.until),
            by=key.name,
            reason=asked.reason,
        )
        return await taken(body)

    @router.post("/limits", status_code=202)
    async def change_limit(asked: LimitModel, key: Operator) -> Answer:
        """Change a limit of the facts, or take a change back."""
        body = LimitChanged(
            name=asked.name,
            scope=Scope(asked.scope),
            hard=None if asked.hard is None else Amount(parse_fixed(asked.hard)),
            soft=None if asked.soft is None else Amount(parse_fixed(asked.soft)),
            until=None if asked.until is None else Micros(asked.until),
            by=key.name,
            reason=asked.reason,
        )
        return await taken(body)

    @router.get("/limits")
    def limits_in_force(key: Operator) -> list[Answer]:  # noqa: ARG001
        """Tell the limits of the facts as they hold now, and who changed which."""
        with reading() as state:
            return limits(state)

    @router.post("/acknowledgements", status_code=202)
    async def acknowledge(asked: AcknowledgementModel, key: Holder) -> Answer:
        """Record that a client has seen a warning: by an operator, or by the account's own desk."""
        with reading() as state:
            if not (key.operator or may_trade(state, key.session, AccountId(asked.account))):
                raise HTTPException(403, f"key `{key.name}` may not speak for `{asked.account}`")
        body = WarningAcknowledged(
            account=AccountId(asked.account),
            instrument=InstrumentId(asked.instrument),
            rule=RuleId(asked.rule),
            reason=asked.reason,
            text=asked.text,
            until=None if asked.until is None else Micros(asked.until),
            by=key.name,
        )
        return await taken(body)

    return router
