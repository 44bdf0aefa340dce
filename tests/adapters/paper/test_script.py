"""Scripts: what a paper broker is told to do."""

import pytest

from adapters.paper.script import Script, Step, Word, script_of, steps_of
from domain.fixed import NANO, Price, Quantity


def test_a_script_is_read() -> None:
    text = "paper: ack, fill 60@15.5, correct 1 50@15 / cancel: refuse too late / replace: silent"
    assert script_of(text) == Script(
        (
            Step(word=Word.ACK),
            Step(word=Word.FILL, quantity=Quantity(60 * NANO), price=Price(15_500_000_000)),
            Step(
                word=Word.CORRECT,
                trade=1,
                quantity=Quantity(50 * NANO),
                price=Price(15 * NANO),
            ),
        ),
        (Step(word=Word.REFUSE, text="too late"),),
        (Step(word=Word.SILENT),),
    )


def test_any_other_text_is_no_script() -> None:
    assert script_of("buy carefully") is None


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ("dance", "`dance` is no step"),
        ("", "`` is no step"),
        ("bust", "`bust`: wanted the number of a trade"),
        ("bust 0", "`bust 0`: wanted the number of a trade"),
        ("ack 5", "`ack 5`: `5` does not belong behind `ack`"),
        ("fill some", "`fill some`: `some` does not belong behind `fill`"),
        ("restate", "`restate`: wanted a quantity"),
        ("correct 1 @5", "`correct 1 @5`: wanted a quantity"),
        ("fill 1.2.3", "`1.2.3` is not a plain decimal"),
    ],
)
def test_a_step_that_is_none_is_refused(steps: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault.replace("(", r"\(").replace(".", r"\.")):
        steps_of(steps)


@pytest.mark.parametrize(
    "text",
    ["paper: ack / dance: ack", "paper: ack / cancel", "paper: ack / cancel: ack / cancel: ack"],
)
def test_a_part_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="wanted `cancel: …` or `replace: …`"):
        script_of(text)
