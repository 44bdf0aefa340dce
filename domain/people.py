"""People: who may do what by hand. A gate acts on a name only if that name holds the role.

Separation of duties is a question about two names, so it needs to know whose they are: the person
who verifies an override is never the one who authorises it, and who set a kill does not release it
alone where the house wants two.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

PersonId = NewType("PersonId", str)


class Role(StrEnum):
    """What somebody may do at the gate."""

    TRADER = "trader"
    OPERATIONS = "operations"
    RISK = "risk"
    COMPLIANCE = "compliance"
    SUPERVISOR = "supervisor"
    """A person designated to authorise what is normally denied (RTS 6 article 15(6))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person and the roles they hold."""

    id: PersonId
    name: str = ""
    roles: frozenset[Role]


def role_fault(people: Mapping[PersonId, Person], by: str, roles: AbstractSet[Role]) -> str | None:
    """Say why somebody may not do what one of these roles may; None when they may."""
    if not people:
        return "the reference facts name no people, so nobody can be told to be allowed"
    person = people.get(PersonId(by))
    if person is None:
        return f"`{by}` is none of the people the reference facts know"
    if person.roles.isdisjoint(roles):
        return f"`{by}` is not of {' or '.join(sorted(roles))}"
    return None
