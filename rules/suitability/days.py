"""Ages as a person says them: in days, exactly, the last nano rounded up."""

from typing import Final

from domain.fixed import NANO, divided, show_fixed

_DAY: Final = 86_400_000_000


def days(span: int) -> str:
    """Write a span of microseconds in days: ``400``, ``365.5``."""
    return show_fixed(divided(span * NANO, _DAY * NANO))
