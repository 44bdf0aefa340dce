"""The lifecycle table as a page: the same rows the gate uses, drawn."""

from collections.abc import Iterator
from inspect import getdoc

from domain import lifecycle
from domain.lifecycle import ENDED, TRANSITIONS, ExecType, Status

_COLUMNS = tuple(
    kind
    for kind in ExecType
    if any(row[1] is kind for row in TRANSITIONS)
    and kind not in {ExecType.PENDING_CANCEL, ExecType.PENDING_REPLACE}
)


def lifecycle_page() -> Iterator[str]:
    """Write the page, line by line."""
    yield from ("# The lifecycle of an order", "")
    yield "Rows are what an order is, columns what its broker reports (FIX 150). A blank is a"
    yield "surprise: recorded, and the status stays. Trades, corrections and busts (F, G, H) decide"
    yield "by amounts."
    yield from ("", "```mermaid", "stateDiagram-v2")
    yield "    [*] --> PENDING_NEW: accepted"
    yield "    [*] --> DENIED: denied"
    for (status, kind), after in TRANSITIONS.items():
        if after is not status:
            yield f"    {status.name} --> {after.name}: {kind.name.lower()}"
    for status in Status:
        if status in {Status.PENDING_NEW, Status.NEW, Status.PARTIALLY_FILLED}:
            yield f"    {status.name} --> FILLED: last fill"
    for status in (Status.PENDING_NEW, Status.NEW):
        yield f"    {status.name} --> PARTIALLY_FILLED: fill"
    for status in sorted(ENDED, key=lambda ended: ended.name):
        yield f"    {status.name} --> [*]"
    yield from ("```", "")
    yield "| | " + " | ".join(kind.name.lower().replace("_", " ") for kind in _COLUMNS) + " |"
    yield "|---" * (len(_COLUMNS) + 1) + "|"
    for status in Status:
        cells = [
            "" if after is None else after.name
            for after in (lifecycle.after(status, kind) for kind in _COLUMNS)
        ]
        yield f"| **{status.name}** | " + " | ".join(cells) + " |"
    yield from ("", "```text", getdoc(lifecycle) or "", "```", "")
