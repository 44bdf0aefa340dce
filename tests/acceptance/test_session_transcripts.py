"""The field's session transcripts, all of them, against our own acceptor.

The scripts are not ours to ship; they are read from beside the repository when they are there.
Scripts of one version share a session, so they are played one after the other, against an acceptor
that is a program of its own. The versions, and the scripts that wait half a minute for heartbeats,
run at the same time, each against another: when several peers reconnect to one quickfix at once, it
may drop a new connection (see `adapters/fix/doorway.py`), and these scripts do not try again.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path

import pytest

from tests.acceptance.transcript import free_port, play, read_patterns

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT.parent / "shared" / "fix-acceptance"
PLAYED = sorted(SCRIPTS.glob("fix*/*.def"))
PATIENT = {"6_SendTestRequest.def"}

pytestmark = [
    pytest.mark.fix,
    pytest.mark.skipif(not PLAYED, reason="`../shared/fix-acceptance` is not there"),
]


def lane(script: Path) -> tuple[bool, str]:
    """Scripts of one lane are played one after the other."""
    return script.name in PATIENT, script.parent.name


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[Path, Future[None]]]:
    """Start playing the selected scripts; each test waits for its own."""
    pytest.importorskip("quickfix", reason="quickfix is not installed")
    selected = [
        script
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module is request.module
        if isinstance(script := item.callspec.params["script"], Path)
    ]
    outcome: dict[Path, Future[None]] = {script: Future() for script in selected}
    with ExitStack() as stack:
        for _, scripts in groupby(sorted(selected, key=lane), key=lane):
            port = stack.enter_context(acceptor(tmp_path_factory.mktemp("store")))
            work = list(scripts), port, outcome
            player = threading.Thread(target=play_all, args=work)
            player.start()
            stack.callback(player.join)
        yield outcome


@contextmanager
def acceptor(store: Path) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "tests.acceptance.echo", str(port), str(store)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        yield port
        said, _ = program.communicate()  # closes its input, which ends it
    assert said == ""


def play_all(scripts: Sequence[Path], port: int, outcome: Mapping[Path, Future[None]]) -> None:
    patterns = read_patterns(SCRIPTS / "fields.fmt")
    for script in scripts:
        try:
            play(script, ("127.0.0.1", port), patterns)
        except BaseException as departure:  # noqa: BLE001 - raised again by the test that asks
            outcome[script].set_exception(departure)
        else:
            outcome[script].set_result(None)


@pytest.mark.parametrize("script", PLAYED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_acceptor_keeps_to_the_script(
    script: Path, outcomes: Mapping[Path, Future[None]]
) -> None:
    outcomes[script].result(timeout=90)
