"""The frontier against the definition of RFC 6962, read off the page."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.tree import EMPTY_ROOT, GENESIS, Frontier, link, links


def plain_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


LEAVES = [sha256(b"%d" % number).digest() for number in range(70)]


@given(st.lists(st.integers(0, 20), max_size=8), st.integers(0, 69))
def test_the_root_does_not_depend_on_how_leaves_came(parts: list[int], stop: int) -> None:
    frontier = Frontier()
    leaves: list[bytes] = []
    for part in parts:
        fresh = LEAVES[len(leaves) % 50 :][:part]
        leaves += fresh
        frontier.extend(fresh)
        assert frontier.root() == plain_root(leaves)
        assert frontier.size == len(leaves)
        taken_up = Frontier(frontier.size, frontier.nodes())
        taken_up.extend(LEAVES[:stop])
        assert taken_up.root() == plain_root(leaves + LEAVES[:stop])


def test_extending_leaves_the_callers_list_alone() -> None:
    leaves = LEAVES[:3]
    Frontier().extend(leaves)
    assert leaves == LEAVES[:3]


def test_a_frontier_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="5 leaves has 2 subtrees, not 1"):
        Frontier(5, [EMPTY_ROOT])


def test_a_link_is_the_leaf_hash_of_the_link_before_and_the_record() -> None:
    first = sha256(b"\x00" + bytes(32) + b"a").digest()
    second = sha256(b"\x00" + first + b"b").digest()
    assert links(GENESIS, [b"a", b"b"]) == [first, second]
    assert link(first, b"b") == second


def test_the_root_of_a_known_tree() -> None:
    """The eight leaves that implementations of RFC 6962 agree on."""
    texts = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    data = [*map(bytes.fromhex, texts), bytes(range(0x60, 0x70))]
    frontier = Frontier()
    frontier.extend([sha256(b"\x00" + leaf).digest() for leaf in data])
    assert frontier.root().hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )
