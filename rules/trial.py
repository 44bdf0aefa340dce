"""Trials: orders put to a policy, and the answers wanted of it.

A file of trials is what a trader could read and compliance could write. It gives a world, and
puts orders to the rules in one of two ways:

* a *ladder* judges each order by itself, in the world as given: the rungs stand at, just under
  and just over a limit, or each repairs the fault the last was refused for;
* a *story* judges each after the one before: what is accepted works from then on, and the
  memories take in every message.

What is wanted is compared with what is found, exactly: as many findings, in the policy's
order, and of each whatever the trial states. Unknown words are faults, with their places.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, ValidationError, model_validator
from pydantic_core import ErrorDetails

from domain.events import Body, CancelAsked, OrderAsked, ReplaceAsked, SignalAsked, StateOrdered
from domain.finding import Finding, Verdict, decided
from domain.ids import ClOrdId, Micros
from domain.order import Signal
from domain.scope import TradingState, parse_scope
from rules.case import Case
from rules.check import Check, Room
from rules.fault import Fault, Faults
from rules.fields import Duration, FixedPrice, PositiveCount, PositiveQuantity
from rules.frame import Frame
from rules.given import WORLD, Age, GivenText, OrderText, QuoteText
from rules.nodes import Branch, Leaf, Node, found_at, key_place_of, place_of, read_nodes, value_of
from rules.parse import policy_of
from rules.policy import Policy
from rules.wording import said_of
from rules.world import NO_DIGEST, Unknown, World

Written = Annotated[str, BeforeValidator(str)]
"""An exact decimal or a name, compared letter for letter with what a finding says."""


class WantedText(Frame):
    """A finding that is wanted. What is not written is not compared."""

    reason: str
    verdict: Literal["deny", "review", "warn", "allow"] = "deny"
    rule: str | None = None
    scope: str | None = None
    observed: Written | None = None
    limit: Written | None = None
    headroom: Written | None = None
    unit: str | None = None
    text: str | None = None
    citation: str | None = None
    fix: int | None = None
    silent: bool | None = None


class RoomText(Frame):
    """The room a limit leaves before the order."""

    unit: str
    rule: str | None = None
    scope: str | None = None
    used: Written | None = None
    limit: Written | None = None
    left: Written | None = None


def _findings(given: object) -> object:
    if given == "allow":
        return ()
    return (given,) if isinstance(given, dict) else given


class FillText(Frame):
    """A trade of a working order."""

    order: str
    quantity: PositiveQuantity
    price: FixedPrice


class StepText(Frame):
    """One order, replace, signal, cancel, fill, mark or trading state, and the answer wanted."""

    it: str
    id: str | None = None
    after: Duration = 0
    times: PositiveCount = 1
    given: GivenText = GivenText()
    order: OrderText | None = None
    quote: QuoteText | None = None
    replaces: str | None = None
    signalled: Age | None = None
    cancel: str | None = None
    fill: FillText | None = None
    marks: Mapping[str, QuoteText] = {}
    state: Mapping[str, Literal["active", "reducing", "halted"]] = {}
    by: str = "trial"
    wanted: Annotated[tuple[WantedText, ...], BeforeValidator(_findings)] | None = None
    rooms: tuple[RoomText, ...] = ()

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        things = self.order, self.cancel, self.fill, self.marks or None, self.state or None
        if sum(thing is not None for thing in things) != 1:
            raise ValueError("wanted exactly one of `order`, `cancel`, `fill`, `marks` and `state`")
        if (self.order is None) != (self.wanted is None):
            raise ValueError("`wanted` belongs to an `order`, and every order has one")
        if self.id is not None and self.times > 1:
            raise ValueError("an `id` is one order's: a step taken several `times` has none")
        return self


class TrialText(Frame):
    """Steps taken under the same rules, as a ladder or as a story."""

    name: str
    given: GivenText = GivenText()
    rules: tuple[dict[str, Any], ...] | None = None
    ladder: tuple[StepText, ...] = ()
    story: tuple[StepText, ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if bool(self.ladder) == bool(self.story):
            raise ValueError("wanted exactly one of `ladder` and `story`")
        if any(step.given.model_fields_set for step in self.story):
            raise ValueError("`given` may differ on a rung of a ladder, not within a story")
        return self


class TrialsText(Frame):
    """A file of trials."""

    about: str = ""
    given: GivenText = GivenText()
    trials: tuple[TrialText, ...]

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.trials:
            raise ValueError("wanted at least one trial")
        return self


KNOWN: Final = frozenset(
    name
    for text in (TrialsText, TrialText, StepText, FillText, WantedText, RoomText, *WORLD)
    for name in text.model_fields
)
"""Every key of the format."""


class TrialFaults(Faults):
    """A file of trials cannot be used."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Steps in one world. `policy` is None where the trial brings no rules of its own.

    `lines` say where in `file` each step stands.
    """

    name: str
    given: GivenText
    policy: Policy | None
    steps: tuple[StepText, ...]
    file: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken, where it stands, and what of its answer is not what it wants."""

    it: str
    line: int
    differences: tuple[str, ...]


