"""Beside each pack there are sample facts it fits, and an order they let pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.facts.load import read_facts
from domain.finding import Decision
from gateway.cli.decide import put, read_question
from gateway.whatif import WhatIf
from rules.parse import parse_policy

HOUSE = Path(__file__).parents[2]
SAMPLES = HOUSE / "docs" / "examples" / "packs"
PACKS = sorted(path.name.removesuffix(".facts.yaml") for path in SAMPLES.glob("*.facts.yaml"))

# What the examples' page says an order is refused for when one thing of it is another.
CHANGED: dict[str, dict[str, tuple[dict[str, Any], set[str]]]] = {
    "us-broker-dealer": {
        "a restricted name": ({"instrument": "ZINC.XNYS"}, {"permission.restricted"}),
        "more than its credit": (
            {"quantity": "25000"},
            {"credit.customer", "margin.intraday"},
        ),
        "a halt": ({"status": {"phase": "halted"}}, {"entry.halt", "entry.bands"}),
        "a sale of what is not held": ({"side": "sell"}, {"short.marking"}),
    },
    "eu-algorithmic-firm": {
        "an algorithm nobody registered": ({"strategy": "draft"}, {"flags.complete"}),
        "a price far off": ({"price": "41.30"}, {"collar.order", "collar.volatility"}),
        "a restricted name": (
            {"instrument": "ZINC.XETR"},
            {"trader.restricted", "volume.day.early"},
        ),
    },
    "futures-desk": {
        "a quantity typed twice": (
            {"quantity": "505"},
            {
                "size.future",
                "size.index",
                "size.index.review",
                "size.value",
                "size.value.review",
                "exposure.clearing",
            },
        ),
        "a price 100 ticks off": (
            {"price": "5025"},
            {"price.collar", "price.collar.review"},
        ),
        "an exchange nobody permitted": (
            {"instrument": "ZNU6", "price": "100", "quote": {"last": "100"}},
            {"permission.entitlement"},
        ),
    },
    "private-wealth": {
        "a fund that is too bold": (
            {"instrument": "BOLD.XETR"},
            {"knows.market", "suits.risk", "suits.loss", "suits.horizon"},
        ),
        "half of the wealth": (
            {"quantity": "2000"},
            {"portfolio.issuer", "portfolio.issuer.review"},
        ),
    },
    "crypto-desk": {
        "a rate nobody told": (
            {"rates": {}},
            {
                "entry.quote",
                "size.value",
                "size.value.review",
                "exposure.credit",
                "exposure.account",
                "exposure.firm",
                "exposure.issuer",
                "exposure.country",
            },
        ),
        "a coin that is watched": (
            {"instrument": "ALT-USDT", "quantity": "10", "price": "1", "quote": {"last": "1"}},
            {"permission.watch"},
        ),
    },
}


def decided(pack: str, folder: Path, **changed: Any) -> Decision:
    """Put a pack's sample order to it, with some of it changed."""
    order = json.loads((SAMPLES / f"{pack}.order.json").read_text(encoding="utf-8"))
    asked = folder / "order.json"
    asked.write_text(json.dumps(order | changed), encoding="utf-8")
    whatif = WhatIf()
    whatif.put_facts(read_facts(SAMPLES / f"{pack}.facts.yaml"))
    whatif.put_policy(HOUSE / "policies" / f"{pack}.yaml")
    decision = whatif.ask(*put(whatif, read_question(str(asked)))).outcome.decision
    assert decision is not None
    return decision


def test_every_sample_is_of_a_pack_and_of_all_but_the_small_one_there_is_a_sample() -> None:
    packs = {
        path.stem
        for path in (HOUSE / "policies").glob("*.yaml")
        if not path.name.endswith(".trials.yaml")
    }
    assert set(PACKS) == packs - {"us-equities"} == set(CHANGED)


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_fits_its_sample_facts(pack: str) -> None:
    path = HOUSE / "policies" / f"{pack}.yaml"
    reference = read_facts(SAMPLES / f"{pack}.facts.yaml")
    parse_policy(path.read_bytes(), file=path.name, reference=reference)


@pytest.mark.parametrize("pack", PACKS)
def test_the_sample_order_passes(pack: str, tmp_path: Path) -> None:
    assert decided(pack, tmp_path).passes


@pytest.mark.parametrize(
    ("pack", "what"), [(pack, what) for pack, changes in CHANGED.items() for what in changes]
)
def test_an_order_that_is_changed_is_told_of_by_the_rules_the_page_names(
    pack: str, what: str, tmp_path: Path
) -> None:
    changed, rules = CHANGED[pack][what]
    decision = decided(pack, tmp_path, **changed)
    assert {one.rule for one in decision.findings if one.verdict != "allow"} == rules
