"""The oracle: was the gate right? Asked of its journal and the brokers' logs, and of nothing else.

It shares no code with the gate. It reads records as JSON, counts with `Decimal`, recounts
everything where the gate keeps sums (`ledger`), and believes the brokers. What it asks:

1. Every message at a broker has its record, which says the same and was durable when it left.
2. No order is at a broker twice unless the second is flagged, and none is worked twice.
3. No accepted order or replace took a figure over a hard limit, holds counted, at any node. The
   limit is the one in force at that instant: the policy's, the facts', or what risk made of it.
4. Every order reaches one end, the end the broker knows, and ends once unless a broker changed its
   mind.
5. The gate's positions, the journal's trades and the brokers' trades are the same.
6. Every order and every request of a desk was answered, a request exactly once, and every report
   was told.
7. No order leaves while a scope it lies in is halted, and a drill sends nothing.
8. No accepted short sale took a locate over what its lender promised, filled and held counted.
9. Nothing was accepted in an instrument on the restricted list, or while its venue's day takes no
   orders, or at a price outside its bands.
10. An override let one order pass, with the denied terms and before its end, and two persons of the
    right roles had given it; only what it was given for was broken (`authority`).
11. People changed limits and loosened trading states who may, and two where the house wants two.
12. What was noticed silently is on record and was told to no desk.

`judge` gives what was wrong, in sentences; nothing when all was right.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Protocol

from domain.ids import SessionId
from tests.simulation.authority import Authority
from tests.simulation.facts import Facts
from tests.simulation.ledger import ENDS, NANO, Account, Json, Ledger, reference_of, unknown
from tests.simulation.limits import Limits
from tests.simulation.scene import LOCATED, RESEND_US

TINY = Decimal(10) ** -6
"""The gate rounds every value away from zero by less than a nano."""


class Heard(Protocol):
    """What a desk says it was told: answers by ClOrdID, and the ExecIDs of reports."""

    @property
    def answers(self) -> Mapping[str, Sequence[str]]: ...

    @property
    def reports(self) -> AbstractSet[str]: ...


class Oracle(Ledger):
    """Walks through a journal once, keeping plain accounts."""

    def __init__(self, limits: Mapping[str, Limits], facts: Mapping[str, Facts]) -> None:
        super().__init__()
        self.known_limits = limits
        self.known_facts = facts
        self.limits: Limits | None = None
        self.authority = Authority(self.fault)
        self.at = 0
        self.lifted: set[str] = set()
        """The rules the order being judged may break, by an override."""
        self.messages: dict[str, Json] = {}
        self.requests: dict[tuple[str, str], str] = {}
        self.answers: Counter[tuple[str, str]] = Counter()
        self.reports: set[tuple[str, str]] = set()
        self.first: dict[tuple[str, str], str] = {}

    # The journal, record by record.

    def read(self, records: Iterable[bytes], standing: Mapping[int, bytes]) -> None:
        for number, line in enumerate(records):
            if number in standing:
                self._compare_standing(number, json.loads(standing[number])["book"]["nodes"])
            record = json.loads(line, parse_float=_refuse_float)
            if (record["seq"], record["v"]) != (number, 1):
                self.fault(number, f"is numbered {record['seq']} of version {record['v']}")
            if record["at"] < self.at:
                self.fault(number, "is earlier than the one before")
            self.at = record["at"]
            self._record(number, record["event"], record["outcome"])

    def _record(self, seq: int, event: Json, outcome: Json) -> None:
        kind = event["is"]
        messages = outcome.get("messages", [])
        sent = [each for each in messages if each["is"] == "SendOrder"]
        match kind:
            case "OrderAsked" | "SignalAsked":
                self._asked(seq, event, outcome, sent)
            case "ReplaceAsked":
                self._replace_asked(seq, event, outcome, messages)
            case "ExecutionReported":
                self.executed(seq, event)
            case "CancelRejected":
                # A refused second copy is no answer: the first is being answered.
                copied = event.get("reason") == 6 and event["order_id"] in self.copied
                self.drop(event["order_id"], when=not copied)
            case "MessageRejected":
                self.message_rejected(event)
            case "NotSent":
                self.drop(event["order_id"], when=not event.get("again", False))
            case "MarketSeen":
                self.market(event)
            case "PolicyActivated":
                self.limits = self.known_limits[event["digest"]]
            case "ReferenceLoaded" if not outcome.get("surprises"):
                facts = self.known_facts[event["digest"]]
                self.authority.load(facts)
                self.regroup(facts.accounts)
            case "StateOrdered" | "CancelOrdered" if event.get("drill"):
                if messages:
                    self.fault(seq, "a drill sent something")
            case "StateOrdered":
                refused = bool(outcome.get("surprises"))
                self.authority.state_ordered(seq, self.at, event, refused=refused)
            case "LimitChanged" if not outcome.get("surprises"):
                self.authority.limit_changed(seq, event)
            case "OverrideGiven" if not outcome.get("surprises"):
                self.authority.override_given(seq, self.at, event)
            case "PositionAdjusted" if not outcome.get("surprises"):
                key = (event["account"], event["instrument"])
                self.given[key] += Decimal(event["quantity"])
        self.quote(event.get("quote"))
        self._told(seq, event, messages, outcome.get("repeat", False))

    def _asked(self, seq: int, event: Json, outcome: Json, sent: list[Json]) -> None:
        order = event["signal"]["order"] if event["is"] == "SignalAsked" else event["order"]
        desk = (order["session"], order["cl_ord_id"])
        if outcome.get("repeat", False):
            if sent:
                self.fault(seq, "a repeated order was sent")
            if outcome["order_id"] != self.first.get(desk):
                self.fault(seq, "a repeat was given another order's answer")
            return
        if desk in self.first:
            self.fault(seq, f"{desk} was decided a second time")
        self.first[desk] = outcome["order_id"]
        passed = outcome["decision"]["verdict"] in {"allow", "warn"}
        if passed != bool(sent):
            self.fault(seq, "sent and not allowed, or allowed and not sent")
        if sent:
            account = Account(
                name=outcome["order_id"],
                place=order["account"],
                scopes=self.scopes_of(order),
                instrument=order["instrument"],
                buying=order["side"] == "1",
                quantity=Decimal(order["quantity"]),
                route=sent[0]["route"],
                desk=desk,
                at=self.at,
                locate=order.get("locate_id") if order["side"] in "56" else None,
                leaves=Decimal(order["quantity"]),
                names={outcome["order_id"]},
            )
            self.lifted = self._overridden(seq, order, outcome)
            self._judge_market(seq, order, outcome["decision"])
            self._judge_limits(seq, account, account.quantity, event.get("quote"), new=True)
            self.lifted = set()
            self.orders[account.name] = self.names[account.name] = account
        else:
            findings = outcome["decision"]["findings"]
            self.authority.denied[outcome["order_id"]] = {"order": order, "findings": findings}

    def _overridden(self, seq: int, order: Json, outcome: Json) -> set[str]:
        """Give the rules an order may break, by the override its record says it used."""
        for said in outcome.get("surprises", []):
            what, _, name = said.partition(": of ")
            if what == "order_passes_by_override":
                return self.authority.lets_pass(seq, self.at, name, order)
        return set()

    def _replace_asked(self, seq: int, event: Json, outcome: Json, messages: list[Json]) -> None:
        order = event["order"]
        for sent in messages:
            if sent["is"] != "SendReplace":
                continue
            account = self.names[sent["target"]]
            wanted = Decimal(order["quantity"])
            self._judge_market(seq, order, outcome["decision"])
            more = max(Decimal(0), wanted - account.filled - account.held)
            self._judge_limits(seq, account, more, event.get("quote"), new=False)
            if self.limits is not None and wanted > self.limits.quantity:
                self.fault(seq, f"a replace asks for {wanted}, over {self.limits.quantity}")
            account.pending[sent["order_id"]] = wanted
            self.names[sent["order_id"]] = account
            if order["session"] != account.desk[0]:
                self.fault(seq, "another session's order was replaced")

    # What the gate said, and to whom.

    def _told(self, seq: int, event: Json, messages: list[Json], repeat: bool) -> None:
        for said in messages:
            if "`watch`" in said.get("text", ""):
                self.fault(seq, f"a desk is told what is watched: {said['text']}")
            match said["is"]:
                case "SendOrder" | "SendCancel" | "SendReplace":
                    self._sent(seq, said)
                case "Report":
                    self._reported(seq, event, said, repeat)
                case "CancelRefused":
                    self.answers[said["session"], said["cl_ord_id"]] += 1
                case _:
                    pass
        if event["is"] in {"CancelAsked", "ReplaceAsked"}:
            asked = event if event["is"] == "CancelAsked" else event["order"]
            key = (asked["session"], asked["cl_ord_id"])
            if any(each["is"] == "CancelRefused" for each in messages):
                self.answers[key] -= 1
            else:
                self.requests[key] = f"record {seq}"

    def _sent(self, seq: int, said: Json) -> None:
        name = said["order_id"]
        again = said.get("again", False)
        if again:
            self.copied.add(name)
        if said["is"] == "SendOrder":
            account = self.orders[name]
            for place in self.all_scopes(account):
                if self.authority.states.get(place) == "halted":
                    self.fault(seq, f"{name} was sent while {place} was halted")
            if self.at >= account.at + RESEND_US:
                self.fault(seq, f"{name} was sent {self.at - account.at} us after it was decided")
        if name in self.messages and not again:
            self.fault(seq, f"{name} was sent a second time, and not flagged")
        self.messages.setdefault(name, {**said, "record": seq})

    def _reported(self, seq: int, event: Json, said: Json, repeat: bool) -> None:
        key = (said["session"], said["exec_id"])
        if key in self.reports:
            self.fault(seq, f"ExecID {said['exec_id']} was used before")
        self.reports.add(key)
        desk = (said["session"], said["cl_ord_id"])
        if desk in self.requests and said.get("orig_cl_ord_id") and said["type"] in "45":
            self.answers[desk] += 1
        account = self.orders.get(said["order_id"])
        if account is None:
            return
        filled, average = Decimal(said["filled"]), Decimal(said.get("average", 0))
        if filled != account.filled or abs(average - account.average) > TINY:
            told = f"{filled} filled at {average}"
            self.fault(seq, f"{account.name}: {told}, counted {account.filled}, {account.average}")
        if repeat or said["type"] == "I":
            return
        if account.told[-1:] != [said["status"]]:
            account.told.append(said["status"])
        if said["status"] == "8" and (event["is"] != "ExecutionReported" or unknown(event)):
            # The gate's own conclusion that it never worked; `compare` asks the broker.
            account.ended = True
            account.pending.clear()

    # Limits, counted afresh.

    def _broken(self, seq: int, rule: str, what: str) -> None:
        """Say that an accepted order broke a rule, unless an override let it."""
        if rule not in self.lifted:
            self.fault(seq, what)

    def _judge_market(self, seq: int, order: Json, decision: Json) -> None:
        """Ask whether the instrument may be traded now, and at that price."""
        facts, name = self.authority.facts, order["instrument"]
        if facts is None or self.limits is None:
            self.fault(seq, "accepted with no facts or no policy in force")
            return
        if name in facts.restricted:
            until = facts.restricted[name]
            if until is None or self.at < until:
                self._broken(seq, "restricted", f"accepted in {name}, which is restricted")
        if name in facts.watched and all(each["rule"] != "watch" for each in decision["findings"]):
            self.fault(seq, f"accepted in {name}, which is watched, and not noticed")
        status = self.statuses.get(name)
        if status is not None and status.get("phase", "continuous") in {"halted", "post_close"}:
            self._broken(seq, "halt", f"accepted in {name}, which is {status['phase']}")
        if not self.limits.bands:
            return
        buying = order["side"] == "1"
        band = (status or {}).get("band_high" if buying else "band_low")
        if band is None:
            self._broken(seq, "bands", f"accepted in {name}, whose bands are unknown")
        elif "price" in order:
            beyond = Decimal(order["price"]) - Decimal(band)
            if (beyond if buying else -beyond) > 0:
                self._broken(seq, "bands", f"accepted at {order['price']}, and the band is {band}")

    def _judge_limits(
        self, seq: int, asked: Account, more: Decimal, quote: Json | None, *, new: bool
    ) -> None:
        if self.limits is None:
            self.fault(seq, "accepted with no policy in force")
            return
        if new and asked.quantity > self.limits.quantity:
            what = f"accepted {asked.quantity}, over {self.limits.quantity}"
            self._broken(seq, "quantity", what)
        self._judge_locate(seq, asked, more)
        for place in asked.scopes:
            level = place.partition(":")[0]
            self._judge_position(seq, asked, more, place, self.limits.position.get(level))
            stated = self.limits.exposure.get(level)
            self._judge_exposure(seq, asked, more, place, stated, quote, f"exposure.{level}")
            credit = self.authority.credit(place, self.at)
            self._judge_exposure(seq, asked, more, place, credit, quote, "credit")
            most = self.limits.orders.get(level)
            works = self.works(place)
            if new and most is not None and works + 1 > most:
                what = f"{place}: {works + 1} orders work, over {most}"
                self._broken(seq, f"orders.{level}", what)

    def _judge_locate(self, seq: int, asked: Account, more: Decimal) -> None:
        if asked.locate is None or not more:
            return
        same = [each for each in self.orders.values() if each.locate == asked.locate]
        used = sum((each.filled + each.held for each in same), more)
        if used > LOCATED:
            what = f"{used} are sold short by locate {asked.locate}, over {LOCATED}"
            self._broken(seq, "locate", what)

    def _judge_position(
        self, seq: int, asked: Account, more: Decimal, place: str, most: Decimal | None
    ) -> None:
        if most is None:
            return
        low, high = self.ends(place)[asked.instrument]
        before = max(high, -low)
        after = max(high + (more if asked.buying else 0), -(low - (0 if asked.buying else more)))
        if after > most and after > before:
            what = f"{place}: {asked.instrument} could reach {after}, over {most}"
            self._broken(seq, f"position.{place.partition(':')[0]}", what)

    def _judge_exposure(
        self,
        seq: int,
        asked: Account,
        more: Decimal,
        place: str,
        most: Decimal | None,
        quote: Json | None,
        rule: str,
    ) -> None:
        if most is None:
            return
        value = self.value(asked.instrument, reference_of(quote))
        ends = self.ends(place)
        others = Decimal(0)
        for name, (low, high) in ends.items():
            if name == asked.instrument or not (low or high):
                continue
            worth = self.value(name, self.quotes.get(name, (0, None))[1])
            if worth is None:
                self._broken(seq, rule, f"{place}: accepted while {name} has no value")
                return
            others += max(abs(low), abs(high)) * worth
        if value is None:
            self._broken(seq, rule, f"{place}: accepted without a price")
            return
        low, high = ends[asked.instrument]
        before = others + max(abs(low), abs(high)) * value
        low, high = (low, high + more) if asked.buying else (low - more, high)
        after = others + max(abs(low), abs(high)) * value
        if after > most + TINY and after > before + TINY:
            self._broken(seq, rule, f"{place}: {rule} could reach {after}, over {most}")

    # The brokers' logs.

    def compare(self, logs: Mapping[str, Sequence[Json]]) -> None:
        """Hold the journal against what the brokers received and did."""
        worked: Counter[str] = Counter()
        positions: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        last: dict[str, str] = {}
        for route, log in logs.items():
            got: Counter[str] = Counter()
            for entry in log:
                if "id" in entry:
                    got[entry["id"]] += 1
                    self._received(route, entry, first=got[entry["id"]] == 1)
                worked[entry.get("worked", "")] += 1
                if "ended" in entry:
                    account = self.names.get(entry["ended"])
                    last[account.name if account else entry["ended"]] = entry["status"]
                if "traded" in entry:
                    key = (entry["account"], entry["instrument"])
                    positions[key] += Decimal(entry["quantity"]) / NANO
        del worked[""]
        for name, count in worked.items():
            if count > 1:
                self.fault(name, f"was worked {count} times")
        self._compare_positions(positions)
        for account in self.orders.values():
            never = account.told[-1:] == ["8"] and account.name not in last
            if never and worked[account.name]:
                self.fault(account.name, "was given up as never sent, and the broker worked it")

    def _received(self, route: str, entry: Json, *, first: bool) -> None:
        name = entry["id"]
        said = self.messages.get(name)
        if said is None:
            self.fault(name, f"is at {route}, and no record sent it")
            return
        if said["route"] != route:
            self.fault(name, f"is at {route}, and was recorded for {said['route']}")
        if said["record"] >= entry["durable"]:
            self.fault(name, f"left before its record: only {entry['durable']} were durable")
        if not first and not entry["again"]:
            self.fault(name, f"came to {route} twice, and the second was not flagged")
        account = self.names.get(name)
        if entry["got"] == "SendOrder" and account is not None:
            same = (account.place, account.instrument, account.buying)
            if same != (entry["account"], entry["instrument"], entry["side"] == "1"):
                self.fault(name, "has other terms at the broker")

    def _compare_positions(self, traded: Mapping[tuple[str, str], Decimal]) -> None:
        counted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for each in self.orders.values():
            signed = each.filled if each.buying else -each.filled
            counted[each.place, each.instrument] += signed
        for key in counted.keys() | traded.keys():
            if counted[key] != traded.get(key, Decimal(0)):
                self.fault("end", f"{key}: {counted[key]} recorded, {traded.get(key, 0)} traded")

    # What stands at the end, when the world has come to rest.

    def finish(self, standing: bytes, heard: Mapping[SessionId, Heard]) -> None:
        """Ask what must hold of a world at rest: its last state, and what the desks heard."""
        nodes = json.loads(standing)["book"]["nodes"]
        self._compare_standing("end", nodes)
        for place, node in nodes.items():
            if node["orders"] or any(
                each["buys"] or each["sells"] for each in node["lines"].values()
            ):
                self.fault("end", f"{place}: still holds {node}")
        for each in self.orders.values():
            if not each.ended or each.told[-1] not in ENDS:
                self.fault(each.name, f"has not ended: its desk was told {each.told}")
            ends = [status for status in each.told if status in ENDS]
            if len(ends) > 1 and not any(fill[0] is not None for fill in each.fills.values()):
                self.fault(each.name, f"ended {len(ends)} times: {each.told}")
        for key, where in self.requests.items():
            if self.answers[key] != 1:
                self.fault(where, f"request {key} was answered {self.answers[key]} times")
        for session, name in self.first:
            if not heard[SessionId(session)].answers.get(name):
                self.fault("end", f"{session} was never answered about {name}")
        for session, exec_id in self.reports:
            if exec_id not in heard[SessionId(session)].reports:
                self.fault("end", f"{session} was never told {exec_id}")

    def _compare_standing(self, seq: int | str, nodes: Json) -> None:
        """Hold the gate's sums, as they stood before a record, against a plain recount."""
        places = {place for paths in self.tree.values() for place in paths}
        for place in sorted(places | nodes.keys()):
            node = nodes.get(place, {"lines": {}, "orders": 0})
            ends = self.ends(place)
            for name in sorted(node["lines"].keys() | ends.keys()):
                line = node["lines"].get(name, {"position": 0, "buys": 0, "sells": 0})
                low = Decimal(line["position"] - line["sells"]) / NANO
                high = Decimal(line["position"] + line["buys"]) / NANO
                if (low, high) != ends[name]:
                    told = f"{low} to {high}, counted {ends[name][0]} to {ends[name][1]}"
                    self.fault(seq, f"{place}: {name} may become {told}")
            if node["orders"] != self.works(place):
                self.fault(seq, f"{place}: {node['orders']} orders, counted {self.works(place)}")


def judge(
    *,
    records: Iterable[bytes],
    logs: Mapping[str, Sequence[Json]],
    limits: Mapping[str, Limits],
    facts: Mapping[str, Facts],
    standing: Mapping[int, bytes],
    heard: Mapping[SessionId, Heard],
) -> list[str]:
    """Say all that was wrong with a world that has come to rest.

    `standing` are the gate's own states as they were before some records, the last at the end.
    """
    oracle = Oracle(limits, facts)
    oracle.read(records, standing)
    oracle.compare(logs)
    oracle.finish(standing[max(standing)], heard)
    return oracle.wrong


def _refuse_float(text: str) -> float:
    raise AssertionError(f"a float in the journal: {text}")
