"""Many trivial commands, cold and with nothing to do, against ninja and make on the same graph."""

import dataclasses
import json
import pathlib
import shutil

from .measure import Contestant, Figures, Launcher, MeasurementError
from .report import Row


@dataclasses.dataclass
class CommandGraph:
    """A tree of commands that each make one empty file, ten children to a node; or one stage of as many units."""

    launcher: Launcher
    darkroom: pathlib.Path
    work: pathlib.Path
    count: int
    runs: int
    cold_runs: int
    is_one_stage: bool = False

    def compare(self) -> list[Row]:
        """The cold rows and the no-op rows."""
        folder = self.work / f"graph-{self.count}{'-units' if self.is_one_stage else ''}"
        shutil.rmtree(folder, ignore_errors=True)
        contestants = [self._darkroom(folder / "darkroom"), self._ninja(folder / "ninja"), self._make(folder / "make")]
        if self.is_one_stage:
            # A second program that takes minutes adds nothing.
            contestants.pop()
        cold = self.launcher.compare(contestants, self.cold_runs, warm_ups=1 if self.cold_runs > 1 else 0)
        before = [self._made(contestant) for contestant in contestants]
        for contestant in contestants:
            contestant.prepare = lambda: None
        idle = self.launcher.compare(contestants, self.runs)
        if [self._made(contestant) for contestant in contestants] != before:
            raise MeasurementError("a run that had nothing to do made files")
        what = "units of one stage" if self.is_one_stage else "stages"
        idle_goal = "≤ 1 s, ≤ 100 MB" if self.is_one_stage else "≤ 1.5 ×, ≤ 100 MB"
        rows = self._rows(f"cold, {self.count:,} {what}", cold, "≤ 1.0 ×")
        return rows + self._rows(f"no-op, {self.count:,} {what}", idle, idle_goal)

    @staticmethod
    def _rows(work: str, figures: dict[str, Figures], goal: str) -> list[Row]:
        ours = figures.pop("darkroom")
        return [Row(work, ours, peer, theirs, goal if peer == "ninja" else "") for peer, theirs in figures.items()]

    def _made(self, contestant: Contestant) -> dict[str, int]:
        """The outputs with the times of their last change."""
        made = {path.name: path.stat().st_mtime_ns for path in (contestant.folder / "out").iterdir()}
        if len(made) != self.count:
            raise MeasurementError(f"{contestant.name} made {len(made)} of {self.count} files")
        return made

    def _needs(self, number: int) -> list[int]:
        return [(number - 1) // 10] if number and not self.is_one_stage else []

    def _darkroom(self, folder: pathlib.Path) -> Contestant:
        stages = {}
        for number in range(0 if self.is_one_stage else self.count):
            stages[f"s{number}"] = {
                "uses": "command",
                "needs": [f"s{need}" for need in self._needs(number)],
                "with": {"run": ["touch", f"${{staging}}/out/{number}"]},
                "outputs": [f"out/{number}"],
            }
        if self.is_one_stage:
            stages["all"] = {
                "uses": "command",
                "foreach": {"range": [0, self.count - 1]},
                "with": {"run": ["touch", "${staging}/out/${unit}"]},
                "outputs": ["out/${unit}"],
            }
        for name, content in [
            ("configs/darkroom.json", {}),
            ("pipelines/graph.json", {"version": 1, "name": "graph", "stages": stages}),
        ]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(json.dumps(content, indent=1))

        def clean() -> None:
            for name in ["data", "out"]:
                shutil.rmtree(folder / name, ignore_errors=True)

        return Contestant("darkroom", [self.darkroom, "run", "graph"], folder, clean)

    def _ninja(self, folder: pathlib.Path) -> Contestant:
        lines = ["rule touch\n  command = touch $out"]
        for number in range(self.count):
            needs = "".join(f" out/{need}" for need in self._needs(number))
            lines.append(f"build out/{number}: touch{needs}")
        folder.mkdir(parents=True)
        (folder / "build.ninja").write_text("\n".join(lines) + "\n")

        def clean() -> None:
            shutil.rmtree(folder / "out", ignore_errors=True)
            (folder / ".ninja_log").unlink(missing_ok=True)
            (folder / ".ninja_deps").unlink(missing_ok=True)

        return Contestant("ninja", ["ninja", "-j2"], folder, clean)

    def _make(self, folder: pathlib.Path) -> Contestant:
        lines = [".SUFFIXES:", "all: " + " ".join(f"out/{number}" for number in range(self.count))]
        for number in range(self.count):
            needs = "".join(f" out/{need}" for need in self._needs(number))
            lines.append(f"out/{number}:{needs}\n\t@touch $@")
        folder.mkdir(parents=True)
        (folder / "Makefile").write_text("\n".join(lines) + "\n")

        def clean() -> None:
            shutil.rmtree(folder / "out", ignore_errors=True)
            (folder / "out").mkdir()

        # Without make's own rules, as a generated Makefile is best run.
        return Contestant("make", ["make", "-r", "-R", "-j2"], folder, clean)
