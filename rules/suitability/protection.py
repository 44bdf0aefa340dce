"""The frame of every kind that protects clients: who is asked about, what is recorded, who insists.

*Who.* The order's account names a client, its instrument is a product; each is one version of
facts. A rule asks orders whose duty (`rules.suitability.applicable`) is among its `applies_to`.
A rule that applies and does not know the client, or a product it needs, denies whatever its
verdict is: nobody's protection can be tested then.

*When.* Most kinds ask only an order that opens: one after which, all working orders on its side
filled, the account could hold more than nothing in that direction. Who wants to get out of what
does not suit is never kept in.

*What is recorded.* INVARIANT (every result is recorded): a test that was made leaves a finding,
failed or passed. A pass is a finding with the verdict ``allow``: no desk is told of it, and the
record of the order holds the inputs and the versions they came from. Each text ends in

    (client `C7` version 3, product `ACME` version 12, suitability)

and the decision carries the policy's digest. Orders no such rule applies to pay nothing for it.

*Who insists.* A failure is as grave as the rule's verdict, and where the duty is among
`warns_for`, a warning. With `acknowledge`, a warning is not enough to be sent after: the order is
denied, for the reason with ``_unacknowledged`` at its end, until somebody has acknowledged the
reason for this rule, account and instrument; then the warning names the record that says so.
"""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Generic, TypeVar

from domain.client import Client, Service
from domain.exposure import Line
from domain.finding import Finding, OrdRejReason, Verdict
from domain.product import Product
from domain.scope import Level, Scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place
from rules.suitability.answers import Answer, unacknowledged
from rules.suitability.applicable import EVERY, Duties, Duty, NoDuties, duty_for, service_on

NO_CLIENT = Reason(
    "client_is_unknown",
    OrdRejReason.OTHER,
    "the account names no client whose profile the reference facts hold",
)

NO_PRODUCT = Reason(
    "product_is_unknown",
    OrdRejReason.OTHER,
    "the reference facts do not know the instrument as a product",
)

NOTHING: Final = Line()


class Tested(Parameters):
    """`applies_to` are the duties whose orders are asked."""

    applies_to: Duties = EVERY


class Warned(Tested):
    """`warns_for` are the duties where a failure warns; `acknowledge` stops until it is seen."""

    warns_for: NoDuties = frozenset({Duty.APPROPRIATENESS})
    acknowledge: bool = True


P = TypeVar("P", bound=Tested)


@dataclass(frozen=True, slots=True)
class Asked:
    """One order, whom it is for, and what the firm owes them."""

    case: Case
    client: Client
    service: Service
    duty: Duty
    known: Product | None

    @property
    def product(self) -> Product:
        """The product, for kinds that need one."""
        assert self.known is not None, "a kind without `needs_product` asks for none"
        return self.known


