"""Long tables: CSV, JSON or YAML, read as the tree the rows would be in the file of facts itself.

*CSV*: the first line names the columns; every other line is one entry, and an empty cell is one
that was not written. UTF-8, commas, quotes as in RFC 4180. The place of a value is its line and, in
the column's stead, the number of its cell, counted from 1. Read strictly: a row with more or fewer
cells than there are columns has lost a comma or won one, and then nothing in it stands where it
should.

*JSON*: an array of objects, whose keys are the columns; ``null`` is a key left out. *YAML*: a list
of mappings. The place of a value is its line and column.
"""

import csv
from pathlib import Path

from adapters.facts.json_nodes import read_json
from rules.fault import Fault, Faults, Mark
from rules.nodes import Branch, Leaf, Node, Series
from rules.written import Written


def read_table(path: Path, *, file: str) -> Written:
    """Read a table as a sequence of mappings. `file` is what faults call it.

    Raises
    ------
    OSError
        If it cannot be read.
    Faults
        If it is not a table.
    """
    data = path.read_bytes()
    match path.suffix:
        case ".csv":
            return Written(file, _csv(_text(data, file), file))
        case ".json":
            table = Written(file, read_json(_text(data, file), file=file))
        case ".yaml" | ".yml":
            table = Written.yaml(data, file=file)
        case other:
            said = f"`{other}` is no table's ending: wanted .csv, .json or .yaml"
            raise Faults([Fault(file, 1, 1, said)])
    if not isinstance(table.root, Series):
        mark = table.root.mark
        raise Faults([Fault(file, mark.line, mark.column, "wanted a list of rows")])
    return table


def _text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        said = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        raise Faults([Fault(file, line, 1, said)]) from None


def _csv(text: str, file: str) -> Series:
    faults: list[Fault] = []
    columns: list[str] = []
    rows: list[Node] = []
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    line = 1
    try:
        for cells in reader:
            if not columns:
                columns = cells
                faults += _heading(cells, file)
            elif cells and len(cells) != len(columns):
                said = f"{len(cells)} cells where there are {len(columns)} columns"
                faults.append(Fault(file, line, 1, said))
            elif cells:
                rows.append(_row(columns, cells, line))
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault(file, line, 1, f"not CSV: {error}"))
    if not columns:
        faults.append(Fault(file, 1, 1, "empty: wanted a line that names the columns"))
    if faults:
        raise Faults(faults)
    return Series(Mark(1, 1), tuple(rows))


def _row(columns: list[str], cells: list[str], line: int) -> Branch:
    entries: dict[str, tuple[Mark, Node]] = {}
    for number, (column, cell) in enumerate(zip(columns, cells, strict=True), 1):
        if cell:
            mark = Mark(line, number)
            entries[column] = mark, Leaf(mark, cell, None, cell)
    return Branch(Mark(line, 1), entries)


def _heading(columns: list[str], file: str) -> list[Fault]:
    faults = []
    for number, column in enumerate(columns, 1):
        if not column:
            faults.append(Fault(file, 1, number, "a column without a name"))
        elif column in columns[: number - 1]:
            faults.append(Fault(file, 1, number, f"two columns are called `{column}`"))
    return faults
