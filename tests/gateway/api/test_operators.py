"""Overrides, limits, acknowledgements, drills and cancels of scopes over REST."""

import json
from typing import Any

import httpx
import pytest

from audit.reader import Reader
from domain.flattening import GATE
from domain.messages import SendCancel, SendOrder
from domain.order import Side
from tests.builders import shares
from tests.gateway.api.conftest import House, until
from tests.gateway.api.test_api import settled, terms

RISK, BOSS, NIGHT = ({"X-API-Key": f"{name}-key"} for name in ("risk", "boss", "night"))


async def denied(client: httpx.AsyncClient, name: str, **changes: Any) -> str:
    found = (await client.post("/orders", json=terms(name, quantity="1200", **changes))).json()
    assert found["verdict"] == "deny"
    return str(found["order_id"])


def test_two_persons_override_one_denied_order(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        first = await denied(client, "1")
        step = {"order_id": first, "step": "verify", "reason": "confirmed by phone"}
        assert (await client.post("/overrides", json=step)).status_code == 403
        assert (await client.post("/overrides", json=step, headers=RISK)).status_code == 202
        step["step"] = "authorise"
        alone = await client.post("/overrides", json=step, headers=RISK)
        assert alone.status_code == 409
        assert alone.json()["detail"] == "override_is_not_given: `risk` is not of supervisor"
        assert (await client.post("/overrides", json=step, headers=BOSS)).status_code == 202
        again = await client.post("/orders", json=terms("2", quantity="1200"))
        assert (again.status_code, again.json()["verdict"]) == (201, "warn")
        assert again.json()["findings"][0]["text"].endswith(
            f"overridden for `{first}` by risk and boss"
        )
        used = again.json()["order_id"]
        for name, status in ((used, "new"), (first, "denied")):
            life = await settled(client, name, status)
            leave = life["override"]
            assert (leave["denied"], leave["used_by"]) == (first, used)
            assert (leave["verified_by"], leave["authorised_by"]) == ("risk", "boss")
        await denied(client, "3")

    play(scene)


def test_a_limit_is_changed_and_restored(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        change = {"name": "credit", "scope": "firm:house", "hard": "900", "reason": "new line"}
        refused = await client.post("/limits", json=change, headers=BOSS)
        assert refused.json()["detail"] == "limit_is_not_changed: `boss` is not of risk"
        assert (await client.post("/limits", json=change, headers=RISK)).status_code == 202

        async def holds(hard: str) -> bool:
            (found,) = (await client.get("/limits", headers=RISK)).json()
            assert found["facts_hard"] == "500"
            return bool(found["hard"] == hard)

        await until(lambda: holds("900"))
        del change["hard"]
        assert (await client.post("/limits", json=change, headers=RISK)).status_code == 202
        await until(lambda: holds("500"))
        assert (await client.get("/limits")).status_code == 403

    play(scene)


@pytest.mark.parametrize(("account", "status"), [("A1", 202), ("B1", 403), ("nobody", 403)])
def test_a_desk_acknowledges_warnings_of_its_own_accounts(
    play: Any, account: str, status: int
) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        seen = {
            "account": account,
            "instrument": "IBM",
            "rule": "cost",
            "reason": "costs_are_high",
            "text": "was told, insists",
        }
        assert (await client.post("/acknowledgements", json=seen)).status_code == status
        told = await client.post("/acknowledgements", json=seen | {"account": "X"}, headers=RISK)
        assert told.json()["detail"] == "warning_is_not_acknowledged: no account is called `X`"

    async def known(client: httpx.AsyncClient) -> bool:
        return bool((await client.get("/state")).json()["facts"])

    async def whole(client: httpx.AsyncClient) -> None:
        await until(lambda: known(client))
        await scene(client)

    play(whole)


def test_a_release_is_refused_to_whom_has_not_the_role(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        halt = {"scope": "desk:cash", "reason": "fire"}
        assert (await client.post("/halt", json=halt, headers=NIGHT)).status_code == 202
        answer = await client.post("/resume", json=halt, headers=NIGHT)
        assert answer.status_code == 409
        assert "`night` is not of risk or supervisor" in answer.json()["detail"]
        assert (await client.post("/resume", json=halt, headers=BOSS)).status_code == 202

    play(scene)


def test_a_drill_tells_what_a_cancel_then_does(play: Any, house: House) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        name = (await client.post("/orders", json=terms("1"))).json()["order_id"]
        await settled(client, name, "new")
        asked = {"scope": f"order:{name}", "drill": True, "reason": "yearly test"}
        drill = (await client.post("/cancels", json=asked, headers=RISK)).json()
        rows = [{"session": "REST", "route": "NORTH", "orders": [name]}]
        assert drill["outcome"]["drilled"] == rows
        halt = {"scope": "desk:cash", "drill": True, "reason": "yearly test"}
        drill = (await client.post("/halt", json=halt, headers=RISK)).json()
        assert drill["outcome"]["drilled"] == rows
        assert not any(isinstance(message, SendCancel) for message in house.broker.sent)
        asked["drill"] = False
        assert (await client.post("/cancels", json=asked, headers=RISK)).status_code == 202
        await settled(client, name, "canceled")
        (kill,) = (await client.get("/state")).json()["kills"]
        assert (kill["orders"], kill["waiting"]) == (1, [])
        assert kill["last_ms"] == kill["done_ms"] >= 0
        gone = await client.post("/cancels", json=asked, headers=RISK)
        assert gone.json()["detail"] == f"cancel_is_of_no_working_order: order:{name}"

    play(scene)


def test_a_kill_that_no_broker_confirms_is_said_to_be_overdue(
    play: Any, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.kills.CONFIRM_US", 1_000)

    async def scene(client: httpx.AsyncClient) -> None:
        name = (await client.post("/orders", json=terms("1"))).json()["order_id"]
        await settled(client, name, "new")
        house.broker.silent = True
        told = await client.post("/halt", json={"scope": "desk:cash", "reason": "x"}, headers=RISK)
        record = told.json()["seq"]

        async def overdue() -> bool:
            lines = (json.loads(each.body) for each in Reader.open(house.journal).records())
            found = [line for line in lines if line["event"]["is"] == "KillOverdue"]
            assert all(line["event"]["record"] == record for line in found)
            return any(name in line["outcome"]["surprises"][0] for line in found)

        await until(overdue)

    play(scene)


def test_a_scope_is_flattened_by_the_gates_own_orders(
    play: Any, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.flatten.STEP_US", 10_000)
    house.broker.fills = True

    async def scene(client: httpx.AsyncClient) -> None:
        await settled(
            client, (await client.post("/orders", json=terms("1"))).json()["order_id"], "filled"
        )
        wanted = {"scope": "desk:cash", "market": True, "piece": "60", "reason": "wind-down"}
        refused = await client.post("/flatten", json=wanted, headers=NIGHT)
        assert refused.status_code == 409
        assert "`night` is not of risk or supervisor" in refused.json()["detail"]
        assert (await client.post("/flatten", json=wanted)).status_code == 403
        assert (await client.post("/flatten", json=wanted, headers=RISK)).status_code == 202

        async def flat() -> bool:
            found = (await client.get("/state")).json()["flattenings"]
            return [each["end"] for each in found] == ["flat"]

        await until(flat)
        (told,) = (await client.get("/state")).json()["flattenings"]
        assert (told["by"], told["asked"], told["left"]) == ("risk", 2, [])
        sent = [each.order for each in house.broker.sent if isinstance(each, SendOrder)]
        own = [each for each in sent if each.session == GATE]
        assert [(each.side, each.quantity) for each in own] == [
            (Side.SELL, shares(60)),
            (Side.SELL, shares(40)),
        ]
        over = await client.post("/orders", json=terms("2"))
        assert over.json()["findings"][0]["reason"] == "order_does_not_reduce_position"

    play(scene)


@pytest.mark.parametrize(
    "wrong", [{"slippage": "5 %"}, {"piece": 3}, {"attempts": 0}, {"scope": "cash"}, {"cancel": 1}]
)
def test_a_flattening_that_cannot_be_read_is_refused(play: Any, wrong: dict[str, Any]) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        asked = {"scope": "desk:cash", "reason": "x"} | wrong
        assert (await client.post("/flatten", json=asked, headers=RISK)).status_code == 422

    play(scene)


def test_a_gate_about_to_stop_asks_itself_for_nothing(
    play: Any, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.flatten.STEP_US", 10_000)
    house.broker.fills = True

    async def scene(client: httpx.AsyncClient) -> None:
        await settled(
            client, (await client.post("/orders", json=terms("1"))).json()["order_id"], "filled"
        )
        house.broker.inbox.shut()
        wanted = {"scope": "desk:cash", "market": True, "reason": "wind-down"}
        assert (await client.post("/flatten", json=wanted, headers=RISK)).status_code == 202

        async def looked_twice() -> bool:
            found = (await client.get("/state")).json()["flattenings"]
            return any(told["steps"] >= 2 for told in found)

        await until(looked_twice)
        sent = [each.order for each in house.broker.sent if isinstance(each, SendOrder)]
        assert [each.session for each in sent] == ["REST"]

    play(scene)
