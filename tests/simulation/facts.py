"""Reference facts as the oracle knows them, and the same as the gate reads them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.fixed import NANO, Amount
from domain.ids import InstrumentId, Micros
from domain.limits import Limit
from domain.listed import Entry, InstrumentList, listing
from domain.people import Person, PersonId, Role
from domain.permission import Locate
from domain.reference import Reference, Route
from domain.scope import Scope
from tests.builders import A2, IBM, account, reference, shares
from tests.simulation.scene import CREDITED, LISTINGS, LOCATED, PEOPLE, RESEND_US, SECOND, SPARE


@dataclass(frozen=True, slots=True)
class Facts:
    """One version of the facts, plainly.

    `accounts` gives the scopes each account counts in; `credit` the hard limits in base currency;
    `restricted` until when an instrument may not be traded, None for ever.
    """

    accounts: Mapping[str, tuple[str, ...]]
    credit: Mapping[str, Decimal]
    restricted: Mapping[str, int | None]
    watched: frozenset[str]
    release_needs_two: bool


def draw_facts(chance: random.Random, now: int) -> tuple[Reference, Facts]:
    """Draw a version: who stands where, which listings there are, lists and limits."""
    moved = chance.random() < 0.1
    forgetful = chance.random() < 0.1
    restricted: dict[str, int | None] = {}
    if chance.random() < 0.3:
        until = chance.choice([None, now + 10 * SECOND, now + 30 * SECOND])
        restricted[chance.choice(LISTINGS)] = until
    watched = frozenset(name for name in LISTINGS if chance.random() < 0.4)
    credit = {
        place: chance.choice([5_000, 20_000, 80_000]) for place in CREDITED if chance.random() < 0.7
    }
    needs_two = chance.random() < 0.5
    known = reference()
    if moved:
        known = replace(
            known, accounts={**known.accounts, A2: account(A2, "programme", "cat", "A1")}
        )
    if forgetful:
        known = replace(known, instruments={IBM: known.instruments[IBM]})
    known = replace(
        known,
        routes=tuple(
            replace(route, resend_within_us=RESEND_US) for route in (*known.routes, Route(id=SPARE))
        ),
        lists={
            "restricted": InstrumentList(
                entries=tuple(
                    Entry(instrument=InstrumentId(name), until=None if end is None else Micros(end))
                    for name, end in restricted.items()
                )
            ),
            "watch": listing(InstrumentId(name) for name in watched),
        },
        locates={
            each: Locate(id=each, instrument=each, quantity=shares(LOCATED)) for each in LISTINGS
        },
        people={
            PersonId(name): Person(
                id=PersonId(name), roles=frozenset(Role(role) for role in sorted(roles))
            )
            for name, roles in PEOPLE.items()
        },
        release_needs_two=needs_two,
        limits=tuple(
            Limit(
                name="credit",
                scope=Scope(place),
                hard=Amount(most * NANO),
                soft=chance.choice([None, Amount(most * NANO // 2)]),
            )
            for place, most in credit.items()
        ),
    )
    return known, Facts(
        accounts={each.id: tuple(each.path) for each in known.accounts.values()},
        credit={place: Decimal(most) for place, most in credit.items()},
        restricted=restricted,
        watched=watched,
        release_needs_two=needs_two,
    )
