"""What people may do, reckoned by the oracle: limits of the day, overrides, releases.

It knows who holds which role and keeps what records say was done, never what the gate concluded
from it. A step that the gate took in and the person might not take is a fault; so is an order
let pass by an override that was not given by two, was used before, had ended, or was for other
terms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tests.simulation.facts import Facts
from tests.simulation.ledger import Json
from tests.simulation.scene import PEOPLE, SECOND

OVERRIDE_US = 300 * SECOND
OVERRIDE_MAX_US = 3600 * SECOND
RELEASE_US = 900 * SECOND

SEVERITY = ("active", "reducing", "halted")

TERMS = (
    *("session", "account", "strategy", "instrument"),
    *("side", "type", "price", "stop_price", "tif", "expire_at"),
)
"""What an order must have in common with the denied one; of the quantity it may ask for less."""


@dataclass(slots=True)
class Override:
    """Leave to send what was denied once more."""

    verified_by: str
    until: int
    authorised_by: str | None = None
    used: bool = False


class Authority:
    """Who did what, and whether they might."""

    def __init__(self, fault: Callable[[int | str, str], None]) -> None:
        self.fault = fault
        self.facts: Facts | None = None
        self.states: dict[str, str] = {}
        self.changed: dict[str, tuple[Decimal, int | None]] = {}
        self.proposed: dict[str, tuple[str, str, int]] = {}
        self.denied: dict[str, Json] = {}
        self.overrides: dict[str, Override] = {}

    def load(self, facts: Facts) -> None:
        self.facts = facts
        self.changed = {place: now for place, now in self.changed.items() if now[1] is not None}

    # Limits of the day.

    def limit_changed(self, seq: int, event: Json) -> None:
        """Take in a change of a credit limit."""
        place = event["scope"]
        self._is_for(seq, event["by"], "risk")
        if self.facts is None or place not in self.facts.credit:
            self.fault(seq, f"changed a limit of {place}, which has none")
        if event.get("hard") is None:
            self.changed.pop(place, None)
        else:
            self.changed[place] = (Decimal(event["hard"]), event.get("until"))

    def credit(self, place: str, at: int) -> Decimal | None:
        """Give the hard limit of a scope now."""
        if place in self.changed:
            hard, until = self.changed[place]
            if until is None or at < until:
                return hard
        return None if self.facts is None else self.facts.credit.get(place)

    # Overrides.

    def override_given(self, seq: int, at: int, event: Json) -> None:
        """Take in a step towards letting a denied order pass."""
        name, by = event["order_id"], event["by"]
        known = self.overrides.get(name)
        if name not in self.denied:
            self.fault(seq, f"{name} was never denied, and is overridden")
        if known is not None and known.used:
            self.fault(seq, f"the override of {name} was used, and is given again")
        match event["step"]:
            case "verify":
                self._is_for(seq, by, "risk")
                until = event.get("until", at + OVERRIDE_US)
                if not at < until <= at + OVERRIDE_MAX_US:
                    self.fault(seq, f"the override of {name} lives too long or not at all")
                self.overrides[name] = Override(verified_by=by, until=until)
            case "authorise":
                self._is_for(seq, by, "supervisor")
                if known is None or at >= known.until:
                    self.fault(seq, f"the override of {name} is not verified, or no longer")
                elif known.verified_by == by:
                    self.fault(seq, f"the override of {name} is {by}'s alone")
                else:
                    known.authorised_by = by
            case _:
                self._is_for(seq, by, "risk", "supervisor", "compliance")
                self.overrides.pop(name, None)

    def lets_pass(self, seq: int, at: int, name: str, order: Json) -> set[str]:
        """Use an override up; give the rules it lets this order break."""
        given, denied = self.overrides.get(name), self.denied.get(name)
        if given is None or denied is None or given.authorised_by is None:
            self.fault(seq, f"passes by an override of {name} that nobody gave")
            return set()
        if given.used:
            self.fault(seq, f"passes by the override of {name}, which was used")
        if at >= given.until:
            self.fault(seq, f"passes by the override of {name}, which has ended")
        terms = denied["order"]
        more = Decimal(order["quantity"]) > Decimal(terms["quantity"])
        if more or any(order.get(each) != terms.get(each) for each in TERMS):
            self.fault(seq, f"passes by the override of {name}, which had other terms")
        given.used = True
        return {each["rule"] for each in denied["findings"] if each["verdict"] == "deny"}

    # Trading states.

    def state_ordered(self, seq: int, at: int, event: Json, *, refused: bool) -> None:
        """Take in a kill or a release, or a proposal of one."""
        place, state, by = event["scope"], event["state"], event["by"]
        before = self.states.get(place, "active")
        loosens = SEVERITY.index(state) < SEVERITY.index(before)
        needs_two = self.facts is not None and self.facts.release_needs_two
        if refused:
            if loosens and needs_two and _holds(by, "risk", "supervisor"):
                self.proposed[place] = (state, by, at)
            return
        if loosens:
            self._is_for(seq, by, "risk", "supervisor")
            wanted, first, since = self.proposed.get(place, ("", by, 0))
            agreed = wanted == state and first != by and at < since + RELEASE_US
            if needs_two and not agreed:
                self.fault(seq, f"{by} alone lets {place} be {state}, and it was {before}")
        self.proposed.pop(place, None)
        self.states[place] = state

    def _is_for(self, seq: int, by: str, *roles: str) -> None:
        if not _holds(by, *roles):
            self.fault(seq, f"{by} is not of {' or '.join(roles)}")


def _holds(by: str, *roles: str) -> bool:
    return not PEOPLE.get(by, frozenset()).isdisjoint(roles)
