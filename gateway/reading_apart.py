"""Reading reference facts in a process of its own.

Twenty thousand instruments are two seconds of work, an exchange's calendar one more. In the gate's
own process an order would have to wait, again and again, for that work to let go of the
interpreter; so another process reads, at a lower priority, and hands back the canonical text:

    python -m gateway.reading_apart FILE

It ends with 0 and the facts on its standard output, with 3 and the faults as JSON, or with 4 and
why the file cannot be read. Anything else is a failure, whose last words are on standard error; 1
and 2 are Python's own.
"""

import json
import os
import subprocess
import sys
from enum import IntEnum
from pathlib import Path

from adapters.facts.load import read_facts
from gateway.records import write_reference
from rules.fault import Fault, Faults


class Ending(IntEnum):
    """How the process ends."""

    READ = 0
    FAULTY = 3
    UNREADABLE = 4


PATIENCE_S = 300.0
"""A drive that does not answer must not keep later readings waiting for ever."""

PRIORITY = 10
"""How much nicer than the gate the reading process is."""


def read_here(path: Path) -> bytes:
    """Read facts as canonical JSON.

    Raises
    ------
    OSError
        If the file cannot be read.
    Faults
        With everything that is wrong, in it and in its tables.
    """
    return write_reference(read_facts(path))


def read_apart(path: Path) -> bytes:
    """Do the same in another process; OSError also when that fails."""
    command = [sys.executable, "-m", "gateway.reading_apart", str(path.absolute())]
    try:
        done = subprocess.run(  # noqa: S603 (ourselves)
            command,
            cwd=Path(__file__).parents[1],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"not read within {PATIENCE_S:.0f} seconds") from None
    match done.returncode:
        case Ending.READ:
            return done.stdout
        case Ending.FAULTY:
            raise Faults(Fault(*each) for each in json.loads(done.stdout))
        case Ending.UNREADABLE:
            raise OSError(done.stdout.decode())
        case code:
            words = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise OSError(f"the reading process ended with {code}: {words}")


def main(path: Path) -> int:
    """Read, tell, and say how it went."""
    os.nice(PRIORITY)
    try:
        told = read_here(path)
    except Faults as refusal:
        places = [(one.file, one.line, one.column, one.text) for one in refusal.faults]
        told, ending = json.dumps(places).encode(), Ending.FAULTY
    except OSError as fault:
        told, ending = str(fault.strerror or fault).encode(), Ending.UNREADABLE
    else:
        ending = Ending.READ
    sys.stdout.buffer.write(told)
    return ending


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
