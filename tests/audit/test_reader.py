"""Reading beside the pen."""

import random
from collections.abc import Callable

import pytest

from audit import segment
from audit.errors import JournalDamaged, JournalForeign
from audit.journal import Journal
from audit.note import Signer
from audit.reader import Reader
from tests.simulation.disk import FaultyDisk

pytestmark = pytest.mark.usefixtures("short_segments")


@pytest.fixture
def disk() -> FaultyDisk:
    return FaultyDisk(random.Random(0))


@pytest.fixture
def journal(disk: FaultyDisk, signer: Signer) -> Journal:
    return Journal.on(disk, signer)


def record(number: int) -> bytes:
    return b'{"n":%d}' % number


def test_records_are_read_from_any_index(disk: FaultyDisk, journal: Journal) -> None:
    for number in range(0, 21, 3):
        journal.append([record(number), record(number + 1), record(number + 2)])
    for start in range(21):
        found = list(Reader(disk).records(start))
        assert [each.number for each in found] == list(range(start, 21))
        assert [each.body for each in found] == [record(each.number) for each in found]
    assert Reader(disk).record(13).body == record(13)
    assert Reader(disk).record(20).link == journal.head
    with pytest.raises(IndexError, match="no record 21"):
        Reader(disk).record(21)
    assert list(Reader(disk).records(100)) == []


def test_a_follower_sees_what_is_written_while_it_waits(disk: FaultyDisk, journal: Journal) -> None:
    """Twenty records, over the borders of segments, each written when the follower has nothing."""
    written = iter(range(20))

    def pause() -> bool:
        number = next(written, None)
        if number is not None:
            journal.append([record(number)])
        return number is not None

    found = [each.body for each in Reader(disk).follow(0, pause)]
    assert found == [record(number) for number in range(20)]


def test_a_batch_half_written_is_not_there_yet(disk: FaultyDisk, journal: Journal) -> None:
    journal.append([record(0)])
    whole, _ = segment.encode_batch(1, journal.head, [record(1), record(2)])
    file = disk.open(segment.name(0), write=True)
    at = disk.contents(segment.name(0)).rstrip(b"\0")
    lengths = iter([*range(len(whole)), len(whole)])

    def pause() -> bool:
        length = next(lengths, None)
        if length is not None:
            file.write(len(at), whole[:length])
        return length is not None

    found = [each.body for each in Reader(disk).follow(0, pause)]
    assert found == [record(0), record(1), record(2)]


def spoil(disk: FaultyDisk, number: int) -> None:
    name = segment.name(number - number % 8)
    disk.rot(name, disk.contents(name).index(b'{"n":%d}' % number) + 2)


def cut(disk: FaultyDisk, number: int) -> None:
    name = segment.name(number - number % 8)
    disk.open(name, write=True).truncate(disk.contents(name).index(b"batch %d " % number))


def blank(disk: FaultyDisk, number: int) -> None:
    name = segment.name(number - number % 8)
    disk.open(name, write=True).write(disk.contents(name).index(b"batch %d " % number), bytes(90))


def lose(disk: FaultyDisk, number: int) -> None:
    disk._seen.pop(segment.name(number - number % 8))


@pytest.mark.parametrize("harm", [spoil, cut, blank, lose])
def test_damage_before_the_end_is_not_taken_for_the_end(
    disk: FaultyDisk, journal: Journal, harm: Callable[[FaultyDisk, int], None]
) -> None:
    for number in range(20):
        journal.append([record(number)])
    harm(disk, 10)
    with pytest.raises(JournalDamaged, match=segment.name(8)):
        list(Reader(disk).records())


def test_a_folder_that_is_no_journal_is_refused(disk: FaultyDisk) -> None:
    with pytest.raises(JournalForeign, match="no journal here"):
        Reader(disk)
