"""Which duty an order brings: the table of `rules.suitability.applicable`, line by line."""

import pytest

from domain.client import Client, ClientClass, Initiative, Service
from domain.ids import AccountId, ClientId, InstrumentId, Micros
from domain.product import Channel, Product
from rules.suitability.applicable import SOLICITED, Duty, channel_of, duty_for, service_on
from tests.builders import A1, A2, order

RETAIL, PROFESSIONAL, COUNTERPARTY = ClientClass


def client(
    category: ClientClass = RETAIL,
    initiative: Initiative = Initiative.CLIENT,
    service: Service = Service.EXECUTION_ONLY,
    **services: Service,
) -> Client:
    return Client(
        id=ClientId("C"),
        version="1",
        as_of=Micros(0),
        category=category,
        service=service,
        services={AccountId(name): each for name, each in services.items()},
        initiative=initiative,
    )


def product(*, complicated: bool) -> Product:
    return Product(
        instrument=InstrumentId("P"),
        version="1",
        family="fund",
        complex=complicated,
        priip=False,
        exempt_offering=False,
    )


PLAIN, COMPLEX = product(complicated=False), product(complicated=True)


@pytest.mark.parametrize("category", ClientClass)
@pytest.mark.parametrize("known", [PLAIN, COMPLEX, None])
@pytest.mark.parametrize("service", [Service.ADVICE, Service.PORTFOLIO_MANAGEMENT])
def test_who_is_advised_or_managed_is_owed_suitability(
    category: ClientClass, known: Product | None, service: Service
) -> None:
    assert duty_for(service, client(category), known) is Duty.SUITABILITY


@pytest.mark.parametrize(
    ("category", "known", "initiative", "duty"),
    [
        (RETAIL, PLAIN, Initiative.CLIENT, Duty.NONE),
        (RETAIL, PLAIN, Initiative.FIRM, Duty.APPROPRIATENESS),
        (RETAIL, COMPLEX, Initiative.CLIENT, Duty.APPROPRIATENESS),
        (RETAIL, None, Initiative.CLIENT, Duty.APPROPRIATENESS),
        (PROFESSIONAL, PLAIN, Initiative.CLIENT, Duty.NONE),
        (PROFESSIONAL, COMPLEX, Initiative.CLIENT, Duty.APPROPRIATENESS),
        (COUNTERPARTY, COMPLEX, Initiative.FIRM, Duty.NONE),
        (COUNTERPARTY, None, Initiative.CLIENT, Duty.NONE),
    ],
)
def test_who_is_only_served_is_owed_what_the_product_and_the_idea_bring(
    category: ClientClass, known: Product | None, initiative: Initiative, duty: Duty
) -> None:
    assert duty_for(Service.EXECUTION_ONLY, client(category, initiative), known) is duty


def test_an_order_the_firm_solicited_is_advised() -> None:
    assert service_on(order(extra=(SOLICITED,)), client()) is Service.ADVICE


@pytest.mark.parametrize("extra", [(), ((377, "N"),), ((376, "Y"),)])
def test_what_an_order_says_otherwise_loosens_nothing(extra: tuple[tuple[int, str], ...]) -> None:
    assert service_on(order(extra=extra), client()) is Service.EXECUTION_ONLY
    advised = client(service=Service.ADVICE)
    assert service_on(order(extra=extra), advised) is Service.ADVICE
    managed = client(service=Service.PORTFOLIO_MANAGEMENT)
    assert service_on(order(extra=(SOLICITED,)), managed) is Service.PORTFOLIO_MANAGEMENT


def test_an_account_may_have_a_service_of_its_own() -> None:
    both = client(A1=Service.ADVICE)
    assert service_on(order(account=A1), both) is Service.ADVICE
    assert service_on(order(account=A2), both) is Service.EXECUTION_ONLY


@pytest.mark.parametrize(
    ("service", "duty", "channel"),
    [
        (Service.ADVICE, Duty.SUITABILITY, Channel.ADVICE),
        (Service.PORTFOLIO_MANAGEMENT, Duty.SUITABILITY, Channel.PORTFOLIO_MANAGEMENT),
        (Service.EXECUTION_ONLY, Duty.APPROPRIATENESS, Channel.APPROPRIATENESS),
        (Service.EXECUTION_ONLY, Duty.NONE, Channel.EXECUTION_ONLY),
    ],
)
def test_the_channel_follows_from_the_service_and_the_test(
    service: Service, duty: Duty, channel: Channel
) -> None:
    assert channel_of(service, duty) is channel
