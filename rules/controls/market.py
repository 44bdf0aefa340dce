"""The controls of whoever sends orders to a market.

They come per order (A), on position and credit (B), on permission (C), and while trading (D). The
names are those of the field's lists: FIA's best practices of 2015 and 2024, SEC 15c3-5, RTS 6,
Regulation SHO, the LULD plan, FINRA's rules and notices. MiFID II article 48(6) binds venues, which
pass it on to their members.
"""

from typing import Final

from rules.controls.control import Control

ORDER: Final = (
    Control(
        id="A1",
        name="maximum order volume",
        asks="no order is uncommonly large in quantity",
        articles=("RTS 6 Art 15(1)(c)", "SEC 15c3-5(c)(1)(ii)"),
        kinds=("max_order_quantity", "max_order_adv"),
    ),
    Control(
        id="A2",
        name="maximum order value",
        asks="no order is uncommonly large in value",
        articles=("RTS 6 Art 15(1)(b)", "SEC 15c3-5(c)(1)(ii)"),
        kinds=("max_order_value",),
    ),
    Control(
        id="A3",
        name="price collar",
        asks="no price is far from the market, by order and over a period",
        articles=("RTS 6 Art 15(1)(a)", "SEC 15c3-5(c)(1)(ii)"),
        kinds=("price_collar", "price_move"),
    ),
    Control(
        id="A4",
        name="message limit",
        asks="orders, replaces and cancels come no faster than allowed",
        articles=("RTS 6 Art 15(1)(d)", "RTS 7 Art 18(1)(a)"),
        kinds=("message_rate",),
    ),
    Control(
        id="A5",
        name="repeated execution throttle",
        asks="a strategy that was applied too often stops until a named person lets it go on",
        articles=("RTS 6 Art 15(3)",),
        kinds=("repeated_execution",),
    ),
    Control(
        id="A6",
        name="duplicate order",
        asks="no order is sent twice by mistake",
        articles=("SEC 15c3-5(c)(1)(ii)",),
        kinds=("duplicate_order",),
        gate="a ClOrdID of a session is decided once, for ever",
    ),
    Control(
        id="A7",
        name="order-to-trade ratio",
        asks="orders, replaces and cancels stay in proportion to trades",
        articles=("MiFID II Art 48(6)",),
        kinds=("order_to_trade",),
    ),
    Control(
        id="A8",
        name="working order cap",
        asks="not too many orders work at once, nor too much value",
        articles=("RTS 6 Art 15(5)",),
        kinds=("max_open_orders", "max_open_value"),
    ),
    Control(
        id="A9",
        name="order validity",
        asks="the venue can take the order: symbol, tick, lot, hours, type and time in force",
        articles=("SEC 15c3-5(c)(2)(i)",),
        kinds=("instrument_validity", "order_terms", "session_hours"),
        gate="an order that contradicts itself or names what the facts do not know is denied",
    ),
    Control(
        id="A10",
        name="market order protection",
        asks="an order without a price is judged by what it could cost",
        articles=("RTS 6 Art 15(1)(b)", "SEC 15c3-5(c)(1)(ii)"),
        kinds=("market_order",),
        gate="every value rule counts a market order at the reference price and its slippage",
    ),
    Control(
        id="A11",
        name="stale or missing reference",
        asks="what cannot be judged by a fresh price is not let through",
        articles=("good practice",),
        kinds=("quote_age",),
        gate="fail closed: a rule that cannot be asked says no",
    ),
    Control(
        id="A12",
        name="stale signal",
        asks="an old idea is no longer traded",
        articles=("good practice",),
        kinds=("stale_signal",),
        gate="an order sent too long ago is denied",
    ),
)
"""Per order."""

CREDIT: Final = (
    Control(
        id="B1",
        name="credit and capital",
        asks="customer and firm stay within pre-set credit, hard and soft",
        articles=("SEC 15c3-5(c)(1)(i)", "RTS 6 Art 15(4)"),
        kinds=("credit_limit", "max_exposure"),
        gate="a limit changed during the day is a record with who, why and until when",
    ),
    Control(
        id="B2",
        name="position limit",
        asks="positions with all working orders filled stay within bounds, long and short",
        articles=("RTS 6 Art 17(4)", "RTS 6 Art 15(5)"),
        kinds=("max_position",),
    ),
    Control(
        id="B3",
        name="exposure by node",
        asks="client, instrument, trader, desk and firm each stay within their limit",
        articles=("RTS 6 Art 15(5)",),
        kinds=("max_exposure", "max_position", "credit_limit"),
    ),
    Control(
        id="B4",
        name="concentration",
        asks="no issuer, sector, country or name weighs too much",
        articles=("mandate",),
        kinds=("concentration",),
    ),
    Control(
        id="B5",
        name="daily loss",
        asks="trading slows or stops when the day's loss crosses a line",
        articles=("RTS 6 Art 15(5)",),
        kinds=("daily_loss",),
    ),
    Control(
        id="B6",
        name="margin and buying power",
        asks="an order is covered by what the account may still buy",
        articles=("FINRA 4210",),
        kinds=("buying_power", "pattern_day_trader"),
    ),
    Control(
        id="B7",
        name="immediate inclusion",
        asks="every order counts in the limits from the moment it is sent",
        articles=("RTS 6 Art 15(2)",),
        gate="holds: an order counts in full from its decision until it ends",
    ),
    Control(
        id="B8",
        name="party risk limit check",
        asks="credit is asked for before the order is sent",
        articles=("FIX 5.0SP2",),
        kinds=("credit_limit",),
        gate="credit is judged in line with the order, not asked of another's credit hub",
    ),
)
"""On position and credit."""

