"""Overrides, limits, acknowledgements, cancels, drills and alerts on the command line."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import Result

from domain.events import OrderAsked
from gateway.gate import Gate, Plan
from gateway.inbox import Inbox
from gateway.local_door import LocalCaller
from gateway.records import write_body
from tests.builders import order, quote, reference, shares
from tests.gateway.api.conftest import CREDIT, PEOPLE, PromptBroker
from tests.gateway.cli.conftest import POLICY

Ran = Callable[..., Result]


@pytest.fixture
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The door of a gate that knows people and a limit; two persons release."""
    folder = tmp_path_factory.mktemp("gate")
    (folder / "policy.yaml").write_bytes(POLICY)

    def links(inbox: Inbox, *_: object) -> PromptBroker:
        return PromptBroker(inbox)

    gate = Gate(
        Plan(
            journal=folder / "journal",
            key=folder / "key.pem",
            origin="test/gate",
            policy=folder / "policy.yaml",
            reference=reference(people=PEOPLE, limits=(CREDIT,), release_needs_two=True),
            door=folder / "gate.sock",
            links=links,
        )
    )
    with capture_logs():
        gate.start()
        yield folder / "gate.sock"
        gate.stop()


def asks(door: Path, name: str, count: int = 100) -> tuple[str, str]:
    """Ask for an order; give our name of it and the verdict."""
    caller = LocalCaller(door)
    body = OrderAsked(order=order(name, quantity=shares(count)), quote=quote())
    told = caller.ask({"event": json.loads(write_body(body))})
    caller.close()
    outcome = told["outcome"]
    assert isinstance(outcome, dict)
    return outcome["order_id"], outcome["decision"]["verdict"]


def test_two_persons_let_a_denied_order_pass(door: Path, run: Ran) -> None:
    name, verdict = asks(door, "1", 1_500)
    assert verdict == "deny"
    words = ("--reason", "by phone", "--door", door)
    result = run("override", "verify", name, "--by", "risk", "--for", "10m", *words)
    assert result.exit_code == 0
    assert f"verify of {name} stands since record" in result.stdout
    alone = run("override", "authorise", name, "--by", "risk", *words)
    assert alone.exit_code == 1
    assert "! override_is_not_given: `risk` is not of supervisor" in alone.stdout
    done = json.loads(run("override", "authorise", name, "--by", "boss", *words, "--json").stdout)
    assert (done["taken"], done["why"]) == (True, [])
    assert asks(door, "2", 1_500)[1] == "warn"
    assert asks(door, "3", 1_500)[1] == "deny"


def test_a_limit_is_set_shown_and_restored(door: Path, run: Ran) -> None:
    where = ("limit", "set", "credit", "firm:house")
    words = ("--by", "risk", "--reason", "new line", "--door", door)
    assert run(*where, "--hard", "900", "--soft", "800", "--for", "8h", *words).exit_code == 0
    shown = run("limits", "--door", door).stdout
    assert "900, warns at 800" in shown
    assert "by risk until" in shown
    assert "the facts say 500" in shown
    assert run("limit", "restore", *where[2:], *words).exit_code == 0
    (found,) = json.loads(run("limits", "--door", door, "--json").stdout)
    assert (found["hard"], found["soft"], found["changed_by"]) == ("500", None, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "credit", "firm:house"), "`set` wants --hard"),
        (("restore", "credit", "firm:house", "--hard", "1"), "`restore` takes no --hard"),
        (("set", "credit", "firm:house", "--hard", "1e3"), "1e3"),
        (("set", "credit", "house", "--hard", "1"), "`house` is not a scope"),
        (("set", "credit", "firm:house", "--hard", "1", "--for", "soon"), "`soon`"),
    ],
)
def test_a_limit_that_is_misspelt_is_not_understood(
    words: tuple[str, ...], said: str, tmp_path: Path, run: Ran
) -> None:
    result = run("limit", *words, "--reason", "x", "--door", tmp_path / "gate.sock")
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", "").split())


def test_a_warning_is_acknowledged(door: Path, run: Ran) -> None:
    words = ("--instrument", "IBM", "--text", "told, insists", "--by", "ann", "--door", door)
    result = run("acknowledge", "cost", "costs_are_high", "--account", "A1", *words)
    assert result.exit_code == 0
    unknown = run("acknowledge", "cost", "costs_are_high", "--account", "X", *words)
    assert unknown.exit_code == 1
    assert "no account is called `X`" in unknown.stdout


def test_one_order_is_cancelled_by_its_name(door: Path, run: Ran) -> None:
    name, _ = asks(door, "1")
    words = ("--reason", "wrong account", "--door", door)
    result = run("cancel", f"order:{name}", *words)
    assert result.exit_code == 0
    assert "1 cancels sent" in result.stdout
    assert "all confirmed after" in result.stdout
    again = run("cancel", f"order:{name}", *words)
    assert again.exit_code == 1
    assert "! cancel_is_of_no_working_order" in again.stdout
    assert "1 orders in" in run("state", "--door", door).stdout


def test_a_drill_shows_what_would_be_cancelled(door: Path, run: Ran) -> None:
    names = [asks(door, name)[0] for name in ("1", "2")]
    words = ("halt", "firm:house", "--drill", "--reason", "yearly test", "--door", door)
    shown = run(*words)
    assert shown.exit_code == 0
    assert "drill: 2 orders would be cancelled in firm:house; nothing was changed" in shown.stdout
    assert "2 of session ALPHA at NORTH" in shown.stdout
    told = json.loads(run(*words, "--json").stdout)
    assert [row["orders"] for row in told["would_cancel"]] == [names]
    assert json.loads(run("state", "--door", door, "--json").stdout)["working"] == 2


def test_a_release_waits_for_the_second_person(door: Path, run: Ran) -> None:
    run("halt", "desk:cash", "--reason", "x", "--door", door)
    first = run("resume", "desk:cash", "--by", "risk", "--door", door)
    assert first.exit_code == 1
    assert "! release_waits_for_second_person" in first.stdout
    assert "desk:cash active, proposed by risk until" in run("state", "--door", door).stdout
    again = json.loads(run("resume", "desk:cash", "--by", "risk", "--door", door, "--json").stdout)
    assert again["state"] is None
    assert run("resume", "desk:cash", "--by", "boss", "--door", door).exit_code == 0


def test_alerts_are_read_from_the_journal(journal: Path, run: Ran) -> None:
    shown = run("alerts", journal)
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.stdout.splitlines()] == ["8", "12"]
    assert "order_is_denied" in shown.stdout
    (newest,) = run("alerts", journal, "-n", "1", "--json").stdout.splitlines()
    told = json.loads(newest)
    assert (told["record"], told["urgency"], told["what"]) == (
        12,
        "warning",
        "trading_state_is_set",
    )
    assert run("alerts", journal, "--urgency", "alarm").stdout == ""
