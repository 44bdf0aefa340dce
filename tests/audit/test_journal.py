"""The pen on a real disk: what it promises, and what it refuses."""

import errno
import random
import subprocess
import sys
from pathlib import Path

import pytest

from audit import segment, tree
from audit.errors import (
    JournalDamaged,
    JournalForeign,
    JournalLocked,
    JournalPoisoned,
)
from audit.journal import Journal
from audit.note import Signer
from audit.reader import Reader
from audit.verify import verify, verify_disk
from tests.simulation.disk import FaultyDisk

ORIGIN = "ordergate.example/desk"


def opened(tmp_path: Path, origin: str = ORIGIN) -> Journal:
    return Journal.open(tmp_path / "journal", key=tmp_path / "key.pem", origin=origin)


def bodies(journal: Path) -> list[bytes]:
    return [record.body for record in Reader.open(journal).records()]


def test_what_is_appended_is_there_when_opened_again(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        assert journal.append([b'{"n":0}', b'{"n":1}']) == range(2)
        assert journal.append([b'{"n":2}']) == range(2, 3)
        assert journal.append([]) == range(3, 3)
        head, root = journal.head, journal.root()
    assert bodies(tmp_path / "journal") == [b'{"n":0}', b'{"n":1}', b'{"n":2}']
    with opened(tmp_path) as journal:
        assert (journal.size, journal.head, journal.root()) == (3, head, root)
        assert journal.torn == ()
        journal.append([b'{"n":3}'])
    report = verify(tmp_path / "journal")
    assert report.ok
    assert (report.records, report.signed) == (4, 4)


def test_a_batch_is_one_write_and_one_sync(signer: Signer) -> None:
    disk = FaultyDisk(random.Random(0))
    journal = Journal.on(disk, signer)
    journal.append([b"{}"])  # the first one reserves space
    before = disk.calls
    journal.append([b"{}"] * 100)
    assert disk.calls - before == 2


def test_a_second_opener_is_refused_in_this_process_and_in_another(tmp_path: Path) -> None:
    program = (
        "import sys; from audit.journal import Journal; from audit.errors import JournalLocked\n"
        "try: Journal.open(sys.argv[1], key=sys.argv[2], origin=sys.argv[3])\n"
        "except JournalLocked as refused: print(refused)"
    )
    arguments = [str(tmp_path / "journal"), str(tmp_path / "key.pem"), ORIGIN]
    with opened(tmp_path):
        with pytest.raises(JournalLocked, match="being written by process"):
            opened(tmp_path)
        other = subprocess.run(
            [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
        )
        assert "being written by process" in other.stdout
    opened(tmp_path).close()


def test_a_journal_being_written_can_be_verified(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([b'{"n":0}'])
        report = verify(tmp_path / "journal")
        assert report.ok
        assert (report.records, report.signed) == (1, 0)
        assert any("last 1 records" in said for said in report.unchecked)


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    """The writer tells each acknowledged batch on its output, and is killed in the next."""
    program = (
        "import sys; from audit.journal import Journal\n"
        "journal = Journal.open(sys.argv[1], key=sys.argv[2], origin=sys.argv[3])\n"
        "while True:\n"
        "    told = journal.append([b'{\"n\":%d}' % (journal.size + i) for i in range(7)])\n"
        "    print(told.stop, flush=True)\n"
    )
    arguments = [str(tmp_path / "journal"), str(tmp_path / "key.pem"), ORIGIN]
    acknowledged = 0
    for killed_after in (1, 2, 5, 20):
        with subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(killed_after):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            told = writer.stdout.read().split()
        acknowledged = int(told[-1]) if told else acknowledged
        with opened(tmp_path) as journal:
            assert acknowledged <= journal.size <= acknowledged + 7
        assert verify(tmp_path / "journal").ok
    found = bodies(tmp_path / "journal")
    assert found == [b'{"n":%d}' % number for number in range(len(found))]


def test_a_full_segment_is_signed_and_the_next_begun(tmp_path: Path) -> None:
    """With segments of their real length, and a batch across the border."""
    record = b'{"n":0}'
    with opened(tmp_path) as journal:
        for _ in range(6):
            journal.append([record] * 10_000)
        assert journal.append([record] * 10_000) == range(60_000, 70_000)
        links = tree.links(tree.GENESIS, [record] * 70_000)
        frontier = tree.Frontier()
        frontier.extend(links)
        assert (journal.head, journal.root()) == (links[-1], frontier.root())
    with opened(tmp_path) as journal:
        assert journal.size == 70_000
    names = sorted(path.name for path in (tmp_path / "journal" / "segments").iterdir())
    assert names == ["0000000000000000.seg", "0000000000065536.seg"]
    report = verify(tmp_path / "journal", form=False)
    assert report.ok
    assert report.checkpoints == 3
    reader = Reader.open(tmp_path / "journal")
    assert [found.number for found in reader.records(65_535)][:3] == [65_535, 65_536, 65_537]
    assert reader.record(69_999).link == links[-1]


@pytest.mark.parametrize("record", [b"", b'{"a":\n1}'])
def test_what_is_not_one_line_is_refused_before_anything_is_written(
    tmp_path: Path, record: bytes
) -> None:
    with opened(tmp_path) as journal:
        with pytest.raises(ValueError, match="record 1 of the batch is not one line"):
            journal.append([b"{}", record])
        assert journal.append([b"{}"]) == range(1)


def test_a_batch_beyond_measure_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "BATCH_BYTES_MAX", 100)
    with opened(tmp_path) as journal, pytest.raises(ValueError, match="exceeds 100 bytes"):
        journal.append([b"x" * 40])


@pytest.mark.parametrize("call", ["write", "sync"])
def test_a_failed_write_or_sync_poisons_the_journal_for_ever(signer: Signer, call: str) -> None:
    disk = FaultyDisk(random.Random(0))
    journal = Journal.on(disk, signer)
    journal.append([b'{"n":0}'])
    head = journal.head
    disk.fail(call, 0, errno.ENOSPC)
    with pytest.raises(JournalPoisoned, match="No space left"):
        journal.append([b'{"n":1}'])
    assert (journal.size, journal.head) == (1, head)
    calls = disk.calls
    with pytest.raises(JournalPoisoned, match="takes no more since `append` did not finish"):
        journal.append([b'{"n":1}'])
    with pytest.raises(JournalPoisoned):
        journal.checkpoint()
    with pytest.raises(JournalPoisoned):
        journal.put_object(b"policy")
    journal.close()
    assert disk.calls == calls, "a poisoned journal touches the disk no more"


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.close()
    journal.close()
    with pytest.raises(JournalPoisoned, match="closed"):
        journal.append([b"{}"])


def test_a_head_is_signed_once(tmp_path: Path) -> None:
    notes = tmp_path / "journal" / "checkpoints"
    with opened(tmp_path) as journal:
        journal.append([b"{}"])
        journal.checkpoint()
        journal.checkpoint()
        assert notes.read_bytes().count(ORIGIN.encode() + b"\n") == 2
    opened(tmp_path).close()
    assert notes.read_bytes().count(ORIGIN.encode() + b"\n") == 2


def test_a_lost_key_is_not_replaced_by_a_new_one(tmp_path: Path) -> None:
    opened(tmp_path).close()
    (tmp_path / "key.pem").unlink()
    with pytest.raises(JournalForeign, match="put that key back"):
        opened(tmp_path)


def test_another_key_or_origin_is_refused(tmp_path: Path, stranger: Signer) -> None:
    with opened(tmp_path) as journal:
        journal.append([b"{}"])
    with pytest.raises(JournalForeign, match=r"`ordergate\.example/desk`, wanted `other`"):
        opened(tmp_path, "other")
    (tmp_path / "key.pem").unlink()
    Signer.create(tmp_path / "key.pem", ORIGIN)
    with pytest.raises(JournalForeign, match="not signed by"):
        opened(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([b"{}"])
    path = tmp_path / "journal" / segment.name(0)
    path.write_bytes(path.read_bytes().replace(b"ordergate-journal/1", b"ordergate-journal/2"))
    with pytest.raises(JournalForeign, match="the format is `ordergate-journal/2`"):
        opened(tmp_path)
    with pytest.raises(JournalForeign, match="wanted `ordergate-journal/1`"):
        bodies(tmp_path / "journal")
    assert verify(tmp_path / "journal").faults[0].kind == "format"


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "letters.txt").write_text("dear")
    with pytest.raises(JournalForeign, match=r"`letters.txt` does not belong"):
        opened(tmp_path)
    assert not (tmp_path / "journal" / "segments").exists()


def test_a_missing_segment_refuses_the_start(signer: Signer, short_segments: None) -> None:
    disk = FaultyDisk(random.Random(0))
    with Journal.on(disk, signer) as journal:
        for _ in range(20):
            journal.append([b"{}"])
    disk._seen.pop(segment.name(8))
    with pytest.raises(JournalDamaged, match=r"0000000000000008\.seg:1:0: missing"):
        Journal.on(disk, signer)


def test_missing_checkpoints_refuse_the_start(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([b"{}"])
    (tmp_path / "journal" / "checkpoints").unlink()
    with pytest.raises(JournalDamaged, match="no signed head for 1 records"):
        opened(tmp_path)


def test_a_forged_checkpoint_refuses_the_start(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([b"{}"])
    path = tmp_path / "journal" / "checkpoints"
    path.write_bytes(path.read_bytes().replace(b"\n1\n", b"\n0\n"))
    with pytest.raises(JournalDamaged, match="the signature is wrong"):
        opened(tmp_path)


def test_a_torn_tail_is_set_aside_and_told(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([b'{"n":0}'])
    path = tmp_path / "journal" / segment.name(0)
    whole = path.read_bytes()
    scrap = b"batch 1 2 150\n" + b"0" * 20
    path.write_bytes(whole + scrap + bytes(300))
    with opened(tmp_path) as journal:
        (torn,) = journal.torn
        assert (torn.place.line, torn.place.byte, torn.size) == (4, len(whole), len(scrap))
        assert (tmp_path / "journal" / torn.kept).read_bytes() == scrap
        assert journal.append([b'{"n":1}']) == range(1, 2)
    assert verify(tmp_path / "journal").ok


def test_a_torn_checkpoint_is_set_aside_and_the_one_before_holds(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.append([b"{}"])
    path = tmp_path / "journal" / "checkpoints"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 3])
    with opened(tmp_path) as journal:
        (torn,) = journal.torn
        assert torn.place.file == "checkpoints"
    assert path.read_bytes() == whole


def test_a_segment_torn_at_birth_is_begun_anew(signer: Signer, short_segments: None) -> None:
    disk = FaultyDisk(random.Random(0))
    journal = Journal.on(disk, signer)
    journal.append([b"{}"] * 8)
    disk.fail("sync", 2)  # the head is signed, the full segment trimmed, then the new header
    with pytest.raises(JournalPoisoned):
        journal.append([b"{}"])
    header = disk.contents(segment.name(8))
    for left in (b"", header[:30], bytes(40)):
        file = disk.open(segment.name(8), write=True)
        file.truncate(0)
        file.write(0, left)
        disk.crash(power=False)
        with Journal.on(disk, signer) as taken_up:
            assert taken_up.size == 8
        assert disk.contents(segment.name(8)) == header
    with Journal.on(disk, signer) as taken_up:
        taken_up.append([b"{}"])
    assert verify_disk(disk, signer.public).ok


def test_an_object_is_kept_once_by_its_digest(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        named = journal.put_object(b"limits: []")
        assert journal.put_object(b"limits: []") == named
        assert named.startswith("sha256:")
        assert journal.get_object(named) == b"limits: []"
        with pytest.raises(KeyError):
            journal.get_object("sha256:" + "0" * 64)
        (path,) = (tmp_path / "journal" / "objects").iterdir()
        path.write_bytes(b"limits: [none]")
        with pytest.raises(JournalDamaged, match="do not have this digest"):
            journal.get_object(named)
        journal.put_object(b"limits: []")
        assert path.read_bytes() == b"limits: []"
