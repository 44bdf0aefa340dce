"""Orders over REST: asked, answered, looked up, ended; and the kill switch."""

import time
from typing import Any

import httpx
import pytest

from domain.messages import SendOrder
from tests.gateway.api.conftest import House, until


def terms(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "cl_ord_id": name,
        "account": "A1",
        "instrument": "IBM",
        "side": "buy",
        "type": "limit",
        "quantity": "100",
        "price": "100",
        **changes,
    }


async def settled(client: httpx.AsyncClient, order_id: str, status: str) -> dict[str, Any]:
    """Wait until the order has a status; give its life."""
    found: dict[str, Any] = {}

    async def check() -> bool:
        answer = await client.get(f"/orders/{order_id}")
        found.clear()
        found.update(answer.json())
        return answer.status_code == 200 and found["status"] == status

    await until(check)
    return found


def test_an_accepted_order_is_created_and_its_life_can_be_read(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.post("/orders", json=terms("1"))
        assert answer.status_code == 201
        assert answer.json()["verdict"] == "allow"
        life = await settled(client, answer.json()["order_id"], "new")
        assert life["leaves"] == "100"
        assert [record["event"]["is"] for record in life["records"]] == [
            "OrderAsked",
            "ExecutionReported",
        ]

    play(scene)


def test_a_denied_order_is_an_answer_with_every_finding(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.post("/orders", json=terms("1", quantity="2000"))
        assert answer.status_code == 200
        found = answer.json()
        assert found["verdict"] == "deny"
        assert [finding["rule"] for finding in found["findings"]] == ["size", "position"]
        assert found["findings"][0]["observed"] == "2000"
        assert found["findings"][0]["limit"] == "1000"
        life = await settled(client, found["order_id"], "denied")
        assert life["records"][0]["outcome"]["decision"]["findings"] == found["findings"]

    play(scene)


def test_what_is_noticed_silently_is_told_to_compliance_alone(play: Any, house: House) -> None:
    seen: dict[str, Any] = {}

    async def scene(client: httpx.AsyncClient) -> None:
        found = (await client.post("/orders", json=terms("1", quantity="800"))).json()
        assert (found["verdict"], found["findings"]) == ("allow", [])
        life = await settled(client, found["order_id"], "new")
        assert life["verdict"] == "allow"
        assert "watch" not in str(life)
        answer = await client.post(
            f"/orders/{found['order_id']}/replace", json=terms("2", quantity="900")
        )
        assert "watch" not in answer.text
        async with house.client("control-key") as control:
            seen.update(await settled(control, found["order_id"], "new"))

    play(scene)
    assert seen["verdict"] == "warn"
    assert seen["records"][0]["outcome"]["decision"]["findings"][0]["rule"] == "watch"


def test_a_repeated_id_gets_the_first_answer_and_makes_no_second_order(
    play: Any, house: House
) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        first = (await client.post("/orders", json=terms("1"))).json()
        answer = await client.post("/orders", json=terms("1", quantity="500"))
        assert answer.status_code == 200
        assert answer.json()["repeat"] is True
        assert answer.json()["order_id"] == first["order_id"]

    play(scene)
    assert [type(message) for message in house.broker.sent].count(SendOrder) == 1


def test_a_cancel_and_a_replace_reach_the_broker(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        first = (await client.post("/orders", json=terms("1"))).json()["order_id"]
        await settled(client, first, "new")
        answer = await client.post(f"/orders/{first}/replace", json=terms("2", quantity="300"))
        assert answer.status_code == 202

        async def replaced() -> bool:
            found = (await client.get(f"/orders/{first}")).json()
            return bool(found["quantity"] == "300")

        await until(replaced)
        answer = await client.post(f"/orders/{first}/cancel", json={"cl_ord_id": "3"})
        assert answer.status_code == 202
        life = await settled(client, first, "canceled")
        assert life["leaves"] == "0"

    play(scene)


def test_a_signal_is_judged_like_an_order(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        signal = {"order": terms("1", quantity="1001"), "signalled_at": 1}
        answer = await client.post("/signals", json=signal)
        assert answer.json()["verdict"] == "deny"
        signal["order"] = terms("2")
        assert (await client.post("/signals", json=signal)).status_code == 201

    play(scene)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"quantity": "1e5"}, "quantity"),
        ({"quantity": "NaN"}, "quantity"),
        ({"quantity": 100}, "quantity"),
        ({"price": "0.0000000001"}, "price"),
        ({"side": "long"}, "side"),
        ({"account": ""}, "account"),
        ({"cl_ord_id": "a\x01b"}, "cl_ord_id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_input_is_refused_with_its_place(
    play: Any, changes: dict[str, Any], place: str
) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.post("/orders", json=terms("1", **changes))
        assert answer.status_code == 422
        assert [fault["loc"][-1] for fault in answer.json()["detail"]] == [place]

    play(scene)


def test_all_faults_of_a_bad_order_come_at_once(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.post("/orders", json={"cl_ord_id": "1", "side": "x"})
        places = {fault["loc"][-1] for fault in answer.json()["detail"]}
        assert places == {"account", "instrument", "side", "type", "quantity"}

    play(scene)


def test_nobody_gets_in_without_a_key(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        assert (await client.post("/orders", json=terms("1"))).status_code == 401
        assert (await client.get("/state", headers={"X-API-Key": "guess"})).status_code == 401
        assert (await client.get("/health")).status_code == 200

    play(scene, key=None)


def test_an_order_is_shown_to_its_own_session_and_to_operators_only(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        name = (await client.post("/orders", json=terms("1"))).json()["order_id"]
        await settled(client, name, "new")
        other = {"X-API-Key": "other-key"}
        assert (await client.get(f"/orders/{name}", headers=other)).status_code == 404
        cancel = await client.post(f"/orders/{name}/cancel", json={"cl_ord_id": "9"}, headers=other)
        assert cancel.status_code == 404
        risk = {"X-API-Key": "risk-key"}
        assert (await client.get(f"/orders/{name}", headers=risk)).status_code == 200

    play(scene)


def test_a_halt_denies_new_orders_cancels_working_ones_and_counts_confirmations(
    play: Any,
) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        risk = {"X-API-Key": "risk-key"}
        names = [
            (await client.post("/orders", json=terms(str(count)))).json()["order_id"]
            for count in range(3)
        ]
        for name in names:
            await settled(client, name, "new")
        halt = {"scope": "desk:cash", "reason": "drill"}
        assert (await client.post("/halt", json=halt)).status_code == 403
        began = time.perf_counter()
        answer = await client.post("/halt", json=halt, headers=risk)
        assert answer.status_code == 202
        for name in names:
            await settled(client, name, "canceled")
        print(f"kill of 3 orders confirmed in {(time.perf_counter() - began) * 1e3:.1f} ms")
        state = (await client.get("/state")).json()
        assert state["states"] == {"desk:cash": "halted"}
        (kill,) = state["kills"]
        assert kill["waiting"] == []
        assert kill["done_at"] is not None
        denied = (await client.post("/orders", json=terms("new"))).json()
        assert denied["verdict"] == "deny"
        assert denied["findings"][0]["rule"].startswith("house.")
        release = {"scope": "desk:cash", "reason": "drill over"}
        assert (await client.post("/resume", json=release, headers=risk)).status_code == 202
        assert (await client.post("/orders", json=terms("later"))).status_code == 201

    play(scene)


def test_headroom_says_what_each_limit_leaves(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        name = (await client.post("/orders", json=terms("1", quantity="400"))).json()["order_id"]
        await settled(client, name, "new")
        rooms = (
            await client.get("/headroom", params={"account": "A1", "instrument": "IBM"})
        ).json()
        left = sorted((room["rule"], room["left"]) for room in rooms)
        assert left == [("position", "1100"), ("position", "1500"), ("size", "1000")]

    play(scene)


def test_a_halted_scope_must_be_a_scope(play: Any) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        halt = {"scope": "planet:earth", "reason": "drill"}
        answer = await client.post("/halt", json=halt, headers={"X-API-Key": "risk-key"})
        assert answer.status_code == 422
        assert "planet:earth" in answer.text

    play(scene)


def test_a_gate_that_is_away_is_said_to_be_away(play: Any, house: House) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        house.gate.stop()
        house.stopped = True
        answer = await client.post("/orders", json=terms("1"))
        assert answer.status_code == 503
        assert (await client.get("/health")).status_code == 503

    play(scene)
