"""How commands answer: exit codes, screens, and what becomes of what goes wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from audit.errors import JournalError
from gateway.local_door import DoorRefused
from gateway.records import RecordUnreadable
from rules.fault import Faults


class Ending(IntEnum):
    """Exit codes; docs/reference/cli.md tells them."""

    YES = 0
    NO = 1
    MISUNDERSTOOD = 2
    NO_ANSWER = 3


screen = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]


def end(ending: Ending) -> NoReturn:
    """End the command."""
    raise typer.Exit(ending)


def show_json(value: object) -> None:
    """Write one JSON document on a line."""
    typer.echo(json.dumps(value, ensure_ascii=False))


@contextmanager
def answering() -> Iterator[None]:
    """Turn what keeps a question from being answered into a sentence and an exit code.

    Faults of what people wrote are an answer: no. A file, a journal or a gate that cannot be read
    is none.
    """
    try:
        yield
    except Faults as refusal:
        for fault in refusal.faults:
            complaints.print(str(fault), markup=False)
        end(Ending.NO)
    except BrokenPipeError:
        raise  # whoever read us has seen enough: click ends quietly
    except (OSError, JournalError, RecordUnreadable, DoorRefused) as fault:
        complaints.print(f"[red]error:[/red] {escape(said_of(fault))}")
        end(Ending.NO_ANSWER)


def said_of(fault: Exception) -> str:
    """Say what went wrong as a sentence; the system's own errors name their file."""
    if isinstance(fault, OSError) and fault.strerror is not None:
        name = "" if fault.filename is None else f"`{fault.filename}`: "
        return f"{name}{fault.strerror.lower()}"
    return str(fault)
