"""Reading reference facts in a process of its own.

Twenty thousand instruments are two seconds of work, an exchange's calendar one more. In the gate's
own process an order would have to wait, again and again, for that work to let go of the
interpreter; so another process reads, at a lower priority:

    python -m gateway.reading_apart FILE

It says on its standard output, in a line of JSON, which files it read and what is wrong with them;
where nothing is, the facts follow as canonical JSON. When it fails itself, its last words are on
standard error.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from adapters.facts.load import files_of, read_facts
from gateway.records import write_reference
from rules.fault import Faults

PATIENCE_S = 300.0
"""A drive that does not answer must not keep later readings waiting for ever."""

PRIORITY = 10
"""How much nicer than the gate the reading process is."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a reading came to: the files it was of, and faults, or else facts as canonical JSON."""

    files: tuple[str, ...]
    faults: tuple[str, ...] = ()
    facts: bytes = b""


def read_here(path: Path) -> Found:
    """Read a file of facts with its tables."""
    files = tuple(map(str, files_of(path)))
    try:
        return Found(files=files, facts=write_reference(read_facts(path)))
    except Faults as refusal:
        return Found(files=files, faults=tuple(map(str, refusal.faults)))
    except OSError as fault:
        return Found(files=files, faults=(f"{path}: {fault.strerror or fault}",))


def read_apart(path: Path) -> Found:
    """Do the same in another process; that it failed is a fault too."""
    command = [sys.executable, "-m", "gateway.reading_apart", str(path.absolute())]
    try:
        done = subprocess.run(  # noqa: S603 (ourselves)
            command,
            cwd=Path(__file__).parents[1],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
    except subprocess.TimeoutExpired:
        said = f"not read within {PATIENCE_S:.0f} seconds"
    except subprocess.CalledProcessError as failure:
        words = failure.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        said = f"the reading process ended with {failure.returncode}: {words}"
    except OSError as fault:
        said = f"no process to read it: {fault.strerror or fault}"
    else:
        head, _, facts = done.stdout.partition(b"\n")
        return msgspec.structs.replace(msgspec.json.decode(head, type=Found), facts=facts)
    return Found(files=(str(path),), faults=(f"{path}: {said}",))


def main(path: Path) -> None:
    """Read, and say what was found."""
    os.nice(PRIORITY)
    found = read_here(path)
    head = msgspec.json.encode(msgspec.structs.replace(found, facts=b""))
    sys.stdout.buffer.write(head + b"\n" + found.facts)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
