"""The terms of an order, in D and G alike, between FIX and `domain.order.Order`.

Who reads: the gate, from desks; the paper broker, from the gate. Who writes: the gate, to brokers;
a desk, to the gate. So both directions stand here, and reading what was written gives the same
order.

Where versions differ:

===========================  ==================  =====================  =====================
term                         4.2                 4.4                    5.0SP2
===========================  ==================  =====================  =====================
capacity                     47 Rule80A, A or P  528                    528
client (role 3)              109 ClientID        453 group              453 group
executing firm (role 1)      76 ExecBroker       453 group              453 group
other parties                –                   453 group              453 group
decided by a machine         –                   2594=4, 2595=Y         2594=4, 2595=Y (or 1028=N)
decided by a person          –                   –                      1028=Y
instants                     milliseconds        milliseconds           microseconds
===========================  ==================  =====================  =====================

4.2 has no word for a riskless principal (its 47=R is something else), who is a principal; it is
written so. What a version has no word for is not sent in it. The journal still has it.
"""

from adapters.fix.codec import Reading, show_instant, shown
from adapters.fix.dialect import HEADER, Dialect
from adapters.fix.listings import ISIN, Listings, Unclear
from adapters.fix.port import Field
from adapters.fix.sessions import Version
from domain.fixed import Price, Quantity, show_fixed
from domain.ids import AccountId, ClOrdId, InstrumentId, SessionId, StrategyId
from domain.instrument import Instrument
from domain.order import Capacity, Order, OrdType, Origin, Party, Side, TimeInForce

SIDES = {side.value: side for side in Side}
TYPES = {kind.value: (kind, kind.has_price, kind.has_stop) for kind in OrdType}
TIFS = {tif.value: tif for tif in TimeInForce}
CAPACITIES = {capacity.value: capacity for capacity in Capacity}
CAPACITIES_42 = {"A": Capacity.AGENCY, "P": Capacity.PRINCIPAL}

CLIENT, EXECUTING_FIRM = 3, 1
"""PartyRole (452), as far as 4.2 has tags for them."""
PROPRIETARY = "D"
"""PartyIDSource (447): an id the parties agreed upon."""
ALGORITHMIC = "4"
"""OrderAttributeType (2594)."""
NO_SYMBOL = "[N/A]"
"""Symbol (55) where the instrument is said otherwise, or not at all."""
NAME_MAX = 64
"""No instrument has a longer name."""

_PARTY = frozenset({"447", "448", "452", "2376"})
_ATTRIBUTE = frozenset({"2594", "2595"})
_SPECIAL = (
    frozenset({"15", "48", "50", "76", "100", "109", "207", "453", "1028", "2593"})
    | _PARTY
    | _ATTRIBUTE
)
"""Understood, but seldom there: a message without them is read the short way."""

_NO_TYPE = (None, False, False)
_GTD = TimeInForce.GTD

Extra = tuple[tuple[int, str], ...]


