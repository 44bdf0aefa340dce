"""The answering side of an order session: requests read, reports written.

Read: D new order, G replace, F cancel, q mass cancel, H status request; anything else is refused
as a `MessageRefused` that lists every fault. Nothing a desk sends can raise.

Written: 8 execution report, 9 cancel reject, r mass cancel report, j business message reject.

How 4.2 says what 4.4 and 5.0SP2 say with 150 alone:

====================  ======================  ===========================================
happening             4.4, 5.0SP2             4.2
====================  ======================  ===========================================
trade                 150=F                   20=0, 150=2 when all is filled, else 1
trade corrected       150=G                   20=2, 150 as 39
trade cancelled       150=H                   20=1, 150 as 39
status                150=I                   20=3, 150 as 39, 17=0
replaced              150=5, 39=0 or 1        20=0, 150=5, 39=5 in place of 0
anything else         150                     20=0, 150
====================  ======================  ===========================================

Reasons (103, 102) that a version does not have become its word for "other": 99, and in 4.2, which
has none, 0 "broker option" (103) and 2 "broker option" (102). The text (58) keeps the precise
reason.
"""

from typing import assert_never

from adapters.fix.codec import (
    Reading,
    Wire,
    number_of,
    parse_instant,
    printable,
    renamed,
    show_instant,
    shown,
)
from adapters.fix.codec_order import NO_SYMBOL, SIDES, OrderReader, OrderWriter
from adapters.fix.dialect import Dialect
from adapters.fix.listings import Listings
from adapters.fix.port import Field
from adapters.fix.sessions import Version
from domain.events import (
    CancelAsked,
    MassCancelAsked,
    MessageRefused,
    OrderAsked,
    ReplaceAsked,
    StatusAsked,
)
from domain.fixed import show_fixed
from domain.ids import AccountId, ClOrdId, ExecId, Micros, SessionId
from domain.lifecycle import ExecType
from domain.messages import CancelRefused, MassCancelAnswered, MessageRefusal, Report, ToDesk

Request = OrderAsked | ReplaceAsked | CancelAsked | MassCancelAsked | StatusAsked | MessageRefused
"""What a desk's message becomes."""

NONE = "NONE"
"""OrderID (37) and ids quoted where there is no order."""
UNDISCLOSED = "7"
"""Side (54) where an answer must have one and the message had none we could read."""
KNOWN_SIDES = frozenset("123456789")
"""Sides (54) of all versions, ours among them: what an answer may repeat."""
BY_SECURITY, ALL = "1", "7"
"""MassCancelRequestType (530): of one security, all."""
REJECTED = "0"
"""MassCancelResponse (531)."""
OTHER, UNSUPPORTED, UNAVAILABLE = "0", "3", "4"
"""BusinessRejectReason (380)."""
UNKNOWN_ORDER = "5"
"""OrdRejReason (103)."""

_ORDER_REASON_MAX = {Version.FIX42: 8, Version.FIX44: 15, Version.FIX50SP2: 29}
_CANCEL_REASON_MAX = {Version.FIX42: 3, Version.FIX44: 6, Version.FIX50SP2: 8}
_NO_REASON = frozenset({12, 17})
"""Numbers of 103 that 4.4 (12) and 5.0SP2 (17) leave out."""
_TRANSACTIONS = {ExecType.TRADE_CANCEL: "1", ExecType.TRADE_CORRECT: "2", ExecType.STATUS: "3"}
_SUPPORTED = frozenset({"D", "F", "G", "H", "q"})


