"""What may be written in a file of reference facts: docs/formats/facts.md, as models.

These models are the door. What they let in becomes `domain.reference.Reference`; what one part says
of another (an account's desk, an instrument's calendar) is compared in `adapters.facts.load`.
"""

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.fixed import NANO, Price, Quantity
from domain.instrument import AssetClass
from rules.fields import Duration, Names, Numeral, PositivePrice, PositiveQuantity, read_fixed
from rules.frame import Word
from rules.written import Text

NAME_MAX = 64


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip() or len(text) > NAME_MAX:
        raise ValueError(
            f"wanted at most {NAME_MAX} characters that can be printed, no blank at either end"
        )
    return text


def _currency(code: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError(f"`{code}` is not a currency: wanted three capitals, such as USD")
    return code


def _mic(code: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{4}", code):
        raise ValueError(f"`{code}` is not a MIC: wanted four capitals or digits, such as XNYS")
    return code


def _country(code: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise ValueError(f"`{code}` is not a country: wanted two capitals, such as US")
    return code


def isin(code: str) -> str:
    """Check an ISIN (ISO 6166): letters count as 10 to 35, and the digits so made pass Luhn."""
    if not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{9}[0-9]", code):
        raise ValueError(f"`{code}` is not an ISIN: wanted 12 characters, such as US0378331005")
    digits = [int(digit) for letter in code for digit in str(int(letter, 36))]
    doubled = [digit * 2 for digit in digits[-2::-2]]
    if (sum(digits[-1::-2]) + sum(digit // 10 + digit % 10 for digit in doubled)) % 10:
        raise ValueError(f"`{code}` is not an ISIN: its check digit does not fit")
    return code


def _years(given: object) -> tuple[int, int]:
    span = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", str(given))
    if span is None or isinstance(given, bool):
        raise ValueError(f"`{given}` is not a year or years: wanted such as 2026 or 2004-2026")
    first, last = int(span[1]), int(span[2] or span[1])
    if last < first:
        raise ValueError(f"`{given}` ends before it begins")
    return first, last


def _tick(given: object) -> int | str:
    """Read a step as nanos; anything else that is text names a tick table."""
    if isinstance(given, str) and not re.match(r"[-+.]?[0-9]", given):
        return given
    step = read_fixed(given if isinstance(given, int | str | Numeral) else "")
    if step <= 0:
        raise ValueError(f"must be positive, was {given}")
    return step


Plain = Annotated[str, Field(min_length=1), AfterValidator(_printable)]
Currency = Annotated[str, AfterValidator(_currency)]
Mic = Annotated[str, AfterValidator(_mic)]
Isin = Annotated[str, AfterValidator(isin)]
Country = Annotated[str, AfterValidator(_country)]
Years = Annotated[tuple[int, int], BeforeValidator(_years)]
Tick = Annotated[int | str, BeforeValidator(_tick)]
Level = Annotated[Price, BeforeValidator(read_fixed), Field(ge=0)]


class BandText(Text):
    called: ClassVar[str] = "a band of a tick table"

    since: Level
    tick: PositivePrice


class CalendarText(Text):
    called: ClassVar[str] = "a calendar"

    exchange: str | None = None
    years: Years | None = None
    always_open: bool = False

    @model_validator(mode="after")
    def _one_of_two(self) -> "CalendarText":
        if (self.exchange is not None) == self.always_open:
            raise ValueError("wanted either `exchange` and `years`, or `always_open: true`")
        if (self.years is not None) != (self.exchange is not None):
            raise ValueError("`exchange` and `years` go together")
        return self


class InstrumentText(Text):
    called: ClassVar[str] = "an instrument"

    id: Plain | None = None
    symbol: Plain
    mic: Mic
    isin: Isin | None = None
    asset_class: Annotated[AssetClass, Field(strict=False)]
    currency: Currency
    tick: Tick
    lot: PositiveQuantity = Quantity(NANO)
    multiplier: PositiveQuantity = Quantity(NANO)
    calendar: str | None = None
    issuer: Plain | None = None
    sector: Plain | None = None
    country: Country | None = None


class AccountText(Text):
    called: ClassVar[str] = "an account"

    owner: Plain | None = None
    name: str = ""


class AccountRow(AccountText):
    """An account as a table has it, with its place in the tree."""

    id: Word
    firm: Word
    desk: Word
    trader: Word


class StrategyText(Text):
    called: ClassVar[str] = "a strategy"

    desk: Word
    algo_id: Plain | None = None


class SessionText(Text):
    called: ClassVar[str] = "a desk session"

    desk: Word
    accounts: Names = frozenset()
    cancel_on_disconnect: Duration | None = None
    keep_gtc: bool = True
    pending_new: bool = False
    stale_after: Duration = 30_000_000


class RouteText(Text):
    called: ClassVar[str] = "a route"

    id: Word
    venues: Names = frozenset()
    accounts: Names = frozenset()
    resend_within: Duration = 60_000_000


class FactsText(Text):
    called: ClassVar[str] = "a file of reference facts"

    base: Currency
    tick_tables: dict[Word, tuple[BandText, ...]] = Field(default={})
    calendars: dict[Word, CalendarText] = Field(default={})
    instruments: tuple[InstrumentText, ...] = ()
    instruments_from: str | None = None
    accounts: dict[Word, dict[Word, dict[Word, dict[Word, AccountText]]]] = Field(default={})
    accounts_from: str | None = None
    strategies: dict[Word, StrategyText] = Field(default={})
    sessions: dict[Word, SessionText] = Field(default={})
    routes: tuple[RouteText, ...] = ()
    lists: dict[Word, tuple[str, ...]] = Field(default={})
