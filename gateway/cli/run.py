"""`ordergate run` and `api`: the two processes of a gate, until they are told to stop."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from gateway.cli.answers import Ending, answering, complaints, end
from gateway.cli.check import read_all

SettingsFile = Annotated[Path, typer.Argument(metavar="SETTINGS", help="The settings file.")]


def run(settings: SettingsFile) -> None:
    """Run a gate: recover the journal, open the doors, judge orders until SIGINT or SIGTERM.

    Settings, facts and policy are read whole before anything is opened; their faults end it with 1.
    A fault of the running gate silences it, drops its links, and ends it with 3.
    """
    # quickfix and a second of start belong to the gate, not to every command.
    from gateway import running  # noqa: PLC0415

    _log()
    with answering():
        read, reference = read_all(settings, secrets_of={"fix"})
        end(Ending(running.run(read, reference)))


def api(settings: SettingsFile) -> None:
    """Serve the REST door of a running gate, beside it, until SIGINT or SIGTERM."""
    from gateway.api.serve import NotLoopback, serve  # noqa: PLC0415

    _log()
    with answering():
        read, _ = read_all(settings, secrets_of={"api"})
        try:
            serve(read)
        except NotLoopback as fault:
            complaints.print(f"{settings}: {fault}", markup=False)
            end(Ending.NO)


def _log() -> None:
    """Log to standard error, a line of key=value pairs each; in colours for a person."""
    person = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer()
            if person
            else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
