"""The local door refuses what a caller may not say, and answers every line."""

import json
import socket
import stat
from typing import Any

import pytest

from domain.ids import Micros
from domain.market import Phase, TradingStatus
from gateway.local_door import DoorRefused
from tests.builders import IBM, price, shares
from tests.gateway.api.conftest import House


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"is": "SessionChanged", "session": "REST", "up": True}, "is not for a caller to say"),
        (
            {"is": "CancelAsked", "session": "BETA", "cl_ord_id": "2", "orig_cl_ord_id": "1"},
            "`BETA` is a FIX session",
        ),
        (
            {"is": "CancelAsked", "session": "gate", "cl_ord_id": "2", "orig_cl_ord_id": "1"},
            "`gate` is the gate's own",
        ),
        (
            {"is": "PolicyActivated", "digest": "sha256:0", "name": "x", "by": "me"},
            "not for a caller",
        ),
        (
            {
                "is": "CancelAsked",
                "session": "REST",
                "cl_ord_id": "\ud800",
                "orig_cl_ord_id": "1",
            },
            "not an event",
        ),
        ({"is": "Nonsense"}, "not an event"),
        ({"is": "CancelAsked", "session": "REST"}, "not an event"),
        ([], "not an event"),
    ],
)
def test_what_a_caller_may_not_say_is_refused(house: House, event: Any, why: str) -> None:
    caller = house.caller()
    with pytest.raises(DoorRefused, match=why):
        caller.ask({"event": event})
    assert "health" in caller.ask({"look": "health"}), "the line stays usable"
    caller.close()


def test_every_unreadable_line_gets_a_refusal(house: House) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(house.door))
        raw.sendall(b'nonsense\n[]\n"x"\n{"id":7}\n{"id":8,"quotes":3}\n')
        answers = [json.loads(line) for _, line in zip(range(5), raw.makefile("rb"), strict=False)]
    assert [answer.get("id") for answer in answers] == [None, None, None, 7, 8]
    assert all("refused" in answer for answer in answers)


def test_news_of_the_market_reach_the_state(house: House) -> None:
    caller = house.caller()
    halted = {"instrument": "IBM", "at": 1, "phase": "halted", "band_low": "9.5"}
    figures = {"instrument": "IBM", "at": 1, "adv": "1000", "sigma": "0.02"}
    assert caller.ask({"statuses": [halted], "figures": [figures]})["taken"] is True
    caller.ask({"look": "state"})  # after what was told at once
    caller.close()
    book = house.gate.state.book
    assert book.statuses[IBM] == TradingStatus(
        instrument=IBM, at=Micros(1), phase=Phase.HALTED, band_low=price(950)
    )
    assert book.figures[IBM].adv == shares(1000)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({"statuses": [{"instrument": "IBM", "at": 1, "phase": "asleep"}]}, "not a trading status"),
        ({"figures": [{"instrument": "IBM", "at": 1, "adv": 5}]}, "not an instrument's figures"),
        ({"statuses": {}}, "`statuses` must be an array"),
        ({"quotes": [{"instrument": "IBM", "at": 1, "last": "5"}], "figures": [7]}, "figures"),
    ],
)
def test_news_that_cannot_be_read_are_refused_whole(house: House, line: Any, why: str) -> None:
    caller = house.caller()
    with pytest.raises(DoorRefused, match=why):
        caller.ask(line)
    caller.ask({"look": "state"})
    caller.close()
    book = house.gate.state.book
    assert (book.quotes, book.statuses, book.figures) == ({}, {}, {})


def test_a_gate_without_a_file_of_facts_reads_none(house: House) -> None:
    caller = house.caller()
    with pytest.raises(DoorRefused, match="this gate has no file of facts to read"):
        caller.ask({"load": "facts", "by": "ann"})
    caller.close()


def test_only_the_owner_may_open_the_door(house: House) -> None:
    assert stat.S_IMODE(house.door.stat().st_mode) == 0o600
