"""The local door refuses what a caller may not say, and answers every line."""

import json
import socket
import stat
from typing import Any

import pytest

from gateway.local_door import DoorRefused
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


def test_only_the_owner_may_open_the_door(house: House) -> None:
    assert stat.S_IMODE(house.door.stat().st_mode) == 0o600
