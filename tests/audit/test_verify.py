"""Every way to quietly change a journal, and what the verifier says of it."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import audit.verify
from audit import segment, tree
from audit.disk import FolderDisk
from audit.journal import Journal
from audit.note import Signer
from audit.recovery import QUARANTINE
from audit.report import Report
from audit.segment import Header
from audit.verify import FAULTS_MAX, verify, verify_disk
from tests.simulation.disk import FaultyDisk

FIRST = segment.name(0)
BATCHES = [
    [b'{"n":0}'],
    [b'{"n":1,"text":"a"}', b'{"n":2,"text":"b"}', b'{"n":3,"text":"c"}'],
    [b'{"n":4}', b'{"n":5}'],
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pen is at work here, so there is nothing to wait for."""
    monkeypatch.setattr(audit.verify, "_PEN_PAUSE_S", 0)


@dataclass(frozen=True, slots=True)
class Kept:
    """A closed journal in a folder: six records in three batches, signed at 0, 4 and 6, one
    object."""

    path: Path
    signer: Signer

    def file(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def change(self, name: str, edit: Callable[[bytes], bytes]) -> None:
        (self.path / name).write_bytes(edit(self.file(name)))

    def lines(self, edit: Callable[[list[bytes]], list[bytes]]) -> None:
        """Edit the lines of the first segment: header, then batch lines and record lines."""
        self.change(FIRST, lambda data: b"".join(edit(data.splitlines(keepends=True))))

    def verify(self) -> Report:
        return verify(self.path, self.signer.public)


@pytest.fixture
def kept(tmp_path: Path, signer: Signer) -> Kept:
    path = tmp_path / "journal"
    path.mkdir()
    with Journal.on(FolderDisk(path), signer) as journal:
        journal.put_object(b"limits: []\n")
        journal.append(BATCHES[0])
        journal.append(BATCHES[1])
        journal.checkpoint()
        journal.append(BATCHES[2])
    return Kept(path, signer)


def test_a_sound_journal_has_no_fault(kept: Kept) -> None:
    report = kept.verify()
    records = [record for batch in BATCHES for record in batch]
    assert report.ok
    assert (report.segments, report.batches, report.records) == (1, 3, 6)
    assert (report.checkpoints, report.signed, report.objects) == (3, 6, 1)
    assert report.head == tree.links(tree.GENESIS, records)[-1].hex()
    assert report.unchecked == ()
    assert report.as_json()["ok"] is True


def test_without_a_public_key_the_journals_own_is_used_and_that_is_said(kept: Kept) -> None:
    report = verify(kept.path)
    assert report.ok
    assert any("whose key signed" in sentence for sentence in report.unchecked)


@pytest.mark.parametrize("name", ["segments", "checkpoints", "objects"])
def test_every_flipped_byte_is_reported(kept: Kept, name: str) -> None:
    """All but the `lock`, which says nothing. Flipped are the lowest, the case and the high bit."""
    whole = kept.path / name
    path = next(whole.iterdir()) if whole.is_dir() else whole
    data = path.read_bytes()
    for offset in range(len(data)):
        for flip in (0x01, 0x20, 0x80):
            changed = bytearray(data)
            changed[offset] ^= flip
            path.write_bytes(changed)
            report = kept.verify()
            assert not report.ok, f"byte {offset} ^ {flip:#x} of {path.name} passed"


def test_every_truncated_segment_is_reported(kept: Kept) -> None:
    data = kept.file(FIRST)
    for length in range(len(data)):
        (kept.path / FIRST).write_bytes(data[:length])
        assert not kept.verify().ok, f"cut to {length} bytes passed"


def test_truncated_checkpoints_are_reported_unless_whole_ones_are_gone(kept: Kept) -> None:
    """Then the journal is sound and signed for less: only a head kept elsewhere tells."""
    data, origin = kept.file("checkpoints"), kept.signer.public.name.encode()
    sound = []
    for length in range(len(data)):
        (kept.path / "checkpoints").write_bytes(data[:length])
        report = kept.verify()
        if report.ok:
            sound.append(length)
            assert any(f"last {6 - report.signed} records" in said for said in report.unchecked)
    assert sound == [data.index(b"%b\n%d\n" % (origin, size)) for size in (4, 6)]


def test_an_edited_record_is_reported_once_with_its_place(kept: Kept) -> None:
    kept.change(FIRST, lambda data: data.replace(b'"text":"b"', b'"text":"B"'))
    (fault,) = kept.verify().faults
    assert fault.kind == "chain"
    assert (fault.place.file, fault.place.line) == (FIRST, 6)
    assert "record 2 " in fault.text


def test_an_edited_link_is_reported_where_it_stands_and_the_tree_holds(kept: Kept) -> None:
    def edit(lines: list[bytes]) -> list[bytes]:
        lines[4] = b"0" * 64 + lines[4][64:]
        return lines

    kept.lines(edit)
    (fault,) = kept.verify().faults
    assert (fault.kind, fault.place.line) == ("chain", 5)


def test_an_edited_link_at_the_end_of_a_batch_is_not_blamed_on_the_next_record(
    kept: Kept,
) -> None:
    def edit(lines: list[bytes]) -> list[bytes]:
        lines[6] = b"0" * 64 + lines[6][64:]
        return lines

    kept.lines(edit)
    faults = [(fault.kind, fault.place.file, fault.place.line) for fault in kept.verify().faults]
    assert faults == [("chain", FIRST, 7), ("root", "checkpoints", 7)]


def test_two_edits_are_two_faults(kept: Kept) -> None:
    kept.change(FIRST, lambda data: data.replace(b'"n":0', b'"n":9').replace(b'"n":5', b'"n":7'))
    report = kept.verify()
    assert [fault.place.line for fault in report.faults if fault.kind == "chain"] == [3, 10]


def test_a_deleted_line_is_reported(kept: Kept) -> None:
    kept.lines(lambda lines: lines[:5] + lines[6:])
    kinds = {fault.kind for fault in kept.verify().faults}
    assert {"batch", "chain"} <= kinds


def test_a_deleted_batch_is_reported(kept: Kept) -> None:
    kept.lines(lambda lines: lines[:3] + lines[7:])
    faults = kept.verify().faults
    assert ("batch", "starts at record 4, wanted 1") in [(f.kind, f.text) for f in faults]


def test_the_deleted_last_batch_is_reported_by_the_signed_head(kept: Kept) -> None:
    kept.lines(lambda lines: lines[:7])
    (fault,) = kept.verify().faults
    assert str(fault).startswith("checkpoints:13:")
    assert fault.text == "counts 6 records, only 4 are there"


def test_an_inserted_line_is_reported(kept: Kept) -> None:
    forged = b'{"n":"forged"}'
    line = tree.link(tree.GENESIS, forged).hex().encode() + b" " + forged + b"\n"
    kept.lines(lambda lines: [*lines[:5], line, *lines[5:]])
    assert {"batch", "chain"} <= {fault.kind for fault in kept.verify().faults}


def test_exchanged_lines_are_reported(kept: Kept) -> None:
    kept.lines(lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]])
    assert "chain" in {fault.kind for fault in kept.verify().faults}


