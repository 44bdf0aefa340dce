"""The hash chain and the Merkle tree over it (RFC 6962, section 2.1).

One hash per record serves both. With `‖` for concatenation and h of index -1 thirty-two zero bytes:

    h(i)       = SHA-256(0x00 ‖ h(i-1) ‖ record(i))        chain link, and leaf hash of
                                                           the leaf data h(i-1) ‖ record(i)
    node(a, b) = SHA-256(0x01 ‖ a ‖ b)
    root()     = SHA-256("") for no leaves

A tree of n leaves splits at the largest power of two below n. So it is a row of perfect subtrees,
one for each bit of n, largest first; their roots are the *frontier* (the compact range from 0 to
n). The frontier is all that is needed to add leaves and to give the root, and it is O(log n) long.
"""

from collections.abc import Sequence
from hashlib import sha256

GENESIS = bytes(32)
EMPTY_ROOT = sha256().digest()


def link(chain: bytes, record: bytes) -> bytes:
    """Return h(i) from h(i-1) and the exact bytes of record i."""
    return sha256(b"\x00" + chain + record).digest()


def links(chain: bytes, records: Sequence[bytes]) -> list[bytes]:
    """Return the chain links of `records`, in order, continuing from `chain`."""
    found = []
    for record in records:
        chain = sha256(b"\x00" + chain + record).digest()
        found.append(chain)
    return found


class Frontier:
    """A growing tree, held as the roots of its perfect subtrees."""

    __slots__ = ("_rows", "size")

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """Take up a tree of `size` leaves whose frontier is `nodes`, largest subtree first."""
        if len(nodes) != size.bit_count():
            raise ValueError(
                f"a tree of {size} leaves has {size.bit_count()} subtrees, not {len(nodes)}"
            )
        remaining = list(nodes)
        self.size = size
        # _rows[k] is the root of the perfect subtree of 2**k leaves, if bit k of size is set.
        self._rows: list[bytes | None] = [
            remaining.pop() if size >> row & 1 else None for row in range(size.bit_length())
        ]

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes, row by row: pair up what is there, carry the pairs, keep the odd one."""
        self.size += len(leaves)
        row = 0
        while leaves:
            if row == len(self._rows):
                self._rows.append(None)
            left = self._rows[row]
            if left is not None:
                leaves = [left, *leaves]
            self._rows[row] = leaves[-1] if len(leaves) % 2 else None
            pairs = iter(leaves)
            leaves = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(pairs, pairs, strict=False)
            ]
            row += 1

    def nodes(self) -> list[bytes]:
        """Return the frontier, largest subtree first."""
        return [node for node in reversed(self._rows) if node is not None]

    def root(self) -> bytes:
        """Return the RFC 6962 tree head of all leaves so far."""
        folded: bytes | None = None
        for node in self._rows:
            if node is not None:
                folded = node if folded is None else sha256(b"\x01" + node + folded).digest()
        return EMPTY_ROOT if folded is None else folded
