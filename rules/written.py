"""A file that people wrote, held against the model of what may stand in it.

Settings and reference facts are read like policies: the YAML becomes a tree that knows where
everything stands (`rules.nodes`), a pydantic model reads its plain values, and whatever does not
fit becomes a fault with file, line and column. The reading goes on after a fault, so that an author
sees all of them at once; only who asks for `Faults` to be raised ends it.

*Paths.* A value is named by the keys and indices that lead to it from the root, which is also how
pydantic names what it complains about. Steps that pydantic puts in for its own purposes lead
nowhere and are skipped.
"""

from collections.abc import Iterator
from typing import ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from rules.fault import Fault, Faults, Mark, PolicyFaults
from rules.needs import Path
from rules.nodes import (
    Node,
    Series,
    found_at,
    key_place_of,
    place_of,
    read_nodes,
    value_of,
)
from rules.wording import said_of


class Text(BaseModel):
    """What may be written at one place; what is written and not listed is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    called: ClassVar[str]
    """What a fault calls it, such as `a desk session`."""


Model = TypeVar("Model", bound=BaseModel)


class Written:
    """One file, and the faults found in it so far."""

    def __init__(self, file: str, root: Node) -> None:
        """Take a tree; `file` is what faults call it."""
        self.file = file
        self.root = root
        self.faults: dict[Fault, None] = {}

    @classmethod
    def yaml(cls, text: bytes, *, file: str) -> "Written":
        """Read YAML.

        Raises
        ------
        Faults
            If there is no tree to hold against anything.
        """
        try:
            return cls(file, read_nodes(text, file=file))
        except PolicyFaults as refusal:
            raise Faults(refusal.faults) from None

    def read(self, model: type[Model], path: Path = ()) -> Model | None:
        """Have a model read the value at a path; None, and faults, when it cannot."""
        try:
            return model.model_validate(value_of(found_at(self.root, path)))
        except ValidationError as error:
            for one in error.errors(include_url=False):
                of_key = one["type"] == "extra_forbidden" or one["loc"][-1:] == ("[key]",)
                one["loc"] = tuple(step for step in one["loc"] if step != "[key]")
                owner = _model_at(model, one["loc"][:-1])
                called = getattr(owner, "called", "this")
                said = said_of(one, owner=called, known=owner.model_fields)
                at = (*path, *one["loc"])
                if of_key:
                    self.key_fault(at, said)
                else:
                    self.fault(at, said)
            return None

    @property
    def length(self) -> int:
        """How many entries the file has, where it is a list."""
        return len(self.root.items) if isinstance(self.root, Series) else 0

    def fault(self, path: Path, text: str, *, name: str | None = None) -> None:
        """Note a fault of the value at a path; in a list of names, of that name."""
        self._note(place_of(self.root, path, name), text)

    def key_fault(self, path: Path, text: str) -> None:
        """Note a fault of a key."""
        self._note(key_place_of(self.root, path), text)

    def line(self, path: Path) -> int:
        """Give the line where a value stands."""
        return place_of(self.root, path).line

    def _note(self, mark: Mark, text: str) -> None:
        self.faults[Fault(self.file, mark.line, mark.column, text)] = None


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """Find the innermost model a path leads through; one field leads to one model at most."""
    for step in path:
        field = model.model_fields.get(str(step))
        inner = None if field is None else next(_models_in(field.annotation), None)
        model = inner or model
    return model


def _models_in(hint: object) -> Iterator[type[BaseModel]]:
    if isinstance(hint, type) and not get_args(hint) and issubclass(hint, BaseModel):
        yield hint
    for inner in get_args(hint):
        yield from _models_in(inner)
