"""The controls that protect clients: suitability, appropriateness, product governance.

Which of them apply to an order follows from the service (advice, portfolio management, execution
only) and the client's class; the kinds know. 2017/565 is the delegated regulation to MiFID II,
EMT the European template in which makers of products tell their target market.
"""

from typing import Final

from rules.controls.control import Control

CLIENT: Final = (
    Control(
        id="S1",
        name="risk tolerance",
        asks="the product's risk indicator is no higher than the client's tolerance",
        articles=("2017/565 Art 54(2)(a)", "FINRA 2111"),
        kinds=("risk_tolerance",),
    ),
    Control(
        id="S2",
        name="ability to bear loss",
        asks="the client can bear the loss the product can make",
        articles=("2017/565 Art 54(2)(b)",),
        kinds=("loss_capacity",),
    ),
    Control(
        id="S3",
        name="knowledge and experience",
        asks="the client knows products of this class",
        articles=("2017/565 Art 54(2)(c)", "2017/565 Art 55", "MiFID II Art 25(3)"),
        kinds=("appropriateness",),
    ),
    Control(
        id="S4",
        name="fresh profile",
        asks="what is known of the client is not too old",
        articles=("2017/565 Art 54(7)",),
        kinds=("profile_age",),
    ),
    Control(
        id="S5",
        name="horizon",
        asks="the product need not be held longer than the client means to",
        articles=("MiFID II Art 16(3)", "EMT"),
        kinds=("horizon",),
    ),
    Control(
        id="S6",
        name="concentration of the portfolio",
        asks="no issuer or class weighs too much for this client",
        articles=("FINRA 2111", "Reg BI"),
        kinds=("concentration",),
    ),
    Control(
        id="S7",
        name="target market: type of client",
        asks="the product is made for clients of this class",
        articles=("MiFID II Art 16(3)", "MiFID II Art 24(2)", "EMT"),
        kinds=("target_market",),
    ),
    Control(
        id="S8",
        name="target market: knowledge",
        asks="the product is made for clients who know as much",
        articles=("MiFID II Art 16(3)", "EMT"),
        kinds=("target_market",),
    ),
    Control(
        id="S9",
        name="distribution channel",
        asks="the product may be sold by this service",
        articles=("MiFID II Art 16(3)", "EMT"),
        kinds=("target_market",),
    ),
    Control(
        id="S10",
        name="needs",
        asks="the product serves what the client wants of it",
        articles=("MiFID II Art 16(3)", "EMT"),
        kinds=("target_market",),
    ),
    Control(
        id="S11",
        name="switching",
        asks="what a switch brings is more than what it costs",
        articles=("2017/565 Art 54(11)",),
        other="the adviser's record of the comparison; a gate sees an order, not advice",
    ),
    Control(
        id="S12",
        name="reasonable basis",
        asks="only products that were looked into are recommended",
        articles=("FINRA 2111", "Reg BI"),
        kinds=("approved_products",),
    ),
    Control(
        id="S13",
        name="excessive trading",
        asks="turnover and cost to equity stay within reason",
        articles=("FINRA 2111", "Reg BI"),
        kinds=("turnover",),
    ),
    Control(
        id="S14",
        name="options level",
        asks="the strategy the order makes is within the level approved for the client",
        articles=("FINRA 2360(b)(16)",),
        kinds=("options_level",),
    ),
    Control(
        id="S15",
        name="margin",
        asks="the account can carry the position within the day",
        articles=("FINRA 4210",),
        kinds=("buying_power", "pattern_day_trader"),
    ),
    Control(
        id="S16",
        name="private placement",
        asks="only accredited clients, on evidence that is fresh",
        articles=("Reg D 501(a)",),
        kinds=("accredited",),
    ),
    Control(
        id="S17",
        name="key information document",
        asks="a retail client got the document before the order",
        articles=("PRIIPs Art 13",),
        kinds=("kid_delivered",),
    ),
    Control(
        id="S18",
        name="costs disclosed",
        asks="a client was told the costs before the order",
        articles=("MiFID II Art 24(4)",),
        kinds=("cost_disclosed",),
    ),
    Control(
        id="S19",
        name="vulnerable client",
        asks="a second look before a vulnerable client's order leaves",
        articles=("FINRA 2165", "FINRA 4512"),
        kinds=("vulnerable_review",),
    ),
    Control(
        id="S20",
        name="leverage cap",
        asks="a retail client's leverage stays within the cap of the class",
        articles=("ESMA 2018/796",),
        kinds=("leverage_cap",),
    ),
)
"""For the client."""