Watch = Callable[[Policy, Case], None]
"""Whoever wants to see each question as it is put, before the world moves on."""


def _nobody(_policy: Policy, _case: Case) -> None:
    pass


def read_trials(text: bytes, *, file: str) -> tuple[Trial, ...]:
    """Read a file of trials; a ladder gives a trial for every rung.

    Raises
    ------
    Faults
        With every fault of the trials, or else of the rules they bring, and its place.
    """
    root = read_nodes(text, file=file)
    try:
        written = TrialsText.model_validate(value_of(root))
    except ValidationError as error:
        raise TrialFaults(_fault(one, root, file) for one in error.errors()) from None
    found: list[Trial] = []
    for number, trial in enumerate(written.trials):
        rules = None if trial.rules is None else found_at(root, ("trials", number, "rules"))
        policy = None if rules is None else _policy(rules, file)
        given = trial.given.over(written.given)
        form, taken = ("story", trial.story) if trial.story else ("ladder", trial.ladder)
        lines = tuple(place_of(root, ("trials", number, form, at)).line for at in range(len(taken)))
        if trial.story:
            found.append(Trial(trial.name, given, policy, trial.story, file, lines))
            continue
        for rung, line in zip(trial.ladder, lines, strict=True):
            name = f"{trial.name}: {rung.it}"
            found.append(Trial(name, rung.given.over(given), policy, (rung,), file, (line,)))
    return tuple(found)


def run(trial: Trial, policy: Policy | None = None) -> tuple[str, ...]:
    """Give what a trial found that is not what it wants. Its own rules go before `policy`."""
    return tuple(
        f"{taken.it}: {said}" for taken in steps(trial, policy) for said in taken.differences
    )


def steps(trial: Trial, policy: Policy | None = None, *, watch: Watch = _nobody) -> Iterator[Taken]:
    """Take a trial's steps, one after the other, up to one that names what its world has not."""
    judged = trial.policy or policy
    assert judged is not None, f"`{trial.name}` brings no rules, and no policy is to be tried"
    world: World | None = None
    numbers = count(1)
    for step, line in zip(trial.steps, trial.lines, strict=True):
        try:
            world = world or World(trial.given, judged.memories())
            taken = (_take(step, next(numbers), world, judged, watch) for _ in range(step.times))
            differences = next(filter(None, map(tuple, taken)), ())
        except Unknown as unknown:
            yield Taken(step.it, line, (str(unknown),))
            return
        yield Taken(step.it, line, differences)


def _take(step: StepText, number: int, world: World, policy: Policy, watch: Watch) -> Iterator[str]:
    """Take one step, show it to the memories, and say what differs from what is wanted."""
    world.at = Micros(world.at + step.after)
    world.book.turn(world.at)
    if step.order is not None:
        yield from _put(step, step.order, number, world, policy, watch)
    elif step.cancel is not None:
        order = world.working(step.cancel).order
        world.remember(
            number,
            CancelAsked(
                session=order.session,
                cl_ord_id=ClOrdId(f"C{number}"),
                orig_cl_ord_id=order.cl_ord_id,
            ),
            order,
        )
    elif step.fill is not None:
        working = world.working(step.fill.order)
        report = world.fill(working, step.fill.quantity, step.fill.price)
        world.remember(number, report, working.order)
    elif step.marks:
        world.remember(number, world.mark(step.marks))
    for name, state in step.state.items():
        body = StateOrdered(
            scope=parse_scope(name),
            state=TradingState(state),
            cancel=False,
            by=step.by,
            reason=step.it,
        )
        if policy.state_fault(body, world.at, world.reference) is None:
            world.states[body.scope] = body.state
            world.remember(number, body)