class OrderReader:
    """Reads the orders of one session."""

    def __init__(self, session: SessionId, dialect: Dialect, listings: Listings) -> None:
        self._session = session
        self._dialect = dialect
        self.listings = listings
        self._passed = _texts(dialect.passed)
        self._known = _texts(dialect.own | dialect.dropped | HEADER)
        self._plain = self._known - _SPECIAL
        self._strategy = str(dialect.strategy_tag)
        self._locate = str(dialect.locate_tag)
        is_42 = dialect.version is Version.FIX42
        self._capacity_tag = "47" if is_42 else "528"
        self._capacities = CAPACITIES_42 if is_42 else CAPACITIES
        self.repeatable = _PARTY | _ATTRIBUTE | self._passed | _texts(dialect.dropped)
        """Tags that may come more than once in a message: members of groups."""

    def read(self, reading: Reading) -> Order | None:
        """Read the order, or note every fault it has."""
        values = reading.values
        get = values.get
        cl_ord_id, account = reading.name("11"), reading.name("1")
        side = SIDES.get(get("54", ""))
        if side is None:
            reading.wanted("54", SIDES)
        kind, priced, stopped = TYPES.get(get("40", ""), _NO_TYPE)
        if kind is None:
            reading.wanted("40", TYPES)
        tif = TIFS.get(get("59", "0"))
        if tif is None:
            reading.wanted("59", TIFS)
        quantity = reading.decimal("38")
        if quantity is not None and quantity <= 0:
            reading.fault("38", f"is `{shown(values['38'])}`, wanted more than 0")
        price = reading.decimal("44") if priced else None
        stop_price = reading.decimal("99") if stopped else None
        expire_at = reading.instant("126") if tif is _GTD else None
        if not priced and "44" in values and kind is not None:
            reading.fault("44", f"does not belong to OrdType (40) `{kind}`")
        if not stopped and "99" in values and kind is not None:
            reading.fault("99", f"does not belong to OrdType (40) `{kind}`")
        if "126" in values and tif is not _GTD and tif is not None:
            reading.fault("126", f"does not belong to TimeInForce (59) `{tif}`")
        transact_at = capacity = origin = None
        if "60" in values:
            transact_at = reading.instant("60")
        if self._capacity_tag in values:
            capacity = self._capacities.get(values[self._capacity_tag])
            if capacity is None:
                reading.wanted(self._capacity_tag, self._capacities)
        extra: Extra = ()
        parties: tuple[Party, ...] = ()
        rest = values.keys() - self._plain
        if rest <= self._passed and not reading.repeats and get("21", "1") == "1":
            found = self.listings.by_symbol.get(get("55", ""))
            instrument = found.id if isinstance(found, Instrument) else self.instrument(reading)
            if rest:
                extra = tuple([(int(tag), said) for tag, said in values.items() if tag in rest])
        else:
            instrument = self.instrument(reading)
            parties = self._parties(reading)
            origin, attributes = self._origin(reading)
            extra = self._extra(reading) + attributes
        if reading.faults or not (cl_ord_id and account and side and kind and tif and quantity):
            return None
        strategy, route = get(self._strategy), get("100")
        return Order(
            session=self._session,
            cl_ord_id=ClOrdId(cl_ord_id),
            account=AccountId(account),
            instrument=instrument,
            side=side,
            type=kind,
            quantity=Quantity(quantity),
            price=None if price is None else Price(price),
            stop_price=None if stop_price is None else Price(stop_price),
            tif=tif,
            expire_at=expire_at,
            strategy=StrategyId(strategy) if strategy else None,
            capacity=capacity,
            origin=origin,
            parties=parties,
            locate_id=get(self._locate) or None,
            transact_at=transact_at,
            route=self._dialect.routes.get(route) if route else None,
            extra=extra,
        )

    def instrument(self, reading: Reading) -> InstrumentId:
        """Read which instrument a message is about.

        An unknown name goes on as it is, to be denied, but never as that of another instrument.
        """
        values, listings = reading.values, self.listings
        symbol = values.get("55", NO_SYMBOL)
        exchange = self._exchange(reading)
        choices: list[Instrument | Unclear] = []
        if "48" in values:
            choices.append(listings.find_code(values.get("22", ""), values["48"], exchange))
        if symbol != NO_SYMBOL and symbol:
            choices.append(listings.find(symbol, exchange))
        if not choices:
            reading.fault("55", "is missing")
            return InstrumentId("")
        instruments = [choice for choice in choices if isinstance(choice, Instrument)]
        if not instruments:
            if Unclear.AMBIGUOUS in choices:
                reading.fault("55", "is listed on several venues: say on which (207)")
            return self._unknown(reading, symbol, exchange)
        instrument = instruments[0]
        if instruments[-1] is not instrument:
            reading.fault("48", f"and Symbol (55) `{shown(symbol)}` name different instruments")
        currency = values.get("15", instrument.currency)
        if currency != instrument.currency:
            reading.fault("15", f"is `{shown(currency)}`, and prices are in {instrument.currency}")
        return instrument.id

    def _unknown(self, reading: Reading, symbol: str, exchange: str | None) -> InstrumentId:
        name = reading.values["48"] if symbol == NO_SYMBOL else symbol
        if exchange is not None or name in self.listings.by_id:
            name = f"{name}@{exchange}"
        if len(name) > NAME_MAX:
            reading.fault("55", f"is longer than {NAME_MAX} characters")
        return InstrumentId(name)

    def _exchange(self, reading: Reading) -> str | None:
        said = reading.values.get("207")
        if said is None:
            said = reading.values.get("100")
            if said is None or said in self._dialect.routes:
                return None
        return self._dialect.exchanges.get(said, said)

    def _extra(self, reading: Reading) -> Extra:
        if reading.values.keys() <= self._known and reading.values.get("21", "1") == "1":
            return ()
        extra: list[tuple[int, str]] = []
        for tag, value in reading.pairs:
            if tag in self._passed or (tag == "21" and value != "1"):
                extra.append((int(tag), value))
            elif tag not in self._known:
                # INVARIANT (nothing lost in silence)
                reading.fault(tag, "is neither understood nor agreed upon with this session")
        return tuple(extra)

    def _parties(self, reading: Reading) -> tuple[Party, ...]:
        values = reading.values
        parties: list[Party] = []
        if not _PARTY.isdisjoint(values) or "453" in values:
            entries = _entries(reading, "453", "448", _PARTY)
            for entry in entries:
                if not entry.get("447"):
                    reading.fault("447", "is missing in a party")
                role = reading.whole("452", entry.get("452", ""))
                qualifier = entry.get("2376")
                party = Party(
                    entry.get("448", ""),
                    entry.get("447", ""),
                    -1 if role is None else role,
                    None if qualifier is None else reading.whole("2376", qualifier),
                )
                parties.append(party)
        for tag, role in (
            ("109", CLIENT),
            ("76", EXECUTING_FIRM),
            ("50", self._dialect.sender_role),
        ):
            if role is not None and tag in values:
                parties.append(Party(values[tag], PROPRIETARY, role))
        return tuple(parties)

    def _origin(self, reading: Reading) -> tuple[Origin | None, Extra]:
        values = reading.values
        origin: Origin | None = None
        by_hand = values.get("1028")
        if by_hand is not None:
            origin = {"Y": Origin.HUMAN, "N": Origin.ALGO}.get(by_hand)
            if origin is None:
                reading.wanted("1028", ("Y", "N"))
        attributes: list[tuple[int, str]] = []
        if not _ATTRIBUTE.isdisjoint(values) or "2593" in values:
            for entry in _entries(reading, "2593", "2594", _ATTRIBUTE):
                kind, value = entry.get("2594", ""), entry.get("2595", "Y")
                if kind != ALGORITHMIC:
                    attributes += [(2594, kind), (2595, value)]
                elif value == "Y":
                    origin = Origin.ALGO
        return origin, tuple(attributes)


