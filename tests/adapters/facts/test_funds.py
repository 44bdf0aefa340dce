"""What accounts are worth, and when their days end."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from adapters.facts.load import read_facts
from domain.equity import Balance
from domain.fixed import NANO, Amount
from domain.ids import AccountId
from rules.fault import Faults
from rules.term import read_moment

Writes = Callable[[Mapping[str, str]], Path]

BASE = """\
base: USD
calendars: {XNYS: {exchange: XNYS, years: 2024}, always: {always_open: true}}
accounts: {house: {cash: {ann: {A1: {}, A2: {}}}}}
"""


def faults(path: Path) -> list[str]:
    with pytest.raises(Faults) as refusal:
        read_facts(path)
    return [str(fault).replace(f"{path.parent}/", "") for fault in refusal.value.faults]


def test_a_balance_is_as_old_as_it_says_or_as_the_file(write: Writes) -> None:
    path = write(
        {
            "facts.yaml": BASE
            + "as_of: 2026-03-02\nbalances: [{account: A1, equity: -1.5}]\nbalances_from: b.csv\n",
            "b.csv": "account,equity,as_of\nA2,100,2026-03-01\n",
        }
    )
    assert read_facts(path).balances == {
        AccountId("A1"): Balance(equity=Amount(-NANO * 3 // 2), as_of=read_moment("2026-03-02")),
        AccountId("A2"): Balance(equity=Amount(100 * NANO), as_of=read_moment("2026-03-01")),
    }


def test_a_balance_of_nobody_or_of_no_time_is_a_fault(write: Writes) -> None:
    path = write(
        {
            "facts.yaml": BASE
            + "balances_from: b.csv\nbalances: [{account: A1, equity: 1, as_of: 2026-03-02}]\n",
            "b.csv": "account,equity,as_of\nA1,1,2026-03-01\nA3,1,2026-03-01\nA2,1,\n",
        }
    )
    assert faults(path) == [
        "b.csv:2:1: the balance of `A1` is already at facts.yaml:5",
        "b.csv:3:1: no account is called `A3`: known are `A1`, `A2`",
        "b.csv:4:1: a balance needs an instant: `as_of` here, or of the file",
    ]


def test_days_end_when_the_calendar_trades_on_the_clocks_of_the_zone(write: Writes) -> None:
    day = "trading_day: {ends: 17:00, zone: America/New_York, calendar: XNYS}\n"
    ends = read_facts(write({"facts.yaml": BASE + day})).day_ends
    # 2024 had 252 sessions at New York; clocks went forward on 10 March, 29 March was Good Friday.
    assert len(ends) == 252
    assert list(ends) == sorted(set(ends))
    for moment, there in {
        "2024-03-08T22:00:00Z": True,
        "2024-03-09T22:00:00Z": False,
        "2024-03-11T21:00:00Z": True,
        "2024-03-29T21:00:00Z": False,
        "2024-07-03T21:00:00Z": True,
    }.items():
        assert (read_moment(moment) in ends) is there, moment


def test_days_without_a_calendar_end_every_day_of_their_years(write: Writes) -> None:
    day = "trading_day: {ends: 00:00, zone: UTC, years: 2023-2024}\n"
    ends = read_facts(write({"facts.yaml": BASE + day})).day_ends
    assert len(ends) == 365 + 366
    assert (ends[0], ends[-1]) == (read_moment("2023-01-01"), read_moment("2024-12-31"))


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("{ends: 24:00, zone: UTC, years: 2024}", "21: `ends`: `24:00` is not a time of day"),
        (
            "{ends: 17:00, zone: Mars/Base, years: 2024}",
            "34: `zone`: `Mars/Base` is not a time zone",
        ),
        ("{ends: 17:00, zone: UTC}", "14: `trading_day`: wanted either `calendar` or `years`"),
        (
            "{ends: 17:00, zone: UTC, calendar: XLON}",
            "49: no calendar is called `XLON`: known are `XNYS`, `always`",
        ),
        ("{ends: 17:00, zone: UTC, calendar: always}", "49: calendar `always` never closes"),
    ],
)
def test_a_day_that_cannot_be_worked_out_is_a_fault(write: Writes, day: str, said: str) -> None:
    (fault,) = faults(write({"facts.yaml": f"{BASE}trading_day: {day}\n"}))
    assert fault.startswith(f"facts.yaml:4:{said}")
