"""From a policy's text to a `Policy`, or to everything that is wrong with it.

Three readings follow each other, each naming what it finds by line and column: the YAML as a tree
of nodes (`rules.nodes`), the frame of the policy and of its rules (`rules.frame`), and each rule's
parameters by its kind. Only the first must succeed for the others to be tried, so an author sees
all faults at once. Given the reference facts, names that they do not know are faults too.

``defaults`` fill in what a rule may leave out: its verdict, and any parameter that is optional in
the rule's kind. A limit is never optional, so each stands beside the rule it belongs to.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from domain.finding import Verdict
from domain.ids import Digest, RuleId, digest_of
from domain.reference import Reference
from domain.scope import Level
from rules.fault import Fault, Mark, PolicyFaults, nearest
from rules.frame import PolicyText, RuleText, ScopeText
from rules.house import PREFIX
from rules.kind import Kind, Parameters, Rule
from rules.needs import Path, known_names, unmet_needs
from rules.nodes import (
    Branch,
    Leaf,
    Node,
    Series,
    found_at,
    key_place_of,
    place_of,
    read_nodes,
    value_of,
)
from rules.policy import Policy
from rules.registry import KINDS
from rules.term import Term
from rules.wording import said_of, shown

Model = TypeVar("Model", bound=BaseModel)


def parse_policy(text: bytes, *, file: str, reference: Reference | None = None) -> Policy:
    """Read a policy. `file` is what faults call it.

    Raises
    ------
    PolicyFaults
        With every fault and its place.
    """
    root = read_nodes(text, file=file)
    return policy_of(root, digest=digest_of(text), file=file, reference=reference)


def policy_of(
    root: Node, *, digest: Digest, file: str, reference: Reference | None = None
) -> Policy:
    """Make a policy of a tree, which may be part of a larger text (`rules.trial`).

    Raises
    ------
    PolicyFaults
        With every fault and its place.
    """
    return _Reading(file, reference).policy(root, digest)


def defaults_known(kinds: Iterable[Kind[Any]]) -> dict[str, list[Kind[Any]]]:
    """Give the parameters a policy's ``defaults`` may set, and the kinds that have them."""
    known: dict[str, list[Kind[Any]]] = {}
    for kind in kinds:
        for name in optional(kind.parameters):
            known.setdefault(name, []).append(kind)
    return known


def optional(parameters: type[Parameters]) -> list[str]:
    """Give the parameters a rule may leave out."""
    return [name for name, field in parameters.model_fields.items() if not field.is_required()]


