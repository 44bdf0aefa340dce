"""What an account has traded in twelve months: the fact that tells churning from investing."""

from dataclasses import dataclass

from domain.fixed import Amount
from domain.ids import Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The twelve months to `as_of`, in nanos of base currency.

    `purchases` are all that was bought, `costs` all that it cost (commissions, mark-ups, fees), and
    `equity` the average equity over these months; zero or less is no whole to be a share of.
    """

    as_of: Micros
    purchases: Amount
    costs: Amount
    equity: Amount
