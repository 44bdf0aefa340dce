"""The demands of RTS 6 articles 12 to 18 and of SEC rule 15c3-5, one by one.

RTS 6 is Commission Delegated Regulation (EU) 2017/589, for firms that trade by algorithm; 15c3-5 is
the market access rule for brokers and dealers (17 CFR 240.15c3-5). Each demand is told in our own
words and stands for its paragraph, whose text alone binds. What a gate before the market cannot do
is said to be another's.
"""

from typing import Final

from rules.controls.control import Paragraph

LAWS: Final = {"RTS 6": "RTS 6 articles 12 to 18", "SEC 15c3-5": "SEC 15c3-5"}
"""The laws, by how a citation begins, and how much of each is listed."""

_SURVEILLANCE: Final = "surveillance, which reads what the journal holds"
_PEOPLE: Final = "the firm's organisation and procedures"
_SECURITY: Final = "the firm's security"

PARAGRAPHS: Final = (
    # ------------------------------------------------------------------ kill functionality
    Paragraph(
        name="RTS 6 Art 12(1)",
        asks="cancel at once any or all working orders, at any or all venues",
        gate="the kill switch: `ordergate halt SCOPE --cancel`, confirmations followed",
    ),
    Paragraph(
        name="RTS 6 Art 12(2)",
        asks="also those of one trader, desk or client",
        gate="kills by firm, desk, trader, account, client, strategy, session, venue or instrument",
    ),
    Paragraph(
        name="RTS 6 Art 12(3)",
        asks="know which algorithm and which trader, desk or client each order is of",
        gate="every order names its account and so trader and desk; its record keeps them",
    ),
    # ---------------------------------------------------------------------- surveillance
    Paragraph(
        name="RTS 6 Art 13(1)",
        asks="monitor all trading for signs of manipulation",
        other=_SURVEILLANCE,
    ),
    Paragraph(
        name="RTS 6 Art 13(2)",
        asks="an automated surveillance system with alerts and reports",
        other=_SURVEILLANCE,
    ),
    Paragraph(
        name="RTS 6 Art 13(3)",
        asks="it covers all activities and all orders",
        other=_SURVEILLANCE,
    ),
    Paragraph(
        name="RTS 6 Art 13(4)",
        asks="check suspicions against the firm's other trading",
        other=_SURVEILLANCE,
    ),
    Paragraph(
        name="RTS 6 Art 13(5)",
        asks="adapt it when obligations or trading change",
        other=_SURVEILLANCE,
    ),
    Paragraph(
        name="RTS 6 Art 13(6)",
        asks="review it yearly, its false alarms and its misses",
        other=_SURVEILLANCE,
    ),
    Paragraph(
        name="RTS 6 Art 13(7)",
        asks="read, replay and analyse orders afterwards; alerts by the next morning",
        gate="the journal and `ordergate replay`; alerts are surveillance's",
    ),
    Paragraph(
        name="RTS 6 Art 13(8)",
        asks="staff report suspicions to compliance, which acts on them",
        other=_PEOPLE,
    ),
    Paragraph(
        name="RTS 6 Art 13(9)",
        asks="reconcile own logs with those of venues, brokers and clearers",
        other="reconciliation with the brokers' drop copies",
    ),
    # ---------------------------------------------------------------- business continuity
    Paragraph(
        name="RTS 6 Art 14(1)",
        asks="documented arrangements for business continuity",
        other=_PEOPLE,
    ),
    Paragraph(
        name="RTS 6 Art 14(2)",
        asks="they deal with disruptions, and say how kills are used",
        gate="recovery from the journal; kills and drills are recorded with who and why",
    ),
    Paragraph(
        name="RTS 6 Art 14(3)",
        asks="shut a trading algorithm or system down without disorder",
        gate="the state REDUCING, by scope; `on_stop`: a stop that cancels and awaits the answers",
    ),
    Paragraph(
        name="RTS 6 Art 14(4)",
        asks="review and test the arrangements yearly",
        other=_PEOPLE,
    ),
    # --------------------------------------------------------------- pre-trade controls
    Paragraph(
        name="RTS 6 Art 15(1)(a)",
        asks="price collars by instrument, for one order and over a period",
    ),
    Paragraph(name="RTS 6 Art 15(1)(b)", asks="a maximum order value"),
    Paragraph(name="RTS 6 Art 15(1)(c)", asks="a maximum order volume"),
    Paragraph(name="RTS 6 Art 15(1)(d)", asks="a maximum number of messages"),
    Paragraph(
        name="RTS 6 Art 15(2)",
        asks="count every order in the limits at once",
        gate="holds: an order counts in full from its decision until it ends",
    ),
    Paragraph(
        name="RTS 6 Art 15(3)",
        asks="throttle repeated automated execution until a named person re-enables it",
    ),
    Paragraph(name="RTS 6 Art 15(4)", asks="limits of market and credit risk"),
    Paragraph(
        name="RTS 6 Art 15(5)",
        asks="block what a trader may not trade, and what risks the firm's own thresholds",
    ),
    Paragraph(
        name="RTS 6 Art 15(6)",
        asks="let a blocked order pass once, verified by risk and authorised by a named person",
        gate="overrides: one order, minutes to live, two persons, a reason",
    ),
    # -------------------------------------------------------------- real-time monitoring
    Paragraph(
        name="RTS 6 Art 16(1)",
        asks="monitor algorithmic trading in real time for disorder",
        gate="`ordergate tail -f`, `ordergate alerts -f`, `ordergate state`",
    ),
    Paragraph(
        name="RTS 6 Art 16(2)",
        asks="by the trader in charge and by an independent function",
        other=_PEOPLE,
    ),
    Paragraph(name="RTS 6 Art 16(3)", asks="they respond in time", other=_PEOPLE),
    Paragraph(
        name="RTS 6 Art 16(4)",
        asks="authorities and venues can reach them at any time",
        other=_PEOPLE,
    ),
    Paragraph(
        name="RTS 6 Art 16(5)",
        asks="alerts within five seconds, and when a venue's circuit breaker trips",
        gate="`ordergate alerts -f`: denials, surprises and what is done by hand, once recorded",
    ),
    # ---------------------------------------------------------------- post-trade controls
    Paragraph(
        name="RTS 6 Art 17(1)",
        asks="post-trade controls run continuously, and somebody acts on them",
        other=_PEOPLE,
    ),
    Paragraph(
        name="RTS 6 Art 17(2)",
        asks="assess market and credit risk as effective exposure",
        gate="exposures at every node of the book, from fills as they are told",
    ),
    Paragraph(
        name="RTS 6 Art 17(3)",
        asks="complete records, reconciled in real time where others tell in real time",
        gate="the journal; reconciliation is the drop copies'",
    ),
    Paragraph(
        name="RTS 6 Art 17(4)",
        asks="of derivatives, the largest long and short and overall strategy positions",
    ),
    Paragraph(
        name="RTS 6 Art 17(5)",
        asks="traders and risk control monitor after the trade",
        other=_PEOPLE,
    ),
    # ------------------------------------------------------------------ security and access
    Paragraph(name="RTS 6 Art 18(1)", asks="an IT strategy", other=_SECURITY),
    Paragraph(
        name="RTS 6 Art 18(2)",
        asks="security of systems, identity and access management",
        other=_SECURITY,
    ),
    Paragraph(
        name="RTS 6 Art 18(3)",
        asks="tell the authority of material breaches of security",
        other=_SECURITY,
    ),
    Paragraph(name="RTS 6 Art 18(4)", asks="yearly penetration tests", other=_SECURITY),
    Paragraph(
        name="RTS 6 Art 18(5)",
        asks="know, restrict and trace who has critical access",
        gate="every act of an operator is a record with who did it, and needs a role",
    ),
    # ------------------------------------------------------------------- market access rule
    Paragraph(
        name="SEC 15c3-5(c)(1)(i)",
        asks="stop orders beyond pre-set credit or capital thresholds, by customer and in all",
    ),
    Paragraph(
        name="SEC 15c3-5(c)(1)(ii)",
        asks="stop erroneous orders: price or size out of bounds, singly or together; duplicates",
    ),
    Paragraph(
        name="SEC 15c3-5(c)(2)(i)",
        asks="stop orders that break what must hold before an order is entered",
    ),
    Paragraph(
        name="SEC 15c3-5(c)(2)(ii)",
        asks="stop orders in what the firm, the customer or the person may not trade",
    ),
    Paragraph(
        name="SEC 15c3-5(c)(2)(iii)",
        asks="let only approved persons and accounts use the systems",
        gate="FIX sessions and accounts are named in the facts; what is not named is denied",
    ),
    Paragraph(
        name="SEC 15c3-5(c)(2)(iv)",
        asks="surveillance gets execution reports at once",
        gate="every execution is a record, followed by `ordergate tail` and the projections",
    ),
    Paragraph(
        name="SEC 15c3-5(d)",
        asks="the controls are under the broker-dealer's direct and exclusive control",
        other="whose gate it is: only the broker-dealer can hold it",
    ),
    Paragraph(
        name="SEC 15c3-5(e)",
        asks="review the controls regularly, and certify them",
        other=_PEOPLE,
    ),
)
"""Every paragraph, in the laws' order."""
