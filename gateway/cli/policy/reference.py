"""`ordergate policy reference`: what can be asked, written from the kinds themselves."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.answers import Ending, answering, end
from gateway.kinds_page import kind_page, named_kinds, whole_page
from rules.fault import nearest


def reference(
    kind: Annotated[
        str | None, typer.Argument(help="One kind; left out: all.", show_default=False)
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="A file to write; left out: standard output.")
    ] = None,
) -> None:
    """Write the reference of rule kinds as Markdown: what each asks, may be told, and can say.

    It is written from this version's code, so it is what this version does.
    """
    known = dict(named_kinds())
    if kind is not None and kind not in known:
        raise typer.BadParameter(f"no kind of rule is called `{kind}`: {nearest(kind, known)}")
    page = whole_page() if kind is None else kind_page(kind, known[kind])
    text = "\n".join(page)
    with answering():
        if to is None:
            typer.echo(text, nl=False)
        else:
            to.write_text(text, encoding="utf-8")
    end(Ending.YES)
