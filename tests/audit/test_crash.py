"""Whatever happens to the disk, nothing acknowledged is lost and nothing corrupt is accepted.

Hypothesis makes up a life for a journal (appends, checkpoints, objects, failing calls, kills, power
cuts) on a disk that keeps no promise it did not make. After each crash the journal is opened again
and held against a plain list of what had been acknowledged. Two saboteurs show that the campaign
can fail.
"""

import errno
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import segment
from audit.errors import JournalDamaged, JournalError, JournalPoisoned
from audit.journal import Journal
from audit.note import Signer
from audit.reader import Reader
from audit.verify import verify_disk
from tests.simulation.disk import FaultyDisk, FaultyFile

pytestmark = pytest.mark.usefixtures("short_segments")


def record(number: int, size: int) -> bytes:
    return b'{"n":%d,"pad":"%b"}' % (number, b"x" * size)


@dataclass(slots=True)
class Life:
    """A journal, and the plain account of what it promised."""

    signer: Signer
    disk: FaultyDisk
    journal: Journal | None = None
    kept: list[bytes] = field(default_factory=list)
    """Acknowledged, so never to be lost."""
    tried: list[bytes] = field(default_factory=list)
    """The last batch, when its end was not seen: all, some or none of it may be there."""
    objects: dict[str, bytes] = field(default_factory=dict)
    made: int = 0

    def open(self) -> None:
        while self.journal is None:
            try:
                self.journal = Journal.on(self.disk, self.signer)
            except (OSError, JournalPoisoned):  # an armed fault; a person would start it again
                self.disk.crash(power=False)
        self.compare()

    def compare(self) -> None:
        assert self.journal is not None
        found = [found.body for found in Reader(self.disk).records()]
        assert found[: len(self.kept)] == self.kept, "an acknowledged record is lost or changed"
        extra = found[len(self.kept) :]
        assert extra == self.tried[: len(extra)], "a record that nobody wrote"
        assert self.journal.size == len(found)
        assert verify_disk(self.disk, self.signer.public).faults == ()
        for named, data in self.objects.items():
            assert self.journal.get_object(named) == data
        self.kept, self.tried = found, []

    def append(self, sizes: list[int]) -> None:
        batch = [record(self.made + number, size) for number, size in enumerate(sizes)]
        self.made += len(batch)
        with self._alive() as journal:
            self.tried = batch
            assert journal.append(batch) == range(len(self.kept), len(self.kept) + len(batch))
            self.kept, self.tried = self.kept + batch, []

    def checkpoint(self) -> None:
        with self._alive() as journal:
            journal.checkpoint()

    def put_object(self, size: int) -> None:
        data = b"%d:" % self.made + b"o" * size
        with self._alive() as journal:
            self.objects[journal.put_object(data)] = data

    def crash(self, *, power: bool) -> None:
        self.disk.crash(power=power)
        self.journal = None
        self.open()

    @contextmanager
    def _alive(self) -> Iterator[Journal]:
        assert self.journal is not None
        try:
            yield self.journal
        except JournalPoisoned:
            with pytest.raises(JournalPoisoned):
                self.journal.append([b"{}"])
            self.crash(power=self.disk.chance.random() < 0.5)


Deed = Callable[[Life], None]
SIZES = st.lists(st.integers(0, 1200), min_size=1, max_size=12)
CALLS = st.sampled_from(["write", "sync", "truncate", "reserve", "sync_folder", "rename"])


def fail(call: str, after: int, error: int) -> Deed:
    return lambda life: life.disk.fail(call, after, error)


DEEDS: st.SearchStrategy[Deed] = st.one_of(
    SIZES.map(lambda sizes: lambda life: life.append(sizes)),
    st.just(Life.checkpoint),
    st.integers(0, 2000).map(lambda size: lambda life: life.put_object(size)),
    st.booleans().map(lambda power: lambda life: life.crash(power=power)),
    st.builds(fail, CALLS, st.integers(0, 3), st.sampled_from([errno.EIO, errno.ENOSPC])),
)


@given(seed=st.integers(0, 2**32), deeds=st.lists(DEEDS, max_size=25))
@settings(deadline=None)
def test_nothing_acknowledged_is_lost_and_nothing_corrupt_is_accepted(
    signer: Signer, seed: int, deeds: list[Deed]
) -> None:
    life = Life(signer, FaultyDisk(random.Random(seed)))
    life.open()
    for deed in deeds:
        deed(life)
    life.crash(power=True)


