"""Limits as the oracle knows them, and the same as the policy's YAML the gate reads."""

import random
from dataclasses import dataclass
from decimal import Decimal

PER = ("account", "trader", "desk", "firm", "strategy")


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits. Positions are net units in one instrument; exposures gross base currency.

    With `bands` a price outside what the venue lets trade is denied.
    """

    quantity: Decimal
    position: dict[str, Decimal]
    exposure: dict[str, Decimal]
    orders: dict[str, int]
    bands: bool


def draw_limits(chance: random.Random) -> Limits:
    """Limits tight enough to be met."""
    some = [per for per in PER if chance.random() < 0.7] or ["account"]
    return Limits(
        quantity=Decimal(chance.choice([200, 400, 1000])),
        position={per: Decimal(chance.choice([400, 1000, 3000, 8000])) for per in some},
        exposure={
            per: Decimal(chance.choice([60_000, 200_000, 600_000])) for per in some if per != "desk"
        },
        orders={per: chance.choice([10, 20, 60]) for per in some},
        bands=chance.random() < 0.4,
    )


def policy_text(limits: Limits) -> tuple[bytes, Limits]:
    """Write limits as a policy, with rules of other kinds beside them."""
    rules = [
        f"- {{id: quantity, kind: max_order_quantity, limit: {limits.quantity}}}",
        "- {id: rate, kind: message_rate, per: session, limit: 20, window: 1s}",
        "- {id: twice, kind: duplicate_order, window: 100ms}",
        "- {id: repeats, kind: repeated_execution, limit: 30, window: 1m}",
        "- {id: collar, kind: price_collar, percent: 15%}",
        "- {id: restricted, kind: restricted_list, list: restricted}",
        "- {id: watch, kind: restricted_list, list: watch, verdict: warn, silent: true}",
        "- {id: locate, kind: locate}",
        "- {id: halt, kind: trading_halt, required: false}",
        "- {id: credit, kind: credit_limit, named: credit}",
        "- {id: large, kind: max_order_value, limit: 90000 USD, slippage: 5%, verdict: warn}",
    ]
    for per, most in limits.position.items():
        rules.append(f"- {{id: position.{per}, kind: max_position, per: {per}, net: {most}}}")
    for per, most in limits.exposure.items():
        # The firm's is asked as credit: the same sum, over positions and reservations.
        kind, word = ("credit_limit", "limit") if per == "firm" else ("max_exposure", "gross")
        rules.append(f"- {{id: exposure.{per}, kind: {kind}, per: {per}, {word}: {most} USD}}")
    for per, count in limits.orders.items():
        rules.append(f"- {{id: orders.{per}, kind: max_open_orders, per: {per}, limit: {count}}}")
    if limits.bands:
        rules.append("- {id: bands, kind: luld, max_age: 1d}")
    body = "\n".join(f"  {rule}" for rule in rules)
    text = f"policy: simulation\nversion: 1\nowner: oracle\nrules:\n{body}\n"
    return text.encode(), limits
