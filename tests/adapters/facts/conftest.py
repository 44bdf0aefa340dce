from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

Writes = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Writes:
    """Write files by name into a folder; give the first."""

    def writes(texts: Mapping[str, str]) -> Path:
        for name, text in texts.items():
            (tmp_path / name).write_text(dedent(text), encoding="utf-8")
        return tmp_path / next(iter(texts))

    return writes
