"""The people of a simulated house: they stop and release, override, and change limits.

Most of what they do is as it should be, and some of it is not: one does what takes two, one has
not the role, a step comes too early, a time is too long.
"""

import random
from collections.abc import Iterable, Sequence

from domain.consent import OverrideStep
from domain.events import CancelOrdered, LimitChanged, OverrideGiven, StateOrdered
from domain.fixed import NANO, Amount
from domain.ids import Micros, OrderId
from domain.scope import Scope, TradingState
from tests.simulation.scene import CREDITED, PEOPLE, SCOPES, SECOND


class People:
    """Everybody in the house who may act by hand, or tries to."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def stop(self) -> StateOrdered | CancelOrdered:
        """Stop a scope, or cancel what works in it. A kill is anybody's."""
        place = Scope(self.chance.choice(SCOPES))
        drill = self.chance.random() < 0.2
        by = self.chance.choice([*PEOPLE, "nobody known"])
        if self.chance.random() < 0.2:
            return CancelOrdered(scope=place, drill=drill, by=by, reason="doubt")
        state = self.chance.choices([TradingState.REDUCING, TradingState.HALTED], [1, 2])[0]
        cancel = self.chance.random() < 0.4
        return StateOrdered(
            scope=place, state=state, cancel=cancel, drill=drill, by=by, reason="runaway"
        )

    def release(self, stopped: Sequence[Scope]) -> list[StateOrdered]:
        """Ask for a stopped scope to trade again: two of them as they should, or one alone."""
        place = self.chance.choice(stopped)
        state = self.chance.choices([TradingState.ACTIVE, TradingState.REDUCING], [6, 1])[0]
        return [
            StateOrdered(scope=place, state=state, cancel=False, by=by, reason="reviewed")
            for by in self.chance.choice([("ann", "sue"), ("rob", "sue"), ("rob",), ("tom",)])
        ]

    def override(self, name: OrderId, now: int) -> list[OverrideGiven]:
        """Take steps to let a denied order pass."""
        verify, authorise, revoke = OverrideStep
        steps = self.chance.choice(
            [
                *[((verify, "ann"), (authorise, "sue"))] * 5,
                ((verify, "rob"), (authorise, "rob")),
                ((verify, "ann"), (authorise, "tom")),
                ((authorise, "sue"),),
                ((revoke, "ann"),),
            ]
        )
        life = self.chance.choice([None, None, SECOND, SECOND, 4 * SECOND, 2 * 3600 * SECOND])
        until = None if life is None else Micros(now + life)
        return [
            OverrideGiven(order_id=name, step=step, until=until, by=by, reason="checked")
            for step, by in steps
        ]

    def change_credit(self, limited: Iterable[str], now: int) -> LimitChanged:
        """Change the credit of a scope, mostly of one that has a limit, or take a change back."""
        hard = self.chance.choice([None, 2_000, *[600_000] * 4])
        return LimitChanged(
            name="credit",
            scope=Scope(self.chance.choice([*list(limited) * 4, *CREDITED])),
            hard=None if hard is None else Amount(hard * NANO),
            until=self.chance.choice(
                [*[None] * 4, *(Micros(now + each * SECOND) for each in (10, 40))]
            ),
            by=self.chance.choice(["ann", "ann", "rob", "sue"]),
            reason="exposure",
        )
