"""Every kind can be named, and every way it says no can be looked up."""

import inspect
import re
from collections import defaultdict
from pathlib import Path

import rules.kinds
from rules.house import HOUSE
from rules.registry import KINDS

ALL = [*KINDS.values(), *(kind for kind, _ in HOUSE)]


def test_a_kind_is_called_as_its_module_is_and_none_is_left_out() -> None:
    folder = Path(next(iter(rules.kinds.__path__)))
    modules = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    assert modules == set(KINDS)
    assert {kind.name for kind in KINDS.values()} == {
        type(kind).__module__.rpartition(".")[2] for kind in KINDS.values()
    }


def test_every_kind_says_in_a_sentence_what_it_asks() -> None:
    assert [kind.name for kind in ALL if not (inspect.getdoc(kind) or "").endswith(".")] == []


def test_a_reason_is_an_identifier_with_one_meaning() -> None:
    meanings = defaultdict(set)
    for kind in ALL:
        assert kind.reasons, kind.name
        for reason in kind.reasons:
            assert re.fullmatch(r"[a-z]+(_[a-z]+)+", reason.name)
            assert reason.meaning
            assert not reason.meaning.endswith(".")
            meanings[reason.name].add((reason.meaning, reason.fix))
    assert [name for name, said in meanings.items() if len(said) > 1] == []
