"""One short demo, played once, for all tests that look at what it left behind."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from adapters.facts.load import read_facts
from domain.reference import Reference
from gateway.demo.plan import Step, plan
from gateway.demo.reckoning import Reckoning, reckon
from gateway.demo.show import TRADES, Wishes, play
from gateway.demo.stage import EXAMPLE, FACTS, KEY
from gateway.demo.trades import Account, read_account

TRADES_PLAYED = 60
FULL = Path(__file__).parents[4] / "shared" / "data" / "pyfolio_test_txn.csv.gz"
WHOLE = pytest.mark.skipif(
    not FULL.exists(), reason="the whole account is not here, only the sample"
)


@dataclass(frozen=True)
class Played:
    """A demo that is over: its folder, what was said, and what it was about."""

    good: bool
    said: str
    folder: Path
    account: Account
    steps: tuple[Step, ...]

    @property
    def desk_log(self) -> Path:
        return self.folder / "desks" / "desk.jsonl"

    def reckoned(
        self,
        *,
        steps: tuple[Step, ...] | None = None,
        journal: Path | None = None,
        ledgers: list[Path] | None = None,
    ) -> Reckoning:
        """Reckon again, with this or that put in the place of what was left."""
        return reckon(
            journal or self.folder / "journal",
            self.folder / KEY,
            self.ledgers() if ledgers is None else ledgers,
            steps or self.steps,
            self.account,
        )

    def ledgers(self) -> list[Path]:
        return sorted(self.folder.glob("broker-*/ledger.jsonl"))


@pytest.fixture(scope="session")
def reference() -> Reference:
    return read_facts(EXAMPLE / FACTS)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Played:
    folder = tmp_path_factory.mktemp("demo") / "d"
    said = io.StringIO()
    wishes = Wishes(orders=TRADES_PLAYED, pace=90, folder=folder)
    good = play(wishes, Console(file=said, width=100))
    account = read_account(TRADES, reference.instruments).first(TRADES_PLAYED)
    return Played(good, said.getvalue(), folder, account, plan(account, reference))
