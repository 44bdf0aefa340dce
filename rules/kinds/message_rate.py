"""How many messages may come in a stretch of time.

Asked by RTS 6 article 15(1)(d), maximum messages limits, and by venues (RTS 7 article 18(1)(a)).
New orders, replaces and cancels count, whatever became of them; `rules.memories.messages` says
exactly which instants lie in a window. `per` names the level whose scopes are counted: every
desk for itself with ``desk``, every door with ``session``, every instrument with ``instrument``.

    passes when    messages in the last `window` + 1 <= limit

A cancel is counted and never refused: it is not judged at all, for a desk must always be able to
take an order away. A mass cancel is one message. An order whose ClOrdID was decided before is
answered as before, and counts: it is a message all the same.

FIX names four things a throttle may do (1611 ThrottleAction): the rule's verdict is two of them,
``deny`` to reject and ``warn`` to accept and say so. Queueing is not done: an order held back would
be judged by a market that is gone, and its desk could neither see nor cancel it. Disconnecting is
not done either: it would take away the one thing that must always be possible, the cancel; whoever
wants a desk out sets its session to HALTED.
"""

from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, show_fixed
from domain.scope import Level
from rules.answer import breach, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import AnyLevel, PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.memories.messages import TIMES_MAX, MessageTimes, count_since
from rules.memory import Memory, MemoryKey
from rules.place import Place

EXCEEDED = Reason(
    "message_rate_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "more orders, replaces and cancels came within the window than may",
)


class Limits(Parameters):
    """`limit` messages may come within `window` in one scope of the level `per`."""

    limit: Annotated[int, Field(ge=1, le=TIMES_MAX)]
    window: PositiveDuration
    per: AnyLevel = "session"


class MessageRate(Kind[Limits]):
    """No more than `limit` messages come within `window`."""

    name = "message_rate"
    parameters = Limits
    reasons = (EXCEEDED,)
    citations = ("RTS 6 Art 15(1)(d)",)

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the limit to the times of one scope: only the limit's own message is looked at."""
        level = f"{rule.parameters.per}:"
        where = next((one for one in place.scopes if one.startswith(level)), None)
        if where is None:
            return None
        memory = place.memories[_key(rule.parameters)]
        assert isinstance(memory, MessageTimes)
        past, limit, window = memory.times, rule.parameters.limit, rule.parameters.window

        def passes(case: Case) -> bool:
            times = past.get(where)
            return times is None or len(times) < limit or times[-limit] <= case.at - window

        def findings(case: Case) -> Iterator[Finding]:
            used = count_since(past.get(where), case.at - window)
            if used + 1 > limit:
                text = (
                    f"message {used + 1} of {where} within {show_fixed(window * 1000)} s, "
                    f"and {limit} may come"
                )
                yield breach(
                    rule,
                    EXCEEDED,
                    text,
                    scope=where,
                    observed=(used + 1) * NANO,
                    limit=limit * NANO,
                    used=used * NANO,
                    unit="messages",
                )

        def rooms(case: Case) -> Iterator[Room]:
            used = count_since(past.get(where), case.at - window)
            yield room(rule, where, used=used * NANO, limit=limit * NANO, unit="messages")

        bar = Bar(
            (self.name, rule.parameters.per, rule.parameters.window), (rule.parameters.limit,)
        )
        return Check(passes, findings, rooms, bar=bar)

    def memory(self, rule: Rule[Limits]) -> tuple[MemoryKey, Callable[[], Memory]]:
        """Remember the times of messages, shared by all rules of one level and window."""
        level, window = Level(rule.parameters.per), rule.parameters.window
        return _key(rule.parameters), lambda: MessageTimes(level, window)


def _key(limits: Limits) -> MemoryKey:
    return MemoryKey(f"messages per {limits.per} in {limits.window}us")