class Protection(Kind[P]):
    """A test of an order against its client's profile and its product."""

    needs_product: ClassVar[bool] = True
    opening_only: ClassVar[bool] = True

    @abstractmethod
    def ask(self, parameters: P, asked: Asked) -> Iterable[Answer]:
        """Make the test of an order that has a question: at least one answer."""

    def has_question(self, parameters: P, asked: Asked) -> bool:  # noqa: ARG002
        """Say whether there is anything to test about an order."""
        return True

    def lasts(self, parameters: P) -> bool:  # noqa: ARG002
        """Say whether answers depend on nothing but the facts and the duty: they are kept then."""
        return False

    def bind(self, rule: Rule[P], place: Place) -> Check | None:
        """Find the client and the product once, and the duty that every service brings."""
        found = place.node(Level.ACCOUNT)
        assert found is not None, "every path has an account"
        where, node = found
        lines, instrument = node.lines, place.instrument.id
        named = place.account.client
        client = None if named is None else place.reference.clients.get(named)
        product = place.reference.products.get(instrument)
        parameters, every_order = rule.parameters, not self.opening_only
        voice = Voice(rule, where, client, product)
        unasked: tuple[Finding, ...] = ()
        if client is None:
            unasked = (voice.deny(NO_CLIENT, _nobody(place)),)
        elif product is None and self.needs_product:
            unasked = (
                voice.deny(NO_PRODUCT, f"the facts do not know `{instrument}` as a product"),
            )
        duties = {} if client is None else _duties(client, product, parameters.applies_to)
        lasting = self.lasts(parameters)
        kept: dict[Service, tuple[Finding, ...]] = {}

        def opens(case: Case) -> bool:
            line = lines.get(instrument, NOTHING)
            if case.buys:
                return line.position + line.buys + case.buys > 0
            return case.sells > 0 and line.sells + case.sells - line.position > 0

        def passes(case: Case) -> bool:
            if not (every_order or opens(case)):
                return True
            if client is None:
                return False
            service = service_on(case.order, client)
            if service not in duties:
                return True
            if unasked or service in kept:
                return False
            asked = Asked(case, client, service, duties[service], product)
            return not self.has_question(parameters, asked)

        def findings(case: Case) -> tuple[Finding, ...]:
            if not (every_order or opens(case)):
                return ()
            if client is None:
                return unasked
            service = service_on(case.order, client)
            if service not in duties:
                return ()
            if unasked:
                return unasked
            found = kept.get(service)
            if found is None:
                asked = Asked(case, client, service, duties[service], product)
                if not self.has_question(parameters, asked):
                    return ()
                found = tuple(voice.say(answer, asked) for answer in self.ask(parameters, asked))
                # What somebody can acknowledge is said afresh each time.
                if lasting and all(one.verdict is Verdict.ALLOW for one in found):
                    kept[service] = found
            return found

        return Check(passes, findings)


class Voice(Generic[P]):
    """How a rule speaks of one client and one product: with its verdicts, and their versions."""

    def __init__(
        self, rule: Rule[P], where: Scope, client: Client | None, product: Product | None
    ) -> None:
        self._rules = {verdict: replace(rule, verdict=verdict) for verdict in Verdict}
        self._rule = rule
        self._where = where
        told = "" if client is None else f"client `{client.id}` version {client.version}"
        if product is not None:
            told = f"{told}, product `{product.instrument}` version {product.version}"
        self._versions = {duty: f" ({told}, {duty})" for duty in Duty}

    def deny(self, reason: Reason, text: str) -> Finding:
        """Say no, however mild the rule."""
        return finding(self._rules[Verdict.DENY], reason, text, scope=self._where)

    def say(self, answer: Answer, asked: Asked) -> Finding:
        """Turn an answer into a finding, and stop what nobody has acknowledged."""
        rule, reason, text = self._rule, answer.reason, answer.text
        verdict, parameters = answer.verdict, rule.parameters
        if isinstance(parameters, Warned):
            if verdict is None and asked.duty in parameters.warns_for:
                verdict = Verdict.WARN
            if (verdict or rule.verdict) is Verdict.WARN and parameters.acknowledge:
                place = asked.case.place
                key = (place.account.id, place.instrument.id, rule.id, reason.name)
                seen = place.consents.has_seen(key, asked.case.at)
                if seen is None:
                    text = f"{text}; acknowledge `{reason.name}` of rule `{rule.id}` to insist"
                    reason, verdict = unacknowledged(reason), Verdict.DENY
                else:
                    text = f"{text}; acknowledged by `{seen.by}` in record {seen.seq}"
        return finding(
            self._rules[verdict or rule.verdict],
            reason,
            text + self._versions[asked.duty],
            scope=self._where,
            observed=answer.observed,
            limit=answer.limit,
            unit=answer.unit,
        )


def _duties(
    client: Client, product: Product | None, applies_to: frozenset[Duty]
) -> dict[Service, Duty]:
    """Give the duty of every service that the rule asks about."""
    found = {service: duty_for(service, client, product) for service in Service}
    return {service: duty for service, duty in found.items() if duty in applies_to}


def _nobody(place: Place) -> str:
    account, named = place.account.id, place.account.client
    if named is None:
        return f"account `{account}` names no client"
    return f"the facts hold no profile of `{named}`, the client of account `{account}`"
