"""Clients and products come in whole, or are refused with the place of every fault."""

import re
from pathlib import Path

import pytest

from adapters.facts.load import read_facts
from adapters.facts.text import ActivityText
from domain.activity import Activity
from domain.client import (
    Accreditation,
    Client,
    ClientClass,
    Delivery,
    Document,
    Experience,
    Knowledge,
    LossCapacity,
    Need,
    OptionsApproval,
    Service,
)
from domain.fixed import NANO, Amount, Quantity
from domain.ids import AccountId, ClientId, InstrumentId
from domain.product import Channel, Flag, Product, TargetMarket
from gateway.records import read_reference, write_reference
from rules.fault import Faults
from rules.suitability.written import (
    ClientText,
    DeliveryRow,
    ExperienceRow,
    ProductRow,
)
from rules.term import read_moment

PAGE = Path(__file__).parents[3] / "docs/formats/suitability.md"
ACME = InstrumentId("ACME.XNYS")
C7, C8 = ClientId("C7"), ClientId("C8")

FACTS = """\
base: USD
calendars: {XNYS: {always_open: true}}
instruments:
  - {symbol: ACME, mic: XNYS, asset_class: fund, currency: USD, tick: 0.01}
accounts: {house: {desk: {ann: {A1: {client: C7}, A2: {client: C8}}}}}
"""
CLIENTS = """\
id,version,as_of,category,per_se,service,needs,horizon,options_level,options_approved,\
options_approved_by,accredited,accredited_evidence,senior
C7,3,2026-01-15,retail,,advice,growth; income,2.5,2,2026-01-20,rop-1,,,Y
C8,a,2026-01-16,professional,Y,execution_only,,,,,,income,2026-01-01,false
"""
EXPERIENCE = "client,family,level,trades,years,educated,tested\nC7,fund,expert,40,6,Y,2025-11-03\n"
DELIVERIES = "client,document,instrument,at,version\nC8,costs,ACME.XNYS,2026-02-01T09:30:00Z,\n"
PRODUCTS = """\
instrument,version,family,complex,priip,exempt_offering,mrm,crm,investor_retail,channel_advice
ACME.XNYS,12,fund,N,Y,N,2,3,Neutral,N
"""
ACTIVITY = "account,as_of,purchases,costs,equity\nA1,2026-03-01,5000,12.5,1000\n"
TABLES = {
    "activity": ACTIVITY,
    "clients": CLIENTS,
    "experience": EXPERIENCE,
    "deliveries": DELIVERIES,
    "products": PRODUCTS,
}


def written(folder: Path, facts: str = FACTS, **changed: str) -> Path:
    tables = TABLES | changed
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    named = "".join(f"{name}_from: {name}.csv\n" for name in tables)
    (folder / "facts.yaml").write_text(facts + named, encoding="utf-8")
    return folder / "facts.yaml"


def faults(path: Path) -> list[str]:
    with pytest.raises(Faults) as caught:
        read_facts(path)
    return [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]


