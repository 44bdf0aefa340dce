"""Deciding what people let pass: limits changed during the day, overrides, acknowledgements.

A name without the role that a step asks for is refused, and so is every step where the reference
facts know no people at all: nobody can be told from anybody then. The refusal is recorded with its
reason, like everything.

INVARIANT (two persons): who verified an override never authorises it.
"""

from domain.consent import Acknowledgement, Override, OverrideStep
from domain.events import Event, LimitChanged, OverrideGiven, WarningAcknowledged
from domain.ids import Micros
from domain.lifecycle import Status
from domain.limits import LimitNow
from domain.people import PersonId, Role
from gateway.outcome import NOTHING, Outcome
from gateway.state import State

OVERRIDE_US = 300_000_000
"""How long an override lives when nobody says: five minutes. The rule asks for temporary."""
OVERRIDE_MAX_US = 3_600_000_000
"""The longest an override may live."""


def role_fault(state: State, by: str, *roles: Role) -> str | None:
    """Say why somebody may not do what one of these roles may; None when they may."""
    reference = state.book.reference
    if reference is None or not reference.people:
        return "the reference facts name no people, so nobody can be told to be allowed"
    person = reference.people.get(PersonId(by))
    if person is None:
        return f"`{by}` is none of the people the reference facts know"
    if person.roles.isdisjoint(roles):
        return f"`{by}` is not of {' or '.join(roles)}"
    return None


def limit_changed(state: State, event: Event, body: LimitChanged) -> Outcome:
    """Decide a change of a limit: risk's to make, and not beyond recall."""
    fault = role_fault(state, body.by, Role.RISK)
    if fault is None and (body.name, body.scope) not in state.limits.facts:
        fault = f"the facts hold no limit `{body.name}` for {body.scope}"
    if fault is None and body.hard is not None:
        if body.hard < 0 or (body.soft is not None and not 0 <= body.soft <= body.hard):
            fault = "wanted 0 <= soft <= hard"
        elif body.until is not None and body.until <= event.at:
            fault = "its end has passed"
    return _refused("limit_is_not_changed", fault)


def change_limit(state: State, event: Event, body: LimitChanged) -> None:
    """Put a changed limit in force, or the facts' own again."""
    key = (body.name, body.scope)
    if body.hard is None:
        state.limits.changed.pop(key, None)
    else:
        state.limits.changed[key] = LimitNow(
            hard=body.hard, soft=body.soft, until=body.until, by=body.by, seq=event.seq
        )


def override_given(state: State, event: Event, body: OverrideGiven) -> Outcome:
    """Decide a step of an override."""
    return _refused("override_is_not_given", _override_fault(state, event, body))


def _override_fault(state: State, event: Event, body: OverrideGiven) -> str | None:
    denied = state.book.orders.get(body.order_id)
    if denied is None or denied.status is not Status.REJECTED or denied.decision.passes:
        return f"`{body.order_id}` is no order this gate denied"
    if not body.reason.strip():
        return "an override needs a reason"
    found = state.consents.overrides.get(body.order_id)
    if found is not None and found.used_by is not None:
        return f"it was used by `{found.used_by}`"
    match body.step:
        case OverrideStep.VERIFY:
            fault = role_fault(state, body.by, Role.RISK)
            if fault is None and body.until is not None:
                span = body.until - event.at
                if not 0 < span <= OVERRIDE_MAX_US:
                    fault = "an override ends within the hour"
            return fault
        case OverrideStep.AUTHORISE:
            fault = role_fault(state, body.by, Role.SUPERVISOR)
            if fault is None and (found is None or found.verified_by is None):
                fault = "risk has not verified it"
            if fault is None and found is not None:
                if found.verified_by == body.by:
                    fault = f"`{body.by}` verified it, and somebody else must authorise it"
                elif event.at >= found.until:
                    fault = "its time has passed"
            return fault
        case OverrideStep.REVOKE:
            fault = role_fault(state, body.by, Role.RISK, Role.SUPERVISOR, Role.COMPLIANCE)
            return fault or (None if found is not None else "there is nothing to revoke")


def step(state: State, event: Event, body: OverrideGiven) -> None:
    """Carry a step of an override out."""
    overrides = state.consents.overrides
    match body.step:
        case OverrideStep.VERIFY:
            until = body.until or Micros(event.at + OVERRIDE_US)
            overrides[body.order_id] = Override(until=until, verified_by=body.by)
        case OverrideStep.AUTHORISE:
            overrides[body.order_id].authorised_by = body.by
        case OverrideStep.REVOKE:
            del overrides[body.order_id]


def warning_acknowledged(state: State, event: Event, body: WarningAcknowledged) -> Outcome:
    """Decide an acknowledgement: it must be about something the facts know."""
    reference = state.book.reference
    fault = None
    if reference is None or body.account not in reference.accounts:
        fault = f"no account is called `{body.account}`"
    elif body.instrument not in reference.instruments:
        fault = f"no instrument is called `{body.instrument}`"
    elif body.until is not None and body.until <= event.at:
        fault = "its end has passed"
    return _refused("warning_is_not_acknowledged", fault)


def acknowledge(state: State, event: Event, body: WarningAcknowledged) -> None:
    """Remember that a warning was seen."""
    key = (body.account, body.instrument, body.rule, body.reason)
    state.consents.acknowledged[key] = Acknowledgement(seq=event.seq, by=body.by, until=body.until)


def _refused(what: str, fault: str | None) -> Outcome:
    return NOTHING if fault is None else Outcome(refused=True, surprises=(f"{what}: {fault}",))
