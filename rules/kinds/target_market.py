"""Whether a client, and the way the product reaches it, lies in the product's target market.

Asked by MiFID II articles 16(3) and 24(2): a distributor keeps to the target market its
manufacturer told (the EMT), and does not sell into the negative one. Up to four questions, each a
look at one flag:

    investors   the client's class                                        EMT 01010 and following
    knowledge   the client's level in the product's family                EMT 02010 to 02040
    channel     execution only, with a test of appropriateness, advice, portfolio management
    needs       what the client wants it for: the best flag of its needs

    ``Y`` passes; ``Neutral`` warns; ``N`` fails, of needs as `needs_outside` says

A class that is presumed to know (professional, eligible counterparty) is not asked about
knowledge. Needs are asked of whoever stated some, and of everybody under a duty of suitability. A
flag that the target market does not have, or a level or need that a profile does not state,
denies. The ability to bear loss is a kind of its own (`loss_capacity`), and so is the
horizon.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from domain.client import ClientClass
from domain.finding import OrdRejReason, Verdict
from domain.product import Flag
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed, unknown, warning
from rules.suitability.applicable import Duty, NoDuties, channel_of
from rules.suitability.protection import NO_CLIENT, NO_PRODUCT, Asked, Protection, Warned

Question = Literal["investors", "knowledge", "channel", "needs"]

_CALLED: Final[dict[Question, str]] = {
    "investors": "client_class",
    "knowledge": "knowledge",
    "channel": "channel",
    "needs": "need",
}

OUTSIDE: Final = {
    question: Reason(
        f"{called}_is_outside_target_market",
        OrdRejReason.OTHER,
        f"the target market says N to the client's {called.replace('_', ' ')}",
    )
    for question, called in _CALLED.items()
}

NEUTRAL: Final = {
    question: Reason(
        f"{called}_is_neutral_to_target_market",
        OrdRejReason.OTHER,
        f"the target market says Neutral to the client's {called.replace('_', ' ')}",
    )
    for question, called in _CALLED.items()
}

NO_FLAG = Reason(
    "target_market_is_unknown",
    OrdRejReason.OTHER,
    "the product's target market does not say whether it is for such clients",
)

NO_ANSWER = Reason(
    "client_answer_is_unknown",
    OrdRejReason.OTHER,
    "the client's profile does not state what the target market speaks of",
)


class Market(Warned):
    """`ask` are the questions; `needs_outside` what an ``N`` to all the client's needs means."""

    warns_for: NoDuties = frozenset()
    ask: Annotated[tuple[Question, ...], Field(min_length=1)] = (
        "investors",
        "knowledge",
        "channel",
        "needs",
    )
    needs_outside: Literal["deny", "warn"] = "warn"


class TargetMarket(Protection[Market]):
    """The client lies in the product's target market."""

    name = "target_market"
    parameters = Market
    reasons = (
        NO_CLIENT,
        NO_PRODUCT,
        *warning(*OUTSIDE.values(), *NEUTRAL.values()),
        NO_FLAG,
        NO_ANSWER,
        PASSED,
    )
    citations = ("MiFID II Art 16(3)", "MiFID II Art 24(2)")

    def lasts(self, _parameters: Market) -> bool:
        """Nothing but the facts is asked."""
        return True

    def has_question(self, parameters: Market, asked: Asked) -> bool:
        """Some questions are not for every client."""
        return any(_is_asked(question, asked) for question in parameters.ask)

    def ask(self, parameters: Market, asked: Asked) -> Iterator[Answer]:
        """Ask one question after another."""
        for question in parameters.ask:
            if not _is_asked(question, asked):
                continue
            match question:
                case "investors":
                    yield _flagged(question, asked, asked.client.category)
                case "knowledge":
                    yield _knowing(asked)
                case "channel":
                    yield _flagged(question, asked, channel_of(asked.service, asked.duty))
                case "needs":
                    yield _needing(asked, parameters.needs_outside)


def _is_asked(question: Question, asked: Asked) -> bool:
    match question:
        case "knowledge":
            return asked.client.category is ClientClass.RETAIL
        case "needs":
            return bool(asked.client.needs) or asked.duty is Duty.SUITABILITY
        case _:
            return True


def _knowing(asked: Asked) -> Answer:
    family = asked.product.family
    known = asked.client.experience.get(family)
    if known is None or known.level is None:
        return unknown(
            NO_ANSWER, f"the client's profile states no level of knowledge of `{family}`"
        )
    return _flagged("knowledge", asked, known.level)


def _needing(asked: Asked, outside: Literal["deny", "warn"]) -> Answer:
    """Judge by that need of the client which the product serves best."""
    if not asked.client.needs:
        return unknown(NO_ANSWER, "the client's profile states no needs")
    flags = asked.product.target.needs
    needs = sorted(asked.client.needs)
    for wanted in (Flag.YES, Flag.NEUTRAL, Flag.NO):
        for need in needs:
            if flags.get(need) is wanted:
                verdict = Verdict(outside) if wanted is Flag.NO else None
                return _judged("needs", need, wanted, verdict)
    return unknown(NO_FLAG, f"the target market says nothing of a need of {' or '.join(needs)}")


def _flagged(question: Question, asked: Asked, member: str) -> Answer:
    target = asked.product.target
    groups: dict[Question, Mapping[Any, Flag]] = {
        "investors": target.investors,
        "knowledge": target.knowledge,
        "channel": target.channels,
    }
    flag = groups[question].get(member)
    if flag is None:
        called = _CALLED[question].replace("_", " ")
        return unknown(NO_FLAG, f"the target market says nothing of the {called} `{member}`")
    return _judged(question, member, flag, None)


def _judged(question: Question, member: str, flag: Flag, outside: Verdict | None) -> Answer:
    text = f"the target market says {flag} to the {_CALLED[question].replace('_', ' ')} `{member}`"
    match flag:
        case Flag.YES:
            return passed(text, flag, member)
        case Flag.NEUTRAL:
            return failed(NEUTRAL[question], text, flag, member, verdict=Verdict.WARN)
        case Flag.NO:
            return failed(OUTSIDE[question], text, flag, member, verdict=outside)