def test_tables_become_clients_with_what_they_know_and_were_given(tmp_path: Path) -> None:
    read = read_facts(written(tmp_path))
    assert read.clients == {
        C7: Client(
            id=C7,
            version="3",
            as_of=read_moment("2026-01-15"),
            category=ClientClass.RETAIL,
            service=Service.ADVICE,
            horizon=Quantity(5 * NANO // 2),
            needs=frozenset({Need.GROWTH, Need.INCOME}),
            experience={
                "fund": Experience(
                    level=Knowledge.EXPERT,
                    trades=40,
                    years=Quantity(6 * NANO),
                    educated=True,
                    tested_at=read_moment("2025-11-03"),
                )
            },
            options=OptionsApproval(
                level=2, approved_at=read_moment("2026-01-20"), approved_by="rop-1"
            ),
            senior=True,
        ),
        C8: Client(
            id=C8,
            version="a",
            as_of=read_moment("2026-01-16"),
            category=ClientClass.PROFESSIONAL,
            per_se=True,
            service=Service.EXECUTION_ONLY,
            accredited=Accreditation(basis="income", evidence_at=read_moment("2026-01-01")),
            deliveries=(
                Delivery(
                    document=Document.COSTS,
                    instrument=ACME,
                    at=read_moment("2026-02-01T09:30:00Z"),
                ),
            ),
        ),
    }


def test_a_table_becomes_products_with_their_indicator_worked_out(tmp_path: Path) -> None:
    read = read_facts(written(tmp_path))
    assert read.products == {
        ACME: Product(
            instrument=ACME,
            version="12",
            family="fund",
            complex=False,
            priip=True,
            exempt_offering=False,
            sri=3,
            target=TargetMarket(
                investors={ClientClass.RETAIL: Flag.NEUTRAL}, channels={Channel.ADVICE: Flag.NO}
            ),
        )
    }


def test_a_table_becomes_what_accounts_traded(tmp_path: Path) -> None:
    read = read_facts(written(tmp_path))
    assert read.activity == {
        AccountId("A1"): Activity(
            as_of=read_moment("2026-03-01"),
            purchases=Amount(5000 * NANO),
            costs=Amount(25 * NANO // 2),
            equity=Amount(1000 * NANO),
        )
    }


def test_what_was_read_is_what_its_stored_text_says(tmp_path: Path) -> None:
    read = read_facts(written(tmp_path))
    stored = read_reference(write_reference(read))
    assert (stored.clients, stored.products) == (read.clients, read.products)
    assert stored.activity == read.activity


def test_the_example_of_the_format_page_is_one(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for language, name in (("yaml", "facts.yaml"), ("csv", "products.csv")):
        (text,) = re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        (tmp_path / name).write_text(text, encoding="utf-8")
    read = read_facts(tmp_path / "facts.yaml")
    client = read.clients[C7]
    assert client.services == {AccountId("A2"): Service.EXECUTION_ONLY}
    assert client.experience["cfd"].tested_at == read_moment("2025-11-03")
    assert client.delivered(Document.KID, ACME, read_moment("2026-02-02")) is not None
    product = read.products[ACME]
    assert product.sri == 3
    assert product.target.losses == {LossCapacity.LIMITED: Flag.YES}
    assert product.target.needs == {Need.GROWTH: Flag.YES}
    assert product.target.knowledge[Knowledge.BASIC] is Flag.NEUTRAL


def test_the_format_page_tells_every_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    models = ClientText, ExperienceRow, DeliveryRow, ProductRow, ActivityText
    told = {name for model in models for name in model.model_fields}
    assert sorted(name for name in told if not re.search(rf"\b{name}\b", page)) == []


@pytest.mark.parametrize(
    ("table", "was", "becomes", "said"),
    [
        ("clients", "retail", "private", "clients.csv:2:4: `category`: "),
        ("clients", "2026-01-15", "soon", "clients.csv:2:3: `as_of`: `soon` is not a day or"),
        ("clients", "C8,a", "C7,a", "clients.csv:3:1: client `C7` is already at clients.csv:2"),
        ("clients", "growth; income", "fame", "clients.csv:2:7: `needs`: "),
        ("clients", ",2,2026-01-20", ",,2026-01-20", "clients.csv:2:1: papers about options"),
        (
            "clients",
            "2026-01-20,rop-1",
            "2026-01-20,",
            "clients.csv:2:1: `options_approved` and `options_approved_by` go together",
        ),
        (
            "clients",
            "income,2026-01-01",
            "income,",
            "clients.csv:3:1: `accredited` and `accredited_evidence` go together",
        ),
        ("clients", "retail,,", "retail,Y,", "clients.csv:2:1: `per_se` is said of a professional"),
        ("clients", "C7,", "C9,", "facts.yaml:5:46: no client is called `C7`"),
        ("activity", ",1000", ",0", "activity.csv:2:5: `equity` must be positive"),
        ("activity", "A1", "A9", "activity.csv:2:1: no account is called `A9`"),
        (
            "activity",
            "1000\n",
            "1000\nA1,2026-03-01,1,1,1\n",
            "activity.csv:3:1: the activity of `A1` is already at activity.csv:2",
        ),
        ("experience", "C7", "C6", "experience.csv:2:1: no client is called `C6`"),
        ("experience", "40", "some", "experience.csv:2:4: `trades`: "),
        (
            "experience",
            "2025-11-03\n",
            "2025-11-03\nC7,fund,,,,,\n",
            "experience.csv:3:1: `fund` of `C7` is already at experience.csv:2",
        ),
        ("deliveries", "ACME", "EMCA", "deliveries.csv:2:3: no instrument is called `EMCA.XNYS`"),
        ("deliveries", "costs", "letter", "deliveries.csv:2:2: `document`: "),
        ("products", "ACME", "EMCA", "products.csv:2:1: no instrument is called `EMCA.XNYS`"),
        ("products", "Neutral", "maybe", "products.csv:2:9: `investor_retail`: "),
        ("products", "fund,N", "fund,", "products.csv:2:1: `complex` is missing"),
        ("products", "2,3,", "8,3,", "products.csv:2:7: `mrm` must be at most 7"),
        ("products", "2,3,", "2,,", "products.csv:2:1: a market risk measure"),
        ("products", "mrm,crm", "sri,crm", "products.csv:2:1: a market risk measure"),
        (
            "products",
            "mrm,crm,investor_retail,channel_advice\nACME.XNYS,12,fund,N,Y,N,2,3,Neutral",
            "mrm,crm,sri,channel_advice\nACME.XNYS,12,fund,N,Y,N,2,3,2",
            "products.csv:2:1: `sri` is 2, and its measures make it 3",
        ),
        (
            "products",
            "mrm,crm,investor_retail",
            "mrm,crm,vev",
            "products.csv:2:9: `vev`: ",
        ),
        (
            "products",
            "mrm,crm,investor_retail,channel_advice\nACME.XNYS,12,fund,N,Y,N,2,3,Neutral,N",
            "mrm,crm,vev,channel_advice\nACME.XNYS,12,fund,N,Y,N,2,3,5%,N",
            "products.csv:2:1: wanted either `mrm` or the `vev` it follows from",
        ),
        (
            "products",
            "investor_retail,channel_advice\nACME.XNYS,12,fund,N,Y,N,2,3,Neutral",
            "monthly,channel_advice\nACME.XNYS,12,fund,N,Y,N,2,3,Y",
            "products.csv:2:1: `monthly` raises the class of a `vev`",
        ),
    ],
)
def test_a_fault_is_told_with_its_row_and_column(
    tmp_path: Path, table: str, was: str, becomes: str, said: str
) -> None:
    assert was in TABLES[table]
    found = faults(written(tmp_path, **{table: TABLES[table].replace(was, becomes, 1)}))
    assert any(fault.startswith(said) for fault in found), found


def test_the_faults_of_all_tables_are_told_at_once(tmp_path: Path) -> None:
    changed = {
        "clients": CLIENTS.replace("retail", "private"),
        "experience": EXPERIENCE.replace("40", "some"),
        "deliveries": DELIVERIES.replace("costs", "letter"),
        "products": PRODUCTS.replace("Neutral", "maybe"),
    }
    found = {fault.partition(":")[0] for fault in faults(written(tmp_path, **changed))}
    assert {f"{name}.csv" for name in changed} <= found


def test_a_family_in_the_profile_is_not_told_again_by_a_table(tmp_path: Path) -> None:
    client = "{version: 1, as_of: 2026-01-01, category: retail, service: advice"
    facts = f"{FACTS}clients: {{C6: {client}, experience: {{fund: {{}}}}}}}}\n"
    found = faults(written(tmp_path, facts, experience=f"{EXPERIENCE}C6,fund,,,,,\n"))
    assert found == ["experience.csv:3:2: `fund` of `C6` is already in the profile"]


def test_a_service_is_on_an_account_of_the_client(tmp_path: Path) -> None:
    client = "{version: 1, as_of: 2026-01-01, category: retail, service: advice"
    facts = f"{FACTS}clients: {{C6: {client}, services: {{A1: advice}}}}}}\n"
    assert faults(written(tmp_path, facts)) == [
        "facts.yaml:6:97: client `C6` has no account called `A1`"
    ]
