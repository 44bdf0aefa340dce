"""What is derived from the code says what the code says."""

import pytest

from gateway.reference import ROOT, pages


@pytest.mark.parametrize("name", pages())
def test_a_derived_page_is_as_make_docs_would_write_it(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"
