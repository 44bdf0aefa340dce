"""Deciding flattenings: what is held in a scope is closed by the gate itself, step by step.

RTS 6 article 14(3) wants trading to end without disorder. A kill leaves positions as they are; a
flattening closes them. Once ordered, the scope may only reduce, and what works there is cancelled
and followed like a kill: a resting order far from the market would hold its line up for ever. Then
a step is taken at once and every `STEP_US`. A step cancels what desks have put there since, and
asks for one order of every line with room to zero, which is the position less what works on the
closing side already:

    room  = position - working sales           long: sell it
    room  = -position - working purchases      short: buy it
    price = reference -+ slippage x |reference|, in whole ticks, no further away than that

The order is good at once or not at all (IOC), so what is left is asked for again, at the price of
then, by the next step. It enters as an event like any desk's, in the session `GATE`, and is judged
by the whole policy. A denial is told like any denial, and the next step tries again. So does a
start after a crash: what was asked for and never decided is still held, and its room still there.

A flattening ends when nothing in the scope is held or works, when somebody sets the scope's state
to anything but reducing, when another of the same scope is ordered, or when its attempts are over.
The scope goes on reducing after it: people release it.

It trades, so it is no mere tightening: where the facts know people it takes risk or a supervisor. A
scope that is halted stays so, since loosening it is a release; of one within it, or around it, that
is halted, the lines wait.

INVARIANT (never through zero): a step asks for no more than the room, and the order is denied if
it is more than the room is by then (`rules.house`).
"""

from collections.abc import Iterator
from typing import Final

from domain.events import Event, FlattenDue, FlattenOrdered
from domain.exposure import Line
from domain.fixed import NANO, Price, Quantity, scaled, show_fixed
from domain.flattening import GATE, End, Flattening
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros
from domain.instrument import Instrument
from domain.messages import AskOrder, SetFlattenTimer
from domain.order import Order, OrdType, Side, TimeInForce
from domain.people import Role
from domain.scope import Level, Scope, TradingState, level_of, name_of, scope
from gateway.consents import role_fault
from gateway.desk_side import cancel
from gateway.kills import NAMED_MAX, chase, inside
from gateway.outcome import NOTHING, Outcome, Step
from gateway.state import State

STEP_US: Final = 2_000_000
"""How long a step's orders have to trade before the next looks at what is left."""

TOLD_EVERY: Final = 15
"""Steps after which lines that cannot be closed are told again: half a minute."""

HOLD_NOTHING: Final = frozenset({Level.STRATEGY, Level.SESSION, Level.ORDER})
"""Levels that hold no positions: those are accounts', and closing one names no strategy."""

Holding = tuple[AccountId, InstrumentId, Line]


def flatten_ordered(state: State, event: Event, body: FlattenOrdered) -> Outcome:
    """Decide that a scope is to be flattened: cancel what works there, and step at once."""
    fault = _fault(state, body)
    if fault is not None:
        what = f"flattening_is_refused: {body.scope} by {body.by}: {fault}"
        return Outcome(refused=True, surprises=(what,))
    chased = chase(state, event, body.scope, inside(state, body.scope))
    first = SetFlattenTimer(record=event.seq, due=event.at)
    return Outcome(messages=(*chased.messages, first), changes=chased.changes)


def begin(state: State, event: Event, body: FlattenOrdered) -> None:
    """Let the scope only reduce, and keep count of its flattening in place of an earlier one's."""
    call_off(state, event, body.scope)
    state.releases.pop(body.scope, None)
    state.states[body.scope] = TradingState.REDUCING
    state.flattenings[event.seq] = Flattening(body, event.at)


def call_off(state: State, event: Event, place: Scope) -> None:
    """End what was flattening a scope: somebody has decided otherwise."""
    for each in state.flattenings.values():
        if each.ordered.scope == place and each.end is None:
            each.ends(End.CALLED_OFF, event.at)


def next_step(record: int, at: Micros) -> SetFlattenTimer:
    """Have a flattening go on in a while."""
    return SetFlattenTimer(record=record, due=Micros(at + STEP_US))


