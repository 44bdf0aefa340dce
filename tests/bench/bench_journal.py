"""The journal beside what else could keep a record: `python -m tests.bench.bench_journal`.

Contenders take turns, batch by batch, on the same disk, with the same 300-byte records:

* `journal`: chained, in the tree, one write and one sync a batch;
* `raw`: the bare bytes, appended, then fdatasync;
* `raw_reserved`: the same into space reserved before, as the journal does;
* `sqlite`: one transaction a batch, WAL, `synchronous=FULL`.

JSON on standard output: for each contender and batch size the records a second of wall time, CPU
microseconds a record, and p50/p99 of a batch in microseconds; then the verifier's pace.
"""

import argparse
import json
import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.journal import Journal
from audit.verify import verify

Append = Callable[[list[bytes]], object]


def record(number: int) -> bytes:
    text = b'{"account":"A-17","at":%d,"kind":"order","number":%d,"price":"15.54","text":"' % (
        1_199_284_200_000_000 + number,
        number,
    )
    return text + b"x" * (298 - len(text)) + b'"}'


def raw(path: Path, *, reserved: int = 0) -> Append:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if reserved:
        os.posix_fallocate(fd, 0, reserved)
        os.fsync(fd)
    at = 0

    def append(batch: list[bytes]) -> None:
        nonlocal at
        at += os.pwrite(fd, b"\n".join(batch) + b"\n", at)
        os.fdatasync(fd)

    return append


def sqlite(path: Path) -> Append:
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE record (number INTEGER PRIMARY KEY, body BLOB NOT NULL)")

    def append(batch: list[bytes]) -> None:
        base.execute("BEGIN")
        base.executemany("INSERT INTO record (body) VALUES (?)", [(each,) for each in batch])
        base.execute("COMMIT")

    return append


def measure(folder: Path, size: int, batches: int) -> dict[str, Any]:
    """Let the contenders append batches of `size` in turn."""
    journal = Journal.open(
        folder / "journal", key=folder / "key.pem", origin="bench.example/journal"
    )
    contenders: dict[str, Append] = {
        "journal": journal.append,
        "raw": raw(folder / "raw"),
        "raw_reserved": raw(folder / "raw_reserved", reserved=batches * size * 301),
        "sqlite": sqlite(folder / "sqlite"),
    }
    wall: dict[str, list[int]] = {name: [] for name in contenders}
    cpu = dict.fromkeys(contenders, 0)
    for number in range(batches):
        batch = [record(number * size + each) for each in range(size)]
        # A sync also pays for what other files left in the file system's journal: rotate.
        turn = number % len(contenders)
        for name in [*contenders][turn:] + [*contenders][:turn]:
            append = contenders[name]
            cpu_from, wall_from = time.process_time_ns(), time.perf_counter_ns()
            append(batch)
            wall[name].append(time.perf_counter_ns() - wall_from)
            cpu[name] += time.process_time_ns() - cpu_from
    journal.close()
    return {
        name: {
            "records_per_s": round(batches * size / (sum(times) / 1e9)),
            "cpu_us_per_record": round(cpu[name] / 1000 / batches / size, 2),
            "batch_us_p50": round(sorted(times)[len(times) // 2] / 1000),
            "batch_us_p99": round(sorted(times)[len(times) * 99 // 100] / 1000),
        }
        for name, times in wall.items()
    }


def read(folder: Path, *, form: bool) -> int:
    """Return how many records a second of CPU time the verifier judges."""
    started = time.process_time()
    report = verify(folder / "journal", form=form)
    if not report.ok:
        raise SystemExit(f"the journal just written is not sound: {report.faults[0]}")
    return round(report.records / (time.process_time() - started))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--batches", type=int, default=1000, help="batches of each size")
    arguments.add_argument("--folder", type=Path, help="where to write; the disk that is measured")
    asked = arguments.parse_args()
    result: dict[str, Any] = {"bench": "journal", "python": platform.python_version()}
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        for size in (1, 10, 100):
            folder = Path(name) / str(size)
            folder.mkdir()
            result[f"batch_{size}"] = measure(folder, size, asked.batches)
        largest = Path(name) / "100"
        result["verify_records_per_cpu_s"] = read(largest, form=False)
        result["verify_with_form_records_per_cpu_s"] = read(largest, form=True)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
