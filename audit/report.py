"""What a verifier says of a journal: its faults with their places, and what it could not judge."""

from dataclasses import asdict, dataclass
from typing import Any

from audit.errors import Place


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written."""

    place: Place
    kind: str
    """One of the words that docs/formats/journal.md explains."""
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}: {self.text}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found; the counts are of what stands there, sound or not."""

    origin: str
    segments: int
    batches: int
    records: int
    bytes: int
    head: str
    """Chain link of the last record, in hexadecimal."""
    root: str
    """RFC 6962 root over all records, in hexadecimal."""
    checkpoints: int
    """Checkpoints whose signature and root are right."""
    signed: int
    """Records under the last of these."""
    objects: int
    faults: tuple[Fault, ...]
    faults_omitted: int
    unchecked: tuple[str, ...]
    """What could not be judged, as sentences."""

    @property
    def ok(self) -> bool:
        return not self.faults

    def as_json(self) -> dict[str, Any]:
        """Return the report in plain values."""
        return {"ok": self.ok, **asdict(self)}