class OrderWriter:
    """Writes orders in one session's dialect."""

    def __init__(self, dialect: Dialect, listings: Listings) -> None:
        self._dialect = dialect
        self._passed = dialect.passed | {21, 2594, 2595}
        tag = dialect.strategy_tag
        self._strategy_tag = tag if tag is not None and dialect.has(tag) else None
        self._codes = {mic: code for code, mic in dialect.exchanges.items()}
        self.relist(listings)

    def relist(self, listings: Listings) -> None:
        """Say instruments as these listings have them."""
        self._listings = listings
        self._instruments: dict[InstrumentId, tuple[list[Field], list[Field]]] = {}

    def instrument(self, name: InstrumentId) -> list[Field]:
        """Say an instrument: by symbol, exchange and ISIN."""
        return self._said(name)[0]

    def priced(self, name: InstrumentId) -> list[Field]:
        """Say an instrument and, where there are prices, their currency."""
        return self._said(name)[1]

    def _said(self, name: InstrumentId) -> tuple[list[Field], list[Field]]:
        said = self._instruments.get(name)
        if said is None:
            instrument = self._listings.by_id.get(name)
            if instrument is None:
                unknown: list[Field] = [(55, name)]
                return unknown, unknown
            exchange = self._codes.get(instrument.mic, instrument.mic)
            fields: list[Field] = [(55, instrument.symbol), (207, exchange)]
            if instrument.isin is not None:
                fields += [(48, instrument.isin), (22, ISIN)]
            said = self._instruments[name] = fields, [*fields, (15, instrument.currency)]
        return said

    def terms(self, order: Order) -> list[Field]:
        """Say the terms of an order, all but its ids (11, 41) and the instant (60)."""
        dialect = self._dialect
        fields: list[Field] = [
            (1, order.account),
            *self.priced(order.instrument),
            (54, order.side.value),
            (38, show_fixed(order.quantity)),
            (40, order.type.value),
            (59, order.tif.value),
        ]
        if order.price is not None:
            fields.append((44, show_fixed(order.price)))
        if order.stop_price is not None:
            fields.append((99, show_fixed(order.stop_price)))
        if order.expire_at is not None:
            fields.append((126, show_instant(order.expire_at, dialect.version)))
        if order.strategy is not None and self._strategy_tag is not None:
            fields.append((self._strategy_tag, order.strategy))
        if order.locate_id is not None:
            fields.append((dialect.locate_tag, order.locate_id))
        if dialect.version is Version.FIX42:
            if order.capacity is not None:
                fields.append((47, "A" if order.capacity is Capacity.AGENCY else "P"))
            if order.parties:
                fields += _parties_42(order.parties)
            if all(tag != 21 for tag, _ in order.extra):
                fields.append((21, "1"))
        else:
            if order.capacity is not None:
                fields.append((528, order.capacity.value))
            if order.parties:
                fields += _parties(order.parties)
        attributes: list[Field] = []
        if order.extra:
            for field in order.extra:
                if field[0] in self._passed:
                    (attributes if field[0] in {2594, 2595} else fields).append(field)
        if (order.origin or attributes) and dialect.version is not Version.FIX42:
            if order.origin is Origin.ALGO:
                attributes += [(2594, ALGORITHMIC), (2595, "Y")]
            elif order.origin is Origin.HUMAN and dialect.has(1028):
                fields.append((1028, "Y"))
            if attributes:
                fields += [(2593, str(len(attributes) // 2)), *attributes]
        return fields


def _parties(parties: tuple[Party, ...]) -> list[Field]:
    fields: list[Field] = [(453, str(len(parties)))]
    for party in parties:
        fields += [(448, party.id), (447, party.source), (452, str(party.role))]
        if party.qualifier is not None:
            fields.append((2376, str(party.qualifier)))
    return fields


def _parties_42(parties: tuple[Party, ...]) -> list[Field]:
    said = {party.role: party.id for party in reversed(parties)}
    tags = ((109, CLIENT), (76, EXECUTING_FIRM))
    return [(tag, said[role]) for tag, role in tags if role in said]


def _entries(
    reading: Reading, count: str, first: str, members: frozenset[str]
) -> list[dict[str, str]]:
    """Read a repeating group: a count, then entries that each begin with the tag `first`."""
    entries: list[dict[str, str]] = []
    for tag, value in reading.pairs:
        if tag == first:
            entries.append({tag: value})
        elif tag in members:
            if not entries or tag in entries[-1]:
                reading.fault(tag, "stands outside its group, or twice in an entry")
            else:
                entries[-1][tag] = value
    said = reading.values.get(count, "")
    if said != str(len(entries)):
        reading.fault(count, f"is `{shown(said)}`, and {len(entries)} entries follow")
    return entries


def _texts(tags: frozenset[int]) -> frozenset[str]:
    return frozenset(map(str, tags))
