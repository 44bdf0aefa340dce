"""What a paper broker is told to do with an order, instead of what it would do by itself.

A script is a line of text. It comes in the order's own Text (58), stands in the settings for an
instrument, or comes later from outside::

    paper: ack, fill 60@15.54, correct 1 50@15.55, bust 1 / cancel: accept, fill 10

Parts are divided by ``/``. The first says what happens when the order arrives; ``cancel:`` and
``replace:`` say what happens when that is asked, and where one is missing, what usually happens.
Steps are divided by commas and done in turn, at once:

=====================  ==========================================================================
``lose``               the order never arrived; what follows is done when it is sent again
``ack``, ``pend``      the order is new (150=0), is pending (150=A)
``fill Q@P``           a trade; without Q all that is left, without P at the usual price, and
                       at 1 where there is none
``correct N Q@P``      the N-th trade was of Q at P (150=G)
``bust N``             the N-th trade never was (150=H)
``cancel``, ``expire``  the order ends without being asked (150=4, C)
``done``, ``suspend``  it is done for the day (150=3), is suspended (150=9)
``restate Q``          its quantity is Q from now on (150=D)
``reject WORDS``       the order is rejected (150=8, 103=99, 58=WORDS)
``accept``             in ``cancel:`` and ``replace:``, what was asked is done (150=4, 150=5)
``refuse WORDS``       in ``cancel:`` and ``replace:``, it is not (35=9)
``again``              the last report once more, with the same ExecID
``silent``             nothing
=====================  ==========================================================================

After ``cancel: pend`` the order is pending cancel (150=6), after ``replace: pend`` pending replace
(150=E). A fill after the order's end is a late one, and is said as such: brokers do that.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from domain.fixed import Price, Quantity, parse_fixed

PREFIX = "paper:"


class Word(StrEnum):
    """What a step does."""

    LOSE = "lose"
    ACK = "ack"
    PEND = "pend"
    FILL = "fill"
    CORRECT = "correct"
    BUST = "bust"
    CANCEL = "cancel"
    EXPIRE = "expire"
    DONE = "done"
    SUSPEND = "suspend"
    RESTATE = "restate"
    REJECT = "reject"
    ACCEPT = "accept"
    REFUSE = "refuse"
    AGAIN = "again"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: its word, and what stands behind it."""

    word: Word
    trade: int = 0
    quantity: Quantity | None = None
    price: Price | None = None
    text: str = ""


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """The steps when an order arrives, and when its cancel or replace does; None: as usual."""

    arrival: Steps
    cancel: Steps | None = None
    replace: Steps | None = None


_SPOKEN = frozenset({Word.REJECT, Word.REFUSE, Word.CANCEL})
_NUMBERED = frozenset({Word.CORRECT, Word.BUST})
_AMOUNTS = frozenset({Word.FILL, Word.CORRECT, Word.RESTATE})
_AMOUNT = re.compile(r"([\d.]+)?(?:@(-?[\d.]+))?\Z", re.ASCII)


def script_of(text: str) -> Script | None:
    """Read the script in an order's text; None when it has none. Raises ValueError."""
    if not text.startswith(PREFIX):
        return None
    arrival, *others = text.removeprefix(PREFIX).split("/")
    parts: dict[str, Steps] = {}
    for other in others:
        name, colon, steps = other.strip().partition(":")
        if not colon or name not in {"cancel", "replace"} or name in parts:
            raise ValueError(f"`{other.strip()}`: wanted `cancel: …` or `replace: …`, each once")
        parts[name] = steps_of(steps)
    return Script(steps_of(arrival), parts.get("cancel"), parts.get("replace"))


def steps_of(text: str) -> Steps:
    """Read steps divided by commas. Raises ValueError."""
    return tuple(_step(step.strip()) for step in text.split(","))


def _step(text: str) -> Step:
    name, _, rest = text.partition(" ")
    try:
        word = Word(name)
    except ValueError:
        raise ValueError(f"`{text}` is no step: wanted one of {', '.join(Word)}") from None
    rest = rest.strip()
    if word in _SPOKEN:
        return Step(word=word, text=rest)
    trade = 0
    if word in _NUMBERED:
        number, _, rest = rest.partition(" ")
        if not number.isdecimal() or int(number) < 1:
            raise ValueError(f"`{text}`: wanted the number of a trade, the first is 1")
        trade = int(number)
    amount = _AMOUNT.match(rest.strip())
    if amount is None or (rest and word not in _AMOUNTS):
        raise ValueError(f"`{text}`: `{rest}` does not belong behind `{word}`")
    quantity, price = (None if part is None else parse_fixed(part) for part in amount.groups())
    if quantity is None and word in {Word.CORRECT, Word.RESTATE}:
        raise ValueError(f"`{text}`: wanted a quantity")
    return Step(
        word=word,
        trade=trade,
        quantity=None if quantity is None else Quantity(quantity),
        price=None if price is None else Price(price),
    )
