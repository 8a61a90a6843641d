"""The join of decisions to training data, against DuckDB and pandas."""

import dataclasses
import json
import pathlib
import shutil

from . import decisions
from .measure import Contestant, Figures, Launcher, MeasurementError
from .report import Row
from .same_rows import compare

# More would take more memory than many machines have.
MOST_FOR_PANDAS = 200_000


@dataclasses.dataclass
class Join:
    """The comparisons on generated decisions."""

    launcher: Launcher
    program: pathlib.Path
    # With DuckDB, its extension for SQLite, and pandas.
    python: pathlib.Path
    work: pathlib.Path
    decisions: int
    runs: int

    def compare(self) -> list[Row]:
        """Rows against both peers, and what near-duplicates and the check for leaks cost on top."""
        small = min(self.decisions, MOST_FOR_PANDAS)
        rows = self._against("duckdb", self.decisions, "≤ 1 × DuckDB")
        rows += self._against("pandas", small, "≤ 0.2 × pandas")
        whole = self._contestant("darkroom", self.decisions, ["--near-duplicates"])
        figures = self.launcher.compare([whole], min(self.runs, 3), 0)["darkroom"]
        rate = f"{self.decisions / figures.wall:,.0f} decisions/s"
        rows.append(Row(f"the same with near-duplicates and check for leaks: {rate}", figures))
        for name in ["darkroom", "duckdb", "pandas"]:
            shutil.rmtree(self._output(name), ignore_errors=True)
        return rows

    def _against(self, peer: str, count: int, goal: str) -> list[Row]:
        decisions.make(self._workspace(count), count)
        contestants = [self._contestant(name, count) for name in ["darkroom", peer]]
        figures: dict[str, Figures] = self.launcher.compare(contestants, self.runs)
        self._check(peer)
        rate = f"{count / figures['darkroom'].wall:,.0f} decisions/s"
        return [Row(f"join of {count:,} decisions: {rate}", figures["darkroom"], peer, figures[peer], goal)]

    def _check(self, peer: str) -> None:
        """Every value of every row has to be the same, numbers but for the last digits."""
        try:
            counts = compare(str(self._output("darkroom")), str(self._output(peer)))
        except (AssertionError, ValueError) as error:
            raise MeasurementError(f"{peer} comes to other rows: {error}") from error
        print(f"  {peer} comes to the same rows: {json.dumps(counts)}", flush=True)

    def _contestant(self, name: str, count: int, options: list[str] | None = None) -> Contestant:
        workspace, output = self._workspace(count), self._output(name)
        if name == "darkroom":
            command = [self.program.resolve(), workspace, decisions.PROJECT, output, *(options or [])]
        else:
            databases = [workspace / "data" / "training" / folder / f"{decisions.PROJECT}.db"
                         for folder in ("ai_training_decisions", "image_measurements")]
            command = [self.python.absolute(), pathlib.Path(__file__).with_name("join_peers.py"), name, *databases, output]

        def clean() -> None:
            shutil.rmtree(output, ignore_errors=True)
            output.mkdir(parents=True)

        return Contestant(name, command, self.work, clean)

    def _workspace(self, count: int) -> pathlib.Path:
        return self.work / f"decisions-{count}"

    def _output(self, name: str) -> pathlib.Path:
        return self.work / f"joined-{name}"
