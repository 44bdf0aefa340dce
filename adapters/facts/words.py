"""The words reference facts are written in: names, codes, spans of years.

Several names are a list or, in one cell of a table, stand with ``;`` between them. Instants are
written as in a rule's term (`rules.term`).
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from domain.fixed import Amount, Price, Ratio
from domain.instrument import AssetClass
from domain.people import Role
from domain.scope import Scope, parse_scope
from rules.fault import nearest
from rules.fields import Names, Numeral, read_fixed

NAME_MAX = 64


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip() or len(text) > NAME_MAX:
        raise ValueError(
            f"wanted at most {NAME_MAX} characters that can be printed, no blank at either end"
        )
    return text


def _currency(code: str) -> str:
    if not re.fullmatch(r"[A-Z]{3,5}", code):
        raise ValueError(f"`{code}` is not a currency: wanted 3 to 5 capitals, such as USD")
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


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError(f"`{text}` is not a time of day such as 17:00")
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"`{name}` is not a time zone such as America/New_York") from None
    return name


def _version(given: object) -> object:
    """Take a number for the text it is."""
    number = isinstance(given, int | Numeral) and not isinstance(given, bool)
    return str(given) if number else given


def _parted(given: object) -> object:
    """Part a cell at its semicolons."""
    if not isinstance(given, str) or ";" not in given:
        return given
    return tuple(name.strip() for name in given.split(";"))


def _among(known: type[StrEnum], called: str) -> Callable[[frozenset[str]], frozenset[str]]:
    def among(names: frozenset[str]) -> frozenset[str]:
        for name in sorted(names - set(known)):
            raise ValueError(f"`{name}` is not {called}: {nearest(name, known)}")
        return names

    return among


Plain = Annotated[str, Field(min_length=1), AfterValidator(_printable)]
Currency = Annotated[str, AfterValidator(_currency)]
Mic = Annotated[str, AfterValidator(_mic)]
Isin = Annotated[str, AfterValidator(isin)]
Country = Annotated[str, AfterValidator(_country)]
Years = Annotated[tuple[int, int], BeforeValidator(_years)]
Tick = Annotated[int | str, BeforeValidator(_tick)]
Level = Annotated[Price, BeforeValidator(read_fixed), Field(ge=0)]
Version = Annotated[Plain, BeforeValidator(_version)]
ScopeName = Annotated[Scope, BeforeValidator(lambda given: parse_scope(str(given)))]
Several = Annotated[Names, BeforeValidator(_parted)]
Roles = Annotated[Several, AfterValidator(_among(Role, "a role"))]
AssetClassNames = Annotated[Several, AfterValidator(_among(AssetClass, "an asset class"))]
Limit = Annotated[Amount, BeforeValidator(read_fixed), Field(ge=0)]
Equity = Annotated[Amount, BeforeValidator(read_fixed)]
Clock = Annotated[str, AfterValidator(_clock)]
Zone = Annotated[str, AfterValidator(_zone)]
Delta = Annotated[Ratio, BeforeValidator(read_fixed)]
