"""`ordergate check`: read what people wrote, try it, and say everything that is wrong with it."""

import os
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Annotated

import typer

from adapters.facts.load import read_facts
from domain.reference import Reference
from gateway.cli.answers import AsJson, Ending, answering, end, screen, show_json
from gateway.settings import PARTS, Settings, read_settings
from rules.fault import Fault, Faults
from rules.parse import parse_policy
from rules.policy import Policy
from rules.trial import Trial, read_trials
from rules.trial import run as try_out


def check(
    policies: Annotated[
        list[Path] | None, typer.Argument(help="Policies to read.", show_default=False)
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(help="Reference facts: names a policy uses must be known there."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(help="Settings, with the policy and the facts they name."),
    ] = None,
    trials: Annotated[
        list[Path] | None,
        typer.Option(help="Trials: orders to put to each policy, with the answers wanted."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Read policies, facts or settings, and tell every fault as file:line:column.

    With --facts, names and currencies in a policy that the facts do not know are faults too.
    With --trials each policy must answer as they want. Secrets that settings take from the
    environment are not asked for.
    """
    if not policies and facts is None and settings is None and not trials:
        raise typer.BadParameter("nothing to read: name a policy, --facts, --settings or --trials")
    gathered = Gathered()
    read: list[str] = []
    sound: list[Policy] = []
    tried: list[Trial] = []
    with answering():
        reference: Reference | None = None
        if facts is not None:
            with gathered:
                reference = read_facts(facts)
            read.append(str(facts))
        for path in policies or ():
            with gathered:
                sound.append(parse_policy(path.read_bytes(), file=str(path), reference=reference))
            read.append(str(path))
        for path in trials or ():
            with gathered:
                tried += read_trials(path.read_bytes(), file=str(path))
            read.append(str(path))
        if settings is not None:
            with gathered:
                read_all(settings, secrets_of=())
            read.append(str(settings))
    differences = [] if gathered.faults else list(_differences(tried, sound))
    _tell(gathered.faults, differences, read, as_json=as_json)
    end(Ending.NO if gathered.faults or differences else Ending.YES)


class Gathered:
    """Faults gathered from several readings, each under `with`."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def __enter__(self) -> None:
        """Begin a reading."""

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> bool:
        """Keep faults; let anything else through."""
        if isinstance(fault, Faults):
            self.faults += fault.faults
            return True
        return False


def read_all(path: Path, *, secrets_of: Container[str] = PARTS) -> tuple[Settings, Reference]:
    """Read settings with the facts and the policy they name, all held against each other.

    Raises
    ------
    OSError, Faults
        With the faults of all three.
    """
    settings = read_settings(path, environ=os.environ, secrets_of=secrets_of)
    gathered = Gathered()
    reference: Reference | None = None
    with gathered:
        reference = read_facts(settings.facts)
    with gathered:
        parse_policy(settings.policy.read_bytes(), file=str(settings.policy), reference=reference)
    with gathered:
        read_settings(path, environ=os.environ, reference=reference, secrets_of=secrets_of)
    if gathered.faults or reference is None:
        raise Faults(gathered.faults)
    return settings, reference


def _differences(trials: list[Trial], policies: list[Policy]) -> Iterator[str]:
    """Put every trial to every policy; one that brings its own rules is judged by those."""
    for trial in trials:
        if trial.policy is not None:
            yield from (f"{trial.name}: {said}" for said in try_out(trial))
        elif not policies:
            yield f"{trial.name}: brings no rules, and no policy is named to be tried"
        for policy in () if trial.policy is not None else policies:
            yield from (f"{policy.name}: {trial.name}: {said}" for said in try_out(trial, policy))


def _tell(faults: list[Fault], differences: list[str], read: list[str], *, as_json: bool) -> None:
    if as_json:
        told = [
            {"file": one.file, "line": one.line, "column": one.column, "text": one.text}
            for one in faults
        ]
        show_json({"read": read, "faults": told, "differences": differences})
        return
    for fault in faults:
        screen.print(str(fault), markup=False)
    for said in differences:
        screen.print(said, markup=False)
    if not faults and not differences:
        screen.print(f"[green]no faults[/green] in {', '.join(read)}")
