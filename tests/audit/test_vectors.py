"""The format stays what it is: the code writes the vectors, and the page shows them."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import audit.verify
from audit.note import PublicKey
from audit.reader import Reader
from audit.verify import verify
from tests.audit.vectors import make

SMALL = make.HERE / "small"
PAGE = Path(__file__).parents[2] / "docs" / "formats" / "journal.md"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((make.HERE / "small.json").read_text(encoding="utf-8"))
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_code_still_writes_the_vectors(tmp_path: Path, expected: dict[str, Any]) -> None:
    path = tmp_path / "small"
    records = make.journal(path)
    assert files(path) == files(SMALL)
    assert make.expected(path, records) == expected


def test_the_vector_is_sound_and_reads_as_it_should(expected: dict[str, Any]) -> None:
    report = verify(SMALL, PublicKey.parse(expected["public_key"]))
    assert report.ok
    assert report.unchecked == ()
    assert (report.head, report.root) == (expected["links"][-1], expected["roots"][-1])
    found = list(Reader.open(SMALL).records())
    assert [record.body.decode() for record in found] == expected["records"]


def test_a_reader_of_the_page_gets_the_links_and_roots(expected: dict[str, Any]) -> None:
    """The formulas as they stand there, with nothing of ours."""

    def root(leaves: list[bytes]) -> bytes:
        if len(leaves) < 2:
            return leaves[0] if leaves else hashlib.sha256().digest()
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()

    link, links = bytes(32), []
    for record in expected["records"]:
        link = hashlib.sha256(b"\x00" + link + record.encode()).digest()
        links.append(link)
    assert [link.hex() for link in links] == expected["links"]
    assert [root(links[:size]).hex() for size in range(len(links) + 1)] == expected["roots"]


def test_the_page_shows_the_vector(expected: dict[str, Any]) -> None:
    shown = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    assert shown["segment"].encode() == (SMALL / "segments" / f"{0:016}.seg").read_bytes()
    assert shown["checkpoint"].encode() in (SMALL / "checkpoints").read_bytes()
    assert "\n4\n" in shown["checkpoint"]
    assert shown["key"].strip() == expected["public_key"]


def test_the_page_names_every_kind_of_fault() -> None:
    source = Path(audit.verify.__file__).read_text(encoding="utf-8")
    raised = set(re.findall(r'_fault\([^"]*?"([a-z]+)",', source)) | {"batch", "chain", "header"}
    named = set(re.findall(r"^\| `([a-z]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert raised <= named
