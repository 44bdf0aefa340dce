"""Order flow by transcripts: a desk's conversation with the gate, written down and played.

The gate is the real one, journal and all, with a desk's session in each version and a paper broker
on 4.4 behind it, each a process of its own. What the broker does with an order, the order itself
says in its text (58). Every transcript uses ClOrdIDs of its own, because a gate never forgets one.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.transcript import free_port, play, read_patterns

ROOT = Path(__file__).parents[2]
FLOW = Path(__file__).parent / "order_flow"
SCRIPTS = sorted(FLOW.glob("*.def"))

pytestmark = pytest.mark.fix


@contextmanager
def program(says: str, *arguments: str) -> Iterator[None]:
    """A program of ours, from when it says a word until it has ended in good order."""
    with subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert says in iter(lambda: process.stdout.readline().rstrip(), "")  # type: ignore[union-attr]
        yield
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port at which the gate's desks log on."""
    pytest.importorskip("quickfix", reason="quickfix is not installed")
    folder = tmp_path_factory.mktemp("house")
    desks, broker = free_port(), free_port()
    text = (FLOW / "ordergate.yaml").read_text()
    text = text.replace("inner_ports: 1", f"inner_ports: {desks}")
    (folder / "ordergate.yaml").write_text(text.replace("port: 1", f"port: {broker}"))
    for name in ("facts.yaml", "policy.yaml"):
        (folder / name).write_text((FLOW / name).read_text())
    session = {"name": "x", "version": "FIX.4.4", "ours": "PAPER", "theirs": "GATE"}
    paper = {"folder": str(folder / "paper"), "sessions": [{**session, "port": broker}]}
    (folder / "paper.json").write_text(json.dumps(paper))
    with (
        program("ready", "adapters.paper", "--detached", "--config", str(folder / "paper.json")),
        program("open", "tests.acceptance.house", str(folder / "ordergate.yaml")),
    ):
        yield desks


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_gate_keeps_to_the_script(script: Path, gate: int) -> None:
    play(script, ("127.0.0.1", gate), read_patterns(FLOW / "fields.fmt"))