class DeskCodec:
    """One desk session's messages, read and written."""

    def __init__(self, session: SessionId, dialect: Dialect, listings: Listings) -> None:
        self._session = session
        self._version = dialect.version
        self._is_42 = dialect.version is Version.FIX42
        self._orders = OrderReader(session, dialect, listings)
        self._writer = OrderWriter(dialect, listings)
        self._renames = {str(theirs): str(ours) for theirs, ours in dialect.renames.items()}
        self._unrenames = {ours: theirs for theirs, ours in dialect.renames.items()}

    def relist(self, listings: Listings) -> None:
        """Read and write instruments by new listings."""
        self._orders.listings = listings
        self._writer.relist(listings)

    # ---------------------------------------------------------------------------------- read

    def read(self, text: str, *, poss_resend: bool = False) -> Request:
        """Read a message: what it asks, or everything that is wrong with it."""
        reading = Reading(renamed(text, self._renames) if self._renames else text)
        reading.check(self._orders.repeatable)
        asked: Request | None
        match reading.values.get("35", ""):
            case "D":
                asked = self._order(reading, poss_resend=poss_resend)
            case "G":
                asked = self._replace(reading)
            case "F":
                asked = self._cancel(reading)
            case "q":
                asked = self._mass_cancel(reading)
            case "H":
                asked = self._status(reading)
            case other:
                reading.faults = [f"message type `{shown(other)}` is not supported"]
                asked = None
        return self._refused(reading) if asked is None or reading.faults else asked

    def _order(self, reading: Reading, *, poss_resend: bool) -> OrderAsked | None:
        order = self._orders.read(reading)
        if order is None:
            return None
        return OrderAsked(order=order, sent_at=_sent_at(reading), poss_resend=poss_resend)

    def _replace(self, reading: Reading) -> ReplaceAsked | None:
        orig = reading.name("41")
        order = self._orders.read(reading)
        if order is None or orig is None:
            return None
        return ReplaceAsked(orig_cl_ord_id=ClOrdId(orig), order=order, sent_at=_sent_at(reading))

    def _cancel(self, reading: Reading) -> CancelAsked | None:
        name, orig = reading.name("11"), reading.name("41")
        if name is None or orig is None:
            return None
        return CancelAsked(
            session=self._session, cl_ord_id=ClOrdId(name), orig_cl_ord_id=ClOrdId(orig)
        )

    def _mass_cancel(self, reading: Reading) -> MassCancelAsked | None:
        values = reading.values
        name = reading.name("11")
        kind = values.get("530", "")
        if kind not in {BY_SECURITY, ALL}:
            reading.wanted("530", (BY_SECURITY, ALL))
        instrument = self._orders.instrument(reading) if kind == BY_SECURITY else None
        account = reading.name("1") if "1" in values else None
        side = SIDES.get(values["54"]) if "54" in values else None
        if "54" in values and side is None:
            reading.wanted("54", SIDES)
        if name is None:
            return None
        return MassCancelAsked(
            session=self._session,
            cl_ord_id=ClOrdId(name),
            account=None if account is None else AccountId(account),
            instrument=instrument,
            side=side,
        )

    def _status(self, reading: Reading) -> StatusAsked | None:
        name = reading.name("11")
        if name is None:
            return None
        return StatusAsked(
            session=self._session,
            cl_ord_id=ClOrdId(name),
            request_id=reading.echo("790"),
            symbol=reading.echo("55"),
            side=_side(reading),
        )

    def _refused(self, reading: Reading) -> MessageRefused:
        name, orig = reading.echo("11"), reading.echo("41")
        return MessageRefused(
            session=self._session,
            ref_seq=number_of(reading.text),
            message_type=shown(reading.values.get("35", "")),
            cl_ord_id=None if name is None else ClOrdId(name),
            orig_cl_ord_id=None if orig is None else ClOrdId(orig),
            symbol=reading.echo("55"),
            side=_side(reading),
            faults=tuple(reading.faults),
        )

    # --------------------------------------------------------------------------------- write

    def busy(self, text: str) -> Wire:
        """Turn a message away undecided: it was not taken in, and its ClOrdID is still free."""
        reading = Reading(renamed(text, self._renames) if self._renames else text)
        name = reading.echo("11")
        fields: list[Field] = [
            (45, str(number_of(text))),
            (372, reading.values.get("35", NONE)),
            (380, UNAVAILABLE),
            (58, "the gate is behind and did not take this in; it may be sent again"),
        ]
        if name is not None:
            fields.append((379, name))
        return Wire("j", fields)

    def write(self, message: ToDesk) -> Wire:
        """Write an answer."""
        match message:
            case Report():
                wire = Wire("8", self._report(message), message.repeat)
            case CancelRefused():
                wire = Wire("9", self._cancel_refused(message))
            case MassCancelAnswered():
                wire = Wire("r", self._mass_cancel_answered(message))
            case MessageRefusal():
                wire = self._message_refusal(message)
            case _:
                assert_never(message)
        if self._unrenames:
            fields = [(self._unrenames.get(tag, tag), value) for tag, value in wire.fields]
            wire = wire._replace(fields=fields)
        return wire

    def _report(self, report: Report) -> list[Field]:
        order = report.order
        fields: list[Field] = [
            (37, report.order_id),
            (17, self._exec_id(report.exec_id, report.type)),
            *self._happening(report),
            (11, report.cl_ord_id),
            (1, order.account),
            *self._writer.priced(order.instrument),
            (54, order.side.value),
            (38, show_fixed(order.quantity)),
            (40, order.type.value),
            (59, order.tif.value),
            (151, show_fixed(report.leaves)),
            (14, show_fixed(report.filled)),
            (6, "0" if report.average is None else show_fixed(report.average)),
            (60, show_instant(report.at, self._version)),
        ]
        if report.orig_cl_ord_id is not None:
            fields.append((41, report.orig_cl_ord_id))
        if order.price is not None:
            fields.append((44, show_fixed(order.price)))
        if order.expire_at is not None:
            fields.append((126, show_instant(order.expire_at, self._version)))
        if order.stop_price is not None:
            fields.append((99, show_fixed(order.stop_price)))
        if report.last_quantity is not None:
            fields.append((32, show_fixed(report.last_quantity)))
        if report.last_price is not None:
            fields.append((31, show_fixed(report.last_price)))
        if report.exec_ref_id is not None:
            fields.append((19, report.exec_ref_id))
        if report.type is ExecType.RESTATED:
            fields.append((378, "4"))  # ExecRestatementReason: broker option
        if report.reason is not None:
            fields.append((103, self._order_reason(report.reason)))
        if report.text:
            fields.append((58, printable(report.text)))
        if report.request_id is not None and not self._is_42:
            fields.append((790, report.request_id))
        return fields

    def _exec_id(self, name: ExecId, kind: ExecType) -> str:
        """Give ExecID (17): 4.2 wants 0 of what is no execution but a status."""
        return "0" if self._is_42 and kind is ExecType.STATUS else name

    def _happening(self, report: Report) -> list[Field]:
        """Say what happened, as the version does: see the table above."""
        kind, status = report.type, report.status
        if not self._is_42:
            return [(150, kind.value), (39, status)]
        transaction = _TRANSACTIONS.get(kind, "0")
        if kind is ExecType.TRADE:
            said = "1" if report.filled < report.order.quantity else "2"
        elif transaction != "0":
            said = status
        else:
            said = kind.value
        if kind is ExecType.REPLACED and status == "0":
            status = "5"
        return [(20, transaction), (150, said), (39, status)]

    def _cancel_refused(self, refused: CancelRefused) -> list[Field]:
        return [
            (37, refused.order_id or NONE),
            (11, refused.cl_ord_id),
            (41, refused.orig_cl_ord_id),
            (39, refused.status),
            (434, refused.response_to),
            (102, self._cancel_reason(refused.reason)),
            (60, show_instant(refused.at, self._version)),
            (58, printable(refused.text) or NONE),
        ]

    def _mass_cancel_answered(self, answered: MassCancelAnswered) -> list[Field]:
        fields: list[Field] = [
            (37, answered.order_id),
            (11, answered.cl_ord_id),
            (530, answered.request_type),
            # What was done, in the very words of the request; 0 is nothing.
            (531, answered.request_type if answered.reason is None else REJECTED),
            (533, str(answered.affected)),
            (60, show_instant(answered.at, self._version)),
        ]
        if answered.reason is not None:
            fields.append((532, str(answered.reason)))
        if self._version is Version.FIX50SP2:
            fields.append((1369, answered.order_id))  # MassActionReportID
        return fields

    def _message_refusal(self, refusal: MessageRefusal) -> Wire:
        kind, name, orig = refusal.message_type, refusal.cl_ord_id, refusal.orig_cl_ord_id
        text = printable(refusal.text) or NONE
        at = show_instant(refusal.at, self._version)
        if kind in {"D", "H"} and name is not None:
            said = ExecType.REJECTED if kind == "D" else ExecType.STATUS
            reason = self._order_reason(99) if kind == "D" else UNKNOWN_ORDER
            happening: list[Field] = [(150, said.value)]
            if self._is_42:
                happening = [(20, _TRANSACTIONS.get(said, "0")), (150, "8")]
            fields: list[Field] = [
                (37, NONE),
                (17, self._exec_id(refusal.exec_id, said)),
                *happening,
                (39, "8"),
                (11, name),
                (55, refusal.symbol or NO_SYMBOL),
                (54, refusal.side or UNDISCLOSED),
                (151, "0"),
                (14, "0"),
                (6, "0"),
                (60, at),
                (103, reason),
                (58, text),
            ]
            if refusal.request_id is not None and not self._is_42:
                fields.append((790, refusal.request_id))
            return Wire("8", fields)
        if kind in {"F", "G"} and name is not None and orig is not None:
            refused = CancelRefused(
                session=refusal.session,
                order_id=refusal.order_id,
                cl_ord_id=name,
                orig_cl_ord_id=orig,
                status=refusal.status or "8",
                response_to="1" if kind == "F" else "2",
                reason=99,
                text=refusal.text,
                at=refusal.at,
            )
            return Wire("9", self._cancel_refused(refused))
        fields = [
            (372, kind or NONE),
            (380, OTHER if kind in _SUPPORTED else UNSUPPORTED),
            (58, text),
        ]
        if refusal.ref_seq:
            fields.append((45, str(refusal.ref_seq)))
        if name is not None:
            fields.append((379, name))
        return Wire("j", fields)

    def _order_reason(self, reason: int) -> str:
        if 0 <= reason <= _ORDER_REASON_MAX[self._version] and reason not in _NO_REASON:
            return str(reason)
        return "0" if self._is_42 else "99"

    def _cancel_reason(self, reason: int) -> str:
        if 0 <= reason <= _CANCEL_REASON_MAX[self._version]:
            return str(reason)
        if self._is_42:
            return "2"
        return "18" if reason == 18 and self._version is Version.FIX50SP2 else "99"


def _sent_at(reading: Reading) -> Micros | None:
    """Read when a message was sent first: after a gap FIX sends it again, perhaps much later."""
    values = reading.values
    first = values.get("122") if values.get("43") == "Y" else None
    return parse_instant(first or values.get("52", ""))


def _side(reading: Reading) -> str | None:
    side = reading.values.get("54")
    return side if side in KNOWN_SIDES else None
