"""What a paper broker is told before it starts: a JSON file.

::

    {
      "folder": "var/paper",
      "sessions": [
        {"name": "x", "version": "FIX.4.4", "ours": "BROKER", "theirs": "GATE", "port": 9101}
      ],
      "instruments": [
        {"id": "MSFT.XNAS", "symbol": "MSFT", "mic": "XNAS", "currency": "USD", "price": "15.54"}
      ],
      "seed": 7, "parts_max": 3, "fill_after_us_min": 0, "fill_after_us_max": 500000
    }

The gate calls the broker's session by a name of its own; `name` here is the broker's. A price is
the reference price to begin with. An instrument that is not listed trades too, under the name it
comes with. `script` of an instrument is followed by its orders (`adapters.paper.script`).
"""

from pathlib import Path
from typing import Annotated

import msgspec

from adapters.fix.dialect import Dialect
from adapters.fix.listings import Listings
from adapters.fix.port import SessionName
from adapters.fix.sessions import EngineSettings, FixSession, Listen, Version
from adapters.paper.exchange import Habits
from adapters.paper.script import Script, script_of
from domain.fixed import NANO, Price, parse_fixed
from domain.ids import CalendarId, InstrumentId
from domain.instrument import AssetClass, Instrument, TickBand
from domain.money import Currency

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class PaperSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session the gate dials: who is who, and the tags (`passes`) taken beyond the usual ones."""

    name: Name
    version: Version
    ours: Name
    theirs: Name
    port: Annotated[int, msgspec.Meta(gt=0, lt=65536)]
    passes: frozenset[int] = frozenset()


class PaperInstrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instrument the broker knows."""

    id: str
    symbol: str
    mic: str
    currency: str
    price: str | None = None
    script: str | None = None


class PaperSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper broker."""

    folder: str
    sessions: Annotated[tuple[PaperSession, ...], msgspec.Meta(min_length=1)]
    instruments: tuple[PaperInstrument, ...] = ()
    seed: int = 0
    parts_max: Annotated[int, msgspec.Meta(ge=1)] = 3
    fill_after_us_min: Annotated[int, msgspec.Meta(ge=0)] = 0
    fill_after_us_max: Annotated[int, msgspec.Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        """Refuse what could not work, all of it at once: every price and script is read."""
        if self.fill_after_us_max < self.fill_after_us_min:
            raise ValueError("`fill_after_us_max` must not be below `fill_after_us_min`")
        for make in (self.habits, self.prices):
            make()

    def habits(self) -> Habits:
        """Give the broker's habits."""
        scripts: dict[InstrumentId, Script] = {}
        for instrument in self.instruments:
            script = script_of(instrument.script or "")
            if script is not None:
                scripts[InstrumentId(instrument.id)] = script
            elif instrument.script is not None:
                raise ValueError(f"`{instrument.script}`: a script begins with `paper:`")
        return Habits(
            seed=self.seed,
            parts_max=self.parts_max,
            fill_after_us_min=self.fill_after_us_min,
            fill_after_us_max=self.fill_after_us_max,
            scripts=scripts,
        )

    def prices(self) -> dict[InstrumentId, Price]:
        """Give the reference prices to begin with."""
        return {
            InstrumentId(instrument.id): Price(parse_fixed(instrument.price))
            for instrument in self.instruments
            if instrument.price is not None
        }

    def listings(self) -> Listings:
        """Give the instruments as messages name them."""
        return Listings(
            Instrument(
                id=InstrumentId(instrument.id),
                symbol=instrument.symbol,
                mic=instrument.mic,
                asset_class=AssetClass.EQUITY,
                currency=Currency(instrument.currency),
                ticks=(TickBand(Price(0), Price(NANO // 100)),),
                calendar=CalendarId(instrument.mic),
            )
            for instrument in self.instruments
        )

    def dialects(self) -> dict[SessionName, Dialect]:
        """Give how each session speaks."""
        return {
            SessionName(session.name): Dialect(version=session.version, passes=session.passes)
            for session in self.sessions
        }

    def engine(self) -> EngineSettings:
        """Give the sessions as the FIX engine takes them."""
        sessions = [
            FixSession(
                name=SessionName(session.name),
                version=session.version,
                ours=session.ours,
                theirs=session.theirs,
                link=Listen(port=session.port),
            )
            for session in self.sessions
        ]
        return EngineSettings(sessions=sessions, store=Path(self.folder) / "store")


def read_settings(text: bytes) -> PaperSettings:
    """Read the settings file. Raises ValueError, saying where and what."""
    return msgspec.json.decode(text, type=PaperSettings)
