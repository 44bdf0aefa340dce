"""A journal with a key everybody knows, so that every run writes the same bytes."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import segment
from audit.note import Signer

ORIGIN = "ordergate.example/desk"


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture(scope="session")
def stranger() -> Signer:
    """Someone else who signs under the same name."""
    return Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.fixture
def short_segments() -> Iterator[None]:
    """Segments of eight records, so that a test turns many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment, "RECORDS", 8)
        yield
