"""Runs programs side by side and takes the medians of their times and memory."""

import dataclasses
import os
import pathlib
import statistics
import subprocess
from collections.abc import Callable, Sequence


class MeasurementError(Exception):
    """A program failed, or what two programs made differs; no figure is given then."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """One run: seconds of wall and processor time, and the peak of resident memory in bytes."""

    wall: float
    processor: float
    peak: int


@dataclasses.dataclass(frozen=True)
class Figures:
    """The medians of several runs, and the fastest and the slowest of them."""

    wall: float
    processor: float
    peak: int
    fastest: float
    slowest: float
    runs: int

    @staticmethod
    def of(samples: Sequence[Sample]) -> "Figures":
        walls = [sample.wall for sample in samples]
        return Figures(
            statistics.median(walls),
            statistics.median(sample.processor for sample in samples),
            int(statistics.median(sample.peak for sample in samples)),
            min(walls),
            max(walls),
            len(samples),
        )


@dataclasses.dataclass
class Contestant:
    """A program that does the work, with what has to be put in order, untimed, before each of its runs."""

    name: str
    command: Sequence[str | os.PathLike[str]]
    folder: pathlib.Path
    prepare: Callable[[], None] = lambda: None


class Launcher:
    """Runs programs through `launch.c`."""

    def __init__(self, work: pathlib.Path):
        self._program = work / "launch"
        self._report = work / "launch.report"
        source = pathlib.Path(__file__).with_name("launch.c")
        if not self._program.exists() or self._program.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["cc", "-O2", "-o", self._program, source], check=True)

    def run(self, contestant: Contestant) -> Sample:
        """One run, with the output kept aside and shown only when the program fails."""
        log = self._report.with_suffix(".log")
        with open(log, "wb") as output:
            code = subprocess.run(
                [self._program, self._report, *contestant.command],
                cwd=contestant.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ).returncode
        status = -1
        if code == 0:
            wall, user, system, peak, status = map(int, self._report.read_text().split())
        if code != 0 or status != 0:
            text = log.read_text(errors="replace")[-2000:]
            raise MeasurementError(f"{contestant.name} ended with {code or status}: {text}")
        return Sample(wall / 1e9, (user + system) / 1e6, peak)

    def compare(self, contestants: Sequence[Contestant], runs: int, warm_ups: int = 1) -> dict[str, Figures]:
        """All contestants in turn, round after round; the first rounds are not counted."""
        samples: dict[str, list[Sample]] = {contestant.name: [] for contestant in contestants}
        for number in range(warm_ups + runs):
            for contestant in contestants:
                contestant.prepare()
                # What the preparation wrote must not be written to the disk during the run.
                os.sync()
                sample = self.run(contestant)
                if number >= warm_ups:
                    samples[contestant.name].append(sample)
        return {name: Figures.of(taken) for name, taken in samples.items()}
