"""The watchdog, with a gateway that wedges: each program is real, and none is this one."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("quickfix", reason="quickfix is not installed")

from adapters.fix.watchdog import Watchdog, WatchSettings
from tests.acceptance.transcript import free_port

pytestmark = pytest.mark.fix

INWARD, OUTWARD = free_port(), free_port()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.fix.wedging", tmp_path, str(INWARD), str(OUTWARD)],
        cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        yield program
        program.kill()


def watching(gateway: "subprocess.Popen[str]") -> WatchSettings:
    return WatchSettings(
        pid=gateway.pid,
        inward_port=INWARD,
        outward_port=OUTWARD,
        interval_s=0.1,
        patience_s=1.5,
    )


def tell(gateway: "subprocess.Popen[str]", line: str) -> None:
    assert gateway.stdin is not None
    gateway.stdin.write(f"{line}\n")
    gateway.stdin.flush()


def lives_on(gateway: "subprocess.Popen[str]", for_s: float) -> bool:
    try:
        gateway.wait(for_s)
    except subprocess.TimeoutExpired:
        return True
    return False


@pytest.mark.parametrize("wedge", ["hold the interpreter", "hold the dialler"])
def test_a_wedged_gateway_is_ended_and_says_where_it_stood(
    gateway: "subprocess.Popen[str]", wedge: str
) -> None:
    with Watchdog(watching(gateway)):
        assert lives_on(gateway, 2.5)  # more than the patience: both sides are armed
        tell(gateway, wedge)
        assert gateway.wait(20) == -signal.SIGABRT
    assert gateway.stderr is not None
    assert "most recent call first" in gateway.stderr.read()


def test_a_wedge_is_not_noticed_without_a_watchdog(gateway: "subprocess.Popen[str]") -> None:
    tell(gateway, "hold the interpreter")
    assert lives_on(gateway, 2.0)


def test_a_watchdog_that_is_called_off_leaves_the_gateway_alone(
    gateway: "subprocess.Popen[str]",
) -> None:
    with Watchdog(watching(gateway)) as watchdog:
        assert watchdog.is_at_work()
    assert lives_on(gateway, 2.0)


def test_a_watchdog_goes_when_the_gateway_has_gone(gateway: "subprocess.Popen[str]") -> None:
    with Watchdog(watching(gateway)) as watchdog:
        gateway.kill()
        assert watchdog._process.wait(10) == 0


def test_a_watchdog_for_nobody_does_not_start() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    with pytest.raises(OSError, match=r"does not start.*No such process"):
        Watchdog(WatchSettings(pid=gone.pid))