PERMISSION: Final = (
    Control(
        id="C1",
        name="restricted and watch lists",
        asks="restricted names are stopped, watched ones told of, derivatives of both too",
        articles=("SEC 15c3-5(c)(2)(ii)",),
        kinds=("restricted_list",),
    ),
    Control(
        id="C2",
        name="entitlement",
        asks="a trader trades only what that trader is allowed",
        articles=("RTS 6 Art 15(5)", "RTS 6 Art 18(5)", "SEC 15c3-5(c)(2)(iii)"),
        kinds=("entitlement", "order_terms"),
    ),
    Control(
        id="C3",
        name="short sale marking",
        asks="a sale is marked long or short as the position is",
        articles=("SHO 200(g)",),
        kinds=("short_sale",),
    ),
    Control(
        id="C4",
        name="locate",
        asks="a short sale has shares located, and uses them up",
        articles=("SHO 203(b)(1)",),
        kinds=("locate", "short_sale"),
    ),
    Control(
        id="C5",
        name="short sale price test",
        asks="after the fall that triggers it, no short sale at or below the best bid",
        articles=("SHO 201",),
        kinds=("short_price_test",),
    ),
    Control(
        id="C6",
        name="limit up, limit down",
        asks="no order goes outside the band the feed tells",
        articles=("LULD",),
        kinds=("luld",),
    ),
    Control(
        id="C7",
        name="halts and calendar",
        asks="nothing is entered while the name is halted or the venue closed",
        articles=("exchange rules", "SEC 15c3-5(c)(2)(i)"),
        kinds=("trading_halt", "session_hours"),
    ),
    Control(
        id="C8",
        name="self-trade prevention",
        asks="an order does not meet the firm's own",
        articles=("FINRA 5210",),
        kinds=("self_trade",),
    ),
    Control(
        id="C9",
        name="wash risk",
        asks="one owner does not trade with himself across accounts",
        articles=("FINRA 5210",),
        kinds=("wash_risk",),
    ),
    Control(
        id="C10",
        name="suitability and target market",
        asks="a client's order suits the client: S1 to S20",
        articles=("MiFID II Art 25", "Reg BI"),
        kinds=("risk_tolerance", "target_market", "appropriateness"),
    ),
    Control(
        id="C11",
        name="algorithm and human flags",
        asks="an order says who or what decided it and who or what executes it",
        articles=("RTS 22 fields 57, 59", "RTS 6 Art 12(3)"),
        kinds=("algo_flags",),
    ),
)
"""On permission."""

TRADING: Final = (
    Control(
        id="D1",
        name="kill switch",
        asks="any or all working orders are cancelled at once, by any scope",
        articles=("RTS 6 Art 12(1)", "RTS 6 Art 12(2)", "RTS 7 Art 18(2)(c)"),
        gate="`ordergate halt`, `cancel`, `flatten`; the rule `house.trading_state`; confirmations "
        "followed",
    ),
    Control(
        id="D2",
        name="use of the kill switch",
        asks="a written policy, a yearly test, a direct line for compliance",
        articles=("RTS 6 Art 2(2)", "RTS 6 Art 14(2)"),
        gate="drills are recorded as such; the policy and the test are people's",
    ),
    Control(
        id="D3",
        name="cancel on disconnect",
        asks="a desk that is lost has its orders cancelled after a grace",
        articles=("FIA 2024",),
        gate="the grace of each FIX session in the facts, and what of it is kept",
    ),
    Control(
        id="D4",
        name="real-time monitoring",
        asks="signs of disorder are told within five seconds, to trader and risk",
        articles=("RTS 6 Art 16(1)", "RTS 6 Art 16(2)", "RTS 6 Art 16(5)"),
        gate="`ordergate alerts -f`: denials, surprises and what is done by hand, once recorded",
    ),
    Control(
        id="D5",
        name="circuit breaker alert",
        asks="who trips a venue's breaker is told at once",
        articles=("RTS 6 Art 16(5)",),
        kinds=("trading_halt",),
        gate="an alert when a venue halts a name in which orders work",
    ),
    Control(
        id="D6",
        name="override",
        asks="a blocked order passes once, verified by risk and authorised by another",
        articles=("RTS 6 Art 15(6)",),
        gate="overrides: one order, minutes to live, two persons, a reason",
    ),
    Control(
        id="D7",
        name="controlled deployment",
        asks="a new algorithm trades within a plan that widens by steps",
        articles=("RTS 6 Art 8",),
        kinds=("controlled_deployment",),
    ),
    Control(
        id="D8",
        name="orderly shutdown",
        asks="trading can end without disorder",
        articles=("RTS 6 Art 14(3)",),
        gate="the state REDUCING, by scope; `ordergate flatten` closes what is held; `on_stop`: a "
        "stop that cancels and awaits the answers",
    ),
)
"""While trading."""
