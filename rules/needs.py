"""What a rule needs of the reference facts: the lists it names, and limits in the base currency.

Asked twice: when a policy is read against reference facts, where a need that is not met is a
fault with its place, and when a rule is bound, where it makes the rule say no (fail closed),
since facts can change under a policy that once fitted them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from domain.instrument import AssetClass
from domain.money import Money
from domain.reference import Reference
from domain.scope import Level
from rules.fault import nearest
from rules.fields import ListName

Path = tuple[str | int, ...]
"""The way to a value inside a rule, as keys and indices."""


def unmet_needs(parameters: BaseModel, reference: Reference) -> Iterator[tuple[Path, str]]:
    """Find the parameters the reference facts have no answer to."""
    for path, value in _values(parameters, ()):
        match value:
            case ListName() if value not in reference.lists:
                yield path, f"no list is called `{value}`: {nearest(value, reference.lists)}"
            case Money() if value.currency != reference.base:
                yield path, f"`{value}` is not in the firm's base currency, {reference.base}"


def known_names(level: Level, reference: Reference) -> frozenset[str]:
    """Give every name the reference facts know at a level."""
    accounts = reference.accounts.values()
    instruments = reference.instruments.values()
    match level:
        case Level.FIRM:
            return frozenset(account.firm for account in accounts)
        case Level.DESK:
            return frozenset(account.desk for account in accounts)
        case Level.TRADER:
            return frozenset(account.trader for account in accounts)
        case Level.ACCOUNT:
            return frozenset(reference.accounts)
        case Level.STRATEGY:
            return frozenset(reference.strategies)
        case Level.CLIENT:
            return frozenset(account.client for account in accounts if account.client is not None)
        case Level.SESSION:
            return frozenset(reference.sessions)
        case Level.ASSET_CLASS:
            return frozenset(AssetClass)
        case Level.VENUE:
            return frozenset(instrument.mic for instrument in instruments)
        case Level.INSTRUMENT:
            return frozenset(reference.instruments)
        case Level.ORDER:
            return frozenset()


def _values(value: Any, path: Path) -> Iterator[tuple[Path, object]]:  # noqa: ANN401
    match value:
        case BaseModel():
            for name in type(value).model_fields:
                yield from _values(getattr(value, name), (*path, name))
        case Mapping():
            for key, held in value.items():
                yield from _values(held, (*path, str(key)))
        case tuple():
            for place, held in enumerate(value):
                yield from _values(held, (*path, place))
        case _:
            yield path, value