def test_a_repeated_batch_is_reported(kept: Kept) -> None:
    kept.lines(lambda lines: [*lines[:7], *lines[3:7], *lines[7:]])
    assert "batch" in {fault.kind for fault in kept.verify().faults}


def test_a_journal_chained_anew_differs_from_its_signed_head(kept: Kept) -> None:
    records = [record for batch in BATCHES for record in batch]
    records[0] = b'{"n":"better"}'

    def rechain(data: bytes) -> bytes:
        done, chain, at = data.splitlines(keepends=True)[0], tree.GENESIS, 0
        for batch in BATCHES:
            body, leaves = segment.encode_batch(at, chain, records[at : at + len(batch)])
            done, chain, at = done + body, leaves[-1], at + len(batch)
        return done

    kept.change(FIRST, rechain)
    report = kept.verify()
    (fault,) = report.faults
    assert (fault.kind, fault.place.line) == ("root", 7)
    assert report.signed == 0
    assert any("roots of 1 checkpoints" in sentence for sentence in report.unchecked)


def test_a_journal_written_anew_with_another_key_is_told_by_the_key_one_holds(
    tmp_path: Path, kept: Kept, stranger: Signer
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with Journal.on(FolderDisk(other), stranger) as journal:
        journal.append(BATCHES[0])
    assert verify(other).ok
    report = verify(other, kept.signer.public)
    assert {"header", "signature"} == {fault.kind for fault in report.faults}


def test_a_torn_tail_is_reported_and_the_rest_still_counted(kept: Kept) -> None:
    kept.change(FIRST, lambda data: data + b"batch 6 1 90\n" + b"0" * 30)
    report = kept.verify()
    (fault,) = report.faults
    assert (fault.kind, fault.place.line) == ("torn", 11)
    assert report.records == 6


def test_reserved_space_is_no_fault_but_a_byte_in_it_is(kept: Kept) -> None:
    kept.change(FIRST, lambda data: data + bytes(5000))
    assert kept.verify().ok
    kept.change(FIRST, lambda data: data[:-1] + b"x")
    assert [fault.kind for fault in kept.verify().faults] == ["torn"]


def test_a_record_that_is_not_canonical_is_reported_unless_told_not_to_ask(
    kept: Kept, tmp_path: Path
) -> None:
    path = tmp_path / "loose"
    path.mkdir()
    with Journal.on(FolderDisk(path), kept.signer) as journal:
        journal.append([b'{"b":1,"a":2}'])
    (fault,) = verify(path).faults
    assert fault.kind == "form"
    assert "byte 2 is not canonical" in fault.text
    report = verify(path, form=False)
    assert report.ok
    assert any("canonical" in sentence for sentence in report.unchecked)


def test_a_named_object_must_be_there_with_its_bytes(kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "naming"
    path.mkdir()
    with Journal.on(FolderDisk(path), kept.signer) as journal:
        named = journal.put_object(b"policy")
        journal.append([b'{"policy":"%b"}' % named.encode()])
    assert verify(path).ok
    held = path / "objects" / named.removeprefix("sha256:")
    held.write_bytes(b"another policy")
    assert [fault.kind for fault in verify(path).faults] == ["object"]
    held.unlink()
    (fault,) = verify(path).faults
    assert (fault.kind, fault.place.file, fault.place.line) == ("object", FIRST, 3)


def test_what_is_in_quarantine_must_have_its_digest(kept: Kept) -> None:
    kept.change(FIRST, lambda data: data + b"batch 6 1 90\n")
    Journal.on(FolderDisk(kept.path), kept.signer).close()
    assert kept.verify().ok
    (torn,) = (kept.path / QUARANTINE).iterdir()
    torn.write_bytes(b"something else")
    assert [fault.kind for fault in kept.verify().faults] == ["object"]


def test_a_folder_without_segments_is_reported(tmp_path: Path) -> None:
    report = verify(tmp_path)
    assert {"segment", "checkpoint"} == {fault.kind for fault in report.faults}


@pytest.mark.usefixtures("short_segments")
class TestManySegments:
    @pytest.fixture
    def disk(self, signer: Signer) -> FaultyDisk:
        disk = FaultyDisk(random.Random(0))
        with Journal.on(disk, signer) as journal:
            for number in range(30):
                journal.append([b'{"n":%d}' % number])
        return disk

    def test_are_sound(self, disk: FaultyDisk, signer: Signer) -> None:
        report = verify_disk(disk, signer.public)
        assert report.ok
        assert (report.segments, report.records, report.checkpoints) == (4, 30, 5)

    def test_miss_one_and_the_later_ones_are_still_judged(
        self, disk: FaultyDisk, signer: Signer
    ) -> None:
        disk._seen.pop(segment.name(8))
        disk.rot(segment.name(16), disk.contents(segment.name(16)).index(b'"n":18'))
        report = verify_disk(disk, signer.public)
        assert [(fault.place.file, fault.kind) for fault in report.faults] == [
            (segment.name(16), "segment"),
            (segment.name(16), "chain"),
            (segment.name(16), "form"),
        ]
        assert report.signed == 30

    def test_one_that_ends_early_is_reported(self, disk: FaultyDisk, signer: Signer) -> None:
        data = disk.contents(segment.name(8))
        disk.open(segment.name(8), write=True).truncate(data.rindex(b"batch "))
        faults = verify_disk(disk, signer.public).faults
        assert (segment.name(8), "segment", "ends after 7 records") in [
            (fault.place.file, fault.kind, fault.text) for fault in faults
        ]

    def test_reserved_space_in_a_finished_one_is_reported(
        self, disk: FaultyDisk, signer: Signer
    ) -> None:
        file = disk.open(segment.name(8), write=True)
        file.reserve(file.size() + 10)
        assert [fault.kind for fault in verify_disk(disk, signer.public).faults] == ["segment"]

    def test_a_header_with_another_past_is_reported(self, disk: FaultyDisk, signer: Signer) -> None:
        name = segment.name(16)
        line, _, rest = disk.contents(name).partition(b"\n")
        header = Header.parse(line + b"\n")
        forged = Header(header.origin, header.key, 16, bytes(32), (bytes(32),)).line()
        file = disk.open(name, write=True)
        file.truncate(0)
        file.write(0, forged + rest)
        texts = [fault.text for fault in verify_disk(disk, signer.public).faults]
        assert "`chain` is not the link of the record before" in texts
        assert "`tree` is not that of the records before" in texts


def test_faults_beyond_the_first_thousand_are_counted(kept: Kept) -> None:
    shutil.rmtree(kept.path)
    kept.path.mkdir()
    with Journal.on(FolderDisk(kept.path), kept.signer) as journal:
        journal.append([b'{"n":0.5}'] * (FAULTS_MAX + 5))
    report = kept.verify()
    assert (len(report.faults), report.faults_omitted) == (FAULTS_MAX, 5)