def plain_life(signer: Signer, disk: FaultyDisk) -> None:
    """A short life without faults other than power cuts."""
    life = Life(signer, disk)
    life.open()
    for _ in range(3):
        life.append([disk.chance.randint(0, 900) for _ in range(disk.chance.randint(1, 6))])
        life.put_object(600)
        life.crash(power=True)


def test_a_plain_life_passes_whatever_the_power_cuts_leave(signer: Signer) -> None:
    for seed in range(30):
        plain_life(signer, FaultyDisk(random.Random(seed)))


def test_a_pen_that_never_syncs_is_caught(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FaultyFile, "sync", lambda _: None)
    caught = 0
    for seed in range(30):
        try:
            plain_life(signer, FaultyDisk(random.Random(seed)))
        except (AssertionError, JournalError):
            caught += 1
    assert caught > 25


def test_a_pen_that_never_syncs_names_is_caught(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FaultyDisk, "sync_folder", lambda *_: None)
    caught = 0
    for seed in range(30):
        try:
            plain_life(signer, FaultyDisk(random.Random(seed)))
        except (AssertionError, JournalError, KeyError):
            caught += 1
    assert caught > 25


def test_a_pen_that_tries_a_failed_sync_again_is_caught(signer: Signer) -> None:
    """The second sync says yes, and the bytes are gone all the same."""
    caught = 0
    for seed in range(30):
        life = Life(signer, FaultyDisk(random.Random(seed)))
        life.open()
        assert life.journal is not None
        life.disk.fail("sync", 0)
        with pytest.raises(JournalPoisoned):
            life.journal.append([record(0, 900)])
        life.journal._segment.sync()
        life.kept = [record(0, 900)]
        try:
            life.crash(power=True)
        except (AssertionError, JournalError):
            caught += 1
    assert caught > 25


def test_recovery_writes_again_what_a_failed_sync_left_in_memory_only(signer: Signer) -> None:
    """After a kill the batch still shows, so it is kept; then it must survive the power cut too."""
    for seed in range(30):
        life = Life(signer, FaultyDisk(random.Random(seed)))
        life.open()
        assert life.journal is not None
        life.tried = [record(0, 900)]
        life.disk.fail("sync", 0)
        with pytest.raises(JournalPoisoned):
            life.journal.append(life.tried)
        life.crash(power=False)
        assert life.kept == [record(0, 900)]
        life.crash(power=True)


def unsigned_tail(signer: Signer, seed: int = 0) -> tuple[FaultyDisk, list[bytes]]:
    """Three acknowledged batches after the last checkpoint, then a kill."""
    disk = FaultyDisk(random.Random(seed))
    journal = Journal.on(disk, signer)
    batches = [[record(0, 40)], [record(1, 30), record(2, 20)], [record(3, 10)]]
    for batch in batches:
        journal.append(batch)
    disk.crash(power=False)
    return disk, [one for batch in batches for one in batch]


def test_any_changed_byte_before_the_last_batch_refuses_the_start(signer: Signer) -> None:
    disk, _ = unsigned_tail(signer)
    name = segment.name(0)
    before_last = disk.contents(name).index(b"batch 3 ")
    for offset in range(before_last):
        disk, _ = unsigned_tail(signer)
        disk.rot(name, offset)
        with pytest.raises(JournalError) as refused:
            Journal.on(disk, signer)
        assert name in str(refused.value)
        assert not disk.names("quarantine")


def test_a_changed_byte_in_the_last_unsigned_batch_is_set_aside_and_told(signer: Signer) -> None:
    """It cannot be told from a torn one: docs/formats/journal.md names this limit."""
    disk, records = unsigned_tail(signer)
    name = segment.name(0)
    disk.rot(name, disk.contents(name).rindex(b"pad"))
    journal = Journal.on(disk, signer)
    assert [found.body for found in Reader(disk).records()] == records[:-1]
    (torn,) = journal.torn
    assert torn.place.file == name
    assert disk.contents(torn.kept).startswith(b"batch 3 1 ")


def test_a_changed_byte_under_a_signed_head_refuses_the_start(signer: Signer) -> None:
    disk = FaultyDisk(random.Random(0))
    journal = Journal.on(disk, signer)
    journal.append([record(0, 5)])
    journal.close()
    disk.rot(segment.name(0), disk.contents(segment.name(0)).rindex(b"pad"))
    with pytest.raises(JournalDamaged, match="1 were signed") as refused:
        Journal.on(disk, signer)
    assert refused.value.place.line == 3
    assert "restore" in refused.value.remedy
