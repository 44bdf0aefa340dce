"""One reading of a file of reference facts and of the tables it names.

Whatever part of the facts is read, it is read in one way: entries of the file itself first, then
the rows of its table (`…_from`), each with the place it stands at. Names are looked up among what
other parts brought; what is wrong is noted with its place, and the reading goes on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.facts.table import read_table
from rules.fault import Fault, Faults, nearest
from rules.needs import Path as Steps
from rules.written import Model, Text, Written


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written."""

    written: Written
    path: Steps

    def fault(self, text: str, *keys: str | int, name: str | None = None) -> None:
        """Note a fault of what stands here, or below it by `keys`."""
        self.written.fault((*self.path, *keys), text, name=name)

    def named(self, name: str, what: str, known: Iterable[str], *keys: str | int) -> None:
        """Note a fault if a name is none of those known."""
        if name not in known:
            said = f"no {what} is called `{name}`: {nearest(name, known)}"
            self.fault(said, *keys, name=name)

    def all_named(
        self, names: Iterable[str], what: str, known: Iterable[str], *keys: str | int
    ) -> None:
        """Note a fault for each name that is none of those known."""
        for name in sorted(set(names)):
            self.named(name, what, known, *keys)

    def __str__(self) -> str:
        return f"{self.written.file}:{self.written.line(self.path)}"


class Once:
    """Names that may be given once."""

    def __init__(self) -> None:
        self._seen: dict[str, Place] = {}

    def note(self, name: str, place: Place, what: str) -> None:
        """Note a fault if the name was given before; `what` is what it names."""
        first = self._seen.setdefault(name, place)
        if first is not place:
            place.fault(f"{what} is already at {first}")


class Reading:
    """What has been read so far, and what is wrong with it."""

    def __init__(self, written: Written, folder: Path) -> None:
        """Read `written`, whose tables are looked for in `folder`."""
        self.written = written
        self._folder = folder
        self._tables: list[Written] = []
        self._faults: list[Fault] = []

    @property
    def faults(self) -> list[Fault]:
        """All faults of all files so far."""
        files = [self.written, *self._tables]
        return [*self._faults, *(fault for file in files for fault in file.faults)]

    def place(self, *path: str | int) -> Place:
        """Name a place in the file itself."""
        return Place(self.written, path)

    def entries(
        self, key: str, texts: Iterable[Model], table: str | None, model: type[Model]
    ) -> Iterator[tuple[Place, Model]]:
        """Give the entries of a list in the file, then the rows of its table."""
        for number, text in enumerate(texts):
            yield self.place(key, number), text
        yield from self.rows(f"{key}_from", table, model)

    def named_entries(
        self, key: str, texts: Mapping[str, Text], table: str | None, model: type[Model]
    ) -> Iterator[tuple[Place, Model]]:
        """Give the entries of a mapping by name, as rows with their `id`, then its table's."""
        for name, text in texts.items():
            yield self.place(key, name), model.model_construct(id=name, **dict(text))
        yield from self.rows(f"{key}_from", table, model)

    def rows(self, key: str, name: str | None, model: type[Model]) -> Iterator[tuple[Place, Model]]:
        """Read the table that `key` names, row by row."""
        if name is None:
            return
        path = self._folder / name
        try:
            table = read_table(path, file=str(path))
        except OSError as error:
            self.written.fault((key,), f"`{name}` cannot be read: {error.strerror}")
            return
        except Faults as refusal:
            self._faults += refusal.faults
            return
        self._tables.append(table)
        for number in range(table.length):
            row = table.read(model, (number,))
            if row is not None:
                yield Place(table, (number,)), row
