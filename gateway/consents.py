"""Deciding what people let pass: limits changed during the day, overrides, acknowledgements.

A name without the role that a step asks for is refused, and so is every step where the reference
facts know no people at all: nobody can be told from anybody then. The refusal is recorded with its
reason, like everything.

An override (RTS 6 article 15(6)) lets one order pass that was denied: the next new order with the
same terms, of no larger quantity, that would be denied again. It covers the noes the denied order
got and no other: a finding of the same rule for the same reason. The house's own rules and what
the gate could not even ask stand whatever anybody says.

INVARIANT (two persons): who verified an override never authorises it.

INVARIANT (one trade): an override lets one order pass, and an order that passes without it leaves
it unused.
"""

from dataclasses import replace

from domain import people
from domain.consent import Acknowledgement, Override, OverrideStep
from domain.events import Event, LimitChanged, OverrideGiven, WarningAcknowledged
from domain.finding import Finding, Verdict
from domain.ids import Micros, OrderId, RuleId
from domain.lifecycle import Status
from domain.limits import LimitNow
from domain.order import Order
from domain.people import Role
from gateway import entry
from gateway.outcome import NOTHING, Outcome
from gateway.state import State
from rules import house

OVERRIDE_US = 300_000_000
"""How long an override lives when nobody says: five minutes. The rule asks for temporary."""
OVERRIDE_MAX_US = 3_600_000_000
"""The longest an override may live."""


def role_fault(state: State, by: str, *roles: Role) -> str | None:
    """Say why somebody may not do what one of these roles may; None when they may."""
    reference = state.book.reference
    return people.role_fault({} if reference is None else reference.people, by, frozenset(roles))


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
    if denied is None or denied.status is not Status.DENIED:
        return f"`{body.order_id}` is no order this gate denied"
    if not any(may_be_overridden(finding) for finding in denied.decision.findings):
        return "nothing that denied it can be overridden"
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


def may_be_overridden(finding: Finding) -> bool:
    """Say whether people may let pass what a finding is about: a policy's no, and nothing else."""
    return (
        finding.verdict in {Verdict.DENY, Verdict.REVIEW}
        and not finding.rule.startswith(house.PREFIX)
        and finding.kind != entry.KIND
    )


def overridden(
    state: State, event: Event, order: Order, findings: tuple[Finding, ...]
) -> tuple[OrderId, tuple[Finding, ...]] | None:
    """Give the denied order whose override lets this one pass, and what the findings are then.

    None when no override holds for these terms, or something else denies the order too.
    """
    for name, override in state.consents.overrides.items():
        denied = state.book.orders[name]
        if not override.holds(event.at) or not _is_the_same(order, denied.order):
            continue
        covered = {_no_of(each) for each in denied.decision.findings if may_be_overridden(each)}
        by = f"{override.verified_by} and {override.authorised_by}"
        lifted = tuple(
            replace(
                finding,
                verdict=Verdict.WARN,
                text=f"{finding.text}; overridden for `{name}` by {by}",
            )
            if _no_of(finding) in covered
            else finding
            for finding in findings
        )
        if not any(finding.verdict in {Verdict.DENY, Verdict.REVIEW} for finding in lifted):
            return name, lifted
    return None


def _is_the_same(order: Order, denied: Order) -> bool:
    return order.quantity <= denied.quantity and _terms(order) == _terms(denied)


def _terms(order: Order) -> tuple[object, ...]:
    return (
        *(order.session, order.account, order.strategy, order.instrument),
        *(order.side, order.type, order.price, order.stop_price, order.tif, order.expire_at),
        order.locate_id,
    )


def _no_of(finding: Finding) -> tuple[RuleId, str]:
    return finding.rule, finding.reason


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