def due(state: State, event: Event, body: FlattenDue) -> Outcome:
    """Take one step of a flattening, unless it has ended."""
    under_way = state.flattenings.get(body.record)
    if under_way is None or under_way.end is not None:
        return NOTHING
    ordered = under_way.ordered
    held = holdings(state, ordered.scope)
    working = inside(state, ordered.scope)
    if not held and not working:
        return Outcome(changes=(Step(body.record, 0, End.FLAT),))
    if under_way.steps >= ordered.attempts:
        lines = _named([f"{account} {name}" for account, name, _ in held])
        text = f"{ordered.scope} at record {body.record}, after {under_way.steps} attempts"
        left = f"{len(held)} lines are held and {len(working)} orders work: {lines}"
        return Outcome(
            surprises=(f"flattening_is_not_finished: {text}: {left}",),
            changes=(Step(body.record, 0, End.GIVEN_UP),),
        )
    others = tuple(each for each in working if each.order.session != GATE and not each.cancelling)
    cancels, changes = cancel(state, event, others)
    asks: list[AskOrder] = []
    faults: list[str] = []
    for holding in held:
        closing = _closing(state, event, ordered, holding, len(asks))
        if isinstance(closing, Order):
            asks.append(AskOrder(order=closing))
        elif closing is not None:
            faults.append(closing)
    tell = faults and under_way.steps % TOLD_EVERY == 0
    return Outcome(
        surprises=(f"position_cannot_be_closed: {_named(faults)}",) if tell else (),
        messages=(*cancels, *asks, next_step(body.record, event.at)),
        changes=(*changes, Step(body.record, len(asks))),
    )


def holdings(state: State, place: Scope) -> tuple[Holding, ...]:
    """Give every line in a scope that holds a position, in the order of their names.

    The book's own order depends on who looked first, which no record says.
    """
    found: list[Holding] = []
    for at, node in sorted(state.book.nodes.items()):
        if level_of(at) is not Level.ACCOUNT:
            continue
        account = AccountId(name_of(at))
        found.extend(
            (account, instrument, line)
            for instrument, line in sorted(node.lines.items())
            if line.position and place in _scopes(state, account, instrument)
        )
    return tuple(found)


def _fault(state: State, body: FlattenOrdered) -> str | None:
    """Say why a scope may not be flattened so; None when it may."""
    reference = state.book.reference
    if reference is None:
        return "no reference facts are loaded"
    if level_of(body.scope) in HOLD_NOTHING:
        return f"positions are accounts', and {level_of(body.scope)} is no level of theirs"
    if state.states.get(body.scope) is TradingState.HALTED:
        return "it is halted, and no closing order could pass: let it reduce first"
    if not 0 <= body.slippage < NANO:
        return f"wanted a slippage from 0 up to 1, was {show_fixed(body.slippage)}"
    if body.piece is not None and body.piece <= 0:
        return f"a piece must be positive, was {show_fixed(body.piece)}"
    if body.attempts <= 0:
        return f"wanted at least one attempt, was {body.attempts}"
    return role_fault(state, body.by, Role.RISK, Role.SUPERVISOR) if reference.people else None


def _closing(
    state: State, event: Event, ordered: FlattenOrdered, holding: Holding, part: int
) -> Order | str | None:
    """Make the order that closes a line's room, or say why it cannot be; None without room."""
    account, name, line = holding
    long = line.position > 0
    room = line.position - line.sells if long else -line.position - line.buys
    if room <= 0:
        return None
    quantity = room if ordered.piece is None else min(room, ordered.piece)
    price: Price | None = None
    if not ordered.market:
        quote = state.book.quotes.get(name)
        price = None if quote is None else quote.reference
        if price is None:
            return f"{account} {name} has no price"
        price = _limit(state.book.listings[name], price, ordered.slippage, selling=long)
    order = Order(
        session=GATE,
        cl_ord_id=ClOrdId(f"F{event.mark}{event.seq}-{part}"),
        account=account,
        instrument=name,
        side=Side.SELL if long else Side.BUY,
        type=OrdType.MARKET if ordered.market else OrdType.LIMIT,
        quantity=Quantity(quantity),
        price=price,
        tif=TimeInForce.IOC,
        transact_at=event.at,
    )
    for at in state.scopes(order):
        if state.states.get(at) is TradingState.HALTED:
            return f"{account} {name} is in {at}, which is halted"
    return order


def _limit(instrument: Instrument, reference: Price, slippage: int, *, selling: bool) -> Price:
    """Give the worst price to close at: whole ticks, rounded back towards the reference price."""
    away = scaled(abs(reference), slippage)
    worst = Price(reference - away if selling else reference + away)
    tick = instrument.tick_at(worst)
    return Price(-(-worst // tick) * tick if selling else worst // tick * tick)


def _scopes(state: State, account: AccountId, instrument: InstrumentId) -> Iterator[Scope]:
    """Name the scopes a position lies in."""
    yield from (place for place, _ in state.book.path(account, None))
    reference = state.book.reference
    assert reference is not None
    client = reference.accounts[account].client
    if client is not None:
        yield scope(Level.CLIENT, client)
    listing = state.book.listings[instrument]
    yield scope(Level.ASSET_CLASS, listing.asset_class)
    yield scope(Level.VENUE, listing.mic)
    yield scope(Level.INSTRUMENT, instrument)


def _named(lines: list[str]) -> str:
    more = f" and {len(lines) - NAMED_MAX} more" if len(lines) > NAMED_MAX else ""
    return f"{'; '.join(lines[:NAMED_MAX])}{more}"