def _put(
    step: StepText, terms: OrderText, number: int, world: World, policy: Policy, watch: Watch
) -> Iterator[str]:
    """Put an order to the policy."""
    name = step.id or f"S{number}"
    replaced = None if step.replaces is None else world.working(step.replaces)
    order = world.order(terms, name)
    quote = world.quote(order.instrument, step.quote)
    place = world.place(order)
    signalled_at = None if step.signalled is None else Micros(world.at - step.signalled)
    case = Case(
        at=world.at,
        order=order,
        place=place,
        quote=quote,
        replaced=replaced,
        signalled_at=signalled_at,
    )
    watch(policy, case)
    panel = policy.bind(place)
    findings = panel.judge(case)
    if findings != panel.explain(case) or not all(_agrees(one, case) for one in panel.checks):
        yield "the quick answer is not the plain one"
    yield from _compare(step.wanted or (), findings)
    yield from _compare_rooms(step.rooms, panel.rooms(case))

    decision = decided(findings, policy.digest)
    if replaced is not None:
        body: Body = ReplaceAsked(orig_cl_ord_id=replaced.order.cl_ord_id, order=order, quote=quote)
    elif signalled_at is not None:
        body = SignalAsked(signal=Signal(order=order, signalled_at=signalled_at), quote=quote)
    else:
        body = OrderAsked(order=order, quote=quote)
    world.remember(number, body, order, decision.verdict)
    if decision.passes:
        world.open(order, name, replaced)


def _agrees(check: Check, case: Case) -> bool:
    return check.passes(case) == (not tuple(check.findings(case)))


def _compare(wanted: tuple[WantedText, ...], found: tuple[Finding, ...]) -> Iterator[str]:
    if all(one.verdict != "allow" for one in wanted):
        # What was recorded without being an answer is compared only where a trial asks for it.
        found = tuple(one for one in found if one.verdict is not Verdict.ALLOW)
    reasons = [one.reason for one in found]
    if reasons != [one.reason for one in wanted]:
        asked = ", ".join(one.reason for one in wanted) or "allow"
        told = "; ".join(f"{one.reason} ({one.text})" for one in found) or "allow"
        yield f"wanted {asked}, found {told}"
        return
    for want, finding in zip(wanted, found, strict=True):
        has = {"fix": finding.fix_reason.value}
        for name in WantedText.model_fields:
            yield from _differ(name, getattr(want, name), has.get(name, getattr(finding, name, 0)))


def _compare_rooms(wanted: tuple[RoomText, ...], found: tuple[Room, ...]) -> Iterator[str]:
    if not wanted:
        return
    if len(wanted) != len(found):
        yield f"wanted {len(wanted)} rooms, found {len(found)}"
        return
    for want, room in zip(wanted, found, strict=True):
        for name in RoomText.model_fields:
            yield from _differ(name, getattr(want, name), getattr(room, name))


def _differ(name: str, wanted: object, found: object) -> Iterator[str]:
    if wanted is not None and wanted != found:
        yield f"`{name}`: wanted {wanted}, found {found}"


def _policy(rules: Node, file: str) -> Policy:
    """Make a policy of the rules a trial brings."""
    name, version = Leaf(rules.mark, "trial", None, "trial"), Leaf(rules.mark, 1, None, "1")
    entries = {"policy": name, "version": version, "rules": rules}
    root = Branch(rules.mark, {key: (rules.mark, node) for key, node in entries.items()})
    return policy_of(root, digest=NO_DIGEST, file=file)


def _fault(error: ErrorDetails, root: Node, file: str) -> Fault:
    mark = place_of(root, error["loc"])
    if error["type"] == "extra_forbidden":
        mark = key_place_of(root, error["loc"])
    return Fault(file, mark.line, mark.column, said_of(error, owner="a trial", known=KNOWN))
