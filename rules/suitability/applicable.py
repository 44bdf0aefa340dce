"""Which test the law wants of an order, decided before any is made.

MiFID II article 25 knows three, by what the firm does for the client and what the product is:

    the firm advises, manages, or recommended this order      suitability        25(2)
    it only executes, and the product is complex,
      or the idea was the firm's                              appropriateness    25(3)
    it only executes a non-complex product that the client
      asked for, or the client is an eligible counterparty    none               25(4), 30(1)

That an adviser is a machine changes nothing (Delegated Regulation (EU) 2017/565, article 54(1)).
A recommendation in the United States (Reg BI, FINRA rule 2111) is the first line too.

An order says that the firm recommended it by SolicitedFlag (FIX 377) = Y. What an order says can
only tighten: N on an account that is advised leaves it advised. A product the firm knows
nothing of counts as complex.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from domain.client import Client, ClientClass, Initiative, Service
from domain.order import Order
from domain.product import Channel, Product
from rules.fault import nearest

SOLICITED: Final = (377, "Y")


class Duty(StrEnum):
    """What is to be found out before the order."""

    SUITABILITY = "suitability"
    APPROPRIATENESS = "appropriateness"
    NONE = "none"


def service_on(order: Order, client: Client) -> Service:
    """Give what the firm does for the client on one order."""
    service = client.service_of(order.account)
    if service is Service.EXECUTION_ONLY and SOLICITED in order.extra:
        return Service.ADVICE
    return service


def duty_for(service: Service, client: Client, product: Product | None) -> Duty:
    """Give the test a service wants for a client and a product."""
    if service is not Service.EXECUTION_ONLY:
        return Duty.SUITABILITY
    if client.category is ClientClass.ELIGIBLE_COUNTERPARTY:
        return Duty.NONE
    if product is None or product.complex or client.initiative is Initiative.FIRM:
        return Duty.APPROPRIATENESS
    return Duty.NONE


def channel_of(service: Service, duty: Duty) -> Channel:
    """Name the channel a product reaches the client by."""
    if service is Service.EXECUTION_ONLY and duty is Duty.APPROPRIATENESS:
        return Channel.APPROPRIATENESS
    return Channel(service.value)


def _duties(given: object) -> frozenset[Duty]:
    names = given if isinstance(given, tuple | frozenset) else (given,)
    for name in names:
        if not isinstance(name, str) or name not in set(Duty):
            raise ValueError(f"`{name}` is not a duty: {nearest(str(name), Duty)}")
    return frozenset(map(Duty, names))


_ONE: Final = {"enum": list(Duty)}


def _written(least: int) -> WithJsonSchema:
    several = {"type": "array", "items": _ONE, "minItems": least, "uniqueItems": True}
    return WithJsonSchema({"anyOf": [_ONE, several]})


NoDuties = Annotated[frozenset[Duty], BeforeValidator(_duties), _written(0)]
"""Duties, or none at all: ``[]``."""

Duties = Annotated[frozenset[Duty], BeforeValidator(_duties), Field(min_length=1), _written(1)]
"""One duty or several: ``suitability`` or ``[suitability, appropriateness]``."""

EVERY: Final = frozenset(Duty)
