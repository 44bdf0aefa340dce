"""The texts that events name by digest: policies and reference facts.

A policy or a set of facts is stored beside the journal before the event that puts it in force is
decided, so whoever reads the journal can read what was in force, to the byte. Parsing happens
once per text.
"""

from collections.abc import Callable
from typing import Protocol

from domain.ids import Digest
from domain.reference import Reference
from gateway.records import read_reference, write_reference
from rules.parse import parse_policy
from rules.policy import Policy


class Objects(Protocol):
    """A store of texts by SHA-256: the journal's."""

    def put_object(self, data: bytes) -> str:
        """Store durably; give the digest."""

    def get_object(self, named: str) -> bytes:
        """Give what was stored."""


class Library:
    """Policies and facts by digest, parsed once (`gateway.state.Library`)."""

    def __init__(self, get_object: Callable[[str], bytes]) -> None:
        self._get_object = get_object
        self._policies: dict[Digest, Policy] = {}
        self._references: dict[Digest, Reference] = {}

    def policy(self, digest: Digest) -> Policy:
        """Give a stored policy."""
        found = self._policies.get(digest)
        if found is None:
            text = self._get_object(digest)
            found = self._policies[digest] = parse_policy(text, file=f"object {digest[:12]}")
        return found

    def reference(self, digest: Digest) -> Reference:
        """Give stored reference facts."""
        found = self._references.get(digest)
        if found is None:
            found = self._references[digest] = read_reference(self._get_object(digest))
        return found


class Shelf(Library):
    """A library that takes in new texts: the gate's own."""

    def __init__(self, objects: Objects) -> None:
        super().__init__(objects.get_object)
        self._objects = objects

    def add_policy(self, text: bytes, *, file: str, reference: Reference | None = None) -> Policy:
        """Parse and store a policy; what it names must be in `reference`, if that is given.

        Raises
        ------
        rules.parse.PolicyFaults
            With every fault and its place; nothing is stored then.
        """
        policy = parse_policy(text, file=file, reference=reference)
        digest = Digest(self._objects.put_object(text))
        assert digest == policy.digest
        self._policies[digest] = policy
        return policy

    def hold(self, policy: Digest, reference: Reference) -> None:
        """Hold a stored policy against facts that may come into force under it.

        Raises
        ------
        rules.parse.PolicyFaults
            With everything it names that they do not know.
        """
        text = self._objects.get_object(policy)
        parse_policy(text, file="the policy in force", reference=reference)

    def add_reference(self, reference: Reference) -> Digest:
        """Store reference facts."""
        data = write_reference(reference)
        return self.keep_reference(data, read_reference(data))

    def keep_reference(self, data: bytes, reference: Reference) -> Digest:
        """Store the text of reference facts that have been read from it."""
        digest = Digest(self._objects.put_object(data))
        self._references[digest] = reference
        return digest
