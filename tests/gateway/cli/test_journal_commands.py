"""`verify`, `replay`, `tail` and `order` on a real journal, whole and damaged."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from audit.reader import Reader

Ran = Callable[..., Result]


def damage(journal: Path) -> None:
    """Change one digit of a recorded quantity."""
    (segment,) = (journal / "segments").iterdir()
    text = segment.read_bytes()
    assert b'"quantity":"5000"' in text
    segment.write_bytes(text.replace(b'"quantity":"5000"', b'"quantity":"6000"', 1))


def test_a_whole_journal_is_verified(journal: Path, run: Ran) -> None:
    key = journal.parent / "key.pem.pub"
    result = run("verify", journal, "--key", key)
    assert result.exit_code == 0
    assert "14 records" in result.stdout
    assert "the journal is whole" in result.stdout
    assert run("verify", journal, "--key", key.read_text()).exit_code == 0

    report = json.loads(run("verify", journal, "--json").stdout)
    assert (report["ok"], report["records"], report["objects"]) == (True, 14, 2)
    assert "whose key signed" in report["unchecked"][0]


def test_a_damaged_journal_is_told_with_the_place(journal: Path, run: Ran) -> None:
    damage(journal)
    result = run("verify", journal)
    assert result.exit_code == 1
    assert "segments/0000000000000000.seg:" in result.stdout
    assert "record 8 and its link do not belong together" in result.stdout
    assert json.loads(run("verify", journal, "--json").stdout)["ok"] is False


def test_a_key_that_is_none_is_not_understood(journal: Path, run: Ran) -> None:
    result = run("verify", journal, "--key", "nonsense")
    assert result.exit_code == 2
    assert "not an Ed25519 key" in result.stderr


def test_replay_finds_every_outcome_the_same(journal: Path, run: Ran) -> None:
    result = run("replay", journal)
    assert result.exit_code == 0
    assert "every outcome is the recorded one" in result.stdout

    told = json.loads(run("replay", journal, "--json").stdout)
    assert (told["records"], told["difference"]) == (14, None)
    assert (told["orders"], told["working"]) == (2, 0)
    early = json.loads(run("replay", journal, "--to", "7", "--json").stdout)
    assert (early["records"], early["orders"], early["working"]) == (8, 1, 1)
    assert early["state"] != told["state"]


def test_replay_tells_where_it_would_decide_otherwise(
    journal: Path, run: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later version with another wording: the record with the finding is the first to differ."""
    monkeypatch.setattr("gateway.desk_side.denial_text", lambda _: "no")
    told = json.loads(run("replay", journal, "--json").stdout)
    assert told["difference"]["record"] == 8
    assert '"text":"no"' in told["difference"]["decided"]
    result = run("replay", journal)
    assert result.exit_code == 1
    assert "record 8 would be decided differently now" in result.stdout


def test_replay_of_damage_has_no_answer(journal: Path, run: Ran) -> None:
    damage(journal)
    result = run("replay", journal)
    assert result.exit_code == 3
    assert "error: segments/0000000000000000.seg:" in result.stderr


def test_tail_says_what_happened_and_what_came_of_it(journal: Path, run: Ran) -> None:
    lines = run("tail", journal).stdout.splitlines()
    wanted = [
        "ALPHA asks for `1`: buy 100 IBM limit 100 day, account A1",
        "G5 allow SendOrder to NORTH",
        "NORTH reports on G5: trade 40 at 100 (filled 40, leaves 60)",
        "ALPHA asks for `2`: buy 5000 IBM limit 100 day, account A1",
        "G8 deny 39=8 to ALPHA",
        "deny   test.size: order for 5000 is over the 1000 one order may",
        "warn   test.value: ",
        "warn   test.watch: order for 5000 is over the 4999 one order may (silent)",
        "ALPHA sent message 9 that cannot be read: OrderQty (38) is missing",
        "ALPHA asks to cancel `1` by `C1`",
        "ann sets desk:cash halted and cancels what works there: [bold]fire[/bold] drill",
        "G8 deny repeat 39=8 to ALPHA",
    ]
    found = iter(lines)
    for words in wanted:
        assert any(words in line for line in found), words


def test_tail_shows_the_newest_and_only_what_is_asked_for(journal: Path, run: Ran) -> None:
    def seqs(*words: object) -> list[int]:
        told = run("tail", journal, "--json", *words).stdout.splitlines()
        return [json.loads(line)["seq"] for line in told]

    assert seqs() == [*range(14)]
    assert seqs("-n", 0) == [*range(14)]
    assert seqs("-n", 2) == [12, 13]
    assert seqs("--denied") == [8, 13]
    assert seqs("--silent") == [8, 13]
    assert seqs("--silent", "--order", "G5") == []
    assert seqs("--order", "G5") == [5, 6, 7, 10, 11]
    assert seqs("--session", "BETA") == []
    assert seqs("--session", "ALPHA", "-n", "3") == [10, 11, 13]


def test_tail_gives_programs_the_very_bytes(journal: Path, run: Ran) -> None:
    records = [record.body for record in Reader.open(journal).records()]
    assert run("tail", journal, "--json", "-n", 0).stdout_bytes.splitlines() == records


def test_an_order_tells_its_life(journal: Path, run: Ran) -> None:
    result = run("order", journal, "G5")
    assert result.exit_code == 0
    first, second, *rest = result.stdout.splitlines()
    assert first == "G5 buy 100 IBM limit 100 day, account A1"
    assert second == "`1` of ALPHA: allow, canceled, filled 40, leaves 0, average 100, at NORTH"
    assert "asks to cancel `1`" in "\n".join(rest)

    told = json.loads(run("order", journal, "1", "--session", "ALPHA", "--json").stdout)
    assert (told["order_id"], told["status"]) == ("G5", "canceled")
    assert [record["seq"] for record in told["records"]] == [5, 6, 7, 10, 11]


def test_a_denied_order_tells_every_finding(journal: Path, run: Ran) -> None:
    told = json.loads(run("order", journal, "G8", "--json").stdout)
    findings = told["records"][0]["outcome"]["decision"]["findings"]
    assert [finding["rule"] for finding in findings] == ["test.size", "test.value", "test.watch"]


def test_an_order_nobody_knows_is_told_so(journal: Path, run: Ran) -> None:
    assert run("order", journal, "G99").exit_code == 1
    result = run("order", journal, "7", "--session", "ALPHA")
    assert result.exit_code == 1
    assert "no order `7` of session `ALPHA` is in the journal" in result.stderr


@pytest.mark.parametrize("words", [("verify",), ("replay",), ("tail",), ("order", "G1")])
def test_where_there_is_no_journal_there_is_no_answer(
    tmp_path: Path, run: Ran, words: tuple[str, ...]
) -> None:
    command, *rest = words
    result = run(command, tmp_path, *rest)
    assert (result.exit_code, result.stdout.count("\n") > 3) == (
        (1, True) if command == "verify" else (3, False)
    )
