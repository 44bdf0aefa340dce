"""Random clients, products, and rules that protect the one from the other."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.rules.kinds.words import AGES, INSTANTS, NUMBERS, SHARES, SPANS, both, kw, some, subsets

DUTIES = subsets("suitability", "appropriateness", "none")
TESTED = kw({}, optional={"applies_to": DUTIES})
WARNED = kw({}, optional={"applies_to": DUTIES, "warns_for": DUTIES, "acknowledge": st.booleans()})
YEARS = st.sampled_from(["0.5", "1", "2"])
SMALL = st.integers(1, 3)

STRATEGIES = ("covered_call", "protective_put", "long_option", "spread", "uncovered")

PROTECTIONS: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "accredited": both(TESTED, kw({"evidence_age": SPANS})),
    "appropriateness": both(WARNED, some(test_age=SPANS, trades=SMALL, years=YEARS)),
    "approved_products": both(TESTED, kw({}, optional={"list": st.sampled_from(["some", "none"])})),
    "cost_disclosed": both(TESTED, kw({}, optional={"age": SPANS})),
    "horizon": WARNED,
    "kid_delivered": TESTED,
    "leverage_cap": both(
        TESTED,
        kw({"caps": st.tuples(kw({"family": st.sampled_from(["cfd", "fund"]), "limit": NUMBERS}))}),
    ),
    "loss_capacity": both(TESTED, kw({"presume_per_se": st.booleans()})),
    "options_level": both(
        TESTED,
        kw(dict.fromkeys(STRATEGIES, SMALL)),
    ),
    "profile_age": both(TESTED, kw({"limit": SPANS})),
    "risk_tolerance": WARNED,
    "target_market": both(
        WARNED,
        kw(
            {"needs_outside": st.sampled_from(["deny", "warn"])},
            optional={"ask": subsets("investors", "knowledge", "channel", "needs")},
        ),
    ),
    "turnover": both(
        WARNED,
        both(
            kw({"facts_age": SPANS, "cost_rate": SHARES}),
            st.one_of(
                some(turnover_soft=NUMBERS, cost_hard=SHARES),
                some(turnover_hard=NUMBERS, cost_soft=SHARES),
            ),
        ),
    ),
    "vulnerable_review": both(TESTED, kw({}, optional={"flags": subsets("vulnerable", "senior")})),
}

ACTIVITY = kw({"equity": NUMBERS, "age": AGES}, optional={"purchases": NUMBERS, "costs": NUMBERS})
FLAGS = st.sampled_from(["Y", "N", "Neutral"])
DELIVERIES = kw(
    {
        "document": st.sampled_from(["kid", "costs"]),
        "instrument": st.sampled_from(["HOME", "AWAY"]),
        "at": INSTANTS,
    },
    optional={"version": SMALL},
)
CLIENTS = kw(
    {
        "as_of": INSTANTS,
        "category": st.sampled_from(["retail", "retail", "professional", "eligible_counterparty"]),
        "service": st.sampled_from(["advice", "portfolio_management", "execution_only"]),
    },
    optional={
        "services": st.just({"B": "execution_only"}),
        "initiative": st.sampled_from(["client", "firm"]),
        "risk_tolerance": SMALL,
        "loss_capacity": st.sampled_from(["none", "beyond"]),
        "horizon": YEARS,
        "needs": st.sampled_from(["growth", "growth;income"]),
        "experience": kw(
            {
                "fund": kw(
                    {"trades": SMALL, "level": st.just("basic")}, optional={"tested": INSTANTS}
                )
            }
        ),
        "options_level": SMALL,
        "vulnerable": st.booleans(),
        "senior": st.booleans(),
        "deliveries": st.lists(DELIVERIES, max_size=2).map(tuple),
    },
)
PRODUCTS = kw(
    {"complex": st.booleans(), "priip": st.booleans(), "exempt_offering": st.booleans()},
    optional={
        "family": st.sampled_from(["fund", "cfd"]),
        "approved": st.booleans(),
        "sri": SMALL,
        "holding": YEARS,
        "leverage": NUMBERS,
        "kid_version": SMALL,
        "investor_retail": FLAGS,
        "knowledge_basic": FLAGS,
        "loss_none": FLAGS,
        "channel_advice": FLAGS,
        "need_growth": FLAGS,
    },
)
