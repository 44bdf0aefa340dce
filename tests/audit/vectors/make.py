"""Write the vectors anew: `python -m tests.audit.vectors.make` from the root of the repository.

They change only with the format, so a difference in review is a new format version or a mistake.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import canonical, segment, tree
from audit.disk import FolderDisk
from audit.journal import LOCK, Journal
from audit.note import Signer
from audit.segment import Header
from audit.tree import GENESIS, Frontier
from audit.verify import verify

HERE = Path(__file__).parent
ORIGIN = "ordergate.example/vectors"
SEED = bytes(range(32))
OBJECT = b"limits: []\n"


def signer() -> Signer:
    return Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(SEED))


def batches(policy: str) -> list[list[bytes]]:
    """Return what goes into the journal `small`, each list one batch."""
    return [
        [canonical.encode({"at": 1199284200000000, "kind": "opened", "policy": policy})],
        [
            canonical.encode({"at": 1199284200000100, "kind": "order", "price": "15.54"}),
            canonical.encode(
                {"at": 1199284200000200, "kind": "order", "text": 'a "quote", 5 \u20ac'}
            ),
            canonical.encode({"at": 1199284200000300, "kind": "order", "size": -(2**53)}),
        ],
        [canonical.encode({"at": 1199284200000400, "kind": "closed", "open": [], "rest": None})],
    ]


def journal(path: Path) -> list[bytes]:
    """Write the journal `small` into an empty folder; return its records."""
    path.mkdir()
    written = []
    with Journal.on(FolderDisk(path), signer()) as small:
        for batch in batches(small.put_object(OBJECT)):
            small.append(batch)
            written += batch
            if len(batch) > 1:
                small.checkpoint()
    (path / LOCK).unlink()
    (path / "quarantine").rmdir()
    return written


def expected(path: Path, records: list[bytes]) -> dict[str, Any]:
    """Return what another implementation should find in `small`."""
    links = tree.links(GENESIS, records)
    roots = []
    for size in range(len(links) + 1):
        frontier = Frontier()
        frontier.extend(links[:size])
        roots.append(frontier.root().hex())
    return {
        "origin": ORIGIN,
        "public_key": str(signer().public),
        "private_seed": SEED.hex(),
        "records": [record.decode() for record in records],
        "links": [link.hex() for link in links],
        "roots": roots,
        "headers_after_counting_records": headers([65_536, 196_608]),
        "changes": [change(path, *each) for each in CHANGES],
    }


def headers(sizes: list[int]) -> dict[str, str]:
    r"""Return the header that follows `size` records `{"n":0}`, `{"n":1}`, …, for each size."""
    found, chain, frontier = {}, GENESIS, Frontier()
    for size in sizes:
        links = tree.links(chain, [b'{"n":%d}' % n for n in range(frontier.size, size)])
        chain = links[-1]
        frontier.extend(links)
        line = Header(ORIGIN, str(signer().public), size, chain, tuple(frontier.nodes())).line()
        found[str(size)] = line.decode().rstrip("\n")
    return found


SEGMENT = segment.name(0)
CHANGES = [
    ("a record is edited", SEGMENT, b"15.54", b"15.55"),
    ("a batch claims another first record", SEGMENT, b"batch 4", b"batch 5"),
    ("a number of records is edited", SEGMENT, b"batch 1 3", b"batch 1 4"),
    ("the first link before the segment is edited", SEGMENT, b'"chain":"0', b'"chain":"1'),
    ("the object named by record 0 is another", "objects/*", b"limits", b"Limits"),
    ("a signed size is edited", "checkpoints", b"\n4\n", b"\n3\n"),
]


def change(path: Path, what: str, name: str, old: bytes, new: bytes) -> dict[str, Any]:
    """Return one change to `small`, and the faults it must lead to."""
    file = next(path.glob(name))
    whole = file.read_bytes()
    file.write_bytes(whole.replace(old, new, 1))
    report = verify(path, signer().public)
    file.write_bytes(whole)
    return {
        "change": what,
        "file": file.relative_to(path).as_posix(),
        "byte": whole.index(old),
        "old": old.decode(),
        "new": new.decode(),
        "faults": [
            [fault.kind, fault.place.file, fault.place.line, fault.place.byte]
            for fault in report.faults
        ],
    }


def main() -> None:
    small = HERE / "small"
    shutil.rmtree(small, ignore_errors=True)
    found = expected(small, journal(small))
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (HERE / "small.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
