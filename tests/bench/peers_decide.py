# ruff: noqa: PLC0415 - the peers are optional, so each is imported where it is measured
"""Two engines beside ours, on their nearest equivalent: `pip install -e .[bench]` brings them.

* zen-engine: a decision table with one row a rule, hit policy *collect*, each row comparing one of
  five figures that are handed in ready made. It keeps no book, so nothing is looked up or summed.
* NautilusTrader's `RiskEngine`: one `SubmitOrder` of a limit order through its fixed set of
  checks (instrument, precision, quantity, notional, balance, submit rate) to a stub instead of
  its execution engine. It has no rules to add, and compiled code throughout.

Neither says what was observed, what the limit was, or who asks for it. Each first shows that it
refuses what it should, and then only lets pass.
"""

import json
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

Timed = Callable[[Callable[[int], object], int, int], dict[str, float]]

FIGURES = ("quantity", "price", "value", "position", "gross")
ORDER = {"quantity": 100, "price": 100, "value": 10_000, "position": 50, "gross": 5_000}


def peers(calls: int, timed: Timed) -> dict[str, Any]:
    """Measure those that can be imported; say of the others that they are not there."""
    found: dict[str, Any] = {}
    for name, measure in (("zen", _zen), ("nautilus_trader", _nautilus)):
        found[name] = measure(calls, timed) if find_spec(name) else "not installed"
    return found


def _zen(calls: int, timed: Timed) -> dict[str, Any]:
    import zen

    engine = zen.ZenEngine()
    result: dict[str, Any] = {}
    for rows in (10, 50, 200):
        decision = engine.create_decision(json.dumps(_table(rows)))
        assert len(decision.evaluate({**ORDER, "quantity": 10**12})["result"]) == rows // 5
        assert decision.evaluate(ORDER)["result"] == []

        def ask(_: int, evaluate: Any = decision.evaluate) -> object:
            return evaluate(ORDER)

        # A fraction of the calls: it is a hundred times slower.
        result[f"{rows} rules"] = timed(ask, 1, max(calls // 20, 1))
    return result


def _table(rows: int) -> dict[str, Any]:
    """One rule a row, each about one figure in turn."""
    rules = [
        {
            "_id": f"r{row}",
            "out": f'"r{row}"',
            **{
                figure: f"> {10**9 + row}" if place == row % len(FIGURES) else ""
                for place, figure in enumerate(FIGURES)
            },
        }
        for row in range(rows)
    ]
    where = {"x": 0, "y": 0}
    content = {
        "hitPolicy": "collect",
        "rules": rules,
        "inputs": [{"id": name, "field": name, "name": name} for name in FIGURES],
        "outputs": [{"id": "out", "field": "rule", "name": "rule"}],
    }
    return {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": where},
            {
                "id": "table",
                "type": "decisionTableNode",
                "name": "table",
                "position": where,
                "content": content,
            },
            {"id": "out", "type": "outputNode", "name": "out", "position": where},
        ],
        "edges": [
            {"id": "first", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "second", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }


def _nautilus(calls: int, timed: Timed) -> dict[str, Any]:
    from nautilus_trader.cache.cache import Cache
    from nautilus_trader.common.component import (
        MessageBus,
        TestClock,
    )
    from nautilus_trader.common.factories import (
        OrderFactory,
    )
    from nautilus_trader.config import (
        RiskEngineConfig,
    )
    from nautilus_trader.core.uuid import UUID4
    from nautilus_trader.execution.messages import (
        SubmitOrder,
    )
    from nautilus_trader.model.enums import (
        OrderSide,
    )
    from nautilus_trader.model.identifiers import (
        AccountId,
        StrategyId,
        TraderId,
    )
    from nautilus_trader.model.objects import (
        Price,
        Quantity,
    )
    from nautilus_trader.portfolio.portfolio import (
        Portfolio,
    )
    from nautilus_trader.risk.engine import (
        RiskEngine,
    )
    from nautilus_trader.test_kit.providers import (
        TestInstrumentProvider,
    )
    from nautilus_trader.test_kit.stubs.events import (
        TestEventStubs,
    )

    clock, cache = TestClock(), Cache()
    trader, strategy = TraderId("BENCH-1"), StrategyId("S-1")
    bus = MessageBus(trader_id=trader, clock=clock)
    share = TestInstrumentProvider.equity("AAPL", "XNAS")
    cache.add_instrument(share)
    portfolio = Portfolio(msgbus=bus, cache=cache, clock=clock)
    portfolio.update_account(TestEventStubs.cash_account_state(account_id=AccountId("XNAS-1")))
    engine = RiskEngine(
        portfolio=portfolio,
        msgbus=bus,
        cache=cache,
        clock=clock,
        config=RiskEngineConfig(
            max_order_submit_rate="100000000/00:00:01",
            max_notional_per_order={str(share.id): 1_000_000},
        ),
    )
    passed: list[object] = []
    bus.register(endpoint="ExecEngine.execute", handler=passed.append)
    bus.register(endpoint="ExecEngine.process", handler=lambda _: None)
    orders = OrderFactory(trader_id=trader, strategy_id=strategy, clock=clock, cache=cache)

    def command(quantity: int) -> object:
        order = orders.limit(
            share.id, OrderSide.BUY, Quantity.from_int(quantity), Price.from_str("100.00")
        )
        return SubmitOrder(
            trader_id=trader,
            strategy_id=strategy,
            position_id=None,
            order=order,
            command_id=UUID4(),
            ts_init=0,
        )

    engine.execute(command(1_000_000))
    assert not passed, "an order over the notional limit was let pass"
    good = command(100)
    engine.execute(good)
    assert passed, "a good order was refused"
    return {"its own checks": timed(lambda _: engine.execute(good), 1, calls)}
