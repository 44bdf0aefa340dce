"""A gateway that wedges when told to: `python -m tests.adapters.fix.wedging STORE INWARD OUTWARD`.

It runs an engine with the watchdog's two sessions, says `ready`, and does what a line of its
standard input says.
"""

import ctypes
import faulthandler
import sys
import threading
from pathlib import Path

from adapters.fix.engine import QuickfixEngine, _Application
from adapters.fix.sessions import EngineSettings
from adapters.fix.watchdog import WatchSettings, sessions_for
from tests.adapters.fix.peer import Recorder


def hold_the_interpreter() -> None:
    """Sleep in C without giving the interpreter's lock away, as a wedged quickfix does."""
    ctypes.PyDLL(None).sleep(600)


def hold_the_dialler() -> None:
    """Let the thread of the initiator wait for ever, as on a lock taken twice."""
    answer = _Application.fromAdmin

    def stuck(self: _Application, message: object, session_id: object) -> None:
        if "WATCHED-DIAL->" in session_id.toString():  # type: ignore[attr-defined]
            threading.Event().wait()
        answer(self, message, session_id)

    _Application.fromAdmin = stuck  # type: ignore[method-assign]


def main() -> None:
    faulthandler.enable()
    store, inward, outward = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    watched = WatchSettings(pid=0, inward_port=inward, outward_port=outward)
    settings = EngineSettings(sessions=sessions_for(watched), store=store)
    engine = QuickfixEngine(settings, Recorder())
    engine.start()
    print("ready", flush=True)
    for line in sys.stdin:
        {"interpreter": hold_the_interpreter, "dialler": hold_the_dialler}[line.split()[-1]]()
    engine.stop()


if __name__ == "__main__":
    main()
