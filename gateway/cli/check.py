"""`ordergate check`: read what people wrote, and say everything that is wrong with it."""

import os
from collections.abc import Container
from pathlib import Path
from typing import Annotated

import typer

from adapters.facts.load import read_facts
from domain.reference import Reference
from gateway.cli.answers import AsJson, Ending, answering, end, screen, show_json
from gateway.cli.beside import ENDING
from gateway.settings import PARTS, Settings, read_settings
from rules.fault import Fault, Faults
from rules.parse import parse_policy
from rules.trial import read_trials


def check(
    policies: Annotated[
        list[Path] | None,
        typer.Argument(help="Policies to read, and trials of policies.", show_default=False),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(help="Reference facts: names a policy uses must be known there."),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(help="Settings, with the policy and the facts they name."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Read policies, facts or settings, and tell every fault as file:line:column.

    With --facts, names and currencies in a policy that the facts do not know are faults too. A
    file called NAME.trials.yaml is read as trials; `policy test` puts them to a policy. Secrets
    that settings take from the environment are not asked for.
    """
    if not policies and facts is None and settings is None:
        raise typer.BadParameter("nothing to read: name a policy, --facts or --settings")
    gathered = Gathered()
    read: list[str] = []
    with answering():
        reference: Reference | None = None
        if facts is not None:
            with gathered:
                reference = read_facts(facts)
            read.append(str(facts))
        for path in policies or ():
            with gathered:
                if path.name.endswith(ENDING):
                    read_trials(path.read_bytes(), file=str(path))
                else:
                    parse_policy(path.read_bytes(), file=str(path), reference=reference)
            read.append(str(path))
        if settings is not None:
            with gathered:
                read_all(settings, secrets_of=())
            read.append(str(settings))
    _tell(gathered.faults, read, as_json=as_json)
    end(Ending.NO if gathered.faults else Ending.YES)


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


def _tell(faults: list[Fault], read: list[str], *, as_json: bool) -> None:
    if as_json:
        told = [
            {"file": one.file, "line": one.line, "column": one.column, "text": one.text}
            for one in faults
        ]
        show_json({"read": read, "faults": told})
        return
    for fault in faults:
        screen.print(str(fault), markup=False)
    if not faults:
        screen.print(f"[green]no faults[/green] in {', '.join(read)}")
