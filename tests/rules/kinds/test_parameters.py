"""What a rule may not be told: each kind refuses parameters that make no question."""

from typing import Any

import pytest
from pydantic import ValidationError

from rules.registry import KINDS


@pytest.mark.parametrize(
    ("kind", "told", "said"),
    [
        ("concentration", {"limit": "5%"}, "wanted exactly one of `capital`, `gross_floor`"),
        (
            "concentration",
            {"limit": "5%", "capital": "1 USD", "gross_floor": "1 USD"},
            "wanted exactly one of `capital`, `gross_floor`",
        ),
        (
            "concentration",
            {"limit": "5%", "of": "issuer", "adv_age": "1d"},
            "a volume is one instrument's",
        ),
        (
            "concentration",
            {"limit": "5%", "per": "strategy", "equity": True},
            "a strategy has no equity of its own",
        ),
        ("concentration", {"limit": "5%", "equity": False}, "Input should be True"),
        ("controlled_deployment", {"stages": ()}, "at least 1 item"),
        (
            "controlled_deployment",
            {"stages": ({"since": "2026-03-02", "until": "2026-03-02"},)},
            "wanted `since` before `until`",
        ),
        (
            "controlled_deployment",
            {
                "stages": (
                    {"since": "2026-03-02", "until": "2026-03-04"},
                    {"since": "2026-03-03", "until": "2026-03-05"},
                )
            },
            "wanted stages in their order",
        ),
        (
            "controlled_deployment",
            {"stages": ({"since": "2026-03-02", "until": "2026-03-03", "orders": 65_536},)},
            "less than 65536",
        ),
        ("credit_limit", {}, "wanted exactly one of `limit` and `named`"),
        ("credit_limit", {"limit": "1 USD", "named": "credit"}, "wanted exactly one of"),
        ("credit_limit", {"named": "credit", "soft": "1 USD"}, "`soft` and `per` go with `limit`"),
        ("credit_limit", {"named": "credit", "per": "desk"}, "`soft` and `per` go with `limit`"),
        ("credit_limit", {"limit": "1 USD", "required": True}, "`required` goes with `named`"),
        ("credit_limit", {"limit": "1 USD", "soft": "2 USD"}, "`soft` must not be above `limit`"),
        ("daily_loss", {}, "wanted at least one of `max_loss`, `max_loss_share`, `max_drawdown`"),
        (
            "daily_loss",
            {"per": "strategy", "max_loss_share": "5%"},
            "a strategy has no equity of its own",
        ),
        ("pattern_day_trader", {"day_trades": 0, "share": "6%"}, "greater than or equal to 1"),
        ("duplicate_order", {"window": "3600.000001s"}, "must be at most 1h"),
        ("duplicate_order", {"window": "1s", "match": ()}, "at least 1 item"),
        ("duplicate_order", {"window": "1s", "match": ("colour",)}, "Input should be 'session'"),
        (
            "max_exposure",
            {"per": "firm"},
            "wanted at least one of `gross`, `net`, `long` and `short`",
        ),
        ("max_exposure", {"per": "session", "net": "1 USD"}, "Input should be 'firm'"),
        ("algo_flags", {"required": ()}, "at least 1 item"),
        ("algo_flags", {"required": ("colour",)}, "Input should be 'origin'"),
        ("entitlement", {"per": ()}, "at least 1 item"),
        ("entitlement", {"per": ("session",)}, "Input should be 'firm'"),
        ("luld", {}, "Field required"),
        ("short_price_test", {"max_age": "0s"}, "must be positive"),
        ("trading_halt", {"phases": ()}, "at least 1 item"),
        ("trading_halt", {"phases": ("lunch",)}, "Input should be 'pre_open'"),
        ("wash_risk", {"window": "3600.000001s"}, "must be at most 1h"),
        ("max_order_quantity", {"limit": "0"}, "must be positive"),
        ("max_position", {}, "wanted at least one of `long`, `short`, `net` and `gross`"),
        ("max_position", {"long": "-1"}, "must not be negative"),
        ("message_rate", {"limit": 65_537, "window": "1s"}, "less than or equal to 65536"),
        ("repeated_execution", {"limit": 65_536, "window": "1s"}, "less than 65536"),
        ("price_collar", {}, "wanted exactly one of `percent`, `ticks`, `amount` and `sigmas`"),
        (
            "price_collar",
            {"percent": "5%", "ticks": 3},
            "wanted exactly one of `percent`, `ticks`, `amount` and `sigmas`",
        ),
        ("price_collar", {"sigmas": "3"}, "`sigmas` want `max_figures_age`"),
        (
            "price_collar",
            {"percent": "5%", "phases": {"opening_auction": {"sigmas": "3"}}},
            "`sigmas` want `max_figures_age`",
        ),
        ("price_collar", {"percent": "5%", "phases": {"lunch": {"ticks": 3}}}, "'pre_open'"),
        (
            "price_collar",
            {"percent": "5%", "phases": {"halted": {}}},
            "wanted exactly one of `percent`, `ticks`, `amount` and `sigmas`",
        ),
        ("price_move", {"sigmas": "3", "window": "1m"}, "`sigmas` want `max_figures_age`"),
        (
            "market_order",
            {},
            "wanted `allowed: false`, or at least one of `phases`, `max_spread` and `max_adv`",
        ),
        ("market_order", {"max_adv": "1%"}, "`max_adv` wants `max_figures_age`"),
        (
            "order_terms",
            {"phases": ("continuous",)},
            "wanted at least one of `types`, `times_in_force`, `sides` and `capacities`",
        ),
        (
            "order_to_trade",
            {"window": "1h", "min_sample": 1},
            "wanted at least one of `orders_per_trade`, `replaces_per_order` and",
        ),
        (
            "order_to_trade",
            {"window": "1h", "min_sample": 65_537, "orders_per_trade": "1"},
            "less than or equal to 65536",
        ),
        (
            "repeated_execution",
            {"limit": 1, "window": "1s", "reenabled_by": ("boss",)},
            "'risk'",
        ),
        ("risk_tolerance", {"applies_to": ()}, "at least 1 item"),
        ("risk_tolerance", {"applies_to": "suitable"}, "did you mean `suitability`?"),
        ("risk_tolerance", {"applies_to": ({},)}, "is not a duty"),
        (
            "appropriateness",
            {},
            "wanted at least one of `test_age`, `education`, `trades` and `years`",
        ),
        ("target_market", {"ask": ()}, "at least 1 item"),
        ("leverage_cap", {"caps": ()}, "at least 1 item"),
        ("vulnerable_review", {"flags": ("young",)}, "'vulnerable' or 'senior'"),
        ("turnover", {"facts_age": "1d"}, "wanted at least one limit on turnover or cost"),
        (
            "turnover",
            {"facts_age": "1d", "turnover_soft": "6", "turnover_hard": "5.9"},
            "a soft limit must not be above its hard one",
        ),
    ],
)
def test_what_makes_no_question_is_refused(kind: str, told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        KINDS[kind].parameters.model_validate(told)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("duplicate_order", {"window": "1h"}),
        ("wash_risk", {"window": "1h"}),
        ("trading_halt", {"phases": ("halted",)}),
        ("message_rate", {"limit": 65_536, "window": "1s"}),
        ("max_position", {"short": "0"}),
        ("max_exposure", {"per": "firm", "short": "1 USD"}),
        ("price_collar", {"ticks": 3}),
        ("price_collar", {"ticks": 3, "phases": {"halted": {"amount": "1"}}}),
        ("market_order", {"allowed": False}),
        ("order_terms", {"sides": ("buy",)}),
        ("order_to_trade", {"window": "1h", "min_sample": 65_536, "cancels_per_order": "0.5"}),
        ("repeated_execution", {"limit": 1, "window": "1s", "reenabled_by": ("risk",)}),
        ("risk_tolerance", {"applies_to": "none", "warns_for": ()}),
        ("appropriateness", {"education": True}),
        ("turnover", {"facts_age": "1d", "cost_soft": "12%", "cost_hard": "12%"}),
    ],
)
def test_what_just_makes_one_is_taken(kind: str, told: dict[str, Any]) -> None:
    KINDS[kind].parameters.model_validate(told)
