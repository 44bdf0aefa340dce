"""What every room's tests share: how hard Hypothesis tries, and where the large inputs lie."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile(
    "night", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# `--hypothesis-profile` on the command line wins over both.
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data and acceptance scripts that may lie beside the repository."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"`{folder.name}` is not beside the repository")
    return folder
