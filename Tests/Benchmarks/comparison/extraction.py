"""Operation logs to events, sessions, daily figures and bins, against DuckDB; and the nightly increment."""

import dataclasses
import json
import pathlib
import shutil
import sys

from . import operation_logs, results
from .measure import Contestant, Figures, Launcher, MeasurementError
from .report import Row

LINES_PER_DAY = 25_000


@dataclasses.dataclass
class Extraction:
    """The comparison in one workspace of generated logs."""

    launcher: Launcher
    darkroom: pathlib.Path
    work: pathlib.Path
    events: int
    runs: int

    @property
    def _days(self) -> int:
        return max(2, round(self.events / LINES_PER_DAY / 2) * 2)

    @property
    def _workspace(self) -> pathlib.Path:
        return self.work / f"logs-{self.events}"

    def _make_workspace(self) -> None:
        """Makes the logs anew: an earlier session may have appended to them."""
        shutil.rmtree(self._workspace, ignore_errors=True)
        size = operation_logs.make_workspace(self._workspace, self._days, self.events // self._days)
        for name, writes in [("figures", False), ("events", True)]:
            text = json.dumps(_pipeline(name, writes), indent=2)
            (self._workspace / f"pipelines/{name}.json").write_text(text + "\n")
        lines = self.events // self._days * self._days
        print(f"  {lines:,} lines, {size / 1e6:.0f} MB, {self._days} logs, every second one compressed")

    def compare(self) -> list[Row]:
        """The cold rows, the nightly increment and the run without new lines."""
        self._make_workspace()
        written = self._cold("events", ["jsonl", "parquet"])
        figures = self._cold("figures", ["none"])
        label = f"{self.events / 1e6:g} M lines"
        rows = [
            Row(f"extract {label}", figures["darkroom"], "DuckDB", figures["none"], "< 1 ×, ≤ 200 MB"),
            Row(f"extract {label}, events written", written["darkroom"], "DuckDB, JSON lines", written["jsonl"],
                "< 1 ×, ≤ 200 MB"),
            Row(f"extract {label}, events written", written["darkroom"], "DuckDB, Parquet", written["parquet"]),
        ]
        cold = figures["darkroom"]
        for what, taken in self._nightly():
            limit = cold.wall * 0.02 + 0.05
            rows.append(
                Row(what, taken, "cold", cold, f"≤ {limit * 1e3:.0f} ms (2 % + 50 ms)" if "%" in what else "",
                    f"{taken.wall / cold.wall * 100:.1f} %"))
        return rows

    def _cold(self, pipeline: str, forms: list[str]) -> dict[str, Figures]:
        outputs = {form: self.work / f"duckdb-{form}" for form in forms}
        program = pathlib.Path(__file__).with_name("duckdb_logs.py")
        contestants = [
            Contestant(
                "darkroom", [self.darkroom, "run", pipeline], self._workspace,
                lambda: shutil.rmtree(self._workspace / "data/state", ignore_errors=True))
        ]
        for form, output in outputs.items():
            contestants.append(
                Contestant(
                    form, [sys.executable, program, self._workspace, output, form], self.work,
                    lambda output=output: shutil.rmtree(output, ignore_errors=True)))
        figures = self.launcher.compare(contestants, self.runs)
        ours = results.of_darkroom(self._workspace)
        for form, output in outputs.items():
            equal = results.require_equal(ours, results.of_duckdb(output))
            print(f"  the same as DuckDB ({form}): {equal}")
        if "jsonl" in forms:
            days = results.events_by_day_of_darkroom(self._workspace)
            if not days or days != results.events_by_day_of_duckdb(outputs["jsonl"]):
                raise MeasurementError("the events written by day are not as many as DuckDB's")
        for output in outputs.values():
            shutil.rmtree(output)
        return figures

    def _nightly(self) -> list[tuple[str, Figures]]:
        """Continues from the last cold run."""
        growth = operation_logs.NightlyGrowth(self._workspace, self._days, self.events // 100)
        command = [self.darkroom, "run", "figures"]
        increment = Contestant("increment", command, self._workspace, growth.grow)
        nothing = Contestant("no new line", command, self._workspace)
        taken = self.launcher.compare([increment, nothing], self.runs)
        self._check_increments()
        return [
            (f"increment of 1 % ({self.events // 100:,} lines)", taken["increment"]),
            ("the same again, no new line", taken["no new line"]),
        ]

    def _check_increments(self) -> None:
        """What came of the increments is what a cold run makes of all lines."""
        step_by_step = results.of_darkroom(self._workspace)
        shutil.rmtree(self._workspace / "data/state")
        self.launcher.run(Contestant("cold", [self.darkroom, "run", "figures"], self._workspace))
        results.require_equal(step_by_step, results.of_darkroom(self._workspace))


def _pipeline(name: str, writes_events: bool) -> dict:
    return {
        "version": 1,
        "name": name,
        "stages": {
            "extract": {"uses": "logs.extract", "with": {"events": writes_events}},
            "merge": {"uses": "logs.merge", "needs": ["extract"]},
            "sessions": {"uses": "logs.sessions", "needs": ["merge"]},
            "aggregate": {"uses": "logs.aggregate", "needs": ["merge"]},
        },
    }