class _Reading:
    """One reading of one text, and the faults it has found so far."""

    def __init__(self, file: str, reference: Reference | None) -> None:
        self.file = file
        self.reference = reference
        self.faults: dict[Fault, None] = {}
        self.ids: dict[str, Mark] = {}
        self.defaults = Branch(Mark(1, 1), {})

    def policy(self, root: Node, digest: Digest) -> Policy:
        if not isinstance(root, Branch):
            self.fault(root.mark, "a policy is a mapping: `policy`, `version`, `rules`")
            raise PolicyFaults(self.faults)
        head = self.read(PolicyText, root, value_of(root), "a policy")
        self.take_defaults(root)
        _, listed = root.entries.get("rules", (root.mark, root))
        items = listed.items if isinstance(listed, Series) else ()
        rules = [self.rule(item) for item in items if isinstance(item, Branch)]
        if self.faults or head is None:
            raise PolicyFaults(self.faults)
        return Policy(
            digest=digest,
            name=head.policy,
            version=head.version,
            description=head.description,
            owner=head.owner,
            rules=tuple(rule for rule in rules if rule is not None),
        )

    def take_defaults(self, root: Branch) -> None:
        _, node = root.entries.get("defaults", (root.mark, self.defaults))
        if not isinstance(node, Branch):
            return
        self.defaults = node
        known = {"verdict", *defaults_known(KINDS.values())}
        for name, (mark, _) in node.entries.items():
            if name not in known:
                said = f"`{name}` is not an optional parameter of any kind"
                self.fault(mark, f"{said}: {nearest(name, known)}")

    def rule(self, node: Branch) -> Rule[Any] | None:
        verdict = {key: held for key, held in self.defaults.entries.items() if key == "verdict"}
        frame = Branch(node.mark, {**verdict, **_only(node, RuleText.model_fields)})
        head = self.read(RuleText, frame, value_of(frame), "a rule")
        kind = self.kind(node)
        parameters = None if kind is None else self.parameters(kind, node)
        if head is None:
            return None
        if head.silent and head.verdict != "warn":
            mark = key_place_of(node, ("silent",))
            said = "what stops an order is told; only `verdict: warn` is silent"
            self.fault(mark, f"`silent`: {said}")
        term = Term(head.effective_from, head.effective_until)
        if term.since is not None and term.until is not None and term.until <= term.since:
            mark = place_of(node, ("effective_until",))
            self.fault(mark, "`effective_until` must be after `effective_from`")
        self.take_id(head.id, node.entries["id"][1].mark)
        where = {Level(level): names for level, names in head.scope if names is not None}
        self.take_scope(where, node)
        if kind is None or parameters is None:
            return None
        return Rule(
            id=RuleId(head.id),
            kind=kind.name,
            verdict=Verdict(head.verdict or "deny"),
            scope=where,
            citation=head.citation or "; ".join(kind.citations) or None,
            silent=head.silent,
            term=term,
            mark=node.mark,
            parameters=parameters,
        )

    def kind(self, node: Branch) -> Kind[Any] | None:
        _, written = node.entries.get("kind", (node.mark, None))
        if not isinstance(written, Leaf) or not isinstance(written.value, str):
            return None
        kind = KINDS.get(written.value)
        if kind is None:
            said = f"no kind of rule is called {shown(written.value)}"
            self.fault(written.mark, f"{said}: {nearest(written.value, KINDS)}")
        return kind

    def parameters(self, kind: Kind[Any], node: Branch) -> Parameters | None:
        absent = set(optional(kind.parameters)) - node.entries.keys()
        own = {key: held for key, held in node.entries.items() if key not in RuleText.model_fields}
        filled = Branch(node.mark, {**own, **_only(self.defaults, absent)})
        found = self.read(kind.parameters, filled, value_of(filled), f"kind `{kind.name}`")
        if found is not None and self.reference is not None:
            for path, said in unmet_needs(found, self.reference):
                self.fault(place_of(filled, path), f"`{path[0]}`: {said}")
        return found

    def take_id(self, name: str, mark: Mark) -> None:
        if name.startswith(PREFIX):
            self.fault(
                mark, f"`{name}`: names beginning with `{PREFIX}` are the house's own rules'"
            )
        first = self.ids.setdefault(name, mark)
        if first is not mark:
            self.fault(mark, f"`{name}` is already the id of the rule in line {first.line}")

    def take_scope(self, where: Mapping[Level, frozenset[str]], node: Branch) -> None:
        if self.reference is None:
            return
        for level, names in where.items():
            known = known_names(level, self.reference)
            for name in sorted(names - known):
                said = f"the reference facts know no {level} `{name}`: {nearest(name, known)}"
                self.fault(place_of(node, ("scope", level), name), said)

    def read(self, model: type[Model], node: Branch, value: object, owner: str) -> Model | None:
        """Have a model read a node; give None, and note the faults, when it cannot."""
        try:
            return model.model_validate(value)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                self.note(one, node, model, owner)
            return None

    def note(self, error: ErrorDetails, node: Branch, model: type[BaseModel], owner: str) -> None:
        path: Path = error["loc"]
        if error["type"] == "expression":
            leaf = found_at(node, path)
            assert isinstance(leaf, Leaf)
            for offset, said in error["ctx"]["faults"]:
                self.fault(leaf.at(offset), f"`{path[-1]}`: {said}")
            return
        known: Iterable[str] = model.model_fields
        if path[:1] == ("scope",) and model is RuleText:
            known, owner = ScopeText.model_fields, "a scope"
        elif model is not PolicyText and model is not RuleText:
            known = {*known, *RuleText.model_fields}
        mark = place_of(node, path)
        if error["type"] == "extra_forbidden":
            mark = key_place_of(node, path)
        self.fault(mark, said_of(error, owner=owner, known=known))

    def fault(self, mark: Mark, text: str) -> None:
        self.faults[Fault(self.file, mark.line, mark.column, text)] = None


def _only(node: Branch, names: Iterable[str]) -> dict[str, tuple[Mark, Node]]:
    return {name: node.entries[name] for name in names if name in node.entries}
