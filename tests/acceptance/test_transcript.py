"""The player of transcripts, held to its own rules."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.transcript import Departed, compare, complete, play, read

PATTERNS = {b"52": re.compile(rb"\d{8}-\d{2}:\d{2}:\d{2}"), b"10": re.compile(rb"\d{3}")}


def wire(text: str) -> bytes:
    return text.replace("|", "\x01").encode()


def transcript(folder: Path, *lines: str) -> Path:
    path = folder / "case.def"
    path.write_bytes(b"\n".join(wire(line) for line in lines))
    return path


@contextmanager
def other_side(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """Someone who accepts one connection, answers, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()
        thread.join()


def test_a_message_gets_its_length_and_checksum() -> None:
    # 8=FIX.4.2|9=5|35=0|10=161| is the shortest message there is; its sum was counted by hand.
    assert complete(wire("8=FIX.4.2|35=0|")) == wire("8=FIX.4.2|9=5|35=0|10=161|")


def test_a_wrong_length_and_checksum_are_left_wrong() -> None:
    wrong = wire("8=FIX.4.2|9=7|35=0|10=000|")
    assert complete(wrong) == wrong


def test_what_does_not_begin_with_a_version_is_left_alone() -> None:
    assert complete(wire("35=0|8=FIX.4.2|")) == wire("35=0|8=FIX.4.2|")


def test_times_are_told_around_now() -> None:
    now, later = re.findall(rb"=(\S+?)\x01", complete(wire("52=<TIME>|126=<TIME+3600>|")))
    assert now < later
    assert now[:9] == later[:9] or now[9:11] == b"23"


@pytest.mark.parametrize(
    ("found", "difference"),
    [
        ("8=F|35=0|112=b|10=000|", "112 is `b`, not `a`"),
        ("8=F|112=a|35=0|10=000|", "expected field 35, found 112"),
        ("8=F|35=0|112=a|10=000|1=x|", "expected 4 fields, found 5"),
        ("8=F|35=0|112=a|10=x|", "10 is `x`"),
    ],
)
def test_the_first_difference_is_named(found: str, difference: str) -> None:
    with pytest.raises(Departed, match=re.escape(difference)):
        compare(wire("8=F|35=0|112=a|10=0|"), wire(found), PATTERNS)


def test_fields_with_a_pattern_may_vary() -> None:
    expected = wire("8=F|52=00000000-00:00:00.000|10=0|")
    compare(expected, wire("8=F|52=20260102-03:04:05.678|10=123|"), PATTERNS)


def test_a_line_that_is_no_step_is_named(tmp_path: Path) -> None:
    path = transcript(tmp_path, "# remark", "iCONNECT", "", "i2,DISCONECT")
    with pytest.raises(ValueError, match=r"case.def:4: not a step.*`i2,DISCONECT`"):
        read(path)


def test_the_line_where_a_conversation_departs_is_named(tmp_path: Path) -> None:
    path = transcript(tmp_path, "iCONNECT", "I8=FIX.4.2|35=1|112=a|", "E8=FIX.4.2|35=0|112=a|")

    def answer(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(complete(wire("8=FIX.4.2|35=0|112=b|")))

    with (
        other_side(answer) as address,
        pytest.raises(Departed, match=r"case.def:3: 112 is `b`, not `a`"),
    ):
        play(path, address, PATTERNS)


def test_data_instead_of_the_end_departs(tmp_path: Path) -> None:
    path = transcript(tmp_path, "iCONNECT", "eDISCONNECT")
    with (
        other_side(lambda connection: connection.sendall(b"8=FIX")) as address,
        pytest.raises(Departed, match="expected the end of the connection"),
    ):
        play(path, address, PATTERNS)


def test_messages_that_arrive_in_one_piece_are_read_one_by_one(tmp_path: Path) -> None:
    path = transcript(
        tmp_path, "iCONNECT", "E8=FIX.4.2|35=0|58=|8=|", "E8=FIX.4.2|35=1|", "eDISCONNECT"
    )
    both = complete(wire("8=FIX.4.2|35=0|58=|8=|")) + complete(wire("8=FIX.4.2|35=1|"))
    with other_side(lambda connection: connection.sendall(both)) as address:
        play(path, address, PATTERNS)
